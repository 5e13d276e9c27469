// Poller: asks the servers on a timer, never on a scrape, and knows which answers are due. A round of an endpoint is
// complete when every server of the roster has answered, else at its deadline; late answers still apply. A reply is
// matched to its server, never just counted. Owned by the loop; loop thread; no clock.
//
// Light questions go to all servers at once; with --scope=server or --shard to each of the agent's own servers. Heavy
// ones (from Collector::paged_from on) are left to the Survey.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/leaf_guard.h"
#include "agent/metric.h"
#include "agent/roster.h"
#include "agent/route.h"
#include "agent/snapshot.h"
#include "agent/survey.h"
#include "agent/text.h"
#include "agent/transport.h"
#include "config/config.h"

namespace lookout {

class Poller {
 public:
  // The ids of the accounts that a server told of; for Reach::accounts.
  using AccountsOf = std::function<std::vector<std::string>(const Server&)>;

  Poller(const Config& config, std::span<const Collector> collectors, Transport& transport);

  // A new login as a user connected to this server: everything is asked soon. `max_payload` of it; 0: not known.
  void connected(std::string_view server_id, Now now, std::uint64_t max_payload = 0);
  void disconnected();

  // Starts due rounds and ends those that are complete or late.
  void tick(Roster& roster, const AccountsOf& accounts, Now now);

  // What a token asks for; none when this agent did not make it.
  [[nodiscard]] std::optional<Route> route(std::string_view token) const;

  // Where the answer is to be decoded to, valid until the next call; null when it is not awaited (any more).
  [[nodiscard]] Assembly* assembly(const Route& route);

  struct Answer {
    enum class What : std::uint8_t {
      apply,
      wait,    // the rest is to come
      ignore,  // not awaited, or not from the server that was asked
    } what = What::ignore;
    std::shared_ptr<const Block> block{};  // null: the server refused
    std::uint64_t rows_left_out = 0;
  };
  // It was decoded to its assembly. `reply` gets what earlier pages said; `bytes` as received.
  Answer answered(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now);

  // From now on less is asked of every server: summary instead of detail, nothing instead of summary. What was asked
  // before is no longer awaited.
  void reduce(std::size_t collector);
  // Whether there is less to ask.
  [[nodiscard]] bool can_reduce(std::size_t collector) const {
    return collector != kStatsz && questions_[collector].level != Level::off;
  }

  // It could not be decoded, or nobody is there to answer.
  void failed(const Route& route);

  // Whether answers are waited for before more is asked.
  [[nodiscard]] bool asking() const { return (!server_id_.empty() && !discovered_) || survey_.asking(); }

  // Whether, in the system account, somebody must be there to answer.
  [[nodiscard]] bool vital(const Route& route) const;

  [[nodiscard]] const std::string& server_id() const { return server_id_; }
  [[nodiscard]] const std::vector<RoundView>& rounds() const { return views_; }
  // Grows whenever a round ends.
  [[nodiscard]] std::uint64_t ended() const { return ended_; }
  // Whether a round has ended or was answered late or twice since the last call.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

 private:
  static constexpr std::size_t kStatsz = 0;  // the collector by which servers are discovered

  struct Question {  // what is fixed about a collector
    Level level = Level::off;
    Millis interval{};
    bool heavy = false;
    Version since{};
    Millis start{};                 // after a login
    Millis spread{};                // by how much the second round comes early
    std::uint64_t first_round = 0;  // those before it were asked with another level
  };
  enum class Status : std::uint8_t { due, answered, missing };
  struct Round {
    std::uint64_t number = 0;
    bool open = false;
    bool first = false;                               // after a login
    bool settling = false;                            // nobody knows how many will answer
    Mono next;                                        // when the next one is due
    Mono asked;                                       // the last request
    Mono last_answer;                                 // of this round
    std::unordered_map<std::string, Status> servers;  // by id: expected ones, and those that answered
    std::size_t due = 0;
    std::vector<std::string> to_ask;  // one by one
    std::vector<ServerName> skipped;
  };

  [[nodiscard]] bool to_all(std::size_t collector) const;
  [[nodiscard]] std::vector<const Server*> expected(std::size_t collector, const Roster& roster) const;
  void turn(std::size_t collector, Roster& roster, const AccountsOf& accounts, Now now);
  void begin(std::size_t collector, Roster& roster, const AccountsOf& accounts, Now now);
  void open(std::size_t collector, Now now);
  void expect(std::size_t collector, const std::string& server_id);
  void ask_all(std::size_t collector, bool known, const Roster& roster);
  void ask_each(Roster& roster, Now now);
  void survey(std::size_t collector, std::span<const Server* const> servers, const AccountsOf& accounts, Now now);
  void visit(std::size_t collector, const Server& server, std::vector<std::string> accounts, Now now);
  void take_failures(Roster& roster, Now now);
  [[nodiscard]] bool complete(std::size_t collector, Now now) const;
  void finish(std::size_t collector, Roster& roster);
  void abandon(std::size_t collector);
  bool take(const Route& route, std::string_view server_id, Now now);
  void miss(std::size_t collector, std::uint64_t number, std::string_view server_id);
  [[nodiscard]] bool by_survey(const Route& route) const;
  Answer surveyed(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now);

  const Scope scope_;
  const bool sharded_;
  const std::uint32_t max_rows_;
  const std::span<const Collector> collectors_;
  Transport& transport_;
  Survey survey_;
  LeafGuard guard_;
  std::vector<Question> questions_;
  std::vector<Round> rounds_;
  std::vector<RoundView> views_;
  std::optional<Assembly> single_;  // of an answer that is one message
  std::string server_id_;           // the one connected to; empty while disconnected
  Mono login_;
  bool discovered_ = false;  // the first STATSZ round after a login is over
  std::uint64_t requests_ = 0;
  std::uint64_t ended_ = 0;
  bool changed_ = true;
};

}  // namespace lookout

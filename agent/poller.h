// Poller: asks the servers on a timer, never on a scrape, and knows which answers are due. A round of an endpoint is
// complete when every server of the roster has answered, else at its deadline; late answers still apply. Owned by the
// loop; loop thread; no clock.
//
// Tokens, the tail of the reply subject: "r.<collector>.<round>" answers a round, "d.<collector>.<server id>" a
// directed request, "u.<n>" $SYS.REQ.USER.INFO. The token alone says what a reply is; a reply is counted by its server,
// never just counted.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/clock.h"
#include "agent/metric.h"
#include "agent/roster.h"
#include "agent/snapshot.h"
#include "agent/transport.h"
#include "config/config.h"

namespace lookout {

class Poller {
 public:
  Poller(const Config& config, std::span<const Collector> collectors, Transport& transport);

  // A new login as a user connected to this server: everything is asked at once.
  void connected(std::string_view server_id, Now now);
  void disconnected();

  // Starts due rounds and ends those that are complete or late.
  void tick(Roster& roster, Now now);

  // What a token asks for.
  struct Route {
    enum class Kind { round, directed, user_info } kind = Kind::round;
    std::size_t collector = 0;
    std::uint64_t round = 0;
    std::string_view server_id;  // directed: the only server whose answer is accepted
  };
  [[nodiscard]] std::optional<Route> route(std::string_view token) const;

  // An answer to a round. False for a second answer of the same server to the same round.
  bool answered(const Route& route, std::string_view server_id, Now now);

  [[nodiscard]] const std::vector<RoundView>& rounds() const { return views_; }
  // Grows whenever a round ends or is answered late.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

 private:
  struct Round {
    std::uint64_t number = 0;
    bool open = false;
    Mono started;
    Mono next;         // when the next one is due
    Mono last_answer;  // of the open round; started when there is none
    std::set<std::string, std::less<>> expected;
    std::set<std::string, std::less<>> answered;
  };

  void begin(std::size_t collector, const Roster& roster, Now now);
  void finish(std::size_t collector, const Roster& roster);
  void ask(std::size_t collector);
  [[nodiscard]] bool complete(const Round& round, Now now) const;

  const Scope scope_;
  const std::span<const Collector> collectors_;
  Transport& transport_;
  std::vector<Millis> intervals_;
  std::vector<Round> rounds_;
  std::vector<RoundView> views_;
  std::string server_id_;  // the one connected to; empty while disconnected
  std::uint64_t requests_ = 0;
  bool changed_ = true;
};

}  // namespace lookout

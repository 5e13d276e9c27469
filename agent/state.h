// State: the one picture of the deployment and the only writer of it. Events, replies and link events go in, Snapshots
// come out. Time is always a parameter. Owned by the loop; loop thread.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/auth_history.h"
#include "agent/auth_watch.h"
#include "agent/counters.h"
#include "agent/decode.h"
#include "agent/finding.h"
#include "agent/inbox.h"
#include "agent/judge.h"
#include "agent/last_failures.h"
#include "agent/link_state.h"
#include "agent/roster.h"
#include "agent/snapshot.h"
#include "config/config.h"

namespace lookout {

class State {
 public:
  // Every event that counts, and what the roster concludes, for the event log. Called in the loop thread.
  using Sink = std::function<void(const Event&, Now)>;

  State(const Config& config, std::span<const Collector> collectors, Sink sink);

  void apply(const LinkEvent& event, Now now);
  void apply(const Event& event, Now now);
  // All that a server said to one question: `reply` is its last page with the accounts of all, `block` the finished
  // whole; none where the server refused: what it had said before is gone. `collector` is the index of its table.
  void apply(const Reply& reply, std::shared_ptr<const Block> block, std::size_t collector, Now now);
  void ignored_reply() { ++ignored_replies_; }
  void rows_left_out(std::uint64_t rows) { rows_left_out_ += rows; }  // of an answer, whether it is applied or not
  // $SYS.REQ.USER.INFO says which account the user is in; nobody listening for a server's endpoint says that it is the
  // wrong one.
  void account_is(std::string account);
  void answered();
  void no_responders();
  void dropped(Traffic traffic, std::uint64_t total, Now now);

  // What the agent knows of itself; the thresholds from now on.
  void about_agent(AgentFacts facts) { agent_ = facts; }
  void set(const Config& config);

  // Silence and staleness. A few times a second.
  void tick(Now now);

  // Whether a snapshot taken now would differ from the last one by more than ages.
  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot(std::vector<RoundView> rounds, Now now);

  // For the journal (state_journal.cpp): what changed since the last call, before the snapshot that shows it; all there
  // is; and to begin with it, before the first message: false where it is not understood.
  [[nodiscard]] nlohmann::json changes(Now now);
  [[nodiscard]] nlohmann::json whole(Now now);
  bool restore(const std::vector<nlohmann::json>& batches, Now now);

  // For the poller.
  // The ids of the accounts that this server told of by itself or when asked for its accounts, sorted.
  [[nodiscard]] std::vector<std::string> accounts_of(const Server& server) const;
  // What is kept of a collector's answers, in bytes; and forgets it.
  [[nodiscard]] std::uint64_t memory_of(std::size_t collector) const;
  void forget(std::size_t collector);
  [[nodiscard]] const LinkState& link() const { return link_; }
  [[nodiscard]] Roster& roster() { return roster_; }
  [[nodiscard]] const Roster& roster() const { return roster_; }
  [[nodiscard]] Findings& findings() { return findings_; }

 private:
  void set_lifetimes();
  [[nodiscard]] bool accepts(const ServerInfo& server);
  [[nodiscard]] Server* heard(const ServerInfo& info, Now now);
  bool apply_shared(const Event& event, Now now);
  void overhear(const Event& event, Now now);
  void count(const Event& event, Server& server, Now now);
  void connect(const Event& event, Server& server, Now now);
  void disconnect(const Event& event, Server& server, Now now);
  void auth_error(const Event& event, Server& server, Now now);
  void remember(const Event& failure, Now now);
  static void connections(Server& server, AccountIndex index, const AccountState& said);
  void account_stats(const Reply& reply, Server& server, Now now);
  void started(Server& server, const Reply& reply, Now now);
  [[nodiscard]] bool before_authentication(const Event& event, const Server& server) const;
  [[nodiscard]] std::string explain(const Event& event, Now now) const;
  void concluded(EventKind kind, const Server& server, std::string_view reason);
  void open_gap(Server& server, Mono since);
  void open_gaps(Mono since);
  void plan_ring(Server& server) const;
  [[nodiscard]] Wall end_of_predecessor(const Part& part, Wall login) const;
  void recover(Server& server, const Reply& reply, const Block& block, Now now);
  [[nodiscard]] EventCounters& counters_for(const Event& event, Server& server) const;
  void add_recovered(Server& server, Now now);
  bool is_first(const Server& server, const Event& event, Now now);
  nlohmann::json counter_changes(Server& server);
  void restore_batch(const nlohmann::json& batch, Now now);
  void restore_server(const nlohmann::json& record, Now now);
  void sweep(Now now);
  void report(Now now);
  void report_servers(Now now);
  void report_auth(Now now);
  [[nodiscard]] std::vector<AuthView> auth_view(Now now) const;
  void add_counts(Snapshot& out) const;
  [[nodiscard]] bool has_twin(const Server& server) const;
  [[nodiscard]] std::shared_ptr<const ServerView> view_of(Server& server) const;
  AccountIndex account_of(const ClientInfo& client) { return accounts_.index(client.account, client.account_name); }

  const Config config_;
  const std::span<const Collector> collectors_;
  const Sink sink_;
  std::vector<Millis> lifetimes_;  // of what a server said, by collector
  Millis account_silence_{};       // after it an account's connections are no longer true
  LinkState link_;
  Roster roster_;
  AccountTable accounts_;
  RecentConnections recent_;
  RecentConnections failures_;  // (server process, cid) of failed logins that are counted
  std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> noted_;  // of these, what the journal does not have yet
  std::string first_server_;                                             // id of the one that first login was to
  Mono began_{};                                                         // the first login of this agent
  std::unordered_set<std::uint64_t> open_global_;  // $G connections whose CONNECT was seen; bounded
  Judging judging_;
  Findings findings_;
  Judge judge_;
  AgentFacts agent_;
  Mono judged_{};
  std::uint64_t told_findings_ = 0;  // version of those in the last snapshot
  const bool watches_auth_;
  AuthWatch auth_;
  LastFailures last_failures_;
  AuthHistory auth_history_;
  std::array<std::uint64_t, kEventKinds> events_{};
  std::array<std::uint64_t, kTraffics> dropped_{};
  Mono last_drop_{};
  std::uint64_t recently_dropped_ = 0;
  std::uint64_t repeated_connects_ = 0;
  std::uint64_t forged_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t rows_left_out_ = 0;
  std::uint64_t ignored_replies_ = 0;
  std::uint64_t versions_ = 0;
  std::uint64_t content_ = 0;  // version of the snapshot that was the first to tell what is told now
  Mono next_sweep_;
  bool changed_ = true;
  Now now_{};  // of the call in progress, for what the roster concludes
};

}  // namespace lookout

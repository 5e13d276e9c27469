// Roster: the servers of the deployment and their life cycle. It decides what is the same server (a name in a cluster),
// which process of it lives (an id), and what a new id means: a restart or a second server of that name. Owned by
// State; loop thread.
//
// A new id is `joining`, and not shown, until its STATSZ, for which it is asked at once, says when the process started.
// When its name belongs to a server that seems alive, that one is asked too; whoever stays silent for kChallenge has
// been restarted.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/counters.h"
#include "agent/ring.h"
#include "agent/snapshot.h"
#include "agent/text.h"
#include "agent/violation.h"
#include "config/config.h"

namespace lookout {

struct AccountState {
  std::uint64_t clients = 0;
  std::uint64_t leafnodes = 0;
  Wall server_time{};
  Mono heard;
  bool shown = false;  // it has or had connections here
};

struct Server {
  // identity
  std::string cluster;
  std::string base_name;  // as the server says it
  std::string name;       // as it is shown: base_name, or base_name~<id> for a second one; empty while joining
  // the current process
  std::string id;
  std::string previous_id;  // the process before it, whose late messages may still come
  std::string version;
  std::string host;
  std::string domain;
  bool jetstream = false;
  std::uint32_t number = 0;  // of the server, for the journal
  std::uint32_t process = 0;
  std::uint32_t previous_process = 0;
  Wall start{};
  Lifecycle state = Lifecycle::joining;
  Wall state_since{};
  Mono state_mono;
  Mono first_heard;
  Mono last_heard;
  Wall last_time{};                       // newest server.time
  std::chrono::nanoseconds ahead{0};      // its clock, of ours, by what was heard last
  Wall left_time{};                       // server.time of SHUTDOWN or LAMEDUCK
  std::optional<RestartCause> announced;  // by them, until a restart
  unsigned unanswered = 0;                // directed pings since it was last heard
  Mono pinged;
  bool challenged = false;
  Mono challenge{};  // joining: when those of its name were first asked
  Mono removed{};    // when SERVER.REMOVED told of it: forgotten if it falls silent then
  SeqTracker seq;
  Ring ring;
  // what stays across processes
  std::array<std::uint64_t, kRestartCauseNames.size()> restarts{};
  Restarts restarts_seen;
  std::optional<RestartCause> last_cause;  // of the current process, if its start was seen
  std::uint64_t unseen_before = 0;
  EventCounters counters;
  std::unique_ptr<EventCounters> recovered;  // to be added when the series are old enough for increase() to see it
  std::uint64_t recovered_failures = 0;
  std::uint64_t possibly_lost = 0;  // failures that no event told of and the ring no longer holds, at most
  Mono shown_since{};               // its series exist since then
  // what the current process said
  std::map<AccountIndex, AccountState> accounts;
  std::vector<std::shared_ptr<const Block>> blocks;
  std::vector<std::shared_ptr<const Block>> last_blocks;  // also those that are no longer shown, for carry_over()

  std::size_t journaled = 0;  // hash of its record as it was last written; 0: never
  Judged judged;              // of the current process
  bool faulty = false;        // a finding is, or was at the last look, about it
  bool dirty = true;
  std::shared_ptr<const ServerView> view;

  [[nodiscard]] bool joining() const { return state == Lifecycle::joining; }
  [[nodiscard]] bool up() const { return state == Lifecycle::up || state == Lifecycle::draining; }
  [[nodiscard]] bool nameless() const { return base_name == id; }
  [[nodiscard]] const std::string& shown_name() const;  // of a joining server the name that it will almost always get
  [[nodiscard]] std::string entity() const;             // "east/n1", as findings name it
};

class Roster {
 public:
  static constexpr std::size_t kMaxServers = 20000;  // what a forger of server ids can make us keep
  static constexpr std::size_t kMaxJoining = 1024;   // of those, the ones without STATSZ; the oldest goes first
  static constexpr Millis kChallenge{2000};          // how long a server whose name was taken has to answer

  // Called for every change that the event log should tell: joined, restarted, lost, returned, retired.
  using Observer = std::function<void(EventKind, const Server&, std::string_view reason)>;

  Roster(const ServerOptions& options, std::size_t collectors, Observer observer);

  // A message with this server block arrived: finds or makes the server, and notes that it lives. Null for a new one
  // beyond kMaxServers.
  Server* heard(const ServerInfo& info, Now now);

  // Its STATSZ or VARZ told when the process started; settles the identity of a joining one.
  void started(Server& server, Wall start, Now now);
  void draining(Server& server, Wall time, Now now);
  void stopped(Server& server, Wall time, Now now);
  void removed(std::string_view cluster, std::string_view name, Now now);

  // The agent was without a connection from `begin` until now; `server_id` is the process it was connected to.
  void blind(Mono begin, Mono end, std::string_view server_id);

  // Silence and retirement.
  void tick(Now now);

  // Ids that should be asked for their STATSZ now, each at most once a second or so.
  [[nodiscard]] std::vector<std::string> to_ping(Now now);

  [[nodiscard]] Server* find(std::string_view id);
  // For the journal: the server of this number, a new one with it, and another process of it.
  [[nodiscard]] Server* numbered(std::uint32_t number) const;
  Server& restore(std::uint32_t number, Now now);
  void renew(Server& server, const std::string& id);
  [[nodiscard]] const std::vector<std::unique_ptr<Server>>& servers() const { return servers_; }
  // The same by cluster and name.
  [[nodiscard]] const std::vector<std::unique_ptr<Server>>& sorted();

 private:
  Server* make(const ServerInfo& info, Now now);
  void lives(Server& server, const ServerInfo& info, Now now);
  static void describe(Server& server, const ServerInfo& info);
  void age(Server& server, Now now);
  void evict_joining();
  static void arrive(Server& server, Now now);
  void settle(Server& joining, Now now);
  void adopt(Server& joining, std::string name, Now now);
  void restart(Server& old, Server& joining, Now now);
  void resurrect(Server& current, const ServerInfo& info, Now now);
  static void set_state(Server& server, Lifecycle state, Now now);
  static void silence(Server& server);
  [[nodiscard]] bool silent(const Server& server, Now now) const;
  [[nodiscard]] bool retired(const Server& server, Now now) const;
  [[nodiscard]] RestartCause cause_of(const Server& old) const;
  [[nodiscard]] std::vector<Server*> namesakes(const Server& joining) const;
  void erase(Server& server);

  const ServerOptions options_;
  const std::size_t collectors_;
  const Observer observer_;
  std::vector<std::unique_ptr<Server>> servers_;
  bool sorted_ = true;
  std::unordered_map<std::string, Server*, TextHash, std::equal_to<>> by_id_;  // current and previous ids
  std::unordered_map<std::uint32_t, Server*> by_number_;                       // those that the journal told of
  std::uint32_t processes_ = 0;
  Mono blind_begin_;
  Mono blind_end_;
  std::string blind_server_;
};

}  // namespace lookout

// Snapshot: one consistent picture of the fleet, immutable, made by State in the loop thread and read by any number of
// HTTP threads through the Cell. Servers that did not change are shared between snapshots, so that taking one is cheap.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/finding.h"
#include "agent/inbox.h"
#include "agent/metric.h"
#include "config/config.h"

namespace lookout {

enum class Lifecycle : std::uint8_t { joining, up, draining, stopped, lost };
inline constexpr std::array<const char*, 5> kLifecycleNames{"joining", "up", "draining", "stopped", "lost"};
enum class RestartCause : std::uint8_t { lame_duck, shutdown, crash, unknown };
inline constexpr std::array<const char*, 4> kRestartCauseNames{"lame_duck", "shutdown", "crash", "unknown"};

// Index into Snapshot::accounts. Index 0 is "other", into which accounts beyond --limits.accounts are folded.
using AccountIndex = std::uint32_t;

struct Account {
  std::string id;    // name, or public key in operator mode
  std::string name;  // display name; the id while unknown
};

struct ClientCount {  // connects (reason unused) and disconnects
  AccountIndex account;
  ClientKind kind;
  ClientType type;
  std::uint8_t reason;
  std::uint64_t value;
};

struct AuthErrorDetail {
  AccountIndex account;
  ClientKind kind;
  ClientType type;
  Credential credential;
  std::uint8_t reason;
  std::uint64_t value;
};

struct AccountConnections {
  AccountIndex account;
  std::uint64_t clients;
  std::uint64_t leafnodes;
};

struct ServerView {
  // identity
  std::string cluster;
  std::string name;  // "n1", or "n1~NABCDEFG" for a second live server of that name
  // the current process
  std::string id;
  std::string version;
  std::string host;
  std::string domain;
  bool jetstream = false;
  Wall start{};
  Lifecycle state = Lifecycle::joining;
  Wall state_since{};
  bool up = false;
  Mono last_heard;
  std::uint64_t unseen = 0;  // gaps in server.seq: an upper bound of messages not seen, replies to others included
  std::array<std::uint64_t, kRestartCauseNames.size()> restarts{};
  // events, counted since the agent started, across restarts of the server
  std::vector<ClientCount> connects;
  std::vector<ClientCount> disconnects;
  std::vector<std::uint64_t> auth_errors;         // by reason index; all reasons
  std::vector<std::uint64_t> closed_before_auth;  // by reason index; zero ones are not exported
  std::vector<AuthErrorDetail> auth_error_details;
  std::uint64_t recovered_failures = 0;  // of these, those read from the ring of closed connections
  std::uint64_t possibly_lost = 0;       // failures that neither events nor the ring told of, at most
  // what the server last said; empty while it is down
  std::vector<AccountConnections> accounts;
  std::vector<std::shared_ptr<const Block>> blocks;  // by collector; null: no data
};

enum class Identity : std::uint8_t {
  unknown,       // not connected, or no answer yet
  system,        // servers answer: the user is in the system account
  outside,       // logged in, but to another account
  forbidden,     // in the system account, but not allowed what it needs
  wrong_server,  // scope server: landed on another server than the pinned one
};
inline constexpr std::array<const char*, 5> kIdentityNames{"unknown", "system", "outside", "forbidden", "wrong_server"};

struct LinkView {
  bool connected = false;
  std::string url;
  std::string server_name;  // of the server the agent is connected to; empty while unknown
  Identity identity = Identity::unknown;
  std::string sentence;      // what is wrong, in plain words; empty: nothing
  Wall since{};              // connected or disconnected since
  double blind_seconds = 0;  // time without a connection since the first one, in all
};

struct ServerName {
  std::string cluster;
  std::string name;

  bool operator==(const ServerName&) const = default;
};

struct RoundView {  // the last finished round of one collector
  std::uint64_t expected = 0;
  std::uint64_t answered = 0;
  std::uint64_t late_total = 0;
  std::uint64_t duplicate_total = 0;
  std::uint64_t rounds_total = 0;
  std::vector<ServerName> missing;
  std::vector<ServerName> detail_skipped;  // asked for less than configured, because the answer would be too big for a
                                           // leaf node link
  bool polled = true;                      // false: its level is off
  bool reduced = false;                    // asked for less than configured, for want of memory
  Level level = Level::summary;            // how much is asked
};

struct AuthView {  // failed authentications of one cluster
  std::string cluster;
  std::uint64_t attempts = 0;  // a client that walks all servers makes one
  std::uint64_t sources = 0;   // addresses and users of the last ten minutes; bounded
  std::uint64_t users = 0;
  std::array<bool, kAuthPatterns> patterns{};  // those that hold now
};

struct AuthFailure {  // one failed login as the event log tells it: cleaned, bounded, without secrets
  Wall time{};
  std::string server;
  std::string cluster;
  std::string address;
  std::string user;
  std::string name;
  std::string jwt_user;
  std::string jwt_name;
  std::string reason;
  std::string explanation;
  ClientKind kind = ClientKind::other;
  bool recovered = false;
};

struct AuthMinute {  // and the failed logins in it
  Wall time{};
  std::uint64_t errors = 0;

  bool operator==(const AuthMinute&) const = default;
};

struct AuthTop {  // a source or a user with many failed attempts in the last ten minutes
  std::string cluster;
  std::string name;
  std::uint64_t attempts = 0;
  std::uint64_t peers = 0;  // users of the source, sources of the user; at most Suspect::kMaxPeers

  bool operator==(const AuthTop&) const = default;
};

struct AuthTops {  // those with most first
  std::vector<AuthTop> sources;
  std::vector<AuthTop> users;
};

struct Judging {         // how findings come about: the same in all snapshots of an agent
  bool partial = false;  // this agent sees a part of the servers only
  bool once = false;     // it looks once, and knows of no time before
  std::vector<CheckSetting> settings;
};

struct Snapshot {
  Now taken;
  std::uint64_t version = 0;  // grows with each one; equal versions are the same content
  std::uint64_t content = 0;  // the version of the first one that tells this; only ages and rounds differ since
  LinkView link;
  std::vector<std::shared_ptr<const ServerView>> servers;  // sorted by cluster, name; joining ones are left out
  std::shared_ptr<const std::vector<Account>> accounts;
  std::array<std::uint64_t, kLifecycleNames.size()> servers_by_state{};
  std::array<std::uint64_t, kEventKinds> events{};
  std::array<std::uint64_t, kTraffics> dropped{};
  std::uint64_t repeated_connects = 0;  // CONNECT of a client already counted (config reload)
  std::uint64_t forged = 0;             // subject and payload disagree about the server
  std::uint64_t dedup_overflow = 0;
  std::uint64_t folded = 0;           // events counted under "other" because their account is beyond the limit
  std::uint64_t refused = 0;          // messages of servers beyond Roster::kMaxServers
  std::uint64_t rows_left_out = 0;    // routes, gateways, paths of replies that list too many
  std::uint64_t ignored_replies = 0;  // older than what is held, or not decodable
  std::vector<RoundView> rounds;      // by collector
  std::vector<AuthView> auth;         // by cluster; empty with --scope=server and on later shards
  Judging judging;
  Mono judged{};                  // when the checks were last looked at; never: not connected yet
  std::vector<Finding> findings;  // raised ones, worst first
  Transitions transitions;
  Health health = Health::unknown;
  // Failed logins: why attempts are not put together and compared with patterns here (empty: they are), who has most of
  // them, and the last ones, newest first. Null: none.
  std::string auth_unseen;
  std::shared_ptr<const AuthTops> auth_tops;
  std::shared_ptr<const std::vector<AuthFailure>> auth_failures;
  std::vector<AuthMinute> auth_history;  // of the last hour, oldest first
};

}  // namespace lookout

// A poller with made-up tables and servers, for the tests of what is asked when, and what counts as an answer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/poller.h"
#include "tests/unit/support.h"

namespace lookout::test {

using namespace std::chrono_literals;

inline std::string all_of(const Ask& ask) {
  std::string out = ask.level == Level::detail ? "detail" : "summary";
  const auto say = [&](const char* name, std::string_view value) {
    if (!value.empty()) out.append(" ").append(name).append("=").append(value);
  };
  say("version", ask.version);
  say("server", ask.server);
  say("account", ask.account);
  if (ask.limit > 0) say("rows", std::to_string(ask.offset) + "+" + std::to_string(ask.limit));
  return out;
}

inline constexpr Label kRow[] = {{"row", "/name"}};
inline constexpr Metric kOne[] = {{gauge, "nats_row", "", "A row.", As::one}};
inline constexpr Section kStatszSections[] = {{.path = "/statsz", .labels = {}, .metrics = kOne},
                                              {.path = "/statsz/gateways", .labels = kRow, .metrics = kOne}};
inline constexpr Section kRows[] = {{.path = "/data/rows", .labels = kRow, .metrics = kOne}};

inline const Collector kTables[] = {
    {.name = "statsz", .endpoint = "STATSZ", .sections = kStatszSections},
    {.name = "varz", .endpoint = "VARZ", .sections = kRows, .body = all_of},
    {.name = "raftz", .endpoint = "RAFTZ", .sections = kRows, .since = "2.10.26"},
    {.name = "accstatz",
     .endpoint = "$SYS.REQ.ACCOUNT.PING.STATZ",
     .sections = kRows,
     .body = all_of,
     .account_stats = true},
    {.name = "connz",
     .endpoint = "CONNZ",
     .sections = kRows,
     .body = all_of,
     .reach = Reach::pages,
     .rows = "/data/rows",
     .page = 100},
    {.name = "subsz",
     .endpoint = "SUBSZ",
     .sections = kRows,
     .body = all_of,
     .reach = Reach::pages,
     .paged_from = Level::detail,
     .rows = "/data/rows",
     .page = 100},
    {.name = "accountz",
     .endpoint = "ACCOUNTZ",
     .sections = kRows,
     .body = all_of,
     .reach = Reach::accounts,
     .accounts = Accounts::shared},
    {.name = "raftaz",
     .endpoint = "RAFTZ",
     .sections = kRows,
     .body = all_of,
     .reach = Reach::accounts,
     .accounts = Accounts::jetstream},
    {.name = "ring",
     .endpoint = "RINGZ",
     .sections = kRows,
     .body = all_of,
     .reach = Reach::pages,
     .rows = "/data/rows",
     .page = 100,
     .ring = true},
};

inline std::size_t table(std::string_view name) {
  const auto found = std::find_if(std::begin(kTables), std::end(kTables),
                                  [&](const Collector& collector) { return collector.name == name; });
  return static_cast<std::size_t>(found - std::begin(kTables));
}

using Levels = std::map<std::string, Level>;  // what is not named is off

inline Config poll_config(const Levels& levels) {
  Config out;
  for (const Collector& collector : kTables) {
    const auto level = levels.find(collector.name);
    out.collect[collector.name] = {level == levels.end() ? Level::off : level->second, 60s};
  }
  out.collect["statsz"].interval = 10s;
  return out;
}

class Poll : public testing::Test {
 protected:
  using Sent = FakeTransport::Sent;
  using What = Poller::Answer::What;

  void use(const Levels& levels, Scope scope = Scope::system, Shard shard = {}) {
    Config config = poll_config(levels);
    config.scope = scope;
    config.shard = shard;
    poller = std::make_unique<Poller>(config, kTables, transport);
  }

  void join(const std::string& id, const std::string& cluster = "east", const std::string& version = "2.15.2") {
    names[id] = "name-" + id;
    roster.started(*roster.heard(info(id, cluster, version), clock.now()), clock.now().wall - 1h, clock.now());
  }
  // The next process of a server.
  void restart(const std::string& old_id, const std::string& id) {
    const Server& old = *roster.find(old_id);
    names[id] = old.base_name;
    roster.started(*roster.heard(info(id, old.cluster, old.version), clock.now()), clock.now().wall, clock.now());
  }
  void hear(const std::string& id) {
    const Server& server = *roster.find(id);
    roster.heard(info(id, server.cluster, server.version), clock.now());
  }

  // Logs in at the server, after which everybody known answers the first STATSZ, and everything has been asked once.
  void log_in(const std::string& id) {
    poller->connected(id, clock.now());
    tick();
    for (const auto& server : roster.servers()) answer(last("STATSZ"), server->id);
    for (int i = 0; i < 15; ++i) tick();
  }

  void tick(std::chrono::milliseconds later = 100ms) {
    poller->tick(
        roster, [this](const Server& server) { return accounts[server.id]; }, clock.after(later));
  }

  // The last request to that endpoint; requests to it since the last call.
  Sent last(const std::string& endpoint) {
    for (auto sent = transport.sent.rbegin(); sent != transport.sent.rend(); ++sent) {
      if (sent->subject.ends_with(endpoint)) return *sent;
    }
    ADD_FAILURE() << "no request to " << endpoint;
    return {};
  }
  std::vector<Sent> take(const std::string& endpoint) {
    std::vector<Sent> out;
    std::erase_if(transport.sent, [&](const Sent& sent) {
      if (!sent.subject.ends_with(endpoint)) return false;
      out.push_back(sent);
      return true;
    });
    return out;
  }
  static std::vector<std::string> subjects(const std::vector<Sent>& sent) {
    std::vector<std::string> out;
    for (const Sent& each : sent) out.push_back(each.subject);
    return out;
  }

  // The server's answer to a request, with so many rows.
  Poller::Answer answer(const Sent& sent, const std::string& id, std::size_t rows = 0, std::uint64_t bytes = 100) {
    Reply reply;
    reply.page_rows = rows;
    return answer(sent, id, std::move(reply), bytes);
  }
  Poller::Answer answer(const Sent& sent, const std::string& id, Reply reply, std::uint64_t bytes = 100) {
    const auto route = poller->route(sent.token);
    if (!route) return {};
    const Server* server = roster.find(id);
    const std::string cluster = server == nullptr ? "" : server->cluster;
    const std::string version = server == nullptr ? "" : server->version;
    reply.server = info(id, cluster, version);
    if (poller->assembly(*route) == nullptr) return {};
    return poller->answered(*route, reply, bytes, roster, clock.now());
  }

  const RoundView& round(std::string_view name) const { return poller->rounds()[table(name)]; }

  std::map<std::string, std::string> names;
  std::map<std::string, std::vector<std::string>> accounts;  // by server id
  Clock clock;
  FakeTransport transport;
  Roster roster{{}, std::size(kTables), [](EventKind, const Server&, std::string_view) {}};
  std::unique_ptr<Poller> poller;

 private:
  ServerInfo info(const std::string& id, std::string_view cluster, std::string_view version) {
    ServerInfo out;
    out.id = id;
    out.name = names[id];
    out.cluster = cluster;
    out.version = version;
    out.jetstream = !id.starts_with("nojs");
    out.time = clock.now().wall;
    return out;
  }
};

}  // namespace lookout::test

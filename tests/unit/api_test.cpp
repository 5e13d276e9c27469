// The lists and pages of /api/v1: from a Snapshot to JSON.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <tuple>

#include "agent/text.h"
#include "api_snapshot.h"

namespace lookout {
namespace {

using test::say;
using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr const char* kServers = "/api/v1/servers";
constexpr const char* kStreams = "/api/v1/streams";
constexpr const char* kPaths[] = {"/api/v1/system",  "/api/v1/servers",  "/api/v1/clusters", "/api/v1/accounts",
                                  "/api/v1/streams", "/api/v1/findings", "/api/v1/agent"};

class ApiTest : public test::Api {
 protected:
  // Three servers of a cluster, of which the last is lost, and one of none.
  void deployment() {
    snapshot.accounts = std::make_shared<std::vector<Account>>(
        std::vector<Account>{{"other", "other"}, {"AAPP", "orders"}, {"$G", ""}});
    auto alone = add("", "edge");
    say(*alone, {{"nats_server_connections", 7}, {"nats_server_subscriptions", 70}});
    auto n1 = add("east", "n1");
    auto n2 = add("east", "n2");
    add("east", "n3", Lifecycle::lost);
    n1->jetstream = n2->jetstream = true;
    n1->start = test::kNow.wall - 1h;
    n1->accounts = {{1, 5, 1}, {2, 3, 0}};
    n2->accounts = {{1, 6, 0}};
    n1->auth_errors = {2, 3};
    n1->auth_error_details = {{1, ClientKind::client, ClientType::nats, Credential::password, 0, 4}};
    for (const auto& view : {n1, n2}) {
      say(*view, {{"nats_server_connections", 8},
                  {"nats_server_cpu_usage_ratio", 0.25},
                  {"nats_server_memory_bytes", 5e7},
                  {"nats_server_received_messages_total", 1000},
                  {"nats_server_sent_bytes_total", 5000}});
      say(*view, {{"nats_account_subscriptions", 10}, {"nats_account_slow_consumers_total", 1}}, {{"account", "AAPP"}});
      say(*view, {{"nats_account_jetstream_storage_bytes", 600}, {"nats_account_jetstream_memory_bytes", 0}},
          {{"account", "AAPP"}});
      const std::string other = view == n1 ? "n2" : "n1";
      say(*view, {{"nats_route_connections", 4}, {"nats_route_rtt_seconds", view == n1 ? 0.002 : 0.003}},
          {{"remote", other}});
      say(*view, {{"nats_gateway_outbound_connections", 1}, {"nats_gateway_outbound_rtt_seconds", 0.05}},
          {{"remote_cluster", "west"}});
    }
    say(*n1, {{"nats_leafnode_connections", 1}, {"nats_leafnode_rtt_seconds", 0.01}},
        {{"account", "AAPP"}, {"remote", "edge"}, {"side", "hub"}});
    say(*n1, {{"nats_meta_has_leader", 1}, {"nats_meta_cluster_size", 3}});
    for (const char* peer : {"n2", "n3"})
      say(*n1,
          {{"nats_meta_peer_current", 1},
           {"nats_meta_peer_offline", 0},
           {"nats_meta_peer_last_contact_seconds", 0.5},
           {"nats_meta_peer_lag", 0}},
          {{"peer", peer}});
    test::add_stream(*n1, "AAPP", "ORDERS", 3);
    test::add_replica(*n1, "AAPP", "ORDERS", "n2", false, 12);
    test::add_replica(*n1, "AAPP", "ORDERS", "n3");
    test::add_stream(*n2, "AAPP", "AUDIT", 1);
    find({"server_lost", "east/n3", Health::critical, {}, "n3 fell silent.", "east", {}, {}, "n3"});
    find({"stream_replicas",
          "east/n3",
          Health::warning,
          {},
          "one stream without replica on server n3",
          "east",
          {},
          {},
          "n3"});
    find({"cluster_routes", "east/n1 - n9", Health::warning, {}, "no route", "east"});
    find({"gateway_outbound", "east/n2 -> south", Health::warning, {}, "no gateway", "east", {}, {}, "n2"});
    find({"leafnode_missing", "hut (AAPP)", Health::warning, {}, "leaf node is gone", "east", {}, {}, {}, "AAPP"});
    snapshot.health = Health::critical;
  }
  void find(Finding finding) {
    finding.since = test::kNow.wall - 60s;
    snapshot.findings.push_back(std::move(finding));
  }
  std::string sentence(const char* path, const Parameters& parameters) {
    const Rendered got = get(path, parameters);
    EXPECT_EQ(got.status, 400) << got.body;
    return got.body;
  }
};

TEST_F(ApiTest, AnswersAreThoseOfTheGoldenFiles) {
  deployment();
  for (const std::string path : kPaths) {
    Json got = answer(path);
    for (const char* varying : {"version", "revision", "resident_bytes"})
      if (path.ends_with("agent")) got[varying] = got[varying].is_string() ? Json("0") : Json(0);
    const std::string name = TEST_DATA "/golden/api_" + path.substr(path.rfind('/') + 1) + ".json";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(name) << got.dump(2) << '\n';
    std::ifstream file(name);
    const std::string golden{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(got.dump(2) + "\n", golden) << "UPDATE_GOLDEN=1 accepts the change";
  }
}

TEST_F(ApiTest, PagesArePartsOfTheWhole) {
  for (int i = 0; i < 250; ++i) add("c" + std::to_string(i % 7), "n" + std::to_string(i));
  std::sort(snapshot.servers.begin(), snapshot.servers.end(),
            [](const auto& a, const auto& b) { return std::tie(a->cluster, a->name) < std::tie(b->cluster, b->name); });
  const auto whole = column(kServers, "name", {{"limit", "1000"}});
  ASSERT_EQ(whole.size(), 250U);
  for (const char* sort : {"cluster", "-name"}) {
    const auto sorted = column(kServers, "name", {{"limit", "1000"}, {"sort", sort}});
    std::vector<std::string> pages;
    for (int offset = 0; offset < 250; offset += 60) {
      const auto page = column(kServers, "name", {{"limit", "60"}, {"offset", std::to_string(offset)}, {"sort", sort}});
      pages.insert(pages.end(), page.begin(), page.end());
    }
    EXPECT_EQ(pages, sorted) << sort;
  }
  EXPECT_EQ(column(kServers, "name").size(), 100U);
  const Json beyond = answer(kServers, {{"offset", "1000000000000"}});
  EXPECT_EQ(beyond["total"], 250);
  EXPECT_EQ(beyond["items"], Json::array());
}

TEST_F(ApiTest, WhatIsAbsentComesLastInBothDirections) {
  const double counts[] = {5, 100, 20};
  for (int i = 0; i < 3; ++i) say(*add("east", "n" + std::to_string(i)), {{"nats_server_connections", counts[i]}});
  add("east", "dark");
  EXPECT_THAT(column(kServers, "connections", {{"sort", "connections"}}), ElementsAre("5", "20", "100", "null"));
  EXPECT_THAT(column(kServers, "connections", {{"sort", "-connections"}}), ElementsAre("100", "20", "5", "null"));
}

TEST_F(ApiTest, VersionsStatesAndHealthHaveTheirOwnOrder) {
  add("east", "a")->version = "2.15.2";
  add("east", "b", Lifecycle::lost)->version = "2.9.10";
  add("east", "c", Lifecycle::draining)->version = "2.10.27";
  find({"server_lost", "east/b", Health::critical, {}, "silent", "east", {}, {}, "b"});
  find({"server_draining", "east/c", Health::warning, {}, "draining", "east", {}, {}, "c"});
  EXPECT_THAT(column(kServers, "version", {{"sort", "version"}}), ElementsAre("2.9.10", "2.10.27", "2.15.2"));
  EXPECT_THAT(column(kServers, "state", {{"sort", "-state"}}), ElementsAre("lost", "draining", "up"));
  EXPECT_THAT(column(kServers, "health", {{"sort", "-health"}}), ElementsAre("critical", "warning", "ok"));
}

TEST_F(ApiTest, FiltersSelect) {
  deployment();
  EXPECT_THAT(column(kServers, "name", {{"cluster", "east"}}), ElementsAre("n1", "n2", "n3"));
  EXPECT_THAT(column(kServers, "name", {{"cluster", ""}}), ElementsAre("edge"));
  EXPECT_THAT(column(kServers, "name", {{"state", "lost"}}), ElementsAre("n3"));
  EXPECT_THAT(column(kServers, "name", {{"health", "critical"}}), ElementsAre("n3"));
  EXPECT_THAT(column(kServers, "name", {{"filter", "EdG"}}), ElementsAre("edge"));
  EXPECT_THAT(column(kServers, "name", {{"filter", "east"}, {"state", "up"}}), ElementsAre("n1", "n2"));
  EXPECT_THAT(column(kStreams, "name", {{"filter", "ORDERS"}}), ElementsAre("AUDIT", "ORDERS")) << "by account name";
  EXPECT_THAT(column(kStreams, "name", {{"unhealthy", "1"}}), ElementsAre("ORDERS"));
  EXPECT_THAT(column(kStreams, "name", {{"unhealthy", "0"}}), ElementsAre("AUDIT"));
  EXPECT_THAT(column(kStreams, "name", {{"account", "B"}}), ElementsAre());
  EXPECT_THAT(column("/api/v1/findings", "check", {{"server", "n3"}}), ElementsAre("server_lost", "stream_replicas"));
  EXPECT_THAT(column("/api/v1/findings", "check", {{"account", "AAPP"}}), ElementsAre("leafnode_missing"));
  EXPECT_EQ(answer("/api/v1/findings", {{"state", "warning"}})["total"], 4);
  EXPECT_THAT(column("/api/v1/clusters", "cluster", {{"cluster", "east"}}), ElementsAre("east"));
}

TEST_F(ApiTest, WhatIsWrongIsOneSentence) {
  const std::vector<std::tuple<const char*, Parameters, const char*>> expected{
      {kServers, {{"limit", "0"}}, "The parameter limit must be a number from 1 to 1000, not '0'.\n"},
      {kServers, {{"limit", "1001"}}, "The parameter limit must be a number from 1 to 1000, not '1001'.\n"},
      {kServers, {{"offset", "-1"}}, "The parameter offset must be a number from 0, not '-1'.\n"},
      {kServers, {{"offset", "1x"}}, "The parameter offset must be a number from 0, not '1x'.\n"},
      {kServers,
       {{"state", "gone"}},
       "The parameter state must be joining, up, draining, stopped or lost, not 'gone'.\n"},
      {kServers, {{"health", ""}}, "The parameter health must be ok, warning, critical or unknown, not ''.\n"},
      {kServers, {{"limit", "1"}, {"limit", "2"}}, "The parameter limit must be given only once.\n"},
      {kStreams,
       {{"color", "red"}},
       "/api/v1/streams has the parameters limit, offset, sort, filter, account, cluster, health and unhealthy, not "
       "'color'.\n"},
      {kStreams, {{"unhealthy", "yes"}}, "The parameter unhealthy must be 0 or 1, not 'yes'.\n"},
      {"/api/v1/clusters",
       {{"sort", "-servers"}},
       "The parameter sort must be one of cluster or health, with - before it for the opposite order, not "
       "'-servers'.\n"},
      {"/api/v1/findings",
       {{"sort", "state"}},
       "The parameter sort is not for this list, which has an order of its own.\n"},
      {"/api/v1/findings", {{"state", "ok"}}, "The parameter state must be warning, critical or unknown, not 'ok'.\n"},
      {"/api/v1/system", {{"limit", "1"}}, "/api/v1/system has no parameters, and so not 'limit'.\n"},
      {"/api/v1/agent", {{"x", ""}}, "/api/v1/agent has no parameters, and so not 'x'.\n"},
  };
  for (const auto& [path, parameters, said] : expected) EXPECT_EQ(sentence(path, parameters), said);
}

TEST_F(ApiTest, HostileNamesStayText) {
  const std::string name = "</script>\"'\\\x1b[2J\xff";
  auto view = add(name, name);
  view->host = view->version = view->domain = name;
  say(*view, {{"nats_route_connections", 1}}, {{"remote", name}});
  test::add_stream(*view, name, std::string(100000, 'x'), 1);
  find({"server_lost", name, Health::critical, {}, name, name, name, {}, name, name});
  snapshot.link.url = snapshot.link.sentence = name;
  snapshot.accounts = std::make_shared<std::vector<Account>>(std::vector<Account>{{"other", ""}, {name, name}});
  for (const char* path : kPaths) {
    const Rendered got = get(path);
    EXPECT_TRUE(Json::accept(got.body)) << path;
    EXPECT_LT(got.body.size(), 20000U) << path;
    for (const char c : got.body) ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << path;
  }
  EXPECT_EQ(answer(kServers)["items"][0]["name"], clean(name));
  EXPECT_THAT(sentence(kServers, {{"state", name}}), HasSubstr("not '</script>\"'\\\uFFFD[2J\uFFFD'."));
}

TEST_F(ApiTest, NothingKnownIsAnAnswer) {
  snapshot = {};
  for (const std::string path : kPaths) {
    const Json got = answer(path);
    EXPECT_EQ(got["time"], "") << path;
    EXPECT_EQ(got.value("items", Json::array()), Json::array()) << path;
  }
  const Json system = answer("/api/v1/system");
  EXPECT_EQ(system["status"], "unknown");
  for (const char* untold : {"connections", "streams", "messages", "in_messages_total"})
    EXPECT_EQ(system[untold], nullptr) << untold;
}

TEST_F(ApiTest, OkIsNotBelievedWithoutAnswers) {
  deployment();
  EXPECT_EQ(answer(kServers, {{"filter", "n1"}})["items"][0]["health"], "ok");
  snapshot.link.connected = false;
  EXPECT_EQ(answer(kServers, {{"filter", "n1"}})["items"][0]["health"], "unknown");
  EXPECT_EQ(answer(kServers, {{"filter", "n3"}})["items"][0]["health"], "critical");
}

TEST_F(ApiTest, AStreamIsToldOnceByItsLeader) {
  auto before = add("east", "n1");
  auto after = add("east", "n2");
  test::add_stream(*before, "APP", "ORDERS", 3, true, test::kNow.wall - 30s);
  test::add_stream(*after, "APP", "ORDERS", 3, true, test::kNow.wall);
  EXPECT_THAT(column(kStreams, "leader"), ElementsAre("n2"));
  test::add_stream(*before, "APP", "LOST", 3, false);
  test::add_stream(*after, "APP", "LOST", 3, false);
  EXPECT_THAT(column(kStreams, "name"), ElementsAre("LOST", "ORDERS"));
  const Json leaderless = answer(kStreams, {{"filter", "LOST"}})["items"][0];
  EXPECT_EQ(leaderless["leader"], "");
  for (const char* untold : {"replicas", "replicas_online", "messages"}) EXPECT_EQ(leaderless[untold], nullptr);
  EXPECT_EQ(answer("/api/v1/system")["streams"], 2);
  EXPECT_EQ(answer("/api/v1/system")["messages"], 10);
}

TEST_F(ApiTest, AReplicaOnAServerThatIsGoneIsNotOnline) {
  deployment();
  const Json stream = answer(kStreams, {{"filter", "ORDERS"}, {"unhealthy", "1"}})["items"][0];
  EXPECT_EQ(stream["replicas_online"], 2);
  EXPECT_EQ(stream["replicas_current"], 1);
  EXPECT_EQ(stream["lag"], 12);
  EXPECT_EQ(stream["health"], "warning");
  EXPECT_EQ(stream["sentence"], "one stream without replica on server n3");
  const Json group = answer("/api/v1/system")["meta"][0];
  EXPECT_EQ(group["online"], 2);
  EXPECT_EQ(group["failures_tolerated"], 0);
}

TEST_F(ApiTest, FindingsOfConsumersAndSourcesBelongToTheirStream) {
  auto view = add("east", "n1");
  for (const char* name : {"A", "B", "C"}) test::add_stream(*view, "APP", name, 1);
  find({"consumer_leader", "APP/A/worker", Health::critical, {}, "no leader", "east", {}, {}, {}, "APP"});
  find({"stream_source", "APP/B from A", Health::warning, {}, "silent", "east", {}, {}, {}, "APP"});
  EXPECT_THAT(column(kStreams, "health"), ElementsAre("critical", "warning", "ok"));
}

TEST_F(ApiTest, AccountsAreSummedOverServersAndDomains) {
  deployment();
  const Json account = answer("/api/v1/accounts", {{"filter", "orders"}})["items"][0];
  const std::map<std::string, int> sums{{"connections", 11},   {"leafnodes", 1}, {"subscriptions", 20},
                                        {"slow_consumers", 2}, {"streams", 2},   {"jetstream_storage_bytes", 600},
                                        {"auth_errors", 4}};
  for (const auto& [name, sum] : sums) EXPECT_EQ(account[name], sum) << name;
  auto elsewhere = add("west", "w1");
  elsewhere->domain = "west";
  say(*elsewhere, {{"nats_account_jetstream_storage_bytes", 50}}, {{"account", "AAPP"}});
  EXPECT_EQ(answer("/api/v1/accounts", {{"filter", "orders"}})["items"][0]["jetstream_storage_bytes"], 650);
  EXPECT_EQ(answer("/api/v1/accounts", {{"filter", "$G"}})["items"][0]["streams"], nullptr);
}

TEST_F(ApiTest, MissingLinksComeFirst) {
  deployment();
  const Json east = answer("/api/v1/clusters", {{"cluster", "east"}})["items"][0];
  EXPECT_EQ(east["routes"][0], Json::parse(R"({"server":"n1","peer":"n9","up":false,"rtt_seconds":null})"));
  EXPECT_EQ(east["routes"][1], Json::parse(R"({"server":"n1","peer":"n2","up":true,"rtt_seconds":0.003})"));
  EXPECT_EQ(east["routes_expected"], 1);
  EXPECT_EQ(east["routes_missing"], 1);
  EXPECT_EQ(east["gateways"][0], Json::parse(R"({"server":"n2","remote":"south","up":false,"rtt_seconds":null})"));
  EXPECT_EQ(east["gateways_total"], 3);
  EXPECT_EQ(east["leafnodes"][0]["remote"], "hut");
  EXPECT_EQ(east["leafnodes"][0]["account"], "AAPP");
  EXPECT_EQ(east["leafnodes_missing"], 1);
}

}  // namespace
}  // namespace lookout

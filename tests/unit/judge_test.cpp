// The checks of health, with replies of made-up servers and a clock that only moves when told: when a finding comes,
// worsens, is held and goes.
#include "agent/judge.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/decode.h"
#include "agent/state.h"
#include "collectors/collectors.h"
#include "support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Held;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Node {
  std::string name;
  std::string id;
  std::string cluster = "east";
  std::string version = "2.15.1";
  bool jetstream = true;
  Wall start{};
  bool silent = false;
  std::chrono::seconds clock{0};          // ahead of ours
  std::map<std::string, json> says = {};  // by collector: what it answers, under "statsz" or "data"
};

class JudgeTest : public testing::Test {
 protected:
  JudgeTest() { use({}); }

  void use(Config config, bool again = false) {
    for (const Collector& collector : collectors()) config.collect[collector.name] = {Level::summary, 60s};
    config.collect["statsz"].interval = 10s;
    state =
        std::make_unique<State>(config, collectors(), [this](const Event& event, Now) { log.push_back(event.kind); });
    state->apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1"},
                 clock.now());
    if (!again) nodes.clear();
  }
  // Servers of one cluster, all connected to each other; the first leads the meta group.
  void cluster(const std::string& name, std::size_t size) {
    for (std::size_t i = 1; i <= size; ++i) {
      const std::string number = std::to_string(nodes.size() + 1);
      nodes.push_back({"n" + number, "ID" + number, name});
      nodes.back().start = clock.now().wall - 1h;
      nodes.back().says["varz"] = {
          {"max_connections", 100},
          {"slow_consumer_stats", {{"clients", 0}, {"routes", 0}, {"gateways", 0}, {"leafs", 0}}}};
      nodes.back().says["statsz"] = {{"cores", 4}, {"cpu", 0}, {"connections", 1}};
      nodes.back().says["leafz"] = {{"leafnodes", 0}, {"leafs", json::array()}};
      nodes.back().says["gatewayz"] = {{"outbound_gateways", json::object()}};
    }
    for (Node& node : nodes) {
      json routes = json::array();
      for (const Node& other : nodes)
        if (other.cluster == name && other.name != node.name)
          routes.push_back({{"remote_name", other.name}, {"rtt", "1ms"}});
      if (node.cluster == name) node.says["routez"] = {{"routes", routes}};
    }
    if (nodes.size() == size) led_by(name, nodes.front().name);  // clusters share one meta group
  }
  // The meta group as all of the cluster see it; nobody leads: "".
  void led_by(const std::string& cluster, const std::string& leader, const std::string& offline = "") {
    json replicas = json::array();
    std::size_t size = 0;
    for (const Node& node : nodes) {
      if (node.cluster != cluster) continue;
      ++size;
      if (node.name != leader)
        replicas.push_back({{"name", node.name},
                            {"current", node.name != offline},
                            {"offline", node.name == offline},
                            {"active", 1000000}});
    }
    for (Node& node : nodes) {
      if (node.cluster != cluster) continue;
      json meta{{"name", "_meta_"}, {"cluster_size", size}};
      if (!leader.empty()) meta["leader"] = leader;
      if (node.name == leader) meta["replicas"] = replicas;
      node.says["statsz"]["jetstream"] = {{"meta", meta}};
    }
  }
  Node& node(const std::string& name) {
    return *std::find_if(nodes.begin(), nodes.end(), [&](const Node& each) { return each.name == name; });
  }
  json block(const Node& node) {
    return {{"name", node.name},
            {"id", node.id},
            {"cluster", node.cluster},
            {"ver", node.version},
            {"jetstream", node.jetstream},
            {"seq", ++seq},
            {"time", format_time(clock.now().wall + node.clock)}};
  }
  void answer(const Node& node, const std::string& collector, const json& data) {
    const std::size_t index = index_of(collector);
    json reply{{"server", block(node)}};
    reply[collector == "statsz" ? "statsz" : "data"] = data;
    const Held held("r.0.1", reply.dump());
    Assembly assembly(collectors()[index], Level::summary);
    const auto decoded = replies.decode(held.message(clock.now().mono), assembly);
    ASSERT_TRUE(decoded) << reply;
    state->apply(*decoded, assembly.finish(), index, clock.now());
  }
  // Gateway connections that the server accepted from a cluster.
  void inbound(const std::string& name, const std::string& from, int count) {
    node(name).says["statsz"]["gateways"] = {{{"name", from}, {"inbound_connections", count}}};
  }
  // n1 and n2 in one cluster, n3 in another: each has a gateway connection to the other cluster.
  void supercluster() {
    cluster("east", 2);
    cluster("west", 1);
    for (const auto& [from, to] : {std::pair("n1", "west"), std::pair("n2", "west"), std::pair("n3", "east")})
      node(from).says["gatewayz"]["outbound_gateways"] = {{to, {{"connection", {{"rtt", "1ms"}}}}}};
    inbound("n1", "west", 1);
    inbound("n2", "west", 0);
  }
  void announce(const Node& node, const std::string& what) {
    const Held held("$SYS.SERVER." + node.id + "." + what, block(node).dump());
    state->apply(decoder.decode(held.message(clock.now().mono)), clock.now());
  }
  void advise(const std::string& type, json advisory) {
    advisory["type"] = "io.nats.jetstream.advisory.v1." + type;
    advisory["id"] = std::to_string(++seq);
    advisory["timestamp"] = format_time(clock.now().wall);
    const Held held("$JS.EVENT.ADVISORY.TEST", advisory.dump());
    state->apply(decoder.decode(held.message(clock.now().mono)), clock.now());
  }
  void stop(const std::string& name) {
    announce(node(name), "SHUTDOWN");
    node(name).silent = true;
  }
  void restart(const std::string& name) {
    Node& again = node(name);
    again.id += "'";
    again.start = clock.now().wall;
    again.silent = false;
  }
  // Servers answer STATSZ every ten seconds and all else every thirty.
  void pass(std::chrono::seconds time) {
    for (auto passed = 0s; passed < time; passed += 1s) {
      for (const Node& node : nodes) {
        if (node.silent || ticks % 10 != 0) continue;
        for (const auto& [collector, data] : node.says) {
          if (collector != "statsz" && ticks % 30 != 0) continue;
          json said = data;
          if (collector == "statsz") said["start"] = format_time(node.start);
          answer(node, collector, said);
        }
      }
      ++ticks;
      clock.after(1s);
      (void)state->roster().to_ping(clock.now());
      state->tick(clock.now());
    }
  }
  // "critical server_lost east/n2".
  std::vector<std::string> found() {
    std::vector<std::string> out;
    const auto snapshot = state->snapshot({}, clock.now());
    for (const Finding& each : snapshot->findings)
      out.push_back(std::string(kHealthNames[static_cast<std::size_t>(each.state)]) + " " + each.check + " " +
                    each.entity);
    return out;
  }
  std::string sentence() {
    const auto all = state->snapshot({}, clock.now())->findings;
    return all.empty() ? "" : all.front().sentence;
  }

  test::Clock clock;
  EventDecoder decoder;
  ReplyDecoder replies;
  std::vector<EventKind> log;
  std::unique_ptr<State> state;
  std::vector<Node> nodes;
  std::uint64_t seq = 0;
  int ticks = 0;
};

TEST_F(JudgeTest, AHealthyClusterHasNoFindings) {
  cluster("east", 3);
  pass(180s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, AWarningComesWorsensAndGoesInItsTime) {
  cluster("east", 1);
  pass(60s);
  node("n1").says["statsz"]["connections"] = 85;
  pass(50s);
  EXPECT_THAT(found(), IsEmpty()) << "not for a minute yet";
  pass(30s);
  EXPECT_THAT(found(), ElementsAre("warning server_connections east/n1"));
  EXPECT_THAT(sentence(), HasSubstr("85 %"));
  node("n1").says["statsz"]["connections"] = 97;
  pass(90s);
  EXPECT_THAT(found(), ElementsAre("critical server_connections east/n1"));
  node("n1").says["statsz"]["connections"] = 10;
  pass(30s);
  EXPECT_THAT(found(), ElementsAre("critical server_connections east/n1")) << "not over for a minute yet";
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, WhatIsNotKnownStaysAsItIs) {
  cluster("east", 1);
  node("n1").says["statsz"]["connections"] = 99;
  pass(120s);
  ASSERT_THAT(found(), ElementsAre("critical server_connections east/n1"));
  const json varz = node("n1").says["varz"];
  const json statsz = node("n1").says["statsz"];
  state->apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"}, clock.now());
  node("n1").silent = true;
  pass(300s);
  EXPECT_THAT(found(), testing::Contains("critical server_connections east/n1"));
}

TEST_F(JudgeTest, AServerThatIsGoneTakesItsFindingsWithIt) {
  cluster("east", 1);
  node("n1").says["statsz"]["connections"] = 99;
  pass(120s);
  ASSERT_THAT(found(), ElementsAre("critical server_connections east/n1"));
  stop("n1");
  pass(70s);
  EXPECT_THAT(found(), ElementsAre("warning server_stopped east/n1"));
}

TEST_F(JudgeTest, AServerThatDoesNotComeBackIsCritical) {
  cluster("east", 5);
  pass(60s);
  stop("n3");
  pass(299s);
  EXPECT_THAT(found(), ElementsAre("warning server_stopped east/n3"));
  pass(2s);
  EXPECT_THAT(found(), ElementsAre("critical server_stopped east/n3"));
}

TEST_F(JudgeTest, ACrashIsToldForAWhileAndAPlannedRestartIsNot) {
  cluster("east", 3);
  pass(60s);
  stop("n2");
  pass(20s);
  restart("n2");
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
  node("n3").silent = true;
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("critical server_lost east/n3", "warning meta_quorum meta group"));
  restart("n3");
  pass(60s);
  EXPECT_THAT(found(), ElementsAre("critical server_restarted east/n3"));
  pass(900s);
  EXPECT_THAT(found(), IsEmpty());
}

// The last words of a server to those who are connected to it may be lost.
TEST_F(JudgeTest, AShutdownThatOnlyTheMetaLeaderHeardIsOne) {
  cluster("east", 5);
  pass(61s);
  node("n3").silent = true;
  led_by("east", "n1", "n3");
  pass(20s);
  EXPECT_THAT(found(), ElementsAre("warning server_stopped east/n3"));
  restart("n3");
  led_by("east", "n1");
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, ARollingRestartIsNeverCritical) {
  cluster("east", 3);
  pass(60s);
  for (const char* name : {"n2", "n3", "n1"}) {
    stop(name);
    led_by("east", name == std::string("n1") ? "n2" : "n1", name);
    pass(40s);
    for (const std::string& each : found()) EXPECT_THAT(each, testing::StartsWith("warning")) << name;
    restart(name);
    led_by("east", name == std::string("n1") ? "n2" : "n1");
    pass(60s);
    for (const std::string& each : found()) EXPECT_THAT(each, testing::StartsWith("warning")) << name;
  }
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, MostServersGoneIsWorseThanEach) {
  cluster("east", 3);
  pass(60s);
  node("n2").silent = node("n3").silent = true;
  led_by("east", "");
  pass(60s);
  EXPECT_THAT(found(), ElementsAre("critical cluster_servers east", "critical meta_leader meta group",
                                   "critical server_lost east/n2", "critical server_lost east/n3"));
}

TEST_F(JudgeTest, QuorumIsCountedByTheMetaLeader) {
  cluster("east", 5);
  pass(60s);
  led_by("east", "n1", "n5");
  pass(60s);
  EXPECT_THAT(found(), ElementsAre("warning meta_peers meta group: n5")) << "two more may fail";
  json& meta = node("n1").says["statsz"]["jetstream"]["meta"];
  for (json& replica : meta["replicas"]) replica["offline"] = replica["name"] == "n5" || replica["name"] == "n4";
  pass(60s);
  EXPECT_THAT(found(), testing::Contains("warning meta_quorum meta group"));
  for (json& replica : meta["replicas"]) replica["offline"] = replica["name"] != "n2";
  pass(60s);
  EXPECT_THAT(found(), testing::Contains("critical meta_quorum meta group"));
}

TEST_F(JudgeTest, AKilledServerIsNoMemberThatTheQuorumCanCountOn) {
  cluster("east", 3);
  pass(60s);
  node("n3").silent = true;  // the leader does not say so
  pass(60s);
  EXPECT_THAT(found(), ElementsAre("critical server_lost east/n3", "warning meta_quorum meta group"));
}

TEST_F(JudgeTest, TwoLeadersAreOneTooMany) {
  cluster("east", 3);
  pass(60s);
  node("n2").says["statsz"]["jetstream"]["meta"]["leader"] = "n2";
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("critical meta_leader meta group"));
  EXPECT_THAT(sentence(), HasSubstr("both lead"));
}

TEST_F(JudgeTest, ARouteThatIsMissingIsAPair) {
  cluster("east", 3);
  pass(90s);
  node("n1").says["routez"]["routes"].erase(1);  // to n3
  node("n3").says["routez"]["routes"].erase(0);
  pass(70s);
  EXPECT_THAT(found(), ElementsAre("warning cluster_routes east/n1 - n3"));
  pass(120s);
  EXPECT_THAT(found(), ElementsAre("critical cluster_routes east/n1 - n3"));
}

TEST_F(JudgeTest, AClusterCutOffFromAnotherIsOneFinding) {
  supercluster();
  inbound("n3", "east", 2);
  pass(180s);
  EXPECT_THAT(found(), IsEmpty());
  node("n2").says["gatewayz"]["outbound_gateways"] = json::object();
  pass(70s);
  EXPECT_THAT(found(), ElementsAre("warning gateway_outbound east/n2 -> west"));
  node("n1").says["gatewayz"]["outbound_gateways"] = json::object();
  pass(70s);
  EXPECT_THAT(found(), testing::Contains("critical gateway_outbound east -> west"));
}

TEST_F(JudgeTest, AGatewayThatOnlyOneSideHasIsToldOfTheOther) {
  supercluster();
  inbound("n3", "east", 1);
  pass(200s);
  EXPECT_THAT(found(), ElementsAre("warning gateway_inbound west <- east"));
  EXPECT_THAT(sentence(), HasSubstr("has 1 gateway connections from cluster east, whose servers have 2"));
  inbound("n3", "east", 2);
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, ServersOfAClusterHaveTheSameGateways) {
  cluster("east", 2);
  const auto configured = [](bool yes) { return json{{"configured", yes}, {"connection", {{"rtt", "1ms"}}}}; };
  node("n1").says["gatewayz"] = {{"outbound_gateways", {{"west", configured(true)}}}};
  node("n2").says["gatewayz"] = {{"outbound_gateways", {{"west", configured(false)}}}};
  pass(360s);
  EXPECT_THAT(found(), ElementsAre("warning gateway_config east"));
  EXPECT_THAT(sentence(), HasSubstr("n2: none; n1: west"));
  node("n2").says["gatewayz"] = node("n1").says["gatewayz"];
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, MemoryIsComparedWithinAClusterWhenThatIsAskedFor) {
  cluster("east", 3);
  for (Node& each : nodes) each.says["statsz"]["mem"] = 1000;
  node("n2").says["statsz"]["mem"] = 9000;
  pass(1000s);
  EXPECT_THAT(found(), IsEmpty()) << "off by default";
  Config config;
  config.checks = {{.check = Check::cluster_memory, .raise = 0ms}};
  state->set(config);
  pass(30s);
  EXPECT_THAT(found(), ElementsAre("warning cluster_memory east/n2"));
}

TEST_F(JudgeTest, ALeafNodeThatWasThereIsMissed) {
  cluster("east", 1);
  node("n1").says["leafz"]["leafs"] = {{{"account", "APP"}, {"name", "site"}, {"is_spoke", false}, {"rtt", "1ms"}}};
  pass(120s);
  EXPECT_THAT(found(), IsEmpty());
  node("n1").says["leafz"]["leafs"] = json::array();
  pass(180s);
  EXPECT_THAT(found(), ElementsAre("warning leafnode_missing site (APP)"));
  pass(3600s);
  EXPECT_THAT(found(), IsEmpty()) << "it does not come back";
}

json stream(const std::string& name, const std::string& leader, const std::vector<std::string>& peers,
            const std::string& offline = "") {
  json replicas = json::array();
  for (const std::string& peer : peers)
    replicas.push_back({{"name", peer}, {"current", peer != offline}, {"offline", peer == offline}, {"active", 1000}});
  json cluster{{"replicas", replicas}};
  if (!leader.empty()) cluster["leader"] = leader;
  return {{"name", name}, {"cluster", cluster}, {"config", {{"num_replicas", 3}}}, {"state", {{"messages", 1}}}};
}
json jsz(const std::vector<json>& streams) {
  return {{"account_details", {{{"id", "APP"}, {"name", "APP"}, {"stream_detail", streams}}}}};
}

TEST_F(JudgeTest, AStreamWithoutLeaderIsOneOnlyWhenAllWereAsked) {
  cluster("east", 3);
  for (const char* name : {"n1", "n2", "n3"}) node(name).says["jsz"] = jsz({stream("S", "n1", {"n2", "n3"})});
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
  // n2 is asked in the middle of an election that n3 wins.
  node("n1").says["jsz"] = jsz({stream("S", "n3", {"n1", "n2"})});
  node("n2").says["jsz"] = jsz({stream("S", "", {"n1", "n3"})});
  pass(20s);
  EXPECT_THAT(found(), IsEmpty());
  node("n3").says["jsz"] = jsz({stream("S", "n3", {"n1", "n2"})});
  pass(40s);
  EXPECT_THAT(found(), IsEmpty());
  for (const char* name : {"n1", "n2", "n3"}) node(name).says["jsz"] = jsz({stream("S", "", {"n2", "n3"})});
  pass(90s);
  EXPECT_THAT(found(), ElementsAre("critical stream_leader APP/S"));
  for (const char* name : {"n1", "n2", "n3"}) node(name).says["jsz"] = jsz({});
  pass(60s);
  EXPECT_THAT(found(), IsEmpty()) << "it was deleted";
}

TEST_F(JudgeTest, AnAdvisoryTellsOfALostQuorumBeforeTheAnswersDo) {
  cluster("east", 3);
  for (const char* name : {"n1", "n2", "n3"}) node(name).says["jsz"] = jsz({stream("S", "n1", {"n2", "n3"})});
  pass(61s);  // all have just answered
  advise("stream_quorum_lost", {{"account", "APP"}, {"stream", "S"}});
  advise("stream_quorum_lost", {{"account", "APP"}, {"stream", "T"}});
  for (const char* name : {"n1", "n2", "n3"}) node(name).says.erase("jsz");
  pass(10s);
  EXPECT_THAT(found(), IsEmpty());
  pass(10s);
  EXPECT_THAT(found(), ElementsAre("critical stream_leader APP/S", "critical stream_leader APP/T"));
  EXPECT_THAT(sentence(), HasSubstr("stream APP/S has lost its quorum"));
  advise("stream_leader_elected", {{"account", "APP"}, {"stream", "T"}});
  pass(10s);
  EXPECT_THAT(found(), ElementsAre("critical stream_leader APP/S"));
  node("n1").says["jsz"] = jsz({stream("S", "n1", {"n2", "n3"})});
  pass(60s);
  EXPECT_THAT(found(), IsEmpty()) << "n1 says that it leads";
}

TEST_F(JudgeTest, AdvisoriesOfServersAreToldForAWhile) {
  cluster("east", 2);
  pass(30s);
  advise("api_limit_reached", {{"server", "n2"}, {"dropped", 10000}});
  advise("server_out_of_space", {{"server", "n1"}, {"cluster", "east"}});
  pass(1s);
  EXPECT_THAT(found(),
              ElementsAre("critical server_jetstream_api_limit east/n2", "critical server_out_of_storage east/n1"));
  pass(500s);
  EXPECT_EQ(found().size(), 2U);
  pass(200s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, JetStreamRequestsThatFailAreAShareOfAll) {
  cluster("east", 1);
  const auto api = [&](int total, int errors) {
    node("n1").says["statsz"]["jetstream"]["stats"]["api"] = {{"total", total}, {"errors", errors}};
  };
  api(100000, 90000);
  pass(120s);
  EXPECT_THAT(found(), IsEmpty()) << "nobody saw these";
  for (int minute = 1; minute < 20; ++minute) {
    api(100000 + minute * 100, 90000 + minute * 10);  // few
    pass(10s);
  }
  EXPECT_THAT(found(), IsEmpty());
  for (int turn = 1; turn < 20; ++turn) {
    api(110000 + turn * 100, 91000 + turn * 20);
    pass(10s);
  }
  EXPECT_THAT(found(), ElementsAre("warning server_jetstream_api_errors east/n1"));
  EXPECT_THAT(sentence(), HasSubstr("20 %"));
  pass(200s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, ReplicasOnAServerThatIsGoneAreOneFinding) {
  cluster("east", 3);
  for (const char* name : {"n2", "n3"}) node(name).says["jsz"] = jsz({});
  node("n1").says["jsz"] = jsz({stream("A", "n1", {"n2", "n3"}, "n3"), stream("B", "n1", {"n2", "n3"}, "n3")});
  pass(150s);
  EXPECT_THAT(found(), ElementsAre("warning stream_replicas APP/A", "warning stream_replicas APP/B"));
  node("n3").silent = true;
  led_by("east", "n1", "n3");
  pass(150s);
  EXPECT_THAT(found(), testing::Contains("warning stream_replicas east/n3"));
  EXPECT_THAT(found(), testing::Not(testing::Contains("warning stream_replicas APP/A")));
}

TEST_F(JudgeTest, AStreamSetsItsOwnThresholds) {
  cluster("east", 1);
  json limited = stream("S", "n1", {"n2"});
  limited["config"]["metadata"] = {{"io.nats.monitor.msgs-critical", "10"}, {"io.nats.monitor.peer-expect", "3"}};
  json sourced = stream("T", "n1", {});
  sourced["config"]["metadata"] = {{"io.nats.monitor.lag-critical", "100"}, {"io.nats.monitor.seen-critical", "1m"}};
  sourced["sources"] = {{{"name", "S"}, {"lag", 100}, {"active", 1000}}};
  json fine = stream("U", "n1", {});
  fine["config"]["metadata"] = {{"io.nats.monitor.msgs-critical", "0"}, {"io.nats.monitor.lag-critical", "nonsense"}};
  node("n1").says["jsz"] = jsz({limited, sourced, fine});
  pass(120s);
  EXPECT_THAT(found(), ElementsAre("critical stream_metadata APP/S", "critical stream_metadata APP/T"));
  EXPECT_THAT(sentence(), HasSubstr("where its metadata sets"));
}

TEST_F(JudgeTest, AnAccountsConnectionsAreThoseOfAllServers) {
  cluster("east", 2);
  const json claims{{"nats", {{"limits", {{"conn", 10}, {"leaf", -1}}}}}};
  node("n1").says["accountz"] = {{"account_detail", {{"account_name", "ACC"}, {"decoded_jwt", claims}}}};
  for (const char* name : {"n1", "n2"})
    node(name).says["accstatz"] = {{"account_statz", {{{"acc", "ACC"}, {"name", "Orders"}, {"conns", 4}}}}};
  pass(120s);
  EXPECT_THAT(found(), IsEmpty());
  node("n2").says["accstatz"]["account_statz"][0]["conns"] = 5;
  pass(120s);
  EXPECT_THAT(found(), ElementsAre("warning account_connections ACC"));
  EXPECT_THAT(sentence(), HasSubstr("Orders has 9 of the 10 connections"));
}

// One server is asked about an account, so that the others have not said anything of it.
TEST_F(JudgeTest, AnAccountThatIsRenewedIsNoLongerExpired) {
  cluster("east", 2);
  node("n1").says["accountz"] = {{"account_detail", {{"account_name", "ACC"}, {"expired", true}}}};
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("critical account_expired ACC"));
  node("n1").says["accountz"]["account_detail"]["expired"] = false;
  pass(60s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, SlowConsumersAreThoseOfTheLastMinute) {
  cluster("east", 1);
  node("n1").says["varz"]["slow_consumer_stats"]["clients"] = 40;
  pass(90s);
  EXPECT_THAT(found(), IsEmpty()) << "nobody saw these";
  node("n1").says["varz"]["slow_consumer_stats"]["clients"] = 41;
  pass(60s);
  EXPECT_THAT(found(), ElementsAre("warning server_slow_consumers east/n1"));
  node("n1").says["varz"]["slow_consumer_stats"]["routes"] = 1;
  pass(60s);
  EXPECT_THAT(found(), testing::Contains("critical server_slow_links east/n1"));
  pass(900s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, SlowConsumersOfAnAccountAreToldByServer) {
  cluster("east", 2);
  const auto slow = [](int a, int b) {
    return json{{"account_statz", {{{"acc", "A"}, {"slow_consumers", a}}, {{"acc", "B"}, {"slow_consumers", b}}}}};
  };
  node("n1").says["accstatz"] = slow(0, 7);
  node("n2").says["accstatz"] = slow(0, 0);
  pass(60s);
  EXPECT_THAT(found(), IsEmpty()) << "nobody saw these";
  node("n1").says["accstatz"] = slow(1, 7);
  node("n2").says["accstatz"] = slow(0, 30);
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("critical account_slow_consumers B on east/n2",
                                   "warning account_slow_consumers A on east/n1"));
  pass(900s);
  EXPECT_THAT(found(), IsEmpty());
}

// What it finds of connections or of JetStream as a whole is worse than a stream that is behind.
TEST_F(JudgeTest, AnUnhealthyServerIsCriticalByWhatItFound) {
  cluster("east", 2);
  const auto unhealthy = [](const char* type) {
    return json{{"status", "error"}, {"errors", {{{"type", type}, {"error", "something"}}}}};
  };
  node("n1").says["healthz"] = unhealthy("STREAM");
  node("n2").says["healthz"] = unhealthy("JETSTREAM");
  pass(90s);
  EXPECT_THAT(found(), ElementsAre("critical server_unhealthy east/n2", "warning server_unhealthy east/n1"));
}

// Not even while the server is expected to be restarted.
TEST_F(JudgeTest, WhatCannotBeWrittenIsCriticalAtOnce) {
  cluster("east", 3);
  pass(30s);
  stop("n3");
  const auto fault = [](const char* text) { return json{{"type", "STREAM"}, {"account", "A"}, {"error", text}}; };
  node("n2").says["healthz"] = {{"status", "error"},
                                {"errors", {fault("is not current"), fault("'A > S' write error: no space left")}}};
  pass(31s);
  EXPECT_THAT(found(), testing::Contains("critical server_broken_asset east/n2"));
  EXPECT_THAT(sentence(), HasSubstr("contradicts its assignment: 'A > S' write error: no space left"));
  node("n2").says["healthz"] = {{"status", "ok"}};
  pass(60s);
  EXPECT_THAT(found(), testing::Not(testing::Contains("critical server_broken_asset east/n2")));
}

TEST_F(JudgeTest, TheAgentsOwnRoundTripAndCredentialsAreJudged) {
  cluster("east", 1);
  state->about_agent({0.6, Expiry{clock.now().wall + 24h * 20, "the user JWT"}});
  pass(20s);
  EXPECT_THAT(found(), IsEmpty()) << "one slow answer is none";
  pass(20s);
  EXPECT_THAT(found(), ElementsAre("warning agent_rtt agent"));
  EXPECT_THAT(sentence(), HasSubstr("takes 600 ms"));
  state->about_agent({0.001, Expiry{clock.now().wall + 24h * 10, "the user JWT"}});
  pass(20s);
  EXPECT_THAT(found(), ElementsAre("warning agent_credential agent"));
  EXPECT_THAT(sentence(), HasSubstr("the user JWT of the agent expires in 10 days"));
  state->about_agent({{}, Expiry{clock.now().wall + 24h, "the client certificate"}});
  pass(2s);
  EXPECT_THAT(found(), ElementsAre("critical agent_credential agent"));
  state->about_agent({});
  pass(2s);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(JudgeTest, CertificatesAndClocksAreJudgedByTheServersOwnTime) {
  cluster("east", 1);
  node("n1").says["varz"]["tls_cert_not_after"] = format_time(clock.now().wall + 24h * 10);
  node("n1").clock = 3s;
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("warning server_tls_certificate east/n1"));
  EXPECT_THAT(sentence(), HasSubstr("10 days"));
  pass(330s);
  EXPECT_THAT(found(), ElementsAre("warning server_clock_skew east/n1", "warning server_tls_certificate east/n1"));
  node("n1").clock = 20s;
  pass(330s);
  EXPECT_THAT(found(), testing::Contains("critical server_clock_skew east/n1"));
  node("n1").clock = 0s;
  pass(90s);
  EXPECT_THAT(found(), ElementsAre("warning server_tls_certificate east/n1"));
}

// Its VARZ came before its STATSZ.
TEST_F(JudgeTest, WhatAServerSaysBeforeItIsShownIsFoundUnderItsName) {
  cluster("east", 1);
  node("n1").says["varz"]["tls_cert_not_after"] = format_time(clock.now().wall + 24h * 10);
  answer(node("n1"), "varz", node("n1").says["varz"]);
  pass(5s);
  EXPECT_THAT(found(), ElementsAre("warning server_tls_certificate east/n1"));
  EXPECT_EQ(state->snapshot({}, clock.now())->findings.front().server, "n1");
  EXPECT_THAT(sentence(), HasSubstr("east/n1: time until"));
}

TEST_F(JudgeTest, JetStreamThatStopsRunningIsCritical) {
  cluster("east", 1);
  nodes.push_back({"core", "ID9", "west", "2.15.1", false, clock.now().wall - 1h});
  nodes.back().says["statsz"] = {{"cores", 1}};
  pass(60s);
  EXPECT_THAT(found(), IsEmpty()) << "one never had it";
  node("n1").jetstream = false;
  pass(30s);
  EXPECT_THAT(found(), ElementsAre("critical server_jetstream_disabled east/n1"));
}

TEST_F(JudgeTest, ThresholdsAreSetForAllForAClusterAndForAnAccount) {
  CheckSetting all{.check = Check::server_connections, .warning = 0.5, .raise = 0ms};
  CheckSetting west{.of = CheckSetting::Of::cluster, .name = "west", .check = Check::server_connections, .on = false};
  Config config;
  config.checks = {all, west};
  use(config);
  cluster("east", 1);
  cluster("west", 1);
  for (Node& each : nodes) each.says["statsz"]["connections"] = 60;
  pass(40s);
  EXPECT_THAT(found(), ElementsAre("warning server_connections east/n1"));
}

TEST_F(JudgeTest, ASidecarJudgesNoCluster) {
  Config config;
  config.scope = Scope::server;
  use(config);
  cluster("east", 1);
  node("n1").says["routez"]["routes"] = json::array();
  node("n1").says["statsz"]["connections"] = 99;
  pass(200s);
  EXPECT_THAT(found(), ElementsAre("critical server_connections east/n1"));
}

TEST_F(JudgeTest, ManyFindingsOfOneCheckAreBounded) {
  cluster("east", 1);
  std::vector<json> streams;
  for (int i = 0; i < 150; ++i) streams.push_back(stream("S" + std::to_string(i), "n1", {"n7"}, "n7"));
  node("n1").says["jsz"] = jsz(streams);
  pass(150s);
  const auto all = found();
  EXPECT_EQ(all.size(), 101U);
  EXPECT_THAT(all, testing::Contains("warning stream_replicas others"));
}

}  // namespace
}  // namespace lookout

#include "exporters/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"
#include "exporters/evaluated.h"
#include "exporters/health_query.h"
#include "health_snapshot.h"

namespace lookout {
namespace {

using test::healthy;
using namespace std::chrono_literals;

TEST(Health, TheJsonSaysAgentServersAndFindings) {
  const auto json = nlohmann::json::parse(render_health(test::with_a_lost_server()));
  EXPECT_EQ(json["status"], "critical");
  EXPECT_EQ(json["time"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(json["agent"]["connected"], true);
  EXPECT_EQ(json["agent"]["identity"], "system");
  EXPECT_EQ(json["servers"].size(), 2U);
  EXPECT_EQ(json["servers"][1]["state"], "lost");
  EXPECT_EQ(json["findings"][0]["check"], "server_lost");
  EXPECT_EQ(json["findings"][0]["state"], "critical");
  EXPECT_EQ(json["findings"][0]["sentence"], "n2 fell silent.");
}

TEST(Health, NothingIsOkBeforeTheFirstRound) {
  EXPECT_EQ(health_of(Snapshot{}), Health::unknown);
  Snapshot early = healthy();
  EXPECT_EQ(health_of(early), Health::ok);
  early.rounds[0].rounds_total = 0;
  EXPECT_EQ(health_of(early), Health::unknown);
  EXPECT_EQ(nlohmann::json::parse(render_health(early))["status"], "unknown");
}

TEST(Health, WhatIsRaisedBeforeTheFirstRoundIsNotHidden) {
  Snapshot early = test::with_a_lost_server();
  early.rounds.clear();
  EXPECT_EQ(health_of(early), Health::critical);
}

TEST(Health, InvalidTextGivesValidJson) {
  Snapshot hostile = test::with_a_lost_server();
  hostile.findings[0].sentence = "\xff\"\n\x01";
  hostile.link.url = "\xc3";
  EXPECT_TRUE(nlohmann::json::accept(render_health(hostile)));
}

Finding finding(const std::string& check, const std::string& entity, Health state) {
  return {check, entity, state, Wall(1699999900s), check + " of " + entity};
}

// Something of everything that is told.
Snapshot everything() {
  Snapshot made = test::with_a_lost_server();
  made.accounts = std::make_shared<std::vector<Account>>(std::vector<Account>{{"other", "other"}, {"APP", "orders"}});
  Finding cpu = finding("server_cpu", "east/n1", Health::warning);
  cpu.cluster = "east";
  cpu.server = "n1";
  cpu.value = 0.87;
  cpu.threshold = 0.8;
  cpu.advice = "Find the busiest connections.";
  Finding stream = finding("stream_replicas", "APP/ORDERS", Health::warning);
  stream.cluster = "east";
  stream.account = "APP";
  Finding guessing = finding("auth_brute_force", "west", Health::critical);
  guessing.cluster = "west";
  guessing.evidence = {42, {{"192.0.2.1", 42}}, {{"\xff", 40}, {"root", 2}}};
  Finding missing = finding("collection_incomplete", "jsz", Health::warning);
  Finding lost = finding("server_lost", "east/n2", Health::critical);
  lost.cluster = "east";
  lost.server = "n2";
  made.findings = {guessing, lost, cpu, stream, missing};
  return made;
}

std::vector<std::string> checks_of(const Snapshot& from, const HealthQuery& query) {
  std::vector<std::string> out;
  for (const Finding& each : findings_of(from, query)) out.push_back(each.check);
  return out;
}

HealthQuery query(const Parameters& parameters) {
  const auto request = read_health_request(parameters);
  EXPECT_TRUE(request) << request.error();
  return request->query;
}

TEST(Health, AFindingSaysWhereItIsAndHowFarItWent) {
  const auto json = nlohmann::json::parse(render_health(everything()));
  EXPECT_EQ(json["findings"][2]["cluster"], "east");
  EXPECT_EQ(json["findings"][2]["server"], "n1");
  EXPECT_EQ(json["findings"][2]["value"], 0.87);
  EXPECT_EQ(json["findings"][2]["threshold"], 0.8);
  EXPECT_EQ(json["findings"][3]["account"], "APP");
  for (const char* absent : {"server", "value", "threshold", "advice", "count"})
    EXPECT_FALSE(json["findings"][3].contains(absent)) << absent;
}

// tests/tools/check_health_schema.py compares them with the published schema.
TEST(Health, TheAnswersAreTheGoldenOnes) {
  Snapshot sidecar = healthy();
  sidecar.judging.partial = true;
  sidecar.auth_unseen = "one server does not see them all";
  const std::vector<std::pair<std::string, Snapshot>> answers{
      {"health.json", everything()}, {"health_sidecar.json", sidecar}, {"health_blind.json", Snapshot{}}};
  for (const auto& [name, from] : answers) {
    const std::string path = std::string(TEST_DATA) + "/golden/" + name;
    const std::string got = render_health(from);
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
    std::ifstream file(path);
    const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
  }
}

TEST(HealthQuery, APartHasItsFindingsAndThoseOfTheAgent) {
  const Snapshot from = everything();
  using Checks = std::vector<std::string>;
  EXPECT_EQ(checks_of(from, query({{"cluster", "west"}})), (Checks{"auth_brute_force", "collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"server", "n1"}})), (Checks{"server_cpu", "collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"account", "APP"}})), (Checks{"stream_replicas", "collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"check", "server_lost"}})), (Checks{"server_lost", "collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"cluster", "east"}, {"check", "server_cpu"}})),
            (Checks{"server_cpu", "collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"cluster", "west"}, {"server", "n1"}})), (Checks{"collection_incomplete"}));
  EXPECT_EQ(checks_of(from, query({{"strict", "1"}})).size(), 5U);
}

TEST(HealthQuery, TheStatusIsTheWorstOfThePart) {
  Snapshot from = everything();
  EXPECT_EQ(health_of(from, query({{"cluster", "east"}})), Health::critical);
  EXPECT_EQ(health_of(from, query({{"server", "n1"}})), Health::warning);
  from.findings.pop_back();  // what did not answer
  EXPECT_EQ(health_of(from, query({{"account", "APP"}, {"check", "stream_leader"}})), Health::ok);
  EXPECT_EQ(health_of(from, query({{"check", "meta_leader"}})), Health::ok);
  const auto json = nlohmann::json::parse(render_health(from, query({{"server", "n2"}})));
  EXPECT_EQ(json["status"], "critical");
  ASSERT_EQ(json["servers"].size(), 1U);
  EXPECT_EQ(json["servers"][0]["name"], "n2");
  EXPECT_EQ(json["findings"].size(), 1U);
}

TEST(HealthQuery, NobodyKnowsThatSomethingUnknownIsWell) {
  const Snapshot from = healthy();
  EXPECT_EQ(health_of(from, query({{"cluster", "east"}})), Health::ok);
  EXPECT_EQ(health_of(from, query({{"cluster", "esat"}})), Health::unknown);
  EXPECT_EQ(health_of(from, query({{"server", "n9"}})), Health::unknown);
  EXPECT_EQ(health_of(from, query({{"cluster", "west"}, {"server", "n1"}})), Health::unknown);
  EXPECT_EQ(health_of(from, query({{"account", "APP"}})), Health::unknown);
  Snapshot early = healthy();
  early.rounds[0].rounds_total = 0;
  EXPECT_EQ(health_of(early, query({{"cluster", "east"}})), Health::unknown);
}

TEST(HealthQuery, AnAgentThatSeesNothingIsNeverOk) {
  Snapshot blind = healthy();
  blind.link.connected = false;
  blind.findings = {finding("agent_connection", "agent", Health::critical)};
  blind.health = Health::critical;
  for (const char* name : {"cluster", "server", "account"})
    EXPECT_EQ(health_of(blind, query({{name, "east"}})), Health::critical) << name;
  EXPECT_EQ(health_of(blind, query({{"check", "stream_leader"}})), Health::critical);
}

TEST(HealthQuery, WhatIsNotEvaluatedIsShownAndNeverOk) {
  Snapshot from = healthy();
  EXPECT_EQ(nlohmann::json::parse(render_health(from))["not_evaluated"], nlohmann::json::array());
  from.judging.partial = true;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < kChecks; ++i) {
    const CheckInfo& info = info_of(static_cast<Check>(i));
    if (!info.anywhere) expected.emplace_back(info.id);
  }
  EXPECT_EQ(not_evaluated(from), expected);
  EXPECT_EQ(health_of(from), Health::ok) << "of what is evaluated";
  EXPECT_EQ(health_of(from, query({{"check", "cluster_servers"}})), Health::unknown);
  EXPECT_EQ(health_of(from, query({{"check", "auth_outage"}})), Health::ok) << "the first shard tells of them";
  from.auth_unseen = "the first shard tells them";
  for (const char* pattern : kAuthPatternNames) expected.push_back(std::string("auth_") + pattern);
  EXPECT_EQ(not_evaluated(from), expected);
  EXPECT_EQ(health_of(from, query({{"check", "auth_outage"}})), Health::unknown);
}

TEST(HealthQuery, WhatIsSwitchedOffOrNotAskedForIsNeverOk) {
  Snapshot from = healthy();
  EXPECT_EQ(health_of(from, query({{"check", "server_auth_not_required"}})), Health::unknown) << "off by default";
  from.judging.settings = {{.check = Check::stream_leader, .on = false}};
  EXPECT_EQ(health_of(from, query({{"check", "stream_leader"}})), Health::unknown);
  from.rounds = std::vector<RoundView>(collectors().size(), from.rounds[0]);
  EXPECT_EQ(health_of(from, query({{"check", "stream_bytes"}})), Health::ok);
  EXPECT_EQ(health_of(from, query({{"check", "consumer_leader"}})), Health::unknown) << "it takes the level detail";
  for (RoundView& round : from.rounds) round.level = Level::off;
  EXPECT_EQ(health_of(from, query({{"check", "stream_bytes"}})), Health::unknown);
  EXPECT_THAT(not_evaluated(from), testing::IsEmpty()) << "it could be";
}

TEST(HealthQuery, AMistakeIsOneSentence) {
  const auto wrong = [](const Parameters& parameters) {
    const auto request = read_health_request(parameters);
    return request ? "accepted" : request.error();
  };
  EXPECT_EQ(wrong({{"clutser", "east"}}),
            "/health has the parameters cluster, server, account, check and strict, not 'clutser'.");
  EXPECT_EQ(wrong({{"cluster", ""}}), "The parameter cluster must not be empty.");
  EXPECT_EQ(wrong({{"server", "a"}, {"server", "b"}}), "The parameter server must be given only once.");
  EXPECT_EQ(wrong({{"check", "server_lots"}}),
            "The parameter check must be one of the checks of docs/checks.md, not 'server_lots'.");
  EXPECT_EQ(wrong({{"strict", "yes"}}), "The parameter strict must be 0 or 1, not 'yes'.");
  EXPECT_LT(wrong({{std::string(10000, 'x'), "y"}}).size(), 200U);
}

}  // namespace
}  // namespace lookout

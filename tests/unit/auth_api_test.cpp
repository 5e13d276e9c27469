// What is told of failed logins one by one and by who fails most: from events to /api/v1/auth.
#include "exporters/auth_api.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "agent/last_failures.h"
#include "agent/shard.h"
#include "agent/state.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "config/options.h"
#include "support.h"

namespace lookout {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr const char* kToken = "s3cr3t-fake-token";

Event failure(std::uint64_t cid, std::string_view user = "app", std::string_view address = "10.0.0.1") {
  Event event;
  event.kind = EventKind::auth_error;
  event.server.id = "NAAAA";
  event.server.name = "n1";
  event.server.cluster = "east";
  event.server.version = "2.15.2";
  event.client.id = cid;
  event.client.host = address;
  event.client.account = "$G";
  event.client.user = user;
  event.client.kind = ClientKind::client;
  event.reason = "Authentication Failure";
  return event;
}

class AuthApi : public testing::Test {
 protected:
  explicit AuthApi(const Config& config = cfg::defaults()) : state(config, collectors(), [](const Event&, Now) {}) {
    state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "NAAAA"},
                clock.now());
    const std::string time = format_time(clock.now().wall);
    const test::Held held("r.0.1", R"({"server":{"name":"n1","id":"NAAAA","cluster":"east","ver":"2.15.2","seq":1,)"
                                   R"("time":")" +
                                       time + R"("},"statsz":{"start":")" + time + R"(","mem":1}})");
    Assembly page(collectors()[0], Level::summary);
    ReplyDecoder replies;
    const auto reply = replies.decode(held.message(clock.now().mono), page);
    EXPECT_TRUE(reply) << reply.error();
    state.apply(*reply, page.finish(), 0, clock.now());
  }
  void fail(Event event) {
    event.timestamp = clock.now().wall;
    state.apply(event, clock.now());
  }
  std::string page() {
    state.tick(clock.after(1s));
    return render_auth(*state.snapshot({}, clock.now()));
  }
  json told() { return json::parse(page()); }

  test::Clock clock;
  State state;
};

Config sidecar() {
  Config out = cfg::defaults();
  out.scope = Scope::server;
  return out;
}

// The share that has the server, if it is not the first.
Config second_shard() {
  Config out = cfg::defaults();
  out.shard = {1, 2};
  while (!in_shard(out.shard, "n1")) out.shard.index = ++out.shard.count - 1;
  return out;
}

class AuthApiOfOneServer : public AuthApi {
 protected:
  AuthApiOfOneServer() : AuthApi(sidecar()) {}
};

class AuthApiOfAShard : public AuthApi {
 protected:
  AuthApiOfAShard() : AuthApi(second_shard()) {}
};

TEST_F(AuthApi, HostileNamesStayWordsOfTheGoldenPage) {
  Event quoted = failure(1, "a\"b\\c", "10.0.0.1");
  quoted.client.name = "</script>";
  Event controls = failure(2, "line\nbreak\x1b[2J", "10.0.0.2");
  controls.client.claims.subject = "UFAKEUSER";
  controls.client.claims.name = "\xe2\x80\xaeupside";
  controls.client.claims.expires = clock.now().wall - 3h;
  Event broken = failure(3, "\xff\xc3(", "\xf0\x9f");
  broken.client.kind = ClientKind::leafnode;
  Event token = failure(4, kToken, "10.0.0.4");
  token.client.user_is_secret = true;
  for (const Event& event : {quoted, controls, broken, token}) {
    fail(event);
    clock.after(1s);
  }
  for (std::uint64_t cid = 10; cid < 35; ++cid) {
    fail(failure(cid, "root"));
    clock.after(200ms * static_cast<int>(cid % 4));
  }
  std::string got = page();
  EXPECT_TRUE(json::accept(got));
  EXPECT_THAT(got, Not(HasSubstr(kToken)));
  got = std::regex_replace(got, std::regex(R"(\[REDACTED \d+\])"), "[REDACTED]");  // another number in each process
  const std::string path = TEST_DATA "/golden/auth.json";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
}

TEST_F(AuthApi, WithoutFailuresTheListsAreEmpty) {
  const json got = told();
  EXPECT_EQ(got["evaluated"], true);
  EXPECT_FALSE(got.contains("sentence"));
  EXPECT_EQ(got["clusters"], json::parse(R"([{"cluster":"east","attempts":0,"sources":0,"users":0,"patterns":[]}])"));
  for (const char* list : {"top_sources", "top_users", "top_servers", "last"}) EXPECT_EQ(got[list], json::array());
  const json before_all = json::parse(render_auth(Snapshot{}));
  EXPECT_EQ(before_all["evaluated"], true);
  for (const char* list : {"clusters", "top_sources", "top_users", "top_servers", "last"})
    EXPECT_EQ(before_all[list], json::array());
}

TEST_F(AuthApi, WhatIsToldIsBounded) {
  const std::string longest(10000, 'x');
  for (std::uint64_t cid = 1; cid <= 250; ++cid) {
    const std::string address = "10.0.1." + std::to_string(cid);
    const std::string user = std::to_string(cid) + longest;
    Event event = failure(cid, user, address);
    event.client.name = longest;
    event.explanation = longest;
    fail(event);
  }
  const json got = told();
  ASSERT_EQ(got["last"].size(), LastFailures::kMost);
  EXPECT_EQ(got["last"][0]["address"], "10.0.1.250");
  EXPECT_EQ(got["last"][99]["address"], "10.0.1.151");
  EXPECT_EQ(got["last"][0]["user"], clean("250" + longest));
  EXPECT_LE(got["last"][0]["name"].get<std::string>().size(), kMaxText);
  EXPECT_EQ(got["top_sources"].size(), 10U);
  EXPECT_EQ(got["top_users"].size(), 10U);
  EXPECT_LT(page().size(), 200000U);
}

TEST_F(AuthApi, ThoseWithMostComeFirst) {
  for (std::uint64_t cid = 1; cid <= 6; ++cid) fail(failure(cid, "user-" + std::to_string(cid % 3), "10.0.0.9"));
  fail(failure(7, "user-1", "10.0.0.8"));
  const json got = told();
  const json worst = json::parse(R"({"cluster":"east","name":"10.0.0.9","attempts":6,"users":3})");
  EXPECT_EQ(got["top_sources"][0], worst);
  EXPECT_EQ(got["top_sources"][1]["name"], "10.0.0.8");
  EXPECT_EQ(got["top_users"][0], json::parse(R"({"cluster":"east","name":"user-1","attempts":3,"sources":2})"));
  EXPECT_EQ(got["top_servers"], json::parse(R"([{"cluster":"east","server":"n1","errors":7}])"));
  clock.after(20min);
  EXPECT_EQ(told()["top_sources"], json::array()) << "that was long ago";
  EXPECT_EQ(told()["last"].size(), 7U);
}

TEST_F(AuthApi, ATimeoutThatOnlyItsDisconnectTellsOfIsAFailure) {
  Event timeout = failure(1, "");
  timeout.kind = EventKind::disconnect;
  timeout.reason = "Authentication Timeout";
  fail(timeout);
  Event twin = failure(2);
  fail(twin);
  twin.kind = EventKind::disconnect;
  fail(twin);
  const json got = told();
  ASSERT_EQ(got["last"].size(), 2U);
  EXPECT_EQ(got["last"][0]["reason"], "Authentication Failure");
  EXPECT_EQ(got["last"][1]["reason"], "Authentication Timeout");
  EXPECT_EQ(got["top_servers"][0]["errors"], 2);
}

TEST_F(AuthApi, AStormIsCopiedOnceASecond) {
  fail(failure(1));
  const auto first = state.snapshot({}, clock.now())->auth_failures;
  fail(failure(2));
  EXPECT_EQ(state.snapshot({}, clock.after(250ms))->auth_failures, first);
  const auto second = state.snapshot({}, clock.after(750ms))->auth_failures;
  EXPECT_EQ(second->size(), 2U);
  EXPECT_EQ(first->size(), 1U) << "a snapshot does not change";
  EXPECT_EQ(state.snapshot({}, clock.after(5s))->auth_failures, second) << "nothing new: shared";
}

TEST_F(AuthApiOfOneServer, PatternsAreNotEvaluated) {
  for (std::uint64_t cid = 1; cid <= 40; ++cid) fail(failure(cid));
  const json got = told();
  EXPECT_EQ(got["evaluated"], false);
  EXPECT_EQ(got["sentence"], "patterns and attempts are not evaluated here: one server does not see them all");
  for (const char* list : {"clusters", "top_sources", "top_users"}) EXPECT_EQ(got[list], json::array());
  EXPECT_EQ(got["top_servers"][0]["errors"], 40);
  EXPECT_EQ(got["last"].size(), 40U);
}

TEST_F(AuthApiOfAShard, TheFirstOneTellsOfPatterns) {
  fail(failure(1));
  const json got = told();
  EXPECT_EQ(got["evaluated"], false);
  EXPECT_EQ(got["sentence"], "patterns and attempts are not evaluated here: the first shard tells them for all");
  EXPECT_EQ(got["clusters"], json::array());
  EXPECT_EQ(got["last"].size(), 1U);
}

TEST(LastFailures, WhatIsReadFromAServerLaterTakesItsPlaceByTime) {
  test::Clock clock;
  LastFailures last;
  for (std::uint64_t i = 0; i < 2 * LastFailures::kMost; ++i) {
    const std::string user = std::to_string(i);
    Event event = failure(i, user);
    event.timestamp = clock.after(1s).wall - 1h;  // the server's clock is behind
    last.add(event, clock.now());
  }
  Event old = failure(1000, "long ago");
  old.recovered = true;
  old.timestamp = clock.now().wall - 1h;
  last.add(old, clock.now());
  Event missed = failure(1001, "missed");
  missed.recovered = true;
  missed.timestamp = clock.now().wall - 1500ms;
  last.add(missed, clock.now());
  const auto told = last.share(clock.now());
  ASSERT_EQ(told->size(), LastFailures::kMost);
  EXPECT_EQ(told->at(0).user, "199");
  EXPECT_EQ(told->at(1).user, "198");
  EXPECT_EQ(told->at(2).user, "missed");
  EXPECT_TRUE(told->at(2).recovered);
  EXPECT_EQ(told->at(99).user, "101");
}

}  // namespace
}  // namespace lookout

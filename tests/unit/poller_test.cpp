#include "agent/poller.h"

#include <set>

#include "tests/unit/fake_poll.h"

namespace lookout {
namespace {

using test::Poll;
using namespace std::chrono_literals;

const test::Levels kLight{{"statsz", Level::summary}, {"varz", Level::summary}};

class PollerTest : public Poll {};

TEST_F(PollerTest, AsksEverythingSoonAfterALogin) {
  use(kLight);
  tick();
  EXPECT_TRUE(transport.sent.empty()) << "nothing without a connection";
  poller->connected("ID1", clock.now());
  tick();
  tick();
  EXPECT_EQ(subjects(transport.sent), (std::vector<std::string>{"$SYS.REQ.USER.INFO", "$SYS.REQ.SERVER.PING.STATSZ",
                                                                "$SYS.REQ.SERVER.PING.VARZ"}));
  EXPECT_FALSE(transport.sent[1].gzip) << "no server compresses it";
  EXPECT_TRUE(transport.sent[2].gzip);
  EXPECT_EQ(transport.sent[2].body, "summary");
}

TEST_F(PollerTest, WhatIsOffIsNotAsked) {
  use({{"statsz", Level::summary}});
  join("A");
  log_in("A");
  EXPECT_EQ(transport.sent.size(), 2U);
  EXPECT_TRUE(round("statsz").polled);
  EXPECT_FALSE(round("varz").polled);
}

TEST_F(PollerTest, ARoundEndsWhenEveryKnownServerHasAnswered) {
  use(kLight);
  join("A");
  join("B");
  log_in("A");
  EXPECT_EQ(answer(last("VARZ"), "A").what, What::apply);
  tick();
  EXPECT_EQ(round("varz").rounds_total, 0U);
  EXPECT_EQ(answer(last("VARZ"), "B").what, What::apply);
  tick(1s);
  EXPECT_EQ(round("varz").rounds_total, 1U);
  EXPECT_EQ(round("varz").expected, 2U);
  EXPECT_EQ(round("varz").answered, 2U);
  EXPECT_TRUE(round("varz").missing.empty());
}

TEST_F(PollerTest, WhoDoesNotAnswerIsNamedAtTheDeadlineAndMayStillAnswer) {
  use(kLight);
  join("A");
  join("B");
  log_in("A");
  answer(last("VARZ"), "A");
  tick(5s);
  EXPECT_EQ(round("varz").missing, (std::vector<ServerName>{{"east", "name-B"}}));
  EXPECT_EQ(round("varz").expected, 2U);
  EXPECT_EQ(answer(last("VARZ"), "B").what, What::apply);
  EXPECT_EQ(round("varz").late_total, 1U);
}

TEST_F(PollerTest, WhoLeftInTheMeantimeIsNotMissing) {
  use(kLight);
  join("A");
  join("B");
  log_in("A");
  answer(last("VARZ"), "A");
  roster.stopped(*roster.find("B"), clock.now().wall, clock.now());
  tick(5s);
  EXPECT_EQ(round("varz").rounds_total, 1U);
  EXPECT_EQ(round("varz").expected, 1U);
  EXPECT_TRUE(round("varz").missing.empty());
}

TEST_F(PollerTest, AProcessThatWasReplacedIsNotMissing) {
  use(kLight);
  join("A");
  join("B");
  log_in("A");
  answer(last("VARZ"), "A");
  roster.stopped(*roster.find("B"), clock.now().wall, clock.now());
  clock.after(2s);
  restart("B", "B2");
  ASSERT_EQ(roster.find("B"), roster.find("B2"));
  tick(5s);
  EXPECT_EQ(round("varz").rounds_total, 1U);
  EXPECT_TRUE(round("varz").missing.empty());
}

TEST_F(PollerTest, ASecondAnswerIsNotTakenAndCounted) {
  use(kLight);
  join("A");
  log_in("A");
  EXPECT_EQ(answer(last("VARZ"), "A").what, What::apply);
  EXPECT_EQ(answer(last("VARZ"), "A").what, What::ignore);
  EXPECT_EQ(round("varz").duplicate_total, 1U);
}

TEST_F(PollerTest, AnUnknownFleetEndsTheRoundAfterAStall) {
  use(kLight);
  poller->connected("A", clock.now());
  tick();
  answer(last("STATSZ"), "A");
  join("A");
  tick(500ms);
  EXPECT_EQ(round("statsz").rounds_total, 0U);
  tick(600ms);
  EXPECT_EQ(round("statsz").rounds_total, 1U);
  EXPECT_EQ(round("statsz").expected, 1U);
}

TEST_F(PollerTest, ARefusalIsAnAnswerWithoutData) {
  use(kLight);
  join("A");
  log_in("A");
  Reply reply;
  reply.refused = true;
  const auto taken = answer(last("VARZ"), "A", std::move(reply));
  EXPECT_EQ(taken.what, What::apply);
  EXPECT_EQ(taken.block, nullptr);
  tick(1s);
  EXPECT_TRUE(round("varz").missing.empty());
  EXPECT_EQ(round("varz").answered, 1U);
}

TEST_F(PollerTest, EachEndpointHasItsOwnInterval) {
  use(kLight);
  join("A");
  poller->connected("A", clock.now());
  for (int i = 0; i < 620; ++i) {
    tick();
    hear("A");
  }
  EXPECT_EQ(take("PING.STATSZ").size(), 7U);
  EXPECT_EQ(take("PING.VARZ").size(), 2U);
}

TEST_F(PollerTest, EndpointsOfOneIntervalAreNotAskedAtOnce) {
  use({{"statsz", Level::summary},
       {"varz", Level::summary},
       {"raftz", Level::summary},
       {"subsz", Level::summary},
       {"accstatz", Level::summary}});
  join("A");
  poller->connected("A", clock.now());
  std::vector<Mono> starts;
  for (int i = 0; i < 1800; ++i) {
    tick();
    hear("A");
    const auto sent = std::exchange(transport.sent, {});
    const auto others = std::count_if(sent.begin(), sent.end(), [](const Sent& each) {
      return each.token.starts_with("r.") && !each.subject.ends_with(".STATSZ");
    });
    ASSERT_LE(others, 1) << "after " << i;
    if (others > 0 && i > 100) starts.push_back(clock.now().mono);
  }
  ASSERT_GE(starts.size(), 8U);
  for (std::size_t i = 1; i < starts.size(); ++i) EXPECT_GE(starts[i] - starts[i - 1], 4s);
}

TEST_F(PollerTest, ASilentServerIsAskedDirectly) {
  use(kLight);
  join("A");
  poller->connected("A", clock.now());
  tick(16s);
  const Sent sent = last("A.STATSZ");
  EXPECT_EQ(sent.subject, "$SYS.REQ.SERVER.A.STATSZ");
  EXPECT_EQ(answer(sent, "B").what, What::ignore);
  EXPECT_EQ(answer(sent, "A").what, What::apply);
}

TEST_F(PollerTest, OnlyServersThatHaveTheEndpointAreExpected) {
  use({{"statsz", Level::summary}, {"raftz", Level::summary}});
  join("A");
  join("old", "east", "2.10.25");
  log_in("A");
  const Sent sent = last("PING.RAFTZ");
  EXPECT_EQ(answer(sent, "old").what, What::wait) << "what it answers is something else";
  tick(5s);
  EXPECT_EQ(round("raftz").answered, 0U);
  EXPECT_EQ(round("raftz").missing, (std::vector<ServerName>{{"east", "name-A"}}));
}

TEST_F(PollerTest, WhatNoServerHasIsNotAsked) {
  use({{"statsz", Level::summary}, {"raftz", Level::summary}});
  join("old", "east", "2.9.10");
  log_in("old");
  take("PING.RAFTZ");
  for (int i = 0; i < 650; ++i) {
    tick();
    hear("old");
  }
  EXPECT_TRUE(take("PING.RAFTZ").empty());
  EXPECT_EQ(round("raftz").rounds_total, 2U);
  EXPECT_EQ(round("raftz").expected, 0U);
}

TEST_F(PollerTest, OnlyItsOwnTokensAreRoutes) {
  use(kLight);
  for (const char* token : {"",        "r",        "r.",          "r.0",       "r.0.",
                            "r.0.x",   "r.99.1",   "r.2.1",       "d.99.A",    "r.-1.1",
                            "d.0",     "d.0.",     "x.0.1",       "r.0.1.2",   "r.0.99999999999999999999",
                            "p.0.1.A", "p.0.1.0.", "p.0.1.0.A.B", "p.0.1.0.*", "p.99.1.0.A",
                            "u",       "u.x",      "rr.0.1"}) {
    EXPECT_FALSE(poller->route(token)) << token;
  }
  const auto page = poller->route("p.1.7.2.A");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->kind, Route::Kind::page);
  EXPECT_EQ(page->collector, 1U);
  EXPECT_EQ(page->round, 7U);
  EXPECT_EQ(page->page, 2U);
  EXPECT_EQ(page->server_id, "A");
  EXPECT_EQ(token_of(*page), "p.1.7.2.A");
}

TEST_F(PollerTest, AnIdThatIsNoTokenIsNeverPutIntoASubject) {
  use(kLight, Scope::server);
  poller->connected("A.>", clock.now());
  tick();
  EXPECT_EQ(subjects(transport.sent), std::vector<std::string>{"$SYS.REQ.USER.INFO"});
}

// --scope=server

TEST_F(PollerTest, ASidecarAsksOnlyItsOwnServer) {
  use({{"statsz", Level::summary}, {"varz", Level::summary}, {"accstatz", Level::summary}}, Scope::server);
  poller->connected("A", clock.now());
  tick();
  EXPECT_EQ(last("STATSZ").subject, "$SYS.REQ.SERVER.A.STATSZ");
  EXPECT_EQ(answer(last("STATSZ"), "A").what, What::apply);
  join("A");
  tick(1s);
  tick();
  EXPECT_EQ(last("VARZ").subject, "$SYS.REQ.SERVER.A.VARZ");
  EXPECT_EQ(last("VARZ").body, "summary version=2.15.2");
  EXPECT_EQ(last("ACCOUNT.PING.STATZ").body, "summary version=2.15.2 server=name-A");
  EXPECT_TRUE(take("PING.VARZ").empty());
}

TEST_F(PollerTest, ASidecarTakesOnlyItsOwnServersAnswers) {
  use({{"statsz", Level::summary}, {"varz", Level::summary}, {"accstatz", Level::summary}}, Scope::server);
  join("A");
  log_in("A");
  EXPECT_EQ(answer(last("VARZ"), "B").what, What::ignore);
  EXPECT_EQ(answer(last("PING.STATZ"), "B").what, What::wait) << "its name has that of A in it";
  EXPECT_EQ(answer(last("PING.STATZ"), "A").what, What::apply);
  EXPECT_EQ(answer(last("VARZ"), "A").what, What::apply);
  tick();
  EXPECT_EQ(round("varz").answered, 1U);
  EXPECT_EQ(round("accstatz").answered, 1U);
}

TEST_F(PollerTest, ASidecarWhoseServerDoesNotListenKnowsAtOnce) {
  use(kLight, Scope::server);
  join("A");
  log_in("A");
  const Sent asked = last("VARZ");
  const auto route = poller->route(asked.token);
  EXPECT_FALSE(poller->vital(*route));
  poller->failed(*route);
  tick();
  EXPECT_EQ(round("varz").missing, (std::vector<ServerName>{{"east", "name-A"}}));
  tick(10s);
  EXPECT_TRUE(poller->vital(*poller->route(last("STATSZ").token)));
}

// --shard

TEST_F(PollerTest, AShardFindsAllServersOnceAndThenAsksItsOwn) {
  use(kLight, Scope::system, {0, 2});
  poller->connected("A", clock.now());
  tick();
  EXPECT_EQ(subjects(take("STATSZ")), std::vector<std::string>{"$SYS.REQ.SERVER.PING.STATSZ"});
  join("A");
  join("B");  // those of other shards are not in the roster
  for (int i = 0; i < 110; ++i) tick();
  const auto asked = subjects(take("STATSZ"));
  EXPECT_EQ(std::set<std::string>(asked.begin(), asked.end()),
            (std::set<std::string>{"$SYS.REQ.SERVER.A.STATSZ", "$SYS.REQ.SERVER.B.STATSZ"}));
  const auto varz = subjects(take("VARZ"));
  EXPECT_EQ(std::set<std::string>(varz.begin(), varz.end()),
            (std::set<std::string>{"$SYS.REQ.SERVER.A.VARZ", "$SYS.REQ.SERVER.B.VARZ"}));
}

TEST_F(PollerTest, AShardDoesNotCountTheAnswersOfOthers) {
  use(kLight, Scope::system, {0, 2});
  join("A");
  poller->connected("A", clock.now());
  tick();
  const Sent ping = last("PING.STATSZ");
  answer(ping, "A");
  answer(ping, "foreign");
  tick(2s);
  EXPECT_EQ(round("statsz").rounds_total, 1U);
  EXPECT_EQ(round("statsz").answered, 1U);
  EXPECT_EQ(round("statsz").expected, 1U);
}

TEST_F(PollerTest, ALargeShardIsAskedBitByBit) {
  use(kLight, Scope::system, {0, 2});
  for (int i = 0; i < 1000; ++i) join("S" + std::to_string(i));
  log_in("S0");
  EXPECT_EQ(take("VARZ").size(), 1000U);
  take("STATSZ");
  std::vector<std::size_t> sizes;
  while (sizes.size() < 4) {
    tick();
    if (const auto sent = take("STATSZ"); !sent.empty()) sizes.push_back(sent.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{256, 256, 256, 232}));
  tick(4900ms);
  EXPECT_EQ(round("statsz").rounds_total, 1U) << "the deadline counts from the last request";
  tick();
  EXPECT_EQ(round("statsz").missing.size(), 1000U);
}

}  // namespace
}  // namespace lookout

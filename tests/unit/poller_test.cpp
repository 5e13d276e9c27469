#include "agent/poller.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;

Config config(Scope scope) {
  Config out;
  out.scope = scope;
  out.collect_intervals = {{"statsz", 10s}, {"varz", 60s}};
  return out;
}

class PollerTest : public testing::Test {
 protected:
  explicit PollerTest(Scope scope = Scope::system)
      : poller(config(scope), collectors(), transport),
        roster({}, collectors().size(), [](EventKind, const Server&, std::string_view) {}) {}

  void join(const std::string& id) {
    const std::string name = "name-" + id;
    ServerInfo info;
    info.id = id;
    info.name = name;
    info.cluster = "east";
    info.time = clock.now().wall;
    roster.started(*roster.heard(info, clock.now()), clock.now().wall - 1h, clock.now());
  }
  Poller::Route last_round(const std::string& endpoint) {
    for (auto sent = transport.sent.rbegin(); sent != transport.sent.rend(); ++sent) {
      if (sent->first.ends_with(endpoint) && sent->second.starts_with("r.")) return *poller.route(sent->second);
    }
    ADD_FAILURE() << "no round of " << endpoint;
    return {};
  }

  test::Clock clock;
  test::FakeTransport transport;
  Poller poller;
  Roster roster;
};

TEST_F(PollerTest, AsksEverythingAtALogin) {
  poller.tick(roster, clock.now());
  EXPECT_TRUE(transport.sent.empty()) << "nothing without a connection";
  poller.connected("ID1", clock.now());
  poller.tick(roster, clock.after(300ms));
  ASSERT_EQ(transport.sent.size(), 3U);
  EXPECT_EQ(transport.sent[0].first, "$SYS.REQ.USER.INFO");
  EXPECT_EQ(transport.sent[1].first, "$SYS.REQ.SERVER.PING.STATSZ");
  EXPECT_EQ(transport.sent[2].first, "$SYS.REQ.SERVER.PING.VARZ");
}

TEST_F(PollerTest, ARoundEndsWhenEveryKnownServerHasAnswered) {
  join("A");
  join("B");
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(300ms));
  const auto route = last_round("STATSZ");
  EXPECT_TRUE(poller.answered(route, "A", clock.now()));
  poller.tick(roster, clock.after(100ms));
  EXPECT_EQ(poller.rounds()[0].rounds_total, 0U);
  EXPECT_TRUE(poller.answered(route, "B", clock.now()));
  poller.tick(roster, clock.after(100ms));
  EXPECT_EQ(poller.rounds()[0].rounds_total, 1U);
  EXPECT_EQ(poller.rounds()[0].expected, 2U);
  EXPECT_EQ(poller.rounds()[0].answered, 2U);
  EXPECT_TRUE(poller.rounds()[0].missing.empty());
}

TEST_F(PollerTest, WhoDoesNotAnswerIsNamedAtTheDeadlineAndMayStillAnswer) {
  join("A");
  join("B");
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(300ms));
  const auto route = last_round("STATSZ");
  poller.answered(route, "A", clock.now());
  poller.tick(roster, clock.after(5s));
  EXPECT_EQ(poller.rounds()[0].missing, std::vector<std::string>{"east/name-B"});
  EXPECT_TRUE(poller.answered(route, "B", clock.after(1s)));
  EXPECT_EQ(poller.rounds()[0].late_total, 1U);
}

TEST_F(PollerTest, ASecondAnswerIsNotTakenAndCounted) {
  join("A");
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(300ms));
  const auto route = last_round("STATSZ");
  EXPECT_TRUE(poller.answered(route, "A", clock.now()));
  EXPECT_FALSE(poller.answered(route, "A", clock.now()));
  EXPECT_EQ(poller.rounds()[0].duplicate_total, 1U);
}

TEST_F(PollerTest, AnUnknownFleetEndsTheRoundAfterAStall) {
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(300ms));
  poller.answered(last_round("STATSZ"), "A", clock.now());
  poller.tick(roster, clock.after(500ms));
  EXPECT_EQ(poller.rounds()[0].rounds_total, 0U);
  poller.tick(roster, clock.after(1s));
  EXPECT_EQ(poller.rounds()[0].rounds_total, 1U);
  EXPECT_EQ(poller.rounds()[0].expected, 1U) << "late joiners are accepted";
}

TEST_F(PollerTest, EachEndpointHasItsOwnInterval) {
  join("A");
  poller.connected("A", clock.now());
  for (int i = 0; i < 620; ++i) poller.tick(roster, clock.after(100ms));
  int statsz = 0;
  int varz = 0;
  for (const auto& [subject, token] : transport.sent) {
    statsz += subject == "$SYS.REQ.SERVER.PING.STATSZ" ? 1 : 0;
    varz += subject == "$SYS.REQ.SERVER.PING.VARZ" ? 1 : 0;
  }
  EXPECT_EQ(statsz, 7);
  EXPECT_EQ(varz, 2);
}

TEST_F(PollerTest, ASilentServerIsAskedDirectly) {
  join("A");
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(16s));
  EXPECT_EQ(transport.sent.back().first, "$SYS.REQ.SERVER.A.STATSZ");
  const auto route = poller.route(transport.sent.back().second);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->kind, Poller::Route::Kind::directed);
  EXPECT_EQ(route->server_id, "A");
}

TEST_F(PollerTest, OnlyItsOwnTokensAreRoutes) {
  for (const char* token : {"", "r", "r.", "r.0", "r.0.", "r.0.x", "r.9.1", "r.-1.1", "d.0", "d.0.", "x.0.1", "r.0.1.2",
                            "r.0.99999999999999999999"}) {
    EXPECT_FALSE(poller.route(token)) << token;
  }
}

class SidecarPollerTest : public PollerTest {
 protected:
  SidecarPollerTest() : PollerTest(Scope::server) {}
};

TEST_F(SidecarPollerTest, AsksOnlyItsOwnServer) {
  poller.connected("A", clock.now());
  poller.tick(roster, clock.after(300ms));
  EXPECT_EQ(transport.sent[1].first, "$SYS.REQ.SERVER.A.STATSZ");
  EXPECT_EQ(transport.sent[2].first, "$SYS.REQ.SERVER.A.VARZ");
}

}  // namespace
}  // namespace lookout

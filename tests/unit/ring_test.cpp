// Failed logins from the rings of closed connections: what is asked, and that nothing is counted twice.
#include "agent/ring.h"

#include <gmock/gmock.h>

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

Config config() {
  Config out;
  out.state_dir = "/never/written";  // so that what the journal needs is noted
  for (const Collector& collector : collectors()) out.collect[collector.name] = {Level::summary, 60s};
  return out;
}

struct Closed {
  std::uint64_t cid;
  std::string reason;
  Wall stop;
  std::string name = {};
  std::string account = "$G";
};

class RingTest : public testing::Test {
 protected:
  RingTest() { login(); }

  void login() {
    state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1"},
                clock.now());
  }
  void logout() {
    state.apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"}, clock.now());
  }
  json block(const std::string& version, const std::string& id = "ID1") {
    return {{"name", "n1"},   {"id", id},     {"cluster", "east"},
            {"ver", version}, {"seq", ++seq}, {"time", format_time(clock.now().wall)}};
  }
  void answer(std::string_view collector, const json& reply) {
    const std::size_t index = index_of(collector);
    const Held held("r.0.1", reply.dump());
    Assembly assembly(collectors()[index], Level::summary);
    const auto decoded = replies.decode(held.message(clock.now().mono), assembly);
    ASSERT_TRUE(decoded) << reply;
    state.apply(*decoded, assembly.finish(), index, clock.now());
  }
  // The server lives and says when it was started; a second passes.
  void statsz(const std::string& version, Wall start, const std::string& id = "ID1") {
    answer("statsz", {{"server", block(version, id)}, {"statsz", {{"start", format_time(start)}}}});
    clock.after(1s);
    state.tick(clock.now());
  }
  void ring(const std::string& version, const std::vector<Closed>& closed) {
    json connections = json::array();
    for (const Closed& each : closed) {
      connections.push_back({{"cid", each.cid},
                             {"kind", "Client"},
                             {"type", "nats"},
                             {"ip", "10.0.0.1"},
                             {"authorized_user", "app"},
                             {"name", each.name},
                             {"account", each.account},
                             {"reason", each.reason},
                             {"stop", format_time(each.stop)},
                             {"start", format_time(each.stop)}});
    }
    answer("closed", {{"server", block(version)}, {"data", {{"connections", connections}}}});
  }
  void auth_error(const std::string& version, std::uint64_t cid) {
    const json event{
        {"server", block(version)},
        {"client", {{"id", cid}, {"acc", "$G"}, {"host", "10.0.0.1"}, {"user", "app"}, {"kind", "Client"}}},
        {"reason", "Authentication Failure"}};
    const Held held("$SYS.SERVER.ID1.CLIENT.AUTH.ERR", event.dump());
    state.apply(decoder.decode(held.message(clock.now().mono)), clock.now());
  }
  std::shared_ptr<const ServerView> look() {
    const auto snapshot = state.snapshot({}, clock.now());
    return snapshot->servers.empty() ? nullptr : snapshot->servers.front();
  }
  std::uint64_t errors(const char* reason = "Authentication Failure") {
    return look()->auth_errors.at(reason_index(reason));
  }
  [[nodiscard]] const Ring& known() { return state.roster().find("ID1")->ring; }
  // Series are old enough for increase().
  void grow_up(const std::string& version) {
    const Wall start = clock.now().wall - 1h;
    statsz(version, start);
    ring(version, {});  // the first reading
    for (int i = 0; i < 63; ++i) {
      statsz(version, start);
      (void)look();
    }
  }

  static constexpr const char* kOld = "2.9.10";
  static constexpr const char* kNew = "2.15.2";
  test::Clock clock;
  EventDecoder decoder;
  ReplyDecoder replies;
  State state{config(), collectors(), [](const Event&, Now) {}};
  std::uint64_t seq = 0;
};

TEST_F(RingTest, AServerThatTellsOfEverythingIsNotAsked) {
  statsz(kNew, clock.now().wall - 1h, "ID2");
  EXPECT_FALSE(state.roster().find("ID2")->ring.wanted);
}

// Without a journal, the server that the agent before this one was connected to knows since when nobody counted.
TEST_F(RingTest, WhatFailedSinceTheAgentBeforeThisOneIsRecovered) {
  state.account_is("SYS");
  const Wall start = clock.now().wall - 1h;
  statsz(kNew, start);
  (void)look();
  ASSERT_TRUE(known().wanted);
  EXPECT_EQ(known().until, Wall{}) << "how far back, its ring says";
  const Wall now = clock.now().wall;
  ring(kNew, {{9, "Authentication Failure", now - 5s},
              {8, "Client Closed", now - 6s, "nats-lookout", "APP"},
              {7, "Authentication Failure", now - 7s},
              {6, "Authentication Failure", now - 8s, "nats-lookout", "SYS"},
              {5, "Client Closed", now - 10s, "nats-lookout", "SYS"},
              {4, "Authentication Failure", now - 11s},
              {3, "Client Closed", now - 20s, "nats-lookout", "SYS"}});
  EXPECT_FALSE(known().wanted);
  for (int i = 0; i < 61; ++i) {
    statsz(kNew, start);
    (void)look();
  }
  EXPECT_EQ(errors(), 3U);
}

TEST_F(RingTest, WhereNoAgentWasBeforeNothingIsRecovered) {
  statsz(kNew, clock.now().wall - 1h);
  ring(kNew, {{9, "Authentication Failure", clock.now().wall - 5s}});
  EXPECT_FALSE(known().wanted);
  grow_up(kNew);
  EXPECT_EQ(errors(), 0U);
}

TEST_F(RingTest, BeforeTheAgentIsNobodysGap) {
  const Wall start = clock.now().wall - 1h;
  statsz(kOld, start);
  ASSERT_TRUE(known().wanted);
  ring(kOld, {{7, "Authentication Timeout", clock.now().wall - 5min}});
  grow_up(kOld);
  EXPECT_EQ(errors("Authentication Timeout"), 0U);
  EXPECT_TRUE(known().wanted) << "it is read again and again";
}

TEST_F(RingTest, WhatFailedBeforeTheFirstReadingIsCounted) {
  const Wall start = clock.now().wall - 1h;
  for (int i = 0; i < 20; ++i) statsz(kOld, start);
  ring(kOld, {{7, "Authentication Timeout", clock.now().wall - 15s}});
  for (int i = 0; i < 63; ++i) {
    statsz(kOld, start);
    (void)look();
  }
  EXPECT_EQ(errors("Authentication Timeout"), 1U);
}

TEST_F(RingTest, TheRingOfAnOldServerTellsWhatNoEventDid) {
  const Wall start = clock.now().wall - 1h;
  statsz(kOld, start);
  ring(kOld, {});
  grow_up(kOld);
  auth_error(kOld, 8);
  ring(kOld, {{9, "Authentication Timeout", clock.now().wall},
              {8, "Authentication Failure", clock.now().wall},
              {7, "Client Closed", clock.now().wall}});
  EXPECT_EQ(errors("Authentication Timeout"), 0U) << "its event may be on its way";
  statsz(kOld, start);
  statsz(kOld, start);
  ring(kOld,
       {{9, "Authentication Timeout", clock.now().wall - 2s}, {8, "Authentication Failure", clock.now().wall - 2s}});
  EXPECT_EQ(errors("Authentication Timeout"), 1U);
  EXPECT_EQ(errors(), 1U) << "an event has told of it";
  statsz(kOld, start);
  ring(kOld, {{9, "Authentication Timeout", clock.now().wall - 3s}});
  EXPECT_EQ(errors("Authentication Timeout"), 1U);
  statsz(kOld, start);
  ring(kOld, {{10, "Authentication Failure", clock.now().wall - 2s}});
  auth_error(kOld, 10);
  EXPECT_EQ(errors(), 2U) << "and so the other way round";
  EXPECT_EQ(look()->recovered_failures, 2U);
}

TEST_F(RingTest, WhatFailedWhileTheAgentWasAwayIsRecoveredOnce) {
  const Wall start = clock.now().wall - 1h;
  grow_up(kNew);
  auth_error(kNew, 5);
  logout();
  clock.after(20s);
  const Wall missed = clock.now().wall;
  clock.after(20s);
  login();
  statsz(kNew, start);
  ASSERT_TRUE(known().wanted);
  EXPECT_LT(known().until, missed);
  EXPECT_GT(known().until, missed - 30s);
  ring(kNew, {{7, "Authentication Failure", missed},
              {6, "Authentication Failure", missed},
              {5, "Authentication Failure", missed - 21s},
              {4, "Authentication Failure", missed - 1h}});
  EXPECT_EQ(errors(), 3U);
  EXPECT_FALSE(known().wanted) << "the gap is closed";
  EXPECT_EQ(look()->recovered_failures, 2U);
  EXPECT_EQ(look()->possibly_lost, 0U);
}

TEST_F(RingTest, RecoveredCountsWaitUntilIncreaseCanSeeThem) {
  const Wall start = clock.after(3s).wall;
  clock.after(1s);
  statsz(kNew, start);
  (void)look();
  ASSERT_TRUE(known().wanted) << "all of its life was in ours";
  EXPECT_EQ(known().until, Wall{});
  ring(kNew, {{7, "Authentication Failure", clock.now().wall}});
  EXPECT_EQ(errors(), 0U);
  auth_error(kNew, 8);
  EXPECT_EQ(errors(), 1U) << "what is told live counts at once";
  for (int i = 0; i < 61; ++i) statsz(kNew, start);
  EXPECT_EQ(errors(), 2U);
}

TEST_F(RingTest, WhatAFullRingNoLongerHoldsIsPossiblyLost) {
  const Wall start = clock.now().wall - 1h;
  grow_up(kNew);
  auth_error(kNew, 100);
  logout();
  clock.after(60s);
  login();
  statsz(kNew, start);
  std::vector<Closed> closed;
  for (std::uint64_t cid = 15100; cid > 5100; --cid) closed.push_back({cid, "Client Closed", clock.now().wall - 5s});
  ring(kNew, closed);
  EXPECT_EQ(look()->possibly_lost, 5000U);
}

TEST_F(RingTest, LostMessagesOpenAGap) {
  grow_up(kNew);
  EXPECT_FALSE(known().wanted);
  state.dropped(Traffic::conns, 10, clock.now());
  statsz(kNew, clock.now().wall - 1h);
  EXPECT_FALSE(known().wanted) << "these tell of no failure";
  state.dropped(Traffic::vital, 1, clock.now());
  statsz(kNew, clock.now().wall - 1h);
  EXPECT_TRUE(known().wanted);
}

// What one agent leaves, the next begins with.
TEST_F(RingTest, TheJournalCarriesCountsFailuresAndGaps) {
  const Wall start = clock.now().wall - 1h;
  grow_up(kNew);
  auth_error(kNew, 5);
  std::vector<json> batches{state.whole(clock.now())};
  auth_error(kNew, 6);
  batches.push_back(state.changes(clock.now()));
  EXPECT_TRUE(batches[1].contains("c")) << batches[1];
  EXPECT_FALSE(batches[1].contains("s")) << "nothing about the server itself has changed: " << batches[1];
  batches.push_back(state.changes(clock.now()));
  EXPECT_EQ(batches[2].size(), 1U) << "only the time: " << batches[2];
  clock.after(30s);

  state.~State();
  new (&state) State(config(), collectors(), [](const Event&, Now) {});
  ASSERT_TRUE(state.restore(batches, clock.now()));
  EXPECT_EQ(errors(), 2U) << "before any message";
  EXPECT_EQ(look()->state, Lifecycle::up);
  // Killed again before it could ask: the gap is not forgotten.
  batches = {state.whole(clock.now())};
  clock.after(30s);
  state.~State();
  new (&state) State(config(), collectors(), [](const Event&, Now) {});
  ASSERT_TRUE(state.restore(batches, clock.now()));

  login();
  statsz(kNew, start);
  ASSERT_TRUE(known().wanted);
  const Wall missed = clock.now().wall - 50s;
  EXPECT_LT(known().until, missed);
  ring(kNew, {{7, "Authentication Failure", missed},
              {6, "Authentication Failure", missed - 11s},
              {5, "Authentication Failure", missed - 11s}});
  EXPECT_EQ(errors(), 3U) << "at once: a restored series is not new";
  EXPECT_EQ(look()->restarts[static_cast<std::size_t>(RestartCause::unknown)], 0U);
}

TEST_F(RingTest, WhatIsNoJournalOfOursIsNotUnderstood) {
  const std::vector<json> foreign{json::parse(R"({"t":1,"b":1,"s":[["nonsense"]]})")};
  EXPECT_FALSE(state.restore(foreign, clock.now()));
  EXPECT_TRUE(state.restore(std::vector<json>{}, clock.now()));
}

// Recorded rings: every failure in them has a reason that counts, an address and a cid.
class RecordedRing : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Versions, RecordedRing, testing::ValuesIn(test::kVersions), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(RecordedRing, IsReadWhole) {
  ReplyDecoder decoder;
  std::size_t failures = 0;
  for (const auto& recorded : test::recorded(GetParam(), "closed")) {
    const Held held("r.0.1", recorded.payload);
    Assembly assembly(kClosed, Level::summary);
    ASSERT_TRUE(decoder.decode(held.message(), assembly)) << recorded.name;
    const auto block = assembly.finish();
    const auto truth = json::parse(recorded.payload)["data"]["connections"];
    ASSERT_EQ(block->parts[0].rows(), truth.size()) << recorded.name;
    for (std::size_t row = 0; row < truth.size(); ++row) {
      EXPECT_EQ(block->parts[0].label(row, ring::cid), std::to_string(truth[row]["cid"].get<int>()));
      EXPECT_EQ(block->parts[0].label(row, ring::reason), truth[row]["reason"].get<std::string>());
      EXPECT_EQ(block->parts[0].label(row, ring::user), truth[row].value("authorized_user", ""));
      EXPECT_FALSE(std::isnan(block->parts[0].value(row, ring::stop)));
      failures += reason_at(reason_index(block->parts[0].label(row, ring::reason))).cause != Cause::closed ? 1 : 0;
    }
  }
  EXPECT_GT(failures, 5U);
}

}  // namespace
}  // namespace lookout

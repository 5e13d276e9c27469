// Behaviour of the picture of the deployment, with explicit time. Messages go through the real decoders: the wire
// format is part of it.
#include "agent/state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using test::Held;
using namespace std::chrono_literals;

Config config(Scope scope = Scope::system) {
  Config out;
  out.scope = scope;
  for (const Collector& collector : collectors()) out.collect_intervals[collector.name] = 10s;
  return out;
}

// A process of a server: enough to make its messages.
struct Process {
  std::string id;
  std::string name = "n1";
  std::string cluster = "east";
  std::string version = "2.15.2";
};

class StateTest : public testing::Test {
 protected:
  explicit StateTest(const Config& with = config())
      : state(with, collectors(), [this](const Event& event, Now) {
          log.emplace_back(kEventNames[static_cast<std::size_t>(event.kind)]);
        }) {
    state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1"},
                clock.now());
  }

  std::string block(const Process& process, std::string_view key = "server") {
    const std::string name = key.empty() ? "" : "\"" + std::string(key) + "\":";
    return name + R"({"name":")" + process.name + R"(","id":")" + process.id + R"(","cluster":")" + process.cluster +
           R"(","ver":")" + process.version + R"(","seq":)" + std::to_string(++seq) + R"(,"time":")" +
           at(clock.now().wall) + R"("})";
  }
  static std::string at(Wall wall) { return format_time(wall); }

  void event(const std::string& subject, const std::string& payload) {
    const Held held(subject, payload);
    state.apply(decoder.decode(held.message(clock.now().mono)), clock.now());
  }
  void statsz(const Process& process, Wall start, int connections = 5) {
    const Held held("r.0.1", "{" + block(process) + R"(,"statsz":{"start":")" + at(start) +
                                 R"(","mem":1,"connections":)" + std::to_string(connections) + "}}");
    const auto reply = replies.decode(kStatsz, held.message(clock.now().mono));
    ASSERT_TRUE(reply) << reply.error();
    state.apply(*reply, 0, clock.now());
  }
  std::string client(std::uint64_t cid, const std::string& account, Wall start,
                     const std::string& more = R"("user":"u","lang":"go")") {
    return R"("client":{"id":)" + std::to_string(cid) + R"(,"acc":")" + account + R"(","start":")" + at(start) +
           R"(","stop":")" + at(clock.now().wall) + R"(","host":"127.0.0.1","kind":"Client","client_type":"nats")" +
           (more.empty() ? "" : ",") + more + "}";
  }
  void connect(const Process& process, std::uint64_t cid, const std::string& account, Wall start) {
    event("$SYS.ACCOUNT." + account + ".CONNECT", R"({"id":"x","timestamp":")" + at(clock.now().wall) + "\"," +
                                                      block(process) + "," + client(cid, account, start) + "}");
  }
  void disconnect(const Process& process, std::uint64_t cid, const std::string& account, const std::string& reason,
                  Wall start, const std::string& more = R"("user":"u","lang":"go")") {
    event("$SYS.ACCOUNT." + account + ".DISCONNECT",
          "{" + block(process) + "," + client(cid, account, start, more) + R"(,"reason":")" + reason + "\"}");
  }
  void auth_error(const Process& process, std::uint64_t cid) {
    event("$SYS.SERVER." + process.id + ".CLIENT.AUTH.ERR",
          "{" + block(process) + "," + client(cid, "$G", clock.now().wall) + R"(,"reason":"Authentication Failure"})");
  }
  void conns(const Process& process, const std::string& account, int count, const std::string& subject) {
    event(subject, "{" + block(process) + R"(,"acc":")" + account + R"(","name":"Name of )" + account +
                       R"(","conns":)" + std::to_string(count) + R"(,"leafnodes":0})");
  }
  void lameduck(const Process& process) { event("$SYS.SERVER." + process.id + ".LAMEDUCK", block(process, "")); }
  void shutdown(const Process& process) { event("$SYS.SERVER." + process.id + ".SHUTDOWN", block(process, "")); }

  // Time passes in ticks, unanswered pings included.
  void pass(std::chrono::milliseconds time) {
    for (auto passed = 0ms; passed < time; passed += 500ms) {
      clock.after(500ms);
      (void)state.roster().to_ping(clock.now());
      state.tick(clock.now());
    }
  }
  std::shared_ptr<const Snapshot> look() { return state.snapshot({}, clock.now()); }
  std::shared_ptr<const ServerView> server(const std::string& name = "n1") {
    const auto snapshot = look();
    for (const auto& view : snapshot->servers) {
      if (view->name == name) return view;
    }
    return nullptr;
  }
  std::uint64_t connects(const std::string& name = "n1") {
    std::uint64_t sum = 0;
    const auto view = server(name);
    for (const auto& count : view->connects) sum += count.value;
    return sum;
  }
  std::uint64_t disconnects(const std::string& name = "n1") {
    std::uint64_t sum = 0;
    const auto view = server(name);
    for (const auto& count : view->disconnects) sum += count.value;
    return sum;
  }
  std::uint64_t auth_errors(const std::string& reason, const std::string& name = "n1") {
    return server(name)->auth_errors.at(reason_index(reason));
  }
  std::uint64_t restarts(RestartCause cause, const std::string& name = "n1") {
    return server(name)->restarts[static_cast<std::size_t>(cause)];
  }
  bool finding(const std::string& check) {
    state.tick(clock.now());
    const auto raised = look()->findings;
    return std::any_of(raised.begin(), raised.end(), [&](const Finding& each) { return each.check == check; });
  }
  Wall started() { return clock.now().wall - 1h; }

  test::Clock clock;
  std::vector<std::string> log;
  EventDecoder decoder;
  ReplyDecoder replies;
  State state;
  std::uint64_t seq = 1;
  const Process n1{"ID1"};
};

TEST_F(StateTest, AServerIsKnownByItsStatszAndCountersExistAtZero) {
  EXPECT_EQ(server(), nullptr);
  statsz(n1, started());
  ASSERT_NE(server(), nullptr);
  EXPECT_TRUE(server()->up);
  EXPECT_EQ(server()->state, Lifecycle::up);
  EXPECT_EQ(server()->auth_errors.size(), reason_count());
  EXPECT_EQ(auth_errors("Authentication Failure"), 0U);
  EXPECT_EQ(log, std::vector<std::string>{"server_joined"});
}

TEST_F(StateTest, ServerConnsArrivesTwiceAndCountsOnce) {
  statsz(n1, started());
  conns(n1, "A", 3, "$SYS.SERVER.ACCOUNT.A.CONNS");
  conns(n1, "A", 3, "$SYS.ACCOUNT.A.SERVER.CONNS");
  ASSERT_EQ(server()->accounts.size(), 1U);
  EXPECT_EQ(server()->accounts[0].clients, 3U);
  EXPECT_EQ(look()->accounts->at(server()->accounts[0].account).name, "Name of A");
  EXPECT_EQ(look()->events[static_cast<std::size_t>(EventKind::account_connections)], 1U);
  EXPECT_EQ(look()->events[static_cast<std::size_t>(EventKind::account_connections_legacy)], 1U);
}

TEST_F(StateTest, AFailedLoginIsOneAuthErrorAndNoDisconnect) {
  statsz(n1, started());
  auth_error(n1, 7);
  disconnect(n1, 7, "$G", "Authentication Failure", clock.now().wall);
  EXPECT_EQ(auth_errors("Authentication Failure"), 1U);
  EXPECT_EQ(connects(), 0U);
  EXPECT_EQ(disconnects(), 0U);
  EXPECT_EQ(server()->closed_before_auth.at(reason_index("Client Closed")), 0U);
}

TEST_F(StateTest, AnAuthenticationTimeoutHasNoAuthErrAndCounts) {
  statsz(n1, started());
  disconnect(n1, 7, "$G", "Authentication Timeout", clock.now().wall - 2s, "");
  EXPECT_EQ(auth_errors("Authentication Timeout"), 1U);
  EXPECT_EQ(disconnects(), 0U);
}

TEST_F(StateTest, APortScanIsClosedBeforeAuth) {
  statsz(n1, started());
  disconnect(n1, 7, "$G", "Client Closed", clock.now().wall, "");
  EXPECT_EQ(server()->closed_before_auth.at(reason_index("Client Closed")), 1U);
  EXPECT_EQ(disconnects(), 0U);
}

TEST_F(StateTest, LegitimateClientsOfTheGlobalAccountAreToldByTheirConnect) {
  statsz(n1, started());
  connect(n1, 7, "$G", clock.now().wall);
  disconnect(n1, 7, "$G", "Client Closed", clock.now().wall, "");
  disconnect(n1, 8, "$G", "Client Closed", clock.now().wall - 1h, "");  // connected before the agent came
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(disconnects(), 2U);
}

TEST_F(StateTest, AReloadRepeatsConnectsAndCountsNone) {
  statsz(n1, started());
  connect(n1, 7, "A", clock.now().wall);
  connect(n1, 7, "A", clock.now().wall);  // seconds later
  const Wall start = clock.now().wall;
  clock.after(1h);
  connect(n1, 7, "A", start);  // much later
  EXPECT_EQ(connects(), 1U);
  EXPECT_EQ(look()->repeated_connects, 2U);
  connect(n1, 8, "A", clock.now().wall);
  EXPECT_EQ(connects(), 2U);
}

TEST_F(StateTest, ARefusedAccountLimitIsAnAuthErrorButNoDisconnect) {
  statsz(n1, started());
  disconnect(n1, 7, "A", "Maximum Account Connections Exceeded", clock.now().wall, "");
  EXPECT_EQ(auth_errors("Maximum Account Connections Exceeded"), 1U);
  EXPECT_EQ(disconnects(), 0U);
  disconnect(n1, 8, "A", "Authentication Expired", clock.now().wall - 1h);
  EXPECT_EQ(auth_errors("Authentication Expired"), 1U);
  EXPECT_EQ(disconnects(), 1U);
}

TEST_F(StateTest, ASilentServerDisappearsButItsCountersStay) {
  statsz(n1, started());
  auth_error(n1, 7);
  conns(n1, "A", 3, "$SYS.ACCOUNT.A.SERVER.CONNS");
  pass(20s);
  EXPECT_TRUE(server()->up);
  pass(10s);
  EXPECT_FALSE(server()->up);
  EXPECT_EQ(server()->state, Lifecycle::lost);
  EXPECT_EQ(server()->blocks[0], nullptr);
  EXPECT_TRUE(server()->accounts.empty());
  EXPECT_EQ(auth_errors("Authentication Failure"), 1U);
  EXPECT_TRUE(finding("server_lost"));
  statsz(n1, started());
  EXPECT_TRUE(server()->up);
  EXPECT_FALSE(finding("server_lost"));
  EXPECT_EQ(log.back(), "server_returned");
}

TEST_F(StateTest, ALostServerIsForgottenAfterADay) {
  statsz(n1, started());
  pass(30s);
  clock.after(24h);
  pass(1s);
  EXPECT_EQ(server(), nullptr);
  EXPECT_EQ(log.back(), "server_retired");
}

TEST_F(StateTest, ACrashAndRestartKeepsTheNameAndTheCounters) {
  statsz(n1, started());
  auth_error(n1, 7);
  clock.after(5s);
  const Process again{"ID2"};
  const Wall start = clock.now().wall;
  clock.after(250ms);
  statsz(again, start, 1);
  connect(again, 5, "A", clock.now().wall);
  EXPECT_EQ(server()->id, "ID1") << "the old process is asked first";
  pass(3s);
  ASSERT_EQ(look()->servers.size(), 1U);
  EXPECT_EQ(server()->id, "ID2");
  EXPECT_EQ(restarts(RestartCause::crash), 1U);
  EXPECT_EQ(auth_errors("Authentication Failure"), 1U);
  EXPECT_EQ(connects(), 1U) << "what came before the identity was settled is not lost";
}

TEST_F(StateTest, AnnouncedStopsAreToldApart) {
  statsz(n1, started());
  shutdown(n1);
  EXPECT_EQ(server()->state, Lifecycle::stopped);
  EXPECT_FALSE(server()->up);
  EXPECT_EQ(server()->blocks[0], nullptr);
  clock.after(2s);
  statsz({"ID2"}, clock.now().wall);
  EXPECT_EQ(restarts(RestartCause::shutdown), 1U);
  EXPECT_TRUE(server()->up);
  lameduck({"ID2"});
  EXPECT_EQ(server()->state, Lifecycle::draining);
  EXPECT_TRUE(server()->up) << "it still serves clients";
  pass(40s);
  EXPECT_TRUE(server()->up);
  EXPECT_EQ(server()->blocks[0], nullptr) << "but what it said is old";
  statsz({"ID3"}, clock.now().wall);
  EXPECT_EQ(restarts(RestartCause::lame_duck), 1U);
  EXPECT_EQ(restarts(RestartCause::crash), 0U);
}

TEST_F(StateTest, ADrainedServerCountsAsStoppedInTheEnd) {
  statsz(n1, started());
  lameduck(n1);
  pass(5min);
  EXPECT_EQ(server()->state, Lifecycle::stopped);
  EXPECT_FALSE(server()->up);
  statsz({"ID2"}, clock.now().wall);
  EXPECT_EQ(restarts(RestartCause::lame_duck), 1U);
}

TEST_F(StateTest, AForgedShutdownIsTakenBack) {
  statsz(n1, started());
  shutdown(n1);
  EXPECT_FALSE(server()->up);
  clock.after(1s);
  statsz(n1, started());
  EXPECT_TRUE(server()->up);
}

TEST_F(StateTest, AMessageOnAnotherServersSubjectIsRefused) {
  statsz(n1, started());
  event("$SYS.SERVER.OTHER.SHUTDOWN", block(n1, ""));
  EXPECT_TRUE(server()->up);
  EXPECT_EQ(look()->forged, 1U);
}

TEST_F(StateTest, TwoLiveServersOfOneNameAreTwo) {
  statsz(n1, started());
  clock.after(1s);
  const Process twin{"ID2TWIN99"};
  statsz(twin, started());
  statsz(n1, started());
  pass(3s);
  statsz(n1, started());
  ASSERT_EQ(look()->servers.size(), 2U);
  ASSERT_NE(server("n1~ID2TWIN9"), nullptr);
  EXPECT_EQ(restarts(RestartCause::crash), 0U);
  EXPECT_TRUE(finding("server_name_duplicate"));
}

TEST_F(StateTest, ATwinThatRestartsStaysTheTwin) {
  const Wall long_ago = started();
  statsz(n1, long_ago);
  statsz({"ID2TWIN99"}, long_ago);
  for (int i = 0; i < 4; ++i) {
    clock.after(1s);
    statsz(n1, long_ago);
    statsz({"ID2TWIN99"}, long_ago);
    pass(500ms);
  }
  ASSERT_EQ(look()->servers.size(), 2U);
  clock.after(5s);
  const Wall start = clock.now().wall;
  clock.after(250ms);
  statsz({"ID3"}, start);
  pass(1s);
  statsz(n1, long_ago);  // answers the challenge
  pass(2s);
  ASSERT_EQ(look()->servers.size(), 2U);
  EXPECT_EQ(server()->id, "ID1");
  EXPECT_EQ(server("n1~ID2TWIN9")->id, "ID3");
  EXPECT_EQ(restarts(RestartCause::crash, "n1~ID2TWIN9"), 1U);
}

TEST_F(StateTest, AServerWithoutANameIsAFindingAndForgottenSoon) {
  const Process nameless{"NIDNIDNID", "NIDNIDNID"};
  statsz(nameless, started());
  ASSERT_NE(server("NIDNIDNID"), nullptr);
  EXPECT_TRUE(finding("server_without_name"));
  pass(6min);
  EXPECT_EQ(server("NIDNIDNID"), nullptr);
}

TEST_F(StateTest, AnOldReplyChangesNothing) {
  statsz(n1, started(), 5);
  const Held old(
      "r.0.1",
      R"({"server":{"name":"n1","id":"ID1","cluster":"east","ver":"2.15.2","time":"2025-01-01T00:00:00Z"},"statsz":{"mem":9}})");
  state.apply(*replies.decode(kStatsz, old.message(clock.now().mono)), 0, clock.now());
  EXPECT_EQ(server()->blocks[0]->parts[0][0].values[0], 1);
  EXPECT_EQ(look()->ignored_replies, 1U);
}

TEST_F(StateTest, AnEndpointThatHangsLosesItsSeries) {
  statsz(n1, started());
  for (int i = 0; i < 60; ++i) {
    clock.after(1s);
    connect(n1, static_cast<std::uint64_t>(i) + 1, "A", clock.now().wall);
    state.tick(clock.now());
  }
  EXPECT_TRUE(server()->up);
  EXPECT_EQ(server()->blocks[0], nullptr);
}

TEST_F(StateTest, ARemovedServerIsForgottenWhenItIsSilent) {
  statsz(n1, started());
  event(
      "$JS.EVENT.ADVISORY.SERVER.REMOVED",
      R"({"type":"io.nats.jetstream.advisory.v1.server_removed","id":"x","timestamp":"2026-01-01T00:00:00Z","server":"n1","server_id":"ID1","cluster":"east"})");
  EXPECT_NE(server(), nullptr) << "it still lives";
  pass(30s);
  EXPECT_EQ(server(), nullptr);
}

TEST_F(StateTest, AccountsBeyondTheLimitAreFoldedIntoOther) {
  Config small = config();
  small.max_accounts = 2;
  State bounded(small, collectors(), [](const Event&, Now) {});
  for (int i = 0; i < 5; ++i) {
    const std::string account = "A" + std::to_string(i);
    const Held held("$SYS.ACCOUNT." + account + ".CONNECT",
                    R"({"id":"x","timestamp":")" + at(clock.now().wall) + "\"," + block(n1) + "," +
                        client(static_cast<std::uint64_t>(i) + 1, account, clock.now().wall) + "}");
    bounded.apply(decoder.decode(held.message()), clock.now());
  }
  const Held held("r.0.1", "{" + block(n1) + R"(,"statsz":{"start":"2025-01-01T00:00:00Z","mem":1}})");
  bounded.apply(*replies.decode(kStatsz, held.message()), 0, clock.after(1ms));
  const auto snapshot = bounded.snapshot({}, clock.now());
  std::uint64_t other = 0;
  for (const auto& count : snapshot->servers.at(0)->connects) other += count.account == 0 ? count.value : 0;
  EXPECT_EQ(other, 3U);
  EXPECT_EQ(snapshot->accounts->size(), 3U);
  EXPECT_EQ(snapshot->folded, 3U);
}

TEST_F(StateTest, AnIdWithoutStatszTakesNobodysPlace) {
  statsz(n1, started());
  auth_error({"FORGED"}, 7);
  for (int i = 0; i < 30; ++i) {
    pass(1s);
    statsz(n1, started());
  }
  EXPECT_EQ(server()->id, "ID1");
  EXPECT_TRUE(server()->up);
  EXPECT_EQ(restarts(RestartCause::crash), 0U);
  EXPECT_EQ(look()->servers.size(), 1U);
}

TEST_F(StateTest, LateMessagesOfAGoneProcessChangeNothingButCounters) {
  statsz(n1, started());
  shutdown(n1);
  clock.after(2s);
  statsz({"ID2"}, clock.now().wall);
  shutdown(n1);
  conns(n1, "A", 3, "$SYS.ACCOUNT.A.SERVER.CONNS");
  auth_error(n1, 7);
  EXPECT_TRUE(server()->up);
  EXPECT_TRUE(server()->accounts.empty());
  EXPECT_EQ(auth_errors("Authentication Failure"), 1U);
}

TEST_F(StateTest, ALateAnswerDoesNotReviveAStoppedServer) {
  statsz(n1, started());
  const Held late("r.0.2", "{" + block(n1) + R"(,"statsz":{"start":"2025-12-31T23:00:00Z","mem":9}})");
  clock.after(1ms);
  shutdown(n1);
  state.apply(*replies.decode(kStatsz, late.message(clock.now().mono)), 0, clock.now());
  conns(n1, "A", 3, "$SYS.ACCOUNT.A.SERVER.CONNS");
  state.tick(clock.now());
  EXPECT_EQ(server()->blocks[0], nullptr);
}

TEST_F(StateTest, AServerThatIsTerminatedWhileItJoinsIsStopped) {
  statsz(n1, started());
  clock.after(1s);
  statsz({"ID2"}, clock.now().wall);
  clock.after(500ms);
  shutdown({"ID2"});
  pass(3s);
  EXPECT_EQ(server()->state, Lifecycle::stopped);
  EXPECT_EQ(restarts(RestartCause::crash), 1U);
  statsz({"ID3"}, clock.now().wall);
  EXPECT_EQ(restarts(RestartCause::shutdown), 1U);
}

TEST_F(StateTest, AClockThatWasAheadDoesNotHideARestart) {
  statsz(n1, started());
  const Held ahead(
      "$SYS.SERVER.ID1.STATSZ",
      R"({"server":{"name":"n1","id":"ID1","cluster":"east","ver":"2.15.2","time":"2190-01-01T00:00:00Z"},"statsz":{}})");
  state.apply(decoder.decode(ahead.message()), clock.now());
  clock.after(10s);
  statsz({"ID2"}, clock.now().wall);
  pass(3s);
  EXPECT_EQ(server()->id, "ID2");
  EXPECT_EQ(look()->servers.size(), 1U);
}

TEST_F(StateTest, LostIsUnknownWhileTheAgentIsBlind) {
  statsz(n1, started());
  state.apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"}, clock.now());
  pass(30s);
  EXPECT_FALSE(server()->up);
  const auto snapshot = look();
  for (const Finding& each : snapshot->findings) {
    EXPECT_TRUE(each.check != "server_lost" || each.state == Health::unknown);
  }
  EXPECT_TRUE(finding("server_lost"));
}

TEST_F(StateTest, AForgerOfServersCannotFillTheMemory) {
  const Wall start = started();
  statsz(n1, start);
  for (std::size_t i = 0; i < Roster::kMaxJoining * 2; ++i) {
    shutdown({"FORGED" + std::to_string(i), "forged" + std::to_string(i)});
  }
  EXPECT_LE(state.roster().servers().size(), Roster::kMaxJoining + 1);
  clock.after(1s);
  statsz({"ID2", "n2"}, start);
  EXPECT_NE(server("n2"), nullptr) << "a real one still finds its place";
}

TEST_F(StateTest, AUserOutsideTheSystemAccountIsSaid) {
  state.no_responders();
  state.account_is("APP");
  EXPECT_EQ(look()->link.identity, Identity::outside);
  EXPECT_NE(look()->link.sentence.find("account APP"), std::string::npos);
  EXPECT_TRUE(finding("agent_identity"));
  EXPECT_EQ(look()->health, Health::critical);
}

TEST_F(StateTest, BlindTimeHidesTheCauseOfARestart) {
  const Process n2{"IDN2", "n2"};
  statsz(n1, started());
  statsz(n2, started());
  clock.after(1s);
  state.apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"}, clock.now());
  clock.after(10s);
  state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1B"}, clock.now());
  EXPECT_NEAR(look()->link.blind_seconds, 10, 0.01);
  const Wall start = clock.now().wall - 5s;
  statsz({"ID1B"}, start);
  statsz({"IDN2B", "n2"}, start);
  pass(3s);
  EXPECT_EQ(restarts(RestartCause::crash, "n1"), 1U) << "the agent's own server cannot leave unheard";
  EXPECT_EQ(restarts(RestartCause::unknown, "n2"), 1U);
}

class SidecarTest : public StateTest {
 protected:
  SidecarTest() : StateTest(config(Scope::server)) {}
};

TEST_F(SidecarTest, SeesOnlyItsOwnServerThroughARestart) {
  const Process n2{"IDN2", "n2"};
  statsz(n1, started());
  statsz(n2, started());
  auth_error(n2, 5);
  auth_error(n1, 5);
  ASSERT_EQ(look()->servers.size(), 1U);
  EXPECT_EQ(auth_errors("Authentication Failure"), 1U);
  shutdown(n1);
  state.apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"},
              clock.after(1s));
  state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1B"},
              clock.after(1s));
  statsz({"ID1B"}, clock.now().wall);
  ASSERT_EQ(look()->servers.size(), 1U);
  EXPECT_EQ(server()->id, "ID1B");
  EXPECT_EQ(restarts(RestartCause::shutdown), 1U);
}

TEST_F(SidecarTest, LandingOnAnotherServerIsAnErrorThatExportsNothing) {
  statsz(n1, started());
  state.apply(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://n1:4222", .text = "gone"},
              clock.after(1s));
  state.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "IDN2"},
              clock.after(1s));
  statsz({"IDN2", "n2"}, started());
  EXPECT_EQ(look()->link.identity, Identity::wrong_server);
  EXPECT_TRUE(look()->servers.empty());
  EXPECT_TRUE(finding("agent_identity"));
}

}  // namespace
}  // namespace lookout

// Behaviour of the picture of the deployment, with explicit time. Messages go through the real decoders: the wire
// format is part of it.
#include "agent/state.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/shard.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "config/options.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using test::Held;
using testing::Contains;
using testing::StartsWith;
using namespace std::chrono_literals;

Config config(Scope scope = Scope::system) {
  Config out = cfg::defaults();
  out.scope = scope;
  for (auto& [name, options] : out.collect) options.interval = 10s;
  return out;
}

Config share(std::uint32_t index, std::uint32_t count) {
  Config out = config();
  out.shard = {index, count};
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
          if (event.kind == EventKind::auth_pattern) log.back().append(" ").append(event.reason);
          if (!event.explanation.empty()) log.back().append(": ").append(event.explanation);
        }) {
    connected(state);
  }
  void connected(State& to) {
    to.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://n1:4222", .server_id = "ID1"}, clock.now());
  }

  std::string block(const Process& process, std::string_view key = "server") {
    const std::string name = key.empty() ? "" : "\"" + std::string(key) + "\":";
    return name + R"({"name":")" + process.name + R"(","id":")" + process.id + R"(","cluster":")" + process.cluster +
           R"(","ver":")" + process.version + R"(","seq":)" + std::to_string(++seq) + R"(,"time":")" +
           at(clock.now().wall) + R"("})";
  }
  static std::string at(Wall wall) { return format_time(wall); }

  // What arrives, arrives at every one of `listeners`.
  void event(const std::string& subject, const std::string& payload) {
    const Held held(subject, payload);
    for (State* each : listeners) each->apply(decoder.decode(held.message(clock.now().mono)), clock.now());
  }
  void answer(std::string_view collector, const std::string& payload) {
    const std::size_t index = index_of(collector);
    ASSERT_LT(index, collectors().size()) << collector;
    const Held held("r.0.1", payload);
    for (State* each : listeners) {
      Assembly page(collectors()[index], Level::summary);
      const auto reply = replies.decode(held.message(clock.now().mono), page);
      ASSERT_TRUE(reply) << reply.error();
      each->apply(*reply, reply->refused ? nullptr : page.finish(), index, clock.now());
    }
  }
  void statsz(const Process& process, Wall start, int connections = 5) {
    answer("statsz", "{" + block(process) + R"(,"statsz":{"start":")" + at(start) + R"(","mem":1,"connections":)" +
                         std::to_string(connections) + "}}");
  }
  // One account on a server that has no others.
  void accstatz(const Process& process, const std::string& account, int clients, int leafnodes = 0) {
    answer("accstatz", "{" + block(process) + R"(,"data":{"account_statz":[{"acc":")" + account +
                           R"(","name":"Name of )" + account + R"(","conns":)" + std::to_string(clients) +
                           R"(,"leafnodes":)" + std::to_string(leafnodes) + "}]}}");
  }
  void varz(const Process& process) { answer("varz", "{" + block(process) + R"(,"data":{"mem":1}})"); }
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
  void refused_jwt(const Process& process, std::uint64_t cid, const std::string& jwt) {
    event("$SYS.SERVER." + process.id + ".CLIENT.AUTH.ERR",
          "{" + block(process) + "," + client(cid, "$G", clock.now().wall, R"("jwt":")" + jwt + '"') +
              R"(,"reason":"Authentication Failure"})");
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
  std::vector<State*> listeners{&state};
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

TEST_F(StateTest, ManyFailedLoginsAreAPatternWithABeginningAndAnEnd) {
  statsz(n1, started());
  ASSERT_EQ(look()->auth.size(), 1U);
  EXPECT_EQ(look()->auth[0].cluster, "east");
  EXPECT_EQ(look()->auth[0].attempts, 0U);
  for (std::uint64_t cid = 1; cid <= 25; ++cid) auth_error(n1, cid);
  pass(1s);
  EXPECT_EQ(look()->auth[0].attempts, 25U);
  EXPECT_TRUE(look()->auth[0].patterns[static_cast<std::size_t>(AuthPattern::brute_force)]);
  EXPECT_TRUE(finding("auth_brute_force"));
  EXPECT_THAT(log, Contains(StartsWith("auth_pattern brute_force: 25 failed logins")));
  clock.after(6min);
  statsz(n1, started());
  pass(1s);
  EXPECT_TRUE(finding("auth_brute_force")) << "until Prometheus has seen the end";
  EXPECT_FALSE(look()->auth[0].patterns[static_cast<std::size_t>(AuthPattern::brute_force)]);
  pass(62s);
  EXPECT_FALSE(finding("auth_brute_force"));
  EXPECT_EQ(std::count(log.begin(), log.end(), "auth_pattern_over"), 1);
}

// {"sub":"UUSER","name":"ann","iss":"AKEY","exp":1767222000,"nats":{"issuer_account":"AACC"}}, an hour before the
// test's clock begins.
constexpr const char* kExpired =
    "e30.eyJzdWIiOiJVVVNFUiIsIm5hbWUiOiJhbm4iLCJpc3MiOiJBS0VZIiwiZXhwIjoxNzY3MjIyMDAwLCJuYXRzIjp7Imlzc3Vlcl9hY2NvdW50"
    "IjoiQUFDQyJ9fQ.c2ln";
// {"sub":"UUSER","name":"ann","iss":"AKEY","nats":{"issuer_account":"AACC"}}
constexpr const char* kForeign =
    "e30.eyJzdWIiOiJVVVNFUiIsIm5hbWUiOiJhbm4iLCJpc3MiOiJBS0VZIiwibmF0cyI6eyJpc3N1ZXJfYWNjb3VudCI6IkFBQ0MifX0.c2ln";

TEST_F(StateTest, ARefusedJwtIsExplained) {
  statsz(n1, started());
  refused_jwt(n1, 7, kExpired);
  EXPECT_EQ(log.back(), "auth_error: the user JWT expired 1h ago");
  refused_jwt(n1, 8, kForeign);
  EXPECT_EQ(log.back(), "auth_error") << "nobody has told yet which accounts there are";
  answer("accstatz", "{" + block(n1) + R"(,"data":{"account_statz":[{"acc":"AOTHER","conns":1}]}})");
  refused_jwt(n1, 9, kForeign);
  EXPECT_EQ(log.back(), "auth_error: the account of the user JWT is not known here");
  refused_jwt(n1, 10, "nonsense");
  EXPECT_EQ(log.back(), "auth_error");
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
  const auto held = server()->blocks[0];
  answer(
      "statsz",
      R"({"server":{"name":"n1","id":"ID1","cluster":"east","ver":"2.15.2","time":"2025-01-01T00:00:00Z"},"statsz":{"mem":9}})");
  EXPECT_EQ(server()->blocks[0], held);
  EXPECT_EQ(look()->ignored_replies, 1U);
  answer(
      "statsz",
      R"({"server":{"name":"n1","id":"ID1","cluster":"east","ver":"2.15.2","time":"2025-01-01T00:00:00Z"},"error":{"code":500}})");
  EXPECT_EQ(server()->blocks[0], held);
  EXPECT_EQ(look()->ignored_replies, 2U);
}

TEST_F(StateTest, ARefusalEndsWhatWasSaidBefore) {
  statsz(n1, started());
  varz(n1);
  ASSERT_NE(server()->blocks[index_of("varz")], nullptr);
  clock.after(1s);
  answer("varz", "{" + block(n1) + R"(,"error":{"code":500,"description":"no"}})");
  EXPECT_EQ(server()->blocks[index_of("varz")], nullptr);
  EXPECT_NE(server()->blocks[0], nullptr);
  clock.after(1s);
  varz(n1);
  EXPECT_NE(server()->blocks[index_of("varz")], nullptr);
}

TEST_F(StateTest, AnAnswerWithoutATimeReplacesTheOneBefore) {
  statsz(n1, started());
  const std::string idz = R"({"name":"n1","host":"127.0.0.1","id":"ID1"})";
  answer("idz", idz);
  const auto before = server()->blocks[index_of("idz")];
  ASSERT_NE(before, nullptr);
  clock.after(10s);
  answer("idz", idz);
  EXPECT_GT(server()->blocks[index_of("idz")]->received, before->received);
}

TEST_F(StateTest, AnAnswerThatDoesNotTellTheStartSettlesNoIdentity) {
  varz({"ID1"});
  EXPECT_EQ(server(), nullptr);
  statsz(n1, started());
  EXPECT_NE(server()->blocks[index_of("varz")], nullptr) << "but it is kept";
}

TEST_F(StateTest, ConnectionsOfAccountsAreToldByWhoSpokeLast) {
  statsz(n1, started());
  accstatz(n1, "$G", 3, 1);  // which SERVER.CONNS never tells of
  ASSERT_EQ(server()->accounts.size(), 1U);
  EXPECT_EQ(server()->accounts[0].clients, 3U);
  EXPECT_EQ(server()->accounts[0].leafnodes, 1U);
  EXPECT_EQ(look()->accounts->at(server()->accounts[0].account).id, "$G");
  EXPECT_EQ(look()->accounts->at(server()->accounts[0].account).name, "Name of $G");
  clock.after(1s);
  const std::string late = block(n1);
  clock.after(1s);
  conns(n1, "$G", 5, "$SYS.ACCOUNT.$G.SERVER.CONNS");
  EXPECT_EQ(server()->accounts[0].clients, 5U);
  answer("accstatz", "{" + late + R"(,"data":{"account_statz":[{"acc":"$G","conns":4}]}})");
  EXPECT_EQ(server()->accounts[0].clients, 5U);
}

TEST_F(StateTest, AnAccountThatIsNoLongerListedHasNoConnections) {
  statsz(n1, started());
  accstatz(n1, "A", 3);
  clock.after(1s);
  conns(n1, "B", 2, "$SYS.ACCOUNT.B.SERVER.CONNS");
  const std::string before_c = block(n1);
  clock.after(1s);
  conns(n1, "C", 7, "$SYS.ACCOUNT.C.SERVER.CONNS");
  answer("accstatz", "{" + before_c + R"(,"data":{"account_statz":[{"acc":"B","conns":2}]}})");
  const auto clients = [&] {
    std::map<std::string, std::uint64_t> out;
    const auto snapshot = look();
    for (const auto& each : snapshot->servers.at(0)->accounts)
      out[snapshot->accounts->at(each.account).id] = each.clients;
    return out;
  };
  const std::map<std::string, std::uint64_t> expected{{"A", 0}, {"B", 2}, {"C", 7}};
  EXPECT_EQ(clients(), expected);
  clock.after(1s);
  answer("accstatz", "{" + block(n1) + R"(,"error":{"code":500}})");
  EXPECT_EQ(clients(), expected) << "a refusal lists nobody";
}

TEST_F(StateTest, AnUnusedAccountIsKnownButHasNoSeries) {
  statsz(n1, started());
  accstatz(n1, "IDLE", 0);
  const Server& asked = *state.roster().find("ID1");
  EXPECT_TRUE(server()->accounts.empty());
  EXPECT_EQ(state.accounts_of(asked), std::vector<std::string>{"IDLE"});
  conns(n1, "B", 2, "$SYS.ACCOUNT.B.SERVER.CONNS");
  conns(n1, "A", 2, "$SYS.ACCOUNT.A.SERVER.CONNS");
  EXPECT_EQ(state.accounts_of(asked), (std::vector<std::string>{"A", "B", "IDLE"}));
  clock.after(1s);
  accstatz(n1, "B", 0);
  EXPECT_EQ(state.accounts_of(asked), (std::vector<std::string>{"A", "B"})) << "it was removed";
  ASSERT_EQ(server()->accounts.size(), 2U);
}

TEST_F(StateTest, ConnectionsOfAccountsAreBelievedForThreeRounds) {
  Config slow = config();
  slow.collect["accstatz"].interval = 60s;
  State patient(slow, collectors(), [](const Event&, Now) {});
  connected(patient);
  listeners.push_back(&patient);
  statsz(n1, started());
  accstatz(n1, "A", 3);
  const auto age = [&](std::chrono::seconds time) {
    for (auto passed = 0s; passed < time; passed += 5s) {
      clock.after(5s);
      statsz(n1, started());
    }
    for (State* each : listeners) each->tick(clock.now());
  };
  const auto known = [&](State& in) { return in.snapshot({}, clock.now())->servers.at(0)->accounts.size(); };
  age(75s);
  EXPECT_EQ(known(state), 1U);
  age(5s);
  EXPECT_EQ(known(state), 0U);
  EXPECT_EQ(known(patient), 1U);
  age(100s);
  EXPECT_EQ(known(patient), 1U);
  age(5s);
  EXPECT_EQ(known(patient), 0U);
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
  listeners = {&bounded};
  statsz(n1, started());
  const auto snapshot = bounded.snapshot({}, clock.now());
  std::uint64_t other = 0;
  for (const auto& count : snapshot->servers.at(0)->connects) other += count.account == 0 ? count.value : 0;
  EXPECT_EQ(other, 3U);
  EXPECT_EQ(snapshot->accounts->size(), 3U);
  EXPECT_EQ(snapshot->folded, 3U);
}

TEST_F(StateTest, AccountsThatAreOnlyNamedTakeNoPlaceFromThoseWithEvents) {
  AccountTable table(2);
  for (const char* id : {"L1", "L2", "L3"}) table.learn(id, std::string("Name of ") + id);
  EXPECT_EQ(table.share()->size(), 3U) << "other and two";
  EXPECT_NE(table.index("A1", ""), 0U);
  EXPECT_EQ(table.share()->at(table.index("L1", "")).name, "Name of L1");
  EXPECT_EQ(table.folded(), 0U);
  EXPECT_EQ(table.index("A2", ""), 0U);
  EXPECT_EQ(table.index("L2", ""), 0U) << "named, but without a place for its events";
  EXPECT_EQ(table.folded(), 2U);
  EXPECT_NE(table.learn("L3", ""), 0U) << "L1 has left its place";
  EXPECT_EQ(table.learn("L4", ""), 0U);
  EXPECT_EQ(table.folded(), 2U) << "nothing was counted elsewhere";
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
  const std::string late = "{" + block(n1) + R"(,"statsz":{"start":"2025-12-31T23:00:00Z","mem":9}})";
  clock.after(1ms);
  shutdown(n1);
  answer("statsz", late);
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

// Events, a pushed STATSZ among them, come to who may not ask as well.
TEST_F(StateTest, AUserWhoMayNotAskStaysForbiddenUntilAnAnswerComes) {
  shutdown(n1);
  EXPECT_EQ(look()->link.identity, Identity::system);
  state.apply(LinkEvent{.kind = LinkEvent::Kind::permission, .text = "Permissions Violation for Publish"}, clock.now());
  EXPECT_EQ(look()->link.identity, Identity::forbidden);
  shutdown({"ID2", "n2"});
  EXPECT_EQ(look()->link.identity, Identity::forbidden);
  EXPECT_TRUE(finding("agent_identity"));
  state.answered();
  EXPECT_EQ(look()->link.identity, Identity::system);
  state.apply(LinkEvent{.kind = LinkEvent::Kind::permission, .text = "Permissions Violation for Publish"}, clock.now());
  EXPECT_EQ(look()->link.identity, Identity::system) << "it may not ask for all, but for some";
  EXPECT_TRUE(finding("agent_permissions"));
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

// The rule by which agents of different versions share servers.
TEST(Shard, IsFixedForEver) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8U);
  EXPECT_EQ(fnv1a("\xff"), 0xaf64724c8602eb6eU) << "bytes are unsigned";
  EXPECT_TRUE(in_shard({0, 1}, "foobar"));
  for (std::uint32_t index = 0; index < 3; ++index)
    EXPECT_EQ(in_shard({index, 3}, "foobar"), index == 0x85944171f73967e8U % 3);
}

class ShardsTest : public StateTest {
 protected:
  static constexpr std::uint32_t kShards = 3;
  static constexpr int kServers = 12;

  ShardsTest() {
    for (std::uint32_t i = 0; i < kShards; ++i) {
      logs.emplace_back(std::make_unique<std::vector<std::string>>());
      shards.push_back(
          std::make_unique<State>(share(i, kShards), collectors(), [to = logs.back().get()](const Event& event, Now) {
            to->emplace_back(
                std::string(kEventNames[static_cast<std::size_t>(event.kind)]).append(" ").append(event.server.name));
          }));
      connected(*shards.back());
      listeners.push_back(shards.back().get());
    }
  }
  static Process process(int server, int generation) {
    const std::string number = std::to_string(server);
    return {"ID" + number + "G" + std::to_string(generation), "n" + number};
  }
  // What of each server stands in a picture, as one line.
  std::vector<std::string> facts(State& in) {
    std::vector<std::string> out;
    const auto snapshot = in.snapshot({}, clock.now());
    for (const auto& view : snapshot->servers) {
      std::uint64_t connects = 0;
      for (const auto& count : view->connects) connects += count.value;
      std::uint64_t errors = 0;
      for (const std::uint64_t count : view->auth_errors) errors += count;
      std::uint64_t clients = 0;
      for (const auto& account : view->accounts) clients += account.clients;
      std::uint64_t restarts = 0;
      for (const std::uint64_t count : view->restarts) restarts += count;
      std::string line = view->name + " " + view->id;
      for (const std::uint64_t fact : {connects, errors, clients, restarts, std::uint64_t{view->blocks[0] != nullptr}})
        line.append(" ").append(std::to_string(fact));
      out.push_back(line);
    }
    return out;
  }

  std::vector<std::unique_ptr<std::vector<std::string>>> logs;
  std::vector<std::unique_ptr<State>> shards;
};

TEST_F(ShardsTest, AddUpToTheWholeThroughRestarts) {
  for (int generation = 0; generation < 2; ++generation) {
    const Wall start = clock.now().wall;
    clock.after(1s);
    for (int i = 0; i < kServers; ++i) {
      const Process server = process(i, generation);
      statsz(server, start, i);
      for (int cid = 0; cid <= i; ++cid) connect(server, static_cast<std::uint64_t>(cid) + 1, "A", clock.now().wall);
      auth_error(server, 99);
      conns(server, "A", i + 1, "$SYS.ACCOUNT.A.SERVER.CONNS");
      if (generation == 0) shutdown(server);
    }
    clock.after(2s);
  }
  for (int i = 0; i < kServers; ++i) statsz(process(i, 1), clock.now().wall - 3s, i);
  event("$JS.EVENT.ADVISORY.STREAM.CREATED.S", R"({"type":"io.nats.jetstream.advisory.v1.stream_action","id":"x"})");

  std::vector<std::string> sum;
  for (const auto& shard : shards) {
    const std::vector<std::string> share_of = facts(*shard);
    EXPECT_FALSE(share_of.empty());
    EXPECT_EQ(shard->snapshot({}, clock.now())->events, look()->events) << "all hear everything";
    sum.insert(sum.end(), share_of.begin(), share_of.end());
  }
  std::vector<std::string> whole = facts(state);
  std::sort(sum.begin(), sum.end());
  std::sort(whole.begin(), whole.end());
  ASSERT_EQ(whole.size(), static_cast<std::size_t>(kServers));
  EXPECT_EQ(whole.back(), "n9 ID9G1 20 2 10 1 1");
  EXPECT_EQ(sum, whole);

  std::size_t lines = 0;
  for (const auto& each : logs) lines += each->size();
  EXPECT_EQ(lines, log.size()) << "every event is told once";
  EXPECT_EQ(std::count(logs[0]->begin(), logs[0]->end(), "jetstream_advisory "), 1);
}

TEST_F(ShardsTest, AnswersOfOtherSharesShowThatTheAgentIsWhereItShouldBe) {
  State& other = *shards[in_shard({0, kShards}, "n1") ? 1 : 0];
  statsz(n1, started());
  EXPECT_TRUE(other.snapshot({}, clock.now())->servers.empty());
  EXPECT_EQ(other.link().identity(), Identity::system);
  EXPECT_EQ(other.snapshot({}, clock.now())->ignored_replies, 0U);
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

Config one_look() {
  Config out = config();
  out.command = Command::check;
  return out;
}

class OneLookTest : public StateTest {
 protected:
  OneLookTest() : StateTest(one_look()) {}
  // Servers that started so long ago and have no route to each other.
  std::vector<std::string> looked_at(std::chrono::seconds age) {
    for (const Process& process : {Process{"ID1", "n1"}, Process{"ID2", "n2"}}) {
      statsz(process, clock.now().wall - age);
      answer("routez", "{" + block(process) + R"(,"data":{"routes":[]}})");
    }
    state.tick(clock.after(1s));
    const auto snapshot = state.snapshot({}, clock.now());
    EXPECT_TRUE(snapshot->judging.once);
    EXPECT_EQ(snapshot->judged, clock.now().mono);
    std::vector<std::string> out;
    for (const Finding& finding : snapshot->findings) out.push_back(finding.check + " " + finding.entity);
    return out;
  }
};

TEST_F(OneLookTest, WhatIsSeenIsRaisedAtOnce) {
  EXPECT_THAT(looked_at(1h), Contains("cluster_routes east/n1 - n2"));
}

TEST_F(OneLookTest, AServerThatHasJustStartedHasTime) {
  EXPECT_THAT(looked_at(5s), testing::Not(Contains("cluster_routes east/n1 - n2")));
}

TEST_F(StateTest, AnAgentThatStaysWaitsForWhatLasts) {
  for (const Process& process : {Process{"ID1", "n1"}, Process{"ID2", "n2"}}) {
    statsz(process, clock.now().wall - 1h);
    answer("routez", "{" + block(process) + R"(,"data":{"routes":[]}})");
  }
  state.tick(clock.after(1s));
  const auto snapshot = state.snapshot({}, clock.now());
  EXPECT_FALSE(snapshot->judging.once);
  EXPECT_TRUE(snapshot->findings.empty());
}

}  // namespace
}  // namespace lookout

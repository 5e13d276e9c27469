// Servers die, restart, drain and fall silent: the roster and the restart causes are right, and nothing is frozen.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

// The shortest drain that nats-server accepts: clients are closed after the grace period, one a second.
constexpr const char* kShortDrain = "lame_duck_grace_period: 2s\nlame_duck_duration: 30s\n";

const Labels kN2{{"nats_cluster", "east"}, {"server", "n2"}};

class Lifecycle : public testing::Test {
 protected:
  void SetUp() override {
    agent_.start(watch(cluster_[0].url() + "," + cluster_[2].url(), {"--events.kinds=auth,lifecycle,connections"}));
    ASSERT_TRUE(agent_.sees(3)) << agent_;
  }

  [[nodiscard]] static Labels restarts(const std::string& cause) { return {{"server", "n2"}, {"cause", cause}}; }

  [[nodiscard]] bool state_is(const std::string& state) {
    return agent_.reaches("nats_lookout_servers", {{"state", state}}, 1);
  }

  // n2 is back, under a new id, and its restart was counted once, with this cause.
  void expect_one_restart(const std::string& cause) {
    EXPECT_TRUE(agent_.reaches("nats_server_restarts_total", restarts(cause), 1))
        << agent_.page().grep("restarts") << agent_;
    EXPECT_TRUE(agent_.sees(3)) << agent_;
    EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 1) << agent_.page().grep("nats_server_restarts_total");
    EXPECT_TRUE(agent_.page().is("nats_server_up", kN2, 1));
    EXPECT_EQ(agent_.page().count("nats_server_info", {{"server_id", cluster_[1].id()}}), 1U);
    EXPECT_EQ(agent_.page().count("nats_server_info", {{"server", "n2"}}), 1U);
    EXPECT_EQ(agent_.page().problem(), "");
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3, "east", kShortDrain};
  Agent agent_{dir_};
};

TEST_F(Lifecycle, AKilledServerIsLostAndItsRestartIsACrash) {
  visit(cluster_[1].port(), {"app", "wrong"});
  ASSERT_TRUE(agent_.reaches("nats_auth_errors_total", kN2, 1)) << agent_;
  cluster_[1].stop(SIGKILL);
  EXPECT_TRUE(agent_.reaches("nats_server_up", kN2, 0)) << agent_;
  EXPECT_TRUE(state_is("lost")) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total", kN2), 1) << "event counters stay";
  cluster_[1].start();
  expect_one_restart("crash");
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total", kN2), 1) << "event counters go on over a restart";
  EXPECT_EQ(agent_.events("server_lost").size(), 1U);
  EXPECT_EQ(agent_.events("server_restarted").size(), 1U);
}

TEST_F(Lifecycle, AFastRestartAfterACrashIsACrash) {
  cluster_[1].stop(SIGKILL);
  cluster_[1].start();
  expect_one_restart("crash");
}

TEST_F(Lifecycle, AnOrderlyRestartIsAShutdown) {
  cluster_[1].stop(SIGTERM);
  EXPECT_TRUE(state_is("stopped")) << agent_;
  EXPECT_TRUE(agent_.page().is("nats_server_up", kN2, 0));
  cluster_[1].start();
  expect_one_restart("shutdown");
}

TEST_F(Lifecycle, ALameDuckRestartIsALameDuck) {
  const Client client(cluster_[1].port(), kApp);  // without a client the server would end at once
  cluster_[1].signal(SIGUSR2);
  if (server_at_least(9, 22)) {  // older ones have no LAMEDUCK event: they speak on until their SHUTDOWN
    EXPECT_TRUE(state_is("draining")) << agent_;
    EXPECT_TRUE(agent_.page().is("nats_server_up", kN2, 1)) << "a draining server still serves";
  }
  EXPECT_TRUE(cluster_[1].process().wait(30s));
  cluster_[1].start();
  expect_one_restart(server_at_least(9, 22) ? "lame_duck" : "shutdown");
}

TEST_F(Lifecycle, ASilentServerLosesItsPolledSeriesAndNothingElse) {
  visit(cluster_[1].port(), {"app", "wrong"});
  visit(cluster_[1].port(), kApp);
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", {{"server", "n2"}, {"account", "APP"}}, 1)) << agent_;
  ASSERT_TRUE(agent_.reaches("nats_auth_errors_total", kN2, 1)) << agent_;
  const std::set<std::string> before = agent_.page().families(kN2);
  const std::string polled = "nats_server_connections";
  ASSERT_TRUE(before.contains(polled));
  cluster_[1].signal(SIGSTOP);
  EXPECT_TRUE(agent_.reaches("nats_server_up", kN2, 0)) << agent_;
  EXPECT_TRUE(agent_.reaches([&](const Page& page) { return page.count(polled, kN2) == 0; })) << agent_;
  const std::set<std::string> after = agent_.page().families(kN2);
  for (const char* kept : {"nats_server_up", "nats_server_restarts_total", "nats_auth_errors_total",
                           "nats_client_connects_total", "nats_client_disconnects_total"}) {
    EXPECT_TRUE(after.contains(kept)) << kept;
  }
  EXPECT_LT(after.size() + 15, before.size()) << agent_.page().grep("n2");
  EXPECT_EQ(agent_.page().count("nats_account_connections", kN2), 0U)
      << "the last word of a silent server is not the present";
  cluster_[1].signal(SIGCONT);
  EXPECT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 0) << "the same process came back";
  EXPECT_EQ(agent_.events("server_returned").size(), 1U);
}

// A reload repeats CONNECT for every live client and makes the accounts' connections dip.
TEST_F(Lifecycle, AConfigReloadCountsNoConnectTwice) {
  std::vector<Client> clients;
  for (int index = 0; index < 5; ++index) clients.emplace_back(cluster_[1].port(), kApp);
  const Labels app{{"server", "n2"}, {"account", "APP"}};
  ASSERT_TRUE(agent_.reaches("nats_client_connects_total", app, 5)) << agent_;
  const double connects = agent_.page().sum("nats_lookout_events_total", {{"event", "connect"}});
  cluster_[1].reload(documented_accounts(kAdmin.password, "  C { users: [{user: c, password: fake-c-password}] }\n"));
  ASSERT_TRUE(agent_.reaches([&](const Page& page) {
    return page.sum("nats_lookout_events_total", {{"event", "connect"}}) >= connects + 5;
  })) << "the server did not repeat its CONNECTs";
  visit(cluster_[1].port(), kB);  // what the server sent before has been handled when this is counted
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", {{"server", "n2"}, {"account", "B"}}, 1)) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_client_connects_total", app), 5);
  EXPECT_EQ(agent_.page().sum("nats_client_disconnects_total", app), 0);
  // 2.9 moves the clients through $G and says nothing of their return until the account changes again.
  if (!server_at_least(10)) visit(cluster_[1].port(), kApp);
  EXPECT_TRUE(agent_.reaches("nats_account_connections", app, 5))
      << agent_.page().grep("nats_account_connections") << "the server says " << cluster_[1].connections("APP");
}

// The agent's own connection is cut; what happened before is not counted again after.
TEST_F(Lifecycle, AReconnectingAgentCountsNothingTwice) {
  std::vector<Client> clients;
  for (int index = 0; index < 5; ++index) clients.emplace_back(cluster_[1].port(), kApp);
  visit(cluster_[1].port(), {"app", "wrong"});
  const Labels app{{"server", "n2"}, {"account", "APP"}};
  ASSERT_TRUE(agent_.reaches("nats_client_connects_total", app, 5)) << agent_;
  ASSERT_TRUE(agent_.reaches("nats_auth_errors_total", kN2, 1)) << agent_;
  const std::size_t home = cluster_[0].connections("SYS") > 0 ? 0 : 2;  // the agent is connected here
  cluster_[home].stop(SIGKILL);
  ASSERT_TRUE(agent_.reaches("nats_lookout_servers", {{"state", "lost"}}, 1)) << agent_;
  ASSERT_TRUE(agent_.reaches("nats_lookout_connected", {}, 1)) << agent_;
  visit(cluster_[1].port(), kB);
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", {{"server", "n2"}, {"account", "B"}}, 1)) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_client_connects_total", app), 5);
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total", kN2), 1);
  EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 0);
}

}  // namespace
}  // namespace lookout::e2e

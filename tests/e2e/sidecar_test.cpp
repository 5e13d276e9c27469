// --scope=server: an agent beside one server speaks of that server only, and stays with it.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

class Sidecar : public testing::Test {
 protected:
  void SetUp() override {
    agent_.start(watch(cluster_[0].url(), {"--scope=server", "--servers.drain-limit=3s"}));
    ASSERT_TRUE(agent_.sees(1)) << agent_;
  }

  // No page ever tells of another server.
  [[nodiscard]] bool speaks_of_others() const {
    return agent_.page().families({{"server", "n2"}}).size() + agent_.page().families({{"server", "n3"}}).size() > 0;
  }

  // Waits for n1's series to have this value, and looks at every page on the way.
  void expect(const std::string& name, const Labels& match, double value) {
    bool others = false;
    EXPECT_TRUE(agent_.reaches(
        [&](const Page& page) {
          others = others || speaks_of_others();
          return page.count(name, match) > 0 && page.sum(name, match) == value;
        },
        30s))
        << agent_.page().grep(name) << agent_;
    EXPECT_FALSE(others);
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3, "east", "lame_duck_grace_period: 2s\nlame_duck_duration: 30s\n"};
  Agent agent_{dir_};
};

TEST_F(Sidecar, StaysWithItsServerThroughLameDuckAndRestart) {
  const Client client(cluster_[0].port(), kApp);
  cluster_[0].signal(SIGUSR2);
  EXPECT_TRUE(cluster_[0].process().wait(30s));
  expect("nats_lookout_connected", {}, 0);
  if (server_at_least(9, 22)) expect("nats_server_up", {{"server", "n1"}}, 0);
  cluster_[0].start();
  expect("nats_lookout_connected", {}, 1);
  expect("nats_server_restarts_total", {{"server", "n1"}}, 1);
  // Before 2.9.22 nothing but the last SHUTDOWN tells, and that comes after the sidecar's connection was closed.
  if (server_at_least(9, 22)) expect("nats_server_restarts_total", {{"server", "n1"}, {"cause", "lame_duck"}}, 1);
  expect("nats_server_up", {{"server", "n1"}}, 1);
}

TEST_F(Sidecar, IgnoresWhatHappensOnOtherServers) {
  visit(cluster_[1].port(), {"app", "wrong"});
  visit(cluster_[0].port(), {"app", "wrong"});
  expect("nats_auth_errors_total", {{"server", "n1"}}, 1);
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 1);
}

TEST_F(Sidecar, SaysSoOnAnotherServerAndExportsNothingOfIt) {
  cluster_[0].stop(SIGKILL);
  cluster_[0].set_name("other");
  cluster_[0].start();
  EXPECT_TRUE(agent_.health_says("other")) << agent_;
  EXPECT_TRUE(agent_.reaches([](const Page& page) { return page.count("nats_server_up") == 0; })) << agent_;
  EXPECT_TRUE(agent_.page().families({{"server", "other"}}).empty()) << agent_.page().grep("other");
  EXPECT_TRUE(agent_.page().is("nats_lookout_identity", {{"state", "wrong_server"}}, 1))
      << agent_.page().grep("identity");
  cluster_[0].stop(SIGTERM);
  cluster_[0].set_name("n1");
  cluster_[0].start();
  expect("nats_server_up", {{"server", "n1"}}, 1);
}

}  // namespace
}  // namespace lookout::e2e

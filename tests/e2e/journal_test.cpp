// What was counted survives the agent's death, and what failed while it was dead is found: exactly, and no counter ever
// goes back.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

const Login kWrong{"app", "wrong"};

class Journal : public testing::Test {
 protected:
  void start() {
    agent_.start(watch(cluster_.urls(), {"--state.dir=" + (dir_ / "state").string(), "--collect.closed.interval=1s"}));
  }
  [[nodiscard]] double errors() { return agent_.metrics().sum("nats_auth_errors_total"); }

  TempDir dir_;
  Cluster cluster_{dir_, 3};
  Agent agent_{dir_};
};

TEST_F(Journal, CountsSurviveAKillAndWhatWasMissedIsFound) {
  start();
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  for (std::size_t i = 0; i < 100; ++i) EXPECT_FALSE(visit(cluster_[i % 3].port(), kWrong));
  for (std::size_t i = 0; i < 20; ++i) EXPECT_TRUE(visit(cluster_[i % 3].port(), kApp));
  ASSERT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 100)) << agent_;
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", {{"account", "APP"}}, 20)) << agent_;
  const double attempts = agent_.page().sum("nats_auth_attempts_total");
  agent_.process().kill();
  for (std::size_t i = 0; i < 51; ++i) EXPECT_FALSE(visit(cluster_[i % 3].port(), kWrong));
  start();
  EXPECT_GE(errors(), 100) << "the very first page";
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 151)) << agent_.page().grep("nats_auth_errors") << agent_;
  EXPECT_EQ(agent_.page().sum("nats_client_connects_total", {{"account", "APP"}}), 20);
  EXPECT_GT(agent_.page().sum("nats_auth_attempts_total"), attempts);
  EXPECT_EQ(agent_.page().sum("nats_lookout_journal_ok"), 1);
  EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 0);
  EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 152)) << agent_.page().grep("nats_auth_errors");
}

TEST_F(Journal, ABurstIsCountedExactlyThroughKills) {
  constexpr int kAll = 10000;
  start();
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  std::atomic<int> made = 0;
  std::vector<std::thread> attackers;
  for (std::size_t server = 0; server < 3; ++server) {
    const int share = kAll / 3 + (server == 0 ? kAll % 3 : 0);
    attackers.emplace_back([&, share, port = cluster_[server].port()] {
      for (int i = 0; i < share; ++i) made += visit(port, kWrong) ? 0 : 1;
    });
  }
  double shown = 0;
  for (int kills = 0; kills < 4; ++kills) {
    const int until = made + 1500;
    EXPECT_TRUE(eventually(
        [&] {
          const double now = errors();
          EXPECT_GE(now, shown);
          shown = std::max(now, shown);
          return made >= until || made == kAll;
        },
        60s));
    agent_.process().kill();
    start();
    const double first = errors();
    EXPECT_GE(first, shown) << "the first page after a kill";
    shown = std::max(shown, first);
  }
  for (std::thread& attacker : attackers) attacker.join();
  ASSERT_EQ(made, kAll);
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, kAll, 60s)) << agent_.page().grep("nats_auth_errors");
  EXPECT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_EQ(errors(), kAll) << agent_.metrics().grep("nats_auth_errors");
}

TEST_F(Journal, ADamagedOneIsSaidAndStartedAnew) {
  std::filesystem::create_directories(dir_ / "state");
  write_file(dir_ / "state/journal", "this is no journal");
  start();
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_NE(agent_.log().find("is damaged: it is started anew"), std::string::npos) << agent_;
  EXPECT_EQ(agent_.metrics().sum("nats_lookout_journal_ok"), 1);
}

TEST_F(Journal, ADirectoryThatCannotBeWrittenStopsNothing) {
  write_file(dir_ / "state", "a file where a directory should be");
  start();
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_EQ(agent_.metrics().sum("nats_lookout_journal_ok"), 0);
  EXPECT_TRUE(agent_.health_says("agent_journal"));
  EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 1)) << agent_;
}

}  // namespace
}  // namespace lookout::e2e

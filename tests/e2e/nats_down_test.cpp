// /metrics answers whatever NATS does, says that there is no connection, and costs no memory.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

constexpr long kAllowedGrowthKiB = 1024;

class NatsDown : public testing::Test {
 protected:
  // Every scrape answers at once: a second is far below any time-out towards NATS (5 s).
  void scrape(int times) const {
    for (int index = 0; index < times; ++index) {
      const auto start = std::chrono::steady_clock::now();
      ASSERT_EQ(agent_.get("/metrics").status, 200);
      ASSERT_LT(std::chrono::steady_clock::now() - start, 1s);
    }
  }

  TempDir dir_;
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
};

TEST_F(NatsDown, AtTheStartIsWaitedFor) {
  agent_.start(watch(server_.url()));
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  EXPECT_EQ(agent_.get("/livez").status, 200);
  EXPECT_EQ(agent_.get("/readyz").status, 200);
  EXPECT_TRUE(agent_.strict_health_is(503)) << agent_;
  server_.start();
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(NatsDown, MemoryDoesNotGrow) {
  agent_.start(watch(server_.url(), {"--nats.reconnect-wait=20ms", "--nats.reconnect-wait-max=20ms"}));
  scrape(1000);
  const long before = agent_.memory();
  scrape(4000);
  EXPECT_LT(agent_.memory(), before + kAllowedGrowthKiB);
  EXPECT_TRUE(agent_.page().problem().empty());
}

TEST_F(NatsDown, LaterIsSaidAndRecoveredFrom) {
  server_.start();
  agent_.start(watch(server_.url()));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  server_.stop(SIGKILL);
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  // Nothing can be asked now, so silence is 2.5 intervals of STATSZ: 10 s, and 30 s before 2.10.21.
  EXPECT_TRUE(agent_.reaches("nats_server_up", {{"server", "n1"}}, 0, server_at_least(10, 21) ? 40s : 90s)) << agent_;
  EXPECT_EQ(agent_.page().count("nats_server_connections"), 0U);
  server_.start();
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

// A frozen server holds libnats inside its calls; a page never waits for those.
TEST_F(NatsDown, AFrozenServerDelaysNoScrape) {
  server_.start();
  agent_.start(watch(server_.url(), {"--nats.ping-interval=1s"}));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  server_.signal(SIGSTOP);
  EXPECT_TRUE(agent_.reaches(
      [&](const Page& page) {
        scrape(1);
        return page.is("nats_lookout_connected", {}, 0);
      },
      40s))
      << agent_;
  server_.signal(SIGCONT);
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

}  // namespace
}  // namespace lookout::e2e

// Minutes of traffic and scrapes leave the memory where it was. Only in tests/run --all.
#include <gtest/gtest.h>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

// What is kept of the last minute's connections grows with the highest rate the machine has reached: half the time to
// find it.
constexpr auto kWarmUp = 150s;
constexpr auto kSoak = 300s;
constexpr long kAllowedGrowthKiB = 2048;

TEST(Soak, MemoryStaysFlat) {
  const TempDir dir;
  Cluster cluster(dir, 3);
  Agent agent(dir);
  agent.start(watch(cluster.urls(), {"--events.kinds=all"}));
  ASSERT_TRUE(agent.sees(3)) << agent;
  const auto start = std::chrono::steady_clock::now();
  long warm = 0;
  int visits = 0;
  int failures = 0;
  while (std::chrono::steady_clock::now() - start < kSoak) {
    const std::size_t server = static_cast<std::size_t>(visits) % cluster.size();
    ASSERT_TRUE(visit(cluster[server].port(), {kApp.user, kApp.password, "client-" + std::to_string(visits)}));
    if (++visits % 10 == 0) {
      visit(cluster[server].port(), {"user-" + std::to_string(visits), "wrong"});
      ++failures;
      ASSERT_EQ(agent.get("/metrics").status, 200);
    }
    if (warm == 0 && std::chrono::steady_clock::now() - start > kWarmUp) warm = agent.memory();
  }
  EXPECT_LT(agent.memory(), warm + kAllowedGrowthKiB) << "after " << visits << " visits";
  EXPECT_TRUE(agent.reaches("nats_client_disconnects_total", {{"account", "APP"}}, visits)) << agent;
  EXPECT_EQ(agent.page().sum("nats_client_connects_total", {{"account", "APP"}}), visits);
  EXPECT_EQ(agent.page().sum("nats_auth_errors_total"), failures);
  EXPECT_EQ(agent.page().sum("nats_lookout_events_dropped_total"), 0);
}

}  // namespace
}  // namespace lookout::e2e

// The shipped rules, unedited, with a real Prometheus and Alertmanager: scrape, rule, alert, resolve. A rolling restart
// pages nobody. The binaries are $LOOKOUT_ALERTMANAGER and $LOOKOUT_PROMETHEUS (2.x).
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/alertmanager.h"
#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/prometheus.h"

namespace lookout::e2e {
namespace {

const std::vector<std::string> kExpected{"NatsServerLost", "NatsStreamLeader", "NatsMetaLeader"};

class AlertRules : public testing::Test {
 protected:
  void SetUp() override {
    prometheus_binary_ = from_environment("LOOKOUT_PROMETHEUS", "");
    const std::string binary = from_environment("LOOKOUT_ALERTMANAGER", "");
    if (prometheus_binary_.empty() || binary.empty())
      GTEST_SKIP() << "LOOKOUT_PROMETHEUS or LOOKOUT_ALERTMANAGER is not set";
    alertmanager_ = std::make_unique<Alertmanager>(dir_, binary, receiver_.url("/alertmanager"));
    ASSERT_TRUE(alertmanager_->start()) << alertmanager_->log();
    JetStream(cluster_[0].url(), kApp).add({.name = "ORDERS", .replicas = 3, .subject = "orders"});
    agent_.start(watch(cluster_.urls()));
    ASSERT_TRUE(agent_.sees(3)) << agent_;
    ASSERT_TRUE(agent_.reaches("nats_stream_has_leader", {}, 1)) << agent_;
  }

  [[nodiscard]] bool told(const std::string& alert, const std::string& status) {
    return !receiver_.posts("/alertmanager", status, "alertname", alert).empty();
  }

  std::string prometheus_binary_;
  TempDir dir_;
  Receiver receiver_;
  std::unique_ptr<Alertmanager> alertmanager_;
  Cluster cluster_{dir_, 3, "east", small_jetstream(dir_), "", jetstream_accounts()};
  Agent agent_{dir_};
};

TEST_F(AlertRules, TellWhatIsLostAndThatItIsBackAndNothingOfARollingRestart) {
  const Prometheus prometheus(dir_, prometheus_binary_, {{"nats-lookout", {agent_.port()}}}, alertmanager_->port());
  ASSERT_TRUE(prometheus.has("nats_lookout_connected==1")) << prometheus.log();

  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    cluster_[i].stop(SIGTERM);
    EXPECT_TRUE(prometheus.has("nats_server_up{server=\"" + cluster_[i].name() + "\"}==0"));
    cluster_[i].start();
    EXPECT_TRUE(prometheus.has("nats_server_up{server=\"" + cluster_[i].name() + "\"}==1"));
    ASSERT_TRUE(eventually([&] { return cluster_.whole(); }));
  }
  ASSERT_TRUE(prometheus.has("nats_meta_has_leader==1 and on () nats_stream_has_leader==1"));
  // What was on its way to an alert is over by now, or would become one.
  ASSERT_TRUE(prometheus.has("absent(ALERTS{severity=\"critical\"})")) << prometheus.ask("alerts");
  EXPECT_EQ(receiver_.everything(), "");

  // Two of three: there is no majority for anything.
  cluster_[1].stop(SIGKILL);
  cluster_[2].stop(SIGKILL);
  for (const std::string& alert : kExpected)
    EXPECT_TRUE(eventually([&] { return told(alert, "firing"); }, 120s)) << alert << prometheus.ask("alerts");
  cluster_[1].start();
  cluster_[2].start();
  for (const std::string& alert : kExpected)
    EXPECT_TRUE(eventually([&] { return told(alert, "resolved"); }, 60s)) << alert << prometheus.ask("alerts");
  EXPECT_EQ(prometheus.complaints(), "");
}

}  // namespace
}  // namespace lookout::e2e

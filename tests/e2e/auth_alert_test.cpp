// Many failed logins: none is lost, and an attack becomes one notification within seconds, though the agent and
// Prometheus both tell Alertmanager of it. The binaries are $LOOKOUT_ALERTMANAGER and $LOOKOUT_PROMETHEUS (2.x).
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/alertmanager.h"
#include "tests/e2e/support/prometheus.h"

namespace lookout::e2e {
namespace {

TEST(AuthBurst, TenThousandFailuresAreAllCounted) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2500;
  const TempDir dir;
  Cluster cluster(dir, 3);
  Agent agent(dir);
  agent.start(watch(cluster.urls(), {"--events.kinds=all", "--collect.closed.interval=1s"}));
  ASSERT_TRUE(agent.sees(3)) << agent;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = std::to_string(thread) + '-' + std::to_string(i);
        const Client client(cluster[static_cast<std::size_t>(i + thread) % 3].port(), {"app", "wrong", name});
        if (client.error().find("Authorization Violation") != std::string::npos) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(refused, kThreads * kEach);
  const auto everything = [&] { return agent.page().grep("nats_auth_") + agent.page().grep("dropped"); };
  EXPECT_TRUE(agent.reaches("nats_auth_errors_total", {{"reason", "authentication_failure"}}, refused)) << everything();
  EXPECT_TRUE(eventually([&] { return agent.events("auth_error").size() == static_cast<std::size_t>(refused); }))
      << agent.events("auth_error").size();
  EXPECT_TRUE(visit(cluster[0].port(), kApp));  // told after all of them
  EXPECT_TRUE(agent.reaches("nats_client_disconnects_total", {{"account", "APP"}}, 1)) << everything();
  EXPECT_EQ(agent.page().sum("nats_auth_errors_total"), refused) << everything();
  EXPECT_EQ(agent.page().sum("nats_auth_error_details_total"), refused) << everything();
  EXPECT_EQ(agent.page().sum("nats_auth_errors_recovered_total"), 0) << everything();
  EXPECT_EQ(agent.page().sum("nats_auth_errors_possibly_lost_total"), 0) << everything();
  EXPECT_EQ(agent.page().sum("nats_lookout_nats_slow_consumer_drops_total"), 0) << everything();
  double dropped = agent.page().sum("nats_lookout_events_dropped_total");
  for (const char* spare : {"foreign", "conns_twin"})
    dropped -= agent.page().sum("nats_lookout_events_dropped_total", {{"class", spare}});
  EXPECT_EQ(dropped, 0) << everything();
}

// The block of the example's configuration.
std::string inhibit_rules() {
  const std::string example = read_file(LOOKOUT_SOURCE "/deploy/alertmanager/alertmanager.example.yaml");
  const std::size_t begin = example.find("\ninhibit_rules:");
  return example.substr(begin, example.find("\nreceivers:") - begin) + '\n';
}

const std::string kAlert = "NatsAuthBruteForce";

class AuthAlert : public testing::Test {
 protected:
  void SetUp() override {
    const std::string binary = from_environment("LOOKOUT_ALERTMANAGER", "");
    if (binary.empty()) GTEST_SKIP() << "LOOKOUT_ALERTMANAGER is not set";
    alertmanager_ = std::make_unique<Alertmanager>(dir_, binary, receiver_.url("/alertmanager"),
                                                   "[alertname, nats_cluster]", inhibit_rules());
    ASSERT_TRUE(alertmanager_->start()) << alertmanager_->log();
    cluster_ = std::make_unique<Cluster>(dir_, 3);
    agent_.start(watch(cluster_->urls(), {"--alertmanager.url=" + alertmanager_->url(), "--auth.brute-force=20/30s"}));
    ASSERT_TRUE(agent_.sees(3)) << agent_;
  }

  void attack() {
    for (std::size_t i = 0; i < 30; ++i)
      EXPECT_FALSE(visit((*cluster_)[i % 3].port(), {"app", "wrong", std::to_string(i)}));
  }
  [[nodiscard]] std::size_t notifications(const std::string& status) {
    return receiver_.posts("/alertmanager", status, "alertname", kAlert).size();
  }
  // The alert that came from the agent, or the one that did not; null: it is not there.
  [[nodiscard]] nlohmann::json alert(bool from_agent) const {
    for (const nlohmann::json& each : alertmanager_->alerts("alertname", kAlert)) {
      if (each["labels"].contains("source") == from_agent) return each;
    }
    return {};
  }
  [[nodiscard]] bool is(const nlohmann::json& alert, const std::string& state) const {
    return alert.is_object() && alert["status"]["state"] == state;
  }

  TempDir dir_;
  Receiver receiver_;
  std::unique_ptr<Alertmanager> alertmanager_;
  std::unique_ptr<Cluster> cluster_;
  Agent agent_{dir_};
};

TEST_F(AuthAlert, AnAttackIsToldWithinFiveSeconds) {
  const auto begin = std::chrono::steady_clock::now();
  attack();
  ASSERT_TRUE(eventually([&] { return notifications("firing") > 0; })) << agent_ << alertmanager_->log();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  const nlohmann::json post =
      nlohmann::json::parse(receiver_.posts("/alertmanager", "firing", "alertname", kAlert).front().body);
  ASSERT_EQ(post["alerts"].size(), 1U) << post;
  EXPECT_EQ(post["alerts"][0]["labels"], (nlohmann::json{{"alertname", kAlert},
                                                         {"nats_cluster", "east"},
                                                         {"entity", "east"},
                                                         {"severity", "critical"},
                                                         {"source", "nats-lookout"}}));
  const std::string description = post["alerts"][0]["annotations"]["description"];
  EXPECT_NE(description.find("127.0.0.1"), std::string::npos) << description;
}

TEST_F(AuthAlert, TheSameFromPrometheusIsNoSecondNotification) {
  const std::string binary = from_environment("LOOKOUT_PROMETHEUS", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_PROMETHEUS is not set";
  const Prometheus prometheus(dir_, binary, {{"nats-lookout", {agent_.port()}}}, alertmanager_->port());
  ASSERT_TRUE(prometheus.has("nats_lookout_connected==1")) << prometheus.log();
  attack();
  ASSERT_TRUE(eventually([&] { return is(alert(true), "active") && is(alert(false), "suppressed"); }))
      << alert(true) << alert(false) << prometheus.ask("alerts") << prometheus.log() << alertmanager_->log();
  const nlohmann::json pushed = alert(true);
  const nlohmann::json found = alert(false);
  EXPECT_EQ(found["labels"]["nats_cluster"], pushed["labels"]["nats_cluster"]);
  EXPECT_EQ(found["labels"]["severity"], pushed["labels"]["severity"]);
  EXPECT_EQ(found["status"]["inhibitedBy"], nlohmann::json{pushed["fingerprint"]});
  EXPECT_EQ(notifications("firing"), 1U);

  // The pushed alert ends later than the rule's, which it keeps silent.
  EXPECT_TRUE(agent_.reaches("nats_auth_pattern", {{"pattern", "brute_force"}}, 0, 70s)) << agent_;
  EXPECT_TRUE(eventually([&] { return alert(true).is_null() && alert(false).is_null(); }, 90s))
      << alert(true) << alert(false) << prometheus.ask("alerts");
  EXPECT_EQ(notifications("firing"), 1U) << receiver_.everything();
  EXPECT_TRUE(eventually([&] { return notifications("resolved") > 0; })) << alertmanager_->log();
}

}  // namespace
}  // namespace lookout::e2e

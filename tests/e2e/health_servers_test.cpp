// Drills: servers of a cluster with streams drain, stop, die, freeze and come back. Every finding that this should
// raise is raised, no other one is, and all of them go.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/nats.h"

namespace lookout::e2e {
namespace {

// The shortest drain that nats-server accepts: clients are closed after the grace period, one a second.
constexpr const char* kShortDrain = "lame_duck_grace_period: 2s\nlame_duck_duration: 30s\n";

// The leader of the meta group or of a stream may be on a server that goes: then there is none for a moment.
const Drill::Findings kWhileServersGo{kUnanswered, "meta_leader", "stream_leader", "warning server_unhealthy"};

class HealthServers : public DrillTest {
 protected:
  void SetUp() override {
    for (const auto& server : clusterwide())
      ASSERT_TRUE(eventually([&] { return server->number("/jsz", "/meta_cluster/cluster_size") == 3; }, 30s));
    const JetStream app(cluster_[0].url(), kApp);
    for (const char* name : {"R3", "OTHER"}) {
      const std::string subject(name);
      app.add({.name = name, .replicas = 3, .subject = subject + ".>"});
      app.add_consumer(name, "worker");
      app.publish(subject + ".x", 20);
      app.fetch(name, "worker", 10, 5);
    }
    for (int i = 0; i < 9; ++i)
      clients_.emplace_back(cluster_[static_cast<std::size_t>(i % 3)].port(), i < 6 ? kApp : kB);
  }

  // The agent logs in to these servers.
  void watch_by(const std::string& urls) {
    std::vector<std::string> options = hasty();
    options.emplace_back("--collect.jsz.level=detail");
    watch_with(watch(urls, options), 3);
  }

  [[nodiscard]] std::vector<NatsServer*> clusterwide() { return {&cluster_[0], &cluster_[1], &cluster_[2]}; }

  // As an orchestrator waits before it goes on to the next one.
  void start_and_wait(const std::vector<std::size_t>& indices) {
    for (const std::size_t index : indices) cluster_[index].start();
    for (const std::size_t index : indices) {
      EXPECT_TRUE(
          eventually([&] { return cluster_.whole() && cluster_[index].text("/healthz", "/status") == "ok"; }, 30s));
    }
  }

  // What is wrong with a cluster of which one server is gone.
  static Drill::Findings without(const std::string& server, const std::string& finding) {
    return {finding + " east/" + server, "warning meta_quorum meta group", "warning meta_peers meta group: " + server,
            "warning stream_replicas east/" + server};
  }

  Cluster cluster_{dir_, 3, "east", small_jetstream(dir_) + kShortDrain, "", jetstream_accounts()};
  std::vector<Client> clients_;
};

TEST_F(HealthServers, AHealthyClusterHasNoFindings) {
  watch_by(cluster_.urls());
  drill_->expect("a minute", {}, {}, 5s, 60s);
}

TEST_F(HealthServers, AnOrderlyStopIsAWarningUntilTheServerIsBack) {
  watch_by(cluster_[0].url());
  cluster_[1].stop(SIGTERM);
  drill_->expect("n2 was stopped", without("n2", "warning server_stopped"), kWhileServersGo);
  cluster_[1].start();
  drill_->expect("n2 is back", {}, kWhileServersGo);
}

TEST_F(HealthServers, ALameDuckIsAWarningUntilTheServerIsBack) {
  watch_by(cluster_[0].url());
  cluster_[1].signal(SIGUSR2);
  drill_->expect("n2 drains", without("n2", "warning server_draining"), kWhileServersGo);
  EXPECT_TRUE(cluster_[1].process().wait(30s));
  drill_->expect("n2 has ended", without("n2", "warning server_draining"), kWhileServersGo);
  cluster_[1].start();
  drill_->expect("n2 is back", {}, kWhileServersGo);
}

TEST_F(HealthServers, AKilledServerIsLostAndHasRestartedWhenItIsBack) {
  watch_by(cluster_[0].url());
  cluster_[1].stop(SIGKILL);
  drill_->expect("n2 was killed", without("n2", "critical server_lost"), kWhileServersGo);
  cluster_[1].start();
  drill_->expect("n2 is back", {"critical server_restarted east/n2"}, kWhileServersGo, 60s, 1s);
  drill_->expect("some time", {});
}

TEST_F(HealthServers, TwoOfThreeKilledIsAClusterWithoutQuorum) {
  watch_by(cluster_[2].url());
  cluster_[0].stop(SIGKILL);
  cluster_[1].stop(SIGKILL);
  drill_->expect("n1 and n2 were killed",
                 {"critical server_lost east/n1", "critical server_lost east/n2", "critical cluster_servers east",
                  "critical meta_leader meta group", "critical stream_leader APP/R3",
                  "critical stream_leader APP/OTHER", "critical consumer_leader APP/R3/worker",
                  "critical consumer_leader APP/OTHER/worker", "critical server_unhealthy east/n3"},
                 {kUnanswered, "meta_quorum", "meta_peers", "stream_replicas"}, 90s);
  start_and_wait({0, 1});
  drill_->expect("they are back", {}, {kUnanswered, "server_restarted", "meta_", "stream_", "consumer_"}, 90s);
}

TEST_F(HealthServers, ARollingRestartIsNeverCritical) {
  watch_by(cluster_.urls());
  const Drill::Findings warnings{"warning ", "critical agent_connection"};
  for (std::size_t index = 0; index < 3; ++index) {
    const std::string name = cluster_[index].name();
    cluster_[index].stop(SIGTERM);
    drill_->expect(name + " was stopped", without(name, "warning server_stopped"), warnings);
    EXPECT_NE(agent_.get("/health").body.find("(planned: "), std::string::npos) << agent_;
    start_and_wait({index});
  }
  drill_->expect("all were restarted", {}, warnings);
}

TEST_F(HealthServers, AFrozenServerIsLostAndBackWithoutARestart) {
  watch_by(cluster_[0].url());
  cluster_[1].signal(SIGSTOP);
  drill_->expect("n2 froze", without("n2", "critical server_lost"), kWhileServersGo);
  cluster_[1].signal(SIGCONT);
  drill_->expect("n2 goes on", {}, kWhileServersGo);
}

// What restarts the agent cannot repair what it watches.
TEST_F(HealthServers, ADeadClusterFailsNoProbe) {
  watch_by(cluster_.urls());
  for (NatsServer* server : clusterwide()) server->stop(SIGKILL);
  drill_->expect("all were killed",
                 {"critical agent_connection agent", "unknown server_lost east/n1", "unknown server_lost east/n2",
                  "unknown server_lost east/n3"},
                 {kUnanswered, "unknown agent_connection"});
  EXPECT_EQ(agent_.get("/livez").status, 200);
  EXPECT_EQ(agent_.get("/readyz").status, 200);
  EXPECT_EQ(agent_.get("/metrics").status, 200);
  EXPECT_EQ(agent_.get("/health?strict=1").status, 503);
  for (NatsServer* server : clusterwide()) server->start();
  drill_->expect("all are back", {}, {kUnanswered, "server_restarted", "meta_", "stream_", "consumer_"});
}

}  // namespace
}  // namespace lookout::e2e

// Every query of the dashboards shows something on a deployment where everything exists: two clusters, leaf nodes,
// limits, TLS, claims that expire, failed logins, servers that restart and are lost. $LOOKOUT_DASHBOARDS names a
// directory of other dashboards to be run on the same deployment.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/alertmanager.h"
#include "tests/e2e/support/certificates.h"
#include "tests/e2e/support/facts.h"
#include "tests/e2e/support/fleet.h"
#include "tests/e2e/support/nkey.h"
#include "tests/e2e/support/prometheus.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

std::vector<std::string> dashboards_in(const std::filesystem::path& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What only a server by itself has in these tests: TLS beside plain connections, an account with limits, and patience
// with who does not read.
ServerSpec limited(const TempDir& dir) {
  const Certificates certificates(dir);
  certificates.authority("ca");
  certificates.issue("ca", "server");
  return {.name = "limited",
          .accounts = "accounts { SYS { users: [{user: \"" + kAdmin.user + "\", password: \"" + kAdmin.password +
                      "\"}] }, LIMITED { jetstream: {max_store: 10MB, max_mem: 10MB}, users: [{user: \"" + kApp.user +
                      "\", password: \"" + kApp.password + "\"}] } }\nsystem_account: SYS\n",
          .extra = small_jetstream(dir) + "write_deadline: 5m\nallow_non_tls: true\ntls { cert_file: \"" +
                   certificates.path("server.pem") + "\", key_file: \"" + certificates.path("server.key") + "\" }\n"};
}

class Dashboards : public testing::Test {
 protected:
  Dashboards() {
    for (const StreamSpec& stream :
         std::vector<StreamSpec>{{.name = "R1", .subject = "r1.>", .cluster = "east"},
                                 {.name = "R3", .replicas = 3, .subject = "r3.>", .cluster = "west"},
                                 {.name = "MIRROR", .mirror = "R3", .cluster = "east"},
                                 {.name = "SOURCED", .replicas = 3, .sources = {"R1", "R3"}, .cluster = "east"}}) {
      app_.add(stream);
    }
    app_.add_consumer("R3", "worker");
    alone_.start();
    const JetStream alone(alone_.url(), kApp);
    const auto made =
        alone.request("$JS.API.STREAM.CREATE.FULL", {{"name", "FULL"}, {"subjects", {"full"}}, {"max_bytes", 100000}});
    EXPECT_TRUE(made.contains("config")) << made;
    alone.publish("full", 10);
    reader_ = std::make_unique<Socket>(alone_.port());
    EXPECT_TRUE(log_in(*reader_, "\"user\":\"" + kApp.user + "\",\"pass\":\"" + kApp.password + '"'));
    EXPECT_TRUE(reader_->send("SUB bulk 1\r\n"));
    claims_.start();
    claimed_ = std::make_unique<Socket>(claims_.port());
    EXPECT_TRUE(log_in(*claimed_, operator_.user_of_app("user")));
    write_file(dir_ / "system.creds", operator_.system_user());
    // The first of them brings what only a server with room for it says.
    agents_[0].start(watch(servers_.urls(), options()));
    agents_[1].start(watch(alone_.url()));
    agents_[2].start(
        {"--nats.url=" + claims_.url(), "--nats.creds=" + std::string(dir_ / "system.creds"), "--collect.interval=1s"});
  }

  [[nodiscard]] std::vector<std::string> options() const {
    std::vector<std::string> options = detailed();
    options.insert(options.end(), {"--webhook.url=" + receiver_.url("/"), "--state.dir=" + std::string(dir_ / "state"),
                                   "--auth.brute-force=20/30s"});
    return options;
  }

  [[nodiscard]] std::vector<ScrapeJob> jobs() const {
    const std::vector<int> ports{agents_[0].port(), agents_[1].port(), agents_[2].port()};
    return {{"nats-lookout", ports},
            {"surveyor", ports, "/metrics/surveyor"},
            {"exporter", ports, "/metrics/exporter"},
            {"chart", ports, "/metrics/exporter", "nats"}};
  }

  // Things happen while Prometheus looks on: counters grow, a server restarts, another one goes.
  void live() {
    for (int i = 0; i < 30; ++i) EXPECT_FALSE(visit(servers_["e1"].port(), {"app", "wrong", std::to_string(i)}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(visit(servers_["e1"].port(), kC));
    Client talker(alone_.port(), kApp);
    for (int i = 0; i < 200; ++i) talker.publish("bulk", std::string(100000, 'x'));  // more than the kernel holds
    app_.publish("r1.x", 70);
    app_.publish("r3.x", 50);
    app_.fetch("R3", "worker", 20, 15);
    servers_["e2"].stop(SIGTERM);
    servers_["e2"].start();
    // A new leader of the meta group makes a snapshot at once.
    const Nats admin(servers_["e1"].url(), kAdmin);
    EXPECT_TRUE(eventually([&] { return admin.request("$JS.API.META.LEADER.STEPDOWN").contains("success"); }, 30s));
    servers_["w2"].stop(SIGKILL);
  }

  [[nodiscard]] Finished shows(const Prometheus& prometheus, const std::filesystem::path& directory,
                               const std::string& wait) const {
    std::vector<std::string> command{"/usr/bin/python3", LOOKOUT_SOURCE "/tests/tools/run_dashboards.py"};
    const std::string version = alone_.text("/varz", "/version");
    command.insert(command.end(), {"--wait=" + wait, "--server=" + version, "--show", prometheus.url()});
    const std::vector<std::string> files = dashboards_in(directory);
    command.insert(command.end(), files.begin(), files.end());
    return run(command, {}, 180s);
  }

  // Servers tell their limit of memory where they have one: set before they start.
  const int memory_limit_ = setenv("GOMEMLIMIT", "1GiB", 1);
  TempDir dir_;
  Fleet servers_{dir_};
  JetStream app_{servers_["e3"].url(), kApp};
  NatsServer alone_{dir_, limited(dir_)};
  Operator operator_;
  NatsServer claims_{dir_,
                     {.name = "claims", .accounts = operator_.server_config({.connections = 10, .expires = 86400})}};
  std::unique_ptr<Socket> claimed_;
  std::unique_ptr<Socket> reader_;  // never reads
  Receiver receiver_;
  Agent agents_[3] = {Agent(dir_), Agent(dir_), Agent(dir_)};
};

// What the peers' dashboards select by and have in their legends: lines of a metric and its labels.
void gives_peers(const Prometheus& prometheus) {
  std::istringstream lines(read_file(LOOKOUT_SOURCE "/tests/fixtures/peers.labels"));
  int read = 0;
  for (std::string line; std::getline(lines, line); ++read) {
    std::istringstream words(line);
    std::string query;
    words >> query;
    std::string matchers;
    for (std::string label; words >> label;) matchers += label + "!=\"\",";
    EXPECT_TRUE(prometheus.has(query + "{" + matchers + "}")) << line;
  }
  EXPECT_GT(read, 100);
}

TEST_F(Dashboards, NoPanelIsEmptyAndPeersFindWhatTheySelect) {
  const std::string binary = from_environment("LOOKOUT_PROMETHEUS", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_PROMETHEUS is not set";
  ASSERT_TRUE(agents_[0].sees(servers_.servers().size())) << agents_[0];
  const Prometheus prometheus(dir_, binary, jobs());
  ASSERT_TRUE(prometheus.has("count(nats_lookout_connected==1)==3")) << prometheus.log();
  live();
  const std::string others = from_environment("LOOKOUT_DASHBOARDS", "");
  const Finished own = shows(prometheus, LOOKOUT_SOURCE "/deploy/grafana", "100");
  EXPECT_EQ(own.code, 0) << own.output;
  if (server_at_least(15)) gives_peers(prometheus);  // older ones do not tell all of it
  EXPECT_EQ(prometheus.complaints(), "");
  if (!others.empty()) std::cout << own.output << shows(prometheus, others, "0").output;
}

}  // namespace
}  // namespace lookout::e2e

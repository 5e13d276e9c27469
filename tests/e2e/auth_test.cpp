// Failed logins on real servers: every trigger counted once with its reason, what they mean together, and what happened
// while nobody listened.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/nkey.h"

namespace lookout::e2e {
namespace {

const Login kWrong{"app", "wrong"};

// A TCP connection to a server that says `bytes` and waits until the server closes it, or does so itself.
void knock(int port, const std::string& bytes, bool wait) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  char buffer[4096];
  ASSERT_GT(::recv(fd, buffer, sizeof(buffer), 0), 0) << "a server speaks first";
  if (!bytes.empty()) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  while (wait && ::recv(fd, buffer, sizeof(buffer), 0) > 0) {
  }
  ::close(fd);
}

class Authentication : public testing::Test {
 protected:
  void start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> flags{"--events.kinds=all", "--collect.closed.interval=1s"};
    flags.insert(flags.end(), more.begin(), more.end());
    agent_.start(watch(cluster_[0].url(), flags));
    ASSERT_TRUE(agent_.sees(cluster_.size())) << agent_;
  }
  [[nodiscard]] bool errors_are(double expected, const Labels& match = {}, milliseconds limit = 20s) {
    return agent_.reaches("nats_auth_errors_total", match, expected, limit);
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3, "east", "", "  no_advertise: true\n"};  // so that the agent knows one server only
  Agent agent_{dir_};
};

TEST_F(Authentication, BruteForceIsToldWithinSeconds) {
  start();
  EXPECT_TRUE(agent_.reaches("nats_auth_pattern", {{"pattern", "brute_force"}, {"nats_cluster", "east"}}, 0));
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < 30; ++i) EXPECT_FALSE(visit(cluster_[i % 3].port(), {"app", "wrong", std::to_string(i)}));
  EXPECT_TRUE(agent_.reaches("nats_auth_pattern", {{"pattern", "brute_force"}}, 1)) << agent_.page().grep("nats_auth");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(errors_are(30));
  EXPECT_EQ(agent_.page().sum("nats_auth_attempts_total"), 30) << "each had another name";
  EXPECT_EQ(agent_.page().sum("nats_auth_sources"), 1);
  EXPECT_EQ(agent_.page().sum("nats_auth_users_failing"), 1);
  EXPECT_TRUE(agent_.health_says("auth_brute_force"));
  EXPECT_TRUE(agent_.health_says("\"advice\": \"Block the address"));
  EXPECT_TRUE(agent_.health_says("\"name\": \"127.0.0.1\""));
  EXPECT_TRUE(eventually([&] { return agent_.events("auth_pattern").size() == 1; })) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_auth_pattern"), 1) << agent_.page().grep("nats_auth_pattern");
}

TEST_F(Authentication, AWalkOverAllServersIsOneAttempt) {
  start();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(visit(cluster_[i].port(), kWrong));
  EXPECT_TRUE(errors_are(3));
  EXPECT_EQ(agent_.page().sum("nats_auth_attempts_total"), 1);
}

TEST_F(Authentication, AUserOfTheSystemAccountIsGuardedFromTheFirstFailure) {
  start();
  EXPECT_TRUE(visit(cluster_[1].port(), kAdmin));  // so that the agent knows that there is such a user
  EXPECT_TRUE(agent_.reaches([](const Page& page) { return page.sum("nats_client_connects_total") >= 1; }));
  EXPECT_FALSE(visit(cluster_[2].port(), {kAdmin.user, "wrong"}));
  const bool told = agent_.reaches("nats_auth_pattern", {{"pattern", "system_account"}}, 1, 5s);
  EXPECT_EQ(told, server_at_least(10)) << "older servers do not say which account the agent itself is in";
}

// Every trigger on one server. Before 2.12 only the ring of closed connections tells of some.
TEST_F(Authentication, EveryTriggerIsCountedOnceWithItsReason) {
  NatsServer server(dir_, {"single", "", documented_accounts(), "authorization { timeout: 1 }\nmax_connections: 12\n"});
  server.start();
  agent_.start(watch(server.url(), {"--events.kinds=all", "--collect.closed.interval=1s"}));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  EXPECT_FALSE(visit(server.port(), kWrong));
  EXPECT_FALSE(visit(server.port(), {"nobody", "x"}));
  EXPECT_FALSE(visit(server.port(), {"", ""}));
  knock(server.port(), "GET / HTTP/1.1\r\n\r\n", true);
  knock(server.port(), "SUB foo 1\r\n", true);
  knock(server.port(), "", true);   // until the server gives up
  knock(server.port(), "", false);  // a probe, not a failure
  EXPECT_TRUE(errors_are(5, {{"reason", "authentication_failure"}})) << agent_.page().grep("nats_auth_errors");
  EXPECT_TRUE(errors_are(1, {{"reason", "authentication_timeout"}}, 90s)) << agent_.page().grep("nats_auth_errors");
  std::vector<Client> clients;
  while (clients.size() < 12 && (clients.empty() || clients.back().ok())) clients.emplace_back(server.port(), kApp);
  EXPECT_FALSE(clients.back().ok()) << "beyond max_connections";
  EXPECT_TRUE(errors_are(1, {{"reason", "maximum_connections_exceeded"}}, 90s)) << agent_.page().grep("nats_auth");
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 7) << agent_.page().grep("nats_auth_errors_total");
  if (server_at_least(12)) {
    EXPECT_EQ(agent_.page().sum("nats_client_closed_before_auth_total", {{"reason", "client_closed"}}), 1);
    EXPECT_EQ(agent_.page().sum("nats_auth_errors_recovered_total"), 0);
  }
}

// The agent's only server is gone for a while; at the others logins fail meanwhile. The ring of closed connections
// tells of them, and of those that an event has told of already it tells nothing new.
TEST_F(Authentication, WhatFailedWhileTheAgentWasAwayIsRecovered) {
  start();
  for (std::size_t i = 0; i < 30; ++i) EXPECT_FALSE(visit(cluster_[i % 3].port(), kWrong));
  EXPECT_TRUE(errors_are(30));
  cluster_[0].stop(SIGKILL);
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  constexpr int kMissed = 1200;  // three pages
  for (int i = 0; i < kMissed; ++i) EXPECT_FALSE(visit(cluster_[1].port(), kWrong));
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(visit(cluster_[2].port(), kWrong));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(visit(cluster_[2].port(), kApp));
  cluster_[0].start();
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 1)) << agent_;
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_recovered_total", {}, kMissed + 7, 30s))
      << agent_.page().grep("nats_auth_errors") << agent_;
  EXPECT_TRUE(errors_are(10 + kMissed, {{"server", "n2"}}, 90s)) << agent_.page().grep("nats_auth_errors_total");
  EXPECT_TRUE(errors_are(10 + 7, {{"server", "n3"}}, 90s)) << agent_.page().grep("nats_auth_errors_total");
  for (std::size_t i = 0; i < 30; ++i) EXPECT_FALSE(visit(cluster_[i % 3].port(), kWrong));
  EXPECT_TRUE(errors_are(30 + kMissed + 7 + 30)) << agent_.page().grep("nats_auth_errors_total");
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_possibly_lost_total"), 0);
}

// The list of closed connections tells of it, too.
TEST_F(Authentication, WhatFailedBeforeTheAgentCameIsNotCounted) {
  EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  start();
  if (!server_at_least(12)) {
    EXPECT_TRUE(agent_.reaches([](const Page& page) {
      return page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "closed"}}) >= 3;
    }));
  }
  EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  EXPECT_TRUE(errors_are(1)) << agent_.page().grep("nats_auth_errors");
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_recovered_total"), 0) << agent_.page().grep("nats_auth_errors");
}

// Without a journal: the server that the killed agent was connected to knows since when nobody counted.
TEST_F(Authentication, WhatFailedSinceTheAgentBeforeThisOneIsRecovered) {
  start();
  EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  EXPECT_TRUE(errors_are(1));
  agent_.process().kill();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(visit(cluster_[0].port(), kWrong));
  start();
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_recovered_total", {}, 5, 30s)) << agent_.page().grep("nats_auth_errors");
  EXPECT_TRUE(errors_are(5, {{"server", "n1"}}, 90s)) << agent_.page().grep("nats_auth_errors");
}

// In operator mode the claims of a refused JWT say why.
TEST(OperatorMode, AnExpiredUserIsExplained) {
  const TempDir dir;
  const Operator op;
  NatsServer server(dir, {"n1", "", op.server_config(), ""});
  server.start();
  Agent agent(dir);
  write_file(dir / "system.creds", op.system_user());
  write_file(dir / "late.creds", op.expired_user());
  agent.start(
      {"--nats.url=" + server.url(), "--nats.creds=" + (dir / "system.creds").string(), "--collect.interval=1s"});
  ASSERT_TRUE(agent.sees(1)) << agent;
  const Finished other =
      run({agent_binary(), "check", "--nats.url=" + server.url(), "--nats.creds=" + (dir / "late.creds").string()});
  EXPECT_NE(other.code, 0) << other.output;
  ASSERT_TRUE(eventually([&] { return !agent.events("auth_error").empty(); })) << agent;
  const std::string line = agent.events("auth_error").front();
  EXPECT_NE(line.find("\"explanation\":\"the user JWT expired 3h"), std::string::npos) << line;
  EXPECT_NE(line.find("\"jwt_name\":\"late\""), std::string::npos) << line;
  EXPECT_EQ(line.find("eyJ"), std::string::npos) << line;
}

}  // namespace
}  // namespace lookout::e2e

// Every event is counted exactly once, whatever the number of agents and wherever they are connected.
#include <gtest/gtest.h>

#include <memory>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

constexpr int kFailures = 50;
constexpr int kVisits = 200;

// One agent for all servers, or one for each with --scope=server; sums are taken over all of them.
class ExactCounts : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool sidecars = std::string(GetParam()) == "server";
    for (std::size_t index = 0; index < (sidecars ? cluster_.size() : 1); ++index) {
      agents_.push_back(std::make_unique<Agent>(dir_));
      const std::string urls = sidecars ? cluster_[index].url() : cluster_.urls();
      agents_.back()->start(
          watch(urls, {"--scope=" + std::string(GetParam()), "--events.kinds=auth,lifecycle,connections"}));
    }
    for (const auto& agent : agents_) ASSERT_TRUE(agent->sees(sidecars ? 1 : 3)) << *agent;
  }

  [[nodiscard]] double sum(const std::string& name, const Labels& match = {}) const {
    double total = 0;
    for (const auto& agent : agents_) total += agent->metrics().sum(name, match);
    return total;
  }

  [[nodiscard]] bool reaches(const std::string& name, const Labels& match, double expected) const {
    return eventually([&] { return sum(name, match) >= expected; }, 20s);
  }

  // One client of account B on each server. A server sends its events in order: when these are counted, so is what came
  // before.
  void pass_marker() const {
    ++markers_;
    for (std::size_t index = 0; index < cluster_.size(); ++index) EXPECT_TRUE(visit(cluster_[index].port(), kB));
    const double expected = markers_ * static_cast<double>(cluster_.size());
    EXPECT_TRUE(reaches("nats_client_disconnects_total", {{"account", "B"}}, expected)) << *agents_[0];
    EXPECT_EQ(sum("nats_client_connects_total", {{"account", "B"}}), expected);
  }

  TempDir dir_;
  mutable Cluster cluster_{dir_, 3};
  std::vector<std::unique_ptr<Agent>> agents_;
  mutable int markers_ = 0;
};

TEST_P(ExactCounts, FiftyWrongPasswordsAreFiftyErrorsAndNothingElse) {
  const double disconnects = sum("nats_lookout_events_total", {{"event", "disconnect"}});
  for (int index = 0; index < kFailures; ++index) {
    EXPECT_FALSE(visit(cluster_[static_cast<std::size_t>(index) % 3].port(), {"app", "wrong"}));
  }
  EXPECT_TRUE(reaches("nats_auth_errors_total", {}, kFailures)) << *agents_[0];
  // From 2.12 on each failure has a second event, a DISCONNECT of $G: it has to be here before anything can be said
  // about it.
  if (server_at_least(12)) {
    EXPECT_TRUE(reaches("nats_lookout_events_total", {{"event", "disconnect"}}, disconnects + kFailures))
        << *agents_[0];
  }
  pass_marker();
  EXPECT_EQ(sum("nats_auth_errors_total"), kFailures);
  EXPECT_EQ(sum("nats_auth_errors_total", {{"reason", "authentication_failure"}}), kFailures);
  EXPECT_EQ(sum("nats_auth_errors_total", {{"server", "n1"}}), 17);
  EXPECT_EQ(sum("nats_auth_error_details_total"), kFailures);
  for (const char* account : {"APP", "$G"}) {
    EXPECT_EQ(sum("nats_client_connects_total", {{"account", account}}), 0) << account;
    EXPECT_EQ(sum("nats_client_disconnects_total", {{"account", account}}), 0) << account;
  }
  std::size_t logged = 0;
  for (const auto& agent : agents_) logged += agent->events("auth_error").size();
  EXPECT_EQ(logged, static_cast<std::size_t>(kFailures));
}

TEST_P(ExactCounts, TwoHundredVisitsAreTwoHundredConnectsAndDisconnects) {
  for (int index = 0; index < kVisits; ++index) {
    EXPECT_TRUE(visit(cluster_[static_cast<std::size_t>(index) % 3].port(), kApp));
  }
  EXPECT_TRUE(reaches("nats_client_disconnects_total", {{"account", "APP"}}, kVisits)) << *agents_[0];
  pass_marker();
  EXPECT_EQ(sum("nats_client_connects_total", {{"account", "APP"}}), kVisits);
  EXPECT_EQ(sum("nats_client_disconnects_total", {{"account", "APP"}}), kVisits);
  EXPECT_EQ(sum("nats_client_connects_total", {{"account", "APP"}, {"server", "n3"}}), 66);
  EXPECT_EQ(sum("nats_client_connects_total", {{"account", "APP"}, {"kind", "client"}, {"client_type", "nats"}}),
            kVisits);
  EXPECT_EQ(sum("nats_auth_errors_total"), 0);
  EXPECT_EQ(sum("nats_lookout_events_dropped_total"), 0);
}

// At rest: the accounts' connections on the page are what each server says itself, the agents' own included.
TEST_P(ExactCounts, AccountConnectionsAreTheServersOwnNumbers) {
  std::vector<Client> clients;
  for (int index = 0; index < 12; ++index) {
    clients.emplace_back(cluster_[static_cast<std::size_t>(index) % 2].port(), index % 3 == 0 ? kB : kApp);
  }
  const auto equal = [&] {
    for (std::size_t index = 0; index < cluster_.size(); ++index) {
      for (const auto& [account, connections] : cluster_[index].connections_by_account()) {
        if (account == "$G") continue;
        const Labels labels{{"server", cluster_[index].name()}, {"account", account}};
        if (sum("nats_account_connections", labels) != connections) return false;
      }
    }
    return true;
  };
  EXPECT_TRUE(eventually(equal, 45s)) << agents_[0]->metrics().grep("nats_account_connections");
  EXPECT_EQ(sum("nats_account_connections", {{"account", "APP"}}), 8);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return sum("nats_account_connections", {{"account", "APP"}}) == 0; })) << *agents_[0];
  EXPECT_TRUE(eventually(equal, 45s)) << agents_[0]->metrics().grep("nats_account_connections");
}

INSTANTIATE_TEST_SUITE_P(Scope, ExactCounts, testing::Values("system", "server"),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace lookout::e2e

// Three agents that share a deployment (--shard=1/3 and so on) say together what one agent says that has it all: every
// series is on exactly one of their pages, and sums are the same, also over the restart of a server.
#include <gtest/gtest.h>

#include <array>
#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/fleet.h"
#include "tests/e2e/support/nats.h"

namespace lookout::e2e {
namespace {

constexpr std::size_t kShards = 3;

// Counted events, and what does not change while nothing happens.
constexpr const char* kSums[] = {
    "nats_server_up",
    "nats_server_restarts_total",
    "nats_auth_errors_total",
    "nats_client_connects_total",
    "nats_client_disconnects_total",
    "nats_account_connections",
    "nats_account_leafnodes",
    "nats_server_connections",
    "nats_server_connections_total",
    "nats_server_max_payload_bytes",
    "nats_connections_open",
    "nats_server_jetstream_streams",
    "nats_stream_messages",
    "nats_stream_has_leader",
    "nats_consumer_pending_messages",
};

class Shards : public testing::Test {
 protected:
  void SetUp() override {
    app_.add({.name = "R1", .subject = "r1.>"});
    app_.add({.name = "R3", .replicas = 3, .subject = "r3.>"});
    app_.add_consumer("R3", "worker");
    app_.publish("r1.x", 10);
    app_.publish("r3.x", 20);
    const std::vector<std::string> options{"--collect.jsz.level=detail", "--events.kinds=auth,lifecycle,connections"};
    whole_.start(watch(servers_.urls(), options));
    for (std::size_t index = 0; index < kShards; ++index) {
      std::vector<std::string> shard = options;
      shard.push_back("--shard=" + std::to_string(index + 1) + "/" + std::to_string(kShards));
      shards_[index].start(watch(servers_.urls(), shard));
    }
    expect_servers();
  }

  void expect_servers() {
    const double all = static_cast<double>(servers_.servers().size());
    EXPECT_TRUE(whole_.sees(servers_.servers().size())) << whole_;
    EXPECT_TRUE(eventually(
        [&] {
          double up = 0;
          for (const Agent& shard : shards_) {
            const double own = shard.metrics().sum("nats_lookout_servers", {{"state", "up"}});
            if (own == 0) return false;
            up += own;
          }
          return up == all;
        },
        30s));
  }

  // Without the system account, where the agents see each other come.
  static double sum_of(const Page& page, const std::string& family) {
    return page.sum(family) - page.sum(family, {{"account", "SYS"}});
  }

  // Sums are those of the agent that has it all.
  void expect_sums() {
    std::string problems;
    EXPECT_TRUE(eventually(
        [&] {
          problems.clear();
          const Page whole = whole_.metrics();
          const std::array<Page, kShards> pages{shards_[0].metrics(), shards_[1].metrics(), shards_[2].metrics()};
          for (const char* family : kSums) {
            double sum = 0;
            for (const Page& page : pages) sum += sum_of(page, family);
            if (sum == sum_of(whole, family) && whole.count(family) > 0) continue;
            problems += std::string(family) + ": the whole is " + std::to_string(sum_of(whole, family)) +
                        ", the shards have " + std::to_string(sum) + '\n';
          }
          return problems.empty();
        },
        30s))
        << problems << missing();
  }

  // Every series of a server or of what it leads is on one page, and on no other.
  void expect_series() {
    std::string problems;
    EXPECT_TRUE(eventually(
        [&] {
          problems.clear();
          std::multiset<std::string> parts;
          for (const Agent& shard : shards_) {
            for (const std::string& series : of_servers(shard.metrics())) parts.insert(series);
          }
          const std::set<std::string> whole = of_servers(whole_.metrics());
          for (const std::string& series : whole) {
            if (parts.count(series) != 1) problems += std::to_string(parts.count(series)) + " times: " + series + '\n';
          }
          for (const std::string& series : parts) {
            if (!whole.contains(series)) problems += "not in the whole: " + series + '\n';
          }
          return problems.empty();
        },
        30s))
        << problems.substr(0, 4000) << missing();
  }

  // What every server tells alike each shard tells alike: such a family is read by its maximum.
  void expect_shared() {
    const std::string family = "nats_account_jetstream_storage_bytes";
    const Labels app{{"account", "APP"}};
    EXPECT_TRUE(eventually(
        [&] {
          const auto whole = whole_.metrics().samples(family, app);
          return whole.size() == 1 && whole[0].value > 0 &&
                 std::any_of(shards_.begin(), shards_.end(), [&](const Agent& shard) {
                   const auto part = shard.metrics().samples(family, app);
                   return part.size() == 1 && part[0].labels == whole[0].labels && part[0].value == whole[0].value;
                 });
        },
        30s))
        << whole_.metrics().grep(family);
  }

  // For failure messages.
  [[nodiscard]] std::string missing() const {
    std::string text = whole_.metrics().grep("nats_lookout_poll_missing{") + whole_.metrics().grep("skipped{");
    for (const Agent& shard : shards_)
      text += shard.metrics().grep("nats_lookout_poll_missing{") + shard.metrics().grep("skipped{");
    return text;
  }

  static std::set<std::string> of_servers(const Page& page) {
    std::set<std::string> series = page.series("nats_");
    std::erase_if(series, [](const std::string& name) {
      return name.starts_with("nats_lookout_") || name.starts_with("nats_health_") ||
             name.find(" nats_cluster=") == std::string::npos || name.find(" account=SYS ") != std::string::npos ||
             name.find(" account=$G ") != std::string::npos ||  // who knocks to see whether a server is up
             name.starts_with("nats_server_queue_") || name.starts_with("nats_connection_top_");  // come and go
    });
    return series;
  }

  void visit_all() {
    for (const NatsServer* server : servers_.servers()) {
      visit(server->port(), kApp);
      visit(server->port(), {"app", "wrong"});
    }
  }

  TempDir dir_;
  Fleet servers_{dir_};
  JetStream app_{servers_["e2"].url(), kApp};
  Agent whole_{dir_};
  std::array<Agent, kShards> shards_{Agent(dir_), Agent(dir_), Agent(dir_)};
};

TEST_F(Shards, AddUpToTheWholeAlsoThroughARestart) {
  visit_all();
  ASSERT_TRUE(whole_.reaches("nats_auth_errors_total", {}, 7)) << whole_;
  expect_sums();
  expect_series();
  expect_shared();
  servers_["w2"].stop(SIGTERM);
  EXPECT_TRUE(whole_.reaches("nats_server_up", {{"server", "w2"}}, 0)) << whole_;
  expect_sums();
  servers_["w2"].start();
  ASSERT_TRUE(eventually([&] { return servers_.whole(); }, 30s));
  expect_servers();
  visit_all();
  ASSERT_TRUE(whole_.reaches("nats_auth_errors_total", {}, 14)) << whole_;
  expect_sums();
  expect_series();
  EXPECT_EQ(whole_.page().sum("nats_server_restarts_total"), 1) << whole_.page().grep("nats_server_restarts_total");
}

}  // namespace
}  // namespace lookout::e2e

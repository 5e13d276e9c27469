// Servers of the oldest supported version and of the newest in one deployment: each is told of in full, and nothing is
// zero that a server has never said. The old one is $LOOKOUT_NATS_SERVER_OLD.
#include <gtest/gtest.h>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/facts.h"
#include "tests/e2e/support/nats.h"

namespace lookout::e2e {
namespace {

std::string old_binary() {
  return from_environment("LOOKOUT_NATS_SERVER_OLD", "");
}

std::string accounts(bool jetstream) {
  const auto account = [](const std::string& name, const std::string& more, const Login& login) {
    return "  " + name + " { " + more + "users: [{user: \"" + login.user + "\", password: \"" + login.password +
           "\"}] }\n";
  };
  return "accounts {\n" + account("SYS", "", kAdmin) + account("APP", jetstream ? "jetstream: enabled, " : "", kApp) +
         account("B", "", kB) + "}\nsystem_account: SYS\n";
}

std::string leaf_remote(const std::string& account, const Login& login, int port) {
  return "{ url: \"nats-leaf://" + login.user + ":" + login.password + "@127.0.0.1:" + std::to_string(port) +
         "\", account: " + account + " }";
}

// Cluster east: n1 and n2 new, with JetStream, and o1 old, without (their Raft groups do not elect a leader together);
// s1 is old and has JetStream of its own, as a leaf node that binds the system account.
class Mixed : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(old_binary(), "") << "LOOKOUT_NATS_SERVER_OLD is not set";
    // Before 2.10 there is one route between two servers, and none for the system account alone.
    const std::string routing = server_at_least(10) ? "  pool_size: -1\n" : "";
    const std::string leafnodes = "leafnodes { listen: \"127.0.0.1:" + std::to_string(leaf_port_) + "\" }\n";
    const std::string remotes = "leafnodes { remotes: [ " + leaf_remote("SYS", kAdmin, leaf_port_) + ", " +
                                leaf_remote("APP", kApp, leaf_port_) + " ] }\n";
    add({"o1", "east", accounts(false), "", old_binary()});
    add({"n1", "east", accounts(true), small_jetstream(dir_, "hub") + leafnodes, "", routing});
    add({"n2", "east", accounts(true), small_jetstream(dir_, "hub"), "", routing});
    add({"s1", "", accounts(true), small_jetstream(dir_, "site") + remotes, old_binary()});
    std::vector<int> routes;
    for (const auto& server : servers_) routes.push_back(server->cluster_port());
    for (const auto& server : servers_) {
      server->set_routes({routes[0], routes[1], routes[2]});
      server->start();
    }
    ASSERT_TRUE(eventually([this] { return whole(); }, 90s));
  }

  void add(const ServerSpec& spec) { servers_.push_back(std::make_unique<NatsServer>(dir_, spec)); }

  [[nodiscard]] NatsServer& server(const std::string& name) const {
    return **std::find_if(servers_.begin(), servers_.end(), [&](const auto& each) { return each->name() == name; });
  }

  [[nodiscard]] bool whole() const {
    for (const char* name : {"o1", "n1", "n2"}) {
      if (server(name).number("/varz", "/remotes") != 2) return false;
    }
    for (const char* name : {"n1", "n2"}) {
      if (server(name).text("/jsz", "/meta_cluster/leader").empty()) return false;
    }
    return server("s1").number("/varz", "/leafnodes") == 2;
  }

  TempDir dir_;
  int leaf_port_ = free_port();
  std::vector<std::unique_ptr<NatsServer>> servers_;
  Agent agent_{dir_};
};

TEST_F(Mixed, OldAndNewServersAreAllCollectedAndNothingIsMadeUp) {
  const JetStream hub(server("n1").url(), kApp);
  const JetStream site(server("s1").url(), kApp);
  hub.add({.name = "HUB", .subject = "hub.>"});
  hub.add_consumer("HUB", "worker");
  hub.publish("hub.x", 20);
  site.add({.name = "SITE", .subject = "site.>"});
  site.add_consumer("SITE", "worker");
  site.publish("site.x", 30);
  std::vector<Client> clients;
  for (const auto& each : servers_) clients.emplace_back(each->port(), kB);

  agent_.start(watch(server("o1").url() + "," + server("n1").url(), detailed()));
  ASSERT_TRUE(agent_.sees(4)) << agent_;
  visit(server("o1").port(), {"app", "wrong"});
  visit(server("s1").port(), {"app", "wrong"});
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 2)) << agent_;

  std::vector<NatsServer*> all;
  for (const auto& each : servers_) all.push_back(each.get());
  const Truth truth(server("n2").url(), all);
  expect_truth(agent_, truth, facts({"$G", "SYS", "APP", "B"}));

  const Page& page = agent_.page();
  EXPECT_TRUE(page.is("nats_stream_messages", {{"stream", "HUB"}, {"domain", "hub"}}, 20));
  EXPECT_TRUE(page.is("nats_stream_messages", {{"stream", "SITE"}, {"domain", "site"}}, 30));
  // What 2.9.10 does not say, it does not say as a zero.
  for (const char* name : {"o1", "s1"}) {
    const std::set<std::string> families = page.families({{"server", name}});
    EXPECT_GT(families.size(), 60U) << page.grep(name);
    for (const std::string& family : families) {
      for (const char* newer : {"nats_raft_", "nats_server_queue", "nats_server_stale_", "nats_server_client_",
                                "nats_server_disk_", "nats_account_subscriptions", "nats_account_route_",
                                "nats_account_gateway_", "nats_account_leafnode_", "nats_server_meta_"}) {
        EXPECT_FALSE(family.starts_with(newer)) << family << " of " << name;
      }
    }
  }
  EXPECT_EQ(page.sum("nats_lookout_poll_missing"), 0) << page.grep("poll_missing");
}

// A server without JetStream among others, one that does not name its routes, a leaf node with a domain of its own:
// nothing of it is wrong.
TEST_F(Mixed, TheirVersionsAreTheOnlyFinding) {
  agent_.start(watch(server("o1").url() + "," + server("n1").url(), hasty({"cluster_versions=1s/1s"})));
  ASSERT_TRUE(agent_.sees(4)) << agent_;
  Drill drill(agent_);
  drill.expect("the start", {"warning cluster_versions east"}, {}, 10s, 40s);
}

}  // namespace
}  // namespace lookout::e2e

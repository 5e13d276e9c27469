// The whole of a deployment: two clusters joined by gateways, two leaf nodes, five accounts, streams with one and three
// replicas, a mirror and sources, 300 connections. What is on the page is what the servers say themselves, and stays so
// while leaders move and servers restart and go.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/facts.h"
#include "tests/e2e/support/fleet.h"

namespace lookout::e2e {
namespace {

constexpr std::size_t kConnections = 300;

// A question or an answer that was on its way through a server that stops is lost; the agent waits for it before it
// asks that server again.
constexpr auto kPatience = 60s;

class Supercluster : public testing::Test {
 protected:
  void SetUp() override {
    app_.add({.name = "R1", .subject = "r1.>", .cluster = "east"});
    app_.add({.name = "R3", .replicas = 3, .subject = "r3.>", .cluster = "west"});
    app_.add({.name = "MIRROR", .mirror = "R3", .cluster = "east"});
    app_.add({.name = "SOURCED", .replicas = 3, .sources = {"R1", "R3"}, .cluster = "east"});
    app_.add_consumer("R1", "idle");
    app_.add_consumer("R3", "worker");
    b_.add({.name = "R3", .replicas = 3, .subject = "b.>", .cluster = "east"});  // a name of another account's stream
    app_.publish("r1.x", 70);
    app_.publish("r3.x", 50);
    b_.publish("b.x", 30);
    app_.fetch("R3", "worker", 20, 15);
    clients_ = crowd({&servers_["e1"], &servers_["e2"], &servers_["w2"], &servers_["l2"]}, kConnections);
    // Traffic of accounts without JetStream, some of it over routes and gateways.
    Client listener(servers_["w3"].port(), kC);
    listener.subscribe("c.>");
    ASSERT_TRUE(listener.flush());
    Client talker(servers_["e1"].port(), kC);
    ASSERT_TRUE(eventually([&] {  // interest has to travel over the gateway
      talker.publish("c.x", "0123456789");
      return !listener.next_message(100ms).empty();
    }));
  }

  void start_agent() { start_agent(servers_.urls(), {}); }
  void start_agent(const std::string& urls, std::vector<std::string> options) {
    for (const std::string& option : detailed()) options.push_back(option);
    agent_.start(watch(urls, options));
    ASSERT_TRUE(agent_.sees(servers_.servers().size())) << agent_;
  }

  // Each stream's messages are on the page once, whatever its replicas.
  void expect_messages() {
    std::string last;
    const auto same = [&](const Page& page) {
      if (page.count("nats_stream_messages") != 5) return false;
      for (const char* stream : {"R1", "R3", "MIRROR", "SOURCED"}) {
        const auto messages = static_cast<double>(app_.messages(stream));
        last = stream + (" has " + std::to_string(messages));
        if (!page.is("nats_stream_messages", {{"account", "APP"}, {"domain", kDomain}, {"stream", stream}}, messages)) {
          return false;
        }
      }
      last = "R3 of B";
      return page.is("nats_stream_messages", {{"account", "B"}, {"stream", "R3"}},
                     static_cast<double>(b_.messages("R3")));
    };
    EXPECT_TRUE(agent_.reaches(same, kPatience)) << last << '\n'
                                                 << agent_.page().grep("nats_stream_messages{") << agent_;
    EXPECT_EQ(agent_.page().problem(), "");
  }

  // Something on the page was said by this server, or by others of their links to it or of its part in the meta group.
  // Streams may have it among their replicas as long as there is no other server to take its place.
  [[nodiscard]] static bool speaks_of(const Page& page, const std::string& server) {
    return !page.families({{"server", server}}).empty() || !page.families({{"remote", server}}).empty() ||
           page.count("nats_meta_peer_current", {{"peer", server}}) > 0;
  }

  TempDir dir_;
  Fleet servers_{dir_};
  JetStream app_{servers_["e3"].url(), kApp};
  JetStream b_{servers_["w3"].url(), kB};
  Truth truth_{servers_["e3"].url(), servers_.servers()};
  std::vector<Source> facts_ = facts({"$G", "SYS", "APP", "B", "C", "D", "E"});
  std::vector<Client> clients_;
  Agent agent_{dir_};
};

TEST_F(Supercluster, IsWhatTheServersSay) {
  start_agent();
  ASSERT_TRUE(eventually([&] { return app_.messages("SOURCED") == 120 && app_.messages("MIRROR") == 50; }));
  expect_truth(agent_, truth_, facts_);
  const Page& page = agent_.page();
  std::set<std::string> untold = without_truth(page, facts_, "nats_");
  std::erase_if(untold, [](const std::string& family) {
    return made_by_the_agent().contains(family) || family.starts_with("nats_lookout_") ||
           family.starts_with("nats_health_");
  });
  EXPECT_EQ(untold, std::set<std::string>()) << "families that nothing here is compared with";
  for (const char* account : {"APP", "B", "C", "D", "E"}) {
    EXPECT_GE(page.sum("nats_account_connections", {{"account", account}}), kConnections / 5) << account;
  }
  EXPECT_EQ(page.sum("nats_server_up"), 7);
  expect_messages();
  const std::string promtool = from_environment("LOOKOUT_PROMTOOL", "");
  ASSERT_NE(promtool, "") << "LOOKOUT_PROMTOOL is not set";
  write_file(dir_ / "page", agent_.get("/metrics").body);
  const Finished checked = run({"sh", "-c", "exec \"$0\" check metrics <\"$1\"", promtool, dir_ / "page"});
  EXPECT_EQ(checked.code, 0);
  EXPECT_EQ(checked.output, "");
}

TEST_F(Supercluster, StaysSoWhenLeadersMove) {
  start_agent();
  expect_messages();
  for (int round = 0; round < 3; ++round) {
    app_.move_leader("R3");
    app_.publish("r3.x", 10);
    expect_messages();
  }
  const std::string leader = app_.leader("R3");
  const auto led_by_others = [&](const Page& page) {
    const auto peers = page.samples("nats_stream_replica_current", {{"stream", "R3"}, {"account", "APP"}});
    return peers.size() == 2 && std::none_of(peers.begin(), peers.end(),
                                             [&](const Sample& peer) { return peer.labels.at("peer") == leader; });
  };
  EXPECT_TRUE(agent_.reaches(led_by_others)) << agent_.page().grep("nats_stream_replica_current");
  app_.remove("MIRROR");
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.families({{"stream", "MIRROR"}}).empty();
  })) << agent_.page().grep("MIRROR");
  expect_truth(agent_, truth_, facts_);
}

TEST_F(Supercluster, StaysSoWhenAServerRestarts) {
  start_agent();
  expect_truth(agent_, truth_, facts_);
  const std::string leader = app_.leader("R3");
  servers_[leader].stop(SIGTERM);
  connections_closed(facts_);
  EXPECT_TRUE(agent_.reaches("nats_server_up", {{"server", leader}}, 0)) << agent_;
  app_.publish("r3.x", 10);
  expect_messages();
  EXPECT_EQ(agent_.page().sum("nats_stream_has_leader", {{"stream", "R3"}, {"account", "APP"}}), 1);
  servers_[leader].start();
  ASSERT_TRUE(eventually([&] { return servers_.whole(); }, 30s));
  truth_.set_servers(servers_.servers());
  expect_truth(agent_, truth_, facts_);
  EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 1) << agent_.page().grep("nats_server_restarts_total");
}

TEST_F(Supercluster, ForgetsAServerThatIsRemoved) {
  // Not at the server that goes: the news of its removal would come while the agent looks for another one.
  start_agent(servers_["e1"].url(), {"--servers.retire-stopped=1s"});
  expect_messages();
  ASSERT_TRUE(speaks_of(agent_.page(), "w3"));
  servers_["w3"].stop(SIGTERM);
  connections_closed(facts_);
  const Nats admin(servers_["w1"].url(), kAdmin);
  nlohmann::json answer;
  const auto removed = [&] {  // an answer may be lost with the leader, so the servers are asked
    answer = admin.request("$JS.API.SERVER.REMOVE", {{"peer", "w3"}});
    return eventually([this] { return servers_.whole(5); }, 3s);
  };
  ASSERT_TRUE(eventually(removed, kPatience)) << answer;
  EXPECT_TRUE(agent_.reaches([](const Page& page) { return !speaks_of(page, "w3"); }, kPatience))
      << agent_.page().grep("\"w3\"") << agent_;
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    const auto sizes = page.samples("nats_meta_cluster_size");
    return !sizes.empty() &&
           std::all_of(sizes.begin(), sizes.end(), [](const Sample& size) { return size.value == 5; });
  })) << agent_.page().grep("nats_meta_cluster_size");
  app_.publish("r3.x", 10);
  expect_messages();
  auto rest = servers_.servers();
  std::erase_if(rest, [](const NatsServer* server) { return server->name() == "w3"; });
  truth_.set_servers(rest);
  expect_truth(agent_, truth_, facts_);
}

}  // namespace
}  // namespace lookout::e2e

// Fleets whose names are not what one would wish: the page stays valid, nobody is lost or added up, and a finding says
// so.
#include <gtest/gtest.h>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

// A leaf site that binds the system account to a server of the hub.
ServerSpec site(int leaf_port) {
  return {"nats-0", "site", documented_accounts(),
          "leafnodes { remotes: [ { url: \"nats-leaf://" + kAdmin.user + ":" + kAdmin.password +
              "@127.0.0.1:" + std::to_string(leaf_port) + "\", account: SYS } ] }\n"};
}

ServerSpec hub(const std::string& name, int leaf_port) {
  return {name, "hub", documented_accounts(),
          "leafnodes { listen: \"127.0.0.1:" + std::to_string(leaf_port) + "\" }\n"};
}

TEST(Sites, TwoLeafSitesWithEqualNamesAreTwoServers) {
  const TempDir dir;
  const int first_port = free_port();
  const int second_port = free_port();
  NatsServer first_hub(dir, hub("h1", first_port));
  NatsServer second_hub(dir, hub("h2", second_port));
  first_hub.set_routes({second_hub.cluster_port()});
  second_hub.set_routes({first_hub.cluster_port()});
  NatsServer first_site(dir, site(first_port));
  NatsServer second_site(dir, site(second_port));
  for (NatsServer* server : {&first_hub, &second_hub, &first_site, &second_site}) server->start();
  Agent agent(dir);
  agent.start(watch(first_hub.url()));
  ASSERT_TRUE(agent.sees(4)) << agent.page().grep("nats_server_up") << agent;
  EXPECT_EQ(agent.page().problem(), "");
  for (const NatsServer* server : {&first_site, &second_site}) {
    const std::vector<Sample> info = agent.page().samples("nats_server_info", {{"server_id", server->id()}});
    ASSERT_EQ(info.size(), 1U) << agent.page().grep("nats_server_info");
    const std::string& name = info.front().labels.at("server");
    EXPECT_TRUE(name == "nats-0" || name == "nats-0~" + server->id().substr(0, 8)) << name;
    visit(server->port(), {"app", "wrong"});
    EXPECT_TRUE(agent.reaches("nats_auth_errors_total", {{"server", name}}, 1))
        << agent.page().grep("nats_auth_errors_total");
  }
  EXPECT_EQ(agent.page().sum("nats_auth_errors_total"), 2);
  EXPECT_TRUE(agent.health_says("nats-0~")) << agent;
  EXPECT_EQ(agent.page().sum("nats_server_restarts_total"), 0) << "two servers with one name are no restart";
}

TEST(Sites, ServersWithoutANameAreTwoServersAndAFinding) {
  const TempDir dir;
  NatsServer first(dir, {"", "east", documented_accounts(), ""});
  NatsServer second(dir, {"", "east", documented_accounts(), ""});
  first.set_routes({second.cluster_port()});
  second.set_routes({first.cluster_port()});
  first.start();
  second.start();
  Agent agent(dir);
  agent.start(watch(first.url()));
  ASSERT_TRUE(agent.sees(2)) << agent;
  EXPECT_EQ(agent.page().problem(), "");
  EXPECT_TRUE(agent.page().is("nats_server_up", {{"server", first.id()}}, 1)) << agent.page().grep("nats_server_up");
  EXPECT_TRUE(agent.health_says("server_name")) << agent;
}

TEST(Sites, AStandaloneServerHasNoCluster) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  Agent agent(dir);
  agent.start(watch(server.url()));
  ASSERT_TRUE(agent.sees(1)) << agent;
  EXPECT_EQ(agent.page().problem(), "");
  EXPECT_TRUE(agent.page().is("nats_server_up", {{"server", "n1"}, {"nats_cluster", ""}}, 1))
      << agent.page().grep("nats_server_up");
}

}  // namespace
}  // namespace lookout::e2e

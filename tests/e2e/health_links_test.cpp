// Drills: links between live servers are cut, clog up and come back, and so is the agent's own.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/proxy.h"

namespace lookout::e2e {
namespace {

// What servers have been up for half a minute must have links; leaf nodes are missed that were there for a minute.
constexpr auto kPatience = 90s;

std::string address(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

class HealthLinks : public DrillTest {};

// n1 and n2 have but one way to each other; n3 reaches both.
TEST_F(HealthLinks, ACutRouteNamesBothServers) {
  NatsServer n2(dir_, {.name = "n2", .cluster = "east"});
  Proxy between(n2.cluster_port());
  NatsServer n1(dir_, {.name = "n1", .cluster = "east", .routing = "  advertise: \"" + address(free_port()) + "\"\n"});
  n1.set_routes({between.port()});
  NatsServer n3(dir_, {.name = "n3", .cluster = "east"});
  n3.set_routes({n1.cluster_port(), n2.cluster_port()});
  for (NatsServer* server : {&n2, &n1, &n3}) server->start();
  for (NatsServer* server : {&n2, &n1, &n3})
    ASSERT_TRUE(eventually([&] { return server->number("/varz", "/remotes") == 2; }));
  watch_with(watch(n3.url(), hasty()), 3);
  between.cut(n1.id());
  drill_->expect("the route was cut", {"warning cluster_routes east/n1 - n2"}, {}, kPatience);
  between.mend();
  drill_->expect("the route is back", {});
}

std::string gateway(const std::string& name, int port, const std::string& more, const std::string& remote,
                    const std::vector<int>& remotes) {
  std::string urls;
  for (const int each : remotes) urls += "\"nats://" + address(each) + "\", ";
  return "gateway { name: " + name + ", listen: \"" + address(port) + "\", " + more + "gateways: [ { name: " + remote +
         ", urls: [" + urls + "] } ] }\n";
}

TEST_F(HealthLinks, ACutGatewayNamesTheServerThatLacksIt) {
  const int e1_port = free_port();
  const int e2_port = free_port();
  const int w1_port = free_port();
  Proxy between(w1_port);
  NatsServer e1(dir_,
                {.name = "e1", .cluster = "east", .extra = gateway("east", e1_port, "", "west", {between.port()})});
  NatsServer e2(dir_,
                {.name = "e2", .cluster = "east", .extra = gateway("east", e2_port, "", "west", {between.port()})});
  NatsServer w1(dir_, {.name = "w1",
                       .cluster = "west",
                       .extra = gateway("west", w1_port, "advertise: \"" + address(between.port()) + "\", ", "east",
                                        {e1_port, e2_port})});
  e1.set_routes({e2.cluster_port()});
  for (NatsServer* server : {&e2, &e1, &w1}) server->start();
  for (NatsServer* server : {&e1, &e2})
    ASSERT_TRUE(eventually([&] { return server->number("/gatewayz", "/outbound_gateways/west/connection/cid") >= 0; }));
  watch_with(watch(e2.url(), hasty()), 3);
  between.cut(e1.id());
  drill_->expect("the gateway of e1 was cut", {"warning gateway_outbound east/e1 -> west"}, {}, kPatience);
  between.mend();
  drill_->expect("the gateway is back", {});
}

TEST_F(HealthLinks, ALeafNodeThatWasThereIsMissed) {
  const int port = free_port();
  Proxy between(port);
  NatsServer hub(dir_, {.name = "hub",
                        .extra = "leafnodes { listen: \"" + address(port) + "\", advertise: \"" +
                                 address(between.port()) + "\" }\n"});
  NatsServer leaf(dir_, {.name = "l1",
                         .extra = "leafnodes { remotes: [ { url: \"nats-leaf://" + kApp.user + ":" + kApp.password +
                                  "@" + address(between.port()) + "\", account: APP } ] }\n"});
  hub.start();
  leaf.start();
  ASSERT_TRUE(eventually([&] { return hub.number("/varz", "/leafnodes") == 1; }));
  watch_with(watch(hub.url(), hasty()), 1);
  drill_->expect("a minute", {}, {}, 5s, 61s);
  between.cut();
  drill_->expect("the link was cut", {"warning leafnode_missing l1 (APP)"});
  between.mend();
  drill_->expect("the link is back", {});
}

// The other side does not take what it is sent.
TEST_F(HealthLinks, ACloggedRouteIsASlowLink) {
  Cluster cluster(dir_, 2, "east", "write_deadline: 500ms\nmax_pending: 8MB\n");
  std::optional<Client> reader;
  reader.emplace(cluster[1].port(), kApp).subscribe("load");
  ASSERT_TRUE(reader->flush());
  watch_with(watch(cluster[0].url(), hasty()), 2);
  Client writer(cluster[0].port(), kApp);
  ASSERT_TRUE(writer.ok());
  const std::string load(100'000, 'x');
  cluster[1].signal(SIGSTOP);
  for (int i = 0; i < 500; ++i) writer.publish("load", load);
  drill_->expect("n2 froze", {"critical server_lost east/n2", "critical server_slow_links east/n1"}, {kUnanswered});
  reader.reset();
  cluster[1].signal(SIGCONT);
  drill_->expect("n2 goes on", {}, {kUnanswered}, kPatience);
}

// Blind, the agent takes nothing back, and is not content.
TEST_F(HealthLinks, AnUnreachableSystemAccountFreezesWhatIsKnown) {
  NatsServer server(dir_, {.extra = "max_connections: 10\n"});
  server.start();
  Proxy between(server.port());
  std::vector<Client> clients;
  for (int i = 0; i < 7; ++i) clients.emplace_back(server.port(), kApp);
  agent_.start(watch("nats://" + address(between.port()), hasty()));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  drill_.emplace(agent_);
  drill_->expect("the start", {"warning server_connections n1"});
  between.cut();
  drill_->expect("the agent was cut off",
                 {"critical agent_connection agent", "unknown server_lost n1", "warning server_connections n1"});
  EXPECT_NE(agent_.get("/health").body.find("\"status\": \"critical\""), std::string::npos);
  clients.clear();
  between.mend();
  drill_->expect("the agent is back", {}, {kUnanswered});
}

}  // namespace
}  // namespace lookout::e2e

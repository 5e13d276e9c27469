// The tools of this suite against a real server alone: if one of these fails, so may everything else.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/nkey.h"
#include "tests/e2e/support/page.h"
#include "tests/e2e/support/server.h"
#include "tests/e2e/support/truth.h"

namespace lookout::e2e {
namespace {

TEST(Support, AServerStartsReloadsAndStops) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  EXPECT_TRUE(visit(server.port(), kApp));
  EXPECT_FALSE(visit(server.port(), {"app", "wrong"}));
  EXPECT_EQ(Client(server.port(), {"app", "wrong"}).error(), "-ERR 'Authorization Violation'");
  server.reload(documented_accounts("another-fake-password"));
  EXPECT_FALSE(visit(server.port(), kAdmin));
  EXPECT_TRUE(visit(server.port(), {"admin", "another-fake-password"}));
  server.stop(SIGTERM);
  EXPECT_FALSE(server.process().running());
}

TEST(Support, AClusterFormsAndCountsItsClients) {
  const TempDir dir;
  Cluster cluster(dir, 3);
  const Client first(cluster[0].port(), kApp);
  const Client second(cluster[0].port(), kApp);
  EXPECT_EQ(cluster[0].connections("APP"), 2);
  EXPECT_EQ(cluster[1].connections("APP"), 0);
}

TEST(Support, AServerTrustsTheOperatorOfTheTests) {
  const TempDir dir;
  NatsServer server(dir, {"n1", "", Operator().server_config(), ""});
  server.start();
  EXPECT_FALSE(visit(server.port(), kAdmin));
}

// What the reload drill rests on.
TEST(Support, AReloadRepeatsConnects) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  const Client app(server.port(), kApp);
  Client admin(server.port(), kAdmin);
  admin.subscribe("$SYS.ACCOUNT.APP.CONNECT");
  ASSERT_TRUE(admin.flush());
  server.reload(documented_accounts(kAdmin.password, "  C { users: [{user: c, password: fake-c-password}] }\n"));
  EXPECT_NE(admin.next_message(5s).find("\"acc\":\"APP\""), std::string::npos);
}

TEST(Support, ASystemUserSeesAnAuthenticationError) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  Client admin(server.port(), kAdmin);
  admin.subscribe("$SYS.SERVER.*.CLIENT.AUTH.ERR");
  ASSERT_TRUE(admin.flush());
  visit(server.port(), {"nobody", "wrong"});
  EXPECT_NE(admin.next_message(5s).find("\"user\":\"nobody\""), std::string::npos);
}

TEST(Support, APageIsReadAsPrometheusWould) {
  const Page page("# HELP a b.\na_total{x=\"1\",y=\"q\\\"\\\\\\n,}\"} 2\na_total{x=\"2\"} 3.5\nup 1\n");
  EXPECT_EQ(page.problem(), "");
  EXPECT_EQ(page.sum("a_total"), 5.5);
  EXPECT_EQ(page.value("a_total", {{"y", "q\"\\\n,}"}}), 2);
  EXPECT_EQ(page.value("a_total"), std::nullopt);
  EXPECT_NE(Page("up 1\nup 1\n").problem(), "");
  EXPECT_NE(Page("up{a=\"1} 1\n").problem(), "");
  EXPECT_NE(Page("up one\n").problem(), "");
}

TEST(Support, APageIsComparedWithWhatAServerSays) {
  const TempDir dir;
  NatsServer server(dir, {.accounts = documented_accounts(kAdmin.password,
                                                          "  J { jetstream: enabled, users: [{user: \"c\", password: "
                                                          "\"fake-c-password\"}] }\n"),
                          .extra = small_jetstream(dir)});
  server.start();
  const JetStream stream(server.url(), kC);
  stream.add({.name = "S", .subject = "s.>"});
  stream.add_consumer("S", "worker");
  stream.publish("s.x", 3);
  stream.fetch("S", "worker", 2, 1);
  EXPECT_EQ(stream.messages("S"), 3U);
  const Truth truth(server.url(), {&server});
  const std::vector<Source> sources{
      {.endpoint = "VARZ", .rows = "/data", .facts = {{"connections", "/connections"}, {"memory", "/mem"}}},
      {.endpoint = "JSZ",
       .body = {{"accounts", true}, {"streams", true}, {"consumer", true}},
       .rows = "/data/account_details/*/stream_detail/*/consumer_detail/*",
       .labels = {{"account", "^^/id"}, {"stream", "^/name"}, {"consumer", "/name"}},
       .facts = {{"ack_pending", "/num_ack_pending"}, {"has_leader", "", Read::one}},
       .whose = Whose::asset,
       .leader = "/cluster/leader"}};
  const auto said = truth.values(sources);
  const std::string right =
      "connections{nats_cluster=\"\",server=\"n1\"} 2\n"
      "ack_pending{nats_cluster=\"\",domain=\"\",account=\"J\",stream=\"S\",consumer=\"worker\"} 1\n";
  const auto problems = compare(Page(right + "has_leader{account=\"J\",stream=\"T\"} 1\n"), sources, said, said);
  ASSERT_EQ(problems.size(), 3U) << testing::PrintToString(problems);
  EXPECT_TRUE(problems[0].starts_with("missing: memory")) << problems[0];
  EXPECT_TRUE(problems[1].starts_with("missing: has_leader")) << problems[1];
  EXPECT_TRUE(problems[2].starts_with("too much: has_leader")) << problems[2];
  EXPECT_EQ(without_truth(Page(right + "up 1\n"), sources, ""), std::set<std::string>{"up"});
}

}  // namespace
}  // namespace lookout::e2e

// The tools of this suite against a real server alone: if one of these fails, so may everything else.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/nkey.h"
#include "tests/e2e/support/page.h"
#include "tests/e2e/support/server.h"

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

}  // namespace
}  // namespace lookout::e2e

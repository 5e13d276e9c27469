// Logging in by every means, and what the agent says and does when it may not.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/nkey.h"

namespace lookout::e2e {
namespace {

const std::vector<std::string> kQuick{"--collect.interval=1s", "--nats.reconnect-wait=100ms",
                                      "--nats.reconnect-wait-max=500ms"};

class Credentials : public testing::Test {
 protected:
  // Starts a server with this configuration and an agent with these login flags.
  void start(const std::string& accounts, std::vector<std::string> login) {
    server_ = std::make_unique<NatsServer>(dir_, ServerSpec{"n1", "", accounts, ""});
    server_->start();
    login.insert(login.end(), kQuick.begin(), kQuick.end());
    login.push_back("--nats.url=" + server_->url());
    agent_.start(login);
  }

  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    write_file(dir_ / name, content);
    return dir_ / name;
  }

  // The same sentence is in the log, in /health and, as a state, in a metric; and the agent goes on.
  void expect_said(const std::string& words, const std::string& identity) {
    EXPECT_TRUE(agent_.health_says(words)) << agent_;
    EXPECT_TRUE(eventually([&] { return agent_.log().find(words) != std::string::npos; })) << agent_;
    EXPECT_TRUE(agent_.reaches("nats_lookout_identity", {{"state", identity}}, 1)) << agent_.page().grep("identity");
    EXPECT_TRUE(agent_.strict_health_is(503)) << agent_;
    EXPECT_TRUE(agent_.process().running());
  }

  TempDir dir_;
  std::unique_ptr<NatsServer> server_;
  Agent agent_{dir_};
};

// The flow of a rotated Kubernetes secret, in the worse order: the server first.
TEST_F(Credentials, APasswordChangedWhileRunningIsFollowed) {
  const std::string password = file("password", kAdmin.password + "\n");
  start(documented_accounts(), {"--nats.user=admin", "--nats.password-file=" + password});
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  server_->reload(documented_accounts("rotated-fake-password"));
  ASSERT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_nats_connect_auth_failures_total") >= 3;
  })) << agent_.page().grep("nats_lookout_nats_connect")
      << agent_;
  EXPECT_TRUE(agent_.process().running());
  write_file(password, "rotated-fake-password\n");
  EXPECT_TRUE(agent_.sees(1)) << agent_;
  EXPECT_EQ(agent_.log().find("fake-password"), std::string::npos) << "a password is in the log";
}

TEST_F(Credentials, AWrongPasswordIsSaidAndRetried) {
  start(documented_accounts(), {"--nats.user=admin", "--nats.password=wrong"});
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_nats_connect_auth_failures_total") >= 3;
  })) << agent_;
  EXPECT_TRUE(agent_.health_says("uthorization")) << agent_;
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  server_->reload(documented_accounts("wrong"));
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Credentials, AnAwkwardPasswordLogsIn) {
  const std::string password = "fake \\\\ \\\" {} ü";  // as the server's configuration writes it
  start(documented_accounts(password), {"--nats.user=admin", "--nats.password=fake \\ \" {} ü"});
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Credentials, AnNkeyLogsIn) {
  const Nkey user(Role::user);
  start("accounts { SYS { users: [ { nkey: " + user.public_key() + " } ] } }\nsystem_account: SYS\n",
        {"--nats.nkey=" + file("seed", user.seed() + "\n")});
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Credentials, ACredsFileLogsInAndIsReadAgain) {
  const Operator first;
  const std::string creds = file("user.creds", Operator().system_user());  // of an operator this server does not know
  start(first.server_config(), {"--nats.creds=" + creds});
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_nats_connect_auth_failures_total") >= 2;
  })) << agent_;
  write_file(creds, first.system_user());
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Credentials, ACredsFileOfAnotherAccountIsSaidToBeOutside) {
  const Operator op;
  start(op.server_config(), {"--nats.creds=" + file("user.creds", op.app_user())});
  expect_said("system account", "outside");
}

// In operator mode events carry the whole JWT of a user.
TEST_F(Credentials, NoJwtLeavesTheAgent) {
  const Operator op;
  start(op.server_config(), {"--nats.creds=" + file("user.creds", op.system_user()), "--events.kinds=all"});
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  const Finished other = run(
      {agent_binary(), "check", "--nats.url=" + server_->url(), "--nats.creds=" + file("app.creds", op.app_user())});
  EXPECT_EQ(other.code, 2) << other.output;
  const Labels app{{"account", op.app_account()}};
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", app, 1)) << agent_;
  // Before 2.11 the name tag of an event is the user's, not the account's.
  const std::string name = server_at_least(11) ? "APP" : op.app_account();
  EXPECT_EQ(agent_.page().count("nats_client_connects_total", {{"account_name", name}}), 1U)
      << agent_.page().grep("nats_client_connects_total");
  ASSERT_TRUE(eventually([&] { return !agent_.events("disconnect").empty(); }));
  const std::string jwt = "eyJ";  // how every JWT begins
  for (const char* event : {"connect", "disconnect"}) {
    for (const std::string& line : agent_.events(event)) EXPECT_EQ(line.find(jwt), std::string::npos) << line;
  }
  EXPECT_EQ(agent_.get("/metrics").body.find(jwt), std::string::npos);
  EXPECT_EQ(agent_.get("/health").body.find(jwt), std::string::npos);
  EXPECT_EQ(agent_.log().find(jwt), std::string::npos);
}

// Token users are always in the global account: the login works, and the agent says that it is the wrong account.
TEST_F(Credentials, ATokenLogsInOutsideTheSystemAccount) {
  start("authorization { token: fake-token }\n", {"--nats.token-file=" + file("token", "fake-token\n")});
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 1)) << agent_;
  expect_said("system account", "outside");
}

// And stays said: servers answer some questions of every account.
TEST_F(Credentials, AUserOutsideTheSystemAccountIsSaid) {
  start(documented_accounts(),
        {"--nats.user=app", "--nats.password=" + kApp.password, "--collect.accstatz.interval=1s"});
  expect_said("system account", "outside");
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "accstatz"}}) >= 2;
  })) << agent_.page().grep("rounds_total");
  EXPECT_TRUE(agent_.health_says("system account")) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_lookout_identity", {{"state", "outside"}}), 1) << agent_.page().grep("identity");
}

// Its questions are answered, so it is in the right account; but it hears no events.
TEST_F(Credentials, AUserWhoMayNotSubscribeIsSaid) {
  start(
      "accounts { SYS { users: [{user: admin, password: fake, permissions: {subscribe: \"_INBOX.>\"}}] } }\n"
      "system_account: SYS\n",
      {"--nats.user=admin", "--nats.password=fake"});
  EXPECT_TRUE(agent_.health_says("Permissions Violation for Subscription")) << agent_;
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.count("nats_health_finding", {{"check", "agent_permissions"}}) == 1 &&
           page.sum("nats_lookout_nats_permission_errors_total") >= 1;
  })) << agent_.page().grep("nats_health");
  EXPECT_NE(agent_.log().find("Permissions Violation for Subscription"), std::string::npos) << agent_;
}

TEST_F(Credentials, AUserWhoMayNotPublishIsSaid) {
  start(
      "accounts { SYS { users: [{user: admin, password: fake, permissions: {publish: {deny: \"$SYS.REQ.>\"}}}] } }\n"
      "system_account: SYS\n",
      {"--nats.user=admin", "--nats.password=fake"});
  expect_said("$SYS.REQ", "forbidden");
}

// What is needed to see events and servers; docs/troubleshooting.md has what all endpoints need.
TEST_F(Credentials, AUserWithTheLeastPrivilegeIsEnough) {
  start(
      "accounts { SYS { users: [{user: admin, password: fake, permissions: {\n"
      "  publish: [\"$SYS.REQ.SERVER.PING\", \"$SYS.REQ.SERVER.*.STATSZ\", \"$SYS.REQ.SERVER.*.VARZ\", "
      "\"$SYS.REQ.USER.INFO\"]\n"
      "  subscribe: [\"$SYS.SERVER.>\", \"$SYS.ACCOUNT.>\", \"$JS.EVENT.ADVISORY.>\", \"_INBOX.>\"] }}] } "
      "}\nsystem_account: SYS\n",
      {"--nats.user=admin", "--nats.password=fake"});
  EXPECT_TRUE(agent_.sees(1)) << agent_;
  EXPECT_TRUE(agent_.reaches("nats_lookout_identity", {{"state", "system"}}, 1)) << agent_.page().grep("identity");
  visit(server_->port(), {"app", "wrong"});
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 1)) << agent_;
}

}  // namespace
}  // namespace lookout::e2e

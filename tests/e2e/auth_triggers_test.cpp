// Every trigger of a failed login that loopback can make, each on a server of its own: counted once, with its reason
// and as much of who tried as the server tells. Before 2.12 some are told only by the list of closed connections.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

constexpr auto kFromRing = 90s;  // until what only the list of closed connections told of is counted
const std::string kFailure = "authentication_failure";

class AuthTriggers : public testing::Test {
 protected:
  void serve(const std::string& accounts, const std::string& extra = "") {
    server_ = std::make_unique<NatsServer>(dir_, ServerSpec{"hub", "", accounts, extra});
    server_->start();
  }

  // An agent that logs in with these flags.
  void observe(std::vector<std::string> login = {"--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password}) {
    login.insert(login.end(), {"--nats.url=" + server_->url(), "--collect.interval=1s", "--collect.closed.interval=1s",
                               "--events.kinds=all"});
    agent_.start(login);
    ASSERT_TRUE(agent_.sees(1)) << agent_;
  }

  void start(const std::string& accounts, const std::string& extra = "") {
    serve(accounts, extra);
    observe();
  }

  // With a server in operator mode.
  void start_operator_mode(const AppClaims& app = {}, const std::string& resolver = "MEMORY") {
    operator_mode_ = true;
    serve(operator_.server_config(app, resolver));
    write_file(dir_ / "system.creds", operator_.system_user());
    observe({"--nats.creds=" + (dir_ / "system.creds").string()});
  }

  // This reason so many times, and after everything else that the server has to say nothing besides.
  void expect_only(const std::string& reason, double count, milliseconds limit = 20s) {
    EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "hub"}, {"reason", reason}}, count, limit))
        << seen();
    settle();
    EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), count) << seen();
    EXPECT_EQ(agent_.page().sum("nats_auth_error_details_total"), count) << seen();
  }

  // Every failure so far is of this kind.
  void expect_details(const Labels& labels) {
    for (const Sample& sample : agent_.page().samples("nats_auth_error_details_total")) {
      for (const auto& [name, value] : labels) {
        EXPECT_EQ(sample.labels.contains(name) ? sample.labels.at(name) : "", value) << name << '\n' << seen();
      }
    }
  }

  // Waits until the agent knows what the server has told before now: a login that came later, and two readings of its
  // list where that is the source.
  void settle() {
    const double before = agent_.metrics().sum("nats_client_disconnects_total");
    EXPECT_TRUE(greet());
    EXPECT_TRUE(agent_.reaches([&](const Page& page) { return page.sum("nats_client_disconnects_total") > before; }));
    if (server_at_least(12)) return;
    const auto rounds = [](const Page& page) {
      return page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "closed"}});
    };
    const double read = rounds(agent_.metrics());
    EXPECT_TRUE(agent_.reaches([&](const Page& page) { return rounds(page) >= read + 2; })) << agent_;
  }
  [[nodiscard]] bool greet() const {
    if (!operator_mode_) return visit(server_->port(), kApp);
    Socket socket(server_->port());
    return log_in(socket, operator_.user_of_app("guest"));
  }

  [[nodiscard]] std::string seen() const {
    return agent_.page().grep("nats_auth_error") + agent_.page().grep("nats_client_closed_before") + agent_.log();
  }
  // How many connections the server lists as closed with this reason.
  [[nodiscard]] double closed_because(const std::string& reason) const {
    double count = 0;
    for (int row = 0;; ++row) {
      const std::string said = server_->text("/connz?state=closed", "/connections/" + std::to_string(row) + "/reason");
      if (said.empty()) return count;
      if (said == reason) ++count;
    }
  }

  TempDir dir_;
  Operator operator_;
  std::unique_ptr<NatsServer> server_;
  Agent agent_{dir_};
  bool operator_mode_ = false;
};

TEST_F(AuthTriggers, ABadToken) {
  start(documented_accounts());
  EXPECT_FALSE(log_in_by_token(server_->port(), "fake-guess"));
  expect_only(kFailure, 1);
  // Older servers tell the token as if it were a user's name.
  const bool redacted = server_at_least(11, 2);
  expect_details({{"kind", "client"}, {"client_type", "nats"}, {"credential", redacted ? "token" : "password"}});
}

// It has no user of a system account: a leaf link joins its own to the hub's.
TEST_F(AuthTriggers, ABadTokenAtAServerOfTokens) {
  const std::string leaf_port = std::to_string(free_port());
  start(documented_accounts(), "leafnodes { listen: \"127.0.0.1:" + leaf_port + "\" }\n");
  NatsServer edge(dir_, {"edge", "", "authorization { token: fake-token }\n",
                         "leafnodes { remotes: [{url: \"nats-leaf://" + kAdmin.user + ":" + kAdmin.password +
                             "@127.0.0.1:" + leaf_port + "\", account: \"$SYS\"}] }\n"});
  edge.start();
  ASSERT_TRUE(agent_.sees(2)) << seen();
  const double before = agent_.page().sum("nats_auth_errors_total");
  EXPECT_FALSE(log_in_by_token(edge.port(), "fake-guess"));
  EXPECT_TRUE(log_in_by_token(edge.port(), "fake-token"));
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "edge"}, {"reason", kFailure}}, 1)) << seen();
  settle();
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), before + 1) << seen();
}

std::string nkey_accounts(const Nkey& user) {
  return "accounts {\n  SYS { users: [{user: \"" + kAdmin.user + "\", password: \"" + kAdmin.password +
         "\"}] }\n  APP { users: [{nkey: " + user.public_key() + "}, {user: \"" + kApp.user + "\", password: \"" +
         kApp.password + "\"}] }\n}\nsystem_account: SYS\n";
}

std::string nkey_member(const Nkey& key) {
  return R"("nkey":")" + key.public_key() + '"';
}

TEST_F(AuthTriggers, AnNkeyWithTheSignatureOfAnother) {
  const Nkey user(Role::user);
  start(nkey_accounts(user));
  Socket socket(server_->port());
  EXPECT_FALSE(log_in(socket, Nkey(Role::user), nkey_member(user)));
  expect_only(kFailure, 1);
  expect_details({{"kind", "client"}, {"client_type", "nats"}, {"credential", "nkey"}});
  Socket right(server_->port());
  EXPECT_TRUE(log_in(right, user, nkey_member(user)));
}

TEST_F(AuthTriggers, AnUnknownNkey) {
  start(nkey_accounts(Nkey(Role::user)));
  const Nkey stranger(Role::user);
  Socket socket(server_->port());
  EXPECT_FALSE(log_in(socket, stranger, nkey_member(stranger)));
  expect_only(kFailure, 1);
  expect_details({{"kind", "client"}, {"client_type", "nats"}, {"credential", "nkey"}});
}

TEST_F(AuthTriggers, AJwtExpiredBeforeTheLogin) {
  start_operator_mode();
  Socket socket(server_->port());
  EXPECT_FALSE(log_in(socket, operator_.user_of_app("late", -3600)));
  expect_only(kFailure, 1);
  expect_details({{"kind", "client"}, {"client_type", "nats"}, {"credential", "jwt"}});
}

TEST_F(AuthTriggers, AJwtOfAnUnknownAccount) {
  start_operator_mode();
  Socket socket(server_->port());
  EXPECT_FALSE(log_in(socket, Operator().user_of_app("stranger")));
  expect_only(kFailure, 1);
  expect_details({{"kind", "client"}, {"client_type", "nats"}, {"credential", "jwt"}});
  EXPECT_TRUE(eventually([&] { return !agent_.events("auth_error").empty(); }));
  const std::string line = agent_.events("auth_error").front();
  EXPECT_NE(line.find("the account of the user JWT is not known here"), std::string::npos) << line;
}

TEST_F(AuthTriggers, AJwtThatExpiresWhileConnected) {
  start_operator_mode();
  constexpr int kLife = 3;
  const JwtUser user = operator_.user_of_app("brief", kLife);
  const auto end = std::chrono::system_clock::now() + std::chrono::seconds(kLife + 1);  // its time has whole seconds
  Socket socket(server_->port());
  ASSERT_TRUE(log_in(socket, user)) << seen();
  EXPECT_TRUE(socket.closed());
  expect_only("authentication_expired", 1);
  expect_details({{"account", operator_.app_account()}, {"kind", "client"}, {"client_type", "nats"}});
  EXPECT_TRUE(eventually([&] { return std::chrono::system_clock::now() > end; }));
  Socket again(server_->port());
  EXPECT_FALSE(log_in(again, user));
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"reason", kFailure}}, 1)) << seen();
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 2) << seen();
}

TEST_F(AuthTriggers, AUserRevokedWhileConnected) {
  start_operator_mode({}, "{ type: full, dir: \"" + (dir_ / "jwt").string() + "\" }");
  const JwtUser user = operator_.user_of_app("revoked");
  Socket socket(server_->port());
  ASSERT_TRUE(log_in(socket, user)) << seen();
  Socket admin(server_->port());
  ASSERT_TRUE(log_in(admin, operator_.user_of_system())) << seen();
  const std::string jwt = operator_.app_jwt({.revoked = user.key.public_key()});
  ASSERT_TRUE(admin.send("PUB $SYS.REQ.ACCOUNT." + operator_.app_account() + ".CLAIMS.UPDATE " +
                         std::to_string(jwt.size()) + "\r\n" + jwt + "\r\n"));
  EXPECT_TRUE(socket.closed());
  expect_only("credentials_revoked", 1);
  expect_details({{"account", operator_.app_account()}, {"kind", "client"}, {"client_type", "nats"}});
  Socket again(server_->port());
  EXPECT_FALSE(log_in(again, user));
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"reason", kFailure}}, 1)) << seen();
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 2) << seen();
}

TEST_F(AuthTriggers, TheLimitOfAnAccount) {
  start_operator_mode({.connections = 1});
  {
    Socket first(server_->port());
    ASSERT_TRUE(log_in(first, operator_.user_of_app("first"))) << seen();
    Socket second(server_->port());
    EXPECT_FALSE(log_in(second, operator_.user_of_app("second")));
  }
  expect_only("maximum_account_connections_exceeded", 1, kFromRing);
  expect_details({{"account", operator_.app_account()}, {"kind", "client"}, {"client_type", "nats"}});
}

// It comes back every second until it is stopped.
TEST_F(AuthTriggers, ALeafNodeWithAWrongPassword) {
  const std::string leaf_port = std::to_string(free_port());
  start(documented_accounts(), "leafnodes { listen: \"127.0.0.1:" + leaf_port + "\" }\n");
  NatsServer leaf(dir_, {"leaf", "", documented_accounts(),
                         "leafnodes { reconnect: 1, remotes: [{url: \"nats-leaf://app:fake-guess@127.0.0.1:" +
                             leaf_port + "\", account: APP}] }\n"});
  leaf.start();
  ASSERT_TRUE(agent_.reaches([](const Page& page) { return page.sum("nats_auth_errors_total") >= 2; })) << seen();
  leaf.stop(SIGTERM);
  const double refused = closed_because("Authentication Failure");
  expect_only(kFailure, refused);
  expect_details({{"kind", "leafnode"}, {"client_type", ""}, {"credential", "password"}});
}

TEST_F(AuthTriggers, AWebsocketWithAWrongPassword) {
  const int port = free_port();
  start(documented_accounts(), "websocket { listen: \"127.0.0.1:" + std::to_string(port) + "\", no_tls: true }\n");
  EXPECT_FALSE(visit_by_websocket(port, kApp.user, "fake-guess"));
  expect_only(kFailure, 1);
  expect_details({{"kind", "client"}, {"client_type", "websocket"}, {"credential", "password"}});
  EXPECT_TRUE(visit_by_websocket(port, kApp.user, kApp.password));
}

TEST_F(AuthTriggers, MqttWithAWrongPassword) {
  const int port = free_port();
  const std::string app = "users: [{user: \"" + kApp.user + "\", password: \"" + kApp.password + "\"}]";
  start("accounts {\n  SYS { users: [{user: \"" + kAdmin.user + "\", password: \"" + kAdmin.password +
            "\"}] }\n  APP { jetstream: enabled, " + app + " }\n}\nsystem_account: SYS\n",
        "jetstream { store_dir: \"" + (dir_ / "jetstream").string() +
            "\" }\nmqtt { listen: \"127.0.0.1:" + std::to_string(port) + "\" }\n");
  EXPECT_FALSE(visit_by_mqtt(port, kApp.user, "fake-guess"));
  expect_only(kFailure, 1);
  // Also of an old server, which puts the password in the place of a JWT.
  expect_details({{"kind", "client"}, {"client_type", "mqtt"}, {"credential", "password"}});
  EXPECT_TRUE(visit_by_mqtt(port, kApp.user, kApp.password));
}

TEST_F(AuthTriggers, PlainTextWhereTlsIsSpoken) {
  const std::string key = dir_ / "key.pem";
  const std::string certificate = dir_ / "cert.pem";
  const Finished made =
      run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
           "-subj", "/CN=fake", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate});
  if (made.code != 0) GTEST_SKIP() << "openssl makes no certificate: " << made.output;
  server_ = std::make_unique<NatsServer>(
      dir_, ServerSpec{"hub", "", documented_accounts(),
                       "tls { cert_file: \"" + certificate + "\", key_file: \"" + key + "\" }\n"});
  server_->start();
  agent_.start(watch(server_->url(), {"--nats.tls.ca=" + certificate, "--collect.closed.interval=1s"}));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  // NatsServer itself asked in plain text whether it listens: that was before the agent.
  const double before = closed_because("TLS Handshake Failure");
  Socket socket(server_->port());
  EXPECT_FALSE(log_in(socket, R"("user":"app","pass":"fake-guess")"));
  EXPECT_TRUE(eventually([&] { return closed_because("TLS Handshake Failure") == before + 1; })) << seen();
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"reason", "tls_handshake_failure"}}, 1, kFromRing)) << seen();
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 1) << seen();
  expect_details({{"kind", "client"}});
}

}  // namespace
}  // namespace lookout::e2e

// Drills: servers, accounts, certificates and clients come to their limits.
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <optional>
#include <thread>

#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/nkey.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

class HealthLimits : public DrillTest {
 protected:
  void serve(const std::string& accounts, const std::string& extra) {
    server_.emplace(dir_, ServerSpec{.accounts = accounts, .extra = extra});
    server_->start();
  }
  // In operator mode, with claims that can be changed.
  void serve_operator(const AppClaims& app) {
    serve(operator_.server_config(app, "{ type: full, dir: \"" + (dir_ / "jwt").string() + "\" }"), "");
    write_file(dir_ / "system.creds", operator_.system_user());
  }
  [[nodiscard]] std::vector<std::string> watch_operator() const {
    std::vector<std::string> options = hasty();
    options.insert(options.end(), {"--nats.url=" + server_->url(), "--nats.creds=" + (dir_ / "system.creds").string(),
                                   "--collect.interval=1s", "--servers.lost-after=4s"});
    return options;
  }
  void push(const AppClaims& app) {
    Socket admin(server_->port());
    ASSERT_TRUE(log_in(admin, operator_.user_of_system()));
    const std::string jwt = operator_.app_jwt(app);
    ASSERT_TRUE(admin.send("PUB $SYS.REQ.ACCOUNT." + operator_.app_account() + ".CLAIMS.UPDATE " +
                           std::to_string(jwt.size()) + "\r\n" + jwt + "\r\nPING\r\n"));
    admin.until("PONG");
  }

  Operator operator_;
  std::optional<NatsServer> server_;
};

TEST_F(HealthLimits, ConnectionsOfAServer) {
  serve(documented_accounts(), "max_connections: 20\n");
  watch_with(watch(server_->url(), hasty()), 1);
  std::vector<Client> clients;
  const auto connect_until = [&](int connections) {
    while (server_->number("/varz", "/connections") < connections) clients.emplace_back(server_->port(), kApp);
  };
  connect_until(16);
  drill_->expect("80 %", {"warning server_connections n1"});
  connect_until(19);
  drill_->expect("95 %", {"critical server_connections n1"});
  clients.clear();
  drill_->expect("they are gone", {}, {"warning server_connections n1"});
}

TEST_F(HealthLimits, ConnectionsOfAnAccount) {
  serve_operator({.connections = 10});
  watch_with(watch_operator(), 1);
  std::vector<std::unique_ptr<Socket>> clients;
  for (const std::string state : {"warning", "critical"}) {
    while (clients.size() < (state == "warning" ? 9 : 10)) {
      clients.push_back(std::make_unique<Socket>(server_->port()));
      ASSERT_TRUE(log_in(*clients.back(), operator_.user_of_app("user")));
    }
    drill_->expect(state, {state + " account_connections " + operator_.app_account()});
  }
  clients.clear();
  drill_->expect("they are gone", {}, {"warning account_connections"});
}

TEST_F(HealthLimits, AnAccountExpires) {
  const std::string account = operator_.app_account();
  serve_operator({.expires = 15});
  Socket client(server_->port());  // accounts are known by their connections
  ASSERT_TRUE(log_in(client, operator_.user_of_app("user")));
  watch_with(watch_operator(), 1, {"critical account_expiry " + account});
  drill_->expect("the end", {"critical account_expired " + account, "critical account_expiry " + account});
  push({.expires = 8 * 86400});
  drill_->expect("new claims", {"warning account_expiry " + account});
  push({});
  drill_->expect("claims without an end", {});
}

TEST_F(HealthLimits, ACertificateIsAboutToExpire) {
  const auto path = [&](const char* name) { return (dir_ / name).string(); };
  const auto make_certificate = [&](const char* days) {
    const Finished made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                               "-nodes", "-subj", "/CN=fake", "-addext", "subjectAltName=IP:127.0.0.1", "-days", days,
                               "-keyout", path("server.key"), "-out", path("server.pem")});
    ASSERT_EQ(made.code, 0) << made.output;
  };
  make_certificate("5");
  serve(documented_accounts(),
        "tls { cert_file: \"" + path("server.pem") + "\", key_file: \"" + path("server.key") + "\" }\n");
  std::vector<std::string> options = hasty();
  options.push_back("--nats.tls.ca=" + path("server.pem"));
  watch_with(watch("tls://127.0.0.1:" + std::to_string(server_->port()), options), 1,
             {"critical server_tls_certificate n1"});
  make_certificate("20");
  server_->reload(documented_accounts());
  drill_->expect("renewed for 20 days", {"warning server_tls_certificate n1"});
  make_certificate("90");
  server_->reload(documented_accounts());
  drill_->expect("renewed for 90 days", {});
}

TEST_F(HealthLimits, AClientThatDoesNotRead) {
  serve(documented_accounts(), "max_pending: 1MB\nwrite_deadline: 1s\n");
  watch_with(watch(server_->url(), hasty()), 1);
  Client reader(server_->port(), kApp);
  reader.subscribe("load");
  Client writer(server_->port(), kApp);
  const std::string load(100'000, 'x');
  for (int i = 0; i < 500; ++i) writer.publish("load", load);
  drill_->expect("a client was cut off",
                 {"warning server_slow_consumers n1", "warning account_slow_consumers APP on n1"});
  drill_->expect("a minute", {}, {}, 90s);
}

std::string time_in(int seconds) {
  const std::time_t then = std::time(nullptr) + seconds;
  char text[40];
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&then));
  return text;
}

// A server whose clock is wrong, made of what it would say; it answers no questions.
TEST_F(HealthLimits, AClockThatIsWrong) {
  serve(documented_accounts(), "");
  Client voice(server_->port(), kAdmin);
  agent_.start(watch(server_->url(), hasty()));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  drill_.emplace(agent_, "collection_incomplete");
  std::atomic<int> ahead = 60;
  std::jthread server([&](const std::stop_token& stop) {
    const std::string id = "NFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK";
    for (int seq = 1; !stop.stop_requested(); ++seq, std::this_thread::sleep_for(500ms)) {
      voice.publish("$SYS.SERVER." + id + ".STATSZ",
                    R"({"server":{"name":"n2","id":")" + id + R"(","ver":"2.15.2","seq":)" + std::to_string(seq) +
                        R"(,"time":")" + time_in(ahead) + R"("},"statsz":{"start":"2026-01-01T00:00:00Z"}})");
    }
  });
  drill_->expect("a minute ahead", {"critical server_clock_skew n2"}, {"warning server_clock_skew n2"});
  ahead = 0;
  drill_->expect("set right", {}, {"warning server_clock_skew n2"}, 90s);
}

}  // namespace
}  // namespace lookout::e2e

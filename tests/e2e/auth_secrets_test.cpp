// What clients and the agent itself log in with, rightly or wrongly, is in nothing that leaves the agent.
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <map>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/alertmanager.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

constexpr int kMany = 25;  // enough for the pattern of brute force

class AuthSecrets : public testing::Test {
 protected:
  void observe(Agent& agent, const NatsServer& server, std::vector<std::string> flags) {
    write_file(dir_ / "key", "fake-webhook-key\n");
    flags.insert(flags.end(),
                 {"--nats.url=" + server.url(), "--log.level=debug", "--events.kinds=all", "--collect.interval=1s",
                  "--collect.closed.interval=1s", "--webhook.url=" + receiver_.url("/agent"),
                  "--webhook.secret-file=" + (dir_ / "key").string()});
    agent.start(flags);
    ASSERT_TRUE(agent.sees(1)) << agent;
  }

  // All failures are known, and a webhook has been told of what they mean together.
  void expect_told(Agent& agent, double failures) {
    EXPECT_TRUE(agent.reaches("nats_auth_errors_total", {}, failures)) << agent.page().grep("nats_auth_errors");
    EXPECT_TRUE(eventually([&] { return agent.events("auth_error").size() >= static_cast<std::size_t>(failures); }));
    EXPECT_TRUE(eventually(
        [&] { return !receiver_.posts("/agent", "firing", "alertname", "NatsAuthBruteForce").empty(); }, 30s));
    EXPECT_TRUE(agent.health_says("auth_brute_force"));
    if (server_at_least(12)) return;
    EXPECT_TRUE(agent.reaches([](const Page& page) {
      return page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "closed"}}) >= 3;
    }));
  }

  [[nodiscard]] std::map<std::string, std::string> outputs(const Agent& agent) {
    std::map<std::string, std::string> all{
        {"log", agent.log()}, {"event log", agent.event_log()}, {"webhook", receiver_.everything()}};
    httplib::Client client("127.0.0.1", agent.port());
    for (const char* path : {"/", "/health", "/health?strict=1", "/metrics", "/metrics/surveyor", "/metrics/exporter",
                             "/metrics/exporter?prefix=nats"}) {
      for (const char* accept : {"*/*", "application/openmetrics-text; version=1.0.0"}) {
        const httplib::Result result = client.Get(path, {{"Accept", accept}});
        all[std::string(path) + " as " + accept] = result ? result->body : "";
      }
    }
    return all;
  }

  void expect_without(const Agent& agent, const std::vector<std::string>& secrets) {
    for (const auto& [what, text] : outputs(agent)) {
      EXPECT_FALSE(text.empty()) << what;
      for (const std::string& secret : secrets) {
        const std::size_t at = text.find(secret);
        if (at == std::string::npos) continue;
        ADD_FAILURE() << what << " has the secret " << secret << ": "
                      << text.substr(at - std::min<std::size_t>(at, 200), 400);
      }
    }
  }

  TempDir dir_;
  Receiver receiver_;
};

TEST_F(AuthSecrets, NoPasswordTokenOrSeedLeavesTheAgent) {
  const Nkey own(Role::user);
  const int mqtt = free_port();
  NatsServer server(
      dir_, {"n1", "",
             "accounts {\n  SYS { users: [{user: \"" + kAdmin.user + "\", password: \"" + kAdmin.password +
                 "\"}, {nkey: " + own.public_key() + "}] }\n  APP { jetstream: enabled, users: [{user: \"" + kApp.user +
                 "\", password: \"" + kApp.password + "\"}] }\n}\nsystem_account: SYS\n",
             "jetstream { store_dir: \"" + (dir_ / "jetstream").string() +
                 "\" }\nmqtt { listen: \"127.0.0.1:" + std::to_string(mqtt) + "\" }\n"});
  server.start();
  write_file(dir_ / "seed", own.seed() + "\n");
  Agent by_password(dir_);
  Agent by_nkey(dir_);
  observe(by_password, server, {"--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password});
  observe(by_nkey, server, {"--nats.nkey=" + (dir_ / "seed").string()});
  for (int i = 0; i < kMany; ++i) {
    EXPECT_FALSE(visit(server.port(), {kApp.user, "fake-guess-" + std::to_string(i)}));
    EXPECT_FALSE(log_in_by_token(server.port(), "fake-token-" + std::to_string(i)));
  }
  EXPECT_FALSE(visit_by_mqtt(mqtt, kApp.user, "fake-mqtt-guess"));  // older servers tell it as a JWT
  const Nkey stranger(Role::user);
  Socket socket(server.port());
  EXPECT_FALSE(log_in(socket, stranger, R"("nkey":")" + stranger.public_key() + '"'));
  EXPECT_TRUE(visit(server.port(), kApp));
  for (Agent* agent : {&by_password, &by_nkey}) {
    expect_told(*agent, 2 * kMany + 2);
    expect_without(*agent, {"fake-guess", "fake-token", "fake-mqtt-guess", kAdmin.password, kApp.password, own.seed(),
                            stranger.seed(), "fake-webhook-key"});
  }
}

TEST_F(AuthSecrets, NoJwtLeavesTheAgent) {
  const Operator op;
  NatsServer server(dir_,
                    {"n1", "", op.server_config({}, "{ type: full, dir: \"" + (dir_ / "jwt").string() + "\" }"), ""});
  server.start();
  const JwtUser own = op.user_of_system();
  const JwtUser late = op.user_of_app("late", -3600);
  const JwtUser stranger = Operator().user_of_app("stranger");
  const JwtUser good = op.user_of_app("good");
  write_file(dir_ / "own.creds", own.creds());
  Agent agent(dir_);
  observe(agent, server, {"--nats.creds=" + (dir_ / "own.creds").string()});
  const auto refused = [&](const JwtUser& user) {
    Socket socket(server.port());
    return !log_in(socket, user);
  };
  for (int i = 0; i < kMany; ++i) EXPECT_TRUE(refused(late));
  EXPECT_TRUE(refused(stranger));  // once, because the server looks for its account for two seconds
  {
    Socket admin(server.port());
    ASSERT_TRUE(log_in(admin, op.user_of_system()));
    const std::string jwt = op.app_jwt({.revoked = late.key.public_key()});
    EXPECT_TRUE(admin.send("PUB $SYS.REQ.ACCOUNT." + op.app_account() + ".CLAIMS.UPDATE " + std::to_string(jwt.size()) +
                           "\r\n" + jwt + "\r\n"));
    EXPECT_TRUE(eventually([&] { return !agent.events("claims_update").empty(); })) << agent;
    Socket socket(server.port());
    EXPECT_TRUE(log_in(socket, good));
  }
  EXPECT_TRUE(agent.reaches("nats_client_disconnects_total", {{"account", op.app_account()}}, 1)) << agent;
  expect_told(agent, kMany + 1);
  std::vector<std::string> secrets{"eyJ"};  // how every JWT begins, and its claims
  for (const JwtUser* user : {&own, &late, &stranger, &good}) {
    secrets.push_back(user->jwt.substr(user->jwt.rfind('.') + 1));
    secrets.push_back(user->key.seed());
  }
  expect_without(agent, secrets);
}

}  // namespace
}  // namespace lookout::e2e

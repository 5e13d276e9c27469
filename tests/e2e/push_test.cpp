// A server of a cluster is killed and comes back: a real Alertmanager hears of both, tells its own receiver, and hears
// of it again after a restart; a webhook of the agent gets the same, signed. The binary is $LOOKOUT_ALERTMANAGER.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/alertmanager.h"

namespace lookout::e2e {
namespace {

std::string hmac(const std::string& body, const std::string& key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(body.data()),
       body.size(), digest, &size);
  std::string text = "sha256=";
  char hex[3];
  for (unsigned i = 0; i < size; ++i) {
    std::snprintf(hex, sizeof hex, "%02x", digest[i]);
    text += hex;
  }
  return text;
}

TEST(Push, ALostServerIsAnAlertUntilItIsBack) {
  const std::string binary = from_environment("LOOKOUT_ALERTMANAGER", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_ALERTMANAGER is not set";
  const TempDir dir;
  Receiver receiver;
  Alertmanager alertmanager(dir, binary, receiver.url("/alertmanager"));
  const auto told = [&](const std::string& entity) { return alertmanager.alerts("entity", entity); };
  ASSERT_TRUE(alertmanager.start()) << alertmanager.log();
  write_file(dir / "key", "fake-key\n");
  Cluster cluster(dir, 3);
  Agent agent(dir);
  agent.start(watch(cluster[0].url() + "," + cluster[2].url(),
                    {"--alertmanager.url=" + alertmanager.url(), "--alertmanager.repeat=2s",
                     "--webhook.url=" + receiver.url("/agent"), "--webhook.secret-file=" + (dir / "key").string()}));
  ASSERT_TRUE(agent.sees(3)) << agent;

  cluster[1].stop(SIGKILL);
  ASSERT_TRUE(agent.health_says("server_lost")) << agent;
  ASSERT_TRUE(eventually([&] { return !told("east/n2").empty(); }, 5s)) << agent;
  const nlohmann::json alert = told("east/n2").front();
  EXPECT_EQ(alert["labels"], (nlohmann::json{{"alertname", "NatsServerLost"},
                                             {"nats_cluster", "east"},
                                             {"entity", "east/n2"},
                                             {"severity", "critical"},
                                             {"source", "nats-lookout"}}));
  EXPECT_NE(alert["annotations"]["summary"].get<std::string>().find("east/n2"), std::string::npos);
  EXPECT_TRUE(alert["annotations"]["runbook_url"].get<std::string>().ends_with("#natsserverlost"));
  const auto posts = [&](const std::string& path, const std::string& status) {
    return receiver.posts(path, status, "entity", "east/n2");
  };
  EXPECT_TRUE(eventually([&] {
    return !posts("/alertmanager", "firing").empty() && !posts("/agent", "firing").empty();
  })) << agent
      << alertmanager.log();
  const httplib::Request post = posts("/agent", "firing").at(0);
  EXPECT_EQ(post.get_header_value("X-Lookout-Signature-256"), hmac(post.body, "fake-key"));

  alertmanager.stop();
  ASSERT_TRUE(agent.reaches([](const Page& page) {
    return page.sum("nats_lookout_notifications_total", {{"result", "failed"}}) > 0;
  }));
  ASSERT_TRUE(alertmanager.start()) << alertmanager.log();
  EXPECT_TRUE(eventually([&] { return !told("east/n2").empty(); }, 20s)) << agent;
  ASSERT_EQ(told("east/n2").size(), 1U);
  EXPECT_EQ(told("east/n2").front()["startsAt"], alert["startsAt"]);

  cluster[1].start();
  EXPECT_TRUE(eventually([&] { return told("east/n2").empty(); }, 30s)) << agent;
  EXPECT_TRUE(eventually([&] {
    return !posts("/alertmanager", "resolved").empty() && !posts("/agent", "resolved").empty();
  })) << agent
      << alertmanager.log();
  EXPECT_TRUE(agent.reaches("nats_lookout_notifications_pending", {}, 0)) << agent;
  EXPECT_NE(agent.log().find("a receiver of alerts works again"), std::string::npos) << agent;
}

// Nobody ends the alert but its own end: the agent that would have is gone.
TEST(Push, AlertsOfADeadAgentEndByThemselves) {
  const std::string binary = from_environment("LOOKOUT_ALERTMANAGER", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_ALERTMANAGER is not set";
  const TempDir dir;
  Receiver receiver;
  Alertmanager alertmanager(dir, binary, receiver.url("/alertmanager"));
  const auto told = [&](const std::string& entity) { return alertmanager.alerts("entity", entity); };
  ASSERT_TRUE(alertmanager.start()) << alertmanager.log();
  {
    Agent agent(dir);  // of a NATS that is not there
    agent.start(watch("nats://127.0.0.1:" + std::to_string(free_port()),
                      {"--alertmanager.url=" + alertmanager.url(), "--alertmanager.repeat=1s"}));
    EXPECT_TRUE(eventually([&] { return !told("agent").empty(); })) << agent;
  }
  EXPECT_TRUE(eventually([&] { return told("agent").empty(); }));
  EXPECT_TRUE(eventually([&] { return !receiver.posts("/alertmanager", "resolved", "entity", "agent").empty(); }));
}

}  // namespace
}  // namespace lookout::e2e

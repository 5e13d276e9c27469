// A server of a cluster is killed and comes back: a real Alertmanager hears of both, tells its own receiver, and hears
// of it again after a restart; a webhook of the agent gets the same, signed. The binary is $LOOKOUT_ALERTMANAGER.
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <csignal>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

// What is posted to /alertmanager and /agent.
class Receiver {
 public:
  Receiver() {
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response&) {
      const std::lock_guard lock(mutex_);
      posts_.push_back(request);
    });
    server_.bind_to_port("127.0.0.1", port_);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Receiver() {
    server_.stop();
    thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  // The first post to this path with this status and, in its first alert, this entity.
  [[nodiscard]] std::optional<httplib::Request> find(const std::string& path, const std::string& status,
                                                     const std::string& entity) {
    const std::lock_guard lock(mutex_);
    for (const httplib::Request& post : posts_) {
      if (post.path != path) continue;
      const auto json = nlohmann::json::parse(post.body);
      if (json["status"] == status && json["alerts"][0]["labels"]["entity"] == entity) return post;
    }
    return std::nullopt;
  }

 private:
  int port_ = free_port();
  httplib::Server server_;
  std::mutex mutex_;
  std::vector<httplib::Request> posts_;
  std::thread thread_;
};

class Alertmanager {
 public:
  Alertmanager(const TempDir& dir, std::string binary, const std::string& webhook)
      : binary_(std::move(binary)), base_(dir / "alertmanager") {
    write_file(base_.string() + ".yml",
               "route: {receiver: test, group_by: [...], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}\n"
               "receivers: [{name: test, webhook_configs: [{url: \"" +
                   webhook + "\", send_resolved: true}]}]\n");
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/am"; }

  [[nodiscard]] bool start() {
    process_.start({binary_, "--config.file=" + base_.string() + ".yml", "--storage.path=" + base_.string(),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--web.route-prefix=/am",
                    "--cluster.listen-address="},
                   base_.string() + ".log", base_.string() + ".log");
    return eventually([this] { return !get("/am/-/ready").empty() || !process_.running(); }, 60s) && process_.running();
  }
  void stop() {
    process_.signal(SIGTERM);
    EXPECT_TRUE(process_.wait());
  }

  // The alert about this entity that has not ended; null: there is none.
  [[nodiscard]] nlohmann::json alert(const std::string& entity) const {
    const auto alerts = nlohmann::json::parse(get("/am/api/v2/alerts"), nullptr, false);
    for (const auto& alert : alerts) {
      if (alert["labels"]["entity"] == entity) return alert;
    }
    return {};
  }
  [[nodiscard]] std::string log() const { return read_file(base_.string() + ".log"); }

 private:
  [[nodiscard]] std::string get(const std::string& path) const {
    httplib::Client client("127.0.0.1", port_);
    client.set_read_timeout(5s);
    const httplib::Result result = client.Get(path);
    return result && result->status == 200 ? result->body : std::string();
  }

  const std::string binary_;
  const int port_ = free_port();
  const std::filesystem::path base_;
  Process process_;
};

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
  ASSERT_TRUE(eventually([&] { return alertmanager.alert("east/n2").is_object(); }, 5s)) << agent;
  const nlohmann::json alert = alertmanager.alert("east/n2");
  EXPECT_EQ(alert["labels"], (nlohmann::json{{"alertname", "NatsServerLost"},
                                             {"nats_cluster", "east"},
                                             {"entity", "east/n2"},
                                             {"severity", "critical"},
                                             {"source", "nats-lookout"}}));
  EXPECT_NE(alert["annotations"]["summary"].get<std::string>().find("east/n2"), std::string::npos);
  EXPECT_TRUE(alert["annotations"]["runbook_url"].get<std::string>().ends_with("#natsserverlost"));
  const auto raised = [&](const std::string& path) { return receiver.find(path, "firing", "east/n2"); };
  EXPECT_TRUE(eventually([&] { return raised("/alertmanager") && raised("/agent"); })) << agent << alertmanager.log();
  const auto post = raised("/agent").value_or(httplib::Request());
  EXPECT_EQ(post.get_header_value("X-Lookout-Signature-256"), hmac(post.body, "fake-key"));

  alertmanager.stop();
  ASSERT_TRUE(agent.reaches([](const Page& page) {
    return page.sum("nats_lookout_notifications_total", {{"result", "failed"}}) > 0;
  }));
  ASSERT_TRUE(alertmanager.start()) << alertmanager.log();
  EXPECT_TRUE(eventually([&] { return alertmanager.alert("east/n2").is_object(); }, 20s)) << agent;
  EXPECT_EQ(alertmanager.alert("east/n2")["startsAt"], alert["startsAt"]);

  cluster[1].start();
  const auto ended = [&](const std::string& path) { return receiver.find(path, "resolved", "east/n2").has_value(); };
  EXPECT_TRUE(eventually([&] { return alertmanager.alert("east/n2").is_null(); }, 30s)) << agent;
  EXPECT_TRUE(eventually([&] { return ended("/alertmanager") && ended("/agent"); })) << agent << alertmanager.log();
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
  ASSERT_TRUE(alertmanager.start()) << alertmanager.log();
  {
    Agent agent(dir);  // of a NATS that is not there
    agent.start(watch("nats://127.0.0.1:" + std::to_string(free_port()),
                      {"--alertmanager.url=" + alertmanager.url(), "--alertmanager.repeat=1s"}));
    EXPECT_TRUE(eventually([&] { return alertmanager.alert("agent").is_object(); })) << agent;
  }
  EXPECT_TRUE(eventually([&] { return alertmanager.alert("agent").is_null(); }));
  EXPECT_TRUE(eventually([&] { return receiver.find("/alertmanager", "resolved", "agent").has_value(); }));
}

}  // namespace
}  // namespace lookout::e2e

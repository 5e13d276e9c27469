#include "tests/e2e/support/alertmanager.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace lookout::e2e {

Receiver::Receiver() {
  server_.Post(".*", [this](const httplib::Request& request, httplib::Response&) {
    const std::lock_guard lock(mutex_);
    posts_.push_back(request);
  });
  server_.bind_to_port("127.0.0.1", port_);
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  while (!server_.is_running()) std::this_thread::yield();
}

Receiver::~Receiver() {
  server_.stop();
  thread_.join();
}

std::vector<httplib::Request> Receiver::posts(const std::string& path, const std::string& status,
                                              const std::string& label, const std::string& value) {
  const std::lock_guard lock(mutex_);
  std::vector<httplib::Request> found;
  for (const httplib::Request& post : posts_) {
    if (post.path != path) continue;
    const auto json = nlohmann::json::parse(post.body);
    const auto& alerts = json["alerts"];
    const bool has = std::any_of(alerts.begin(), alerts.end(),
                                 [&](const auto& alert) { return alert["labels"].value(label, "") == value; });
    if (json["status"] == status && has) found.push_back(post);
  }
  return found;
}

std::string Receiver::everything() {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const httplib::Request& post : posts_) text += post.body + '\n';
  return text;
}

Alertmanager::Alertmanager(const TempDir& dir, std::string binary, const std::string& webhook,
                           const std::string& group_by, const std::string& more)
    : binary_(std::move(binary)), base_(dir / "alertmanager") {
  write_file(base_.string() + ".yml", "route: {receiver: test, group_by: " + group_by +
                                          ", group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}\n"
                                          "receivers: [{name: test, webhook_configs: [{url: \"" +
                                          webhook + "\", send_resolved: true}]}]\n" + more);
}

bool Alertmanager::start() {
  process_.start({binary_, "--config.file=" + base_.string() + ".yml", "--storage.path=" + base_.string(),
                  "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--web.route-prefix=/am",
                  "--cluster.listen-address="},
                 base_.string() + ".log", base_.string() + ".log");
  return eventually([this] { return !get("/am/-/ready").empty() || !process_.running(); }, 60s) && process_.running();
}

void Alertmanager::stop() {
  process_.signal(SIGTERM);
  EXPECT_TRUE(process_.wait());
}

std::vector<nlohmann::json> Alertmanager::alerts(const std::string& label, const std::string& value) const {
  std::vector<nlohmann::json> found;
  for (const auto& alert : nlohmann::json::parse(get("/am/api/v2/alerts"), nullptr, false)) {
    if (alert["labels"].value(label, "") == value) found.push_back(alert);
  }
  return found;
}

std::string Alertmanager::log() const {
  return read_file(base_.string() + ".log");
}

std::string Alertmanager::get(const std::string& path) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(5s);
  const httplib::Result result = client.Get(path);
  return result && result->status == 200 ? result->body : std::string();
}

}  // namespace lookout::e2e

#include "exporters/notifier.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "agent/log.h"
#include "exporters/alert.h"
#include "exporters/http_post.h"
#include "support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;

constexpr Wall kStart{1767225600s};  // 2026-01-01T00:00:00Z

Finding lost(const std::string& entity = "east/n1") {
  return {"server_lost", entity, Health::critical, kStart, "server " + entity + " went silent", "east"};
}

Finding brute_force() {
  Finding finding{
      "auth_brute_force", "east/n2", Health::warning, kStart + 1500ms, "many failed logins on east/n2", "east",
      "Block the source."};
  finding.evidence = {321, {{"10.0.0.1", 300}, {"10.0.0.2", 21}}, {}};
  for (int i = 0; i < 7; ++i) finding.evidence.users.push_back({"user" + std::to_string(i), 9});
  return finding;
}

void is_golden(const std::string& name, const std::string& body) {
  const std::string got = nlohmann::ordered_json::parse(body).dump(2) + "\n";
  const std::string path = std::string(TEST_DATA) + "/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
}

TEST(Alert, ItsNameIsMadeOfTheCheck) {
  EXPECT_EQ(alert_name("auth_brute_force"), "NatsAuthBruteForce");
  EXPECT_EQ(alert_name("server_lost"), "NatsServerLost");
  EXPECT_EQ(alert_name("agent_connection"), "NatsAgentConnection");
  EXPECT_EQ(alert_name("x"), "NatsX");
  EXPECT_EQ(alert_name("__a__b2_"), "NatsAB2");
  EXPECT_EQ(alert_name(""), "Nats");
}

TEST(Alert, TheBodiesHoldWhatPeopleAndMachinesNeed) {
  const Wall ended = kStart + 90s;
  is_golden("alertmanager.json", render_alertmanager({{lost(), {}}, {brute_force(), ended}}, kStart + 3min));
  is_golden("webhook_firing.json", render_webhook({{lost(), {}}, {brute_force(), {}}}));
  is_golden("webhook_resolved.json", render_webhook({{brute_force(), ended}}));
}

TEST(Alert, WordsOfStrangersAreCleanedAndBounded) {
  Finding odd = lost("n\n1\xff");
  odd.sentence.assign(100'000, 'x');
  odd.evidence.sources.assign(1000, {std::string(10'000, 'y'), 1});
  const auto alert = nlohmann::json::parse(render_alertmanager({{odd, {}}}, kStart))[0];
  EXPECT_EQ(alert["labels"]["entity"], "n\xef\xbf\xbd\x31\xef\xbf\xbd");
  EXPECT_LT(alert["annotations"].dump().size(), 4096U);
}

// RFC 4231, test case 2.
TEST(Signature, IsTheHmacOfTheBody) {
  EXPECT_EQ(signature_of("what do ya want for nothing?", "Jefe"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

struct Post {
  std::string path;
  httplib::Headers headers;
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
};

// An HTTP server that keeps what is posted to it.
class FakeReceiver {
 public:
  explicit FakeReceiver(int port = 0, std::unique_ptr<httplib::Server> server = std::make_unique<httplib::Server>())
      : server_(std::move(server)) {
    server_->Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      posts_.push_back({request.target, request.headers, request.body});
      response.status = status_;
      response.set_content("secret words of the receiver", "text/plain");
      arrived_.notify_all();
    });
    port_ = port;
    if (port == 0)
      port_ = server_->bind_to_any_port("127.0.0.1");
    else
      server_->bind_to_port("127.0.0.1", port);
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~FakeReceiver() {
    server_->stop();
    thread_.join();
  }
  FakeReceiver(const FakeReceiver&) = delete;
  FakeReceiver& operator=(const FakeReceiver&) = delete;

  [[nodiscard]] int port() const { return port_; }
  void answer(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  // What came, as soon as there are so many.
  [[nodiscard]] std::vector<Post> posts(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(arrived_.wait_for(lock, 10s, [&] { return posts_.size() >= count; })) << posts_.size();
    return posts_;
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable arrived_;
  int status_ = 200;
  std::vector<Post> posts_;
  std::thread thread_;
};

// Takes connections and says nothing.
class Mute {
 public:
  Mute() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(fd_, 8);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Mute() { close(fd_); }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;

  [[nodiscard]] int port() const { return port_; }
  // Waits for somebody to connect.
  [[nodiscard]] int accepted() const { return accept(fd_, nullptr, nullptr); }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
};

HttpUrl url_of(int port, const std::string& path = "", const std::string& query = "") {
  return {false, "127.0.0.1", static_cast<std::uint16_t>(port), path, query};
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class Notify : public testing::Test {
 protected:
  void see(std::vector<Finding> findings) {
    Snapshot snapshot;
    snapshot.findings = std::move(findings);
    cell.put(std::make_shared<const Snapshot>(std::move(snapshot)));
  }
  void start() {
    log::configure("info", LogFormat::logfmt);  // other tests silence it
    notifier = std::make_unique<Notifier>(config, cell, instruments);
  }

  // Of the one series of this name whose labels contain the text.
  double value(const std::string& name, const std::string& label = "") const {
    for (const auto& family : instruments.registry.Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        std::string labels;
        for (const auto& each : metric.label) labels += each.name + "=" + each.value + ",";
        if (labels.find(label) == std::string::npos) continue;
        return family.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value;
      }
    }
    return -1;
  }
  bool counts(const std::string& result, double count) const {
    return eventually([&] { return value("nats_lookout_notifications_total", "result=" + result) >= count; });
  }

  Config config;
  Cell cell;
  Instruments instruments;
  std::unique_ptr<Notifier> notifier;  // first to go
};

TEST_F(Notify, WithoutReceiversThereIsNothing) {
  see({lost()});
  start();
  EXPECT_EQ(value("nats_lookout_notifications_total"), -1);
}

TEST_F(Notify, AlertmanagersGetWhatIsRaisedAndWhatEnds) {
  FakeReceiver one;
  FakeReceiver other;
  config.alertmanager.urls = {url_of(one.port(), "/prefix/"), url_of(other.port())};
  start();
  see({lost()});
  for (FakeReceiver* receiver : {&one, &other}) {
    const Post raised = receiver->posts(1)[0];
    EXPECT_EQ(raised.path, receiver == &one ? "/prefix/api/v2/alerts" : "/api/v2/alerts");
    EXPECT_EQ(raised.header("Content-Type"), "application/json");
    EXPECT_EQ(raised.header("Host"), "127.0.0.1:" + std::to_string(receiver->port()));
    EXPECT_EQ(raised.header("Authorization"), "");
    EXPECT_EQ(raised.json()[0]["labels"]["alertname"], "NatsServerLost");
    EXPECT_GT(raised.json()[0]["endsAt"], "2026-01-01T00:00:00.000Z");
  }
  EXPECT_TRUE(counts("sent", 1));
  see({});
  for (FakeReceiver* receiver : {&one, &other})
    EXPECT_LT(receiver->posts(2)[1].json()[0]["endsAt"], receiver->posts(2)[0].json()[0]["endsAt"]);
  const std::string name = "receiver=alertmanager/127.0.0.1:" + std::to_string(one.port()) + ",result=sent";
  EXPECT_TRUE(eventually([&] { return value("nats_lookout_notifications_total", name) == 2; }));
  EXPECT_TRUE(eventually([&] { return value("nats_lookout_notifications_pending") == 0; }));
  EXPECT_EQ(value("nats_lookout_notifications_dropped_total"), 0);
}

TEST_F(Notify, WhatLastsIsRepeated) {
  FakeReceiver receiver;
  config.alertmanager.urls = {url_of(receiver.port())};
  config.alertmanager.repeat = 100ms;
  start();
  see({lost()});
  const auto posts = receiver.posts(3);
  EXPECT_EQ(posts[0].json()[0]["startsAt"], posts[2].json()[0]["startsAt"]);
  EXPECT_LT(posts[0].json()[0]["endsAt"], posts[2].json()[0]["endsAt"]);
}

TEST_F(Notify, CredentialsAreReadAtEveryPost) {
  const TempDir dir;
  FakeReceiver basic;
  config.alertmanager.urls = {url_of(basic.port())};
  config.alertmanager.user = "ann";
  config.alertmanager.password_file = dir.write("password", "fake-one\n");
  start();
  see({lost()});
  EXPECT_EQ(basic.posts(1)[0].header("Authorization"), "Basic YW5uOmZha2Utb25l");
  static_cast<void>(dir.write("password", "fake-two\n"));
  see({});
  EXPECT_EQ(basic.posts(2)[1].header("Authorization"), "Basic YW5uOmZha2UtdHdv");
}

TEST_F(Notify, ATokenThatIsMissingIsAFailureUntilItIsThere) {
  const TempDir dir;
  FakeReceiver receiver;
  config.alertmanager.urls = {url_of(receiver.port())};
  config.alertmanager.token_file = dir.path("token");
  testing::internal::CaptureStderr();
  start();
  see({lost()});
  EXPECT_TRUE(counts("failed", 1));
  EXPECT_EQ(value("nats_lookout_notifications_pending"), 1);
  static_cast<void>(dir.write("token", "fake-token"));
  EXPECT_EQ(receiver.posts(1)[0].header("Authorization"), "Bearer fake-token");
  EXPECT_TRUE(counts("sent", 1));
  notifier.reset();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("cannot be read"));
  EXPECT_THAT(log, HasSubstr("works again"));
  EXPECT_THAT(log, Not(HasSubstr("fake-token")));
}

TEST_F(Notify, AWebhookIsSignedAndTriedAgain) {
  const TempDir dir;
  FakeReceiver receiver;
  receiver.answer(503);
  config.webhook.urls = {url_of(receiver.port(), "/hook/", "?key=fake-key&a=b+c%20")};
  config.webhook.secret_file = dir.write("key", "fake-secret");
  testing::internal::CaptureStderr();
  start();
  see({brute_force()});
  EXPECT_EQ(receiver.posts(1)[0].path, "/hook/?key=fake-key&a=b+c%20");
  receiver.answer(204);
  const auto posts = receiver.posts(2);
  for (const Post& post : posts)
    EXPECT_EQ(post.header("X-Lookout-Signature-256"), signature_of(post.body, "fake-secret"));
  EXPECT_EQ(posts[0].body, posts[1].body);
  EXPECT_EQ(posts[0].json()["status"], "firing");
  EXPECT_EQ(posts[0].json()["alerts"][0]["evidence"]["count"], 321);
  see({});
  EXPECT_EQ(receiver.posts(3)[2].json()["status"], "resolved");
  EXPECT_TRUE(counts("sent", 2));
  EXPECT_EQ(value("nats_lookout_notifications_total", "result=failed"), 1);
  notifier.reset();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("it answers 503"));
  for (const char* secret : {"fake-key", "fake-secret", "secret words"}) EXPECT_THAT(log, Not(HasSubstr(secret)));
}

TEST_F(Notify, AReceiverThatComesLaterGetsWhatLasts) {
  int port = 0;
  {
    const FakeReceiver gone;
    port = gone.port();
  }
  config.alertmanager.urls = {url_of(port)};
  start();
  see({lost()});
  EXPECT_TRUE(counts("failed", 1));
  FakeReceiver receiver(port);
  EXPECT_EQ(receiver.posts(1)[0].json()[0]["labels"]["entity"], "east/n1");
}

TEST_F(Notify, AMuteReceiverHoldsUpNeitherAnotherNorTheEnd) {
  const Mute mute;
  FakeReceiver receiver;
  config.alertmanager.urls = {url_of(mute.port()), url_of(receiver.port())};
  config.webhook.urls = {url_of(mute.port())};
  start();
  see({lost()});
  const int first = mute.accepted();
  const int second = mute.accepted();
  EXPECT_EQ(receiver.posts(1).size(), 1U);
  see({lost("east/n2")});
  EXPECT_EQ(receiver.posts(3).size(), 3U) << "one is raised, one has ended";
  const auto begin = std::chrono::steady_clock::now();
  notifier.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  close(first);
  close(second);
}

TEST_F(Notify, AQuietOneStopsAtOnce) {
  FakeReceiver receiver;
  config.webhook.urls = {url_of(receiver.port())};
  start();
  see({});
  const auto begin = std::chrono::steady_clock::now();
  notifier.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
}

// A certificate of 127.0.0.1 that signs itself, and its key, as two PEM files.
void make_certificate(const std::string& certificate, const std::string& key) {
  EVP_PKEY* pair = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, pair);
  X509_NAME* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("fake"), -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509_EXTENSION* alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(made, alternative, -1);
  X509_sign(made, pair, EVP_sha256());
  std::FILE* file = std::fopen(certificate.c_str(), "w");
  PEM_write_X509(file, made);
  std::fclose(file);
  file = std::fopen(key.c_str(), "w");
  PEM_write_PrivateKey(file, pair, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_EXTENSION_free(alternative);
  X509_free(made);
  EVP_PKEY_free(pair);
}

TEST(HttpPost, TrustsTheGivenCertificatesOnly) {
  const TempDir dir;
  make_certificate(dir.path("a.pem"), dir.path("a.key"));
  make_certificate(dir.path("b.pem"), dir.path("b.key"));
  FakeReceiver receiver(0, std::make_unique<httplib::SSLServer>(dir.path("a.pem").c_str(), dir.path("a.key").c_str()));
  Target target{url_of(receiver.port()), dir.path("a.pem"), {}, {}, {}, {}};
  target.url.tls = true;
  const auto error = http_post(target, "one");
  EXPECT_FALSE(error) << error->what;
  for (const std::string& ca : {dir.path("b.pem"), dir.path("none"), std::string()}) {
    target.ca = ca;
    EXPECT_TRUE(http_post(target, "two")) << ca;
  }
  target.ca = dir.path("a.pem");
  target.url.host = "localhost";  // not in the certificate
  EXPECT_TRUE(http_post(target, "three"));
  EXPECT_EQ(receiver.posts(1).size(), 1U);
}

TEST(HttpPost, SaysWhyItFailed) {
  FakeReceiver receiver;
  Target target{url_of(receiver.port()), {}, {}, {}, {}, {}};
  receiver.answer(301);
  EXPECT_EQ(http_post(target, "x")->what, "it answers 301") << "redirections are not followed";
  target.url.tls = true;
  EXPECT_TRUE(http_post(target, "x"));
  {
    const Mute closed;
    target.url = url_of(closed.port());
  }
  EXPECT_EQ(http_post(target, "x")->what, "it cannot be connected to");
}

}  // namespace
}  // namespace lookout

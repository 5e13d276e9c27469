// --web.config.file: TLS with certificates that change, clients that are asked for theirs, and passwords. NATS is not
// needed for it.
#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/certificates.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

using Clock = std::chrono::steady_clock;

// "U*U", a vector of bcrypt's authors.
constexpr const char* kUsers =
    "basic_auth_users:\n  prometheus: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";
const std::string kPassword = "U*U";

class Web : public testing::Test {
 protected:
  void SetUp() override {
    certificates_.authority("ca");
    certificates_.authority("other");
    certificates_.issue("ca", "server");
    certificates_.issue("ca", "client", "DNS:prometheus.example");
    certificates_.issue("ca", "colleague");
    certificates_.issue("other", "stranger");
  }

  void configure(const std::string& yaml) const { write_file(dir_ / "web.yaml", yaml); }
  [[nodiscard]] static std::string tls(const std::string& more = "") {
    return "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n" + more;
  }
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--nats.url=nats://127.0.0.1:" + std::to_string(free_port()),
            "--web.config.file=" + (dir_ / "web.yaml").string()};
  }
  void start(const std::string& yaml, Access access) {
    configure(yaml);
    agent_.ask_by(std::move(access));
    agent_.start(arguments());
  }

  // Whom a client trusts, and what it shows.
  [[nodiscard]] Access trusting(const std::string& authority, const std::string& certificate = "") const {
    Access access{certificates_.path(authority + ".pem")};
    if (certificate.empty()) return access;
    access.certificate = certificates_.path(certificate + ".pem");
    access.key = certificates_.path(certificate + ".key");
    return access;
  }

  [[nodiscard]] std::size_t logged(const std::string& text) const {
    const std::string log = agent_.log();
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }
  void reload(const std::string& yaml) {
    const std::size_t before = logged("web configuration reloaded");
    configure(yaml);
    agent_.process().signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return logged("web configuration reloaded") > before; })) << agent_.log();
  }

  TempDir dir_;
  Certificates certificates_{dir_};
  Agent agent_{dir_};
};

TEST_F(Web, WithTlsNothingIsSaidInPlain) {
  start(tls(), trusting("ca"));
  for (const char* path : {"/", "/metrics", "/health", "/livez", "/readyz"})
    EXPECT_EQ(agent_.get(path).status, 200) << path;
  const Answer plain = agent_.get("/metrics", {});
  EXPECT_EQ(plain.status, 400);
  EXPECT_EQ(plain.body, "This port speaks HTTPS.\n");
  EXPECT_EQ(agent_.get("/metrics", trusting("other")).status, 0) << "the test's client must not trust everybody";
}

struct Demand {
  const char* type;
  const char* more;
  int without, client, colleague, stranger;  // status; 0: refused
};
constexpr const char* kAuthority = "  client_ca_file: ca.pem\n";
constexpr const char* kNames = "  client_ca_file: ca.pem\n  client_allowed_sans: [prometheus.example]\n";
constexpr Demand kDemands[] = {
    {"NoClientCert", "", 200, 200, 200, 200},
    {"RequestClientCert", "", 200, 200, 200, 200},
    {"VerifyClientCertIfGiven", kAuthority, 200, 200, 200, 0},
    {"VerifyClientCertIfGiven", kNames, 200, 200, 0, 0},
    {"RequireAnyClientCert", "", 0, 200, 200, 200},
    {"RequireAndVerifyClientCert", kAuthority, 0, 200, 200, 0},
    {"RequireAndVerifyClientCert", kNames, 0, 200, 0, 0},
};

TEST_F(Web, WhatIsDemandedOfClientsIsDemanded) {
  for (const char* version : {"TLS12", "TLS13"}) {
    start(tls(), trusting("ca", "client"));
    for (const Demand& demand : kDemands) {
      SCOPED_TRACE(std::string(version) + " " + demand.type + demand.more);
      reload(
          tls(std::string("  max_version: ") + version + "\n  client_auth_type: " + demand.type + "\n" + demand.more));
      const auto status = [&](const char* certificate) {
        return agent_.get("/metrics", trusting("ca", certificate)).status;
      };
      EXPECT_EQ(status(""), demand.without);
      EXPECT_EQ(status("client"), demand.client);
      EXPECT_EQ(status("colleague"), demand.colleague);
      EXPECT_EQ(status("stranger"), demand.stranger);
    }
    configure(tls());
    agent_.process().signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return logged("client_auth_type is gone") == 1; })) << agent_.log();
    EXPECT_EQ(agent_.get("/metrics", trusting("ca")).status, 0) << "a file that is caught half written opens nothing";
    agent_.process().signal(SIGTERM);
    EXPECT_EQ(agent_.process().wait(10s), 0);
  }
}

TEST_F(Web, ACertificateIsReplacedWhileItRuns) {
  start(tls(), trusting("ca"));
  certificates_.issue("other", "next");
  const auto swap = [&](const char* name) {
    for (const char* end : {".key", ".pem"})
      write_file(dir_ / (std::string("server") + end), read_file(certificates_.path(std::string(name) + end)));
  };
  swap("next");
  bool answered = true;
  EXPECT_TRUE(eventually([&] {
    const bool old = agent_.get("/livez").status == 200;
    const bool fresh = agent_.get("/livez", trusting("other")).status == 200;
    answered = answered && (old || fresh);
    return fresh;
  })) << agent_.log();
  EXPECT_TRUE(answered) << "there was a time without an answer";
  EXPECT_EQ(agent_.get("/livez").status, 0) << "the old certificate is still shown";
  agent_.ask_by(trusting("other"));
  EXPECT_EQ(logged("web configuration reloaded"), 1U) << agent_.log();
}

TEST_F(Web, WhatIsWrongIsSaidOnceAndChangesNothing) {
  start(tls() + kUsers, {certificates_.path("ca.pem"), "", "", "prometheus", kPassword});
  const auto failures = [&] {
    return agent_.metrics().sum("nats_lookout_web_config_reloads_total", {{"result", "failed"}});
  };
  const std::string key = read_file(certificates_.path("server.key"));
  write_file(dir_ / "server.key", "no key\n");
  ASSERT_TRUE(eventually([&] { return failures() == 1; })) << agent_.log();
  EXPECT_EQ(logged("server.key' cannot be used as key"), 1U) << agent_.log();
  write_file(dir_ / "server.key", key);
  ASSERT_TRUE(eventually([&] { return logged("web configuration reloaded") == 1; })) << agent_.log();

  configure("tls_server_config: {cert_file: server.pem}\n");
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return failures() == 2; })) << agent_.log();
  EXPECT_EQ(agent_.metrics().sum("nats_lookout_config_reload_failures_total"), 1);
  configure("");  // as an editor leaves it for a moment
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return failures() == 3; })) << agent_.log();
  configure(tls());
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return failures() == 4; })) << agent_.log();
  EXPECT_EQ(logged("basic_auth_users is gone"), 1U) << agent_.log();
  EXPECT_EQ(agent_.get("/metrics", trusting("ca")).status, 401);
  EXPECT_EQ(agent_.get("/metrics", {}).status, 400);
}

TEST_F(Web, AWrongFileEndsTheStart) {
  const auto end = [&](const std::string& yaml) {
    configure(yaml);
    std::vector<std::string> command = arguments();
    command.insert(command.begin(), agent_binary());
    const Finished finished = run(command);
    EXPECT_EQ(finished.code, 2) << finished.output;
    return finished.output;
  };
  const std::string begin = "nats-lookout: " + (dir_ / "web.yaml").string() + ":";
  EXPECT_EQ(end("basic_auth_users: {a: secret}\n"),
            begin + "1: basic_auth_users must give 'a' a bcrypt hash of cost 4 to 14, such as htpasswd -nB prints\n");
  const std::string missing = end("tls_server_config: {cert_file: none.pem, key_file: server.key}\n");
  EXPECT_TRUE(missing.starts_with(begin + " file '" + (dir_ / "none.pem").string() + "' cannot be used as certificate"))
      << missing;
  EXPECT_EQ(std::count(missing.begin(), missing.end(), '\n'), 1) << missing;
  const std::string strange = end("tls_server_config: {cert_file: server.pem, key_file: client.key}\n");
  EXPECT_NE(strange.find("client.key' cannot be used as key"), std::string::npos) << strange;
}

TEST_F(Web, APasswordIsAskedForExceptByProbes) {
  start(kUsers, {"", "", "", "prometheus", kPassword});
  for (const char* path : {"/", "/metrics", "/metrics/surveyor", "/health", "/api/v1/auth", "/no/such"}) {
    SCOPED_TRACE(path);
    EXPECT_NE(agent_.get(path).status, 401);
    EXPECT_EQ(agent_.get(path, {}).status, 401);
    EXPECT_EQ(agent_.get(path, {"", "", "", "prometheus", "wrong"}).status, 401);
    EXPECT_EQ(agent_.get(path, {"", "", "", "nobody", kPassword}).status, 401);
  }
  for (const char* path : {"/livez", "/readyz", "/-/healthy", "/-/ready"})
    EXPECT_EQ(agent_.get(path, {}).status, 200) << path;
  const auto refused = httplib::Client("127.0.0.1", agent_.port()).Get("/metrics");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->get_header_value("WWW-Authenticate"), R"(Basic realm="nats-lookout", charset="UTF-8")");
  EXPECT_EQ(refused->body, "A user and a password are needed.\n");
  const double checks = agent_.metrics().sum("nats_lookout_http_password_checks_total");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(agent_.get("/metrics").status, 200);
  EXPECT_EQ(agent_.metrics().sum("nats_lookout_http_password_checks_total"), checks) << "a scrape costs a hash";
  EXPECT_EQ(checks, 1 + 2 * 6);
}

TEST_F(Web, HeadersAreOnEveryAnswer) {
  start(std::string("http_server_config:\n  headers:\n    X-Frame-Options: deny\n") +
            "    Content-Security-Policy: default-src 'self'\n",
        {});
  for (const char* path : {"/", "/livez", "/no/such"}) {
    const auto got = httplib::Client("127.0.0.1", agent_.port()).Get(path);
    ASSERT_TRUE(got) << path;
    EXPECT_EQ(got->get_header_value("X-Frame-Options"), "deny") << path;
    EXPECT_EQ(got->get_header_value_count("Content-Security-Policy"), 1U) << path;
    EXPECT_EQ(got->get_header_value("Content-Security-Policy"), "default-src 'self'") << path;
  }
}

TEST_F(Web, ItEndsWithinASecondWhateverClientsDo) {
  start(tls(), trusting("ca"));
  const Socket silent(agent_.port());
  const Socket half(agent_.port());
  half.send("\x16\x03\x01\x02");
  httplib::SSLClient idle("127.0.0.1", agent_.port());
  idle.set_ca_cert_path(agent_.access().ca.c_str());
  idle.set_keep_alive(true);
  ASSERT_TRUE(idle.Get("/livez"));
  const auto begin = Clock::now();
  agent_.process().signal(SIGTERM);
  EXPECT_EQ(agent_.process().wait(10s), 0) << agent_.log();
  EXPECT_LT(Clock::now() - begin, 1s);
}

TEST_F(Web, PrometheusScrapesByCertificateAndPassword) {
  const std::string binary = from_environment("LOOKOUT_PROMETHEUS", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_PROMETHEUS is not set";
  Access access = trusting("ca", "client");
  access.user = "prometheus";
  access.password = kPassword;
  start(tls("  client_auth_type: RequireAndVerifyClientCert\n" + std::string(kNames)) + kUsers, access);
  write_file(dir_ / "prometheus.yml",
             "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: lookout\n    scheme: https\n"
             "    tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}\n"
             "    basic_auth: {username: prometheus, password: 'U*U'}\n"
             "    static_configs: [{targets: ['127.0.0.1:" +
                 std::to_string(agent_.port()) + "']}]\n");
  Process prometheus;
  const int port = free_port();
  prometheus.start({binary, "--config.file=" + (dir_ / "prometheus.yml").string(),
                    "--storage.tsdb.path=" + (dir_ / "prometheus").string(),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port)},
                   dir_ / "prometheus.log", dir_ / "prometheus.log");
  const auto value = [&](const std::string& query) -> std::string {
    const auto got = httplib::Client("127.0.0.1", port).Get("/api/v1/query?query=" + query);
    const auto answer = nlohmann::json::parse(got ? got->body : "", nullptr, false);
    if (!answer.is_object() || answer["data"]["result"].empty()) return "none";
    return answer["data"]["result"][0]["value"][1];
  };
  EXPECT_TRUE(eventually([&] { return value("count_over_time(up%5B1m%5D)") == "4"; }, 60s))
      << read_file(dir_ / "prometheus.log");
  EXPECT_EQ(value("min_over_time(up%5B1m%5D)"), "1") << agent_.log();
  EXPECT_EQ(value("nats_lookout_http_password_checks_total"), "1");
}

}  // namespace
}  // namespace lookout::e2e

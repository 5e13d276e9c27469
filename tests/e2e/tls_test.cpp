// TLS with an own CA, a client certificate, and certificates that change while the agent runs.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/certificates.h"

namespace lookout::e2e {
namespace {

class Tls : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return certificates_.path(name); }

  [[nodiscard]] std::string server_tls(const std::string& more) const {
    return "tls { cert_file: \"" + path("server.pem") + "\", key_file: \"" + path("server.key") + "\", ca_file: \"" +
           path("ca.pem") + "\"" + more + " }\n";
  }

  [[nodiscard]] static std::vector<std::string> secure(const NatsServer& server, std::vector<std::string> more) {
    return watch("tls://127.0.0.1:" + std::to_string(server.port()), std::move(more));
  }

  void SetUp() override {
    certificates_.authority("ca");
    certificates_.issue("ca", "server");
    certificates_.issue("ca", "client");
  }

  TempDir dir_;
  Certificates certificates_{dir_};
  Agent agent_{dir_};
};

TEST_F(Tls, AnOwnAuthorityAndAClientCertificateLogIn) {
  NatsServer server(dir_, {"n1", "", documented_accounts(), server_tls(", verify: true")});
  server.start();
  agent_.start(secure(server, {"--nats.tls.ca=" + path("ca.pem"), "--nats.tls.cert=" + path("client.pem"),
                               "--nats.tls.key=" + path("client.key")}));
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Tls, AnUnknownAuthorityIsSaidAndARotatedOneIsFollowed) {
  NatsServer server(dir_, {"n1", "", documented_accounts(), server_tls("")});
  server.start();
  certificates_.authority("other");
  std::filesystem::copy_file(dir_ / "other.pem", dir_ / "trusted.pem");
  agent_.start(secure(server, {"--nats.tls.ca=" + path("trusted.pem")}));
  EXPECT_TRUE(agent_.health_says("certificate")) << agent_;
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
  write_file(dir_ / "trusted.pem", read_file(dir_ / "ca.pem"));
  EXPECT_TRUE(agent_.sees(1)) << agent_;
}

TEST_F(Tls, AMissingClientCertificateIsRetried) {
  NatsServer server(dir_, {"n1", "", documented_accounts(), server_tls(", verify: true")});
  server.start();
  agent_.start(secure(server, {"--nats.tls.ca=" + path("ca.pem")}));
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_nats_connect_failures_total") >= 2;
  })) << agent_.page().grep("nats_lookout_nats_connect")
      << agent_;
  EXPECT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0)) << agent_;
}

// A server without TLS must not be given the password when TLS was asked for.
TEST_F(Tls, APlainServerGetsNoLogin) {
  NatsServer server(dir_, {});
  server.start();
  agent_.start(secure(server, {"--nats.tls.ca=" + path("ca.pem")}));
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_nats_connect_failures_total") >= 2;
  })) << agent_;
  EXPECT_EQ(agent_.page().value("nats_lookout_connected"), 0);
  EXPECT_EQ(server.connections("SYS"), 0);
}

}  // namespace
}  // namespace lookout::e2e

// TLS with an own CA, a client certificate, and certificates that change while the agent runs.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

class Tls : public testing::Test {
 protected:
  // ca.pem, then server and client certificates signed by it, each NAME.pem with NAME.key.
  void make_authority(const std::string& ca) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=fake test CA", "-keyout", path(ca + ".key"), "-out", path(ca + ".pem")});
  }

  void make_certificate(const std::string& ca, const std::string& name) {
    write_file(dir_ / "names.cnf", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
             path(name + ".key"), "-out", path(name + ".csr")});
    openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", path(ca + ".pem"), "-CAkey", path(ca + ".key"),
             "-CAcreateserial", "-days", "2", "-extfile", path("names.cnf"), "-out", path(name + ".pem")});
  }

  void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const Finished finished = run(arguments);
    ASSERT_EQ(finished.code, 0) << finished.output;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return dir_ / name; }

  [[nodiscard]] std::string server_tls(const std::string& more) const {
    return "tls { cert_file: \"" + path("server.pem") + "\", key_file: \"" + path("server.key") + "\", ca_file: \"" +
           path("ca.pem") + "\"" + more + " }\n";
  }

  [[nodiscard]] static std::vector<std::string> secure(const NatsServer& server, std::vector<std::string> more) {
    return watch("tls://127.0.0.1:" + std::to_string(server.port()), std::move(more));
  }

  void SetUp() override {
    make_authority("ca");
    make_certificate("ca", "server");
    make_certificate("ca", "client");
  }

  TempDir dir_;
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
  make_authority("other");
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

#include "config/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lookout {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const std::string kHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class Web : public testing::Test {
 protected:
  Web() {
    char name[] = "/tmp/web_config_XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Web() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string file() const { return (folder_ / "web.yaml").string(); }
  [[nodiscard]] Result<WebConfig> read(const std::string& yaml) const {
    std::ofstream(file()) << yaml;
    return read_web_config(file());
  }
  // What is wrong with it, without the file's name.
  [[nodiscard]] std::string wrong(const std::string& yaml) const {
    const auto web = read(yaml);
    if (web) return "nothing";
    EXPECT_THAT(web.error(), testing::StartsWith(file()));
    EXPECT_THAT(web.error(), Not(HasSubstr("\n")));
    return web.error().substr(file().size() + 1);
  }

  std::filesystem::path folder_;
};

TEST_F(Web, EveryKeyIsTaken) {
  const auto web = read(R"(tls_server_config:
  cert_file: server.pem
  key_file: /keys/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: sub/ca.pem
  client_allowed_sans: [prometheus.example, 10.0.0.1]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
  prefer_server_cipher_suites: false
http_server_config:
  http2: true
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  prometheus: )" + kHash +
                        "\n");
  ASSERT_TRUE(web) << web.error();
  ASSERT_TRUE(web->tls);
  EXPECT_EQ(web->tls->cert_file, (folder_ / "server.pem").string());
  EXPECT_EQ(web->tls->key_file, "/keys/server.key");
  EXPECT_EQ(web->tls->client_ca_file, (folder_ / "sub/ca.pem").string());
  EXPECT_EQ(web->tls->client_auth, ClientAuth::require_and_verify);
  EXPECT_THAT(web->tls->client_allowed_sans, ElementsAre("prometheus.example", "10.0.0.1"));
  EXPECT_EQ(web->tls->min_version, TlsVersion::tls13);
  EXPECT_THAT(web->tls->cipher_suites, ElementsAre("ECDHE-RSA-AES128-GCM-SHA256"));
  EXPECT_THAT(web->tls->curves, ElementsAre("X25519", "P-256"));
  EXPECT_FALSE(web->tls->prefer_server_ciphers);
  EXPECT_THAT(web->headers,
              ElementsAre(Pair("Strict-Transport-Security", "max-age=31536000"), Pair("X-Frame-Options", "deny")));
  EXPECT_THAT(web->users, ElementsAre(Pair("prometheus", kHash)));
}

TEST_F(Web, ThereMayBeNothing) {
  const auto web = read("# nothing yet\n");
  ASSERT_TRUE(web) << web.error();
  EXPECT_EQ(*web, WebConfig());
}

TEST_F(Web, TheExampleIsRight) {
  const auto web = read_web_config(TEST_DATA "/../config/web.example.yml");
  ASSERT_TRUE(web) << web.error();
  EXPECT_TRUE(web->tls);
  EXPECT_FALSE(web->users.empty());
}

TEST_F(Web, WhatIsWrongIsOneSentence) {
  const std::string pair = "tls_server_config: {cert_file: a, key_file: b, ";
  EXPECT_EQ(wrong("tls_server_config: {certfile: a}\n"),
            "1: unknown key 'tls_server_config.certfile' (did you mean 'tls_server_config.cert_file'?)");
  EXPECT_EQ(wrong("tls_server_config: {cert_file: a}\n"), " tls_server_config needs both cert_file and key_file");
  EXPECT_EQ(wrong(pair + "min_version: TLS10}\n"),
            "1: tls_server_config.min_version must be TLS12 or TLS13, not 'TLS10'");
  EXPECT_EQ(wrong(pair + "min_version: TLS13, max_version: TLS12}\n"), " min_version must not be above max_version");
  EXPECT_THAT(wrong(pair + "client_auth_type: Maybe}\n"), HasSubstr("RequireAndVerifyClientCert, not 'Maybe'"));
  EXPECT_EQ(wrong(pair + "client_auth_type: RequireAndVerifyClientCert}\n"),
            " client_auth_type RequireAndVerifyClientCert needs client_ca_file");
  EXPECT_EQ(wrong(pair + "client_auth_type: RequireAnyClientCert, client_ca_file: c}\n"),
            " client_ca_file needs client_auth_type VerifyClientCertIfGiven or RequireAndVerifyClientCert");
  EXPECT_EQ(wrong(pair + "client_allowed_sans: [a]}\n"),
            " client_allowed_sans needs client_auth_type VerifyClientCertIfGiven or RequireAndVerifyClientCert");
  EXPECT_THAT(wrong(pair + "cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}\n"),
              HasSubstr("not 'TLS_RSA_WITH_RC4_128_SHA'"));
  EXPECT_THAT(wrong(pair + "curve_preferences: [CurveP255]}\n"), HasSubstr("not 'CurveP255'"));
  EXPECT_THAT(wrong("tls_server_config: {cert: inline}\n"), HasSubstr("put it into a file"));
  EXPECT_THAT(wrong("rate_limit: {interval: 1s}\n"), HasSubstr("rate_limit is not supported"));
  EXPECT_THAT(wrong("http_server_config: {headers: {Server: x}}\n"), HasSubstr("not 'Server'"));
  EXPECT_THAT(wrong("http_server_config: {headers: x}\n"), HasSubstr("must hold different keys"));
  EXPECT_THAT(wrong("http_server_config: {headers: {X-Frame-Options: \"a\\r\\nb\"}}\n"),
              HasSubstr("control characters"));
  EXPECT_EQ(wrong("tls_server_config: [\n"), "2: not valid YAML: end of sequence flow not found");
}

TEST_F(Web, APasswordInPlainIsNotRepeated) {
  for (const std::string& hash :
       {std::string("fake-secret"), "$1$" + kHash.substr(4), "$2a$03" + kHash.substr(6), "$2a$31" + kHash.substr(6),
        kHash + "x", kHash.substr(0, 59), kHash.substr(0, 59) + "!"}) {
    const std::string sentence = wrong("basic_auth_users:\n  prometheus: '" + hash + "'\n");
    EXPECT_EQ(sentence,
              "1: basic_auth_users must give 'prometheus' a bcrypt hash of cost 4 to 14, such as htpasswd "
              "-nB prints");
  }
}

// Else a name that was forgotten, or a list that was emptied, would let everybody in.
TEST_F(Web, NoUsersAreNoList) {
  for (const char* yaml : {"basic_auth_users:\n", "basic_auth_users: {}\n"})
    EXPECT_EQ(wrong(yaml), "1: basic_auth_users must name at least one user");
  EXPECT_THAT(wrong("basic_auth_users: {'a:b': x}\n"), HasSubstr("without colons"));
  EXPECT_THAT(wrong("basic_auth_users: {'': x}\n"), HasSubstr("must have names"));
}

TEST_F(Web, AFileThatIsMissingIsNamed) {
  const auto web = read_web_config("/no/such/web.yaml");
  ASSERT_FALSE(web);
  EXPECT_EQ(web.error(), "file '/no/such/web.yaml' cannot be read: No such file or directory");
}

}  // namespace
}  // namespace lookout

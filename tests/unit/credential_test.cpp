// When the agent's own credentials end: by the files that the next login reads.
#include "agent/credential.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace lookout {
namespace {

constexpr std::int64_t kJwtEnd = 1893456000;  // 2030-01-01

// {"exp":1893456000,"sub":"U"}; nobody signed it.
constexpr const char* kJwt =
    "-----BEGIN NATS USER JWT-----\n"
    "eyJhbGciOiJub25lIn0.eyJleHAiOjE4OTM0NTYwMDAsInN1YiI6IlUifQ.c2lnbmF0dXJl\n"
    "------END NATS USER JWT------\n";
// {"sub":"U"}
constexpr const char* kEndless = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJVIn0.c2lnbmF0dXJl\n";

class CredentialTest : public testing::Test {
 protected:
  CredentialTest() { std::filesystem::create_directories(dir_); }
  ~CredentialTest() override { std::filesystem::remove_all(dir_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }

  // Of a certificate that ends then; nobody signed it.
  std::string certificate(std::time_t end) const {
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    X509_set_pubkey(made.get(), key.get());
    ASN1_TIME_set(X509_getm_notBefore(made.get()), 0);
    ASN1_TIME_set(X509_getm_notAfter(made.get()), end);
    X509_sign(made.get(), key.get(), EVP_sha256());
    const std::string path = dir_ / "client.pem";
    std::FILE* const out = std::fopen(path.c_str(), "w");
    PEM_write_X509(out, made.get());
    std::fclose(out);
    return path;
  }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("lookout-credential-" + std::to_string(getpid()));
  NatsOptions nats_;
};

TEST_F(CredentialTest, NothingThatEndsHasNoEnd) {
  EXPECT_FALSE(first_expiry(nats_));
  nats_.password = "secret";
  EXPECT_FALSE(first_expiry(nats_));
  nats_.creds = file("user.creds", kEndless);
  EXPECT_FALSE(first_expiry(nats_));
}

TEST_F(CredentialTest, AJwtEndsWhenItSays) {
  nats_.creds = file("user.creds", kJwt);
  const auto expiry = first_expiry(nats_);
  ASSERT_TRUE(expiry);
  EXPECT_EQ(expiry->time, Wall(std::chrono::seconds(kJwtEnd)));
  EXPECT_STREQ(expiry->of, "the user JWT");
}

// RFC 5280's way to say that a certificate has no end.
TEST_F(CredentialTest, TheYear9999IsNoEnd) {
  nats_.tls.cert = certificate(253402300799);
  EXPECT_FALSE(first_expiry(nats_));
}

TEST_F(CredentialTest, TheFirstToEndIsTold) {
  nats_.creds = file("user.creds", kJwt);
  nats_.tls.cert = certificate(kJwtEnd + 1);
  EXPECT_STREQ(first_expiry(nats_)->of, "the user JWT");
  nats_.tls.cert = certificate(kJwtEnd - 1);
  EXPECT_STREQ(first_expiry(nats_)->of, "the client certificate");
  EXPECT_EQ(first_expiry(nats_)->time, Wall(std::chrono::seconds(kJwtEnd - 1)));
}

TEST_F(CredentialTest, WhatCannotBeReadHasNoEnd) {
  nats_.creds = dir_ / "missing";
  nats_.tls.cert = file("client.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n");
  EXPECT_FALSE(first_expiry(nats_));
  nats_.creds = file("user.creds", "eyJ.bm90IGpzb24.c2ln\n");
  EXPECT_FALSE(first_expiry(nats_));
}

}  // namespace
}  // namespace lookout

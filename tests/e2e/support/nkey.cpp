#include "tests/e2e/support/nkey.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

namespace lookout::e2e {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr unsigned kSeedPrefix = 18U << 3U;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key key_of(const std::string& raw) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(raw), raw.size()), &EVP_PKEY_free};
}

// `bits` a character, most significant bits first, no padding: base32 with 5, base64url with 6.
std::string encode(std::string_view input, unsigned bits, const char* alphabet) {
  std::string output;
  std::uint32_t held = 0;
  unsigned count = 0;
  for (const char byte : input) {
    held = (held << 8U) | static_cast<unsigned char>(byte);
    for (count += 8; count >= bits; count -= bits) output += alphabet[(held >> (count - bits)) & ((1U << bits) - 1U)];
  }
  if (count > 0) output += alphabet[(held << (bits - count)) & ((1U << bits) - 1U)];
  return output;
}

std::string base64url(std::string_view input) {
  return encode(input, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

// CRC-16/XMODEM, little endian, then base32.
std::string checked(std::string input) {
  std::uint32_t crc = 0;
  for (const char byte : input) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc << 1U) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U)) & 0xFFFFU;
  }
  input += static_cast<char>(crc & 0xFFU);
  input += static_cast<char>(crc >> 8U);
  return encode(input, 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

std::string account_claims(const AppClaims& more) {
  return R"({"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":)" +
         std::to_string(more.connections) + R"(,"leaf":-1},)" +
         (more.revoked.empty() ? "" : R"("revocations":{")" + more.revoked + R"(":4000000000},)") +
         R"("default_permissions":{"pub":{},"sub":{}},"type":"account","version":2})";
}
// Unix time so many seconds from now; 0: never.
std::int64_t in(std::int64_t seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return seconds == 0 ? 0 : std::chrono::duration_cast<std::chrono::seconds>(now).count() + seconds;
}

std::string allowed(const std::vector<std::string>& subjects) {
  return subjects.empty() ? "{}" : nlohmann::json{{"allow", subjects}}.dump();
}

std::string user_claims(const UserClaims& claims) {
  return R"({"pub":)" + allowed(claims.publish) + R"(,"sub":)" + allowed(claims.subscribe) +
         R"(,"subs":-1,"data":-1,"payload":-1,"type":"user","version":2})";
}

constexpr const char* kOperatorClaims = R"({"type":"operator","version":2})";

}  // namespace

Nkey::Nkey(Role role) : raw_(kKeySize, '\0') {
  RAND_bytes(reinterpret_cast<unsigned char*>(raw_.data()), kKeySize);
  const Key key = key_of(raw_);
  std::string open(kKeySize, '\0');
  std::size_t size = open.size();
  EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(open.data()), &size);
  const auto prefix = static_cast<unsigned>(role);
  public_key_ = checked(std::string(1, static_cast<char>(prefix)) + open);
  seed_ = checked(
      std::string{static_cast<char>(kSeedPrefix | (prefix >> 5U)), static_cast<char>((prefix & 31U) << 3U)} + raw_);
}

std::string Nkey::sign(const std::string& subject, const std::string& name, const std::string& claims,
                       std::int64_t expires) const {
  const std::string end = expires == 0 ? "" : R"(,"exp":)" + std::to_string(expires);
  const std::string text = base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})") + '.' +
                           base64url(R"({"jti":"fake","iat":1700000000,"iss":")" + public_key_ + R"(","sub":")" +
                                     subject + R"(","name":")" + name + '"' + end + R"(,"nats":)" + claims + '}');
  return text + '.' + signature(text);
}

std::string Nkey::signature(const std::string& text) const {
  const Key key = key_of(raw_);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(text), text.size());
  return base64url(signature);
}

std::string JwtUser::creds() const {
  return "-----BEGIN NATS USER JWT-----\n" + jwt +
         "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n" + key.seed() +
         "\n------END USER NKEY SEED------\n";
}

std::string Operator::server_config(const AppClaims& app, const std::string& resolver) const {
  return "operator: " + operator_.sign(operator_.public_key(), "op", kOperatorClaims) +
         "\nsystem_account: " + system_.public_key() + "\nresolver: " + resolver + "\nresolver_preload: {\n  " +
         system_.public_key() + ": " + operator_.sign(system_.public_key(), "SYS", account_claims({})) + "\n  " +
         app_.public_key() + ": " + app_jwt(app) + "\n}\n";
}

std::string Operator::app_jwt(const AppClaims& app) const {
  return operator_.sign(app_.public_key(), "APP", account_claims(app), in(app.expires));
}

JwtUser Operator::user_of_app(const std::string& name, std::int64_t expires) const {
  return user(app_, name, expires);
}

JwtUser Operator::user(const Nkey& account, const std::string& name, std::int64_t expires, const UserClaims& claims) {
  JwtUser user;
  user.jwt = account.sign(user.key.public_key(), name, user_claims(claims), in(expires));
  return user;
}

}  // namespace lookout::e2e

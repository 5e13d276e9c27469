#include "exporters/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <strings.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "agent/base64.h"

namespace lookout {
namespace {

// At once, the one whose turn it is included: others get their answer at once, and threads are left for who needs no
// check.
constexpr int kMostWaiting = 6;
constexpr std::string_view kScheme = "Basic ";

struct Login {
  std::string user;
  std::string password;
};

std::optional<Login> login_of(std::string_view authorization) {
  if (authorization.size() < kScheme.size() || strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0)
    return std::nullopt;
  std::string_view given = authorization.substr(kScheme.size());
  while (given.ends_with('=')) given.remove_suffix(1);
  const auto text = from_base64(given, kBase64);
  if (!text) return std::nullopt;
  const auto colon = text->find(':');
  // crypt() would see the password end at a zero.
  if (colon == std::string::npos || text->find('\0') != std::string::npos) return std::nullopt;
  return Login{text->substr(0, colon), text->substr(colon + 1)};
}

// Of the highest cost there is; its password is none.
std::string nobodys_hash(const std::map<std::string, std::string>& users) {
  constexpr std::size_t kCost = 4;  // "$2b$"
  std::string cost = "04";
  for (const auto& [user, hash] : users) cost = std::max(cost, hash.substr(kCost, 2));
  return "$2b$" + cost + "$" + std::string(53, '.');
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KB
  const char* const made = crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool same =
      made != nullptr && std::strlen(made) == hash.size() && CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return same;
}

std::array<unsigned char, 32> random_key() {
  std::array<unsigned char, 32> key{};
  RAND_bytes(key.data(), static_cast<int>(key.size()));
  return key;
}

}  // namespace

BasicAuth::BasicAuth(std::map<std::string, std::string> users, prometheus::Counter& checks)
    : users_(std::move(users)), nobodys_hash_(nobodys_hash(users_)), key_(random_key()), checks_(checks) {}

BasicAuth::Verdict BasicAuth::judge(std::string_view authorization) {
  const auto login = login_of(authorization);
  if (!login) return Verdict::wrong;
  const Digest digest = digest_of(login->user, login->password);
  if (known(login->user, digest)) return Verdict::right;
  const bool waits = waiting_.fetch_add(1) < kMostWaiting;
  bool right = false;
  if (waits) {
    const std::lock_guard lock(turn_);
    right = check(login->user, login->password, digest);
  }
  --waiting_;
  if (!waits) return Verdict::busy;
  return right ? Verdict::right : Verdict::wrong;
}

bool BasicAuth::check(const std::string& user, const std::string& password, const Digest& digest) {
  if (known(user, digest)) return true;  // since another with the same password had its turn
  const auto found = users_.find(user);
  checks_.Increment();
  const bool right = bcrypt_matches(password, found == users_.end() ? nobodys_hash_ : found->second);
  if (!right || found == users_.end()) return false;
  const std::lock_guard lock(guard_);
  right_[user] = digest;
  return true;
}

bool BasicAuth::known(const std::string& user, const Digest& digest) const {
  const std::lock_guard lock(guard_);
  const auto found = right_.find(user);
  return found != right_.end() && CRYPTO_memcmp(found->second.data(), digest.data(), digest.size()) == 0;
}

BasicAuth::Digest BasicAuth::digest_of(const std::string& user, const std::string& password) const {
  const std::string text = user + '\0' + password;
  Digest digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return digest;
}

}  // namespace lookout

#include "exporters/mask.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <utility>
#include <vector>

namespace lookout {
namespace {

using Secret = std::array<unsigned char, 32>;

const Secret& secret() {
  static const Secret made = [] {
    Secret key{};
    RAND_bytes(key.data(), static_cast<int>(key.size()));
    return key;
  }();
  return made;
}

constexpr std::array kIdentities{&AuthFailure::address, &AuthFailure::user, &AuthFailure::name, &AuthFailure::jwt_user,
                                 &AuthFailure::jwt_name};

template <class Named>
void mask(std::vector<Named>& all) {
  for (Named& each : all) each.name = masked(each.name);
}

}  // namespace

std::string masked(std::string_view identity) {
  if (identity.empty()) return {};
  constexpr std::size_t kShown = 5;  // bytes
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret().data(), static_cast<int>(secret().size()),
       reinterpret_cast<const unsigned char*>(identity.data()), identity.size(), digest.data(), &size);
  std::string out = "masked-";
  for (std::size_t i = 0; i < kShown; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[digest[i] >> 4U];
    out += kDigits[digest[i] & 15U];
  }
  return out;
}

std::string_view without_identities(std::string_view sentence) {
  return sentence.substr(0, sentence.find("; sources: "));
}

std::shared_ptr<const Snapshot> masked(const Snapshot& snapshot) {
  auto out = std::make_shared<Snapshot>(snapshot);
  for (Finding& finding : out->findings) {
    finding.sentence = without_identities(finding.sentence);
    mask(finding.evidence.sources);
    mask(finding.evidence.users);
  }
  if (snapshot.auth_tops != nullptr) {
    auto tops = std::make_shared<AuthTops>(*snapshot.auth_tops);
    mask(tops->sources);
    mask(tops->users);
    out->auth_tops = std::move(tops);
  }
  if (snapshot.auth_failures != nullptr) {
    auto failures = std::make_shared<std::vector<AuthFailure>>(*snapshot.auth_failures);
    for (AuthFailure& failure : *failures)
      for (const auto text : kIdentities) failure.*text = masked(failure.*text);
    out->auth_failures = std::move(failures);
  }
  return out;
}

}  // namespace lookout

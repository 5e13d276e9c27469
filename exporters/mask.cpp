#include "exporters/mask.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
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

void mask(std::vector<Tally>& tallies) {
  for (Tally& tally : tallies) tally.name = masked(tally.name);
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

Finding masked(Finding finding) {
  finding.sentence = without_identities(finding.sentence);
  mask(finding.evidence.sources);
  mask(finding.evidence.users);
  return finding;
}

}  // namespace lookout

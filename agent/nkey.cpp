#include "agent/nkey.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace lookout {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t kSeedPrefix = 18U << 3U;
constexpr std::uint8_t kUserPrefix = 20U << 3U;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSeedBytes = 2 + kKeyBytes + 2;  // two prefix bytes, key, checksum

using Bytes = std::vector<std::uint8_t>;
using Key = std::array<std::uint8_t, kKeyBytes>;

// CRC-16/XMODEM, low byte first, as the nkeys format has it.
std::uint16_t crc16(const std::uint8_t* bytes, std::size_t size) {
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= static_cast<std::uint32_t>(bytes[i]) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
  }
  return static_cast<std::uint16_t>(crc & 0xFFFFU);
}

std::optional<Bytes> base32_decode(std::string_view text) {
  Bytes bytes;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    buffer = (buffer << 5U) | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>((buffer >> bits) & 0xFFU));
  }
  return bytes;
}

std::string base32_encode(const Bytes& bytes) {
  std::string text;
  std::uint32_t buffer = 0;
  unsigned bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8U) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += kAlphabet[(buffer >> bits) & 31U];
    }
  }
  if (bits > 0) text += kAlphabet[(buffer << (5 - bits)) & 31U];
  return text;
}

std::optional<Key> ed25519_public(const std::uint8_t* private_key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key, kKeyBytes), &EVP_PKEY_free);
  Key result{};
  std::size_t size = result.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), result.data(), &size) != 1) return std::nullopt;
  return result;
}

Result<std::string> public_of(const Bytes& raw) {
  if (raw.size() != kSeedBytes) return Error{"an nkey user seed has 58 characters of base32"};
  const std::uint16_t expected = crc16(raw.data(), kSeedBytes - 2);
  if (raw[kSeedBytes - 2] != (expected & 0xFFU) || raw[kSeedBytes - 1] != (expected >> 8U)) {
    return Error{"the checksum of the nkey seed is wrong"};
  }
  const auto kind = static_cast<std::uint8_t>(((raw[0] & 7U) << 5U) | ((raw[1] & 248U) >> 3U));
  if ((raw[0] & 248U) != kSeedPrefix || kind != kUserPrefix) return Error{"the nkey is not a user seed (SU...)"};
  const std::optional<Key> key = ed25519_public(raw.data() + 2);
  if (!key) return Error{"OpenSSL does not accept the nkey seed"};
  Bytes encoded{kUserPrefix};
  encoded.insert(encoded.end(), key->begin(), key->end());
  const std::uint16_t crc = crc16(encoded.data(), encoded.size());
  encoded.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
  encoded.push_back(static_cast<std::uint8_t>(crc >> 8U));
  return base32_encode(encoded);
}

}  // namespace

Result<std::string> nkey_public_key(std::string_view seed) {
  std::optional<Bytes> raw = base32_decode(seed);
  if (!raw) return Error{"the nkey seed holds characters that are not base32"};
  Result<std::string> key = public_of(*raw);
  OPENSSL_cleanse(raw->data(), raw->size());
  return key;
}

std::string_view line_starting_with(std::string_view prefix, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    if (line.starts_with(prefix)) return line;
  }
  return {};
}

}  // namespace lookout

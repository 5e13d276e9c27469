#include "agent/auth_client.h"

#include <arpa/inet.h>

#include <algorithm>
#include <random>

#include "agent/suspects.h"
#include "agent/text.h"

namespace lookout {
namespace {

std::string redacted(std::string_view secret) {
  static const std::string key = std::to_string(std::random_device()());
  constexpr std::size_t kNames = 1U << 20U;
  return "[REDACTED " + std::to_string(std::hash<std::string>()(key + std::string(secret)) % kNames) + "]";
}

}  // namespace

std::string source_of(std::string_view host) {
  in6_addr address{};
  std::string text = clean(host, Suspects::kMaxName);
  if (!text.empty() && text.find(':') == std::string::npos) return text;
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return text.empty() ? kNobody : text;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    char shown[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, &address.s6_addr[12], shown, sizeof(shown));
    return shown;
  }
  if (IN6_IS_ADDR_LOOPBACK(&address)) return text;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), std::uint8_t{0});
  char shown[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, shown, sizeof(shown));
  return std::string(shown) + "/64";
}

std::string user_of(const ClientInfo& client) {
  if (!client.user.empty() && client.user_is_secret)
    return client.user == "[REDACTED]" ? std::string(client.user) : redacted(client.user);
  if (!client.user.empty()) return clean(client.user, Suspects::kMaxName);
  if (!client.claims.name.empty()) return clean(client.claims.name, Suspects::kMaxName);
  if (!client.claims.subject.empty()) return clean(client.claims.subject, Suspects::kMaxName);
  return kNobody;
}

}  // namespace lookout

// Addresses as option values: urls of NATS servers, the address to listen on, the prefix of our inboxes. Internal to
// config/; pure functions, any thread; errors as in values.h.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/values.h"

namespace lookout::cfg {

struct Address {
  std::string_view host;  // an IPv6 address with its brackets
  std::optional<std::string_view> port;
};

// "[::1]:4222", "nats-0.nats:4222", "nats". Says nothing about whether host and port are good.
inline Address split_address(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : text.find(':', bracket);
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

inline bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    in6_addr address{};
    const std::string inside(host.substr(1, host.size() - (host.ends_with(']') ? 2 : 1)));
    return inside.find_first_not_of("0123456789abcdefABCDEF:.") == std::string::npos && host.ends_with(']') &&
           inet_pton(AF_INET6, inside.c_str(), &address) == 1;
  }
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  };
  return !host.empty() && std::all_of(host.begin(), host.end(), allowed);
}

inline std::optional<std::string> normalised_url(std::string_view text) {
  std::string scheme = "nats://";
  if (const std::size_t mark = text.find("://"); mark != std::string_view::npos) {
    scheme = text.substr(0, mark + 3);
    text.remove_prefix(scheme.size());
  }
  if (scheme != "nats://" && scheme != "tls://") return std::nullopt;
  if (text.ends_with('/')) text.remove_suffix(1);
  const Address address = split_address(text);
  const auto port = number<std::uint16_t>(address.port.value_or("4222"));
  if (!is_host(address.host) || port.value_or(0) == 0) return std::nullopt;
  return scheme + std::string(address.host) + ":" + std::to_string(*port);
}

// Every url as nats://host:port or tls://host:port.
[[nodiscard]] inline Result<Texts> read_urls(const Texts& texts) {
  // Before anything is split or repeated: a password may hold commas.
  if (std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text.find('@') != std::string::npos; })) {
    return Error{"must not contain credentials: give them with --nats.user and --nats.password-file"};
  }
  Texts urls;
  for (const std::string& text : split_list(texts)) {
    const auto url = normalised_url(text);
    if (!url) return must_be("nats://host:port, tls://host:port or host:port (IPv6 in brackets)", text);
    urls.push_back(*url);
  }
  if (urls.empty()) return must_be("one or more of nats://host:port, tls://host:port or host:port", "");
  return urls;
}

// host:port, :port or [::]:port.
[[nodiscard]] inline Result<std::string> read_listen_address(std::string_view text) {
  const Address address = split_address(text);
  const bool good = (address.host.empty() || is_host(address.host)) && number<std::uint16_t>(address.port.value_or(""));
  if (!good) return must_be("host:port, :port or [::]:port", text);
  return std::string(text);
}

[[nodiscard]] inline Result<std::string> read_inbox_prefix(std::string_view text) {
  const bool odd =
      std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' ' || c == '*' || c == '>'; });
  const bool gap =
      text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos;
  if (odd || gap) return must_be("a subject without wildcards, such as _INBOX or _INBOX.lookout", text);
  return std::string(text);
}

}  // namespace lookout::cfg

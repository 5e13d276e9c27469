// Addresses as option values: urls of NATS servers and of HTTP receivers, the address to listen on, the prefix of our
// inboxes. Internal to
// config/; pure functions, any thread; errors as in values.h.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
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

inline bool is_in_url(char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"#<>@\\^`{|}").find(c) == std::string_view::npos;
}

// http://host:port/path?query.
inline std::optional<HttpUrl> http_url(std::string_view text) {
  HttpUrl url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(text.find("://") + 3);
  const std::size_t query = std::min(text.find('?'), text.size());
  const std::size_t path = std::min(text.find('/'), query);
  const Address address = split_address(text.substr(0, path));
  const auto port = number<std::uint16_t>(address.port.value_or(url.tls ? "443" : "80"));
  if (!is_host(address.host) || port.value_or(0) == 0 || !std::all_of(text.begin(), text.end(), is_in_url))
    return std::nullopt;
  const std::size_t bracket = address.host.starts_with('[') ? 1 : 0;
  url.host = address.host.substr(bracket, address.host.size() - 2 * bracket);
  url.port = *port;
  url.path = text.substr(path, query - path);
  url.query = text.substr(query);
  return url;
}

// What stands in the query may be a secret.
inline std::string write_http_url(const HttpUrl& url) {
  return (url.tls ? "https://" : "http://") + host_and_port(url) + url.path + (url.query.empty() ? "" : "?***");
}

// `wanted` is what a good one looks like: with a question mark in it, a query is one.
[[nodiscard]] inline Result<std::vector<HttpUrl>> read_http_urls(const Texts& texts, const std::string& wanted) {
  if (std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text.find('@') != std::string::npos; })) {
    return Error{"must not contain credentials, nor any other @ than as %40"};
  }
  std::vector<HttpUrl> urls;
  for (const std::string& text : split_list(texts)) {
    const auto url = http_url(text);
    const bool good = url && (url->query.empty() || wanted.find('?') != std::string::npos);
    if (!good) return must_be(wanted, std::string_view(text).substr(0, text.find('?')));
    urls.push_back(*url);
  }
  if (urls.empty()) return must_be("one or more of " + wanted, "");
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

// Small pure functions on untrusted text and wire encodings of nats-server.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "agent/clock.h"

namespace lookout {

// Of maps by text that are asked with views of it.
struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};

inline constexpr std::size_t kMaxText = 256;  // bytes of any text from the network that is shown or kept

[[nodiscard]] std::string concat(std::initializer_list<std::string_view> parts);

// Valid UTF-8 without control characters, at most `limit` bytes (cut at a character, marked by "…"): invalid bytes and
// control characters become U+FFFD.
[[nodiscard]] std::string clean(std::string_view text, std::size_t limit = kMaxText);

// RFC 3339 with up to nine fractional digits and Z or an offset, as Go writes it. Go's zero time, and anything else, is
// none.
[[nodiscard]] std::optional<Wall> parse_time(std::string_view text);

// Go's duration text ("1.5ms", "507µs", "2m3s", "1h2m3.5s") and nats-server's own ("3d4h5m6s", with years), in seconds.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);

// "2026-11-23T09:40:22.912Z"; empty for the epoch.
[[nodiscard]] std::string format_time(Wall time);

// For a sentence, in its two largest units: "3h12m", "45s"; never negative.
[[nodiscard]] std::string format_age(std::chrono::nanoseconds age);

// The payload of a JWT: the middle part, base64url. Empty when it is not one. Nothing is verified.
[[nodiscard]] std::string jwt_claims(std::string_view jwt);

// "2.10.27" >= {2, 10, 21}? False for what is not a version.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  auto operator<=>(const Version&) const = default;
};
[[nodiscard]] Version parse_version(std::string_view text);

}  // namespace lookout

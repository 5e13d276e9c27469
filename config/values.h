// The values that options are made of, read from and written as text. Internal to config/; pure functions, any thread.
// An error is the end of a sentence whose beginning, the name of the option or the place in a file, the caller knows:
// "must be a duration such as 250ms, 10s, 1m30s or 1h, not '10'".
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/result.h"

namespace lookout::cfg {

using Texts = std::vector<std::string>;

[[nodiscard]] inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
[[nodiscard]] inline bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f;
}

// The whole text as a number; none where it is not one or does not fit.
template <class Number>
inline std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// For a sentence: bounded and without control characters.
inline std::string quote(std::string_view text) {
  constexpr std::size_t kShown = 200;
  std::string shown(text.substr(0, kShown));
  std::replace_if(shown.begin(), shown.end(), is_control, '?');
  return "'" + shown + (text.size() > kShown ? "...'" : "'");
}

// "must be <wanted>, not '<text>'".
inline Error must_be(const std::string& wanted, std::string_view text) {
  return Error{"must be " + wanted + ", not " + quote(text)};
}

// The parts of "a, b" without the spaces around them, over all texts.
inline Texts split_list(const Texts& texts) {
  Texts parts;
  for (std::string_view rest : texts) {
    for (bool more = true; more;) {
      const std::size_t comma = rest.find(',');
      const std::string_view part = rest.substr(0, comma);
      const std::size_t first = std::min(part.find_first_not_of(" \t"), part.size());
      const std::size_t last = part.find_last_not_of(" \t") + 1;
      if (first < last) parts.emplace_back(part.substr(first, last - first));
      more = comma != std::string_view::npos;
      if (more) rest.remove_prefix(comma + 1);
    }
  }
  return parts;
}

inline std::string join(const Texts& texts, const std::string& separator) {
  std::string all;
  for (const auto& text : texts) all.append(all.empty() ? "" : separator).append(text);
  return all;
}

// The parts between the `at`s, also empty ones.
inline Texts split(std::string_view text, char at) {
  Texts parts;
  for (std::size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.emplace_back(text);
  return parts;
}

inline std::string lowercase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// "a, b or c".
inline std::string alternatives(const Texts& names) {
  const Texts first(names.begin(), names.end() - 1);
  return first.empty() ? names.back() : join(first, ", ") + " or " + names.back();
}

struct Unit {
  std::string_view name;
  std::uint64_t size;
};
// Longest name first where one starts with another.
inline constexpr std::array<Unit, 5> kDurationUnits{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
inline constexpr std::array<Unit, 3> kByteUnits{{{"GiB", 1U << 30U}, {"MiB", 1U << 20U}, {"KiB", 1U << 10U}}};
inline constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 3650);
inline constexpr std::uint64_t kMostBytes = 64ULL << 30U;

// Takes "1.5h" off the front of `text`; in milliseconds.
inline std::optional<double> take_duration_part(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, amount, std::chars_format::fixed);
  if (digits == 0 || !is_digit(text.front()) || error != std::errc{} || end != text.data() + digits)
    return std::nullopt;
  text.remove_prefix(digits);
  for (const auto& [name, size] : kDurationUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return amount * static_cast<double>(size);
  }
  return std::nullopt;
}

// In milliseconds.
inline std::optional<double> duration_of(std::string_view text) {
  if (text == "0") return 0;
  double sum = 0;
  do {
    const auto part = take_duration_part(text);
    if (!part) return std::nullopt;
    sum += *part;
  } while (!text.empty());
  return sum;
}

inline std::string write_duration(std::chrono::milliseconds duration) {
  constexpr std::array<Unit, 4> kParts{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
  auto rest = static_cast<std::uint64_t>(std::max(duration, std::chrono::milliseconds{0}).count());
  std::string text;
  for (const auto& [name, size] : kParts) {
    if (rest < size) continue;
    text.append(std::to_string(rest / size)).append(name);
    rest %= size;
  }
  return text.empty() ? "0s" : text;
}

// Go's and Prometheus' notation: 250ms, 10s, 1m30s, 1.5h, 7d, 0.
[[nodiscard]] inline Result<std::chrono::milliseconds> read_duration(std::string_view text,
                                                                     std::chrono::milliseconds minimum) {
  const auto duration = duration_of(text);
  if (!duration) return must_be("a duration such as 250ms, 10s, 1m30s or 1h", text);
  if (*duration > static_cast<double>(kLongest.count())) return must_be("at most " + write_duration(kLongest), text);
  const std::chrono::milliseconds whole(std::llround(*duration));
  if (whole < minimum) return must_be("at least " + write_duration(minimum), text);
  return whole;
}

inline std::string write_bytes(std::uint64_t bytes) {
  for (const auto& [name, size] : kByteUnits) {
    if (bytes != 0 && bytes % size == 0) return std::to_string(bytes / size).append(name);
  }
  return std::to_string(bytes);
}

// 1048576, 32MiB, 1GiB.
[[nodiscard]] inline Result<std::uint64_t> read_bytes(std::string_view text, std::uint64_t minimum) {
  const auto unit =
      std::find_if(kByteUnits.begin(), kByteUnits.end(), [&](const Unit& u) { return text.ends_with(u.name); });
  const bool plain = unit == kByteUnits.end();
  const auto amount = number<std::uint64_t>(plain ? text : text.substr(0, text.size() - unit->name.size()));
  const std::uint64_t size = plain ? 1 : unit->size;
  if (!amount) return must_be("a number of bytes such as 33554432 or 32MiB", text);
  if (*amount > kMostBytes / size) return must_be("at most " + write_bytes(kMostBytes), text);
  if (*amount * size < minimum) return must_be("at least " + write_bytes(minimum), text);
  return *amount * size;
}

[[nodiscard]] inline Result<std::uint32_t> read_count(std::string_view text) {
  const auto count = number<std::uint32_t>(text);
  if (!count) return must_be("a number from 0 to 4294967295", text);
  return *count;
}

[[nodiscard]] inline Result<bool> read_flag(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return must_be("true or false", text);
}

// Any text without control characters, also none. The error does not repeat the text: it may be a secret.
[[nodiscard]] inline Result<std::string> read_text(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return Error{"must not contain control characters, such as a line break at its end"};
  }
  return std::string(text);
}

// "-", "off" or a file.
[[nodiscard]] inline Result<std::string> read_event_log(std::string_view text) {
  if (text.empty()) return must_be("- (stdout), off or a file", text);
  return read_text(text);
}

inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The candidate that `name` is most likely a typing error of; empty: none is near.
inline std::string nearest(std::string_view name, const Texts& candidates) {
  constexpr std::size_t kNear = 3;
  std::string best;
  std::size_t least = std::min(kNear, name.size() / 2 + 1);
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

}  // namespace lookout::cfg

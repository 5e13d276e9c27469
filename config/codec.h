// Codecs that the tables of options share. Internal to config/; made once, any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/options.h"

namespace lookout::cfg {

template <class At, class Read, class Write>
Codec scalar(At at, Read read, Write write) {
  const auto set = [at, read](Config& config, const Texts& texts) {
    auto value = read(texts.front());
    if (!value) return value.error();
    at(config) = *value;
    return std::string{};
  };
  return {set, [at, write](const Config& config) { return Texts{write(at(config))}; }};
}

// The same option with another word about what takes its changes.
inline Option taken_by(Reload reload, Option option) {
  option.reload = reload;
  return option;
}

inline constexpr auto kSame = [](const std::string& text) { return text; };

template <class At>
Codec text(At at, Result<std::string> (*read)(std::string_view) = read_text) {
  return scalar(at, read, kSame);
}

// true or false.
template <class At>
Codec flag(At at) {
  Codec codec = scalar(at, read_flag, [](bool on) { return on ? "true" : "false"; });
  codec.values = {"true", "false"};
  return codec;
}

// One of a few names; those of an enum, or of a bool, are in the order of its values.
template <class At>
Codec choice(At at, const Texts& names) {
  using Value = std::remove_cvref_t<decltype(at(std::declval<Config&>()))>;
  constexpr bool kCounted = std::is_enum_v<Value> || std::is_same_v<Value, bool>;
  const auto set = [at, names](Config& config, const Texts& texts) {
    const auto found = std::find(names.begin(), names.end(), texts.front());
    if (found == names.end()) return must_be(alternatives(names), texts.front()).what;
    if constexpr (kCounted) {
      at(config) = static_cast<Value>(found - names.begin());
    } else {
      at(config) = *found;
    }
    return std::string{};
  };
  const auto get = [at, names](const Config& config) {
    if constexpr (kCounted) {
      return Texts{names.at(static_cast<std::size_t>(at(config)))};
    } else {
      return Texts{at(config)};
    }
  };
  return {set, get, names};
}

template <class At>
Codec duration(At at, std::chrono::milliseconds minimum = std::chrono::milliseconds{1}) {
  return scalar(
      at, [minimum](const std::string& given) { return read_duration(given, minimum); }, write_duration);
}

}  // namespace lookout::cfg

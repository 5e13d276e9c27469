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

inline constexpr auto kSame = [](const std::string& text) { return text; };

template <class At>
Codec text(At at, Result<std::string> (*read)(std::string_view) = read_text) {
  return scalar(at, read, kSame);
}

// One of a few names; an enum's are in the order of its values.
template <class At>
Codec choice(At at, const Texts& names) {
  using Value = std::remove_cvref_t<decltype(at(std::declval<Config&>()))>;
  const auto set = [at, names](Config& config, const Texts& texts) {
    const auto found = std::find(names.begin(), names.end(), texts.front());
    if (found == names.end()) return must_be(alternatives(names), texts.front()).what;
    if constexpr (std::is_enum_v<Value>) {
      at(config) = static_cast<Value>(found - names.begin());
    } else {
      at(config) = *found;
    }
    return std::string{};
  };
  const auto get = [at, names](const Config& config) {
    if constexpr (std::is_enum_v<Value>) {
      return Texts{names.at(static_cast<std::size_t>(at(config)))};
    } else {
      return Texts{at(config)};
    }
  };
  return {set, get};
}

template <class At>
Codec duration(At at, std::chrono::milliseconds minimum = std::chrono::milliseconds{1}) {
  return scalar(
      at, [minimum](const std::string& given) { return read_duration(given, minimum); }, write_duration);
}

}  // namespace lookout::cfg

// Codecs that the tables of options share. Internal to config/; made once, any thread.
#pragma once

#include <string>
#include <string_view>
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

template <class At>
Codec duration(At at, std::chrono::milliseconds minimum = std::chrono::milliseconds{1}) {
  return scalar(
      at, [minimum](const std::string& given) { return read_duration(given, minimum); }, write_duration);
}

}  // namespace lookout::cfg

// Shared by the fuzz targets. A promise that does not hold aborts, so that libFuzzer keeps the input. One thread.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/clock.h"
#include "agent/inbox.h"
#include "config/config.h"

namespace lookout::fuzz {

inline void must(bool holds, const char* promise, std::string_view what = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s: %.*s\n", promise,
               static_cast<int>(std::min<std::size_t>(what.size(), 2000)), what.data());
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// What may be shown: valid UTF-8 (judged by another library than the one under test) without control characters.
inline bool showable(std::string_view text) {
  return simdjson::validate_utf8(text) && !has_control(text);
}

// The text up to `mark`, which is removed from `rest` together with it.
inline std::string_view take(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + mark.size());
  return part;
}

// A payload with exactly the padding that the parsers are promised, so that reading beyond it is seen.
class Padded {
 public:
  explicit Padded(std::string_view payload)
      : bytes_(std::make_unique<char[]>(payload.size() + Batch::kPadding)), size_(payload.size()) {
    std::copy(payload.begin(), payload.end(), bytes_.get());
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

inline Now after(std::chrono::nanoseconds time) {
  return {Mono(std::chrono::hours(1)) + time, Wall(std::chrono::seconds(1795428000)) + time};
}

inline const Config& config() {
  static const Config defaults = parse({}, {}).config;
  return defaults;
}

}  // namespace lookout::fuzz

// gzip in parts: each part of a page is compressed on its own and ends with a full flush, so that parts compressed at
// different times join into one ordinary gzip stream. Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lookout {

struct Deflated {
  std::string bytes;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  // of the text
};

[[nodiscard]] Deflated deflate_part(std::string_view text);
[[nodiscard]] std::string gzip_join(std::initializer_list<const Deflated*> parts);

}  // namespace lookout

// Unpacking of gzip replies. nats-server compresses the answers of its monitoring endpoints when the request's header
// Accept-Encoding says gzip (since 2.4.0).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace lookout {

// A JSON text never starts like this.
[[nodiscard]] inline bool is_gzip(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

// Unpacks one whole gzip stream into `out`, which is reused, and leaves `padding` readable bytes behind the text. Empty
// when the stream is broken, cut short, followed by something, or larger than `limit`.
[[nodiscard]] std::string_view inflate(std::string_view bytes, std::size_t limit, std::size_t padding,
                                       std::vector<char>& out);

}  // namespace lookout

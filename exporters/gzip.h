// gzip in parts: each part of a page is compressed on its own and ends on a byte, with nothing that refers to another
// part, so that parts compressed at different times join into one ordinary gzip stream. By ISA-L, at a tenth of zlib's
// cost.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace lookout {

struct Deflated {
  std::string bytes;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  // of the text
};

// Compresses one part, whose text comes in pieces. Used by one thread.
class Deflater {
 public:
  Deflater();
  ~Deflater();

  void add(std::string_view text);
  // Once.
  [[nodiscard]] Deflated finish();

 private:
  struct Stream;
  void run(std::string_view text, bool last);

  std::unique_ptr<Stream> stream_;
  Deflated part_;
};

// Gives the text of one part back, piece by piece. Used by one thread.
class Inflater {
 public:
  explicit Inflater(std::shared_ptr<const Deflated> part);
  ~Inflater();

  // The next piece, valid until the next call; empty after the last one.
  [[nodiscard]] std::string_view next();

 private:
  struct Stream;
  std::shared_ptr<const Deflated> part_;
  std::unique_ptr<Stream> stream_;
};

[[nodiscard]] Deflated deflate_part(std::string_view text);
[[nodiscard]] std::string gzip_join(std::initializer_list<const Deflated*> parts);
// The same of a part that is kept and a text behind it.
[[nodiscard]] std::string gzip_with_end(const Deflated& kept, std::string_view end);

}  // namespace lookout

#include "exporters/gzip.h"

#include <zlib.h>

#include <array>
#include <limits>

namespace lookout {
namespace {

constexpr int kLevel = 1;  // higher ones cost CPU at every scrape and save little on such text

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

}  // namespace

Deflated deflate_part(std::string_view text) {
  Deflated part;
  z_stream stream{};
  constexpr int kRaw = -15;
  constexpr int kMemory = 8;
  if (text.empty() || deflateInit2(&stream, kLevel, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) return part;
  part.size = text.size();
  part.crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  std::array<char, 65536> buffer{};
  constexpr std::size_t kPiece = 1U << 30U;  // zlib counts in 32 bits
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    text.remove_prefix(piece.size());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib's old interface; not written to
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      deflate(&stream, text.empty() ? Z_FULL_FLUSH : Z_NO_FLUSH);
      part.bytes.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return part;
}

std::string gzip_join(std::initializer_list<const Deflated*> parts) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  for (const Deflated* part : parts) {
    out += part->bytes;
    crc = static_cast<std::uint32_t>(crc32_combine(crc, part->crc, static_cast<z_off_t>(part->size)));
    size += part->size;
  }
  out.append("\x03\x00", 2);  // the final block, empty
  append_little_endian(out, crc);
  append_little_endian(out, static_cast<std::uint32_t>(size & std::numeric_limits<std::uint32_t>::max()));
  return out;
}

}  // namespace lookout

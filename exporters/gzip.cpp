#include "exporters/gzip.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace lookout {
namespace {

constexpr std::uint32_t kLevel = 1;        // 2 makes nothing smaller on such text, 3 costs six times as much
constexpr std::size_t kPiece = 1U << 30U;  // ISA-L counts in 32 bits

void append_little_endian(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

}  // namespace

struct Deflater::Stream {
  isal_zstream z;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> work;
  std::array<std::uint8_t, 65536> out;
};

// Most of these 300 KB are never touched for a short page.
Deflater::Deflater() : stream_(std::make_unique_for_overwrite<Stream>()) {
  isal_zstream& z = stream_->z;
  isal_deflate_init(&z);
  z.level = kLevel;
  z.level_buf = stream_->work.data();
  z.level_buf_size = static_cast<std::uint32_t>(stream_->work.size());
  z.gzip_flag = IGZIP_DEFLATE;
}
Deflater::~Deflater() = default;

void Deflater::run(std::string_view text, bool last) {
  isal_zstream& z = stream_->z;
  z.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // its interface in C; not written to
  z.avail_in = static_cast<std::uint32_t>(text.size());
  z.flush = last ? FULL_FLUSH : NO_FLUSH;
  do {
    z.next_out = stream_->out.data();
    z.avail_out = static_cast<std::uint32_t>(stream_->out.size());
    isal_deflate(&z);  // fails only for parameters that are not given here
    part_.bytes.append(reinterpret_cast<const char*>(stream_->out.data()), stream_->out.size() - z.avail_out);
  } while (z.avail_out == 0);
}

void Deflater::add(std::string_view text) {
  part_.crc = crc32_gzip_refl(part_.crc, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  part_.size += text.size();
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    text.remove_prefix(piece.size());
    run(piece, false);
  }
}

Deflated Deflater::finish() {
  if (part_.size > 0) run({}, true);
  return std::move(part_);
}

struct Inflater::Stream {
  inflate_state z;
  std::array<std::uint8_t, 65536> out;
};

Inflater::Inflater(std::shared_ptr<const Deflated> part)
    : part_(std::move(part)), stream_(std::make_unique_for_overwrite<Stream>()) {
  isal_inflate_init(&stream_->z);
  stream_->z.crc_flag = ISAL_DEFLATE;
  stream_->z.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(part_->bytes.data()));  // not written to
  stream_->z.avail_in = static_cast<std::uint32_t>(part_->bytes.size());
}
Inflater::~Inflater() = default;

std::string_view Inflater::next() {
  inflate_state& z = stream_->z;
  z.next_out = stream_->out.data();
  z.avail_out = static_cast<std::uint32_t>(stream_->out.size());
  isal_inflate(&z);  // fails only for bytes that are not of a Deflater
  return {reinterpret_cast<const char*>(stream_->out.data()), stream_->out.size() - z.avail_out};
}

Deflated deflate_part(std::string_view text) {
  Deflater deflater;
  deflater.add(text);
  return deflater.finish();
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

std::string gzip_with_end(const Deflated& kept, std::string_view end) {
  const Deflated last = deflate_part(end);
  return gzip_join({&kept, &last});
}

}  // namespace lookout

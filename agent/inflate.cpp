#include "agent/inflate.h"

#include <zlib.h>

#include <algorithm>

namespace lookout {
namespace {

constexpr int kGzipOnly = 15 + 16;
constexpr std::size_t kUsualRatio = 8;
constexpr std::size_t kKept = 1U << 20U;  // a larger buffer is given back

struct Stream {
  z_stream z{};
  bool ready = inflateInit2(&z, kGzipOnly) == Z_OK;
  Stream() = default;
  ~Stream() {
    if (ready) inflateEnd(&z);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

}  // namespace

std::string_view inflate(std::string_view bytes, std::size_t limit, std::size_t padding, std::vector<char>& out) {
  Stream stream;
  if (!stream.ready || bytes.size() > limit) return {};
  if (out.size() > kKept) out = {};
  out.resize(std::max(out.size(), std::min(limit, bytes.size() * kUsualRatio) + padding));
  stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.z.avail_in = static_cast<uInt>(bytes.size());
  std::size_t used = 0;
  for (;;) {
    stream.z.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.z.avail_out = static_cast<uInt>(out.size() - padding - used);
    const int status = ::inflate(&stream.z, Z_NO_FLUSH);
    used = out.size() - padding - stream.z.avail_out;
    if (status == Z_STREAM_END) break;
    if (status != Z_OK || stream.z.avail_out != 0 || out.size() - padding >= limit) return {};
    out.resize(std::min(limit, (out.size() - padding) * 2) + padding);
  }
  if (stream.z.avail_in != 0) return {};
  return {out.data(), used};
}

}  // namespace lookout

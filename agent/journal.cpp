#include "agent/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace lookout {
namespace {

using nlohmann::json;

constexpr const char* kFile = "/journal";
constexpr const char* kFresh = "/journal.new";
constexpr const char* kLock = "/lock";
constexpr const char* kMark = "nats-lookout journal 1";
constexpr std::size_t kHead = 8;  // length and checksum, little endian
constexpr std::uint32_t kMaxRecord = 512U << 20U;
constexpr std::uint64_t kSmall = 4U << 20U;  // a smaller file is not worth a rewrite
constexpr std::uint64_t kGrowth = 4;

std::uint32_t read_u32(const char* at) {
  std::array<unsigned char, 4> bytes{};
  std::memcpy(bytes.data(), at, bytes.size());
  return bytes[0] | (static_cast<std::uint32_t>(bytes[1]) << 8U) | (static_cast<std::uint32_t>(bytes[2]) << 16U) |
         (static_cast<std::uint32_t>(bytes[3]) << 24U);
}

void put_u32(std::vector<std::uint8_t>& out, std::size_t at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (8U * i));
}

std::uint32_t checksum(const char* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data), size));
}

std::string last_error() {
  return std::generic_category().message(errno);
}

// The next record's content, and what is left behind it; false at the end, and where the rest is none.
bool next_record(std::string_view& rest, json& out) {
  if (rest.size() < kHead) return false;
  const std::uint32_t size = read_u32(rest.data());
  if (size > kMaxRecord || rest.size() - kHead < size) return false;
  const std::string_view content = rest.substr(kHead, size);
  if (checksum(content.data(), content.size()) != read_u32(rest.data() + 4)) return false;
  out = json::from_cbor(content.begin(), content.end(), true, false);
  if (out.is_discarded()) return false;
  rest.remove_prefix(kHead + size);
  return true;
}

}  // namespace

Journal::Journal(std::string directory, std::string owner)
    : directory_(std::move(directory)), owner_(std::move(owner)) {}

Journal::~Journal() {
  close_file();
  if (lock_ >= 0) ::close(lock_);
}

void Journal::close_file() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool Journal::fail(const std::string& what) {
  problem_ = what;
  close_file();
  return false;
}

std::vector<Journal::Batch> Journal::load() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  lock_ = ::open((directory_ + kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_ < 0) {
    fail("cannot write in " + directory_ + ": " + last_error());
    return {};
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(std::exchange(lock_, -1));
    fail("another agent uses " + directory_);
    return {};
  }
  std::ifstream file(directory_ + kFile, std::ios::binary);
  if (!file) return {};
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  std::string_view rest = content;
  json head;
  if (!next_record(rest, head) || head.value("mark", "") != kMark) {
    fail("the journal in " + directory_ + " is damaged: it is started anew");
    return {};
  }
  if (head.value("owner", "") != owner_) {
    fail("the journal in " + directory_ + " is of another agent (" + head.value("owner", "") + "): it is started anew");
    return {};
  }
  std::vector<Batch> batches;
  for (json batch; next_record(rest, batch);) batches.push_back(std::move(batch));
  return batches;
}

bool Journal::write_record(int fd, const Batch& batch) {
  std::vector<std::uint8_t> bytes(kHead);
  json::to_cbor(batch, bytes);
  const std::size_t size = bytes.size() - kHead;
  put_u32(bytes, 0, static_cast<std::uint32_t>(size));
  put_u32(bytes, 4, checksum(reinterpret_cast<const char*>(bytes.data()) + kHead, size));
  const auto before = std::chrono::steady_clock::now();
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail("cannot write to the journal in " + directory_ + ": " + last_error());
    done += static_cast<std::size_t>(written);
  }
  bytes_ += bytes.size();
  if (std::chrono::steady_clock::now() - before > kPatience)
    return fail("a write to the journal in " + directory_ + " took longer than 100 ms");
  return true;
}

bool Journal::append(const Batch& batch) {
  return fd_ >= 0 && write_record(fd_, batch);
}

bool Journal::rewrite(const Batch& whole) {
  close_file();
  if (lock_ < 0) return false;
  const std::string fresh = directory_ + kFresh;
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return fail("cannot write in " + directory_ + ": " + last_error());
  bytes_ = 0;
  problem_.clear();
  const bool written = write_record(fd, json{{"mark", kMark}, {"owner", owner_}}) && write_record(fd, whole);
  if (!written || ::rename(fresh.c_str(), (directory_ + kFile).c_str()) != 0) {
    if (written) fail("cannot write in " + directory_ + ": " + last_error());
    ::close(fd);
    return false;
  }
  fd_ = fd;
  whole_ = bytes_;
  return true;
}

bool Journal::wants_rewrite() const {
  return fd_ < 0 || bytes_ > std::max(kSmall, kGrowth * whole_);
}

}  // namespace lookout

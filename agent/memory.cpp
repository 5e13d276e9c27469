#include "agent/memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

namespace lookout {
namespace {

constexpr Millis kLook{1000};
constexpr Millis kSettle{5000};
constexpr std::uint64_t kPercent = 80;           // of the limit; the rest is for scrapes and what comes in meanwhile
constexpr std::uint64_t kNoLimit = 1ULL << 50U;  // version 1 says a very large number where there is none

std::uint64_t read_number(const std::string& path) {
  std::string text;
  std::ifstream(path) >> text;
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);  // "max" stays 0
  return number < kNoLimit ? number : 0;
}

std::uint64_t smaller_limit(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

// The group at `path` and all around it.
std::uint64_t limit_above(const std::string& mount, std::string_view path, const char* file) {
  std::uint64_t limit = 0;
  while (true) {
    while (path.ends_with('/')) path.remove_suffix(1);
    limit = smaller_limit(limit, read_number(mount + std::string(path) + "/" + file));
    if (path.empty()) return limit;
    path = path.substr(0, path.rfind('/'));
  }
}

bool names_memory(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",memory,") != std::string::npos;
}

}  // namespace

std::uint64_t cgroup_memory_limit(const std::string& root) {
  std::uint64_t limit = 0;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/path", or "4:memory:/path"
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos || line[second + 1] != '/') continue;
    const std::string_view path = std::string_view(line).substr(second + 1);
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty())
      limit = smaller_limit(limit, limit_above(root + "/sys/fs/cgroup", path, "memory.max"));
    else if (names_memory(controllers))
      limit = smaller_limit(limit, limit_above(root + "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
  }
  return limit;
}

std::uint64_t resident_bytes() {
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool MemoryGuard::exceeded(Mono now, const std::function<std::uint64_t()>& used) {
  if (limit_ == 0 || now < next_look_) return false;
  const bool much = used() / kPercent > limit_ / 100;
  next_look_ = now + (much ? kSettle : kLook);
  return much;
}

}  // namespace lookout

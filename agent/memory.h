// Memory of this process and the limit that it should stay below. Linux; any thread, but MemoryGuard: loop thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agent/clock.h"

namespace lookout {

// The limit of the process's control group and those around it, version 2 or 1; 0: none. `root` is put before the paths
// that are read, for tests.
[[nodiscard]] std::uint64_t cgroup_memory_limit(const std::string& root = {});

// What the process holds now (RSS), in bytes; 0 when nobody says.
[[nodiscard]] std::uint64_t resident_bytes();

// Says when something must go. After each time it waits for the effect before it looks again.
class MemoryGuard {
 public:
  explicit MemoryGuard(std::uint64_t limit) : limit_(limit) {}

  // `used` says the bytes; it is asked once a second at most.
  [[nodiscard]] bool exceeded(Mono now, const std::function<std::uint64_t()>& used = resident_bytes);
  [[nodiscard]] std::uint64_t limit() const { return limit_; }  // 0: none

 private:
  const std::uint64_t limit_;
  Mono next_look_;
};

}  // namespace lookout

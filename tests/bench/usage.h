// What a process has used, as Linux counts it.
#pragma once

#include <sys/types.h>

#include <string>

namespace lookout::bench {

// CPU seconds of all its living threads, to the nanosecond.
[[nodiscard]] double cpu_seconds(pid_t pid);

// "VmRSS" or "VmHWM" in MB (10^6 bytes).
[[nodiscard]] double memory_mb(pid_t pid, const std::string& what);

}  // namespace lookout::bench

#include "tests/bench/usage.h"

#include <filesystem>
#include <fstream>

namespace lookout::bench {
namespace {

std::string proc(pid_t pid, const std::string& file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

}  // namespace

double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator(proc(pid, "task"), ignored)) {
    double own = 0;
    std::ifstream(thread.path() / "schedstat") >> own;
    nanoseconds += own;
  }
  return nanoseconds / 1e9;
}

double memory_mb(pid_t pid, const std::string& what) {
  std::ifstream status(proc(pid, "status"));
  for (std::string key; status >> key; status.ignore(1024, '\n')) {
    double kib = 0;
    if (key == what + ":" && status >> kib) return kib * 1024 / 1e6;
  }
  return 0;
}

}  // namespace lookout::bench

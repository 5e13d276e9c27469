#include "exporters/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace lookout {
namespace {

struct Process {
  double cpu_seconds = Part::kAbsent;
  double threads = Part::kAbsent;
  double start_time = Part::kAbsent;
  double virtual_bytes = Part::kAbsent;
  double resident_bytes = Part::kAbsent;
  double open_fds = Part::kAbsent;
  double max_fds = Part::kAbsent;
};

struct ProcessMetric {
  const char* name;
  Type type;
  const char* help;
  double Process::*value;
};

constexpr ProcessMetric kMetrics[] = {
    {"process_cpu_seconds_total", counter, "User and system CPU time of this process.", &Process::cpu_seconds},
    {"process_resident_memory_bytes", gauge, "Memory of this process in RAM.", &Process::resident_bytes},
    {"process_virtual_memory_bytes", gauge, "Address space of this process.", &Process::virtual_bytes},
    {"process_open_fds", gauge, "Open file descriptors.", &Process::open_fds},
    {"process_max_fds", gauge, "Limit of open file descriptors.", &Process::max_fds},
    {"process_threads", gauge, "Threads of this process.", &Process::threads},
    {"process_start_time_seconds", gauge, "When this process started, unix time.", &Process::start_time},
};

std::string content(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double boot_time() {
  const std::string stat = content("/proc/stat");
  const auto at = stat.find("\nbtime ");
  return at == std::string::npos ? Part::kAbsent : std::strtod(stat.c_str() + at + 7, nullptr);
}

// /proc/self/stat, proc(5): the fields behind the command, which is in parentheses and may contain anything.
void read_stat(Process& process) {
  const std::string stat = content("/proc/self/stat");
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return;
  std::istringstream fields(stat.substr(end_of_name + 2));
  constexpr int kState = 3;  // proc(5) counts from 1; this is the first one left
  double utime = 0;
  std::string field;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const double booted = boot_time();
  for (int number = kState; number <= 24 && fields >> field; ++number) {
    const double value = std::strtod(field.c_str(), nullptr);
    if (number == 14) utime = value;
    if (number == 15) process.cpu_seconds = (utime + value) / ticks;
    if (number == 20) process.threads = value;
    if (number == 22) process.start_time = booted + value / ticks;
    if (number == 23) process.virtual_bytes = value;
    if (number == 24) process.resident_bytes = value * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
}

void read_descriptors(Process& process) {
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++open;
  if (!error) process.open_fds = open;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    process.max_fds = static_cast<double>(limit.rlim_cur);
  }
}

}  // namespace

void write_process(Writer& out) {
  Process process;
  read_stat(process);
  read_descriptors(process);
  for (const ProcessMetric& metric : kMetrics) {
    const double value = process.*metric.value;
    if (std::isnan(value)) continue;
    out.family(metric.name, metric.type, metric.help);
    out.sample({}, value);
  }
}

}  // namespace lookout

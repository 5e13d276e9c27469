// Process: a child with its own process group and log files, ended by its destructor, and by the kernel should the test
// die first. Also what every test needs around it: a directory of its own, free ports, waiting for a condition. One
// thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lookout::e2e {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// True as soon as `condition` holds; false when it did not within `limit`.
[[nodiscard]] bool eventually(const std::function<bool()>& condition, milliseconds limit = 15s);

// A TCP port of 127.0.0.1 that nothing listens on, kept from other test processes until this one ends.
[[nodiscard]] int free_port();

// A directory that goes with the object, unless the test failed: then it stays and its path is printed.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

class Process {
 public:
  Process() = default;
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Starts arguments[0]; stdout and stderr are appended to the files. `environment` is added to this process's own.
  void start(const std::vector<std::string>& arguments, const std::filesystem::path& out,
             const std::filesystem::path& err, const std::map<std::string, std::string>& environment = {});

  void signal(int number) const;

  // The exit code (128 + signal when killed) once it has ended; none when it still runs after `limit`.
  [[nodiscard]] std::optional<int> wait(milliseconds limit = 15s);
  [[nodiscard]] bool running() { return pid_ > 0 && !wait(0ms); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  // kill -9 and wait.
  void kill();

 private:
  pid_t pid_ = 0;
  std::optional<int> ended_;
};

// Runs a command to its end; the output is stdout and stderr together.
struct Finished {
  int code = -1;  // -1: did not end within the limit
  std::string output;
};
[[nodiscard]] Finished run(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment = {}, milliseconds limit = 30s);

// An environment variable, or `fallback` where it is unset or empty.
[[nodiscard]] std::string from_environment(const char* name, const std::string& fallback);

}  // namespace lookout::e2e

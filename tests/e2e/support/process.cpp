#include "tests/e2e/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

namespace lookout::e2e {
namespace {

// Binds 127.0.0.1:port; -1 when it is taken.
int bind_to(int type, int port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

void redirect(int target, const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || dup2(fd, target) < 0) _exit(126);
  if (fd != target) close(fd);
}

}  // namespace

bool eventually(const std::function<bool()>& condition, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

// Ports below the range that the kernel gives to outgoing connections, so that none of those can take one between here
// and its use. The UDP socket of the same number is held until this process ends: it tells other test processes to look
// elsewhere.
int free_port() {
  constexpr int kFirst = 20000;
  constexpr int kCount = 12000;
  static std::minstd_rand random(std::random_device{}());
  for (int tries = 0; tries < kCount; ++tries) {
    const int port = kFirst + static_cast<int>(random() % kCount);
    const int held = bind_to(SOCK_DGRAM, port);
    if (held < 0) continue;
    const int probe = bind_to(SOCK_STREAM, port);
    if (probe >= 0) {
      close(probe);
      return port;
    }
    close(held);
  }
  std::cerr << "no free port\n";
  std::abort();
}

TempDir::TempDir() {
  std::string name = std::filesystem::temp_directory_path() / "lookout-e2e-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TempDir::~TempDir() {
  if (testing::Test::HasFailure()) {
    std::cout << "files of this test: " << path_.string() << '\n';
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Over a second file, as secrets are rotated: no reader sees half of it.
void write_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path next = path.string() + ".next";
  std::ofstream(next, std::ios::binary) << text;
  std::filesystem::rename(next, path);
}

Process::~Process() {
  kill();
}

void Process::start(const std::vector<std::string>& arguments, const std::filesystem::path& out,
                    const std::filesystem::path& err, const std::map<std::string, std::string>& environment) {
  kill();
  ended_.reset();
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(125);
  setpgid(0, 0);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  redirect(STDIN_FILENO, "/dev/null");
  redirect(STDOUT_FILENO, out);
  redirect(STDERR_FILENO, err);
  execvp(argv[0], argv.data());
  _exit(127);
}

void Process::signal(int number) const {
  if (pid_ > 0 && !ended_) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds limit) {
  if (pid_ <= 0 || ended_) return ended_;
  int status = 0;
  if (!eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return std::nullopt;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

void Process::kill() {
  if (pid_ <= 0 || ended_) return;
  ::kill(pid_, SIGKILL);
  (void)wait(5s);
}

Finished run(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
             milliseconds limit) {
  const TempDir dir;
  Process process;
  process.start(arguments, dir / "output", dir / "output", environment);
  const std::optional<int> code = process.wait(limit);
  process.kill();
  return {code.value_or(-1), read_file(dir / "output")};
}

std::string from_environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

}  // namespace lookout::e2e

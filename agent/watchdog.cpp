#include "agent/watchdog.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lookout {
namespace {

constexpr int kExitCode = 75;  // EX_TEMPFAIL: start again
constexpr const char* kDescriptors = "/proc/self/fd";

struct Socket {
  int fd = -1;
  unsigned long inode = 0;
};

// A line of /proc/self/net/tcp. It knows the peer of a socket that is still connecting, which getpeername does not.
struct TcpLine {
  unsigned local_port = 0;
  unsigned remote_port = 0;
  unsigned state = 0;
  unsigned long inode = 0;
};
constexpr unsigned kListen = 0x0A;

// 0: no socket, or gone. By readlink, for other threads open and close descriptors meanwhile.
unsigned long socket_inode(const std::filesystem::path& entry) {
  constexpr std::string_view kPrefix = "socket:[";
  std::error_code error;
  const std::string target = std::filesystem::read_symlink(entry, error);
  unsigned long inode = 0;
  if (target.starts_with(kPrefix))
    std::from_chars(target.data() + kPrefix.size(), target.data() + target.size(), inode);
  return inode;
}

std::vector<Socket> own_sockets() {
  std::vector<Socket> sockets;
  std::error_code error;
  std::filesystem::directory_iterator entries(kDescriptors, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    const unsigned long inode = socket_inode(entries->path());
    if (fd >= 0 && inode != 0) sockets.push_back({fd, inode});
  }
  return sockets;
}

std::optional<TcpLine> parse_line(const std::string& line) {
  TcpLine parsed;
  // sl local_address:port remote_address:port state queues timer retransmits uid timeout inode
  const int fields = std::sscanf(line.c_str(), " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*u %lu",
                                 &parsed.local_port, &parsed.remote_port, &parsed.state, &parsed.inode);
  if (fields != 4) return std::nullopt;
  return parsed;
}

void add_lines(const char* path, const std::set<unsigned long>& inodes, std::vector<TcpLine>& lines) {
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const std::optional<TcpLine> line = parse_line(text);
    if (line && inodes.contains(line->inode)) lines.push_back(*line);
  }
}

}  // namespace

int shutdown_sockets_to(std::uint16_t port) {
  if (port == 0) return 0;
  const std::vector<Socket> sockets = own_sockets();
  std::set<unsigned long> inodes;
  for (const Socket& socket : sockets) inodes.insert(socket.inode);
  std::vector<TcpLine> lines;
  add_lines("/proc/self/net/tcp", inodes, lines);
  add_lines("/proc/self/net/tcp6", inodes, lines);

  std::set<unsigned> listening;
  for (const TcpLine& line : lines) {
    if (line.state == kListen) listening.insert(line.local_port);
  }
  std::set<unsigned long> doomed;
  for (const TcpLine& line : lines) {
    if (line.remote_port == port && !listening.contains(line.local_port)) doomed.insert(line.inode);
  }
  int count = 0;
  for (const Socket& socket : sockets) {
    if (!doomed.contains(socket.inode)) continue;
    // The number may name another file by now.
    if (socket_inode(std::filesystem::path(kDescriptors) / std::to_string(socket.fd)) != socket.inode) continue;
    if (::shutdown(socket.fd, SHUT_RDWR) == 0) ++count;
  }
  return count;
}

Watchdog::Watchdog(Limits limits, std::function<void()> on_intervention)
    : limits_(limits), on_intervention_(std::move(on_intervention)), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Watchdog::Call::Call(Watchdog& watchdog, const char* what)
    : watchdog_(watchdog), interventions_(watchdog.interventions_) {
  watchdog.what_ = what;
  watchdog.since_ = std::chrono::steady_clock::now().time_since_epoch().count();
}

Watchdog::Call::~Call() {
  watchdog_.since_ = 0;
}

bool Watchdog::Call::interrupted() const {
  return watchdog_.interventions_ != interventions_;
}

void Watchdog::run() {
  const Millis pace = std::clamp(limits_.soft / 8, Millis(5), Millis(1000));
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pace, [this] { return stop_; })) {
    lock.unlock();
    inspect();
    lock.lock();
  }
}

void Watchdog::inspect() {
  const Mono::rep since = since_;
  if (since == 0 || retired_) return;
  const Mono now = std::chrono::steady_clock::now();
  const Mono start{Mono::duration(since)};
  if (now - start > limits_.hard) {
    std::fprintf(stderr, "nats-lookout: libnats hangs in %s for %.1f s and cannot be freed: exit %d\n", what_.load(),
                 seconds(now - start), kExitCode);
    std::_Exit(kExitCode);
  }
  if (now - (handled_ == since ? last_ : start) <= limits_.soft) return;
  handled_ = since;
  last_ = now;
  if (since_ != since) return;  // it came back just now
  ++interventions_;
  on_intervention_();  // first, so that it is counted when the call returns
  shutdown_sockets_to(port_);
}

}  // namespace lookout

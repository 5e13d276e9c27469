#include "agent/watchdog.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

constexpr Millis kHurriedPace{50};
constexpr int kExitCode = 75;  // EX_TEMPFAIL: start again
constexpr const char* kDescriptors = "/proc/self/fd";

// The local or, by getpeername, the peer's port of a TCP socket; none when it has no such address.
using NameOf = int(int, sockaddr*, socklen_t*);
std::optional<std::uint16_t> port_by(NameOf& name_of, int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (name_of(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return std::nullopt;
}

bool listens(int fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

bool is_connecting(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_SYN_SENT;
}

// 0: no socket, or gone. By readlink, for other threads open and close descriptors meanwhile.
unsigned long socket_inode(int fd) {
  constexpr std::string_view kPrefix = "socket:[";
  std::error_code error;
  const std::string target =
      std::filesystem::read_symlink(std::filesystem::path(kDescriptors) / std::to_string(fd), error);
  unsigned long inode = 0;
  if (target.starts_with(kPrefix))
    std::from_chars(target.data() + kPrefix.size(), target.data() + target.size(), inode);
  return inode;
}

struct Socket {
  int fd = -1;
  unsigned long inode = 0;
};

std::vector<Socket> own_sockets() {
  std::vector<Socket> sockets;
  std::error_code error;
  std::filesystem::directory_iterator entries(kDescriptors, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    const unsigned long inode = fd >= 0 ? socket_inode(fd) : 0;
    if (inode != 0) sockets.push_back({fd, inode});
  }
  return sockets;
}

// The inodes of all sockets that are connecting to `port`. getpeername does not tell where a connecting socket goes.
// This file lists every connection of the host's network namespace, so it is read only when there is such a socket.
std::set<unsigned long> connecting_to(std::uint16_t port) {
  std::set<unsigned long> inodes;
  for (const char* path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      unsigned remote_port = 0;
      unsigned state = 0;
      unsigned long inode = 0;
      // sl local_address:port remote_address:port state queues timer retransmits uid timeout inode
      const int fields =
          std::sscanf(line.c_str(), " %*u: %*[0-9A-Fa-f]:%*x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*u %lu", &remote_port,
                      &state, &inode);
      if (fields == 3 && remote_port == port && state == TCP_SYN_SENT) inodes.insert(inode);
    }
  }
  return inodes;
}

bool shut(const Socket& socket) {
  return socket_inode(socket.fd) == socket.inode &&  // else the number names another file by now
         ::shutdown(socket.fd, SHUT_RDWR) == 0;
}

}  // namespace

int shutdown_sockets_to(std::uint16_t port) {
  if (port == 0) return 0;
  std::set<std::uint16_t> own_services;
  std::vector<Socket> connected;
  std::vector<Socket> connecting;
  for (const Socket& socket : own_sockets()) {
    if (listens(socket.fd))
      own_services.insert(port_by(getsockname, socket.fd).value_or(0));
    else if (port_by(getpeername, socket.fd) == port)
      connected.push_back(socket);
    else if (is_connecting(socket.fd))
      connecting.push_back(socket);
  }
  int count = 0;
  for (const Socket& socket : connected) {
    if (!own_services.contains(port_by(getsockname, socket.fd).value_or(0)) && shut(socket)) ++count;
  }
  if (connecting.empty()) return count;
  const std::set<unsigned long> doomed = connecting_to(port);
  for (const Socket& socket : connecting) {
    if (doomed.contains(socket.inode) && shut(socket)) ++count;
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

void Watchdog::hurry() {
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  wake_.notify_all();
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
  while (true) {
    const bool was_hurried = hurried_;
    wake_.wait_for(lock, was_hurried ? kHurriedPace : pace, [&] { return stop_ || hurried_ != was_hurried; });
    if (stop_) return;
    const bool hurried = hurried_;
    lock.unlock();
    if (!hurried)
      inspect();
    else if (!retired_)
      shutdown_sockets_to(port_);
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

// NotifySocket: a plain datagram socket in the place of the service manager's, for unit and end-to-end tests. One
// thread.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace lookout::test {

class NotifySocket {
 public:
  // A path, or "@name" for the abstract namespace.
  explicit NotifySocket(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.starts_with('@')) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ok_ = bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }
  ~NotifySocket() { close(fd_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }

  // The next message, or none within `limit`.
  [[nodiscard]] std::optional<std::string> next(std::chrono::milliseconds limit = {}) {
    const timeval time{limit.count() / 1000, (limit.count() % 1000) * 1000};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    std::array<char, 4096> bytes{};
    const auto size = recv(fd_, bytes.data(), bytes.size(), limit.count() == 0 ? MSG_DONTWAIT : 0);
    if (size < 0) return std::nullopt;
    return std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  int fd_;
  bool ok_ = false;
};

}  // namespace lookout::test

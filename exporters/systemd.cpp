#include "exporters/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "agent/log.h"
#include "exporters/health.h"

namespace lookout {
namespace {

constexpr Millis kStatusPace{1000};
constexpr Millis kNever{3600000};
constexpr timeval kSendPatience{1, 0};  // a service manager that hangs must not hold up the end of this process

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool send_datagram(const std::string& to, std::string_view text) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (to.size() >= sizeof address.sun_path) return false;
  std::copy(to.begin(), to.end(), address.sun_path);
  if (to.starts_with('@')) address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof kSendPatience);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + to.size());
  const auto sent =
      sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  close(fd);
  return sent >= 0;
}

std::string status_of(const Snapshot& snapshot) {
  const std::string text = headline(snapshot);
  return snapshot.link.connected ? "connected to " + snapshot.link.url + "; " + text : text;
}

}  // namespace

Systemd::Request Systemd::request_of_environment() {
  const std::string pid = variable("WATCHDOG_PID");
  const bool meant = pid.empty() || number(pid) == getpid();  // else the variables came from a parent
  return {variable("NOTIFY_SOCKET"), std::chrono::microseconds(meant ? number(variable("WATCHDOG_USEC")) : 0)};
}

Systemd::Systemd(Request request, const Cell& cell, const Instruments& instruments, Now now)
    : request_(std::move(request)), cell_(cell), instruments_(instruments), started_(now.mono), next_sign_(now.mono) {}

void Systemd::ready() {
  ready_ = send("READY=1");
  if (!ready_)
    log::warn("the service manager cannot be told yet that this process is ready", {{"socket", request_.socket}});
}

void Systemd::reloading(Now now) const {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(now.mono.time_since_epoch());
  static_cast<void>(send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(time.count())));
}

void Systemd::stopping() const {
  static_cast<void>(send("STOPPING=1"));
}

Millis Systemd::tell(Now now) {
  if (request_.socket.empty()) return kNever;
  if (!ready_) ready_ = send("READY=1");
  if (std::string status = status_of(*cell_.get()); status != status_ && send("STATUS=" + status))
    status_ = std::move(status);
  if (request_.watchdog.count() <= 0) return kStatusPace;
  if (now.mono >= next_sign_ && instruments_.lives(now.mono, started_) && send("WATCHDOG=1"))
    next_sign_ = now.mono + request_.watchdog / 2;
  if (now.mono >= next_sign_) return kStatusPace;  // it was not sent
  return std::min(std::chrono::ceil<Millis>(next_sign_ - now.mono), kStatusPace);
}

bool Systemd::send(const std::string& message) const {
  return request_.socket.empty() || send_datagram(request_.socket, message);
}

}  // namespace lookout

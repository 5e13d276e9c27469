#include "exporters/reception.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lookout {
namespace {

constexpr const char* kDisplaced = "displaced";
constexpr const char* kTimeout = "timeout";
constexpr const char* kTooLarge = "too_large";
constexpr const char* kTls = "tls";

}  // namespace

Reception::Reception(const WebSecurity& security, Instruments& instruments, Ready ready)
    : security_(security),
      instruments_(instruments),
      ready_(std::move(ready)),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (const char* const reason : {kDisplaced, kTimeout, kTooLarge, kTls})
    instruments_.http_connections_closed.Add({{"reason", reason}});
  epoll_event event{EPOLLIN, {}};
  epoll_ctl(poll_, EPOLL_CTL_ADD, bell_, &event);
  thread_ = std::thread([this] { run(); });
}

Reception::~Reception() {
  stop();
  close(bell_);
  close(poll_);
}

void Reception::admit(int fd) {
  {
    const std::lock_guard lock(guard_);
    if (new_.size() < kPlaces) new_.push_back(std::exchange(fd, -1));
  }
  if (fd < 0) return wake();
  close(fd);  // more come than one thread can receive
  count_displaced();
}

void Reception::count_displaced() {
  instruments_.http_connections_closed.Add({{"reason", kDisplaced}}).Increment();
}

void Reception::stop() {
  {
    const std::lock_guard lock(guard_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
  for (const int fd : std::exchange(new_, {})) close(fd);
  guests_.clear();
}

void Reception::wake() const {
  eventfd_write(bell_, 1);
}

void Reception::run() {
  std::array<epoll_event, 64> events{};
  for (bool stopping = false; !stopping;) {
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), patience());
    for (int i = 0; i < count; ++i) {
      const std::uint64_t number = events.at(static_cast<std::size_t>(i)).data.u64;  // it may not be aligned
      const auto guest = guests_.find(number);
      if (guest != guests_.end()) attend(guest);
    }
    seat_new();
    dismiss_late();
    const std::lock_guard lock(guard_);
    stopping = stopping_;
  }
}

void Reception::seat_new() {
  eventfd_t rings = 0;
  eventfd_read(bell_, &rings);
  std::vector<int> fresh;
  {
    const std::lock_guard lock(guard_);
    fresh.swap(new_);
  }
  for (const int fd : fresh) seat(fd);
}

void Reception::seat(int fd) {
  instruments_.http_connections_accepted.Increment();
  auto connection = std::make_unique<Connection>(fd, security_.current()->tls, instruments_);
  // Most have sent their request by now: then whoever sent none keeps its place.
  const auto guest = guests_.emplace(++last_, Guest{std::move(connection), Clock::now() + kArrival}).first;
  attend(guest);
  if (instruments_.http_connections.Value() > kPlaces && !guests_.empty()) dismiss(guests_.begin(), kDisplaced);
}

void Reception::attend(Guests::iterator guest) {
  Connection& connection = *guest->second.connection;
  switch (connection.receive()) {
    case Connection::State::reads:
      return await(guest, EPOLLIN);
    case Connection::State::writes:
      return await(guest, EPOLLOUT);
    case Connection::State::ready:
      epoll_ctl(poll_, EPOLL_CTL_DEL, connection.fd(), nullptr);
      ready_(std::move(guest->second.connection));
      guests_.erase(guest);
      return;
    case Connection::State::too_large:
      return dismiss(guest, kTooLarge, "431 Request Header Fields Too Large",
                     "The head of the request is too large.\n");
    case Connection::State::not_tls:
      return dismiss(guest, kTls, "400 Bad Request", "This port speaks HTTPS.\n");
    case Connection::State::refused:
      connection.end();  // the alert that says why is on its way
      return dismiss(guest, kTls);
    case Connection::State::gone:
      guests_.erase(guest);
      return;
  }
}

void Reception::await(Guests::iterator guest, std::uint32_t events) const {
  if (guest->second.events == events) return;
  epoll_event event{events, {}};
  event.data.u64 = guest->first;
  const int how = guest->second.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  guest->second.events = events;
  epoll_ctl(poll_, how, guest->second.connection->fd(), &event);
}

// Counted first: whoever has read the answer finds it counted.
void Reception::dismiss(Guests::iterator guest, const char* reason, std::string_view status,
                        std::string_view sentence) {
  instruments_.http_connections_closed.Add({{"reason", reason}}).Increment();
  if (!status.empty()) guest->second.connection->say(status, sentence);
  guests_.erase(guest);
}

void Reception::dismiss_late() {
  for (const auto now = Clock::now(); !guests_.empty() && guests_.begin()->second.deadline <= now;) {
    const bool began = guests_.begin()->second.connection->received_something();
    dismiss(guests_.begin(), kTimeout, began ? "408 Request Timeout" : "",
            "The request did not arrive within 10 seconds.\n");
  }
}

int Reception::patience() const {
  if (guests_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(guests_.begin()->second.deadline - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace lookout

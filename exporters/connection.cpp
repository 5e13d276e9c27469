#include "exporters/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

namespace lookout {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

Endpoint endpoint_of(int fd, int (*name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (name(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto& four = reinterpret_cast<const sockaddr_in&>(address);
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  const bool is_six = address.ss_family == AF_INET6;
  const void* const bytes = is_six ? static_cast<const void*>(&six.sin6_addr) : &four.sin_addr;
  if (inet_ntop(address.ss_family, bytes, text.data(), text.size()) == nullptr) return {};
  return {text.data(), ntohs(is_six ? six.sin6_port : four.sin_port)};
}

int bounded(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Connection::Connection(int fd, std::shared_ptr<const Tls> tls, Instruments& instruments)
    : fd_(fd), tls_(std::move(tls)), remote_(endpoint_of(fd, getpeername)), instruments_(instruments) {
  instruments_.http_connections.Increment();
  fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() {
  ssl_.reset();
  close(fd_);
  instruments_.http_connections.Decrement();
}

Endpoint Connection::local() const {
  return endpoint_of(fd_, getsockname);
}

Connection::State Connection::receive() {
  if (tls_ != nullptr && !shaken_) {
    if (const State state = shake_hands(); state != State::ready) return state;
  }
  std::array<char, 4096> piece{};
  while (head_.size() < kLargestHead) {
    const Moved moved = take(piece.data(), piece.size());
    if (moved.size <= 0) return state_of(moved);
    const std::size_t again = std::min(head_.size(), kEndOfHead.size() - 1);
    head_.append(piece.data(), static_cast<std::size_t>(moved.size));
    const std::size_t from = head_.size() - static_cast<std::size_t>(moved.size) - again;
    if (head_.find(kEndOfHead, from) != std::string::npos) return State::ready;
  }
  return State::too_large;
}

Connection::State Connection::state_of(Moved moved) {
  if (moved.wait == 0) return State::gone;
  return moved.wait == POLLIN ? State::reads : State::writes;
}

Connection::State Connection::shake_hands() {
  if (ssl_ == nullptr) {
    char first = 0;  // who says nothing costs no more than a socket
    const ssize_t got = recv(fd_, &first, 1, MSG_PEEK);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR) ? State::reads : State::gone;
    ssl_.reset(SSL_new(tls_->context()));
    if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), fd_) != 1) return State::refused;
  }
  ERR_clear_error();
  const int result = SSL_accept(ssl_.get());
  shaken_ = result == 1;
  if (shaken_) return State::ready;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return State::reads;
  if (error == SSL_ERROR_WANT_WRITE) return State::writes;
  const auto reason = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
  return reason == SSL_R_HTTP_REQUEST ? State::not_tls : State::refused;
}

std::string_view Connection::path() const {
  const std::string_view line = std::string_view(head_).substr(0, head_.find('\r'));
  const auto begin = line.find(' ');
  if (begin == std::string_view::npos) return {};
  const std::string_view target = line.substr(begin + 1);
  return target.substr(0, target.find_first_of(" ?"));
}

Connection::Moved Connection::outcome(int result) const {
  if (result > 0) return {result, 0};
  if (ssl_ != nullptr) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return {-1, POLLIN};
    if (error == SSL_ERROR_WANT_WRITE) return {-1, POLLOUT};
  }
  return {};
}

Connection::Moved Connection::take(char* data, std::size_t size) {
  ERR_clear_error();
  if (ssl_ != nullptr) return outcome(SSL_read(ssl_.get(), data, bounded(size)));
  const ssize_t got = recv(fd_, data, size, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {-1, POLLIN};
  return {std::max<ssize_t>(got, 0), 0};
}

Connection::Moved Connection::give(const char* data, std::size_t size) {
  ERR_clear_error();
  if (ssl_ != nullptr) return outcome(SSL_write(ssl_.get(), data, bounded(size)));
  const ssize_t sent = send(fd_, data, size, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return {-1, POLLOUT};
  return {std::max<ssize_t>(sent, 0), 0};
}

bool Connection::waits_for(short events) const {
  pollfd waited{fd_, events, 0};
  const int limit = static_cast<int>(std::chrono::milliseconds(kPatience).count());
  int got = 0;
  do {
    got = poll(&waited, 1, limit);
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

bool Connection::wants_more() const {
  if (!waits_for(POLLOUT)) return false;
  pollfd left{fd_, POLLRDHUP, 0};
  return poll(&left, 1, 0) == 0;
}

template <class Move>
ssize_t Connection::patiently(Move move) {
  for (;;) {
    const Moved moved = move();
    if (moved.wait == 0) return moved.size;
    if (waits_for(moved.wait)) continue;
    stalled_ = true;
    return -1;
  }
}

ssize_t Connection::read(char* data, std::size_t size) {
  if (used_ < head_.size()) {
    const std::size_t count = head_.copy(data, size, used_);
    used_ += count;
    return static_cast<ssize_t>(count);
  }
  return patiently([&] { return take(data, size); });
}

ssize_t Connection::write(const char* data, std::size_t size) {
  const ssize_t sent = patiently([&] { return give(data, size); });
  return sent == 0 ? -1 : sent;
}

void Connection::say(std::string_view status, std::string_view sentence) {
  if (!shaken_) ssl_.reset();
  const std::string answer =
      "HTTP/1.1 " + std::string(status) +
      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(sentence.size()) +
      "\r\nConnection: close\r\n\r\n" + std::string(sentence);
  give(answer.data(), answer.size());
  end();
}

void Connection::end() {
  if (ssl_ != nullptr && shaken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  shutdown(fd_, SHUT_WR);
  // Closing a socket with unread bytes in it takes the answer back that is on its way.
  std::array<char, 4096> rest{};
  for (int i = 0; i < 16 && recv(fd_, rest.data(), rest.size(), MSG_DONTWAIT) > 0; ++i) {
  }
}

}  // namespace lookout

#include "tests/e2e/support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

namespace lookout::e2e {
namespace {

constexpr std::size_t kReadSize = 65536;

void set_timeout(int fd, std::chrono::milliseconds limit) {
  const timeval value{limit.count() / 1000, limit.count() % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
}

}  // namespace

Client::Client(int port, const Login& login) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    error_ = "no connection";
    return;
  }
  set_timeout(fd_, std::chrono::seconds(10));
  if (!line().starts_with("INFO ")) {
    error_ = "no INFO";
    return;
  }
  send(R"(CONNECT {"verbose":false,"pedantic":false,"lang":"e2e","version":"1","protocol":1,"user":")" + login.user +
       R"(","pass":")" + login.password + R"(","name":")" + login.name + "\"}\r\nPING\r\n");
  for (std::string answer = line(); answer != "PONG"; answer = line()) {
    if (answer.starts_with("INFO ")) continue;
    error_ = answer.empty() ? "connection closed" : answer;
    return;
  }
}

Client::~Client() {
  if (fd_ >= 0) close(fd_);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)), error_(std::move(other.error_)) {}

void Client::publish(const std::string& subject, const std::string& payload) {
  send("PUB " + subject + ' ' + std::to_string(payload.size()) + "\r\n" + payload + "\r\n");
}

void Client::subscribe(const std::string& subject) {
  send("SUB " + subject + " 1\r\n");
}

bool Client::flush() {
  if (!send("PING\r\n")) return false;
  for (std::string answer = line(); answer != "PONG"; answer = line()) {
    if (answer.empty()) return false;
  }
  return true;
}

std::string Client::next_message(std::chrono::milliseconds limit) {
  set_timeout(fd_, limit);
  for (std::string head = line(); !head.empty(); head = line()) {
    if (head == "PING") send("PONG\r\n");
    if (!head.starts_with("MSG ")) continue;
    const std::size_t size = std::stoul(head.substr(head.rfind(' ') + 1));
    while (received_.size() < size + 2) {
      if (!receive()) return {};
    }
    const std::string payload = received_.substr(0, size);
    received_.erase(0, size + 2);
    return payload;
  }
  return {};
}

bool Client::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::string Client::line() {
  std::size_t end = received_.find("\r\n");
  while (end == std::string::npos) {
    if (!receive()) return {};
    end = received_.find("\r\n");
  }
  const std::string text = received_.substr(0, end);
  received_.erase(0, end + 2);
  return text;
}

bool Client::receive() {
  char buffer[kReadSize];
  const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  received_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

bool visit(int port, const Login& login) {
  return Client(port, login).ok();
}

}  // namespace lookout::e2e

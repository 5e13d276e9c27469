#include "tests/e2e/support/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>

namespace lookout::e2e {
namespace {

std::string connect_frame(const std::string& members) {
  return R"(CONNECT {"verbose":false,"pedantic":false,"lang":"e2e","version":"1","protocol":1,"name":"e2e",)" +
         members + "}\r\nPING\r\n";
}

// Two bytes, most significant first.
std::string sixteen(std::size_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)};
}

std::string mqtt_text(const std::string& text) {
  return sixteen(text.size()) + text;
}

bool answered(Socket& socket) {
  return socket.until("PONG").find("PONG") != std::string::npos;
}

}  // namespace

Socket::Socket(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ok_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Socket::~Socket() {
  ::close(fd_);
}

bool Socket::send(const std::string& bytes) const {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

const std::string& Socket::until(std::string_view part) {
  while (received_.find(part) == std::string::npos && receive()) {
  }
  return received_;
}

bool Socket::closed() {
  while (receive()) {
  }
  return ended_;
}

bool Socket::receive() {
  char buffer[4096];
  const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
  ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
  if (count > 0) received_.append(buffer, static_cast<std::size_t>(count));
  return count > 0;
}

bool log_in(Socket& socket, const std::string& members) {
  socket.until("\r\n");  // INFO
  return socket.send(connect_frame(members)) && answered(socket);
}

bool log_in(Socket& socket, const Nkey& key, const std::string& members) {
  constexpr std::string_view kNonce = R"("nonce":")";
  const std::string info = socket.until("\r\n");
  const std::size_t at = info.find(kNonce);
  if (at == std::string::npos) return false;
  const std::size_t begin = at + kNonce.size();
  const std::string nonce = info.substr(begin, info.find('"', begin) - begin);
  return log_in(socket, members + R"(,"sig":")" + key.signature(nonce) + '"');
}

bool log_in(Socket& socket, const JwtUser& user) {
  return log_in(socket, user.key, R"("jwt":")" + user.jwt + '"');
}

bool visit_by_mqtt(int port, const std::string& user, const std::string& password) {
  constexpr char kConnect = 0x10;
  constexpr char kLevel = 4;
  constexpr char kUserPasswordClean = static_cast<char>(0xC2);
  const std::string body = mqtt_text("MQTT") + kLevel + kUserPasswordClean + sixteen(60) + mqtt_text("e2e") +
                           mqtt_text(user) + mqtt_text(password);
  Socket socket(port);
  const std::string accepted("\x20\x02\x00\x00", 4);
  return socket.send(std::string{kConnect, static_cast<char>(body.size())} + body) &&
         socket.until(accepted).find(accepted) != std::string::npos;
}

bool visit_by_websocket(int port, const std::string& user, const std::string& password) {
  constexpr char kBinary = static_cast<char>(0x82);
  constexpr char kMaskedLong = static_cast<char>(0x80 | 126);
  Socket socket(port);
  if (!socket.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZmFrZS1lMmUta2V5LTAwMA==\r\n\r\n"))
    return false;
  socket.until("INFO ");
  const std::string frame = connect_frame(R"("user":")" + user + R"(","pass":")" + password + '"');
  return socket.send(std::string{kBinary, kMaskedLong} + sixteen(frame.size()) + std::string(4, '\0') + frame) &&
         answered(socket);
}

}  // namespace lookout::e2e

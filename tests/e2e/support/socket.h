// Socket: bytes to and from a port, for what no client library would say; and logins that Client does not know: tokens,
// nkeys, JWTs, MQTT, websockets. One object is one TCP connection. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tests/e2e/support/nkey.h"

namespace lookout::e2e {

class Socket {
 public:
  // ok() tells whether somebody listens.
  explicit Socket(int port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }
  bool send(const std::string& bytes) const;
  // Everything received so far, as soon as it contains `part`; what there is when the other side closed, or was silent
  // for ten seconds.
  const std::string& until(std::string_view part);
  // Waits until the other side has closed.
  [[nodiscard]] bool closed();

 private:
  // False at the end or after ten seconds.
  bool receive();

  int fd_;
  bool ok_ = false;
  bool ended_ = false;
  std::string received_;
};

// A CONNECT with these members (JSON, without braces) and a PING. True: the server let it in, and the socket is open.
[[nodiscard]] bool log_in(Socket& socket, const std::string& members);
// The same with an answer to the server's nonce; `members` as in log_in.
[[nodiscard]] bool log_in(Socket& socket, const Nkey& key, const std::string& members);
[[nodiscard]] bool log_in(Socket& socket, const JwtUser& user);
[[nodiscard]] inline bool log_in_by_token(int port, const std::string& token) {
  Socket socket(port);
  return log_in(socket, R"("auth_token":")" + token + '"');
}

// Each opens a connection to the port of its kind, logs in and closes. True: the server let it in.
[[nodiscard]] bool visit_by_mqtt(int port, const std::string& user, const std::string& password);
[[nodiscard]] bool visit_by_websocket(int port, const std::string& user, const std::string& password);

}  // namespace lookout::e2e

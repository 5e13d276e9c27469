// Client: the NATS client protocol spoken over one plain socket. One object is one TCP connection and one login, so
// that the number of events it causes is known; client libraries walk pools of URLs and retry. One thread.
#pragma once

#include <chrono>
#include <string>

namespace lookout::e2e {

struct Login {
  std::string user;
  std::string password;
  std::string name = "e2e";
};

// Obviously fake, used by every server of the tests.
inline const Login kAdmin{"admin", "fake-admin-password"};  // account SYS
inline const Login kApp{"app", "fake-app-password"};        // account APP
inline const Login kB{"b", "fake-b-password"};              // account B
inline const Login kC{"c", "fake-c-password"};              // account C; these three only on a Fleet
inline const Login kD{"d", "fake-d-password"};              // account D
inline const Login kE{"e", "fake-e-password"};              // account E

class Client {
 public:
  // Connects and logs in. ok() tells whether the server accepted; error() is its -ERR line, or what went wrong.
  Client(int port, const Login& login);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool ok() const { return error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }

  void publish(const std::string& subject, const std::string& payload);
  void subscribe(const std::string& subject);

  // Everything sent before has been handled by the server. False when the connection is gone.
  bool flush();

  // The payload of the next message; empty when none came within the limit.
  [[nodiscard]] std::string next_message(std::chrono::milliseconds limit);

 private:
  bool send(const std::string& bytes);
  // The next line without its end; empty on timeout or end of stream.
  std::string line();
  bool receive();

  int fd_ = -1;
  std::string received_;
  std::string error_;
};

// Opens a connection with the login and closes it. True if the server accepted it.
bool visit(int port, const Login& login);

}  // namespace lookout::e2e

// Connection: one client's socket, plain or TLS, from its first byte to its last. While it is received nothing waits;
// once the head of its request is there, a worker reads and writes it and waits for kPatience at most. One thread at a
// time.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "agent/instruments.h"
#include "exporters/tls.h"

namespace lookout {

struct Endpoint {
  std::string address;
  int port = 0;
};

class Connection {
 public:
  enum class State { reads, writes, ready, too_large, not_tls, refused, gone };

  static constexpr std::chrono::seconds kPatience{5};      // for a client to take or give anything
  static constexpr std::size_t kLargestHead = 16U << 10U;  // request line and headers

  // Takes the socket over; `tls` null: plain.
  Connection(int fd, std::shared_ptr<const Tls> tls, Instruments& instruments);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes what has come: the handshake, then the head of the request. reads and writes say what to wait for.
  State receive();
  [[nodiscard]] bool received_something() const { return !head_.empty(); }
  // The path the request names, without its query; empty: none.
  [[nodiscard]] std::string_view path() const;

  // As read() and write(); -1 also when nothing moved for kPatience.
  ssize_t read(char* data, std::size_t size);
  ssize_t write(const char* data, std::size_t size);
  [[nodiscard]] bool waits_for(short events) const;  // as of poll(); false when it did not come within kPatience
  [[nodiscard]] bool wants_more() const;             // takes something now or within kPatience, and has not left
  [[nodiscard]] bool stalled() const { return stalled_; }

  // The answer where there is no request to answer; as far as it goes at once. not_tls: in plain.
  void say(std::string_view status, std::string_view sentence);
  // After the answer.
  void end();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }
  [[nodiscard]] Endpoint local() const;

 private:
  struct Moved {
    ssize_t size = 0;  // 0: the client is gone
    short wait = 0;    // not now: poll for this
  };
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  State shake_hands();
  [[nodiscard]] static State state_of(Moved moved);
  [[nodiscard]] Moved outcome(int result) const;
  Moved take(char* data, std::size_t size);
  Moved give(const char* data, std::size_t size);
  template <class Move>
  ssize_t patiently(Move move);

  const int fd_;
  const std::shared_ptr<const Tls> tls_;
  const Endpoint remote_;
  Instruments& instruments_;
  std::unique_ptr<SSL, Free> ssl_;
  bool shaken_ = false;
  bool stalled_ = false;
  std::string head_;  // and what came with it
  std::size_t used_ = 0;
};

}  // namespace lookout

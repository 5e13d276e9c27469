// HttpServer: serves the endpoints from the newest Snapshot. HTTP threads read the Cell, the Feed and the Instruments
// and nothing else; whatever NATS does, they answer. Owned by main; those three must outlive it.
#pragma once

#include <memory>

#include "agent/cell.h"
#include "agent/clock.h"
#include "agent/instruments.h"
#include "config/config.h"
#include "config/result.h"
#include "exporters/feed.h"
#include "exporters/web_security.h"

namespace lookout {

class HttpServer {
 public:
  // Binds config.listen_address (":9422" is every interface, IPv4 and IPv6; port 0 is any free one) and serves at once.
  // The error says in one sentence what cannot be bound. `clock` is replaced in tests.
  static Result<std::unique_ptr<HttpServer>> start(const Config& config, std::unique_ptr<WebSecurity> security,
                                                   const Cell& cell, Feed& feed, Instruments& instruments,
                                                   Now (*clock)() = read_clock);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] int port() const;

  // Reads the web configuration again; false: it is wrong, which the log says, and the old one stays.
  bool reload();

  // Ends every connection and waits for the threads: well within a second, also with clients that idle or stall.
  // Idempotent.
  void stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lookout

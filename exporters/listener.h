// Listener: httplib's server, whose connections are received by Reception and answered by Workers. httplib itself would
// give each connection a thread from its first moment, and holds no certificate that changes.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <string_view>

#include "agent/instruments.h"
#include "exporters/connection.h"
#include "exporters/web_security.h"

namespace lookout {

class Listener final : public httplib::Server {
 public:
  using IsProbe = std::function<bool(std::string_view path)>;

  // `threads` answer requests, and one more answers probes.
  Listener(const WebSecurity& security, Instruments& instruments, std::size_t threads, IsProbe is_probe);

 private:
  class Desk;

  bool process_and_close_socket(socket_t fd) override;
  void serve(Connection& connection);

  const WebSecurity& security_;
  Instruments& instruments_;
  const std::size_t threads_;
  const IsProbe is_probe_;
  Desk* desk_ = nullptr;  // while httplib listens
};

}  // namespace lookout

// Systemd: tells the service manager that started this process how it is (sd_notify(3)): ready, its state as a
// sentence, and that it lives, as long as /livez would say so. Where no NOTIFY_SOCKET asks for it, it does nothing.
// Without libsystemd, which would be one more dependency for one datagram. Owned by main, which is the only one to call
// it.
#pragma once

#include <chrono>
#include <string>

#include "agent/cell.h"
#include "agent/clock.h"
#include "agent/instruments.h"

namespace lookout {

class Systemd {
 public:
  // What the service manager asks for.
  struct Request {
    std::string socket;                     // a path, or "@name" in the abstract namespace; empty: nobody asks
    std::chrono::microseconds watchdog{0};  // within which a sign of life is due; 0: never
  };
  // NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of this process.
  static Request request_of_environment();

  Systemd(Request request, const Cell& cell, const Instruments& instruments, Now now);

  // /metrics is served; or what was reloaded is in use. Told again by tell() until the service manager takes it.
  void ready();
  void reloading(Now now) const;
  void stopping() const;

  // The sentence when it has changed, and the sign of life when half of its time is over. Returns how long the next
  // call can wait.
  Millis tell(Now now);

 private:
  [[nodiscard]] bool send(const std::string& message) const;  // false: nobody listens

  const Request request_;
  const Cell& cell_;
  const Instruments& instruments_;
  const Mono started_;
  Mono next_sign_;
  std::string status_;  // told last
  bool ready_ = true;   // false: still to be told
};

}  // namespace lookout

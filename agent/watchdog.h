// Watchdog: ends calls into libnats that hang. The io thread marks each call; when one lasts too long, a thread that
// never calls libnats shuts the process' sockets to NATS down, which makes the call return, and ends the process with
// code 75 when even that does not help. Owned by the transport.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "agent/clock.h"

namespace lookout {

// Shuts down the process' own TCP sockets that are connected, or connecting, to `port` on whatever host, but none that
// an own listening socket accepted. Returns how many. Any thread; no libnats.
int shutdown_sockets_to(std::uint16_t port);

class Watchdog {
 public:
  struct Limits {
    Millis soft;  // a call this long has its sockets shut down, and again after each further `soft`
    Millis hard;  // a call this long ends the process
  };

  // `on_intervention` runs on the watchdog's thread.
  Watchdog(Limits limits, std::function<void()> on_intervention);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Marks the calling thread as inside libnats, from construction to destruction. One at a time.
  class Call {
   public:
    Call(Watchdog& watchdog, const char* what);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    // The watchdog had to end this call.
    [[nodiscard]] bool interrupted() const;

   private:
    Watchdog& watchdog_;
    const unsigned interventions_;
  };

  // The server's port whose sockets may be shut down.
  void guard(std::uint16_t port) { port_ = port; }

  // From now on the sockets are shut down at once and again and again, for each further address of a name is a new
  // socket: what the transport does to stop in time. The work is the watchdog's thread's. Any thread.
  void hurry();

  // No more interventions: a stopping transport has given up on libnats. Any thread.
  void retire() { retired_ = true; }

 private:
  void run();
  void inspect();

  const Limits limits_;
  const std::function<void()> on_intervention_;
  std::atomic<std::uint16_t> port_{0};
  std::atomic<Mono::rep> since_{0};  // 0: not inside libnats
  std::atomic<const char*> what_{""};
  std::atomic<unsigned> interventions_{0};
  std::atomic<bool> retired_{false};
  Mono::rep handled_ = 0;  // watchdog thread: start of the call last intervened in, and when
  Mono last_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool hurried_ = false;
  std::thread thread_;
};

}  // namespace lookout

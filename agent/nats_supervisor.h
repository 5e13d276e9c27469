// Supervisor: the io thread's work. It takes one URL after the other, makes a NatsLink with options read afresh, serves
// it until it ends, and starts again, with growing pauses while that fails. Shared with its thread, so that a libnats
// that never returns can be left behind at the end. One at a time in a process: it closes libnats when it stops.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "agent/nats_link.h"

namespace lookout {

class Supervisor : public std::enable_shared_from_this<Supervisor> {
 public:
  Supervisor(Config config, Inbox& inbox, Instruments& instruments);

  void run();  // io thread

  // Any thread.
  bool request(std::string_view subject, std::string_view token, std::string_view body, bool gzip);
  void rebuild();
  void stop();
  bool wait_stopped(Mono deadline);
  void hurry() { watchdog_.hurry(); }
  void abandon();

 private:
  bool leaving() const;  // with the mutex held
  bool stopping();
  std::vector<std::string> urls();
  bool pass();
  void attempt_failed(const std::string& url, const Reason& reason);
  void live(NatsLink& link, const std::string& url);
  void serve(NatsLink& link);
  void send(NatsLink& link, const std::deque<Request>& requests);
  std::optional<NatsLink::End> bury(std::unique_ptr<NatsLink> link);
  bool ended(LinkEvent event, const std::optional<NatsLink::End>& end, Mono::duration life);
  void wait_before_retry();
  void close_library();

  const Config config_;
  Outlet outlet_;
  Watchdog watchdog_;
  Bell bell_;
  NatsLink::Context context_;

  // io thread
  std::mt19937 random_{std::random_device{}()};
  std::vector<std::string> discovered_;
  std::string last_url_;
  Millis wait_{0};
  std::vector<std::unique_ptr<NatsLink>> unburied_;  // libnats may still call back into them

  // guarded by bell_.mutex
  std::deque<Request> queue_;
  bool connected_ = false;
  bool rebuild_ = false;
  bool stop_ = false;
  bool stopped_ = false;
};

}  // namespace lookout

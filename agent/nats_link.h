// NatsLink: one libnats connection, from login to burial; never reused. The io thread makes it, makes every call on it
// and buries it; libnats' threads call back into it. With it what both sides share: the Outlet to the rest of the
// agent, and the Bell that wakes the io thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/inbox.h"
#include "agent/instruments.h"
#include "agent/nats_options.h"
#include "agent/nats_reason.h"
#include "agent/watchdog.h"
#include "config/config.h"

struct __natsConnection;    // NOLINT(bugprone-reserved-identifier): libnats' own names
struct __natsSubscription;  // NOLINT(bugprone-reserved-identifier)

namespace lookout {

// The only way from the transport's threads to the Inbox and the Instruments. After shut() nobody is on that way any
// more, whatever state libnats is in, so that both may die. Lock-free.
class Outlet {
 public:
  Outlet(Inbox& inbox, Instruments& instruments) : inbox_(inbox), instruments_(instruments) {}

  template <class Use>
  void use(Use&& action) {
    ++inside_;
    if (open_) std::forward<Use>(action)(inbox_, instruments_);
    --inside_;
  }

  void shut() {
    open_ = false;
    while (inside_ != 0) std::this_thread::yield();
  }

 private:
  Inbox& inbox_;
  Instruments& instruments_;
  std::atomic<bool> open_{true};
  std::atomic<int> inside_{0};
};

// The io thread sleeps on it; its mutex guards what others hand to the io thread.
struct Bell {
  std::mutex mutex;
  std::condition_variable condition;

  void ring() {
    { const std::lock_guard lock(mutex); }
    condition.notify_all();
  }
};

// What a subscription's callback gets. Outlives every connection, for the callback of a closed one may still be
// running.
struct Feed {
  Outlet& outlet;
  std::size_t skip;  // bytes of a reply's subject before its token; 0 for the events
};

struct Request {
  std::string subject;
  std::string reply;
  std::string body;
  bool gzip;  // the answer may be compressed
};

class NatsLink {
 public:
  struct Context {  // outlives every link
    const Config& config;
    const std::string inbox;  // "<inbox prefix>.<id of this process>"
    Outlet& outlet;
    Watchdog& watchdog;
    Bell& bell;
    Feed events;
    Feed replies;
    std::atomic<int> delivering{0};  // subscriptions whose delivery thread has not ended, over all links
  };

  NatsLink(Context& context, std::string url);

  // One attempt: login, subscriptions, one round trip. Nothing, or why it failed; then only burial remains.
  std::optional<Reason> open();

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool needs_narrow() const { return wide_refused_ && !narrow_; }
  [[nodiscard]] const std::string& server_id() const { return server_id_; }
  [[nodiscard]] std::uint64_t max_payload() const { return max_payload_; }  // of that server, in bytes

  bool publish(const Request& request);
  void subscribe_narrow();  // where the server refused $SYS.>
  void report_drops();      // what libnats dropped since the last time; also finds a libnats that hangs
  void measure_round_trip();

  // Closes and frees the connection, at most once. Nothing when libnats' callbacks do not end in time: then this object
  // must be leaked.
  struct End {
    Reason reason;
    std::vector<std::string> discovered;  // "nats://host:port" of servers the closed one told of
  };
  [[nodiscard]] std::optional<End> bury();

 private:
  struct Subscription {
    __natsSubscription* handle;
    std::uint64_t dropped;
  };
  struct Callbacks;

  int connect(std::string& text, bool& interrupted);
  int subscribe(const char* subject, Feed& feed);
  int subscribe_all();
  int flush(Millis timeout);
  Reason reason_now();
  void refused(std::string text);

  Context& context_;
  const std::string url_;
  const Endpoint endpoint_;
  NatsLogin login_;
  __natsConnection* connection_ = nullptr;
  std::vector<Subscription> subscriptions_;
  std::string server_id_;
  std::uint64_t max_payload_ = 0;
  bool narrow_ = false;
  bool interrupted_ = false;  // by the watchdog
  std::atomic<bool> closed_{false};
  std::atomic<bool> lame_duck_{false};
  std::atomic<bool> wide_refused_{false};
  std::mutex refusal_mutex_;
  std::string refusal_;  // the server's last sentence about our credentials
};

}  // namespace lookout

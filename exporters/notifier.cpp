#include "exporters/notifier.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "agent/log.h"
#include "agent/watchdog.h"
#include "exporters/alert.h"
#include "exporters/http_post.h"
#include "exporters/outbox.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;

constexpr Millis kStopPatience{700};
constexpr int kMissedRepeats = 3;  // after which an Alertmanager ends an alert
constexpr const char* kAlertsPath = "/api/v2/alerts";

struct Receiver {
  std::string name;  // "alertmanager/am-0:9093"
  Target target;
  Millis repeat{0};  // 0: a webhook

  [[nodiscard]] std::string render(const std::vector<Notice>& notices, Now now) const {
    return repeat.count() > 0 ? render_alertmanager(notices, now.wall + kMissedRepeats * repeat)
                              : render_webhook(notices);
  }
};

std::vector<Receiver> receivers_of(const Config& config) {
  std::vector<Receiver> out;
  const AlertmanagerOptions& alertmanager = config.alertmanager;
  for (HttpUrl url : alertmanager.urls) {
    while (url.path.ends_with('/')) url.path.pop_back();
    url.path += kAlertsPath;
    out.push_back({"alertmanager/" + host_and_port(url),
                   {url, alertmanager.ca, alertmanager.user, alertmanager.password_file, alertmanager.token_file, {}},
                   alertmanager.repeat});
  }
  for (const HttpUrl& url : config.webhook.urls) {
    out.push_back({"webhook/" + host_and_port(url), {url, config.webhook.ca, {}, {}, {}, config.webhook.secret_file}});
  }
  return out;
}

// The thread's own word on where it is. Only one of thread and owner can take it out of `posting`.
enum class Phase { working, posting, abandoned, ended };

// What a thread may still use when its owner has gone without it, which a hanging name lookup makes it do.
struct Shared {
  explicit Shared(Receiver given) : receiver(std::move(given)) {}

  const Receiver receiver;
  std::atomic<Phase> phase = Phase::working;
};

}  // namespace

class Notifier::Line {
 public:
  Line(Receiver receiver, const Cell& cell, Instruments& instruments)
      : shared_(std::make_shared<Shared>(std::move(receiver))),
        cell_(cell),
        outbox_(shared_->receiver.repeat),
        sent_(instruments.notifications.Add({{"receiver", name()}, {"result", "sent"}})),
        failed_(instruments.notifications.Add({{"receiver", name()}, {"result", "failed"}})),
        dropped_(instruments.notifications_dropped.Add({{"receiver", name()}})),
        pending_(instruments.notifications_pending.Add({{"receiver", name()}})),
        thread_([this](const std::stop_token& stop) { run(stop, shared_); }) {}

  ~Line() { end(std::chrono::steady_clock::now() + kStopPatience); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void stop() { thread_.request_stop(); }

  // Waits for the thread; one that nothing wakes is left to itself.
  void end(Mono deadline) {
    stop();
    if (!thread_.joinable()) return;
    while (shared_->phase != Phase::ended) {
      shutdown_sockets_to(shared_->receiver.target.url.port);
      std::this_thread::sleep_for(5ms);
      Phase posting = Phase::posting;
      if (std::chrono::steady_clock::now() > deadline &&
          shared_->phase.compare_exchange_strong(posting, Phase::abandoned))
        return thread_.detach();
    }
    thread_.join();
  }

 private:
  [[nodiscard]] const std::string& name() const { return shared_->receiver.name; }

  // After a post `this` may be gone: `shared` says so.
  void run(const std::stop_token& stop,
           std::shared_ptr<Shared> shared) {  // NOLINT(performance-unnecessary-value-param)
    std::shared_ptr<const Snapshot> snapshot;
    while (!stop.stop_requested()) {
      const Now now = read_clock();
      if (auto newest = cell_.get(); newest != snapshot) {
        snapshot = std::move(newest);
        outbox_.update(snapshot->findings, now);
        count();
      }
      const std::vector<Notice> notices = outbox_.due(now.mono);
      if (notices.empty()) {
        static_cast<void>(cell_.wait(snapshot, std::min(outbox_.next(), now.mono + kLongestWait), stop));
        continue;
      }
      const std::string body = shared->receiver.render(notices, now);
      shared->phase = Phase::posting;
      const auto error = http_post(shared->receiver.target, body);
      Phase posting = Phase::posting;
      if (!shared->phase.compare_exchange_strong(posting, Phase::working)) return;
      if (!stop.stop_requested()) conclude(notices, error);
    }
    shared->phase = Phase::ended;
  }

  void conclude(const std::vector<Notice>& notices, const std::optional<Error>& error) {
    const Mono now = read_clock().mono;
    if (error)
      outbox_.failed(now, std::uniform_real_distribution<double>()(random_));
    else
      outbox_.delivered(notices, now);
    (error ? failed_ : sent_).Increment();
    count();
    tell(error ? error->what : std::string());
  }

  // Two receivers of one name share their series, so the gauge is moved, not set.
  void count() {
    dropped_.Increment(static_cast<double>(outbox_.dropped()) - counted_drops_);
    counted_drops_ = static_cast<double>(outbox_.dropped());
    const auto pending = static_cast<double>(outbox_.pending());
    pending_.Increment(pending - std::exchange(counted_pending_, pending));
  }

  // Once for each change.
  void tell(const std::string& wrong) {
    const std::string before = std::exchange(wrong_, wrong);
    if (before == wrong) return;
    if (wrong.empty())
      log::info("a receiver of alerts works again", {{"receiver", name()}});
    else
      log::warn("a receiver of alerts fails, trying again", {{"receiver", name()}, {"reason", wrong}});
  }

  static constexpr std::chrono::hours kLongestWait{1};

  const std::shared_ptr<Shared> shared_;
  const Cell& cell_;
  Outbox outbox_;
  prometheus::Counter& sent_;
  prometheus::Counter& failed_;
  prometheus::Counter& dropped_;
  prometheus::Gauge& pending_;
  double counted_drops_ = 0;
  double counted_pending_ = 0;
  std::string wrong_;  // what the last post failed of; empty: nothing
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;
};

Notifier::Notifier(const Config& config, const Cell& cell, Instruments& instruments) {
  for (Receiver& receiver : receivers_of(config))
    lines_.push_back(std::make_unique<Line>(std::move(receiver), cell, instruments));
}

Notifier::~Notifier() {
  const Mono deadline = std::chrono::steady_clock::now() + kStopPatience;
  for (const auto& line : lines_) line->stop();
  for (const auto& line : lines_) line->end(deadline);
}

}  // namespace lookout

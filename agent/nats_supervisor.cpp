#include "agent/nats_supervisor.h"

#include <arpa/inet.h>
#include <nats/nats.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace lookout {
namespace {

constexpr std::size_t kMaxQueue = 4096;
constexpr std::size_t kMaxDiscovered = 16;
constexpr Millis kCheckInterval{1000};
constexpr Millis kRoundTripInterval{10000};
constexpr Millis kProvenLife{10000};  // a connection that lived this long starts the backoff anew
constexpr std::int64_t kLibraryCloseMs = 500;

std::string random_id() {
  constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::random_device device;
  std::uniform_int_distribution<std::size_t> pick(0, kLetters.size() - 1);
  std::string id(22, '0');
  std::generate(id.begin(), id.end(), [&] { return kLetters[pick(device)]; });
  return id;
}

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// Servers that gossip tells of are worth trying when the URLs name single servers. One name alone may stand for a
// Service, a sidecar belongs to its own server, and a certificate need not name the address that gossip gives.
bool follows_gossip(const Config& config) {
  const NatsOptions& nats = config.nats;
  if (config.scope == Scope::server) return false;
  if (std::any_of(nats.urls.begin(), nats.urls.end(), [&](const auto& url) { return wants_tls(nats, url); }))
    return false;
  return nats.urls.size() > 1 || is_address(endpoint_of(nats.urls.front()).host);
}

Watchdog::Limits limits_for(const NatsOptions& config) {
  const Millis soft = 2 * config.timeout + Millis(1000);
  return {soft, std::max(Millis(20000), 4 * soft)};
}

// When libnats 3.4.1 closes, it frees OpenSSL's list of compression methods, which OpenSSL frees once more at exit and
// crashes. Compression in TLS is not used, so the list is taken away from both.
void take_compression_methods() {
  SSL_COMP_get_compression_methods();  // makes the list, which happens once
  sk_SSL_COMP_free(SSL_COMP_set0_compression_methods(nullptr));
}

}  // namespace

Supervisor::Supervisor(Config config, Inbox& inbox, Instruments& instruments)
    : config_(std::move(config)),
      outlet_(inbox, instruments),
      watchdog_(
          limits_for(config_.nats),
          [this] { outlet_.use([](Inbox&, Instruments& numbers) { numbers.watchdog_interventions.Increment(); }); }),
      context_{config_,     config_.nats.inbox_prefix + "." + random_id(), outlet_, watchdog_, bell_, {outlet_, 0},
               {outlet_, 0}} {
  context_.replies.skip = context_.inbox.size() + 1;
  for (const char* reason : kDisconnectReasons) instruments.disconnects_by_reason.Add({{"reason", reason}});
}

void Supervisor::run() {
  while (!stopping()) {
    if (!pass()) wait_before_retry();
  }
  close_library();
  {
    const std::lock_guard lock(bell_.mutex);
    stopped_ = true;
  }
  bell_.condition.notify_all();
}

bool Supervisor::leaving() const {
  return stop_ || rebuild_;
}

bool Supervisor::stopping() {
  const std::lock_guard lock(bell_.mutex);
  return stop_;
}

std::vector<std::string> Supervisor::urls() {
  std::vector<std::string> pass = config_.nats.urls;
  std::shuffle(pass.begin(), pass.end(), random_);
  std::stable_partition(pass.begin(), pass.end(), [&](const std::string& url) { return url != last_url_; });
  if (!follows_gossip(config_)) return pass;
  for (const std::string& url : discovered_) {
    if (std::find(pass.begin(), pass.end(), url) == pass.end()) pass.push_back(url);
  }
  return pass;
}

// Each url once, until one connection was made and has ended. True: the next pass may follow at once.
bool Supervisor::pass() {
  {
    const std::lock_guard lock(bell_.mutex);
    rebuild_ = false;
  }
  for (const std::string& url : urls()) {
    if (stopping()) return true;
    auto link = std::make_unique<NatsLink>(context_, url);
    if (const std::optional<Reason> failure = link->open()) {
      bury(std::move(link));
      if (!stopping()) attempt_failed(url, *failure);
      continue;
    }
    const std::string server_id = link->server_id();
    const Mono start = std::chrono::steady_clock::now();
    live(*link, url);
    const std::optional<NatsLink::End> end = bury(std::move(link));
    return ended(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = url, .server_id = server_id}, end,
                 std::chrono::steady_clock::now() - start);
  }
  return false;
}

void Supervisor::attempt_failed(const std::string& url, const Reason& reason) {
  outlet_.use([&](Inbox& inbox, Instruments& numbers) {
    (reason.authentication ? numbers.connect_auth_failures : numbers.connect_failures).Increment();
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::connect_failed,
                         .url = url,
                         .text = reason.text,
                         .authentication = reason.authentication});
  });
}

void Supervisor::live(NatsLink& link, const std::string& url) {
  {
    const std::lock_guard lock(bell_.mutex);
    connected_ = true;
  }
  outlet_.use([&](Inbox& inbox, Instruments& numbers) {
    numbers.connects.Increment();
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::connected,
                         .url = url,
                         .server_id = link.server_id(),
                         .max_payload = link.max_payload()});
  });
  serve(link);
  std::size_t unsent = 0;
  {
    const std::lock_guard lock(bell_.mutex);
    connected_ = false;
    unsent = queue_.size();
    queue_.clear();
  }
  outlet_.use([&](Inbox&, Instruments& numbers) {
    numbers.requests_dropped.Increment(static_cast<double>(unsent));
    numbers.rtt_seconds.Set(std::numeric_limits<double>::quiet_NaN());
  });
}

void Supervisor::serve(NatsLink& link) {
  Mono check = std::chrono::steady_clock::now() + kCheckInterval;
  Mono round_trip = std::chrono::steady_clock::now() + kRoundTripInterval;
  while (true) {
    std::deque<Request> requests;
    {
      std::unique_lock lock(bell_.mutex);
      bell_.condition.wait_until(lock, check,
                                 [&] { return leaving() || !queue_.empty() || link.closed() || link.needs_narrow(); });
      if (leaving() || link.closed()) return;
      requests.swap(queue_);
    }
    if (link.needs_narrow()) link.subscribe_narrow();
    send(link, requests);
    const Mono now = std::chrono::steady_clock::now();
    if (now >= check) {
      link.report_drops();
      check = now + kCheckInterval;
    }
    if (now >= round_trip) {
      link.measure_round_trip();
      round_trip = now + kRoundTripInterval;
    }
  }
}

void Supervisor::send(NatsLink& link, const std::deque<Request>& requests) {
  if (requests.empty()) return;
  std::size_t sent = 0;
  for (const Request& request : requests) sent += link.publish(request) ? 1 : 0;
  outlet_.use([&](Inbox&, Instruments& numbers) {
    numbers.requests_sent.Increment(static_cast<double>(sent));
    numbers.requests_dropped.Increment(static_cast<double>(requests.size() - sent));
  });
}

std::optional<NatsLink::End> Supervisor::bury(std::unique_ptr<NatsLink> link) {
  std::optional<NatsLink::End> end = link->bury();
  if (!end) unburied_.push_back(std::move(link));
  return end;
}

// Tells why a connection ended and decides on the pause: none, but for one that keeps ending soon after its login.
bool Supervisor::ended(LinkEvent event, const std::optional<NatsLink::End>& end, Mono::duration life) {
  bool rebuilt = false;
  {
    const std::lock_guard lock(bell_.mutex);
    if (stop_) return true;
    rebuilt = rebuild_;
  }
  Reason reason{"libnats does not finish closing the connection", "other", false};
  if (end) {
    reason = end->reason;
    discovered_ = end->discovered;
    if (discovered_.size() > kMaxDiscovered) discovered_.resize(kMaxDiscovered);
  }
  if (rebuilt) reason = {"closed by the agent, to log in with secrets and certificates read again", "rebuild", false};
  last_url_ = event.url;
  event.text = reason.text;
  event.authentication = reason.authentication;
  outlet_.use([&](Inbox& inbox, Instruments& numbers) {
    numbers.disconnects.Increment();
    numbers.disconnects_by_reason.Add({{"reason", reason.label}}).Increment();
    inbox.push(std::move(event));
  });
  if (rebuilt || life > kProvenLife) {
    wait_ = Millis(0);
    return true;
  }
  if (wait_ != Millis(0)) return false;
  wait_ = config_.nats.reconnect_wait;
  return true;
}

void Supervisor::wait_before_retry() {
  wait_ = wait_ == Millis(0) ? config_.nats.reconnect_wait : std::min(2 * wait_, config_.nats.reconnect_wait_max);
  const double jitter = std::uniform_real_distribution<double>(0.5, 1.5)(random_);
  const auto wait = std::chrono::duration_cast<Millis>(wait_ * jitter);
  std::unique_lock lock(bell_.mutex);
  bell_.condition.wait_for(lock, wait, [this] { return leaving(); });
}

void Supervisor::close_library() {
  take_compression_methods();
  const Watchdog::Call call(watchdog_, "nats_CloseAndWait");
  const natsStatus status = nats_CloseAndWait(kLibraryCloseMs);
  const bool quiet = status == NATS_OK || status == NATS_NOT_INITIALIZED;
  if (quiet && unburied_.empty()) return;
  // A callback that still runs has its closures here: this object stays until the process ends.
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<Supervisor>>;
  const std::lock_guard lock(mutex);
  kept->push_back(shared_from_this());
}

bool Supervisor::request(std::string_view subject, std::string_view token, std::string_view body, bool gzip) {
  bool queued = false;
  {
    const std::lock_guard lock(bell_.mutex);
    queued = connected_ && queue_.size() < kMaxQueue;
    if (queued) {
      queue_.push_back({std::string(subject), context_.inbox + "." + std::string(token), std::string(body), gzip});
    }
  }
  if (queued)
    bell_.condition.notify_all();
  else
    outlet_.use([](Inbox&, Instruments& numbers) { numbers.requests_dropped.Increment(); });
  return queued;
}

void Supervisor::rebuild() {
  {
    const std::lock_guard lock(bell_.mutex);
    rebuild_ = true;
  }
  bell_.condition.notify_all();
}

void Supervisor::stop() {
  {
    const std::lock_guard lock(bell_.mutex);
    stop_ = true;
  }
  bell_.condition.notify_all();
}

bool Supervisor::wait_stopped(Mono deadline) {
  std::unique_lock lock(bell_.mutex);
  return bell_.condition.wait_until(lock, deadline, [this] { return stopped_; });
}

void Supervisor::abandon() {
  watchdog_.retire();
  outlet_.shut();
}

}  // namespace lookout

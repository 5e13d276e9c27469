#include "agent/nats_link.h"

#include <nats/nats.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr const char* kWide = "$SYS.>";
constexpr std::array kNarrow{"$SYS.SERVER.>", "$SYS.ACCOUNT.>"};
constexpr const char* kAdvisories = "$JS.EVENT.ADVISORY.>";
constexpr Millis kBurialLimit{2000};
constexpr Millis kRoundTripLimit{2000};

// libnats counts payload alone towards its byte limit, so the number of messages is limited too. Both limits lie above
// the Inbox's.
constexpr int kMinPendingMessages = 65536;
constexpr std::uint64_t kBytesPerMessage = 256;

std::string_view subject_of(natsMsg* message) {
  return natsMsg_GetSubject(message);
}

std::string_view payload_of(natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

int clamped(std::uint64_t value) {
  return static_cast<int>(std::min<std::uint64_t>(value, std::numeric_limits<int>::max()));
}

}  // namespace

// On libnats' threads: copy, push, destroy, return.
struct NatsLink::Callbacks {
  static void on_message(natsConnection* /*nc*/, natsSubscription* /*sub*/, natsMsg* message, void* closure) noexcept {
    const Feed& feed = *static_cast<Feed*>(closure);
    const std::string_view subject = subject_of(message);
    Message copied{traffic_of(subject), false, std::chrono::steady_clock::now(), subject, payload_of(message)};
    if (feed.skip > 0) {
      copied.traffic = Traffic::reply;
      copied.no_responders = natsMsg_IsNoResponders(message);
      copied.subject = subject.substr(std::min(feed.skip, subject.size()));
    }
    feed.outlet.use([&](Inbox& inbox, Instruments&) { inbox.push(copied); });
    natsMsg_Destroy(message);
  }

  static void on_closed(natsConnection* /*nc*/, void* closure) noexcept {
    auto& link = *static_cast<NatsLink*>(closure);
    Bell& bell = link.context_.bell;
    link.closed_ = true;  // from here on the link may be gone
    bell.ring();
  }

  // The last libnats does on a delivery thread comes after this: it frees what was still waiting there. Hence the
  // thread_local, whose destructor runs when the thread ends.
  static void on_complete(void* closure) noexcept {
    struct Farewell {
      Context* context = nullptr;
      ~Farewell() {
        const std::lock_guard lock(context->bell.mutex);
        --context->delivering;
        context->bell.condition.notify_all();  // with the lock, for the context may be gone after it
      }
    };
    thread_local Farewell farewell;
    farewell.context = static_cast<Context*>(closure);
  }

  static void on_lame_duck(natsConnection* /*nc*/, void* closure) noexcept {
    static_cast<NatsLink*>(closure)->lame_duck_ = true;
  }

  static void on_error(natsConnection* /*nc*/, natsSubscription* /*sub*/, natsStatus status, void* closure) noexcept {
    auto& link = *static_cast<NatsLink*>(closure);
    if (status == NATS_NOT_PERMITTED) link.refused(last_nats_error());
    if (status != NATS_CONNECTION_AUTH_FAILED) return;
    const std::lock_guard lock(link.refusal_mutex_);
    link.refusal_ = last_nats_error();
  }
};

NatsLink::NatsLink(Context& context, std::string url)
    : context_(context), url_(std::move(url)), endpoint_(endpoint_of(url_)) {}

std::optional<Reason> NatsLink::open() {
  const NatsOptions& config = context_.config.nats;
  const Mono start = std::chrono::steady_clock::now();
  std::string text;
  bool interrupted = false;
  int status = connect(text, interrupted);
  if (status < 0) return Reason{text, "other", false};
  if (status == NATS_OK) {
    std::array<char, 128> id{};
    natsConnection_GetConnectedServerId(connection_, id.data(), id.size());
    server_id_ = clean(id.data());
    max_payload_ = static_cast<std::uint64_t>(std::max<std::int64_t>(natsConnection_GetMaxPayload(connection_), 0));
    status = subscribe_all();
    if (status == NATS_OK) return std::nullopt;
    if (closed_) return reason_now();
    text = last_nats_error();
  }
  if (interrupted || interrupted_) {
    return Reason{"libnats hung during the login to " + endpoint_.host + " and was freed by the watchdog", "watchdog",
                  false};
  }
  const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  return connect_reason(status, text, endpoint_, took, config.timeout);
}

// Below zero: the options could not be made, `text` says why.
int NatsLink::connect(std::string& text, bool& interrupted) {
  Result<NatsOptionsPtr> made = make_nats_options(context_.config.nats, url_, login_);
  if (!made) {
    text = made.error();
    return -1;
  }
  natsOptions* options = made->get();
  natsOptions_SetClosedCB(options, Callbacks::on_closed, this);
  natsOptions_SetErrorHandler(options, Callbacks::on_error, this);
  natsOptions_SetLameDuckModeCB(options, Callbacks::on_lame_duck, this);
  context_.watchdog.guard(endpoint_.port);
  const Watchdog::Call call(context_.watchdog, "natsConnection_Connect");
  const natsStatus status = natsConnection_Connect(&connection_, options);
  if (status != NATS_OK) text = last_nats_error();
  interrupted = call.interrupted();
  return status;
}

int NatsLink::subscribe_all() {
  int status = subscribe((context_.inbox + ".>").c_str(), context_.replies);
  if (status == NATS_OK) status = subscribe(kAdvisories, context_.events);
  if (context_.config.events.subjects == Subjects::automatic) {
    if (status == NATS_OK) status = subscribe(kWide, context_.events);
  } else if (status == NATS_OK) {
    subscribe_narrow();
  }
  // The round trip proves that the server has the subscriptions and has not closed the connection over them.
  return status == NATS_OK ? flush(context_.config.nats.timeout) : status;
}

int NatsLink::subscribe(const char* subject, Feed& feed) {
  const Watchdog::Call call(context_.watchdog, "natsConnection_Subscribe");
  natsSubscription* handle = nullptr;
  const natsStatus status = natsConnection_Subscribe(&handle, connection_, subject, Callbacks::on_message, &feed);
  if (status != NATS_OK) return status;
  const std::uint64_t bytes = context_.config.inbox_bytes;
  natsSubscription_SetPendingLimits(handle, std::max(kMinPendingMessages, clamped(bytes / kBytesPerMessage)),
                                    clamped(bytes * 2));
  ++context_.delivering;
  // Refused for one that is closed already.
  if (natsSubscription_SetOnCompleteCB(handle, Callbacks::on_complete, &context_) != NATS_OK) --context_.delivering;
  subscriptions_.push_back({handle, 0});
  return NATS_OK;
}

void NatsLink::subscribe_narrow() {
  narrow_ = true;
  for (const char* subject : kNarrow) subscribe(subject, context_.events);
}

bool NatsLink::publish(const Request& request) {
  const Watchdog::Call call(context_.watchdog, "natsConnection_PublishMsg");
  natsMsg* message = nullptr;
  natsStatus status = natsMsg_Create(&message, request.subject.c_str(), request.reply.c_str(), request.body.data(),
                                     static_cast<int>(request.body.size()));
  // The exact case is what nats-server looks for.
  if (status == NATS_OK && request.gzip && natsConnection_HasHeaderSupport(connection_) == NATS_OK)
    status = natsMsgHeader_Set(message, "Accept-Encoding", "gzip");
  if (status == NATS_OK) status = natsConnection_PublishMsg(connection_, message);
  natsMsg_Destroy(message);
  return status == NATS_OK;
}

int NatsLink::flush(Millis timeout) {
  const Watchdog::Call call(context_.watchdog, "natsConnection_FlushTimeout");
  const Mono start = std::chrono::steady_clock::now();
  const natsStatus status = natsConnection_FlushTimeout(connection_, timeout.count());
  const double took = seconds(std::chrono::steady_clock::now() - start);
  if (status == NATS_OK) context_.outlet.use([&](Inbox&, Instruments& numbers) { numbers.rtt_seconds.Set(took); });
  interrupted_ = interrupted_ || call.interrupted();
  return status;
}

void NatsLink::measure_round_trip() {
  flush(std::min(kRoundTripLimit, context_.config.nats.timeout));
}

void NatsLink::report_drops() {
  const Watchdog::Call call(context_.watchdog, "natsSubscription_GetDropped");
  natsConnection_IsClosed(
      connection_);  // blocks while a hanging libnats holds its mutex: the watchdog learns of it here
  std::uint64_t fresh = 0;
  for (Subscription& subscription : subscriptions_) {
    std::int64_t total = 0;
    if (natsSubscription_GetDropped(subscription.handle, &total) != NATS_OK) continue;
    fresh += static_cast<std::uint64_t>(total) - subscription.dropped;
    subscription.dropped = static_cast<std::uint64_t>(total);
  }
  interrupted_ = interrupted_ || call.interrupted();
  if (fresh == 0) return;
  context_.outlet.use([&](Inbox& inbox, Instruments& numbers) {
    numbers.slow_consumer_drops.Increment(static_cast<double>(fresh));
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::slow_consumer,
                         .url = url_,
                         .server_id = server_id_,
                         .text = "libnats dropped messages that arrived faster than they were taken",
                         .dropped = fresh});
  });
}

void NatsLink::refused(std::string text) {
  // Where the wide subscription is not allowed, the narrow ones are the answer and nothing is wrong.
  if (text.find("Subscription to \"" + std::string(kWide) + "\"") != std::string::npos) {
    wide_refused_ = true;
    context_.bell.ring();
    return;
  }
  context_.outlet.use([&](Inbox& inbox, Instruments& numbers) {
    numbers.permission_errors.Increment();
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::permission, .url = url_, .text = clean(text)});
  });
}

Reason NatsLink::reason_now() {
  const char* text = "";
  const natsStatus status = natsConnection_GetLastError(connection_, &text);
  if (interrupted_) return {"libnats hung and was freed by the watchdog", "watchdog", false};
  const std::lock_guard lock(refusal_mutex_);
  return close_reason(status, text, refusal_, lame_duck_);
}

std::optional<NatsLink::End> NatsLink::bury() {
  if (connection_ == nullptr) return End{};
  const Watchdog::Call call(context_.watchdog, "natsConnection_Close");
  natsConnection_Close(connection_);
  {
    std::unique_lock lock(context_.bell.mutex);
    // A message that is destroyed after nats_CloseAndWait has begun is never freed, so the delivery threads end first.
    const auto quiet = [this] { return closed() && context_.delivering == 0; };
    if (!context_.bell.condition.wait_for(lock, kBurialLimit, quiet)) return std::nullopt;
  }
  interrupted_ = interrupted_ || call.interrupted();
  End end{reason_now(), {}};
  char** servers = nullptr;
  int count = 0;
  if (natsConnection_GetDiscoveredServers(connection_, &servers, &count) == NATS_OK) {
    for (int i = 0; i < count; ++i) {
      end.discovered.emplace_back(servers[i]);
      std::free(servers[i]);
    }
    std::free(static_cast<void*>(servers));
  }
  for (const Subscription& subscription : subscriptions_) natsSubscription_Destroy(subscription.handle);
  subscriptions_.clear();
  natsConnection_Destroy(std::exchange(connection_, nullptr));
  return end;
}

}  // namespace lookout

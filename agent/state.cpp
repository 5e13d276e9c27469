#include "agent/state.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/shard.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr std::string_view kGlobalAccount = "$G";
constexpr std::chrono::seconds kFreshConnect{30};    // an older CONNECT is a config reload repeating itself
constexpr std::chrono::seconds kAuthTimeoutMax{60};  // what lived longer has been authenticated
constexpr std::size_t kOpenGlobalMax = 65536;
constexpr Millis kSweep{1000};
constexpr Millis kDropsSeen{1000};  // drops are looked for that often, or more

// The process that the event is of: the current one, or the one before it, whose last messages may come late.
std::uint32_t process_of(const Server& server, const Event& event) {
  return server.id == event.server.id ? server.process : server.previous_process;
}

// A config reload sends the CONNECT of every client again.
bool is_repeated(const Event& event) {
  return event.client.start != Wall{} && event.timestamp - event.client.start > kFreshConnect;
}

std::uint64_t connection_key(const Server& server, const Event& event) {
  return (std::uint64_t{process_of(server, event)} << 40U) ^ event.client.id;
}

}  // namespace

State::State(const Config& config, std::span<const Collector> collectors, Sink sink)
    : config_(config),
      collectors_(collectors),
      sink_(std::move(sink)),
      link_(config),
      roster_(
          config.servers, collectors.size(),
          [this](EventKind kind, const Server& server, std::string_view reason) { concluded(kind, server, reason); }),
      accounts_(config.max_accounts),
      judging_{config.scope == Scope::server || config.shard.count > 1, config.command == Command::check,
               config.checks},
      findings_(judging_.once),
      judge_(judging_, collectors),
      watches_auth_(config.scope == Scope::system && config.shard.index == 0),
      auth_(config.auth) {
  set_lifetimes();
}

void State::apply(const LinkEvent& event, Now now) {
  changed_ = true;
  const bool back = event.kind == LinkEvent::Kind::connected && link_.was_connected();
  const std::string before = link_.server_id();
  const Mono gone = link_.disconnected_at();
  link_.apply(event, now);
  if (event.kind == LinkEvent::Kind::connected && first_server_.empty()) {
    began_ = now.mono;
    first_server_ = event.server_id;
  }
  if (event.kind == LinkEvent::Kind::slow_consumer) open_gaps(now.mono);
  if (!back) return;
  roster_.blind(gone, now.mono, before);
  open_gaps(gone);
}

void State::set(const Config& config) {
  judging_.settings = config.checks;
  judge_.set(config.checks);
  auth_.set(config.auth);
  changed_ = true;
}

void State::account_is(std::string account) {
  auth_.system_account(account);
  link_.account_is(std::move(account));
  changed_ = true;
}

void State::answered() {
  link_.answered();
  changed_ = true;
}

void State::no_responders() {
  link_.no_responders();
  changed_ = true;
}

// Scope server: only what concerns the server this agent belongs to. It is known by the login; its earlier processes by
// the roster.
bool State::accepts(const ServerInfo& server) {
  const bool landed = server.id == link_.server_id() && link_.connected();
  if (landed && !link_.landed_on(server.name)) return false;
  if (config_.scope == Scope::system || landed) return true;
  return roster_.find(server.id) != nullptr;
}

// The server that a message is of; none where this agent has nothing to do with it.
Server* State::heard(const ServerInfo& info, Now now) {
  if (!accepts(info)) return nullptr;
  link_.heard();
  if (!in_shard(config_.shard, info.name)) return nullptr;
  Server* server = roster_.heard(info, now);
  if (server == nullptr) ++refused_;
  return server;
}

// Events that belong to no server. Every sidecar and every shard hears them, so only the agent of the whole deployment,
// or its first shard, tells of them.
bool State::apply_shared(const Event& event, Now now) {
  switch (event.kind) {
    case EventKind::foreign:
      return true;
    case EventKind::unknown:
    case EventKind::malformed:
      break;
    case EventKind::jetstream_advisory:
      if (!event.removed_server.empty()) roster_.removed(event.removed_cluster, event.removed_server, now);
      judge_.advised(event, now);
      break;
    case EventKind::claims_update:
      accounts_.rename(event.account, event.account_name);
      break;
    default:
      return false;
  }
  if (config_.scope == Scope::system && config_.shard.index == 0) sink_(event, now);
  return true;
}

void State::apply(const Event& event, Now now) {
  now_ = now;
  ++events_[static_cast<std::size_t>(event.kind)];
  changed_ = true;
  if (apply_shared(event, now)) return;
  if (event.forged) {
    ++forged_;
    return;
  }
  if (watches_auth_ && !in_shard(config_.shard, event.server.name)) overhear(event, now);
  if (Server* server = heard(event.server, now)) count(event, *server, now);
}

// Of another shard's server: only for what failed logins mean together.
void State::overhear(const Event& event, Now now) {
  switch (event.kind) {
    case EventKind::auth_error:
      return auth_.failed(event, now);
    case EventKind::connect:
      if (!is_repeated(event)) auth_.connected(event, now);
      return;
    case EventKind::disconnect:
      if (reason_at(reason_index(event.reason)).cause == Cause::auth_error_end && !event.client.user.empty())
        auth_.expelled(event, now);
      return;
    default:
      return;
  }
}

void State::count(const Event& event, Server& server, Now now) {
  const bool late = server.id != event.server.id;  // what it says of the process that is gone is no longer true
  const bool counts =
      event.kind == EventKind::connect || event.kind == EventKind::disconnect || event.kind == EventKind::auth_error;
  if (late && !counts) return;
  if (!late && counts) server.ring.newest_cid = std::max(server.ring.newest_cid, event.client.id);
  switch (event.kind) {
    case EventKind::connect:
      connect(event, server, now);
      return;
    case EventKind::disconnect:
      disconnect(event, server, now);
      break;
    case EventKind::auth_error: {
      if (!is_first(server, event, now)) return;
      auth_error(event, server, now);
      const std::string explanation = explain(event, now);
      Event explained = event;
      explained.explanation = explanation;
      remember(explained, now);
      return sink_(explained, now);
    }
    case EventKind::account_connections:
      connections(server, accounts_.index(event.account, event.account_name),
                  {event.connections, event.leafnodes, event.server.time, now.mono, true});
      break;
    case EventKind::shutdown:
      roster_.stopped(server, event.server.time, now);
      break;
    case EventKind::lameduck:
      roster_.draining(server, event.server.time, now);
      break;
    case EventKind::account_connections_legacy:  // its twin counts
    case EventKind::statsz:
      return;  // its numbers come as a Reply
    default:
      break;
  }
  sink_(event, now);
}

void State::connect(const Event& event, Server& server, Now now) {
  const ClientInfo& client = event.client;
  // The soliciting side of a leaf link (since 2.12.8) tells of it too, without a name: the hub's side counts.
  if (client.kind == ClientKind::leafnode && client.name.empty()) return;
  if (client.account == kGlobalAccount && open_global_.size() < kOpenGlobalMax)
    open_global_.insert(connection_key(server, event));
  if (is_repeated(event) || !recent_.insert(process_of(server, event), client.id, now.mono)) {
    ++repeated_connects_;
    return;
  }
  server.counters.connect(account_of(client), client);
  if (watches_auth_) auth_.connected(event, now);
  server.dirty = true;
  sink_(event, now);
}

// Since 2.12 every connection that ends before it was authenticated is a DISCONNECT of $G without a CONNECT. Where $G
// is a real account (no authorization configured), a seen CONNECT, a client library's name or a long life tell.
bool State::before_authentication(const Event& event, const Server& server) const {
  const ClientInfo& client = event.client;
  if (client.account != kGlobalAccount) return false;
  if (open_global_.contains(connection_key(server, event))) return false;
  const Cause cause = reason_at(reason_index(event.reason)).cause;
  if (cause == Cause::auth_twin || cause == Cause::auth_error) return true;
  const bool long_lived = client.start != Wall{} && client.stop - client.start > kAuthTimeoutMax;
  return client.lang.empty() && !long_lived;
}

// Whether nobody has told of this failure yet.
bool State::is_first(const Server& server, const Event& event, Now now) {
  const std::uint32_t process = process_of(server, event);
  if (!failures_.insert(process, event.client.id, now.mono)) return false;
  if (!config_.state_dir.empty()) noted_[process].push_back(event.client.id);
  return true;
}

void State::disconnect(const Event& event, Server& server, Now now) {
  const ClientInfo& client = event.client;
  if (client.kind == ClientKind::leafnode && client.name.empty()) return;
  const std::uint8_t reason = reason_index(event.reason);
  const Cause cause = reason_at(reason).cause;
  server.dirty = true;
  const bool early = before_authentication(event, server);
  open_global_.erase(connection_key(server, event));
  const bool failed = cause == Cause::auth_error_end || (early && cause == Cause::auth_error);
  if (failed && is_first(server, event, now)) {
    server.counters.auth_error(account_of(client), client, reason);
    remember(event, now);
  }
  if (cause == Cause::auth_error_end && !client.user.empty() && watches_auth_) auth_.expelled(event, now);
  if (early) {
    if (cause == Cause::closed) server.counters.closed_before_auth(reason);
    return;
  }
  // A connection refused by its account's limit was never open: it has an account, but neither user nor CONNECT.
  const bool refused =
      cause == Cause::auth_error_end && client.user.empty() && !recent_.contains(process_of(server, event), client.id);
  if (!refused) server.counters.disconnect(account_of(client), client, reason);
}

void State::auth_error(const Event& event, Server& server, Now now) {
  const std::uint8_t reason = reason_index(event.reason);
  const std::uint8_t shown = is_auth_reason(reason) ? reason : reason_index("");
  counters_for(event, server).auth_error(account_of(event.client), event.client, shown);
  const Cause cause = reason_at(shown).cause;
  const bool refused = cause == Cause::auth_twin || !event.recovered;  // not a timeout, say
  if (refused && watches_auth_) auth_.failed(event, now);
  server.dirty = true;
}

// The clocks of servers differ: what is heard at once happens now.
void State::remember(const Event& failure, Now now) {
  last_failures_.add(failure, now);
  auth_history_.add(failure.recovered ? failure.timestamp : now.wall, now);
}

// Why a JWT was refused, as far as its claims tell; nothing in them is verified.
std::string State::explain(const Event& event, Now now) const {
  const Claims& claims = event.client.claims;
  if (claims.expires != Wall{} && claims.expires < now.wall)
    return "the user JWT expired " + format_age(now.wall - claims.expires) + " ago";
  if (!claims.account.empty() && accounts_.learned() && !accounts_.knows(claims.account))
    return "the account of the user JWT is not known here";
  return {};
}

void State::dropped(Traffic traffic, std::uint64_t total, Now now) {
  std::uint64_t& known = dropped_[static_cast<std::size_t>(traffic)];
  if (total == known) return;
  recently_dropped_ += total - known;
  known = total;
  last_drop_ = now.mono;
  changed_ = true;
  if (traffic == Traffic::vital || traffic == Traffic::connections) open_gaps(now.mono - kDropsSeen);
}

void State::concluded(EventKind kind, const Server& server, std::string_view reason) {
  changed_ = true;
  Event event;
  event.kind = kind;
  event.server = {server.id, server.name, server.cluster, server.domain, server.version, server.host, server.jetstream,
                  0,         {}};
  event.timestamp = now_.wall;
  event.reason = kind == EventKind::server_lost && !link_.connected() ? "the agent is not connected to NATS" : reason;
  if (kind == EventKind::server_retired) findings_.forget(server.entity());
  sink_(event, now_);
}

void State::tick(Now now) {
  now_ = now;
  roster_.tick(now);
  if (now.mono < next_sweep_) return;
  next_sweep_ = now.mono + kSweep;
  sweep(now);
  for (Server* server : judge_.stopped(roster_, now)) roster_.stopped(*server, server->last_time, now);
  if (watches_auth_) report_auth(now);
  report_servers(now);
  if (judge_.evaluate(roster_, *accounts_.share(), link_, agent_, findings_, now)) judged_ = now.mono;
  changed_ = changed_ || findings_.version() != told_findings_;
}

}  // namespace lookout

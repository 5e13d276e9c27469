#include "agent/state.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr std::string_view kGlobalAccount = "$G";
constexpr std::chrono::seconds kFreshConnect{30};    // an older CONNECT is a config reload repeating itself
constexpr std::chrono::seconds kAuthTimeoutMax{60};  // what lived longer has been authenticated
constexpr std::chrono::seconds kAccountSilence{75};  // 2.5 heartbeats of SERVER.CONNS
constexpr std::chrono::seconds kLossShown{60};
constexpr std::size_t kOpenGlobalMax = 65536;
constexpr std::size_t kEntityMax = 512;

std::string entity_of(const Server& server) {
  return server.cluster.empty() ? server.name : clean(server.cluster + "/" + server.name, kEntityMax);
}

// The process that the event is of: the current one, or the one before it, whose last messages may come late.
std::uint32_t process_of(const Server& server, const Event& event) {
  return server.id == event.server.id ? server.process : server.previous_process;
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
      accounts_(config.max_accounts) {}

void State::apply(const LinkEvent& event, Now now) {
  changed_ = true;
  const bool back = event.kind == LinkEvent::Kind::connected && link_.was_connected();
  const std::string before = link_.server_id();
  const Mono gone = link_.disconnected_at();
  link_.apply(event, now);
  if (back) roster_.blind(gone, now.mono, before);
}

void State::account_is(std::string account) {
  link_.account_is(std::move(account));
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

// Events that belong to no server. Every sidecar hears them, so only the agent of the whole deployment tells of them.
bool State::apply_shared(const Event& event, Now now) {
  switch (event.kind) {
    case EventKind::foreign:
      return true;
    case EventKind::unknown:
    case EventKind::malformed:
      break;
    case EventKind::jetstream_advisory:
      if (!event.removed_server.empty()) roster_.removed(event.removed_cluster, event.removed_server, now);
      break;
    case EventKind::claims_update:
      accounts_.rename(event.account, event.account_name);
      break;
    default:
      return false;
  }
  if (config_.scope == Scope::system) sink_(event, now);
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
  if (!accepts(event.server)) return;
  link_.answered();
  Server* server = roster_.heard(event.server, now);
  if (server == nullptr)
    ++refused_;
  else
    count(event, *server, now);
}

void State::count(const Event& event, Server& server, Now now) {
  const bool late = server.id != event.server.id;  // what it says of the process that is gone is no longer true
  const bool counts =
      event.kind == EventKind::connect || event.kind == EventKind::disconnect || event.kind == EventKind::auth_error;
  if (late && !counts) return;
  switch (event.kind) {
    case EventKind::connect:
      connect(event, server, now);
      return;
    case EventKind::disconnect:
      disconnect(event, server);
      break;
    case EventKind::auth_error:
      auth_error(event, server);
      break;
    case EventKind::account_connections:
      connections(event, server, now);
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
  const bool old = client.start != Wall{} && event.timestamp - client.start > kFreshConnect;
  if (client.account == kGlobalAccount && open_global_.size() < kOpenGlobalMax)
    open_global_.insert(connection_key(server, event));
  if (old || !recent_.insert(process_of(server, event), client.id, now.mono)) {
    ++repeated_connects_;
    return;
  }
  server.counters.connect(account_of(client), client);
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

void State::disconnect(const Event& event, Server& server) {
  const ClientInfo& client = event.client;
  if (client.kind == ClientKind::leafnode && client.name.empty()) return;
  const std::uint8_t reason = reason_index(event.reason);
  const Cause cause = reason_at(reason).cause;
  server.dirty = true;
  const bool early = before_authentication(event, server);
  open_global_.erase(connection_key(server, event));
  if (cause == Cause::auth_error_end || (early && cause == Cause::auth_error))
    server.counters.auth_error(account_of(client), client, reason);
  if (early) {
    if (cause == Cause::closed) server.counters.closed_before_auth(reason);
    return;
  }
  // A connection refused by its account's limit was never open: it has an account, but neither user nor CONNECT.
  const bool refused =
      cause == Cause::auth_error_end && client.user.empty() && !recent_.contains(process_of(server, event), client.id);
  if (!refused) server.counters.disconnect(account_of(client), client, reason);
}

void State::auth_error(const Event& event, Server& server) {
  const std::uint8_t reason = reason_index(event.reason);
  const std::uint8_t shown = is_auth_reason(reason) ? reason : reason_index("");
  server.counters.auth_error(account_of(event.client), event.client, shown);
  server.dirty = true;
}

void State::connections(const Event& event, Server& server, Now now) {
  const AccountIndex index = accounts_.index(event.account, event.account_name);
  if (index == 0 || !(server.up() || server.joining())) return;  // "other" has no one number; a stopped server has none
  AccountState& account = server.accounts[index];
  if (event.server.time < account.server_time) return;
  account = {event.connections, event.leafnodes, event.server.time, now.mono};
  server.dirty = true;
}

void State::apply(const Reply& reply, std::size_t collector, Now now) {
  now_ = now;
  if (!accepts(reply.server)) return;
  link_.answered();
  Server* heard = roster_.heard(reply.server, now);
  if (heard == nullptr) {
    ++refused_;
    return;
  }
  Server& server = *heard;
  // Late answers of a process that is gone, or that has said goodbye.
  if (server.id != reply.server.id || !(server.up() || server.joining())) {
    ++ignored_replies_;
    return;
  }
  const auto& held = server.blocks[collector];
  if (held != nullptr && held->server_time >= reply.block->server_time) {
    ++ignored_replies_;
    return;
  }
  server.blocks[collector] = reply.block;
  rows_left_out_ += reply.rows_left_out;
  server.dirty = true;
  changed_ = true;
  roster_.started(server, reply.start, now);
}

void State::dropped(Traffic traffic, std::uint64_t total, Now now) {
  std::uint64_t& known = dropped_[static_cast<std::size_t>(traffic)];
  if (total == known) return;
  recently_dropped_ += total - known;
  known = total;
  last_drop_ = now.mono;
  changed_ = true;
}

void State::concluded(EventKind kind, const Server& server, std::string_view reason) {
  changed_ = true;
  Event event;
  event.kind = kind;
  event.server = {server.id, server.name, server.cluster, server.domain, server.version, server.host, server.jetstream,
                  0,         {}};
  event.timestamp = now_.wall;
  event.reason = kind == EventKind::server_lost && !link_.connected() ? "the agent is not connected to NATS" : reason;
  if (kind == EventKind::server_retired) findings_.forget(entity_of(server));
  sink_(event, now_);
}

void State::tick(Now now) {
  now_ = now;
  roster_.tick(now);
  drop_stale(now);
}

// A server may go on talking while one of its endpoints hangs: what that endpoint said is gone after three intervals.
void State::drop_stale(Now now) {
  for (const auto& server : roster_.servers()) {
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
      auto& block = server->blocks[i];
      const auto limit = 3 * config_.collect_intervals.at(collectors_[i].name) + config_.servers.lost_after / 2;
      if (block == nullptr || now.mono - block->received <= limit) continue;
      block.reset();
      server->dirty = true;
    }
    const auto gone = std::erase_if(server->accounts, [&](const auto& item) {
      const AccountState& account = item.second;
      return account.clients + account.leafnodes > 0 && now.mono - account.heard > kAccountSilence;
    });
    if (gone > 0) server->dirty = true;
  }
}

void State::report(Now now) {
  link_.report(findings_, now);
  const bool losing = last_drop_ != Mono{} && now.mono - last_drop_ < kLossShown;
  if (!losing) recently_dropped_ = 0;
  findings_.report("agent_lost_messages", "agent", losing ? Health::warning : Health::ok,
                   std::to_string(recently_dropped_) + " messages were dropped because the agent could not keep up", {},
                   now);
  report_servers(now);
}

bool State::has_twin(const Server& server) const {
  if (server.name == server.base_name || !server.up()) return false;
  const auto& all = roster_.servers();
  return std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.get() != &server && other->up() && other->cluster == server.cluster &&
           other->base_name == server.base_name;
  });
}

void State::report_servers(Now now) {
  const Health lost = link_.connected() ? Health::critical : Health::unknown;  // blind, the agent knows nothing of them
  for (const auto& server : roster_.servers()) {
    if (server->joining()) continue;
    const std::string entity = entity_of(*server);
    const auto say = [&](const char* check, bool bad, Health state, const char* sentence) {
      findings_.report(check, entity, bad ? state : Health::ok,
                       bad ? "server " + entity + " " + sentence : std::string(), {}, now);
    };
    say("server_lost", server->state == Lifecycle::lost, lost, "went silent without having announced it");
    say("server_stopped", server->state == Lifecycle::stopped, Health::warning, "was shut down");
    say("server_draining", server->state == Lifecycle::draining, Health::warning,
        "is in lame duck mode: it is about to stop");
    say("server_name_duplicate", has_twin(*server), Health::warning,
        "has the cluster and name of another live server; give every server a server_name of its own");
    say("server_without_name", server->nameless(), Health::warning,
        "has no server_name: its series start anew at every restart");
  }
}

std::shared_ptr<const ServerView> State::view_of(Server& server) const {
  if (!server.dirty && server.view != nullptr) return server.view;
  auto view = std::make_shared<ServerView>();
  view->cluster = server.cluster;
  view->name = server.name;
  view->id = server.id;
  view->version = server.version;
  view->host = server.host;
  view->domain = server.domain;
  view->jetstream = server.jetstream;
  view->start = server.start;
  view->state = server.state;
  view->state_since = server.state_since;
  view->up = server.up();
  view->last_heard = server.last_heard;
  view->unseen = server.unseen_before + server.seq.unseen();
  view->restarts = server.restarts;
  server.counters.fill(*view);
  for (const auto& [account, state] : server.accounts)
    view->accounts.push_back({account, state.clients, state.leafnodes});
  view->blocks = server.blocks;
  server.view = view;
  server.dirty = false;
  return view;
}

std::shared_ptr<const Snapshot> State::snapshot(std::vector<RoundView> rounds, Now now) {
  report(now);  // so that findings and facts agree
  auto out = std::make_shared<Snapshot>();
  out->taken = now;
  out->version = ++versions_;
  out->link = link_.view(now);
  const bool hidden = link_.identity() == Identity::wrong_server;
  for (const auto& server : roster_.servers()) {
    if (hidden) break;
    ++out->servers_by_state[static_cast<std::size_t>(server->state)];
    if (!server->joining()) out->servers.push_back(view_of(*server));
  }
  std::sort(out->servers.begin(), out->servers.end(),
            [](const auto& a, const auto& b) { return std::tie(a->cluster, a->name) < std::tie(b->cluster, b->name); });
  out->accounts = accounts_.share();
  out->events = events_;
  out->dropped = dropped_;
  out->repeated_connects = repeated_connects_;
  out->forged = forged_;
  out->dedup_overflow = recent_.overflows();
  out->folded = accounts_.folded();
  out->refused = refused_;
  out->rows_left_out = rows_left_out_;
  out->ignored_replies = ignored_replies_;
  out->rounds = std::move(rounds);
  out->findings = findings_.raised();
  const bool nothing_known = out->servers.empty() && out->findings.empty();
  out->health = nothing_known ? Health::unknown : worst(out->findings);
  changed_ = false;
  return out;
}

}  // namespace lookout

#include "agent/roster.h"

#include <algorithm>
#include <tuple>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kPingEvery{1000};
constexpr std::size_t kPingsAtOnce = 256;
constexpr std::chrono::seconds kClockTolerance{5};  // a server's clock may be ahead; what is further is not believed

// nats-server sends STATSZ every 10 s since 2.10.21, every 30 s before.
Millis statsz_interval(const std::string& version) {
  return parse_version(version) >= Version{2, 10, 21} ? Millis(10000) : Millis(30000);
}

}  // namespace

const std::string& Server::shown_name() const {
  return name.empty() ? base_name : name;
}

std::string Server::entity() const {
  return cluster.empty() ? shown_name() : cluster + "/" + shown_name();
}

Roster::Roster(const ServerOptions& options, std::size_t collectors, Observer observer)
    : options_(options), collectors_(collectors), observer_(std::move(observer)) {}

Server* Roster::find(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Server* Roster::numbered(std::uint32_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

// It has until it is silent for too long to speak.
Server& Roster::restore(std::uint32_t number, Now now) {
  processes_ = std::max(processes_, number);
  Server* const server = make({}, now);
  by_number_[number] = server;
  server->number = number;
  server->last_heard = now.mono;
  sorted_ = false;
  return *server;
}

void Roster::renew(Server& server, const std::string& id) {
  if (server.id == id) return;
  by_id_.erase(server.id);
  server.id = id;
  server.process = ++processes_;
  by_id_[id] = &server;
}

const std::vector<std::unique_ptr<Server>>& Roster::sorted() {
  if (!std::exchange(sorted_, true)) {
    std::sort(servers_.begin(), servers_.end(), [](const auto& a, const auto& b) {
      return std::tie(a->cluster, a->name) < std::tie(b->cluster, b->name);
    });
  }
  return servers_;
}

Server* Roster::heard(const ServerInfo& info, Now now) {
  Server* server = find(info.id);
  if (server == nullptr && servers_.size() >= kMaxServers) return nullptr;
  if (server == nullptr) server = make(info, now);
  if (server->id != info.id) {
    resurrect(*server, info, now);
    return find(info.id);
  }
  lives(*server, info, now);
  return server;
}

// Ids that never showed a STATSZ are forged, or will be heard again.
void Roster::evict_joining() {
  Server* oldest = nullptr;
  std::size_t count = 0;
  for (const auto& server : servers_) {
    if (!server->joining()) continue;
    ++count;
    if (oldest == nullptr || server->last_heard < oldest->last_heard) oldest = server.get();
  }
  if (count >= kMaxJoining) erase(*oldest);
}

Server* Roster::make(const ServerInfo& info, Now now) {
  evict_joining();
  auto server = std::make_unique<Server>();
  server->id = info.id;
  server->process = ++processes_;
  server->number = server->process;
  server->first_heard = now.mono;
  server->state_since = now.wall;
  server->state_mono = now.mono;
  server->blocks.resize(collectors_);
  server->last_blocks.resize(collectors_);
  describe(*server, info);
  by_id_[server->id] = server.get();
  servers_.push_back(std::move(server));
  return servers_.back().get();
}

void Roster::describe(Server& server, const ServerInfo& info) {
  const auto keep = [&](std::string& field, std::string_view value) {
    if (field == value) return;
    std::string shown = clean(value);
    if (field == shown) return;
    field = std::move(shown);
    server.dirty = true;
  };
  if (server.name.empty()) {
    keep(server.cluster, info.cluster);
    keep(server.base_name, info.name);
  }
  keep(server.version, info.version);
  keep(server.host, info.host);
  keep(server.domain, info.domain);
  server.judged.had_jetstream = server.judged.had_jetstream || info.jetstream;
  if (server.jetstream != info.jetstream) {
    server.jetstream = info.jetstream;
    server.dirty = true;
  }
}

void Roster::lives(Server& server, const ServerInfo& info, Now now) {
  server.seq.saw(info.seq);
  server.last_heard = now.mono;
  server.unanswered = 0;
  if (info.time != Wall{}) server.ahead = info.time - now.wall;
  const Wall time = std::min(info.time, now.wall + kClockTolerance);
  if (time <= server.last_time) return;
  server.last_time = time;
  describe(server, info);
  const bool left = server.state == Lifecycle::stopped || server.state == Lifecycle::draining;
  if (server.state == Lifecycle::lost || (left && time > server.left_time)) {
    server.announced.reset();
    set_state(server, Lifecycle::up, now);
    observer_(EventKind::server_returned, server, "it speaks again");
  }
}

void Roster::draining(Server& server, Wall time, Now now) {
  server.left_time = std::min(time, now.wall + kClockTolerance);
  server.announced = RestartCause::lame_duck;
  if (!server.joining() && server.state != Lifecycle::draining) set_state(server, Lifecycle::draining, now);
}

void Roster::stopped(Server& server, Wall time, Now now) {
  server.left_time = std::min(time, now.wall + kClockTolerance);
  if (!server.announced) server.announced = RestartCause::shutdown;
  if (server.joining() || server.state == Lifecycle::stopped) return;
  set_state(server, Lifecycle::stopped, now);
  silence(server);
}

void Roster::removed(std::string_view cluster, std::string_view name, Now now) {
  for (const auto& server : servers_) {
    if (server->base_name == name && (cluster.empty() || server->cluster == cluster)) server->removed = now.mono;
  }
  tick(now);
}

void Roster::blind(Mono begin, Mono end, std::string_view server_id) {
  blind_begin_ = begin;
  blind_end_ = end;
  blind_server_ = server_id;
}

void Roster::set_state(Server& server, Lifecycle state, Now now) {
  server.state = state;
  server.state_since = now.wall;
  server.state_mono = now.mono;
  server.dirty = true;
}

// What it last said is no longer true.
void Roster::silence(Server& server) {
  const auto empty = [](const std::shared_ptr<const Block>& block) { return block == nullptr; };
  if (server.accounts.empty() && std::all_of(server.blocks.begin(), server.blocks.end(), empty)) return;
  server.accounts.clear();
  for (auto& block : server.blocks) block.reset();
  server.dirty = true;
}

bool Roster::silent(const Server& server, Now now) const {
  const auto quiet = now.mono - server.last_heard;
  if (quiet < options_.lost_after) return false;
  return server.unanswered >= 2 || quiet * 2 >= statsz_interval(server.version) * 5;
}

bool Roster::retired(const Server& server, Now now) const {
  const auto since = now.mono - server.state_mono;
  if (server.state == Lifecycle::joining) return now.mono - server.last_heard > options_.retire_nameless;
  if (server.state == Lifecycle::up || server.state == Lifecycle::draining) return false;
  if (server.removed != Mono{} && server.last_heard - server.removed < options_.lost_after) return true;
  if (server.nameless()) return since >= options_.retire_nameless;
  return since >= (server.state == Lifecycle::stopped ? options_.retire_stopped : options_.retire_lost);
}

void Roster::tick(Now now) {
  std::vector<Server*> all;
  for (const auto& server : servers_) all.push_back(server.get());
  for (Server* server : all) {
    if (server->joining() && server->start != Wall{}) {
      settle(*server, now);  // the joining one may be gone after it, no other
      continue;
    }
    age(*server, now);
    if (!retired(*server, now)) continue;
    observer_(EventKind::server_retired, *server, kLifecycleNames[static_cast<std::size_t>(server->state)]);
    erase(*server);
  }
}

void Roster::age(Server& server, Now now) {
  if (server.state == Lifecycle::up && silent(server, now)) {
    set_state(server, Lifecycle::lost, now);
    silence(server);
    observer_(EventKind::server_lost, server, "silent without having announced it");
  }
  if (server.state != Lifecycle::draining) return;
  if (now.mono - server.last_heard >= options_.lost_after) silence(server);
  if (now.mono - server.state_mono >= options_.drain_limit) set_state(server, Lifecycle::stopped, now);
}

void Roster::erase(Server& server) {
  by_number_.erase(server.number);
  by_id_.erase(server.id);
  by_id_.erase(server.previous_id);
  std::erase_if(servers_, [&](const auto& other) { return other.get() == &server; });
}

std::vector<std::string> Roster::to_ping(Now now) {
  std::vector<std::string> out;
  for (const auto& server : servers_) {
    const bool doubtful =
        server->state == Lifecycle::up && now.mono - server->last_heard >= options_.lost_after * 3 / 5;
    if (!server->joining() && !server->challenged && !doubtful) continue;
    if (out.size() == kPingsAtOnce) break;
    if (now.mono - server->pinged < std::min<Mono::duration>(kPingEvery, options_.lost_after / 5)) continue;
    server->pinged = now.mono;
    ++server->unanswered;
    server->challenged = false;
    out.push_back(server->id);
  }
  return out;
}

}  // namespace lookout

// What a Simulator is told to do.
#include <nats/nats.h>

#include <algorithm>

#include "tests/bench/fleet/simulator.h"

namespace lookout::fleet {

using std::chrono::steady_clock;

// Returns how many messages that made.
std::uint64_t Simulator::event(std::string_view kind) {
  Server* server = nullptr;
  for (int tries = 0; tries < 1000 && (server == nullptr || !server->speaks()); ++tries)
    server = &world_.servers()[random_() % world_.servers().size()];
  if (!server->speaks()) return 0;
  const auto here = world_.accounts(*server);
  const std::size_t account = here.empty() ? 0 : here[random_() % here.size()];
  const std::uint64_t cid = next_cid_++;
  const auto left = [&](std::uint64_t id) {
    ++disconnects_;
    say(*server, Say::disconnect, id, account);
  };
  const auto came = [&](std::uint64_t id) {
    ++connects_;
    say(*server, Say::connect, id, account);
  };
  if (kind == "connect") {
    came(cid);
    return 1;
  }
  if (kind == "disconnect") {
    left(cid);
    return 1;
  }
  if (kind == "auth_error") {
    ++auth_errors_;
    say(*server, Say::auth_error, cid, account);
    say(*server, Say::auth_error_twin, cid, account);
    return 2;
  }
  const auto told = [&] {
    say(*server, Say::conns_legacy, cid, account);
    say(*server, Say::conns, cid, account);
  };
  left(cid);
  told();
  came(next_cid_++);
  told();
  return 6;
}

nlohmann::json Simulator::publish(std::uint64_t count, double rate, const std::string& kind) {
  constexpr std::uint64_t kBatch = 64;
  const auto began = steady_clock::now();
  std::uint64_t sent = 0;
  for (std::uint64_t done = 0; done < count;) {
    {
      const std::lock_guard lock(mutex_);
      for (const std::uint64_t end = std::min(count, done + kBatch); done < end; ++done) sent += event(kind);
    }
    std::this_thread::sleep_until(began +
                                  std::chrono::duration_cast<steady_clock::duration>(
                                      std::chrono::duration<double>(static_cast<double>(sent) / std::max(rate, 1.0))));
  }
  natsConnection_FlushTimeout(connection_, 60000);
  const double took = std::chrono::duration<double>(steady_clock::now() - began).count();
  return {{"events", count}, {"sent", sent}, {"rate", static_cast<double>(sent) / std::max(took, 1e-9)}};
}

bool Simulator::restart(std::size_t index, const std::string& cause) {
  const std::lock_guard lock(mutex_);
  Server* server = at(index);
  if (server == nullptr || !restarts_.contains(cause)) return false;
  if (cause == "lameduck") say(*server, Say::lameduck);  // after which a server is silent
  if (cause == "shutdown") say(*server, Say::shutdown);
  restarts_[cause] = restarts_[cause].get<int>() + 1;
  world_.restart(*server);
  push_statsz(*server);
  return true;
}

bool Simulator::silence(std::size_t index, bool on) {
  const std::lock_guard lock(mutex_);
  Server* server = at(index);
  if (server == nullptr) return false;
  server->silent = on;
  push_statsz(*server);
  return true;
}

bool Simulator::remove(std::size_t index) {
  const std::lock_guard lock(mutex_);
  Server* server = at(index);
  if (server == nullptr) return false;
  say(*server, Say::shutdown);
  say(*server, Say::removed);
  world_.remove(*server);
  return true;
}

std::size_t Simulator::add() {
  const std::lock_guard lock(mutex_);
  Server& server = world_.add();
  push_statsz(server);
  return server.index;
}

void Simulator::freeze(bool on) {
  const std::lock_guard lock(mutex_);
  world_.freeze(on);
}

void Simulator::set_faults(const Faults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
}

Faults Simulator::faults() {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void Simulator::change_streams(long by) {
  const std::lock_guard lock(mutex_);
  world_.set_streams(static_cast<std::size_t>(std::max(0L, static_cast<long>(world_.shape().streams) + by)));
}

void Simulator::change_accounts(long by) {
  const std::lock_guard lock(mutex_);
  world_.set_accounts(static_cast<std::size_t>(std::max(1L, static_cast<long>(world_.account_count()) + by)));
}

nlohmann::json Simulator::truth(bool full) {
  const std::lock_guard lock(mutex_);
  std::uint64_t up = 0, routes = 0, gateways = 0, in = 0, streams = 0, messages = 0, bytes = 0;
  std::vector<bool> seen(world_.account_count());
  nlohmann::json servers = nlohmann::json::object();
  for (const Server& server : world_.servers()) {
    if (!server.speaks()) continue;
    ++up;
    routes += world_.peers(server).size();
    gateways += world_.gateways(server).size();
    in += world_.count(server, Count::in);
    for (const std::size_t account : world_.accounts(server)) seen[account] = true;
    if (full)
      servers[server.name] = {{"id", server.id},
                              {"cluster", World::cluster_name(server.cluster)},
                              {"received_messages", world_.count(server, Count::in)},
                              {"sent_messages", world_.count(server, Count::out)}};
  }
  for (std::size_t stream = 0; stream < world_.shape().streams; ++stream) {
    if (world_.leader(stream) == nullptr) continue;
    ++streams;
    messages += world_.messages(stream);
    bytes += world_.stream_bytes(stream);
  }
  nlohmann::json out{
      {"servers_up", up},
      {"connections", up * world_.shape().connections},
      {"routes", routes},
      {"gateways", gateways},
      {"received_messages", in},
      {"streams", streams},
      {"consumers", streams * world_.shape().consumers},
      {"messages", messages},
      {"bytes", bytes},
      {"accounts", std::count(seen.begin(), seen.end(), true)},
      {"events", {{"connects", connects_}, {"disconnects", disconnects_}, {"auth_errors", auth_errors_}}},
      {"restarts", restarts_},
      {"replies", replies_sent_},
      {"refused", refused_}};
  if (full) out["servers"] = std::move(servers);
  return out;
}

}  // namespace lookout::fleet

// What the journal keeps of State, and how State begins with it. Layout of a batch (agent/journal.h), arrays to be
// short:
//   t  when it was written, ns        b  since when there is an agent, ns
//   a  accounts: index, id, name      u  attempts: cluster, count
//   s  servers: number, cluster, base name, name, id, version, state, start, ring known until, recovered,
//      possibly lost, unseen, restarts, begin of a gap, newest cid before it
//   c  counters: number, newest cid, [key, count, ...], [cid of a failure, ...]
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "agent/state.h"

namespace lookout {
namespace {

using nlohmann::json;

std::int64_t ns(Wall time) {
  return time.time_since_epoch().count();
}

Wall wall(const json& value) {
  return Wall(std::chrono::nanoseconds(value.get<std::int64_t>()));
}

// A gap that is not closed yet outlives the agent: when it began, or 0.
std::int64_t gap_of(const Server& server, Now now) {
  return server.ring.gap ? ns(now.wall - (now.mono - *server.ring.gap)) : 0;
}

json server_record(const Server& server, Now now) {
  return {server.number,
          server.cluster,
          server.base_name,
          server.name,
          server.id,
          server.version,
          static_cast<int>(server.state),
          ns(server.start),
          ns(server.ring.known),
          server.recovered_failures,
          server.possibly_lost,
          server.unseen_before + server.seq.unseen(),
          server.restarts,
          gap_of(server, now),
          server.ring.cid_before};
}

// Of what server_record() tells: making one for every server that said something would cost more than all else here.
std::size_t hash_of(const Server& server) {
  std::size_t hash = 1;
  const auto mix = [&hash](std::size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL; };
  for (const std::string* text : {&server.cluster, &server.base_name, &server.name, &server.id, &server.version})
    mix(TextHash()(*text));
  for (const std::uint64_t value : server.restarts) mix(value);
  for (const std::int64_t time : {ns(server.start), ns(server.ring.known)}) mix(static_cast<std::size_t>(time));
  for (const std::uint64_t value : {server.recovered_failures, server.possibly_lost,
                                    server.unseen_before + server.seq.unseen(), std::uint64_t(server.state)})
    mix(value);
  mix(server.ring.gap ? static_cast<std::size_t>(server.ring.gap->time_since_epoch().count()) : 0);
  return hash == 0 ? 1 : hash;
}

json values_of(const std::vector<EventCounters::Value>& values) {
  json out = json::array();
  for (const auto& [key, count] : values) {
    out.push_back(key);
    out.push_back(count);
  }
  return out;
}

}  // namespace

// What changed in a server's counters; null: nothing.
json State::counter_changes(Server& server) {
  const auto values = server.counters.flush();
  const auto noted = noted_.extract(server.process);
  if (values.empty() && noted.empty()) return {};
  return {server.number, server.ring.newest_cid, values_of(values),
          noted.empty() ? json::array() : json(noted.mapped())};
}

json State::changes(Now now) {
  json servers = json::array();
  json counters = json::array();
  for (const auto& server : roster_.servers()) {
    if (server->joining() || !server->dirty) continue;
    const std::size_t hash = hash_of(*server);
    if (std::exchange(server->journaled, hash) != hash) servers.push_back(server_record(*server, now));
    json changed = counter_changes(*server);
    if (!changed.is_null()) counters.push_back(std::move(changed));
  }
  if (noted_.size() > Roster::kMaxJoining) noted_.clear();  // those left are of servers that never showed themselves
  json out{{"t", ns(now.wall)}};
  if (!servers.empty()) out["s"] = std::move(servers);
  if (!counters.empty()) out["c"] = std::move(counters);
  for (const AccountIndex index : accounts_.flush())
    out["a"].push_back({index, accounts_.id(index), accounts_.name(index)});
  for (const auto& [cluster, attempts] : auth_.flush()) out["u"].push_back({cluster, attempts});
  return out;
}

json State::whole(Now now) {
  (void)changes(now);
  json out{{"t", ns(now.wall)}, {"b", ns(now.wall - (now.mono - began_))}, {"s", json::array()}, {"c", json::array()}};
  for (AccountIndex index = 1; index < accounts_.size(); ++index)
    out["a"].push_back({index, accounts_.id(index), accounts_.name(index)});
  auto failures = failures_.all();
  for (const auto& server : roster_.servers()) {
    if (server->joining()) continue;
    out["s"].push_back(server_record(*server, now));
    out["c"].push_back({server->number, server->ring.newest_cid, values_of(server->counters.all()),
                        std::move(failures[server->process])});
  }
  for (const auto& [cluster, attempts] : auth_.attempts()) out["u"].push_back({cluster, attempts});
  return out;
}

void State::restore_server(const json& record, Now now) {
  Server* const known = roster_.numbered(record.at(0).get<std::uint32_t>());
  Server& server = known == nullptr ? roster_.restore(record.at(0).get<std::uint32_t>(), now) : *known;
  server.cluster = record.at(1);
  server.base_name = record.at(2);
  server.name = record.at(3);
  roster_.renew(server, record.at(4).get<std::string>());
  server.version = record.at(5);
  const auto state = static_cast<Lifecycle>(record.at(6).get<std::uint8_t>());
  const bool gone = state == Lifecycle::stopped || state == Lifecycle::lost;
  server.state = gone ? state : Lifecycle::up;
  server.start = wall(record.at(7));
  server.ring.known = wall(record.at(8));
  server.recovered_failures = record.at(9);
  server.possibly_lost = record.at(10);
  server.unseen_before = record.at(11);
  server.restarts = record.at(12);
  const Wall gap = wall(record.at(13));
  server.ring.gap.reset();
  if (gap != Wall{}) server.ring.gap = now.mono - std::max(now.wall - gap, std::chrono::nanoseconds(0));
  server.ring.cid_before = record.at(14);
  server.shown_since = now.mono - std::chrono::hours(1);  // its series are not new
}

void State::restore_batch(const json& batch, Now now) {
  for (const json& account : batch.value("a", json::array()))
    accounts_.restore(account.at(0).get<AccountIndex>(), account.at(1).get<std::string>(),
                      account.at(2).get<std::string>());
  for (const json& record : batch.value("s", json::array())) restore_server(record, now);
  for (const json& record : batch.value("c", json::array())) {
    Server* const server = roster_.numbered(record.at(0).get<std::uint32_t>());
    if (server == nullptr) continue;
    server->ring.newest_cid = record.at(1);
    const json& values = record.at(2);
    for (std::size_t i = 0; i + 1 < values.size(); i += 2)
      server->counters.restore({values[i], values[i + 1]}, accounts_.size());
    for (const json& cid : record.at(3)) failures_.insert(server->process, cid.get<std::uint64_t>(), now.mono);
  }
  for (const json& record : batch.value("u", json::array()))
    auth_.restore(record.at(0).get<std::string>(), record.at(1).get<std::uint64_t>());
}

bool State::restore(const std::vector<json>& batches, Now now) {
  began_ = now.mono;
  if (batches.empty()) return true;
  try {
    const Wall last = wall(batches.back().at("t"));
    for (const json& batch : batches) restore_batch(batch, now);
    const auto away = std::max(now.wall - last, std::chrono::nanoseconds(0));
    began_ = now.mono - (now.wall - wall(batches.front().at("b")));
    // Since the last batch nobody listened.
    open_gaps(now.mono - away);
    roster_.blind(now.mono - away, now.mono + std::chrono::milliseconds(1), {});
    return true;
  } catch (const json::exception&) {
    return false;  // of a version that wrote something else
  }
}

}  // namespace lookout

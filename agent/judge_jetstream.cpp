#include "agent/judge_jetstream.h"

#include <algorithm>
#include <set>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kFresh{25000};  // what a leader said so long ago shows that there is one
constexpr Millis kChangesIn{900000};
constexpr Millis kElection{15000};
constexpr double kMaxLag = 200;       // as `nats server check jetstream` has it
constexpr double kMaxSilence = 5;     // seconds
constexpr Millis kForgotten{600000};  // an advisory that nothing confirms
constexpr Millis kAdvisedNow{10000};
constexpr std::size_t kMaxAdvised = 10000;  // streams, and servers

// What servers say of themselves; the system account hears it.
struct Advised {
  const char* advisory;
  Check check;
  const char* what;
};
constexpr Advised kAdvised[] = {
    {"api_limit_reached", Check::server_jetstream_api_limit, "drops JetStream API requests: too many are waiting"},
    {"server_out_of_space", Check::server_out_of_storage, "could not write what JetStream stores"},
};

// Account, stream and consumer of a row.
std::string entity_of(const Part& part, std::size_t row, const Table& table) {
  const std::size_t consumer = table.label("consumer");
  std::string out =
      concat({clean(part.label(row, table.label("account"))), "/", clean(part.label(row, table.label("stream")))});
  if (consumer < table.labels()) out.append("/").append(clean(part.label(row, consumer)));
  return out;
}

}  // namespace

JetStreamJudge::Peers::Peers(std::span<const Collector> collectors, const std::string& prefix)
    : table(collectors, prefix + "_offline"),
      name(table.label("peer")),
      offline(table.column(prefix + "_offline")),
      current(table.column(prefix + "_current")),
      lag(table.column(prefix + "_lag")),
      silence(table.column(prefix + "_last_contact_seconds")) {}

std::string JetStreamJudge::Peers::fault(const Part& part, std::size_t row) const {
  if (part.value(row, offline) == 1) return "is offline";
  if (part.value(row, current) == 0) return "has not caught up";
  if (part.value(row, lag) > kMaxLag)
    return "is " + std::to_string(static_cast<std::uint64_t>(part.value(row, lag))) + " entries behind";
  if (part.value(row, silence) > kMaxSilence) return "is silent";
  return {};
}

JetStreamJudge::JetStreamJudge(std::span<const Collector> collectors, const CheckLimits& limits, bool partial,
                               bool once)
    : limits_(limits),
      partial_(partial),
      once_(once),
      meta_(collectors, "nats_meta_has_leader"),
      streams_(collectors, "nats_stream_has_leader"),
      consumers_(collectors, "nats_consumer_has_leader"),
      peers_(collectors, "nats_meta_peer"),
      replicas_(collectors, "nats_stream_replica") {}

void JetStreamJudge::judge(const Fleet& fleet, Violations& out) {
  meta(fleet, out);
  confirm_leaderless(fleet, Check::stream_leader, streams_, out);
  confirm_leaderless(fleet, Check::consumer_leader, consumers_, out);
  without_quorum(fleet, out);
  servers(fleet, out);
  replicas(fleet, out);
}

void JetStreamJudge::advised(const Event& event, Now now) {
  const auto entity = [&] { return concat({clean(event.account), "/", clean(event.stream)}); };
  if (event.advisory == "stream_quorum_lost") {
    if (lost_.size() < kMaxAdvised) lost_.insert_or_assign(entity(), Lost{std::string(event.account), now.mono});
  } else if (event.advisory == "stream_leader_elected") {
    lost_.erase(entity());
  }
  for (const Advised& kind : kAdvised) {
    if (event.advisory != kind.advisory || advised_.size() >= kMaxAdvised) continue;
    advised_.insert_or_assign({kind.check, clean(event.server.name)}, now.mono);
  }
}

// Advisories come long before the next answers do, which decide after that.
void JetStreamJudge::without_quorum(const Fleet& fleet, Violations& out) {
  std::erase_if(lost_, [&](const auto& item) { return fleet.now.mono - item.second.at > kForgotten; });
  if (lost_.empty()) return;
  fleet.each_row(streams_, [&](const Server& server, const Part& part, std::size_t row) {
    const auto lost = lost_.find(entity_of(part, row, streams_));
    if (lost == lost_.end()) return;
    lost->second.cluster = server.cluster;
    if (part.led(row) && streams_.block(server)->received > lost->second.at) lost_.erase(lost);
  });
  for (const auto& [entity, lost] : lost_)
    out.add({.check = Check::stream_leader,
             .state = Health::critical,
             .entity = entity,
             .sentence = concat({"stream ", entity, " has lost its quorum"}),
             .cluster = lost.cluster,
             .account = lost.account});
}

void JetStreamJudge::servers(const Fleet& fleet, Violations& out) {
  std::erase_if(advised_, [&](const auto& item) { return fleet.now.mono - item.second > kAdvisedNow; });
  if (advised_.empty()) return;
  for (const auto& server : fleet.roster.servers()) {
    for (const Advised& kind : kAdvised) {
      if (!advised_.contains({kind.check, clean(server->base_name)})) continue;
      out.add({.check = kind.check,
               .state = Health::critical,
               .entity = server->entity(),
               .sentence = concat({"server ", server->entity(), " ", kind.what}),
               .cluster = server->cluster,
               .server = server->name});
    }
  }
}

// What was killed the leader calls offline only after two and a half minutes; what speaks again, no longer.
std::vector<Server*> JetStreamJudge::stopped(const Roster& roster, Now now) const {
  constexpr Millis kSpokeLater{1000};
  constexpr Millis kKilled{100000};
  std::vector<Server*> out;
  const auto look = [&](const Server& leader, const Part& part, std::size_t row) {
    if (part.value(row, peers_.offline) != 1) return;
    const std::string peer = clean(part.label(row, peers_.name));
    const Mono said = peers_.table.block(leader)->received;
    const auto& all = roster.servers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& server) {
      return server->state == Lifecycle::up && server->base_name == peer && server->domain == leader.domain;
    });
    if (found == all.end()) return;
    const Mono last = (*found)->last_heard;
    if (said - last >= kSpokeLater && now.mono - last < kKilled) out.push_back(found->get());
  };
  each_row(roster, peers_.table, look);
  return out;
}

void JetStreamJudge::meta(const Fleet& fleet, Violations& out) {
  std::map<std::string, Group> groups;
  for (const auto& server : fleet.roster.servers()) {
    const Part* part = server->state == Lifecycle::up ? meta_.of(*server) : nullptr;
    if (part == nullptr || part->empty()) continue;
    Group& group = groups[meta_group_of(*server)];
    group.cluster = server->cluster;
    if (part->value(0, meta_.column("nats_meta_has_leader")) == 0)
      group.leaderless = true;
    else if (part->led(0) && fleet.now.mono - meta_.block(*server)->received < kFresh)
      group.leaders.push_back(server.get());
  }
  std::erase_if(histories_,
                [&](const auto& item) { return !groups.contains(item.first) && item.second.changes.empty(); });
  for (const auto& [entity, group] : groups) {
    leader(fleet, entity, group, out);
    for (const Server* leader : group.leaders) quorum(fleet, entity, *leader, out);
  }
}

void JetStreamJudge::leader(const Fleet& fleet, const std::string& entity, const Group& group, Violations& out) {
  Violation wrong{.check = Check::meta_leader, .state = Health::critical, .entity = entity, .cluster = group.cluster};
  if (group.leaders.empty() && group.leaderless) {
    wrong.sentence = "the " + entity + " has no leader";
    out.add(std::move(wrong));
  } else if (group.leaders.size() > 1) {
    wrong.sentence = concat(
        {"servers ", group.leaders[0]->entity(), " and ", group.leaders[1]->entity(), " both lead the ", entity});
    out.add(std::move(wrong));
  }
  History& history = histories_[entity];
  if (group.leaders.size() == 1 && history.leader != group.leaders.front()->id) {
    if (!history.leader.empty()) history.changes.push_back(fleet.now.mono);
    history.leader = group.leaders.front()->id;
  }
  while (!history.changes.empty() && fleet.now.mono - history.changes.front() > kChangesIn) history.changes.pop_front();
  Violation changes{.check = Check::meta_leader_changes, .entity = entity, .cluster = group.cluster};
  const Limits limits = limits_.of(Check::meta_leader_changes, group.cluster, {});
  if (!weigh(changes, limits, static_cast<double>(history.changes.size()))) return;
  changes.sentence = concat(
      {"the ", entity, " has changed its leader ", std::to_string(history.changes.size()), " times in 15 minutes"});
  out.add(std::move(changes));
}

// As the leader sees its peers.
void JetStreamJudge::quorum(const Fleet& fleet, const std::string& entity, const Server& leader,
                            Violations& out) const {
  const double members = meta_.of(leader)->value(0, meta_.column("nats_meta_cluster_size"));
  const auto size = static_cast<std::size_t>(std::max(members, 0.0));
  const Part& part = *peers_.table.of(leader);
  std::size_t offline = 0;
  for (std::size_t row = 0; row < part.rows(); ++row) {
    // The leader notices minutes later what was killed.
    const bool away = part.value(row, peers_.offline) == 1 ||
                      fleet.gone(clean(part.label(row, peers_.name)), peers_.table.block(leader)->received);
    offline += away ? 1 : 0;
    peer(fleet, entity, leader, row, out);
  }
  const std::size_t needed = size / 2 + 1;
  const std::size_t online = size - std::min(offline, size);
  if (size < 3 || online > needed) return;
  out.add(
      {.check = Check::meta_quorum,
       .state = online < needed ? Health::critical : Health::warning,
       .entity = entity,
       .sentence = concat({std::to_string(online), " of ", std::to_string(size), " members of the ", entity,
                           " are online", online < needed ? ": it cannot decide anything" : ": it can lose no other"}),
       .cluster = leader.cluster,
       .value = static_cast<double>(online),
       .threshold = static_cast<double>(needed)});
}

void JetStreamJudge::peer(const Fleet& fleet, const std::string& entity, const Server& leader, std::size_t row,
                          Violations& out) const {
  const Part& part = *peers_.table.of(leader);
  const std::string name = clean(part.label(row, peers_.name));
  const std::string of = concat({entity, ": ", name});
  if (!fleet.is_known(name) && !partial_)
    out.add({.check = Check::meta_ghost_peers,
             .entity = of,
             .sentence = concat({"the ", entity, " has a peer ", name, " that is no known server"}),
             .cluster = leader.cluster});
  const std::string fault = peers_.fault(part, row);
  if (!fault.empty())
    out.add({.check = Check::meta_peers,
             .entity = of,
             .sentence = concat({"peer ", name, " of the ", entity, " ", fault}),
             .cluster = leader.cluster});
}

// A server that does not know a leader may be asked during an election, and who leads may have been asked before it:
// there is none only when all were asked after that time.
void JetStreamJudge::confirm_leaderless(const Fleet& fleet, Check check, const Table& table, Violations& out) {
  std::set<std::string> candidates;
  for (const Violation* each : out.of(check)) candidates.insert(each->entity);
  std::erase_if(leaderless_,
                [&](const auto& item) { return item.first.first == check && !candidates.contains(item.first.second); });
  if (candidates.empty()) return;
  fleet.each_row(table, [&](const Server&, const Part& part, std::size_t row) {
    if (!part.led(row)) return;
    const std::string entity = entity_of(part, row, table);
    if (candidates.erase(entity) > 0) out.erase(check, entity);
  });
  Mono oldest = fleet.now.mono;
  for (const auto& server : fleet.roster.servers())
    if (server->up() && table.block(*server) != nullptr) oldest = std::min(oldest, table.block(*server)->received);
  for (const std::string& entity : candidates) {
    const Mono since = leaderless_.try_emplace({check, entity}, fleet.now.mono).first->second;
    if (!once_ && oldest - since < kElection) out.erase(check, entity);
  }
}

// Replicas on servers that are gone are one finding for each server, others one for each stream.
void JetStreamJudge::replicas(const Fleet& fleet, Violations& out) const {
  std::map<std::string, Missing> missing;  // by server
  fleet.each_row(replicas_.table, [&](const Server& server, const Part& part, std::size_t row) {
    const std::string fault = replicas_.fault(part, row);
    if (fault.empty()) return;
    const std::string peer = clean(part.label(row, replicas_.name));
    const std::string stream = entity_of(part, row, replicas_.table);
    if (fleet.gone(peer, replicas_.table.block(server)->received)) {
      Missing& of = missing[peer];
      if (of.streams++ == 0) of.one = stream;
      of.cluster = server.cluster;
      return;
    }
    out.add({.check = Check::stream_replicas,
             .entity = stream,
             .sentence = concat({"replica ", peer, " of stream ", stream, " ", fault}),
             .cluster = server.cluster,
             .account = std::string(part.label(row, replicas_.table.label("account")))});
  });
  for (const auto& [peer, of] : missing) {
    const std::string more = of.streams == 1 ? "" : concat({" and ", std::to_string(of.streams - 1), " more"});
    out.add({.check = Check::stream_replicas,
             .entity = concat({of.cluster, "/", peer}),
             .sentence = concat({"stream ", of.one, more, " without replica on server ", peer, ", which is gone"}),
             .cluster = of.cluster,
             .server = peer,
             .value = static_cast<double>(of.streams)});
  }
}

}  // namespace lookout

#include "agent/judge_mesh.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kLearned{60000};      // a leaf node that was there for so long is missed
constexpr Millis kForgotten{3600000};  // ... for so long
constexpr std::size_t kMaxLeafs = 20000;

std::set<std::string> versions_of(const Fleet::Cluster& cluster) {
  std::set<std::string> versions;
  for (const Server* server : cluster.servers)
    if (server->up()) versions.insert(server->version);
  return versions;
}

std::string list_of(const std::set<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list.append(list.empty() ? "" : ", ").append(text);
  return list;
}

}  // namespace

MeshJudge::MeshJudge(std::span<const Collector> collectors, const CheckLimits& limits, bool partial)
    : limits_(limits),
      partial_(partial),
      memory_(collectors, "nats_server_memory_bytes"),
      routes_(collectors, "nats_route_connections"),
      gateways_(collectors, "nats_gateway_outbound_connections"),
      inbound_(collectors, "nats_gateway_inbound_connections"),
      leafnodes_(collectors, "nats_leafnode_connections") {}

void MeshJudge::judge(const Fleet& fleet, Violations& out) {
  clusters(fleet, out);
  for (const auto& [name, cluster] : fleet.clusters) routes(fleet, cluster, out);
  gateways(fleet, out);
  leafnodes(fleet, out);
}

void MeshJudge::clusters(const Fleet& fleet, Violations& out) const {
  for (const auto& [name, cluster] : fleet.clusters) {
    const std::size_t all = cluster.servers.size();
    if (all > 1 && cluster.gone * 2 > all)
      out.add({.check = Check::cluster_servers,
               .state = Health::critical,
               .entity = name,
               .sentence = concat({std::to_string(cluster.gone), " of ", std::to_string(all), " servers of cluster ",
                                   name, " are gone"}),
               .cluster = name});
    const std::set<std::string> versions = versions_of(cluster);
    if (versions.size() > 1)
      out.add({.check = Check::cluster_versions,
               .entity = name,
               .sentence = concat({"servers of cluster ", name, " run different versions: ", list_of(versions)}),
               .cluster = name});
    memory(cluster, out);
  }
}

void MeshJudge::memory(const Fleet::Cluster& cluster, Violations& out) const {
  const Limits limits = limits_.of(Check::cluster_memory, cluster.name, {});
  std::vector<std::pair<const Server*, double>> used;
  for (const Server* server : cluster.servers) {
    const Part* part = limits.on && server->up() ? memory_.of(*server) : nullptr;
    if (part != nullptr && !part->empty())
      used.emplace_back(server, part->value(0, memory_.column("nats_server_memory_bytes")));
  }
  double sum = 0;
  for (const auto& [server, bytes] : used) sum += bytes;
  for (const auto& [server, bytes] : used) {
    Violation violation{
        .check = Check::cluster_memory, .entity = server->entity(), .cluster = cluster.name, .server = server->name};
    const double share = bytes * static_cast<double>(used.size()) / sum;
    if (used.size() < 3 || !weigh(violation, limits, share)) continue;
    violation.sentence = concat({"server ", violation.entity, " uses ", said(Unit::bytes, bytes), ", ",
                                 said(Unit::ratio, share), " of the mean of its cluster"});
    out.add(std::move(violation));
  }
}

// Every two live servers of a cluster must have a route to each other, as both of them see it.
void MeshJudge::routes(const Fleet& fleet, const Fleet::Cluster& cluster, Violations& out) const {
  std::vector<const Server*> members;
  std::copy_if(cluster.servers.begin(), cluster.servers.end(), std::back_inserter(members), [&](const Server* server) {
    return fleet.settled(*server) && server->name == server->base_name && routes_.of(*server) != nullptr;
  });
  for (const Server* server : members) {
    if (routes_.of(*server)->rows() + 1 < cluster.servers.size()) routes_of(*server, members, out);
  }
}

void MeshJudge::routes_of(const Server& server, const std::vector<const Server*>& members, Violations& out) const {
  const Part& part = *routes_.of(server);
  const std::size_t remote = routes_.label("remote");
  std::set<std::string_view> remotes;
  for (std::size_t row = 0; row < part.rows(); ++row) remotes.insert(part.label(row, remote));
  for (const Server* other : members) {
    if (other == &server || remotes.contains(other->base_name)) continue;
    const auto& [first, second] = std::minmax(server.name, other->name);
    out.add({.check = Check::cluster_routes,
             .state = remotes.empty() ? Health::critical : Health::warning,
             .entity = concat({server.cluster, "/", first, " - ", second}),
             .sentence = concat({"server ", server.entity(), " has no route to ", other->entity()}),
             .cluster = server.cluster});
  }
}

// A server has an outbound connection to each cluster that any server has one to, or had while it is known.
void MeshJudge::gateways(const Fleet& fleet, Violations& out) {
  const std::size_t remote = gateways_.label("remote_cluster");
  const auto exists = [&](const std::string& cluster) { return partial_ || fleet.cluster(cluster) != nullptr; };
  fleet.each_row(gateways_, [&](const Server& server, const Part& part, std::size_t row) {
    std::string to(part.label(row, remote));
    if (exists(to)) links_.insert({server.cluster, std::move(to)});
  });
  std::erase_if(links_, [&](const auto& link) { return fleet.cluster(link.first) == nullptr || !exists(link.second); });
  for (const auto& [from, to] : links_) {
    gateway(fleet, *fleet.cluster(from), to, out);
    const Fleet::Cluster* const other = fleet.cluster(to);
    if (other != nullptr) inbound(fleet, *fleet.cluster(from), *other, out);
  }
  for (const auto& [name, cluster] : fleet.clusters) config(fleet, cluster, out);
}

// Each server that has a connection to a cluster is an inbound one of some server there, which counts those of the
// clusters it has a connection to itself.
void MeshJudge::inbound(const Fleet& fleet, const Fleet::Cluster& from, const Fleet::Cluster& to,
                        Violations& out) const {
  double open = 0;
  const std::string entity = to.name + " <- " + from.name;
  for (const Server* server : from.servers) {
    if (!fleet.settled(*server)) continue;
    if (gateways_.of(*server) == nullptr) return out.unsure(Check::gateway_inbound, entity);
    open += has_gateway(*server, to.name) ? 1 : 0;
  }
  double seen = 0;
  for (const Server* server : to.servers) {
    const auto count = fleet.settled(*server) ? inbound_of(*server, from.name) : std::nullopt;
    if (!count) return out.unsure(Check::gateway_inbound, entity);
    seen += *count;
  }
  if (seen >= open) return;
  out.add(
      {.check = Check::gateway_inbound,
       .entity = entity,
       .sentence = concat({"cluster ", to.name, " has ", said(Unit::count, seen), " gateway connections from cluster ",
                           from.name, ", whose servers have ", said(Unit::count, open)}),
       .cluster = to.name,
       .remote = from.name,
       .value = seen,
       .threshold = open});
}

std::optional<double> MeshJudge::inbound_of(const Server& server, const std::string& from) const {
  const Part* const part = inbound_.of(server);
  for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) {
    if (part->label(row, inbound_.label("remote_cluster")) == from)
      return part->value(row, inbound_.column("nats_gateway_inbound_connections"));
  }
  return std::nullopt;
}

// What is not connected is not listed.
bool MeshJudge::has_all_gateways(const Server& server) const {
  auto link = links_.lower_bound({server.cluster, ""});
  while (link != links_.end() && link->first == server.cluster && has_gateway(server, link->second)) ++link;
  return link == links_.end() || link->first != server.cluster;
}

void MeshJudge::config(const Fleet& fleet, const Fleet::Cluster& cluster, Violations& out) const {
  const std::size_t configured = gateways_.column("nats_gateway_outbound_configured");
  std::map<std::string, std::string> one_of;  // servers by what they are configured with
  for (const Server* server : cluster.servers) {
    const Part* const part = gateways_.of(*server);
    if (!fleet.settled(*server) || part == nullptr || !has_all_gateways(*server)) continue;
    std::set<std::string> remotes;
    for (std::size_t row = 0; row < part->rows(); ++row)
      if (part->value(row, configured) == 1) remotes.emplace(part->label(row, gateways_.label("remote_cluster")));
    one_of.try_emplace(remotes.empty() ? "none" : list_of(remotes), server->name);
  }
  if (one_of.size() < 2) return;
  const auto& [first, second] = std::pair(*one_of.begin(), *std::next(one_of.begin()));
  out.add({.check = Check::gateway_config,
           .entity = cluster.name,
           .sentence = concat({"servers of cluster ", cluster.name, " are configured with different gateways: ",
                               first.second, ": ", clean(first.first), "; ", second.second, ": ", clean(second.first)}),
           .cluster = cluster.name});
}

void MeshJudge::gateway(const Fleet& fleet, const Fleet::Cluster& from, const std::string& to, Violations& out) const {
  const Fleet::Cluster* other = fleet.cluster(to);
  if (other != nullptr && other->gone == other->servers.size()) return;  // that is what is wrong
  std::vector<const Server*> without;
  std::size_t looked_at = 0;
  for (const Server* server : from.servers) {
    if (gateways_.of(*server) == nullptr || !fleet.settled(*server)) continue;
    ++looked_at;
    if (!has_gateway(*server, to)) without.push_back(server);
  }
  if (looked_at > 0 && without.size() == looked_at && !partial_) {
    out.add({.check = Check::gateway_outbound,
             .state = Health::critical,
             .entity = from.name + " -> " + to,
             .sentence = concat({"no server of cluster ", from.name, " has a gateway connection to cluster ", to}),
             .cluster = from.name,
             .remote = to});
    return;
  }
  for (const Server* server : without)
    out.add({.check = Check::gateway_outbound,
             .entity = server->entity() + " -> " + to,
             .sentence = concat({"server ", server->entity(), " has no gateway connection to cluster ", to}),
             .cluster = from.name,
             .server = server->name,
             .remote = to});
}

bool MeshJudge::has_gateway(const Server& server, const std::string& to) const {
  const Part& part = *gateways_.of(server);
  const std::size_t remote = gateways_.label("remote_cluster");
  std::size_t row = 0;
  while (row < part.rows() && part.label(row, remote) != to) ++row;
  return row < part.rows();
}

// Leaf nodes come and go by design: missed is one that was there for a while, as its hubs saw it. It may dial another
// cluster than the one before.
void MeshJudge::leafnodes(const Fleet& fleet, Violations& out) {
  bool blind = false;
  for (const auto& server : fleet.roster.servers()) {
    const Part* part = leafnodes_.of(*server);
    if (part != nullptr)
      learn(*server, *part, fleet.now);
    else if (server->state == Lifecycle::up && leafnodes_.asked(*server))
      blind = true;
  }
  if (blind) return;
  std::erase_if(leafs_, [&](const auto& item) {
    const Leaf& leaf = item.second;
    const auto missing = fleet.now.mono - leaf.last;
    return missing > kForgotten || (missing > Mono::duration(0) && leaf.last - leaf.first < kLearned);
  });
  for (const auto& [entity, leaf] : leafs_) {
    if (leaf.last == fleet.now.mono) continue;
    out.add({.check = Check::leafnode_missing,
             .entity = entity,
             .sentence = concat({"leaf node ", entity, " is no longer connected to cluster ", leaf.cluster}),
             .cluster = leaf.cluster,
             .account = leaf.account});
  }
}

void MeshJudge::learn(const Server& hub, const Part& part, Now now) {
  const std::size_t account = leafnodes_.label("account");
  const std::size_t remote = leafnodes_.label("remote");
  const std::size_t side = leafnodes_.label("side");
  for (std::size_t row = 0; row < part.rows(); ++row) {
    if (part.label(row, side) != "hub" || part.label(row, remote).empty()) continue;
    const std::string of = clean(part.label(row, account));
    const std::string entity = concat({clean(part.label(row, remote)), " (", of, ")"});
    if (leafs_.size() >= kMaxLeafs && !leafs_.contains(entity)) continue;
    Leaf& leaf = leafs_.try_emplace(entity, Leaf{{}, of, now.mono, {}}).first->second;
    leaf.cluster = hub.cluster;
    leaf.last = now.mono;
  }
}

}  // namespace lookout

// /api/v1/clusters: what connects servers, as they say, and what is missing, as the findings say.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "exporters/api.h"
#include "exporters/api_facts.h"
#include "exporters/api_health.h"
#include "exporters/api_list.h"

namespace lookout::api {
namespace {

constexpr std::size_t kMostLinks = 1000;

struct ClusterItem {
  std::string_view name;
  Health health = Health::unknown;
  std::vector<const ServerView*> servers;
  std::vector<const Finding*> missing;  // links
};

struct Link {
  std::string from;
  std::string to;
  std::string account;
  bool up = true;
  std::optional<double> rtt;
};

// How a kind of link is told.
struct Kind {
  const char* metric;  // that every row of them has
  const char* rtt;
  const char* to;     // label
  const char* check;  // whose findings tell of missing ones
  const char* name;   // of the list
  const char* from_name;
  const char* to_name;
  Link (*of)(const Finding& finding);
};

std::pair<std::string, std::string> split(const std::string& text, const char* at) {
  const auto found = text.find(at);
  if (found == std::string::npos) return {text, {}};
  return {text.substr(0, found), text.substr(found + std::string_view(at).size())};
}

// "east/n1 - n2"
Link missing_route(const Finding& finding) {
  auto [from, to] = split(finding.entity.substr(std::min(finding.cluster.size() + 1, finding.entity.size())), " - ");
  return {.from = std::move(from), .to = std::move(to), .account = {}, .up = false, .rtt = {}};
}

// "east/n1 -> west", or "east -> west" where no server has one
Link missing_gateway(const Finding& finding) {
  return {.from = finding.server, .to = split(finding.entity, " -> ").second, .account = {}, .up = false, .rtt = {}};
}

// "edge (APP)"
Link missing_leafnode(const Finding& finding) {
  const std::size_t tail = finding.account.size() + 3;
  const std::string remote = finding.entity.substr(0, finding.entity.size() - std::min(tail, finding.entity.size()));
  return {.from = {}, .to = remote, .account = finding.account, .up = false, .rtt = {}};
}

constexpr Kind kRoutes{"nats_route_connections",
                       "nats_route_rtt_seconds",
                       "remote",
                       "cluster_routes",
                       "routes",
                       "server",
                       "peer",
                       missing_route};
constexpr Kind kGateways{"nats_gateway_outbound_connections",
                         "nats_gateway_outbound_rtt_seconds",
                         "remote_cluster",
                         "gateway_outbound",
                         "gateways",
                         "server",
                         "remote",
                         missing_gateway};
constexpr Kind kLeafnodes{"nats_leafnode_connections",
                          "nats_leafnode_rtt_seconds",
                          "remote",
                          "leafnode_missing",
                          "leafnodes",
                          "server",
                          "remote",
                          missing_leafnode};
constexpr std::array kKinds{&kRoutes, &kGateways, &kLeafnodes};

constexpr auto kNoSide = static_cast<std::size_t>(-1);

// Of links that both sides list, one side's word.
bool is_shown(const Part& part, std::size_t row, std::size_t side) {
  return side == kNoSide || part.label(row, side) != "leafnode";
}

struct Columns {
  explicit Columns(const Kind& kind)
      : rows(kind.metric), to(rows.label(kind.to)), rtt(rows.metric(kind.rtt)), leafnodes(&kind == &kLeafnodes) {}
  Rows rows;
  std::size_t to;
  std::size_t rtt;
  bool leafnodes;
  std::size_t account = rows.label("account");
  std::size_t side = leafnodes ? rows.label("side") : kNoSide;
};

using Links = std::map<std::tuple<std::string, std::string, std::string>, Link>;  // by ends and account

void add_links(Links& links, const Kind& kind, const Columns& at, const ServerView& server) {
  const Part* const part = at.rows.of(server);
  for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) {
    if (!is_shown(*part, row, at.side)) continue;
    Link link{.from = server.name, .to = std::string(part->label(row, at.to)), .account = {}, .up = true, .rtt = {}};
    link.rtt = present(part->value(row, at.rtt));
    if (at.leafnodes) link.account = part->label(row, at.account);
    if (&kind == &kRoutes && link.to < link.from) std::swap(link.from, link.to);  // both ends tell of it
    auto& known = links.try_emplace({link.from, link.to, link.account}, link).first->second;
    if (link.rtt) known.rtt = std::max(known.rtt.value_or(0), *link.rtt);
  }
}

Json link_json(const Kind& kind, const Link& link) {
  Json out{{kind.from_name, clean(link.from)}, {kind.to_name, clean(link.to)}};
  if (&kind == &kLeafnodes) out["account"] = clean(link.account);
  out["up"] = link.up;
  out["rtt_seconds"] = json_of(fact_of(link.rtt));
  return out;
}

// The missing ones first, and all of them counted.
void tell(Json& out, const Kind& kind, const ClusterItem& cluster) {
  const Columns at(kind);
  Links found;
  for (const ServerView* server : cluster.servers) add_links(found, kind, at, *server);
  Links missing;
  for (const Finding* finding : cluster.missing) {
    if (finding->check != kind.check) continue;
    Link link = kind.of(*finding);
    std::tuple key{link.from, link.to, link.account};
    found.erase(key);
    missing.emplace(std::move(key), std::move(link));
  }
  Json list = Json::array();
  for (const Links* links : {&missing, &found}) {
    for (const auto& [key, link] : *links)
      if (list.size() < kMostLinks) list.push_back(link_json(kind, link));
  }
  const std::string name = kind.name;
  out[name] = std::move(list);
  out[name + "_total"] = missing.size() + found.size();
  out[name + "_missing"] = missing.size();
}

// Every two servers that are up and tell of their routes must have one.
std::uint64_t routes_expected(const ClusterItem& cluster) {
  static const Rows rows(kRoutes.metric);
  const auto members = static_cast<std::uint64_t>(std::count_if(
      cluster.servers.begin(), cluster.servers.end(),
      [](const ServerView* server) { return server->state == Lifecycle::up && rows.of(*server) != nullptr; }));
  return cluster.name.empty() || members == 0 ? 0 : members * (members - 1) / 2;
}

Fact links(const ClusterItem& cluster) {
  Json out = Json::object();
  for (const Kind* kind : kKinds) tell(out, *kind, cluster);
  out["routes_expected"] = routes_expected(cluster);
  return out;
}

Fact servers(const ClusterItem& cluster) {
  Json out = Json::object();
  for (const char* state : kLifecycleNames) out[state] = 0;
  for (const ServerView* server : cluster.servers) {
    Json& count = out[kLifecycleNames[static_cast<std::size_t>(server->state)]];
    count = count.get<std::uint64_t>() + 1;
  }
  return out;
}

Fact versions(const ClusterItem& cluster) {
  std::set<std::string_view> all;
  for (const ServerView* server : cluster.servers)
    if (server->up) all.insert(server->version);
  Json out = Json::array();
  for (const std::string_view version : all) out.push_back(clean(version));
  return out;
}

constexpr Field<ClusterItem> kFields[] = {
    {"cluster", [](const ClusterItem& item) -> Fact { return item.name; }, kSorts | kSearched | kExact | kKey},
    {"health", [](const ClusterItem& item) { return fact_of(item.health); }, kSorts},
    {"servers", servers},
    {"versions", versions},
    {"links", links, kMembers},
};

bool tells_of_links(const Finding& finding) {
  return std::any_of(kKinds.begin(), kKinds.end(), [&](const Kind* kind) { return finding.check == kind->check; });
}

std::vector<ClusterItem> clusters_of(const Snapshot& snapshot) {
  std::map<std::string_view, ClusterItem> all;
  for (const auto& server : snapshot.servers) all[server->cluster].servers.push_back(server.get());
  const FindingIndex findings(snapshot);
  for (const Finding& finding : snapshot.findings) {
    const auto of = all.find(finding.cluster);
    if (of != all.end() && tells_of_links(finding)) of->second.missing.push_back(&finding);
  }
  std::vector<ClusterItem> out;
  for (auto& [name, item] : all) {
    item.name = name;
    item.health = findings.health(findings.of_cluster(name));
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

Rendered render_clusters(const View& view) {
  return render_list("/api/v1/clusters", view, kFields, [&] { return clusters_of(view.snapshot); });
}

}  // namespace lookout::api

// /api/v1/system.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporters/api.h"
#include "exporters/api_facts.h"
#include "exporters/api_list.h"
#include "exporters/api_streams.h"
#include "exporters/finding_json.h"
#include "exporters/health.h"

namespace lookout::api {
namespace {

Json counted(const std::vector<Finding>& findings) {
  Json out = Json::object();
  for (const Health state : {Health::critical, Health::warning, Health::unknown})
    out[kHealthNames[static_cast<std::size_t>(state)]] = count_of(findings, state);
  return out;
}

Json servers_of(const Snapshot& snapshot) {
  Json out = Json::object();
  for (std::size_t i = 0; i < kLifecycleNames.size(); ++i) out[kLifecycleNames[i]] = snapshot.servers_by_state[i];
  return out;
}

Json clusters_of(const Snapshot& snapshot) {
  std::set<std::string_view> all;
  for (const auto& server : snapshot.servers)
    if (!server->cluster.empty()) all.insert(server->cluster);
  return all.size();
}

// Each stream once; null: no server has told of any.
void add_streams(Json& out, const Snapshot& snapshot) {
  struct Sum {
    const char* name;
    const char* metric;
    std::optional<double> value;
  };
  std::vector<Sum> sums{{"consumers", "nats_stream_consumers", {}},
                        {"messages", "nats_stream_messages", {}},
                        {"bytes", "nats_stream_bytes", {}}};
  const Rows rows("nats_stream_messages");
  const bool told = std::any_of(snapshot.servers.begin(), snapshot.servers.end(),
                                [&](const auto& server) { return rows.of(*server) != nullptr; });
  const auto streams = streams_of(snapshot, FindingIndex(snapshot));
  out["streams"] = told ? Json(streams.size()) : Json();
  for (Sum& sum : sums) {
    const std::size_t metric = rows.metric(sum.metric);
    if (told) sum.value = 0;
    for (const StreamItem& stream : streams) {
      const double value = stream.part->value(stream.row, metric);
      if (stream.led && !std::isnan(value)) sum.value = sum.value.value_or(0) + value;
    }
    out[sum.name] = json_of(fact_of(sum.value));
  }
}

constexpr std::size_t kMostPeers = 1000;

// The meta groups, as their leaders see them: of all their peers at most kMostPeers.
class Meta {
 public:
  explicit Meta(const Snapshot& snapshot) {
    for (const auto& server : snapshot.servers) {
      if (server->state != Lifecycle::up) gone_.insert(key_of(server->domain, server->name));
      const Part* const part = groups_.of(*server);
      if (part == nullptr || part->empty()) continue;
      const ServerView*& leader = leaders_.try_emplace(server->domain, nullptr).first->second;
      const bool leads = part->led(0) && part->value(0, has_leader_) == 1;
      if (leads && (leader == nullptr || spoke(*leader) < spoke(*server))) leader = server.get();
    }
  }

  [[nodiscard]] Json json() const {
    Json out = Json::array();
    std::size_t room = kMostPeers;
    for (const auto& [domain, leader] : leaders_) {
      const std::string group = "meta group" + (domain.empty() ? std::string() : " of " + clean(domain));
      out.push_back(leader == nullptr ? leaderless(group) : group_of(group, *leader));
      Json& peers = out.back()["peers"];
      out.back()["peers_total"] = peers.size();
      const std::size_t kept = std::min(room, peers.size());
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(kept), peers.end());
      room -= kept;
    }
    return out;
  }

 private:
  [[nodiscard]] Wall spoke(const ServerView& server) const { return groups_.block(server)->server_time; }

  static Json leaderless(const std::string& group) {
    return {{"group", group},           {"leader", ""},
            {"size", nullptr},          {"online", nullptr},
            {"quorum_needed", nullptr}, {"failures_tolerated", nullptr},
            {"peers", Json::array()}};
  }

  [[nodiscard]] Json group_of(const std::string& group, const ServerView& leader) const {
    Json peers = Json::array();
    peers.push_back(peer_json(leader.name, true, true, true, {}, {}));
    double gone = 0;
    const Part* const part = peers_.of(leader);
    for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) {
      const std::string_view name = part->label(row, peer_);
      const bool online = part->value(row, offline_) != 1 && !gone_.contains(key_of(leader.domain, name));
      gone += online ? 0 : 1;
      peers.push_back(peer_json(name, false, part->value(row, current_) == 1, online,
                                present(part->value(row, active_)), present(part->value(row, lag_))));
    }
    // Those with something wrong first.
    std::stable_sort(peers.begin() + 1, peers.end(), [](const Json& a, const Json& b) {
      return std::pair(a["online"], a["current"]) < std::pair(b["online"], b["current"]);
    });
    const auto size = present(groups_.of(leader)->value(0, size_));
    Json out{{"group", group}, {"leader", clean(leader.name)}, {"size", json_of(fact_of(size))}};
    const double needed = present(groups_.of(leader)->value(0, needed_)).value_or(std::floor(size.value_or(0) / 2) + 1);
    const double online = std::max(size.value_or(0) - gone, 0.0);
    out["online"] = json_of(online);
    out["quorum_needed"] = json_of(needed);
    out["failures_tolerated"] = json_of(std::max(online - needed, 0.0));
    out["peers"] = std::move(peers);
    return out;
  }

  static Json peer_json(std::string_view name, bool leads, bool current, bool online, std::optional<double> active,
                        std::optional<double> lag) {
    return {{"server", clean(name)},
            {"leader", leads},
            {"current", current},
            {"online", online},
            {"active_seconds", json_of(fact_of(active))},
            {"lag", json_of(fact_of(lag))}};
  }

  const Rows groups_{"nats_meta_has_leader"};
  const std::size_t has_leader_ = groups_.metric("nats_meta_has_leader");
  const std::size_t size_ = groups_.metric("nats_meta_cluster_size");
  const std::size_t needed_ = groups_.metric("nats_meta_quorum_needed");
  const Rows peers_{"nats_meta_peer_current"};
  const std::size_t peer_ = peers_.label("peer");
  const std::size_t current_ = peers_.metric("nats_meta_peer_current");
  const std::size_t offline_ = peers_.metric("nats_meta_peer_offline");
  const std::size_t active_ = peers_.metric("nats_meta_peer_last_contact_seconds");
  const std::size_t lag_ = peers_.metric("nats_meta_peer_lag");
  std::map<std::string, const ServerView*> leaders_;  // by domain; null: none
  std::set<std::string> gone_;
};

struct Total {
  const char* name;
  std::optional<double> (*of)(const Snapshot& snapshot);
};
constexpr Total kServerTotals[] = {
    {"connections", sum<"nats_server_connections">},
    {"subscriptions", sum<"nats_server_subscriptions">},
};
constexpr Total kTrafficTotals[] = {
    {"in_messages_total", sum<"nats_server_received_messages_total">},
    {"out_messages_total", sum<"nats_server_sent_messages_total">},
    {"in_bytes_total", sum<"nats_server_received_bytes_total">},
    {"out_bytes_total", sum<"nats_server_sent_bytes_total">},
};

}  // namespace

Rendered render_system(const View& view) {
  if (auto wrong = refuse_parameters("/api/v1/system", view.parameters)) return *std::move(wrong);
  const Snapshot& snapshot = view.snapshot;
  Json out = answer_of(snapshot);
  out["status"] = kHealthNames[static_cast<std::size_t>(health_of(snapshot))];
  out["headline"] = headline(snapshot);
  out["findings"] = counted(snapshot.findings);
  out["servers"] = servers_of(snapshot);
  out["clusters"] = clusters_of(snapshot);
  out["accounts"] = snapshot.accounts == nullptr || snapshot.accounts->empty() ? 0 : snapshot.accounts->size() - 1;
  for (const Total& total : kServerTotals) out[total.name] = json_of(fact_of(total.of(snapshot)));
  add_streams(out, snapshot);
  for (const Total& total : kTrafficTotals) out[total.name] = json_of(fact_of(total.of(snapshot)));
  out["meta"] = Meta(snapshot).json();
  out["agent"] = link_json(snapshot.link);
  return rendered(out);
}

}  // namespace lookout::api

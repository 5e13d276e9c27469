// /api/v1/servers.
#include <numeric>
#include <optional>
#include <vector>

#include "agent/text.h"
#include "exporters/api.h"
#include "exporters/api_facts.h"
#include "exporters/api_health.h"
#include "exporters/api_list.h"

namespace lookout::api {
namespace {

struct ServerItem {
  const ServerView* view = nullptr;
  Now now{};
  Health health = Health::unknown;
};

template <std::string ServerView::*member>
Fact text(const ServerItem& item) {
  return fact_of(item.view->*member);
}

template <Name name>
Fact told(const ServerItem& item) {
  return fact_of(said<name>(*item.view));
}

Fact time(Wall at) {
  return Json(format_time(at));
}

// In the order of versions, not of letters.
Fact version(const ServerItem& item) {
  const Version version = parse_version(item.view->version);
  constexpr double kMost = 10000;
  return Ranked{item.view->version, (version.major * kMost + version.minor) * kMost + version.patch};
}

Fact state(const ServerItem& item) {
  const auto state = static_cast<std::size_t>(item.view->state);
  return Ranked{kLifecycleNames[state], static_cast<double>(state)};
}

Fact uptime(const ServerItem& item) {
  if (!item.view->up || item.view->start == Wall{}) return {};
  return std::max(seconds(item.now.wall - item.view->start), 0.0);
}

Fact last_heard(const ServerItem& item) {
  if (item.view->last_heard == Mono{}) return {};
  return std::max(seconds(item.now.mono - item.view->last_heard), 0.0);
}

Fact gateways(const ServerItem& item) {
  static const Rows rows("nats_gateway_outbound_connections");
  const Part* const part = rows.of(*item.view);
  return part == nullptr ? Fact() : static_cast<double>(part->rows());
}

// The longest way to another server of its cluster.
Fact rtt(const ServerItem& item) {
  static const Rows rows("nats_route_rtt_seconds");
  static const std::size_t metric = rows.metric("nats_route_rtt_seconds");
  const Part* const part = rows.of(*item.view);
  std::optional<double> longest;
  for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) {
    const auto value = present(part->value(row, metric));
    if (value) longest = std::max(longest.value_or(0), *value);
  }
  return fact_of(longest);
}

Fact auth_errors(const ServerItem& item) {
  const auto& errors = item.view->auth_errors;
  return fact_of(std::accumulate(errors.begin(), errors.end(), std::uint64_t{0}));
}

constexpr Field<ServerItem> kFields[] = {
    {"cluster", text<&ServerView::cluster>, kSorts | kSearched | kExact | kKey},
    {"name", text<&ServerView::name>, kSorts | kSearched | kKey},
    {"id", text<&ServerView::id>},
    {"version", version, kSorts},
    {"host", text<&ServerView::host>},
    {"domain", text<&ServerView::domain>},
    {"state", state, kSorts | kExact, kLifecycleNames},
    {"since", [](const ServerItem& item) { return time(item.view->state_since); }},
    {"start", [](const ServerItem& item) { return time(item.view->start); }},
    {"uptime_seconds", uptime, kSorts},
    {"health", [](const ServerItem& item) { return fact_of(item.health); }, kSorts | kExact, kHealthNames},
    {"connections", told<"nats_server_connections">, kSorts},
    {"subscriptions", told<"nats_server_subscriptions">, kSorts},
    {"cpu_ratio", told<"nats_server_cpu_usage_ratio">, kSorts},
    {"cores", told<"nats_server_cpu_cores">},
    {"memory_bytes", told<"nats_server_memory_bytes">, kSorts},
    {"slow_consumers", told<"nats_server_slow_consumers_total">, kSorts},
    {"routes", told<"nats_server_routes">},
    {"gateways", gateways},
    {"leafnodes", told<"nats_server_leafnodes">},
    {"jetstream", [](const ServerItem& item) -> Fact { return Json(item.view->jetstream); }},
    {"streams", told<"nats_server_jetstream_streams">, kSorts},
    {"consumers", told<"nats_server_jetstream_consumers">, kSorts},
    {"jetstream_storage_bytes", told<"nats_server_jetstream_storage_bytes">, kSorts},
    {"jetstream_memory_bytes", told<"nats_server_jetstream_memory_bytes">, kSorts},
    {"ha_assets", told<"nats_server_jetstream_ha_assets">},
    {"rtt_seconds", rtt, kSorts},
    {"last_heard_seconds", last_heard, kSorts},
    {"auth_errors", auth_errors},
};

}  // namespace

Rendered render_servers(const View& view) {
  return render_list("/api/v1/servers", view, kFields, [&] {
    const FindingIndex findings(view.snapshot);
    std::vector<ServerItem> items;
    items.reserve(view.snapshot.servers.size());
    for (const auto& server : view.snapshot.servers)
      items.push_back({server.get(), view.now, findings.health(findings.of_server(*server))});
    return items;
  });
}

}  // namespace lookout::api

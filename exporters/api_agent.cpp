// /api/v1/agent: what this agent is, how old its data are, what it had to drop.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "agent/memory.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "exporters/api.h"
#include "exporters/api_list.h"
#include "exporters/finding_json.h"
#include "exporters/prometheus.h"

namespace lookout::api {
namespace {

constexpr std::array<const char*, 3> kLevelNames{"off", "summary", "detail"};

// How old the oldest reply is that is shown, among the servers that are up.
std::optional<double> oldest(const View& view, std::size_t collector) {
  std::optional<double> age;
  for (const auto& server : view.snapshot.servers) {
    if (!server->up || collector >= server->blocks.size() || !server->blocks[collector]) continue;
    age = std::max({0.0, age.value_or(0), seconds(view.now.mono - server->blocks[collector]->received)});
  }
  return age;
}

Json endpoints_of(const View& view) {
  Json out = Json::array();
  const auto& rounds = view.snapshot.rounds;
  for (std::size_t i = 0; i < std::min(rounds.size(), collectors().size()); ++i) {
    const RoundView& round = rounds[i];
    Json missing = Json::array();
    for (const ServerName& server : round.missing)
      missing.push_back({{"cluster", clean(server.cluster)}, {"server", clean(server.name)}});
    out.push_back({{"endpoint", collectors()[i].name},
                   {"level", round.polled ? kLevelNames[static_cast<std::size_t>(round.level)] : kLevelNames[0]},
                   {"reduced", round.reduced},
                   {"expected", round.expected},
                   {"answered", round.answered},
                   {"missing", std::move(missing)},
                   {"late_total", round.late_total},
                   {"rounds_total", round.rounds_total},
                   {"age_seconds", json_of(fact_of(oldest(view, i)))}});
  }
  return out;
}

Json drops_of(const View& view) {
  const Snapshot& snapshot = view.snapshot;
  Json out = Json::array();
  const auto add = [&out](const std::string& what, double total) {
    out.push_back({{"what", what}, {"total", json_of(total)}});
  };
  for (std::size_t i = 0; i < kTrafficNames.size(); ++i)
    add(std::string("inbox_") + kTrafficNames[i], static_cast<double>(snapshot.dropped[i]));
  add("library", view.instruments.slow_consumer_drops.Value());
  add("requests", view.instruments.requests_dropped.Value());
  add("event_log", view.instruments.event_log_dropped.Value());
  add("forged", static_cast<double>(snapshot.forged));
  add("refused", static_cast<double>(snapshot.refused));
  add("reply_rows", static_cast<double>(snapshot.rows_left_out));
  add("ignored_replies", static_cast<double>(snapshot.ignored_replies));
  return out;
}

Json events_of(const Snapshot& snapshot) {
  Json out = Json::array();
  for (std::size_t i = 0; i < snapshot.events.size(); ++i)
    out.push_back({{"kind", kEventNames[i]}, {"total", snapshot.events[i]}});
  return out;
}

std::string shard_of(const Config& config) {
  return std::to_string(config.shard.index + 1) + "/" + std::to_string(config.shard.count);
}

}  // namespace

Rendered render_agent(const View& view) {
  if (auto wrong = refuse_parameters("/api/v1/agent", view.parameters)) return *std::move(wrong);
  Json out = answer_of(view.snapshot);
  const auto uptime = view.now.mono - view.started;
  out["version"] = lookout_version();
  out["revision"] = lookout_revision();
  out["started"] = format_time(view.now.wall - uptime);
  out["uptime_seconds"] = json_of(seconds(uptime));
  out["scope"] = view.config.scope == Scope::server ? "server" : "system";
  out["shard"] = shard_of(view.config);
  out.update(link_json(view.snapshot.link));
  out["blind_seconds"] = json_of(view.snapshot.link.blind_seconds);
  out["endpoints"] = endpoints_of(view);
  out["drops"] = drops_of(view);
  out["events"] = events_of(view.snapshot);
  out["resident_bytes"] = resident_bytes();
  out["page_clients"] = view.instruments.page_clients.load();
  return rendered(out);
}

}  // namespace lookout::api

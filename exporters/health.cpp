#include "exporters/health.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/text.h"
#include "exporters/finding_json.h"

namespace lookout {
namespace {

using Json = nlohmann::ordered_json;

bool round_finished(const Snapshot& snapshot) {
  return std::any_of(snapshot.rounds.begin(), snapshot.rounds.end(),
                     [](const RoundView& round) { return round.rounds_total > 0; });
}

Json agent_of(const LinkView& link) {
  return {{"connected", link.connected}, {"url", link.url},
          {"server", link.server_name},  {"identity", kIdentityNames[static_cast<std::size_t>(link.identity)]},
          {"sentence", link.sentence},   {"since", format_time(link.since)}};
}

Json server_of(const ServerView& server) {
  return {{"cluster", server.cluster},
          {"name", server.name},
          {"id", server.id},
          {"version", server.version},
          {"state", kLifecycleNames[static_cast<std::size_t>(server.state)]},
          {"since", format_time(server.state_since)}};
}

}  // namespace

Health health_of(const Snapshot& snapshot) {
  return snapshot.health == Health::ok && !round_finished(snapshot) ? Health::unknown : snapshot.health;
}

std::string headline(const Snapshot& snapshot) {
  if (!snapshot.link.connected)
    return "not connected to NATS" + (snapshot.link.sentence.empty() ? "" : ": " + clean(snapshot.link.sentence));
  std::string text;
  for (const Health state : {Health::critical, Health::warning, Health::unknown}) {
    const auto& findings = snapshot.findings;
    const auto count = std::count_if(findings.begin(), findings.end(),
                                     [state](const Finding& finding) { return finding.state == state; });
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + ' ' + kHealthNames[static_cast<std::size_t>(state)];
  }
  if (text.empty()) text = round_finished(snapshot) ? "no findings" : "no answers from the servers yet";
  const auto up =
      std::count_if(snapshot.servers.begin(), snapshot.servers.end(), [](const auto& server) { return server->up; });
  return text + "; " + std::to_string(up) + " of " + std::to_string(snapshot.servers.size()) + " servers up";
}

std::string render_health(const Snapshot& snapshot) {
  Json servers = Json::array();
  for (const auto& server : snapshot.servers) servers.push_back(server_of(*server));
  Json findings = Json::array();
  for (const Finding& finding : snapshot.findings) findings.push_back(finding_json(finding));
  const Json health{{"status", kHealthNames[static_cast<std::size_t>(health_of(snapshot))]},
                    {"time", format_time(snapshot.taken.wall)},
                    {"agent", agent_of(snapshot.link)},
                    {"servers", std::move(servers)},
                    {"findings", std::move(findings)}};
  return health.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lookout

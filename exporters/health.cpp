#include "exporters/health.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "agent/text.h"
#include "exporters/evaluated.h"
#include "exporters/finding_json.h"

namespace lookout {
namespace {

using Json = nlohmann::ordered_json;

bool is_finished(const RoundView& round) {
  return round.rounds_total > 0;
}

bool selects(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

bool is_in(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool selects(const HealthQuery& query, const Finding& finding) {
  if (is_in(query.ignored, finding.check)) return false;
  if (is_of_agent(finding.check)) return true;
  return selects(query.cluster, finding.cluster) && selects(query.server, finding.server) &&
         selects(query.account, finding.account) && (query.only.empty() || is_in(query.only, finding.check));
}

bool selects(const HealthQuery& query, const ServerView& server) {
  return selects(query.cluster, server.cluster) && selects(query.server, server.name);
}

std::vector<std::shared_ptr<const ServerView>> servers_of(const Snapshot& snapshot, const HealthQuery& query) {
  std::vector<std::shared_ptr<const ServerView>> out;
  std::copy_if(snapshot.servers.begin(), snapshot.servers.end(), std::back_inserter(out),
               [&](const auto& server) { return selects(query, *server); });
  return out;
}

bool knows_account(const Snapshot& snapshot, const std::string& id) {
  return snapshot.accounts != nullptr && std::any_of(snapshot.accounts->begin(), snapshot.accounts->end(),
                                                     [&](const Account& account) { return account.id == id; });
}

// Whether somebody looked at all of that part.
bool is_seen(const Snapshot& snapshot, const HealthQuery& query) {
  const bool narrowed = !query.cluster.empty() || !query.server.empty();
  return has_answers(snapshot) && !(narrowed && servers_of(snapshot, query).empty()) &&
         (query.account.empty() || knows_account(snapshot, query.account)) &&
         std::all_of(query.only.begin(), query.only.end(),
                     [&](const std::string& check) { return is_evaluated(snapshot, check); });
}

bool is_whole(const HealthQuery& query) {
  return query.cluster.empty() && query.server.empty() && query.account.empty() && query.only.empty() &&
         query.ignored.empty();
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

bool has_answers(const Snapshot& snapshot) {
  const auto& rounds = snapshot.rounds;
  const bool any = std::any_of(rounds.begin(), rounds.end(), is_finished);
  if (!snapshot.judging.once) return any;
  return any && snapshot.link.connected && std::all_of(rounds.begin(), rounds.end(), [](const RoundView& round) {
           return !round.polled || is_finished(round);
         });
}

std::vector<Finding> findings_of(const Snapshot& snapshot, const HealthQuery& query) {
  std::vector<Finding> out;
  std::copy_if(snapshot.findings.begin(), snapshot.findings.end(), std::back_inserter(out),
               [&](const Finding& finding) { return selects(query, finding); });
  return out;
}

Health health_of(const Snapshot& snapshot, const HealthQuery& query) {
  const bool nothing_known = snapshot.servers.empty() && snapshot.findings.empty();
  const Health state = is_whole(query) || nothing_known ? snapshot.health : worst(findings_of(snapshot, query));
  return state == Health::ok && !is_seen(snapshot, query) ? Health::unknown : state;
}

std::string headline(const Snapshot& snapshot, const HealthQuery& query) {
  if (!snapshot.link.connected)
    return "not connected to NATS" + (snapshot.link.sentence.empty() ? "" : ": " + clean(snapshot.link.sentence));
  const auto findings = findings_of(snapshot, query);
  std::string text;
  for (const Health state : {Health::critical, Health::warning, Health::unknown}) {
    const std::size_t count = count_of(findings, state);
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(count) + ' ' + kHealthNames[static_cast<std::size_t>(state)];
  }
  if (text.empty() && !has_answers(snapshot)) text = "no answers from the servers yet";
  if (text.empty()) text = is_seen(snapshot, query) ? "no findings" : "not all that is asked for is checked here";
  const auto servers = servers_of(snapshot, query);
  const auto up = std::count_if(servers.begin(), servers.end(), [](const auto& server) { return server->up; });
  return text + "; " + std::to_string(up) + " of " + std::to_string(servers.size()) + " servers up";
}

std::string render_health(const Snapshot& snapshot, const HealthQuery& query) {
  Json servers = Json::array();
  for (const auto& server : servers_of(snapshot, query)) servers.push_back(server_of(*server));
  Json findings = Json::array();
  for (const Finding& finding : findings_of(snapshot, query)) findings.push_back(finding_json(finding));
  const Json health{{"status", kHealthNames[static_cast<std::size_t>(health_of(snapshot, query))]},
                    {"time", format_time(snapshot.taken.wall)},
                    {"agent", link_json(snapshot.link)},
                    {"servers", std::move(servers)},
                    {"findings", std::move(findings)},
                    {"not_evaluated", not_evaluated(snapshot)}};
  return health.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lookout

#include "agent/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kRestartsIn{900000};
constexpr std::size_t kMaxEach = 100;  // findings of one check

}  // namespace

Judge::Judge(const Judging& judging, std::span<const Collector> collectors)
    : partial_(judging.partial),
      limits_(judging.settings),
      collectors_(collectors),
      rows_(collectors, limits_),
      metadata_(collectors),
      account_limits_(collectors, "nats_account_max_connections"),
      mesh_(collectors, limits_, partial_),
      jetstream_(collectors, limits_, partial_, judging.once) {}

void Judge::look(Server& server, std::size_t collector, const Block* block) const {
  auto& rows = server.judged.rows;
  if (rows.empty()) rows.resize(collectors_.size());
  rows[collector].clear();
  if (block == nullptr) return;
  rows[collector] = rows_.look(server, collector, *block);
  metadata_.look(server, collector, *block, rows[collector]);
}

bool Judge::evaluate(const Roster& roster, const std::vector<Account>& accounts, const LinkState& link,
                     const AgentFacts& facts, Findings& findings, Now now) {
  if (!link.settled(now) || link.identity() != Identity::system) return false;
  const Fleet fleet(roster, now);
  Violations violations;
  agent(facts, violations, now);
  rows(fleet, violations);
  servers(fleet, violations);
  limits_of_accounts(fleet, accounts, violations);
  mesh_.judge(fleet, violations);
  jetstream_.judge(fleet, violations);
  tell(fleet, violations, findings);
  return true;
}

void Judge::agent(const AgentFacts& facts, Violations& out, Now now) const {
  Violation slow{.check = Check::agent_rtt, .entity = "agent"};
  if (facts.rtt && weigh(slow, limits_.of(slow.check, {}, {}), *facts.rtt)) {
    slow.sentence = "a round trip between the agent and its server takes " + said(Unit::seconds, *facts.rtt);
    out.add(std::move(slow));
  }
  Violation ends{.check = Check::agent_credential, .entity = "agent"};
  if (!facts.expiry) return;
  const double left = seconds(facts.expiry->time - now.wall);
  if (!weigh(ends, limits_.of(ends.check, {}, {}), left, Sense::low_is_bad)) return;
  ends.sentence = concat({facts.expiry->of, " of the agent ",
                          left > 0 ? "expires in " + said(Unit::seconds, left) : std::string("has expired")});
  out.add(std::move(ends));
}

void Judge::rows(const Fleet& fleet, Violations& out) {
  for (const auto& server : fleet.roster.servers()) {
    if (server->state != Lifecycle::up) continue;
    const auto& rows = server->judged.rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (server->blocks[i] == nullptr) continue;
      for (const Violation& violation : rows[i]) out.add(violation);
    }
  }
}

void Judge::servers(const Fleet& fleet, Violations& out) const {
  for (const auto& server : fleet.roster.servers()) {
    if (server->joining()) continue;
    restarts(*server, out, fleet.now);
    if (server->state != Lifecycle::up) continue;
    clock(*server, out);
    if (server->judged.had_jetstream && !server->jetstream)
      out.add({.check = Check::server_jetstream_disabled,
               .state = Health::critical,
               .entity = server->entity(),
               .sentence = "JetStream ran on server " + server->entity() + " and is disabled",
               .cluster = server->cluster,
               .server = server->name});
  }
}

void Judge::restarts(Server& server, Violations& out, Now now) const {
  Restarts& seen = server.restarts_seen;
  const auto all = std::accumulate(server.restarts.begin(), server.restarts.end(), std::uint64_t{0});
  const bool again = all > std::exchange(seen.count, all).value_or(all);
  const bool upgraded = std::exchange(seen.version, server.version) != server.version;
  if (again) seen.recent.push_back(now.mono);
  while (!seen.recent.empty() && now.mono - seen.recent.front() > kRestartsIn) seen.recent.pop_front();
  const std::string entity = server.entity();
  if (again && (server.last_cause == RestartCause::crash || server.last_cause == RestartCause::unknown)) {
    const bool crash = server.last_cause == RestartCause::crash && !upgraded;
    out.add({.check = Check::server_restarted,
             .state = crash ? Health::critical : Health::warning,
             .entity = entity,
             .sentence = "server " + entity +
                         (server.last_cause == RestartCause::crash
                              ? " was restarted without having announced it"
                              : " was restarted while the agent was not connected: nobody knows why"),
             .cluster = server.cluster,
             .server = server.name});
  }
  Violation loop{
      .check = Check::server_restart_loop, .entity = entity, .cluster = server.cluster, .server = server.name};
  const Limits limits = limits_.of(Check::server_restart_loop, server.cluster, {});
  if (!weigh(loop, limits, static_cast<double>(seen.recent.size()))) return;
  loop.sentence =
      concat({"server ", entity, " was restarted ", std::to_string(seen.recent.size()), " times in 15 minutes"});
  out.add(std::move(loop));
}

// What the server's clock showed when it last spoke, against ours then.
void Judge::clock(const Server& server, Violations& out) const {
  const double skew = std::abs(seconds(server.ahead));
  Violation violation{
      .check = Check::server_clock_skew, .entity = server.entity(), .cluster = server.cluster, .server = server.name};
  if (!weigh(violation, limits_.of(Check::server_clock_skew, server.cluster, {}), skew)) return;
  violation.sentence = concat({"the clock of server ", violation.entity, " differs by ", said(Unit::seconds, skew)});
  out.add(std::move(violation));
}

// What all servers have of an account, against what its claims allow.
void Judge::limits_of_accounts(const Fleet& fleet, const std::vector<Account>& accounts, Violations& out) const {
  std::map<std::string_view, std::pair<double, double>> allowed;  // connections and leaf nodes, by account
  const std::size_t id = account_limits_.label("account");
  const std::size_t connections = account_limits_.column("nats_account_max_connections");
  const std::size_t leafnodes = account_limits_.column("nats_account_max_leafnodes");
  fleet.each_row(account_limits_, [&](const Server&, const Part& part, std::size_t row) {
    allowed[part.label(row, id)] = {part.value(row, connections), part.value(row, leafnodes)};
  });
  if (allowed.empty()) return;
  std::map<AccountIndex, std::pair<double, double>> used;
  for (const auto& server : fleet.roster.servers()) {
    for (const auto& [index, state] : server->accounts) {
      used[index].first += static_cast<double>(state.clients);
      used[index].second += static_cast<double>(state.leafnodes);
    }
  }
  for (const auto& [index, sums] : used) {
    if (index >= accounts.size()) continue;
    const auto limits = allowed.find(accounts[index].id);
    if (limits == allowed.end()) continue;
    compare(Check::account_connections, sums.first, limits->second.first, accounts[index], out);
    compare(Check::account_leafnodes, sums.second, limits->second.second, accounts[index], out);
  }
}

void Judge::compare(Check check, double used, double limit, const Account& account, Violations& out) const {
  Violation violation{.check = check, .entity = account.id, .account = account.id};
  if (!(limit > 0)) return;  // not limited, or none allowed
  if (!weigh(violation, limits_.of(check, {}, account.id), used / limit)) return;
  const char* what = check == Check::account_leafnodes ? " leaf nodes" : " connections";
  violation.sentence = concat({"account ", clean(account.name), " has ", said(Unit::count, used), " of the ",
                               said(Unit::count, limit), what, " it may have"});
  out.add(std::move(violation));
}

Finding Judge::finding_of(const Violation& violation, const std::string& planned) {
  const CheckInfo& info = info_of(violation.check);
  Finding finding{.check = info.id,
                  .entity = violation.entity,
                  .state = violation.state,
                  .sentence = violation.sentence,
                  .cluster = violation.cluster,
                  .advice = info.advice,
                  .server = violation.server,
                  .account = violation.account,
                  .value = violation.value,
                  .threshold = violation.threshold};
  if (planned.empty()) return finding;
  finding.state = Health::warning;
  finding.sentence += " (planned: " + planned + ")";
  return finding;
}

void Judge::tell(const Fleet& fleet, const Violations& violations, Findings& findings) const {
  std::array<std::size_t, kChecks> told{};
  for (const auto& [key, violation] : violations.all()) {
    const Limits limits = limits_.of(violation.check, violation.cluster, violation.account);
    if (!limits.on || (partial_ && !info_of(violation.check).anywhere)) continue;
    if (++told[static_cast<std::size_t>(violation.check)] <= kMaxEach) tell(fleet, violation, limits, findings);
  }
  for (std::size_t i = 0; i < kChecks; ++i) {
    if (told[i] <= kMaxEach) continue;
    const CheckInfo& info = info_of(static_cast<Check>(i));
    findings.report({.check = info.id,
                     .entity = "others",
                     .state = Health::warning,
                     .sentence = std::to_string(told[i] - kMaxEach) + " more findings of this check are not listed"},
                    {info.limits.raise, info.limits.clear}, fleet.now);
  }
  findings.settle(
      [&](const Finding& finding) -> std::optional<Hysteresis> {
        const auto check = check_of(finding.check);
        if (!check) return std::nullopt;
        const Limits limits = limits_.of(*check, finding.cluster, finding.account);
        return limits.on ? Hysteresis{limits.raise, limits.clear} : Hysteresis{};
      },
      [&](const Finding& finding) {
        return violations.is_unsure(*check_of(finding.check), finding.entity) || unknown(fleet, finding);
      },
      fleet.now);
}

// What is planned for a cluster makes no finding about it worse than a warning, where the check says so.
void Judge::tell(const Fleet& fleet, const Violation& violation, const Limits& limits, Findings& findings) {
  std::string planned;
  if (info_of(violation.check).planned == Planned::downgrade) {
    planned = fleet.planned(violation.cluster);
    if (planned.empty()) planned = fleet.planned(violation.remote);
  }
  findings.report(finding_of(violation, planned),
                  {limits.raise, limits.clear, planned.empty() ? limits.worsen : Millis(0)}, fleet.now);
}

// Whether the answers that a check needs are missing, so that a finding which is not seen now may still hold.
bool Judge::unknown(const Fleet& fleet, const Finding& finding) const {
  const std::string_view endpoint = info_of(*check_of(finding.check)).endpoint;
  const auto input = std::find_if(collectors_.begin(), collectors_.end(),
                                  [&](const Collector& each) { return each.name == endpoint; });
  if (input == collectors_.end()) return false;
  const auto index = static_cast<std::size_t>(input - collectors_.begin());
  const auto missing = [&](const Server& server) {
    return server.state == Lifecycle::up && server.blocks[index] == nullptr &&
           parse_version(server.version) >= parse_version(input->since);
  };
  if (!finding.server.empty()) {
    const Server* server = fleet.find(finding.cluster, finding.server);
    return server != nullptr && missing(*server);
  }
  const auto& all = fleet.roster.servers();
  const auto concerned = [&](const auto& server) {
    return (finding.cluster.empty() || server->cluster == finding.cluster) && missing(*server);
  };
  // What one server tells for all, the others are not asked.
  if (input->accounts == Accounts::shared)
    return std::none_of(all.begin(), all.end(), [&](const auto& server) { return server->blocks[index] != nullptr; });
  return std::any_of(all.begin(), all.end(), concerned);
}

}  // namespace lookout

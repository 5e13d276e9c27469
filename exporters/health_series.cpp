#include "exporters/health_series.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "exporters/evaluated.h"
#include "exporters/health.h"

namespace lookout {
namespace {

// Claims are of the whole deployment, and the agent is of none.
constexpr Check kOfNoCluster[] = {Check::agent_rtt,         Check::agent_credential, Check::account_connections,
                                  Check::account_leafnodes, Check::account_expired,  Check::account_expiry};

using States = std::map<std::string, Health>;  // by label text: two names can become one by repair

void worsen(States& states, Page& page, std::string_view check, std::string_view cluster, Health state) {
  const std::string labels(page.labels({}, {{"check", check}, {"nats_cluster", cluster}}));
  const auto [found, first] = states.emplace(labels, state);
  if (!first && is_worse(state, found->second)) found->second = state;
}

std::set<std::string> clusters_of(const Snapshot& snapshot) {
  std::set<std::string> clusters;
  for (const auto& server : snapshot.servers) clusters.insert(server->cluster);
  return clusters;
}

// What is checked is in this state unless a finding says otherwise, in each cluster or in none.
void add_checks(States& states, Page& page, const std::set<std::string>& clusters, Health state) {
  for (std::size_t i = 0; i < kChecks; ++i) {
    const auto check = static_cast<Check>(i);
    const bool of_none = std::find(std::begin(kOfNoCluster), std::end(kOfNoCluster), check) != std::end(kOfNoCluster);
    for (const std::string& cluster : of_none ? std::set<std::string>{{}} : clusters) {
      if (is_evaluated(page.snapshot, check, cluster)) worsen(states, page, info_of(check).id, cluster, state);
    }
  }
}

void add_fixed_checks(States& states, Page& page, const std::set<std::string>& clusters, Health state) {
  for (const FixedCheck& check : fixed_checks()) {
    if (!is_evaluated(page.snapshot, check)) continue;
    if (check.of == FixedCheck::Of::agent) worsen(states, page, check.id, {}, Health::ok);
    for (const std::string& cluster : clusters)
      if (check.of != FixedCheck::Of::agent) worsen(states, page, check.id, cluster, state);
  }
}

// `value` of each finding; of two that are named alike the first.
template <class Value>
void each_finding(Page& page, Value value) {
  std::set<std::string> seen;
  for (const Finding& finding : page.snapshot.findings) {
    const std::string labels(page.labels({}, {{"check", finding.check}, {"entity", finding.entity}}));
    if (seen.insert(labels).second) page.out.sample(labels, value(finding));
  }
}

}  // namespace

void emit_check_states(Page& page) {
  const Snapshot& snapshot = page.snapshot;
  const Health unless = snapshot.link.connected && has_answers(snapshot) ? Health::ok : Health::unknown;
  const std::set<std::string> clusters = clusters_of(snapshot);
  States states;
  add_checks(states, page, clusters, unless);
  add_fixed_checks(states, page, clusters, unless);
  for (const Finding& finding : snapshot.findings) worsen(states, page, finding.check, finding.cluster, finding.state);
  for (const auto& [labels, state] : states) page.out.sample(labels, static_cast<double>(state));
}

void emit_finding_counts(Page& page) {
  for (const Health state : {Health::warning, Health::critical, Health::unknown}) {
    page.out.sample(page.labels({}, {{"state", kHealthNames[static_cast<std::size_t>(state)]}}),
                    static_cast<double>(count_of(page.snapshot.findings, state)));
  }
}

void emit_findings(Page& page) {
  each_finding(page, [](const Finding& finding) { return static_cast<double>(finding.state); });
}

void emit_finding_times(Page& page) {
  each_finding(page, [](const Finding& finding) { return seconds(finding.since.time_since_epoch()); });
}

// All at zero from the start: increase() does not see a series being born. Their number is the checks', whatever the
// deployment's size.
void emit_transitions(Page& page) {
  Transitions all = page.snapshot.transitions;
  for (std::size_t i = 0; i < kChecks; ++i) {
    if (is_evaluated(page.snapshot, static_cast<Check>(i))) all.try_emplace(info_of(static_cast<Check>(i)).id);
  }
  for (const FixedCheck& check : fixed_checks()) {
    if (is_evaluated(page.snapshot, check)) all.try_emplace(check.id);
  }
  for (const auto& [check, counts] : all) {
    const std::string base(page.labels({}, {{"check", check}}));
    for (std::size_t i = 0; i < counts.size(); ++i)
      page.out.sample(page.labels(base, {{"state", kHealthNames[i]}}), static_cast<double>(counts[i]));
  }
}

}  // namespace lookout

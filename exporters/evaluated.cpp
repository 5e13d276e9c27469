#include "exporters/evaluated.h"

#include <algorithm>
#include <iterator>

#include "collectors/collectors.h"

namespace lookout {
namespace {

struct Line {
  Check check;
  CheckInput input;
};
// All others are made of STATSZ, which is always asked.
constexpr Line kInputs[] = {
    {Check::server_unhealthy, {"healthz", Level::summary}},
    {Check::server_connections, {"varz", Level::summary}},
    {Check::server_slow_consumers, {"varz", Level::summary}},
    {Check::server_slow_links, {"varz", Level::summary}},
    {Check::server_stalled_clients, {"varz", Level::summary}},
    {Check::server_stale_links, {"varz", Level::summary}},
    {Check::server_tls_certificate, {"varz", Level::summary}},
    {Check::server_auth_not_required, {"varz", Level::summary}},
    {Check::cluster_routes, {"routez", Level::summary}},
    {Check::route_rtt, {"routez", Level::summary}},
    {Check::gateway_outbound, {"gatewayz", Level::summary}},
    {Check::gateway_rtt, {"gatewayz", Level::summary}},
    {Check::leafnode_missing, {"leafz", Level::summary}},
    {Check::leafnode_rtt, {"leafz", Level::summary}},
    {Check::stream_leader, {"jsz", Level::summary}},
    {Check::stream_replicas, {"jsz", Level::summary}},
    {Check::stream_messages, {"jsz", Level::summary}},
    {Check::stream_bytes, {"jsz", Level::summary}},
    {Check::stream_mirror, {"jsz", Level::summary}},
    {Check::stream_source, {"jsz", Level::summary}},
    {Check::stream_metadata, {"jsz", Level::summary}},
    {Check::consumer_leader, {"jsz", Level::detail}},
    {Check::consumer_metadata, {"jsz", Level::detail}},
    {Check::account_connections, {"accountz", Level::summary}},
    {Check::account_leafnodes, {"accountz", Level::summary}},
    {Check::account_jetstream_storage, {"jsz", Level::summary}},
    {Check::account_jetstream_memory, {"jsz", Level::summary}},
    {Check::account_expired, {"accountz", Level::summary}},
    {Check::account_expiry, {"accountz", Level::summary}},
};

bool can_evaluate(const Snapshot& snapshot, Check check) {
  const Judging& judging = snapshot.judging;
  return (info_of(check).anywhere || !judging.partial) && !(judging.once && needs_history(check));
}

bool is_asked(const Snapshot& snapshot, const CheckInput& input) {
  const auto all = collectors();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Collector& each) { return each.name == std::string_view(input.collector); });
  const auto index = static_cast<std::size_t>(found - all.begin());
  return index >= snapshot.rounds.size() || snapshot.rounds[index].level >= input.level;
}

}  // namespace

CheckInput input_of(Check check) {
  const auto* const found =
      std::find_if(std::begin(kInputs), std::end(kInputs), [&](const Line& line) { return line.check == check; });
  return found == std::end(kInputs) ? CheckInput{"statsz", Level::summary} : found->input;
}

bool is_evaluated(const Snapshot& snapshot, Check check, std::string_view cluster) {
  return can_evaluate(snapshot, check) && is_asked(snapshot, input_of(check)) &&
         limits_of(check, snapshot.judging.settings, cluster, {}).on;
}

bool is_evaluated(const Snapshot& snapshot, const FixedCheck& check) {
  if (check.of == FixedCheck::Of::login && !snapshot.auth_unseen.empty()) return false;
  return !(snapshot.judging.once && check.history);
}

bool is_evaluated(const Snapshot& snapshot, std::string_view check) {
  if (const FixedCheck* fixed = fixed_check(check)) return is_evaluated(snapshot, *fixed);
  const auto known = check_of(check);
  return known && is_evaluated(snapshot, *known);
}

std::vector<std::string> not_evaluated(const Snapshot& snapshot) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kChecks; ++i) {
    const auto check = static_cast<Check>(i);
    if (!can_evaluate(snapshot, check)) out.emplace_back(info_of(check).id);
  }
  for (const FixedCheck& check : fixed_checks()) {
    if (!is_evaluated(snapshot, check)) out.emplace_back(check.id);
  }
  return out;
}

}  // namespace lookout

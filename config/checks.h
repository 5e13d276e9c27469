// The checks of the health model: one row says what is looked at, when that is a warning or critical, for how long it
// must last, and what announced maintenance does to it. Options change thresholds (--health.checks); agent/judge.h
// applies them. constexpr data and plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lookout {

enum class Check : std::uint8_t {
  agent_rtt,
  agent_credential,
  server_restarted,
  server_restart_loop,
  server_unhealthy,
  server_broken_asset,
  server_jetstream_disabled,
  server_out_of_storage,
  server_cpu,
  server_memory,
  server_connections,
  server_jetstream_storage,
  server_jetstream_memory,
  server_ha_assets,
  server_ha_assets_limit,
  server_slow_consumers,
  server_slow_links,
  server_stalled_clients,
  server_stale_links,
  server_tls_certificate,
  server_auth_not_required,
  server_clock_skew,
  server_meta_pending,
  server_jetstream_api_errors,
  server_jetstream_api_limit,
  cluster_servers,
  cluster_routes,
  cluster_versions,
  cluster_memory,
  route_rtt,
  route_pending,
  gateway_outbound,
  gateway_inbound,
  gateway_config,
  gateway_rtt,
  leafnode_missing,
  leafnode_rtt,
  meta_leader,
  meta_leader_changes,
  meta_quorum,
  meta_peers,
  meta_ghost_peers,
  meta_rescue,
  meta_snapshot,
  stream_leader,
  stream_replicas,
  stream_messages,
  stream_bytes,
  stream_subjects,
  stream_mirror,
  stream_source,
  stream_metadata,
  consumer_leader,
  consumer_metadata,
  account_connections,
  account_leafnodes,
  account_slow_consumers,
  account_jetstream_storage,
  account_jetstream_memory,
  account_expired,
  account_expiry,
};
inline constexpr std::size_t kChecks = static_cast<std::size_t>(Check::account_expiry) + 1;

enum class Unit : std::uint8_t {
  none,   // the check has no thresholds: what it looks at is bad or not
  ratio,  // 0.8 is shown as 80 %
  seconds,
  bytes,
  count,
};

// What announced maintenance of a cluster (a lame duck, a shut down or just started server, and no more of them than
// the cluster can do without) does to a finding about it.
enum class Planned : std::uint8_t {
  keep,
  downgrade,  // never worse than a warning
};

struct Limits {  // of one check, where they apply
  bool on = true;
  double warning = kNever;
  double critical = kNever;
  std::chrono::milliseconds raise{0};   // how long it must last
  std::chrono::milliseconds clear{0};   // how long it must be over
  std::chrono::milliseconds worsen{0};  // a warning that lasts so long is critical; 0: never

  static constexpr double kNever = std::numeric_limits<double>::infinity();

  bool operator==(const Limits&) const = default;
};

struct CheckInfo {
  const char* id;  // "server_cpu": the label `check`
  Unit unit;
  Limits limits;
  Planned planned;
  bool anywhere;  // judged with --scope=server too: it concerns one server, or what that server leads
  const char* what;
  const char* advice;
  const char* endpoint;  // whose answers it is made of
  bool detail;           // and only with --collect.<endpoint>.level=detail
  bool history;          // it compares what is with what was: one look does not show it
};

[[nodiscard]] const CheckInfo& info_of(Check check);
[[nodiscard]] std::optional<Check> check_of(std::string_view id);

// One change of thresholds and times: --health.checks=server_cpu=0.7/0.9/2m/1m, cluster/east/server_cpu=off,
// account/APP/stream_replicas=5m.
struct CheckSetting {
  enum class Of : std::uint8_t { all, cluster, account } of = Of::all;
  std::string name = {};  // of the cluster or account
  Check check{};
  bool on = true;
  std::optional<double> warning = {};  // absent: unchanged; kNever: none
  std::optional<double> critical = {};
  std::optional<std::chrono::milliseconds> raise = {};
  std::optional<std::chrono::milliseconds> clear = {};

  bool operator==(const CheckSetting&) const = default;
};

// The limits of a check for what belongs to this cluster and account (each may be empty): an account's settings win
// over its cluster's, those over general ones, the last of equals over the others.
[[nodiscard]] Limits limits_of(Check check, const std::vector<CheckSetting>& settings, std::string_view cluster,
                               std::string_view account);

}  // namespace lookout

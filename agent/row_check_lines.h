// The table of RowChecks: which metric of an answer is held against the thresholds of which check, and how. Constant
// data.
#pragma once

#include <cstdint>

#include "agent/finding.h"
#include "config/checks.h"

namespace lookout {

enum class How : std::uint8_t {
  above,   // the value, or its share of `over`, is at the threshold or above
  within,  // a time that comes in no more than the threshold
  growth,  // the counter grows, in a minute, by the threshold or more; or its growth is that share of that of `over`
  zero,    // the flag is off: `state`
  one,     // the flag is on: `state`
};

struct Line {
  Check check;
  How how;
  const char* metric;
  Health state = Health::warning;  // How::zero and one
  const char* over = "";           // the value is a share of it; where it is absent, there is nothing to compare with
  const char* over_too = "";       // or of this, if that is less
  const char* label = "";          // only the column with this fixed label
  const char* before = "";         // only servers before this version
  const char* where = "";          // only rows in which this label
  const char* has = "";            // contains this
};

inline constexpr Line kLines[] = {
    {.check = Check::server_unhealthy, .how = How::zero, .metric = "nats_server_healthy"},
    {.check = Check::server_unhealthy,
     .how = How::one,
     .metric = "nats_server_health_errors",
     .state = Health::critical,
     .where = "type",
     .has = "CONNECTION"},
    {.check = Check::server_unhealthy,
     .how = How::one,
     .metric = "nats_server_health_errors",
     .state = Health::critical,
     .where = "type",
     .has = "JETSTREAM"},
    {.check = Check::server_broken_asset,
     .how = How::one,
     .metric = "nats_server_health_error",
     .state = Health::critical,
     .where = "error",
     .has = "write error"},
    {.check = Check::server_broken_asset,
     .how = How::one,
     .metric = "nats_server_health_error",
     .state = Health::critical,
     .where = "error",
     .has = "skew"},
    {.check = Check::server_broken_asset,
     .how = How::one,
     .metric = "nats_server_health_error",
     .state = Health::critical,
     .where = "error",
     .has = "assignment error"},
    {.check = Check::server_cpu,
     .how = How::above,
     .metric = "nats_server_cpu_usage_ratio",
     .over = "nats_server_cpu_cores",
     .over_too = "nats_server_go_max_procs"},
    {.check = Check::server_memory,
     .how = How::above,
     .metric = "nats_server_memory_bytes",
     .over = "nats_server_go_memory_limit_bytes"},
    {.check = Check::server_connections,
     .how = How::above,
     .metric = "nats_server_connections",
     .over = "nats_server_max_connections"},
    {.check = Check::server_jetstream_storage,
     .how = How::above,
     .metric = "nats_server_jetstream_storage_bytes",
     .over = "nats_server_jetstream_max_storage_bytes"},
    {.check = Check::server_jetstream_memory,
     .how = How::above,
     .metric = "nats_server_jetstream_memory_bytes",
     .over = "nats_server_jetstream_max_memory_bytes"},
    {.check = Check::server_ha_assets, .how = How::above, .metric = "nats_server_jetstream_ha_assets"},
    {.check = Check::server_ha_assets_limit,
     .how = How::above,
     .metric = "nats_server_jetstream_ha_assets",
     .over = "nats_server_jetstream_max_ha_assets"},
    {.check = Check::server_slow_consumers,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"client\""},
    {.check = Check::server_slow_consumers,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_total",
     .before = "2.10.0"},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"router\""},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"gateway\""},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"leafnode\""},
    {.check = Check::server_stalled_clients, .how = How::growth, .metric = "nats_server_stalled_clients_total"},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"router\""},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"gateway\""},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"leafnode\""},
    {.check = Check::server_tls_certificate,
     .how = How::within,
     .metric = "nats_server_tls_certificate_expiry_timestamp_seconds"},
    {.check = Check::server_auth_not_required, .how = How::zero, .metric = "nats_server_auth_required"},
    {.check = Check::server_meta_pending, .how = How::above, .metric = "nats_server_meta_pending"},
    {.check = Check::server_jetstream_api_errors,
     .how = How::growth,
     .metric = "nats_server_jetstream_api_errors_total",
     .over = "nats_server_jetstream_api_requests_total"},
    {.check = Check::route_rtt, .how = How::above, .metric = "nats_route_rtt_seconds"},
    {.check = Check::route_pending, .how = How::above, .metric = "nats_route_pending_bytes"},
    {.check = Check::gateway_rtt, .how = How::above, .metric = "nats_gateway_outbound_rtt_seconds"},
    {.check = Check::leafnode_rtt, .how = How::above, .metric = "nats_leafnode_rtt_seconds"},
    {.check = Check::meta_rescue, .how = How::one, .metric = "nats_meta_rescue"},
    {.check = Check::meta_snapshot, .how = How::above, .metric = "nats_server_meta_snapshot_last_duration_seconds"},
    {.check = Check::stream_leader, .how = How::zero, .metric = "nats_stream_has_leader", .state = Health::critical},
    {.check = Check::stream_messages,
     .how = How::above,
     .metric = "nats_stream_messages",
     .over = "nats_stream_max_messages",
     .where = "discard",
     .has = "new"},
    {.check = Check::stream_bytes,
     .how = How::above,
     .metric = "nats_stream_bytes",
     .over = "nats_stream_max_bytes",
     .where = "discard",
     .has = "new"},
    {.check = Check::stream_subjects, .how = How::above, .metric = "nats_stream_subjects"},
    {.check = Check::stream_mirror, .how = How::above, .metric = "nats_stream_mirror_last_contact_seconds"},
    {.check = Check::stream_source, .how = How::above, .metric = "nats_stream_source_last_contact_seconds"},
    {.check = Check::consumer_leader,
     .how = How::zero,
     .metric = "nats_consumer_has_leader",
     .state = Health::critical},
    {.check = Check::account_slow_consumers, .how = How::growth, .metric = "nats_account_slow_consumers_total"},
    {.check = Check::account_jetstream_storage,
     .how = How::above,
     .metric = "nats_account_jetstream_storage_bytes",
     .over = "nats_account_jetstream_reserved_storage_bytes"},
    {.check = Check::account_jetstream_memory,
     .how = How::above,
     .metric = "nats_account_jetstream_memory_bytes",
     .over = "nats_account_jetstream_reserved_memory_bytes"},
    {.check = Check::account_expired, .how = How::one, .metric = "nats_account_expired", .state = Health::critical},
    {.check = Check::account_expiry, .how = How::within, .metric = "nats_account_claims_expiry_timestamp_seconds"},
};

}  // namespace lookout

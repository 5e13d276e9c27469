// VARZ: configuration, limits and the counters that STATSZ omits while they are zero. nats-server Varz, 2.9 to 2.15.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Metric kServer[] = {
    {gauge, "nats_server_max_connections", "/max_connections",
     "Client connections the server accepts; absent when unlimited.", As::limit},
    {gauge, "nats_server_max_subscriptions", "/max_subscriptions",
     "Subscriptions a connection may have; absent when unlimited.", As::limit},
    {gauge, "nats_server_max_payload_bytes", "/max_payload", "Largest message payload."},
    {gauge, "nats_server_max_pending_bytes", "/max_pending",
     "Bytes that may wait for one connection before it is a slow consumer."},
    {gauge, "nats_server_max_control_line_bytes", "/max_control_line", "Largest protocol line."},
    {gauge, "nats_server_ping_interval_seconds", "/ping_interval", "Interval of pings to clients.", As::nanoseconds},
    {gauge, "nats_server_max_pings_out", "/ping_max", "Unanswered pings after which a connection is stale."},
    {gauge, "nats_server_write_deadline_seconds", "/write_deadline", "Time a write to a connection may take.",
     As::nanoseconds},
    {gauge, "nats_server_auth_timeout_seconds", "/auth_timeout", "Time a client has for authentication."},
    {gauge, "nats_server_tls_timeout_seconds", "/tls_timeout", "Time a client has for the TLS handshake."},
    {gauge, "nats_server_auth_required", "/auth_required", "1 when clients must authenticate.", As::flag_or_0},
    {gauge, "nats_server_tls_required", "/tls_required", "1 when clients must use TLS.", As::flag_or_0},
    {gauge, "nats_server_tls_verify", "/tls_verify", "1 when clients must present a certificate.", As::flag_or_0},
    {gauge, "nats_server_config_load_timestamp_seconds", "/config_load_time", "When the configuration was last loaded.",
     As::timestamp},
    {gauge, "nats_server_routes", "/routes", "Route connections; several to each remote server since 2.10."},
    {gauge, "nats_server_remotes", "/remotes", "Remote servers of the cluster that are connected."},
    {gauge, "nats_server_leafnodes", "/leafnodes", "Leaf node connections."},
    {counter, "nats_server_stale_connections_total", "/stale_connections", "Connections closed as stale.", As::number,
     "", "2.12.0"},
    {counter, "nats_server_stalled_clients_total", "/stalled_clients", "Times a fast producer was stalled.", As::number,
     "", "2.12.0"},
    {counter, "nats_server_pinned_account_failures_total", "/pinned_account_fails",
     "Connections refused because their account is not pinned.", As::number_or_0},
    {counter, "nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/clients",
     "Slow consumers by kind of connection.", As::number, "kind=\"client\"", "2.10.0"},
    {counter, "nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/routes",
     "Slow consumers by kind of connection.", As::number, "kind=\"router\"", "2.10.0"},
    {counter, "nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/gateways",
     "Slow consumers by kind of connection.", As::number, "kind=\"gateway\"", "2.10.0"},
    {counter, "nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/leafs",
     "Slow consumers by kind of connection.", As::number, "kind=\"leafnode\"", "2.10.0"},
    {counter, "nats_server_stale_connections_by_kind_total", "/stale_connection_stats/clients",
     "Stale connections by kind.", As::number, "kind=\"client\"", "2.12.0"},
    {counter, "nats_server_stale_connections_by_kind_total", "/stale_connection_stats/routes",
     "Stale connections by kind.", As::number, "kind=\"router\"", "2.12.0"},
    {counter, "nats_server_stale_connections_by_kind_total", "/stale_connection_stats/gateways",
     "Stale connections by kind.", As::number, "kind=\"gateway\"", "2.12.0"},
    {counter, "nats_server_stale_connections_by_kind_total", "/stale_connection_stats/leafs",
     "Stale connections by kind.", As::number, "kind=\"leafnode\"", "2.12.0"},
    {gauge, "nats_server_disk_io_waiters", "/disk_io_wait_stats/waiters", "Operations waiting for disk access.",
     As::number, "", "2.12.14"},
    {counter, "nats_server_disk_io_waits_total", "/disk_io_wait_stats/waits", "Operations that waited for disk access.",
     As::number, "", "2.12.14"},
    {counter, "nats_server_disk_io_wait_seconds_total", "/disk_io_wait_stats/wait_time",
     "Time spent waiting for disk access.", As::nanoseconds, "", "2.12.14"},
    {gauge, "nats_server_disk_io_max_wait_seconds", "/disk_io_wait_stats/max_wait_time",
     "Longest wait for disk access.", As::nanoseconds, "", "2.12.14"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"client\"", "2.11.12"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/cluster/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"cluster\"", "2.11.12"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/gateway/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"gateway\"", "2.11.12"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/leaf/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"leafnode\"", "2.11.12"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/mqtt/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"mqtt\"", "2.11.12"},
    {gauge, "nats_server_tls_certificate_expiry_timestamp_seconds", "/websocket/tls_cert_not_after",
     "When the certificate of a listener expires.", As::timestamp, "listener=\"websocket\"", "2.11.12"},
    {gauge, "nats_server_route_pool_size", "/cluster/pool_size", "Configured route connections to each remote server.",
     As::number, "", "2.10.0"},
    {gauge, "nats_server_gateway_connect_retries", "/gateway/connect_retries",
     "Configured connection attempts to a remote cluster; absent when not set."},
    {gauge, "nats_server_mqtt_ack_wait_seconds", "/mqtt/ack_wait", "Time before an MQTT message is sent again.",
     As::nanoseconds},
    {gauge, "nats_server_mqtt_max_ack_pending", "/mqtt/max_ack_pending",
     "MQTT messages in flight for one subscription."},
    {gauge, "nats_server_websocket_handshake_timeout_seconds", "/websocket/handshake_timeout",
     "Time a websocket client has for its handshake.", As::nanoseconds},
    {counter, "nats_server_ocsp_cache_hits_total", "/ocsp_peer_cache/cache_hits", "OCSP responses found in the cache.",
     As::number, "", "2.9.21"},
    {counter, "nats_server_ocsp_cache_misses_total", "/ocsp_peer_cache/cache_misses",
     "OCSP responses not found in the cache.", As::number, "", "2.9.21"},
    {gauge, "nats_server_ocsp_cached_responses", "/ocsp_peer_cache/cached_good_responses",
     "Cached OCSP responses by status.", As::number, "status=\"good\"", "2.9.21"},
    {gauge, "nats_server_ocsp_cached_responses", "/ocsp_peer_cache/cached_revoked_responses",
     "Cached OCSP responses by status.", As::number, "status=\"revoked\"", "2.9.21"},
    {gauge, "nats_server_ocsp_cached_responses", "/ocsp_peer_cache/cached_unknown_responses",
     "Cached OCSP responses by status.", As::number, "status=\"unknown\"", "2.9.21"},
};

constexpr Label kPath[] = {{"path", kKey}};
constexpr Metric kHttp[] = {
    {counter, "nats_server_http_requests_total", "", "Requests to the server's HTTP monitoring port by path."},
};

constexpr Label kBuild[] = {{"version", "/version"}, {"go", "/go"}, {"git_commit", "/git_commit"}};
constexpr Metric kBuildInfo[] = {{gauge, "nats_server_build_info", "", "Facts as labels; always 1.", As::one}};
constexpr Label kConfig[] = {{"config_digest", "/config_digest"}, {"system_account", "/system_account"}};
constexpr Metric kConfigInfo[] = {{gauge, "nats_server_config_info", "", "Facts as labels; always 1.", As::one}};

// For the peers' schemas.
constexpr Label kGatewayName[] = {{"gateway", "/gateway/name"}};
constexpr Metric kSettings[] = {
    {gauge, "nats_server_varz", "", "Always 1.", As::one},
    {gauge, "nats_server_port", "/port", "Port for clients."},
    {gauge, "nats_server_http_port", "/http_port", "Port of the HTTP monitoring."},
    {gauge, "nats_server_https_port", "/https_port", "Port of the HTTPS monitoring."},
    {gauge, "nats_server_mqtt_port", "/mqtt/port", "Port for MQTT clients."},
    {gauge, "nats_server_websocket_port", "/websocket/port", "Port for websocket clients."},
    {gauge, "nats_server_protocol_version", "/proto", "Version of the client protocol."},
    {gauge, "nats_server_mqtt_auth_timeout_seconds", "/mqtt/auth_timeout", "Time an MQTT client has to authenticate."},
    {gauge, "nats_server_mqtt_tls_timeout_seconds", "/mqtt/tls_timeout", "Time an MQTT client has for TLS."},
    {gauge, "nats_server_websocket_auth_timeout_seconds", "/websocket/auth_timeout",
     "Time a websocket client has to authenticate."},
    {gauge, "nats_server_cluster_write_deadline_seconds", "/cluster/write_deadline",
     "Time a write to a route may take.", As::nanoseconds},
    {gauge, "nats_server_gateway_write_deadline_seconds", "/gateway/write_deadline",
     "Time a write to a gateway may take.", As::nanoseconds},
    {gauge, "nats_server_ocsp_cached_responses_all", "/ocsp_peer_cache/cached_responses", "Cached OCSP responses."},
};

constexpr Section kSections[] = {
    {.path = "/data", .labels = {}, .metrics = kServer},
    {.path = "/data/http_req_stats", .labels = kPath, .metrics = kHttp, .map = true},
    {.path = "/data", .labels = kBuild, .metrics = kBuildInfo},
    {.path = "/data", .labels = kConfig, .metrics = kConfigInfo},
    {.path = "/data", .labels = kGatewayName, .metrics = kSettings, .native = false},
};
static_assert(well_formed(kSections));

}  // namespace

const Collector kVarz{.name = "varz", .endpoint = "VARZ", .sections = kSections};

}  // namespace lookout

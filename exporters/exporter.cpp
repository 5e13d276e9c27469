// prometheus-nats-exporter 0.20.1.
#include <algorithm>
#include <array>

#include "exporters/peers.h"

namespace lookout {
namespace peers {
namespace {

constexpr const char* kGauge = "gauge";
constexpr const char* kCounter = "counter";
constexpr const char* kUntyped = "untyped";
constexpr double kPercent = 100;
constexpr double kMilliseconds = 1e3;
constexpr double kMicroseconds = 1e6;
constexpr double kNanoseconds = 1e9;

constexpr const char* kClients = R"(kind="client")";
constexpr const char* kRoutes = R"(kind="router")";
constexpr const char* kGateways = R"(kind="gateway")";
constexpr const char* kLeafs = R"(kind="leafnode")";
constexpr const char* kGood = R"(status="good")";
constexpr const char* kRevoked = R"(status="revoked")";
constexpr const char* kUnknown = R"(status="unknown")";

constexpr PeerLabel kServer[] = {{"server_id", From::server_id}};
// Texts as values: always 1.
constexpr PeerLabel kId[] = {{"server_id", From::server_id}, {"value", From::server_id}};
constexpr PeerLabel kName[] = {{"server_id", From::server_id}, {"value", From::server_name}};
constexpr PeerLabel kVersion[] = {{"server_id", From::server_id}, {"value", From::version}};
constexpr PeerLabel kClusterName[] = {{"server_id", From::server_id}, {"value", From::cluster}};
constexpr PeerLabel kDomainName[] = {{"server_id", From::server_id}, {"value", From::domain}};
constexpr PeerLabel kMetaLeader[] = {{"server_id", From::server_id}, {"value", From::meta_leader}};
constexpr PeerLabel kGatewayName[] = {{"server_id", From::server_id}, {"value", From::needed_row, "gateway"}};
constexpr PeerLabel kMetaName[] = {{"server_id", From::server_id}, {"value", From::needed_row, "name"}};
constexpr PeerLabel kHealth[] = {{"server_id", From::server_id}, {"value", From::row, "status"}};

constexpr PeerLabel kConnection[] = {{"server_id", From::server_id},
                                     {"cid", From::row, "cid"},
                                     {"kind", From::capitalised, "kind"},
                                     {"type", From::row, "type"},
                                     {"ip", From::row, "ip"},
                                     {"port", From::row, "port"},
                                     {"name", From::row, "name"},
                                     {"name_tag", From::row, "name_tag"},
                                     {"account", From::row, "account"},
                                     {"account_id", From::row, "account"},
                                     {"lang", From::row, "lang"},
                                     {"version", From::row, "version"},
                                     {"tls_version", From::row, "tls_version"},
                                     {"tls_cipher_suite", From::row, "tls_cipher_suite"}};
constexpr PeerLabel kGateway[] = {{"gateway_name", From::cluster},
                                  {"remote_gateway_name", From::row, "remote_cluster"},
                                  {"cid", From::row, "cid"},
                                  {"server_id", From::server_id}};
constexpr PeerLabel kLeaf[] = {{"server_id", From::server_id},       {"account", From::row, "account"},
                               {"account_id", From::row, "account"}, {"ip", From::row, "ip"},
                               {"port", From::row, "port"},          {"name", From::row, "name"}};
constexpr PeerLabel kAccstatz[] = {{"server_id", From::server_id},
                                   {"account", From::row, "account"},
                                   {"account_id", From::row, "account"},
                                   {"account_name", From::account_name, "account"}};
constexpr PeerLabel kAccountz[] = {{"server_id", From::server_id},
                                   {"account_id", From::row, "account"},
                                   {"account_name", From::account_name, "account"}};

// Label sets of JSZ, each with those before it.
template <std::size_t N, std::size_t M>
constexpr std::array<PeerLabel, N + M> with(const std::array<PeerLabel, N>& first, const PeerLabel (&more)[M]) {
  std::array<PeerLabel, N + M> out{};
  std::copy(first.begin(), first.end(), out.begin());
  std::copy(std::begin(more), std::end(more), out.begin() + N);
  return out;
}

constexpr std::array<PeerLabel, 6> kJetStream{{{"server_id", From::server_id},
                                               {"server_name", From::server_name},
                                               {"cluster", From::cluster},
                                               {"domain", From::domain},
                                               {"meta_leader", From::meta_leader},
                                               {"is_meta_leader", From::is_meta_leader}}};
constexpr auto kAccount = with(kJetStream, {{"account", From::account_name, "account"},
                                            {"account_name", From::account_name, "account"},
                                            {"account_id", From::row, "account"}});
constexpr PeerLabel kOfStream[] = {{"stream_name", From::row, "stream"},
                                   {"stream_leader", From::server_name},
                                   {"is_stream_leader", From::constant, "true"},
                                   {"stream_raft_group", From::row, "raft_group"}};
constexpr auto kStream = with(kAccount, kOfStream);
constexpr auto kSource = with(kStream, {{"source_name", From::row, "source"},
                                        {"source_api", From::row, "source_api"},
                                        {"source_deliver", From::constant, ""}});
constexpr auto kMirror = with(kStream, {{"mirror_name", From::row, "source"},
                                        {"mirror_api", From::row, "source_api"},
                                        {"mirror_deliver", From::row, "source_deliver"}});
constexpr auto kConsumer = with(kAccount, {{"stream_name", From::row, "stream"},
                                           {"stream_leader", From::row, "stream_leader"},
                                           {"is_stream_leader", From::is_row, "stream_leader"},
                                           {"stream_raft_group", From::row, "stream_raft_group"},
                                           {"consumer_name", From::row, "consumer"},
                                           {"consumer_leader", From::server_name},
                                           {"is_consumer_leader", From::constant, "true"},
                                           {"consumer_desc", From::row, "description"}});

double one(const ServerView& /*server*/, const Facts& /*facts*/) {
  return 1;
}

double one_if(bool given) {
  return given ? 1 : Part::kAbsent;
}

double has_cluster(const ServerView& server, const Facts& /*facts*/) {
  return one_if(!server.cluster.empty());
}

double has_domain(const ServerView& server, const Facts& /*facts*/) {
  return one_if(!server.domain.empty());
}

double has_meta_leader(const ServerView& server, const Facts& facts) {
  const auto found = facts.meta_leaders.find(&server);
  return one_if(found != facts.meta_leaders.end() && !found->second.empty());
}

double start_time(const ServerView& server, const Facts& /*facts*/) {
  return server.start == Wall{} ? Part::kAbsent : seconds(server.start.time_since_epoch());
}

double clients(const AccountConnections& account) {
  return static_cast<double>(account.clients);
}

double leafnodes(const AccountConnections& account) {
  return static_cast<double>(account.leafnodes);
}

double clients_and_leafnodes(const AccountConnections& account) {
  return static_cast<double>(account.clients + account.leafnodes);
}

constexpr Source by(const char* metric, const char* fixed_label) {
  return {metric, fixed_label};
}

constexpr PeerFamily http_requests(const char* name, const char* path) {
  return {name, kGauge, kServer, {"nats_server_http_requests_total", "", "path", path}};
}

constexpr PeerFamily age(const char* name, const char* type, std::span<const PeerLabel> labels, const char* metric,
                         double scale = 1) {
  PeerFamily out{name, type, labels, metric, scale};
  out.shown = Shown::age;
  return out;
}

constexpr PeerFamily inverted(const char* name, std::span<const PeerLabel> labels, const char* metric) {
  PeerFamily out{name, kGauge, labels, metric};
  out.shown = Shown::inverted;
  return out;
}

constexpr PeerFamily of_domain(const char* name, const char* metric) {
  PeerFamily out{name, kGauge, kAccount, metric};
  out.from_meta_leader = true;
  return out;
}

constexpr PeerFamily kFamilies[] = {
    // VARZ
    {"gnatsd_varz_auth_timeout", kGauge, kServer, "nats_server_auth_timeout_seconds"},
    {"gnatsd_varz_cluster_name", kGauge, kClusterName, has_cluster},
    {"gnatsd_varz_cluster_pool_size", kGauge, kServer, "nats_server_route_pool_size"},
    {"gnatsd_varz_cluster_write_deadline", kGauge, kServer, "nats_server_cluster_write_deadline_seconds", kNanoseconds},
    {"gnatsd_varz_config_load_time", kGauge, kServer, "nats_server_config_load_timestamp_seconds", kMilliseconds},
    {"gnatsd_varz_connections", kGauge, kServer, "nats_server_connections"},
    {"gnatsd_varz_cores", kGauge, kServer, "nats_server_cpu_cores"},
    {"gnatsd_varz_cpu", kGauge, kServer, "nats_server_cpu_usage_ratio", kPercent},
    {"gnatsd_varz_disk_io_wait_stats_max_wait_time", kGauge, kServer, "nats_server_disk_io_max_wait_seconds",
     kNanoseconds},
    {"gnatsd_varz_disk_io_wait_stats_wait_time", kGauge, kServer, "nats_server_disk_io_wait_seconds_total",
     kNanoseconds},
    {"gnatsd_varz_disk_io_wait_stats_waiters", kGauge, kServer, "nats_server_disk_io_waiters"},
    {"gnatsd_varz_disk_io_wait_stats_waits", kGauge, kServer, "nats_server_disk_io_waits_total"},
    {"gnatsd_varz_gateway_name", kGauge, kGatewayName, "nats_server_varz"},
    {"gnatsd_varz_gateway_write_deadline", kGauge, kServer, "nats_server_gateway_write_deadline_seconds", kNanoseconds},
    {"gnatsd_varz_gomaxprocs", kGauge, kServer, "nats_server_go_max_procs"},
    {"gnatsd_varz_gomemlimit", kGauge, kServer, "nats_server_go_memory_limit_bytes"},
    {"gnatsd_varz_http_port", kGauge, kServer, "nats_server_http_port"},
    http_requests("gnatsd_varz_http_req_stats_accountz", "/accountz"),
    http_requests("gnatsd_varz_http_req_stats_accstatz", "/accstatz"),
    http_requests("gnatsd_varz_http_req_stats_connz", "/connz"),
    http_requests("gnatsd_varz_http_req_stats_gatewayz", "/gatewayz"),
    http_requests("gnatsd_varz_http_req_stats_healthz", "/healthz"),
    http_requests("gnatsd_varz_http_req_stats_jsz", "/jsz"),
    http_requests("gnatsd_varz_http_req_stats_leafz", "/leafz"),
    http_requests("gnatsd_varz_http_req_stats_routez", "/routez"),
    http_requests("gnatsd_varz_http_req_stats_subsz", "/subsz"),
    http_requests("gnatsd_varz_http_req_stats_varz", "/varz"),
    http_requests("gnatsd_varz_http_req_stats", "/"),
    {"gnatsd_varz_https_port", kGauge, kServer, "nats_server_https_port"},
    {"gnatsd_varz_in_bytes", kGauge, kServer, "nats_server_received_bytes_total"},
    {"gnatsd_varz_in_client_bytes", kGauge, kServer, "nats_server_client_received_bytes_total"},
    {"gnatsd_varz_in_client_msgs", kGauge, kServer, "nats_server_client_received_messages_total"},
    {"gnatsd_varz_in_msgs", kGauge, kServer, "nats_server_received_messages_total"},
    {"gnatsd_varz_jetstream_config_domain", kGauge, kDomainName, has_domain},
    {"gnatsd_varz_jetstream_config_max_memory", kGauge, kServer, "nats_server_jetstream_max_memory_bytes"},
    {"gnatsd_varz_jetstream_config_max_storage", kGauge, kServer, "nats_server_jetstream_max_storage_bytes"},
    {"gnatsd_varz_jetstream_config_sync_interval", kGauge, kServer, "nats_server_jetstream_sync_interval_seconds",
     kNanoseconds},
    {"gnatsd_varz_jetstream_limits_default_max_consumers", kGauge, kServer,
     "nats_server_jetstream_default_max_consumers"},
    {"gnatsd_varz_jetstream_limits_max_ack_pending", kGauge, kServer, "nats_server_jetstream_max_ack_pending"},
    {"gnatsd_varz_jetstream_limits_max_batch_inflight_per_stream", kGauge, kServer,
     "nats_server_jetstream_max_batch_inflight_per_stream"},
    {"gnatsd_varz_jetstream_limits_max_batch_inflight_total", kGauge, kServer,
     "nats_server_jetstream_max_batch_inflight"},
    {"gnatsd_varz_jetstream_limits_max_batch_size", kGauge, kServer, "nats_server_jetstream_max_batch_messages"},
    {"gnatsd_varz_jetstream_limits_max_batch_timeout", kGauge, kServer,
     "nats_server_jetstream_max_batch_timeout_seconds", kNanoseconds},
    {"gnatsd_varz_jetstream_limits_max_duplicate_window", kGauge, kServer,
     "nats_server_jetstream_max_duplicate_window_seconds", kNanoseconds},
    {"gnatsd_varz_jetstream_limits_max_ha_assets", kGauge, kServer, "nats_server_jetstream_max_ha_assets"},
    {"gnatsd_varz_jetstream_limits_max_request_batch", kGauge, kServer, "nats_server_jetstream_max_request_batch"},
    {"gnatsd_varz_jetstream_meta_cluster_size", kGauge, kServer, "nats_server_meta_group_size"},
    {"gnatsd_varz_jetstream_meta_leader", kGauge, kMetaLeader, has_meta_leader},
    {"gnatsd_varz_jetstream_meta_name", kGauge, kMetaName, "nats_server_meta_group"},
    {"gnatsd_varz_jetstream_meta_pending", kGauge, kServer, "nats_server_meta_pending"},
    {"gnatsd_varz_jetstream_meta_pending_infos", kGauge, kServer, "nats_server_meta_pending_infos"},
    {"gnatsd_varz_jetstream_meta_pending_requests", kGauge, kServer, "nats_server_meta_pending_requests"},
    {"gnatsd_varz_jetstream_meta_quorum_needed", kGauge, kServer, "nats_server_meta_group_quorum_needed"},
    {"gnatsd_varz_jetstream_meta_snapshot_last_duration", kGauge, kServer,
     "nats_server_meta_snapshot_last_duration_seconds", kNanoseconds},
    {"gnatsd_varz_jetstream_meta_snapshot_pending_entries", kGauge, kServer,
     "nats_server_meta_snapshot_pending_entries"},
    {"gnatsd_varz_jetstream_meta_snapshot_pending_size", kGauge, kServer, "nats_server_meta_snapshot_pending_bytes"},
    {"gnatsd_varz_jetstream_stats_accounts", kGauge, kServer, "nats_server_jetstream_accounts"},
    {"gnatsd_varz_jetstream_stats_api_errors", kGauge, kServer, "nats_server_jetstream_api_errors_total"},
    {"gnatsd_varz_jetstream_stats_api_inflight", kGauge, kServer, "nats_server_jetstream_api_inflight"},
    {"gnatsd_varz_jetstream_stats_api_level", kGauge, kServer, "nats_server_jetstream_api_level"},
    {"gnatsd_varz_jetstream_stats_api_total", kGauge, kServer, "nats_server_jetstream_api_requests_total"},
    {"gnatsd_varz_jetstream_stats_ha_assets", kGauge, kServer, "nats_server_jetstream_ha_assets"},
    {"gnatsd_varz_jetstream_stats_memory", kGauge, kServer, "nats_server_jetstream_memory_bytes"},
    {"gnatsd_varz_jetstream_stats_reserved_memory", kGauge, kServer, "nats_server_jetstream_reserved_memory_bytes"},
    {"gnatsd_varz_jetstream_stats_reserved_storage", kGauge, kServer, "nats_server_jetstream_reserved_storage_bytes"},
    {"gnatsd_varz_jetstream_stats_storage", kGauge, kServer, "nats_server_jetstream_storage_bytes"},
    {"gnatsd_varz_leafnodes", kGauge, kServer, "nats_server_leafnodes"},
    {"gnatsd_varz_max_connections", kGauge, kServer, "nats_server_max_connections"},
    {"gnatsd_varz_max_control_line", kGauge, kServer, "nats_server_max_control_line_bytes"},
    {"gnatsd_varz_max_payload", kGauge, kServer, "nats_server_max_payload_bytes"},
    {"gnatsd_varz_max_pending", kGauge, kServer, "nats_server_max_pending_bytes"},
    {"gnatsd_varz_max_subscriptions", kGauge, kServer, "nats_server_max_subscriptions"},
    {"gnatsd_varz_mem", kGauge, kServer, "nats_server_memory_bytes"},
    {"gnatsd_varz_mqtt_ack_wait", kGauge, kServer, "nats_server_mqtt_ack_wait_seconds", kNanoseconds},
    {"gnatsd_varz_mqtt_auth_timeout", kGauge, kServer, "nats_server_mqtt_auth_timeout_seconds"},
    {"gnatsd_varz_mqtt_max_ack_pending", kGauge, kServer, "nats_server_mqtt_max_ack_pending"},
    {"gnatsd_varz_mqtt_port", kGauge, kServer, "nats_server_mqtt_port"},
    {"gnatsd_varz_mqtt_tls_timeout", kGauge, kServer, "nats_server_mqtt_tls_timeout_seconds"},
    {"gnatsd_varz_ocsp_peer_cache_cache_hits", kGauge, kServer, "nats_server_ocsp_cache_hits_total"},
    {"gnatsd_varz_ocsp_peer_cache_cache_misses", kGauge, kServer, "nats_server_ocsp_cache_misses_total"},
    {"gnatsd_varz_ocsp_peer_cache_cached_good_responses", kGauge, kServer,
     by("nats_server_ocsp_cached_responses", kGood)},
    {"gnatsd_varz_ocsp_peer_cache_cached_responses", kGauge, kServer, "nats_server_ocsp_cached_responses_all"},
    {"gnatsd_varz_ocsp_peer_cache_cached_revoked_responses", kGauge, kServer,
     by("nats_server_ocsp_cached_responses", kRevoked)},
    {"gnatsd_varz_ocsp_peer_cache_cached_unknown_responses", kGauge, kServer,
     by("nats_server_ocsp_cached_responses", kUnknown)},
    {"gnatsd_varz_out_bytes", kGauge, kServer, "nats_server_sent_bytes_total"},
    {"gnatsd_varz_out_client_bytes", kGauge, kServer, "nats_server_client_sent_bytes_total"},
    {"gnatsd_varz_out_client_msgs", kGauge, kServer, "nats_server_client_sent_messages_total"},
    {"gnatsd_varz_out_msgs", kGauge, kServer, "nats_server_sent_messages_total"},
    {"gnatsd_varz_ping_interval", kGauge, kServer, "nats_server_ping_interval_seconds", kNanoseconds},
    {"gnatsd_varz_ping_max", kGauge, kServer, "nats_server_max_pings_out"},
    {"gnatsd_varz_pinned_account_fails", kGauge, kServer, "nats_server_pinned_account_failures_total"},
    {"gnatsd_varz_port", kGauge, kServer, "nats_server_port"},
    {"gnatsd_varz_proto", kGauge, kServer, "nats_server_protocol_version"},
    {"gnatsd_varz_remotes", kGauge, kServer, "nats_server_remotes"},
    {"gnatsd_varz_routes", kGauge, kServer, "nats_server_routes"},
    {"gnatsd_varz_server_id", kGauge, kId, one},
    {"gnatsd_varz_server_name", kGauge, kName, one},
    {"gnatsd_varz_slow_consumer_stats_clients", kGauge, kServer,
     by("nats_server_slow_consumers_by_kind_total", kClients)},
    {"gnatsd_varz_slow_consumer_stats_gateways", kGauge, kServer,
     by("nats_server_slow_consumers_by_kind_total", kGateways)},
    {"gnatsd_varz_slow_consumer_stats_leafs", kGauge, kServer, by("nats_server_slow_consumers_by_kind_total", kLeafs)},
    {"gnatsd_varz_slow_consumer_stats_routes", kGauge, kServer,
     by("nats_server_slow_consumers_by_kind_total", kRoutes)},
    {"gnatsd_varz_slow_consumers", kGauge, kServer, "nats_server_slow_consumers_total"},
    {"gnatsd_varz_stale_connection_stats_clients", kGauge, kServer,
     by("nats_server_stale_connections_by_kind_total", kClients)},
    {"gnatsd_varz_stale_connection_stats_gateways", kGauge, kServer,
     by("nats_server_stale_connections_by_kind_total", kGateways)},
    {"gnatsd_varz_stale_connection_stats_leafs", kGauge, kServer,
     by("nats_server_stale_connections_by_kind_total", kLeafs)},
    {"gnatsd_varz_stale_connection_stats_routes", kGauge, kServer,
     by("nats_server_stale_connections_by_kind_total", kRoutes)},
    {"gnatsd_varz_stale_connections", kGauge, kServer, "nats_server_stale_connections_total"},
    {"gnatsd_varz_stalled_clients", kGauge, kServer, "nats_server_stalled_clients_total"},
    {"gnatsd_varz_start", kGauge, kServer, start_time, kMilliseconds},
    {"gnatsd_varz_subscriptions", kGauge, kServer, "nats_server_subscriptions"},
    {"gnatsd_varz_tls_timeout", kGauge, kServer, "nats_server_tls_timeout_seconds"},
    {"gnatsd_varz_total_connections", kGauge, kServer, "nats_server_connections_total"},
    {"gnatsd_varz_version", kGauge, kVersion, one},
    {"gnatsd_varz_websocket_auth_timeout", kGauge, kServer, "nats_server_websocket_auth_timeout_seconds"},
    {"gnatsd_varz_websocket_handshake_timeout", kGauge, kServer, "nats_server_websocket_handshake_timeout_seconds",
     kNanoseconds},
    {"gnatsd_varz_websocket_port", kGauge, kServer, "nats_server_websocket_port"},
    {"gnatsd_varz_write_deadline", kGauge, kServer, "nats_server_write_deadline_seconds", kNanoseconds},
    // SUBSZ
    {"gnatsd_subsz_server_id", kGauge, kId, one},
    {"gnatsd_subsz_num_subscriptions", kGauge, kServer, "nats_server_sublist_subscriptions"},
    {"gnatsd_subsz_num_cache", kGauge, kServer, "nats_server_sublist_cached_subjects"},
    {"gnatsd_subsz_num_inserts", kGauge, kServer, "nats_server_sublist_inserts_total"},
    {"gnatsd_subsz_num_removes", kGauge, kServer, "nats_server_sublist_removes_total"},
    {"gnatsd_subsz_num_matches", kGauge, kServer, "nats_server_sublist_matches_total"},
    {"gnatsd_subsz_cache_hit_rate", kGauge, kServer, "nats_server_sublist_cache_hit_ratio"},
    {"gnatsd_subsz_max_fanout", kGauge, kServer, "nats_server_sublist_max_fanout"},
    {"gnatsd_subsz_avg_fanout", kGauge, kServer, "nats_server_sublist_average_fanout"},
    // ROUTEZ
    {"gnatsd_routez_server_id", kGauge, kId, one},
    {"gnatsd_routez_server_name", kGauge, kName, one},
    {"gnatsd_routez_num_routes", kGauge, kServer, "nats_routes_listed"},
    // CONNZ: of all open connections of a server, then of each; those at level detail only
    {"gnatsd_connz_num_connections", kGauge, kServer, "nats_connections_listed", 1, Fold::total},
    {"gnatsd_connz_total", kGauge, kServer, "nats_connections_listed", 1, Fold::total},
    {"gnatsd_connz_pending_bytes", kGauge, kServer, "nats_connections_sum_pending_bytes", 1, Fold::total},
    {"gnatsd_connz_pending_bytes", kGauge, kConnection, "nats_connection_pending_bytes"},
    {"gnatsd_connz_subscriptions", kGauge, kServer, "nats_connections_sum_subscriptions", 1, Fold::total},
    {"gnatsd_connz_subscriptions", kGauge, kConnection, "nats_connection_subscriptions"},
    {"gnatsd_connz_in_bytes", kCounter, kServer, "nats_connections_sum_received_bytes", 1, Fold::total},
    {"gnatsd_connz_in_bytes", kCounter, kConnection, "nats_connection_received_bytes_total"},
    {"gnatsd_connz_out_bytes", kCounter, kServer, "nats_connections_sum_sent_bytes", 1, Fold::total},
    {"gnatsd_connz_out_bytes", kCounter, kConnection, "nats_connection_sent_bytes_total"},
    {"gnatsd_connz_in_msgs", kCounter, kServer, "nats_connections_sum_received_messages", 1, Fold::total},
    {"gnatsd_connz_in_msgs", kCounter, kConnection, "nats_connection_received_messages_total"},
    {"gnatsd_connz_out_msgs", kCounter, kServer, "nats_connections_sum_sent_messages", 1, Fold::total},
    {"gnatsd_connz_out_msgs", kCounter, kConnection, "nats_connection_sent_messages_total"},
    {"gnatsd_connz_start", kUntyped, kConnection, "nats_connection_start_timestamp_seconds", kMilliseconds},
    {"gnatsd_connz_last_activity", kUntyped, kConnection, "nats_connection_last_activity_timestamp_seconds",
     kMilliseconds},
    {"gnatsd_connz_rtt", kGauge, kConnection, "nats_connection_rtt_seconds", kMicroseconds},
    age("gnatsd_connz_uptime", kUntyped, kConnection, "nats_connection_start_timestamp_seconds", kMilliseconds),
    age("gnatsd_connz_idle", kGauge, kConnection, "nats_connection_last_activity_timestamp_seconds", kMilliseconds),
    // HEALTHZ
    inverted("gnatsd_healthz_status", kServer, "nats_server_healthy"),
    {"gnatsd_healthz_status_value", kGauge, kHealth, "nats_server_health_status"},
    inverted("gnatsd_healthz_js_enabled_only_status", kServer, "nats_server_healthy_jetstream_enabled"),
    {"gnatsd_healthz_js_enabled_only_status_value", kGauge, kHealth, "nats_server_health_enabled_status"},
    inverted("gnatsd_healthz_js_server_only_status", kServer, "nats_server_healthy_server"),
    {"gnatsd_healthz_js_server_only_status_value", kGauge, kHealth, "nats_server_health_server_status"},
    // GATEWAYZ
    {"gnatsd_gatewayz_outbound_gateway_configured", kGauge, kGateway, "nats_gateway_outbound_configured"},
    {"gnatsd_gatewayz_outbound_gateway_conn_start_time_seconds", kGauge, kGateway,
     "nats_gateway_outbound_start_timestamp_seconds"},
    {"gnatsd_gatewayz_outbound_gateway_conn_last_activity_seconds", kGauge, kGateway,
     "nats_gateway_outbound_last_activity_timestamp_seconds"},
    age("gnatsd_gatewayz_outbound_gateway_conn_uptime_seconds", kGauge, kGateway,
        "nats_gateway_outbound_start_timestamp_seconds"),
    age("gnatsd_gatewayz_outbound_gateway_conn_idle_seconds", kGauge, kGateway,
        "nats_gateway_outbound_last_activity_timestamp_seconds"),
    {"gnatsd_gatewayz_outbound_gateway_conn_rtt", kGauge, kGateway, "nats_gateway_outbound_rtt_seconds"},
    {"gnatsd_gatewayz_outbound_gateway_conn_pending_bytes", kGauge, kGateway, "nats_gateway_outbound_pending_bytes"},
    {"gnatsd_gatewayz_outbound_gateway_conn_in_msgs", kGauge, kGateway,
     "nats_gateway_outbound_received_messages_total"},
    {"gnatsd_gatewayz_outbound_gateway_conn_out_msgs", kGauge, kGateway, "nats_gateway_outbound_sent_messages_total"},
    {"gnatsd_gatewayz_outbound_gateway_conn_in_bytes", kGauge, kGateway, "nats_gateway_outbound_received_bytes_total"},
    {"gnatsd_gatewayz_outbound_gateway_conn_out_bytes", kGauge, kGateway, "nats_gateway_outbound_sent_bytes_total"},
    {"gnatsd_gatewayz_outbound_gateway_conn_subscriptions", kGauge, kGateway, "nats_gateway_outbound_subscriptions"},
    {"gnatsd_gatewayz_inbound_gateway_configured", kGauge, kGateway, "nats_gateway_inbound_configured"},
    {"gnatsd_gatewayz_inbound_gateway_conn_start_time_seconds", kGauge, kGateway,
     "nats_gateway_inbound_start_timestamp_seconds"},
    {"gnatsd_gatewayz_inbound_gateway_conn_last_activity_seconds", kGauge, kGateway,
     "nats_gateway_inbound_last_activity_timestamp_seconds"},
    age("gnatsd_gatewayz_inbound_gateway_conn_uptime_seconds", kGauge, kGateway,
        "nats_gateway_inbound_start_timestamp_seconds"),
    age("gnatsd_gatewayz_inbound_gateway_conn_idle_seconds", kGauge, kGateway,
        "nats_gateway_inbound_last_activity_timestamp_seconds"),
    {"gnatsd_gatewayz_inbound_gateway_conn_rtt", kGauge, kGateway, "nats_gateway_inbound_rtt_seconds"},
    {"gnatsd_gatewayz_inbound_gateway_conn_pending_bytes", kGauge, kGateway, "nats_gateway_inbound_pending_bytes"},
    {"gnatsd_gatewayz_inbound_gateway_conn_in_msgs", kGauge, kGateway, "nats_gateway_inbound_received_messages_total"},
    {"gnatsd_gatewayz_inbound_gateway_conn_out_msgs", kGauge, kGateway, "nats_gateway_inbound_sent_messages_total"},
    {"gnatsd_gatewayz_inbound_gateway_conn_in_bytes", kGauge, kGateway, "nats_gateway_inbound_received_bytes_total"},
    {"gnatsd_gatewayz_inbound_gateway_conn_out_bytes", kGauge, kGateway, "nats_gateway_inbound_sent_bytes_total"},
    {"gnatsd_gatewayz_inbound_gateway_conn_subscriptions", kGauge, kGateway, "nats_gateway_inbound_subscriptions"},
    // LEAFZ
    {"gnatsd_leafz_conn_nodes_total", kGauge, kServer, "nats_leafnodes_listed"},
    {"gnatsd_leafz_info", kGauge, kLeaf, "nats_leafnode_link"},
    {"gnatsd_leafz_conn_rtt", kGauge, kLeaf, "nats_leafnode_link_rtt_seconds"},
    {"gnatsd_leafz_conn_in_msgs", kGauge, kLeaf, "nats_leafnode_link_received_messages"},
    {"gnatsd_leafz_conn_out_msgs", kGauge, kLeaf, "nats_leafnode_link_sent_messages"},
    {"gnatsd_leafz_conn_in_bytes", kGauge, kLeaf, "nats_leafnode_link_received_bytes"},
    {"gnatsd_leafz_conn_out_bytes", kGauge, kLeaf, "nats_leafnode_link_sent_bytes"},
    {"gnatsd_leafz_conn_subscriptions_total", kGauge, kLeaf, "nats_leafnode_link_subscriptions"},
    // ACCOUNT STATZ
    {"gnatsd_accstatz_current_connections", kGauge, kAccstatz, clients},
    {"gnatsd_accstatz_total_connections", kGauge, kAccstatz, clients_and_leafnodes},
    {"gnatsd_accstatz_leaf_nodes", kGauge, kAccstatz, leafnodes},
    {"gnatsd_accstatz_subscriptions", kGauge, kAccstatz, "nats_account_subscriptions"},
    {"gnatsd_accstatz_sent_messages", kGauge, kAccstatz, "nats_account_sent_messages_total"},
    {"gnatsd_accstatz_sent_bytes", kGauge, kAccstatz, "nats_account_sent_bytes_total"},
    {"gnatsd_accstatz_received_messages", kGauge, kAccstatz, "nats_account_received_messages_total"},
    {"gnatsd_accstatz_received_bytes", kGauge, kAccstatz, "nats_account_received_bytes_total"},
    {"gnatsd_accstatz_slow_consumers", kGauge, kAccstatz, "nats_account_slow_consumers_total"},
    // ACCOUNTZ
    {"gnatsd_accountz_client_connections", kGauge, kAccountz, clients},
    {"gnatsd_accountz_leafnode_connections", kGauge, kAccountz, leafnodes},
    {"gnatsd_accountz_subscriptions", kGauge, kAccountz, "nats_account_subscriptions"},
    {"gnatsd_accountz_is_system", kGauge, kAccountz, "nats_account_is_system"},
    {"gnatsd_accountz_expired", kGauge, kAccountz, "nats_account_expired"},
    {"gnatsd_accountz_complete", kGauge, kAccountz, "nats_account_complete"},
    {"gnatsd_accountz_jetstream_enabled", kGauge, kAccountz, "nats_account_jetstream_enabled"},
    {"gnatsd_accountz_limit_subs", kGauge, kAccountz, "nats_account_max_subscriptions"},
    {"gnatsd_accountz_limit_data", kGauge, kAccountz, "nats_account_max_data_bytes"},
    {"gnatsd_accountz_limit_payload", kGauge, kAccountz, "nats_account_max_payload_bytes"},
    {"gnatsd_accountz_limit_imports", kGauge, kAccountz, "nats_account_max_imports"},
    {"gnatsd_accountz_limit_exports", kGauge, kAccountz, "nats_account_max_exports"},
    {"gnatsd_accountz_limit_wildcards", kGauge, kAccountz, "nats_account_wildcard_exports_allowed"},
    {"gnatsd_accountz_limit_conn", kGauge, kAccountz, "nats_account_max_connections"},
    {"gnatsd_accountz_limit_leaf", kGauge, kAccountz, "nats_account_max_leafnodes"},
    // JSZ
    {"jetstream_server_jetstream_disabled", kGauge, kJetStream, "nats_server_jetstream_disabled"},
    {"jetstream_server_total_streams", kGauge, kJetStream, "nats_server_jetstream_streams"},
    {"jetstream_server_total_consumers", kGauge, kJetStream, "nats_server_jetstream_consumers"},
    {"jetstream_server_total_messages", kGauge, kJetStream, "nats_server_jetstream_messages"},
    {"jetstream_server_total_message_bytes", kGauge, kJetStream, "nats_server_jetstream_message_bytes"},
    {"jetstream_server_max_memory", kGauge, kJetStream, "nats_server_jetstream_max_memory_bytes"},
    {"jetstream_server_max_storage", kGauge, kJetStream, "nats_server_jetstream_max_storage_bytes"},
    of_domain("jetstream_account_max_memory", "nats_account_jetstream_reserved_memory_bytes"),
    of_domain("jetstream_account_max_storage", "nats_account_jetstream_reserved_storage_bytes"),
    of_domain("jetstream_account_memory_used", "nats_account_jetstream_memory_bytes"),
    of_domain("jetstream_account_storage_used", "nats_account_jetstream_storage_bytes"),
    {"jetstream_stream_total_messages", kGauge, kStream, "nats_stream_messages"},
    {"jetstream_stream_total_bytes", kGauge, kStream, "nats_stream_bytes"},
    {"jetstream_stream_first_seq", kGauge, kStream, "nats_stream_first_sequence"},
    {"jetstream_stream_last_seq", kGauge, kStream, "nats_stream_last_sequence"},
    {"jetstream_stream_consumer_count", kGauge, kStream, "nats_stream_consumers"},
    {"jetstream_stream_subject_count", kGauge, kStream, "nats_stream_subjects"},
    {"jetstream_stream_limit_bytes", kGauge, kStream, "nats_stream_max_bytes"},
    {"jetstream_stream_limit_messages", kGauge, kStream, "nats_stream_max_messages"},
    {"jetstream_stream_source_lag", kGauge, kSource, "nats_stream_source_lag_messages"},
    {"jetstream_stream_source_active_duration_ns", kGauge, kSource, "nats_stream_source_last_contact_seconds",
     kNanoseconds},
    {"jetstream_stream_mirror_lag", kGauge, kMirror, "nats_stream_mirror_lag_messages"},
    {"jetstream_stream_mirror_active_duration_ns", kGauge, kMirror, "nats_stream_mirror_last_contact_seconds",
     kNanoseconds},
    {"jetstream_consumer_delivered_consumer_seq", kGauge, kConsumer, "nats_consumer_delivered_consumer_sequence"},
    {"jetstream_consumer_delivered_stream_seq", kGauge, kConsumer, "nats_consumer_delivered_stream_sequence"},
    {"jetstream_consumer_ack_floor_consumer_seq", kGauge, kConsumer, "nats_consumer_ack_floor_consumer_sequence"},
    {"jetstream_consumer_ack_floor_stream_seq", kGauge, kConsumer, "nats_consumer_ack_floor_stream_sequence"},
    {"jetstream_consumer_num_ack_pending", kGauge, kConsumer, "nats_consumer_ack_pending_messages"},
    {"jetstream_consumer_num_redelivered", kGauge, kConsumer, "nats_consumer_redelivered_messages"},
    {"jetstream_consumer_num_waiting", kGauge, kConsumer, "nats_consumer_waiting_requests"},
    {"jetstream_consumer_num_pending", kGauge, kConsumer, "nats_consumer_pending_messages"},
    age("jetstream_consumer_last_delivery_seconds", kGauge, kConsumer, "nats_consumer_last_delivery_timestamp_seconds"),
    age("jetstream_consumer_last_ack_seconds", kGauge, kConsumer, "nats_consumer_last_ack_timestamp_seconds"),
};

constexpr const char* kPaging = "A constant of the first page; here all pages count.";
constexpr const char* kHandler =
    "Of that program's own HTTP handler; the agent's are nats_lookout_http_requests_total.";

constexpr Absent kAbsent[] = {
    {"gnatsd_connz_offset", kPaging},
    {"gnatsd_connz_limit", kPaging},
    {"gnatsd_subsz_offset", kPaging},
    {"gnatsd_subsz_limit", kPaging},
    {"gnatsd_subsz_total", "Always 0 there; the number is gnatsd_subsz_num_subscriptions."},
    {"gnatsd_leafz_conn_subscriptions", "Declared there, never given."},
    {"promhttp_metric_handler_requests_in_flight", kHandler},
    {"promhttp_metric_handler_requests_total", kHandler},
};

constexpr Deviation kDeviations[] = {
    {"all",
     "All servers on one page. server_id is the server's own id, as with -use_internal_server_id, and is current after "
     "a "
     "restart. A server that is down has no series; the exporter goes on with its last values."},
    {"gnatsd_varz_max_connections, gnatsd_varz_max_subscriptions, gnatsd_varz_jetstream_config_max_memory, "
     "gnatsd_varz_jetstream_config_max_storage, gnatsd_varz_jetstream_stats_reserved_memory, "
     "gnatsd_varz_jetstream_stats_reserved_storage, gnatsd_varz_jetstream_limits_*, jetstream_server_max_memory, "
     "jetstream_server_max_storage, jetstream_account_max_memory, jetstream_account_max_storage, "
     "jetstream_stream_limit_bytes, jetstream_stream_limit_messages, gnatsd_accountz_limit_*",
     "Absent where there is no limit, instead of 0, -1 or 1.8e19."},
    {"gnatsd_varz_http_req_stats_*", "Told for the paths in this list; a path that was never asked for is absent."},
    {"gnatsd_connz_num_connections, gnatsd_connz_total, gnatsd_connz_pending_bytes, gnatsd_connz_subscriptions, "
     "gnatsd_connz_in_bytes, gnatsd_connz_in_msgs, gnatsd_connz_out_bytes, gnatsd_connz_out_msgs",
     "Of all open connections; the exporter sees the first 1,024. As there, what a connection carried goes when it "
     "closes, "
     "in spite of the type counter: rates belong to gnatsd_varz_in_msgs and its like."},
    {"gnatsd_connz_* by connection",
     "Need --collect.connz.level=detail, and are bounded by --limits.rows. lang and version are \"other\" "
     "where they do not look like such; uptime and idle are exact to the millisecond."},
    {"gnatsd_healthz_status_value",
     "value is ok, unavailable or error; a server that cannot be reached has no series."},
    {"gnatsd_leafz_conn_nodes_total, gnatsd_routez_num_routes", "What VARZ says."},
    {"gnatsd_accstatz_current_connections, gnatsd_accstatz_total_connections, gnatsd_accstatz_leaf_nodes, "
     "gnatsd_accountz_client_connections, gnatsd_accountz_leafnode_connections",
     "Kept current by events between polls."},
    {"gnatsd_accountz_*",
     "What is the same everywhere is told once: server_id is the server that was asked. Limits are absent for accounts "
     "without a JWT."},
    {"jetstream_*", "is_meta_leader is \"false\" where JetStream is disabled."},
    {"jetstream_account_*",
     "Told once for each domain, by the leader of its meta group, instead of by every server; max_* are the "
     "reservations, as there."},
    {"jetstream_stream_*", "Told once, by the leader: is_stream_leader is always \"true\". No rows of replicas."},
    {"jetstream_stream_source_*",
     "Sources that differ by their filters only are one row (the exporter's whole page fails); source_deliver is "
     "empty."},
    {"jetstream_consumer_*",
     "Told once, by the consumer's leader: is_consumer_leader is always \"true\". Need "
     "--collect.jsz.level=detail."},
};

}  // namespace

const Schema& exporter() {
  static const Schema schema{"prometheus-nats-exporter 0.20.1", "/metrics/exporter", kFamilies, kAbsent, kDeviations};
  return schema;
}

}  // namespace peers

std::string render_exporter(const Snapshot& snapshot, std::string_view prefix, Now now, Format format,
                            const Drain& drain) {
  static const auto places = peers::find_all(peers::exporter().families);
  std::string text;
  Writer out(text, format, drain);
  const peers::Facts facts(snapshot, nullptr, now);
  peers::write(out, facts, peers::exporter().families, places, prefix);
  return text;
}

}  // namespace lookout

// STATSZ, VARZ, HEALTHZ, SUBSZ, CONNZ, IPQUEUESZ; routes, gateways and leaf nodes.
#include "tests/e2e/support/facts.h"

namespace lookout::e2e {
namespace {

using enum Read;
using enum When;

Labels kind(const char* name) {
  return {{"kind", name}};
}

Labels listener(const char* name) {
  return {{"listener", name}};
}

const Source kStatsz{
    .endpoint = "STATSZ",
    .rows = "/statsz",
    .facts = {{"nats_server_start_timestamp_seconds", "/start", time},
              {"nats_server_memory_bytes", "/mem", number, moving},
              {"nats_server_cpu_usage_ratio", "/cpu", percent, moving},
              {"nats_server_cpu_cores", "/cores"},
              {"nats_server_go_max_procs", "/gomaxprocs"},
              {"nats_server_go_memory_limit_bytes", "/gomemlimit", limit},
              {"nats_server_connections", "/connections"},
              {"nats_server_connections_total", "/total_connections"},
              {"nats_server_active_accounts", "/active_accounts"},
              {"nats_server_subscriptions", "/subscriptions"},
              {"nats_server_sent_messages_total", "/sent/msgs"},
              {"nats_server_sent_bytes_total", "/sent/bytes"},
              {"nats_server_received_messages_total", "/received/msgs"},
              {"nats_server_received_bytes_total", "/received/bytes"},
              {"nats_server_client_sent_messages_total", "/sent_to_clients/msgs"},
              {"nats_server_client_sent_bytes_total", "/sent_to_clients/bytes"},
              {"nats_server_client_received_messages_total", "/received_from_clients/msgs"},
              {"nats_server_client_received_bytes_total", "/received_from_clients/bytes"},
              {"nats_server_slow_consumers_total", "/slow_consumers"},
              {"nats_server_known_servers", "/active_servers"}},
};

const Source kVarz{
    .endpoint = "VARZ",
    .rows = "/data",
    .facts =
        {{"nats_server_max_connections", "/max_connections", limit},
         {"nats_server_max_subscriptions", "/max_subscriptions", limit},
         {"nats_server_max_payload_bytes", "/max_payload"},
         {"nats_server_max_pending_bytes", "/max_pending"},
         {"nats_server_max_control_line_bytes", "/max_control_line"},
         {"nats_server_ping_interval_seconds", "/ping_interval", nanoseconds},
         {"nats_server_max_pings_out", "/ping_max"},
         {"nats_server_write_deadline_seconds", "/write_deadline", nanoseconds},
         {"nats_server_auth_timeout_seconds", "/auth_timeout"},
         {"nats_server_tls_timeout_seconds", "/tls_timeout"},
         {"nats_server_auth_required", "/auth_required", flag},
         {"nats_server_tls_required", "/tls_required", flag},
         {"nats_server_tls_verify", "/tls_verify", flag},
         {"nats_server_config_load_timestamp_seconds", "/config_load_time", time},
         {"nats_server_routes", "/routes"},
         {"nats_server_remotes", "/remotes"},
         {"nats_server_leafnodes", "/leafnodes"},
         {"nats_server_stale_connections_total", "/stale_connections"},
         {"nats_server_stalled_clients_total", "/stalled_clients"},
         {"nats_server_pinned_account_failures_total", "/pinned_account_fails", or_zero},
         {"nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/clients", number, steady, kind("client")},
         {"nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/routes", number, steady, kind("router")},
         {"nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/gateways", number, steady, kind("gateway")},
         {"nats_server_slow_consumers_by_kind_total", "/slow_consumer_stats/leafs", number, steady, kind("leafnode")},
         {"nats_server_stale_connections_by_kind_total", "/stale_connection_stats/clients", number, steady,
          kind("client")},
         {"nats_server_stale_connections_by_kind_total", "/stale_connection_stats/routes", number, steady,
          kind("router")},
         {"nats_server_stale_connections_by_kind_total", "/stale_connection_stats/gateways", number, steady,
          kind("gateway")},
         {"nats_server_stale_connections_by_kind_total", "/stale_connection_stats/leafs", number, steady,
          kind("leafnode")},
         {"nats_server_disk_io_waiters", "/disk_io_wait_stats/waiters", number, moving},
         {"nats_server_disk_io_waits_total", "/disk_io_wait_stats/waits"},
         {"nats_server_disk_io_wait_seconds_total", "/disk_io_wait_stats/wait_time", nanoseconds},
         {"nats_server_disk_io_max_wait_seconds", "/disk_io_wait_stats/max_wait_time", nanoseconds},
         {"nats_server_tls_certificate_expiry_timestamp_seconds", "/tls_cert_not_after", time, steady,
          listener("client")},
         {"nats_server_route_pool_size", "/cluster/pool_size"},
         {"nats_server_gateway_connect_retries", "/gateway/connect_retries"}},
};

const Source kHttpRequests{.endpoint = "VARZ",
                           .rows = "/data/http_req_stats/*",
                           .labels = {{"path", "@key"}},
                           .facts = {{"nats_server_http_requests_total", ""}}};

const Source kBuild{.endpoint = "VARZ",
                    .rows = "/data",
                    .labels = {{"version", "/version"}, {"go", "/go"}, {"git_commit", "/git_commit"}},
                    .facts = {{"nats_server_build_info", "", one}}};

const Source kConfiguration{.endpoint = "VARZ",
                            .rows = "/data",
                            .labels = {{"config_digest", "/config_digest"}, {"system_account", "/system_account"}},
                            .facts = {{"nats_server_config_info", "", one}}};

const Source kHealth{
    .endpoint = "HEALTHZ",
    .body = {{"details", true}},
    .rows = "/data",
    .facts = {{"nats_server_healthy", "/status", ok}, {"nats_server_health_status_code", "/status_code"}}};

const Source kHealthErrors{.endpoint = "HEALTHZ",
                           .body = {{"details", true}},
                           .rows = "/data/errors/*",
                           .labels = {{"type", "/type"}},
                           .facts = {{"nats_server_health_errors", "", one}}};

const Source kHealthEnabled{.endpoint = "HEALTHZ",
                            .body = {{"js-enabled-only", true}},
                            .rows = "/data",
                            .facts = {{"nats_server_healthy_jetstream_enabled", "/status", ok}}};

const Source kHealthServer{.endpoint = "HEALTHZ",
                           .body = {{"js-server-only", true}},
                           .rows = "/data",
                           .facts = {{"nats_server_healthy_server", "/status", ok}}};

const Source kHealthMeta{.endpoint = "HEALTHZ",
                         .body = {{"js-meta-only", true}},
                         .rows = "/data",
                         .facts = {{"nats_server_healthy_meta", "/status", ok}},
                         .since = "2.11.0"};

const Source kSubsz{.endpoint = "SUBSZ",
                    .rows = "/data",
                    .facts = {{"nats_server_sublist_subscriptions", "/num_subscriptions"},
                              {"nats_server_sublist_cached_subjects", "/num_cache", number, moving},
                              {"nats_server_sublist_inserts_total", "/num_inserts"},
                              {"nats_server_sublist_removes_total", "/num_removes"},
                              {"nats_server_sublist_matches_total", "/num_matches"},
                              {"nats_server_sublist_cache_hit_ratio", "/cache_hit_rate", number, moving},
                              {"nats_server_sublist_max_fanout", "/max_fanout", number, moving},
                              {"nats_server_sublist_average_fanout", "/avg_fanout", number, moving}}};

const nlohmann::json kAllConnections{{"auth", true}, {"limit", 100000}};

const Source kConnections{.endpoint = "CONNZ",
                          .body = kAllConnections,
                          .rows = "/data/connections/*",
                          .labels = {{"account", "/account"}},
                          .facts = {{"nats_connections_open", "", one},
                                    {"nats_connections_pending_bytes", "/pending_bytes", number, moving},
                                    {"nats_connections_subscriptions", "/subscriptions"},
                                    {"nats_connections_stalls", "/stalls"}}};

const Source kConnectionsByClient{.endpoint = "CONNZ",
                                  .body = kAllConnections,
                                  .rows = "/data/connections/*",
                                  .labels = {{"lang", "/lang"}, {"version", "/version"}},
                                  .facts = {{"nats_connections_by_client", "", one}}};

const Source kConnectionsByTls{.endpoint = "CONNZ",
                               .body = kAllConnections,
                               .rows = "/data/connections/*",
                               .facts = {{"nats_connections_by_tls_version", "", one}}};

const Source kConnectionsTop{.endpoint = "CONNZ",
                             .body = kAllConnections,
                             .rows = "/data/connections/*",
                             .labels = {{"cid", "/cid"}},
                             .facts = {{"nats_connection_top_pending_bytes", "/pending_bytes", number, passing}}};

const Source kQueues{.endpoint = "IPQUEUESZ",
                     .rows = "/data/*",
                     .facts = {{"nats_server_queue_pending", "/pending", number, passing},
                               {"nats_server_queue_in_progress", "/in_progress", or_zero, passing}},
                     .since = "2.10.26"};

// Several connections to one server are one row.
const Source kRouteTraffic{.endpoint = "STATSZ",
                           .rows = "/statsz/routes/*",
                           .labels = {{"remote", "/name"}},
                           .facts = {{"nats_route_sent_messages_total", "/sent/msgs"},
                                     {"nats_route_sent_bytes_total", "/sent/bytes"},
                                     {"nats_route_received_messages_total", "/received/msgs"},
                                     {"nats_route_received_bytes_total", "/received/bytes"},
                                     {"nats_route_pending_bytes", "/pending", number, moving}}};

const Source kRoutes{.endpoint = "ROUTEZ",
                     .rows = "/data/routes/*",
                     .labels = {{"remote", "/remote_name"}},
                     .facts = {{"nats_route_connections", "", one}, {"nats_route_subscriptions", "/subscriptions"}},
                     .since = "2.9.16"};  // no names before

const Source kRouteTimes{.endpoint = "ROUTEZ",
                         .rows = "/data/routes/*",
                         .labels = {{"remote", "/remote_name"}},
                         .facts = {{"nats_route_rtt_seconds", "/rtt", duration, moving},
                                   {"nats_route_last_activity_timestamp_seconds", "/last_activity", time}},
                         .join = Join::highest,
                         .since = "2.9.16"};

const Source kGatewayTraffic{.endpoint = "STATSZ",
                             .rows = "/statsz/gateways/*",
                             .labels = {{"remote_cluster", "/name"}},
                             .facts = {{"nats_gateway_sent_messages_total", "/sent/msgs"},
                                       {"nats_gateway_sent_bytes_total", "/sent/bytes"},
                                       {"nats_gateway_received_messages_total", "/received/msgs"},
                                       {"nats_gateway_received_bytes_total", "/received/bytes"},
                                       {"nats_gateway_inbound_connections", "/inbound_connections"}}};

const Source kOutbound{
    .endpoint = "GATEWAYZ",
    .rows = "/data/outbound_gateways/*",
    .labels = {{"remote_cluster", "@key"}},
    .facts = {{"nats_gateway_outbound_connections", "", one},
              {"nats_gateway_outbound_configured", "/configured", flag},
              {"nats_gateway_outbound_rtt_seconds", "/connection/rtt", duration, moving},
              {"nats_gateway_outbound_pending_bytes", "/connection/pending_bytes", number, moving},
              {"nats_gateway_outbound_received_messages_total", "/connection/in_msgs"},
              {"nats_gateway_outbound_received_bytes_total", "/connection/in_bytes"},
              {"nats_gateway_outbound_sent_messages_total", "/connection/out_msgs"},
              {"nats_gateway_outbound_sent_bytes_total", "/connection/out_bytes"},
              {"nats_gateway_outbound_subscriptions", "/connection/subscriptions"},
              {"nats_gateway_outbound_start_timestamp_seconds", "/connection/start", time},
              {"nats_gateway_outbound_last_activity_timestamp_seconds", "/connection/last_activity", time}}};

const Source kInbound{.endpoint = "GATEWAYZ",
                      .rows = "/data/inbound_gateways/*/*",
                      .labels = {{"remote_cluster", "^@key"}},
                      .facts = {{"nats_gateway_inbound_pending_bytes", "/connection/pending_bytes", number, moving},
                                {"nats_gateway_inbound_received_messages_total", "/connection/in_msgs"},
                                {"nats_gateway_inbound_received_bytes_total", "/connection/in_bytes"},
                                {"nats_gateway_inbound_sent_messages_total", "/connection/out_msgs"},
                                {"nats_gateway_inbound_sent_bytes_total", "/connection/out_bytes"},
                                {"nats_gateway_inbound_subscriptions", "/connection/subscriptions"}}};

const Source kInboundTimes{
    .endpoint = "GATEWAYZ",
    .rows = "/data/inbound_gateways/*/*",
    .labels = {{"remote_cluster", "^@key"}},
    .facts = {{"nats_gateway_inbound_configured", "/configured", flag},
              {"nats_gateway_inbound_rtt_seconds", "/connection/rtt", duration, moving},
              {"nats_gateway_inbound_start_timestamp_seconds", "/connection/start", time},
              {"nats_gateway_inbound_last_activity_timestamp_seconds", "/connection/last_activity", time}},
    .join = Join::highest};

const Source kLeafnodes{.endpoint = "LEAFZ",
                        .rows = "/data/leafs/*",
                        .labels = {{"account", "/account"}, {"remote", "/name"}},
                        .facts = {{"nats_leafnode_connections", "", one},
                                  {"nats_leafnode_rtt_seconds", "/rtt", duration, moving},
                                  {"nats_leafnode_subscriptions", "/subscriptions"},
                                  {"nats_leafnode_isolated", "/is_isolated", stated_flag},
                                  {"nats_leafnode_websocket", "/websocket", stated_flag},
                                  {"nats_leafnode_received_messages_total", "/in_msgs"},
                                  {"nats_leafnode_received_bytes_total", "/in_bytes"},
                                  {"nats_leafnode_sent_messages_total", "/out_msgs"},
                                  {"nats_leafnode_sent_bytes_total", "/out_bytes"}}};

}  // namespace

void add_server_facts(std::vector<Source>& sources) {
  for (const Source* source : {&kStatsz, &kVarz, &kHttpRequests, &kBuild, &kConfiguration, &kHealth, &kHealthErrors,
                               &kHealthEnabled, &kHealthServer, &kHealthMeta, &kSubsz, &kConnections,
                               &kConnectionsByClient, &kConnectionsByTls, &kConnectionsTop, &kQueues}) {
    sources.push_back(*source);
  }
}

void add_link_facts(std::vector<Source>& sources) {
  for (const Source* source :
       {&kRouteTraffic, &kRoutes, &kRouteTimes, &kGatewayTraffic, &kOutbound, &kInbound, &kInboundTimes, &kLeafnodes}) {
    sources.push_back(*source);
  }
}

}  // namespace lookout::e2e

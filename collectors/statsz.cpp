// STATSZ: $SYS.SERVER.<id>.STATSZ, pushed every 10 s (30 s before 2.10.21), and the answer to PING.STATSZ. nats-server
// ServerStats. Left to VARZ: what STATSZ omits while it is zero (slow consumers by kind, stale connections, stalled
// clients), because a counter that is born above zero hides its first increase.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Metric kServer[] = {
    {gauge, "nats_server_memory_bytes", "/mem", "Resident memory of the server process."},
    {gauge, "nats_server_cpu_usage_ratio", "/cpu", "CPU use of the server process; 1 is one core.", As::percent},
    {gauge, "nats_server_cpu_cores", "/cores", "CPU cores the server sees."},
    {gauge, "nats_server_go_max_procs", "/gomaxprocs", "GOMAXPROCS of the server process.", As::number, "", "2.10.28"},
    {gauge, "nats_server_go_memory_limit_bytes", "/gomemlimit",
     "GOMEMLIMIT of the server process; absent when not set.", As::limit, "", "2.10.28"},
    {gauge, "nats_server_connections", "/connections", "Open client connections."},
    {counter, "nats_server_connections_total", "/total_connections",
     "Client connections accepted since the server started."},
    {gauge, "nats_server_active_accounts", "/active_accounts", "Accounts with connections on this server."},
    {gauge, "nats_server_subscriptions", "/subscriptions",
     "Subscriptions of all accounts, the system account's included."},
    {counter, "nats_server_sent_messages_total", "/sent/msgs", "Messages sent to connections of all kinds."},
    {counter, "nats_server_sent_bytes_total", "/sent/bytes", "Bytes sent to connections of all kinds."},
    {counter, "nats_server_received_messages_total", "/received/msgs",
     "Messages received from connections of all kinds."},
    {counter, "nats_server_received_bytes_total", "/received/bytes", "Bytes received from connections of all kinds."},
    {counter, "nats_server_client_sent_messages_total", "/sent_to_clients/msgs", "Messages sent to clients.",
     As::number, "", "2.12.9"},
    {counter, "nats_server_client_sent_bytes_total", "/sent_to_clients/bytes", "Bytes sent to clients.", As::number, "",
     "2.12.9"},
    {counter, "nats_server_client_received_messages_total", "/received_from_clients/msgs",
     "Messages received from clients.", As::number, "", "2.12.9"},
    {counter, "nats_server_client_received_bytes_total", "/received_from_clients/bytes", "Bytes received from clients.",
     As::number, "", "2.12.9"},
    {counter, "nats_server_slow_consumers_total", "/slow_consumers", "Connections found to be slow consumers."},
    {gauge, "nats_server_known_servers", "/active_servers",
     "Servers this server believes to be alive; too high for minutes after a crash."},
};

constexpr Label kRemote[] = {{"remote", "/name"}};
constexpr Metric kRoutes[] = {
    {counter, "nats_route_sent_messages_total", "/sent/msgs",
     "Messages sent over the routes to one remote server, pooled connections added up."},
    {counter, "nats_route_sent_bytes_total", "/sent/bytes", "Bytes sent over the routes to one remote server."},
    {counter, "nats_route_received_messages_total", "/received/msgs",
     "Messages received over the routes from one remote server."},
    {counter, "nats_route_received_bytes_total", "/received/bytes",
     "Bytes received over the routes from one remote server."},
    {gauge, "nats_route_pending_bytes", "/pending", "Bytes waiting to be sent over the routes to one remote server."},
};

constexpr Label kRemoteCluster[] = {{"remote_cluster", "/name"}};
constexpr Metric kGateways[] = {
    {counter, "nats_gateway_sent_messages_total", "/sent/msgs", "Messages sent to one remote cluster."},
    {counter, "nats_gateway_sent_bytes_total", "/sent/bytes", "Bytes sent to one remote cluster."},
    {counter, "nats_gateway_received_messages_total", "/received/msgs", "Messages received from one remote cluster."},
    {counter, "nats_gateway_received_bytes_total", "/received/bytes", "Bytes received from one remote cluster."},
    {gauge, "nats_gateway_inbound_connections", "/inbound_connections",
     "Gateway connections accepted from one remote cluster."},
};

constexpr Metric kJetStreamConfig[] = {
    {gauge, "nats_server_jetstream_max_memory_bytes", "/max_memory",
     "Memory that JetStream may use; absent when unlimited.", As::limit},
    {gauge, "nats_server_jetstream_max_storage_bytes", "/max_storage",
     "Disk that JetStream may use; absent when unlimited.", As::limit},
    {gauge, "nats_server_jetstream_sync_interval_seconds", "/sync_interval", "Interval of file synchronisation.",
     As::nanoseconds, "", "2.10.0"},
};

constexpr Metric kJetStreamStats[] = {
    {gauge, "nats_server_jetstream_memory_bytes", "/memory", "Memory used by JetStream on this server."},
    {gauge, "nats_server_jetstream_storage_bytes", "/storage", "Disk used by JetStream on this server."},
    {gauge, "nats_server_jetstream_reserved_memory_bytes", "/reserved_memory",
     "Memory reserved by streams and accounts; absent when unlimited.", As::limit},
    {gauge, "nats_server_jetstream_reserved_storage_bytes", "/reserved_storage",
     "Disk reserved by streams and accounts; absent when unlimited.", As::limit},
    {gauge, "nats_server_jetstream_accounts", "/accounts", "Accounts with JetStream on this server."},
    {gauge, "nats_server_jetstream_ha_assets", "/ha_assets", "Raft nodes on this server, the meta group included."},
    {gauge, "nats_server_jetstream_api_level", "/api/level", "JetStream API level.", As::number, "", "2.11.0"},
    {counter, "nats_server_jetstream_api_requests_total", "/api/total", "JetStream API requests handled."},
    {counter, "nats_server_jetstream_api_errors_total", "/api/errors", "JetStream API requests that failed."},
};

constexpr Metric kJetStreamApi[] = {
    {gauge, "nats_server_jetstream_api_inflight", "/inflight", "JetStream API requests in work.", As::number_or_0},
};

constexpr Metric kJetStreamLimits[] = {
    {gauge, "nats_server_jetstream_max_request_batch", "/max_request_batch",
     "Largest batch a pull consumer may ask for.", As::limit, "", "2.11.0"},
    {gauge, "nats_server_jetstream_max_ack_pending", "/max_ack_pending", "Largest max_ack_pending a consumer may have.",
     As::limit, "", "2.11.0"},
    {gauge, "nats_server_jetstream_max_ha_assets", "/max_ha_assets", "Raft nodes this server accepts.", As::limit, "",
     "2.11.0"},
    {gauge, "nats_server_jetstream_max_duplicate_window_seconds", "/max_duplicate_window", "Largest duplicate window.",
     As::nanoseconds, "", "2.11.0"},
    {gauge, "nats_server_jetstream_max_batch_inflight_per_stream", "/max_batch_inflight_per_stream",
     "Open atomic batches a stream may have.", As::limit, "", "2.12.0"},
    {gauge, "nats_server_jetstream_max_batch_inflight", "/max_batch_inflight_total",
     "Open atomic batches the server may have.", As::limit, "", "2.12.0"},
    {gauge, "nats_server_jetstream_max_batch_messages", "/max_batch_size", "Messages an atomic batch may have.",
     As::limit, "", "2.12.0"},
    {gauge, "nats_server_jetstream_max_batch_timeout_seconds", "/max_batch_timeout",
     "Time an atomic batch may stay open.", As::nanoseconds, "", "2.12.0"},
    {gauge, "nats_server_jetstream_default_max_consumers", "/default_max_consumers",
     "Default limit of consumers for a stream.", As::limit, "", "2.15.0"},
};

// The meta group is one fact of the domain, told by its leader.
constexpr Metric kMeta[] = {
    {gauge, "nats_meta_has_leader", "", "1 while the meta group has a leader, 0 while its members know of none.",
     As::leads},
    {gauge, "nats_meta_cluster_size", "/cluster_size", "Members of the meta group."},
    {gauge, "nats_meta_quorum_needed", "/quorum_needed", "Members needed for a decision.", As::number, "", "2.15.0"},
    {gauge, "nats_meta_rescue", "/rescue", "1 while the meta group runs with a lowered quorum, else absent.", As::flag,
     "", "2.15.0"},
};

// Present in the meta leader's STATSZ only; followers leave the list out.
constexpr Label kPeer[] = {{"peer", "/name"}};
constexpr Metric kMetaPeers[] = {
    {gauge, "nats_meta_peer_current", "/current", "1 when the peer has caught up, as the meta leader sees it.",
     As::flag},
    {gauge, "nats_meta_peer_offline", "/offline", "1 when the peer is gone, as the meta leader sees it.",
     As::flag_or_0},
    {gauge, "nats_meta_peer_last_contact_seconds", "/active", "Time since the meta leader heard of the peer.",
     As::nanoseconds},
    {gauge, "nats_meta_peer_lag", "/lag", "Log entries the peer is behind the meta leader.", As::number_or_0},
    {gauge, "nats_meta_peer_pending", "/pending", "1 while the peer is joining or leaving, else absent.", As::flag, "",
     "2.15.0"},
};

// Every member's own part in it.
constexpr Metric kMember[] = {
    {gauge, "nats_server_meta_leader", "", "1 on the leader of the meta group.", As::leads},
    {gauge, "nats_server_meta_pending", "/pending", "Meta group operations waiting on this server.", As::number, "",
     "2.10.21"},
    {gauge, "nats_server_meta_pending_requests", "/pending_requests", "Requests waiting for the meta group.",
     As::number, "", "2.14.0"},
    {gauge, "nats_server_meta_pending_infos", "/pending_infos", "Info requests waiting for the meta group.", As::number,
     "", "2.14.0"},
    {gauge, "nats_server_meta_snapshot_pending_entries", "/snapshot/pending_entries",
     "Log entries since this server's last meta snapshot.", As::number, "", "2.11.11"},
    {gauge, "nats_server_meta_snapshot_pending_bytes", "/snapshot/pending_size",
     "Bytes of log since this server's last meta snapshot.", As::number, "", "2.11.11"},
    {gauge, "nats_server_meta_snapshot_last_timestamp_seconds", "/snapshot/last_time",
     "When this server made its last meta snapshot.", As::timestamp, "", "2.11.11"},
    {gauge, "nats_server_meta_snapshot_last_duration_seconds", "/snapshot/last_duration",
     "How long its last meta snapshot took.", As::nanoseconds, "", "2.11.11"},
};

// For the peers' schemas: each route and gateway by itself, and whom a server takes for the leader of the meta group.
constexpr Label kRouteLink[] = {{"remote", "/name"}, {"rid", "/rid"}};
constexpr Label kGatewayLink[] = {{"remote_cluster", "/name"}, {"gwid", "/gwid"}};
constexpr Label kMetaGroup[] = {{"leader", "/leader"}, {"name", "/name"}};
constexpr Metric kMetaView[] = {
    {gauge, "nats_server_meta_group", "", "Always 1.", As::one},
    {gauge, "nats_server_meta_group_size", "/cluster_size", "Members of the meta group."},
    {gauge, "nats_server_meta_group_quorum_needed", "/quorum_needed", "Members needed for a decision."},
    {gauge, "nats_server_meta_group_replicas", "/replicas", "Members that the leader lists.", As::count},
};

constexpr Section kSections[] = {
    {.path = "/statsz", .labels = {}, .metrics = kServer},
    {.path = "/statsz/routes", .labels = kRemote, .metrics = kRoutes, .fold = true},
    {.path = "/statsz/gateways", .labels = kRemoteCluster, .metrics = kGateways, .fold = true},
    {.path = "/statsz/jetstream/config", .labels = {}, .metrics = kJetStreamConfig},
    {.path = "/statsz/jetstream/stats", .labels = {}, .metrics = kJetStreamStats},
    {.path = "/statsz/jetstream/stats/api", .labels = {}, .metrics = kJetStreamApi},
    {.path = "/statsz/jetstream/limits", .labels = {}, .metrics = kJetStreamLimits},
    {.path = "/statsz/jetstream/meta", .labels = {}, .metrics = kMeta, .of = Of::domain, .leader = "/leader"},
    {.path = "/statsz/jetstream/meta/replicas",
     .labels = kPeer,
     .metrics = kMetaPeers,
     .of = Of::domain,
     .fold = true,
     .leader = "//statsz/jetstream/meta/leader"},
    {.path = "/statsz/jetstream/meta", .labels = {}, .metrics = kMember, .leader = "/leader", .followers = true},
    {.path = "/statsz/routes", .labels = kRouteLink, .metrics = kRoutes, .rows = 4096, .native = false},
    {.path = "/statsz/gateways", .labels = kGatewayLink, .metrics = kGateways, .native = false},
    {.path = "/statsz/jetstream/meta", .labels = kMetaGroup, .metrics = kMetaView, .native = false},
};
static_assert(well_formed(kSections));

}  // namespace

const Collector kStatsz{.name = "statsz", .endpoint = "STATSZ", .sections = kSections};

}  // namespace lookout

// nats-surveyor 0.9.9.
#include <algorithm>
#include <unordered_set>

#include "exporters/peers.h"

namespace lookout {
namespace peers {
namespace {

constexpr const char* kGauge = "gauge";
constexpr const char* kCounter = "counter";
constexpr double kPercent = 100;
constexpr double kNanoseconds = 1e9;

constexpr PeerLabel kServer[] = {
    {"server_cluster", From::cluster}, {"server_name", From::server_name}, {"server_id", From::server_id}};
constexpr PeerLabel kInfo[] = {{"server_cluster", From::cluster},
                               {"server_name", From::server_name},
                               {"server_id", From::server_id},
                               {"server_version", From::version}};
constexpr PeerLabel kRoute[] = {{"server_cluster", From::cluster},
                                {"server_name", From::server_name},
                                {"server_id", From::server_id},
                                {"server_route_name", From::row, "remote"},
                                {"server_route_name_id", From::row, "rid"}};
constexpr PeerLabel kGateway[] = {{"server_cluster", From::cluster},
                                  {"server_name", From::server_name},
                                  {"server_id", From::server_id},
                                  {"server_gateway_name", From::row, "remote_cluster"},
                                  {"server_gateway_name_id", From::row, "gwid"}};
constexpr PeerLabel kJetStream[] = {
    {"server_id", From::server_id}, {"server_name", From::server_name}, {"cluster_name", From::cluster}};
constexpr PeerLabel kJetStreamInfo[] = {{"server_name", From::server_name},
                                        {"server_host", From::host},
                                        {"server_id", From::server_id},
                                        {"server_cluster", From::cluster},
                                        {"server_domain", From::domain_or_default},
                                        {"server_version", From::version},
                                        {"server_jetstream", From::jetstream}};
constexpr PeerLabel kMetaGroup[] = {{"jetstream_domain", From::domain_or_default},
                                    {"raft_group", From::constant, "_meta_"},
                                    {"server_id", From::server_id},
                                    {"server_name", From::server_name},
                                    {"cluster_name", From::cluster},
                                    {"leader", From::meta_leader}};
constexpr PeerLabel kMetaPeer[] = {{"server_id", From::server_id},
                                   {"server_name", From::server_name},
                                   {"peer", From::row, "peer"},
                                   {"cluster_name", From::cluster}};
constexpr PeerLabel kGatewayConnection[] = {
    {"server_id", From::server_id},         {"server_name", From::server_name},
    {"gateway_name", From::cluster},        {"remote_gateway_name", From::row, "remote_cluster"},
    {"gateway_id", From::row, "remote_id"}, {"cid", From::row, "cid"}};
constexpr PeerLabel kServerAccount[] = {{"server_cluster", From::cluster},
                                        {"server_name", From::server_name},
                                        {"server_id", From::server_id},
                                        {"account", From::row, "account"},
                                        {"account_name", From::account_name, "account"}};
constexpr PeerLabel kAccount[] = {{"account", From::row, "account"}, {"account_name", From::account_name, "account"}};
constexpr PeerLabel kTier[] = {{"account", From::row, "account"},
                               {"account_name", From::account_name, "account"},
                               {"tier", From::tier, "nats_stream_replicas"}};
constexpr PeerLabel kAccountStream[] = {{"account", From::row, "account"},
                                        {"account_name", From::account_name, "account"},
                                        {"stream", From::row, "stream"},
                                        {"raft_group", From::row, "raft_group"}};
constexpr PeerLabel kStream[] = {{"account", From::row, "account"}, {"account_name", From::account_name, "account"},
                                 {"cluster_name", From::cluster},   {"raft_group", From::row, "raft_group"},
                                 {"server_id", From::server_id},    {"server_name", From::server_name},
                                 {"stream", From::row, "stream"},   {"stream_leader", From::server_name}};
constexpr PeerLabel kConsumer[] = {
    {"account", From::row, "account"},        {"account_name", From::account_name, "account"},
    {"cluster_name", From::cluster},          {"raft_group", From::row, "raft_group"},
    {"server_id", From::server_id},           {"server_name", From::server_name},
    {"stream", From::row, "stream"},          {"stream_leader", From::row, "stream_leader"},
    {"consumer_name", From::row, "consumer"}, {"consumer_leader", From::server_name}};
constexpr PeerLabel kClient[] = {{"name", From::constant, "nats-lookout"}};
constexpr PeerLabel kTimeout[] = {{"timeout", From::constant, "round"}};

double one(const ServerView& /*server*/, const Facts& /*facts*/) {
  return 1;
}

double start_time(const ServerView& server, const Facts& /*facts*/) {
  return server.start == Wall{} ? Part::kAbsent : static_cast<double>(server.start.time_since_epoch().count());
}

double uptime(const ServerView& server, const Facts& facts) {
  return server.start == Wall{} ? Part::kAbsent : std::max(0.0, seconds(facts.now.wall - server.start));
}

double rtt(const ServerView& server, const Facts& facts) {
  const LinkView& link = facts.snapshot.link;
  return link.connected && server.name == link.server_name ? facts.instruments->rtt_seconds.Value() : Part::kAbsent;
}

double jetstream_enabled(const ServerView& server, const Facts& /*facts*/) {
  return server.jetstream ? 1 : 0;
}

double leads_meta_group(const ServerView& server, const Facts& facts) {
  const auto found = facts.meta_leaders.find(&server);
  return found == facts.meta_leaders.end() ? Part::kAbsent : found->second == server.name ? 1 : 0;
}

double has_meta_group(const ServerView& server, const Facts& facts) {
  return facts.meta_leaders.contains(&server) ? 1 : Part::kAbsent;
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

double account_count(const Facts& facts) {
  std::unordered_set<AccountIndex> seen;
  for (const auto& server : facts.snapshot.servers) {
    for (const AccountConnections& account : server->accounts) seen.insert(account.account);
  }
  return static_cast<double>(seen.size());
}

// Of the rounds that ask for STATSZ.
template <std::uint64_t RoundView::*value>
double survey(const Facts& facts) {
  const auto all = collectors();
  const auto& rounds = facts.snapshot.rounds;
  for (std::size_t i = 0; i < std::min(all.size(), rounds.size()); ++i) {
    if (std::string_view(all[i].name) == "statsz") return static_cast<double>(rounds[i].*value);
  }
  return Part::kAbsent;
}

double up(const Facts& facts) {
  return facts.snapshot.link.connected && facts.snapshot.link.identity == Identity::system ? 1 : 0;
}

double poll_errors(const Facts& facts) {
  return facts.instruments->requests_dropped.Value();
}

double reconnects(const Facts& facts) {
  return std::max(0.0, facts.instruments->connects.Value() - 1);
}

double duration_sum(const Facts& facts) {
  return facts.instruments->batch_seconds.Collect().histogram.sample_sum;
}

double duration_count(const Facts& facts) {
  return static_cast<double>(facts.instruments->batch_seconds.Collect().histogram.sample_count);
}

constexpr const char* kSentBytes[] = {"nats_account_route_sent_bytes_total", "nats_account_gateway_sent_bytes_total",
                                      "nats_account_leafnode_sent_bytes_total"};
constexpr const char* kReceivedBytes[] = {"nats_account_route_received_bytes_total",
                                          "nats_account_gateway_received_bytes_total",
                                          "nats_account_leafnode_received_bytes_total"};
constexpr const char* kSentMessages[] = {"nats_account_route_sent_messages_total",
                                         "nats_account_gateway_sent_messages_total",
                                         "nats_account_leafnode_sent_messages_total"};
constexpr const char* kReceivedMessages[] = {"nats_account_route_received_messages_total",
                                             "nats_account_gateway_received_messages_total",
                                             "nats_account_leafnode_received_messages_total"};

// The clients' part of an account's traffic.
constexpr PeerFamily clients_part(const char* name, const char* total, std::span<const char* const> minus) {
  PeerFamily out{name, kCounter, kServerAccount, total};
  out.minus = minus;
  return out;
}

constexpr PeerFamily gatewayz(const char* name, const char* metric) {
  return {name, kGauge, kGatewayConnection, metric};
}

constexpr PeerFamily gatewayz_age(const char* name, const char* metric) {
  PeerFamily out = gatewayz(name, metric);
  out.shown = Shown::age;
  return out;
}

constexpr Source rows(const char* metric, const char* label, const char* value) {
  return {metric, "", label, value};
}

constexpr PeerFamily kFamilies[] = {
    // the survey itself
    {"nats_up", kGauge, {}, up},
    {"nats_survey_surveyed_count", kGauge, {}, survey<&RoundView::answered>},
    {"nats_survey_expected_count", kGauge, {}, survey<&RoundView::expected>},
    {"nats_survey_duration_seconds", "summary", {}, duration_sum, 1, Fold::newest, "_sum"},
    {"nats_survey_duration_seconds", "summary", {}, duration_count, 1, Fold::newest, "_count"},
    {"nats_survey_poll_error_count", kCounter, {}, poll_errors},
    {"nats_survey_late_replies_count", kCounter, kTimeout, survey<&RoundView::late_total>},
    {"nats_survey_nats_reconnects", kCounter, kClient, reconnects},
    // STATSZ
    {"nats_core_info", kGauge, kInfo, one},
    {"nats_core_start_time", kGauge, kServer, start_time},
    {"nats_core_uptime", kGauge, kServer, uptime},
    {"nats_core_rtt_nanoseconds", kGauge, kServer, rtt, kNanoseconds},
    {"nats_core_mem_bytes", kGauge, kServer, "nats_server_memory_bytes"},
    {"nats_core_go_memlimit_bytes", kGauge, kServer, "nats_server_go_memory_limit_bytes"},
    {"nats_core_core_count", kGauge, kServer, "nats_server_cpu_cores"},
    {"nats_core_cpu_percentage", kGauge, kServer, "nats_server_cpu_usage_ratio", kPercent},
    {"nats_core_connection_count", kGauge, kServer, "nats_server_connections"},
    {"nats_core_total_connection_count", kCounter, kServer, "nats_server_connections_total"},
    {"nats_core_active_account_count", kGauge, kServer, "nats_server_active_accounts"},
    {"nats_core_subs_count", kGauge, kServer, "nats_server_subscriptions"},
    {"nats_core_sent_msgs_count", kCounter, kServer, "nats_server_sent_messages_total"},
    {"nats_core_sent_bytes", kCounter, kServer, "nats_server_sent_bytes_total"},
    {"nats_core_recv_msgs_count", kCounter, kServer, "nats_server_received_messages_total"},
    {"nats_core_recv_bytes", kCounter, kServer, "nats_server_received_bytes_total"},
    {"nats_core_slow_consumer_count", kGauge, kServer, "nats_server_slow_consumers_total"},
    {"nats_core_route_count", kGauge, kServer, rows("nats_route_pending_bytes", "rid", ""), 1, Fold::count},
    {"nats_core_gateway_count", kGauge, kServer, rows("nats_gateway_sent_bytes_total", "gwid", ""), 1, Fold::count},
    {"nats_core_route_sent_msg_count", kCounter, kRoute, "nats_route_sent_messages_total"},
    {"nats_core_route_sent_bytes", kCounter, kRoute, "nats_route_sent_bytes_total"},
    {"nats_core_route_recv_msg_count", kCounter, kRoute, "nats_route_received_messages_total"},
    {"nats_core_route_recv_bytes", kCounter, kRoute, "nats_route_received_bytes_total"},
    {"nats_core_route_pending_bytes", kGauge, kRoute, "nats_route_pending_bytes"},
    {"nats_core_gateway_sent_msgs_count", kCounter, kGateway, "nats_gateway_sent_messages_total"},
    {"nats_core_gateway_sent_bytes", kCounter, kGateway, "nats_gateway_sent_bytes_total"},
    {"nats_core_gateway_recv_msg_count", kCounter, kGateway, "nats_gateway_received_messages_total"},
    {"nats_core_gateway_recv_bytes", kCounter, kGateway, "nats_gateway_received_bytes_total"},
    {"nats_core_gateway_inbound_msg_count", kGauge, kGateway, "nats_gateway_inbound_connections"},
    {"nats_core_jetstream_info", kGauge, kJetStreamInfo, one},
    {"nats_core_jetstream_enabled", kGauge, kJetStream, jetstream_enabled},
    {"nats_core_jetstream_filestore_size_bytes", kGauge, kJetStream, "nats_server_jetstream_max_storage_bytes"},
    {"nats_core_jetstream_memstore_size_bytes", kGauge, kJetStream, "nats_server_jetstream_max_memory_bytes"},
    {"nats_core_jetstream_filestore_used_bytes", kGauge, kJetStream, "nats_server_jetstream_storage_bytes"},
    {"nats_core_jetstream_filestore_reserved_bytes", kGauge, kJetStream,
     "nats_server_jetstream_reserved_storage_bytes"},
    {"nats_core_jetstream_memstore_used_bytes", kGauge, kJetStream, "nats_server_jetstream_memory_bytes"},
    {"nats_core_jetstream_memstore_reserved_bytes", kGauge, kJetStream, "nats_server_jetstream_reserved_memory_bytes"},
    {"nats_core_jetstream_accounts", kGauge, kJetStream, "nats_server_jetstream_accounts"},
    {"nats_core_jetstream_ha_assets", kGauge, kJetStream, "nats_server_jetstream_ha_assets"},
    {"nats_core_jetstream_api_requests", kCounter, kJetStream, "nats_server_jetstream_api_requests_total"},
    {"nats_core_jetstream_api_errors", kCounter, kJetStream, "nats_server_jetstream_api_errors_total"},
    {"nats_core_jetstream_api_pending", kGauge, kJetStream, "nats_server_meta_pending"},
    {"nats_core_jetstream_cluster_raft_group_info", kGauge, kMetaGroup, has_meta_group},
    {"nats_core_jetstream_cluster_raft_group_size", kGauge, kJetStream, "nats_server_meta_group_size"},
    {"nats_core_jetstream_cluster_raft_group_leader", kGauge, kJetStream, leads_meta_group},
    {"nats_core_jetstream_cluster_raft_group_replicas", kGauge, kJetStream, "nats_server_meta_group_replicas"},
    {"nats_core_jetstream_cluster_raft_group_replica_peer_active", kGauge, kMetaPeer,
     "nats_meta_peer_last_contact_seconds", kNanoseconds},
    {"nats_core_jetstream_cluster_raft_group_replica_peer_current", kGauge, kMetaPeer, "nats_meta_peer_current"},
    {"nats_core_jetstream_cluster_raft_group_replica_peer_offline", kGauge, kMetaPeer, "nats_meta_peer_offline"},
    // GATEWAYZ
    gatewayz("nats_core_gatewayz_outbound_gateway_configured", "nats_gateway_outbound_configured"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_last_activity_seconds",
             "nats_gateway_outbound_last_activity_timestamp_seconds"),
    gatewayz_age("nats_core_gatewayz_outbound_gateway_conn_uptime_seconds",
                 "nats_gateway_outbound_start_timestamp_seconds"),
    gatewayz_age("nats_core_gatewayz_outbound_gateway_conn_idle_seconds",
                 "nats_gateway_outbound_last_activity_timestamp_seconds"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_rtt", "nats_gateway_outbound_rtt_seconds"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_pending_bytes", "nats_gateway_outbound_pending_bytes"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_in_msgs", "nats_gateway_outbound_received_messages_total"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_out_msgs", "nats_gateway_outbound_sent_messages_total"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_in_bytes", "nats_gateway_outbound_received_bytes_total"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_out_bytes", "nats_gateway_outbound_sent_bytes_total"),
    gatewayz("nats_core_gatewayz_outbound_gateway_conn_subscriptions", "nats_gateway_outbound_subscriptions"),
    gatewayz("nats_core_gatewayz_inbound_gateway_configured", "nats_gateway_inbound_configured"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_last_activity_seconds",
             "nats_gateway_inbound_last_activity_timestamp_seconds"),
    gatewayz_age("nats_core_gatewayz_inbound_gateway_conn_uptime_seconds",
                 "nats_gateway_inbound_start_timestamp_seconds"),
    gatewayz_age("nats_core_gatewayz_inbound_gateway_conn_idle_seconds",
                 "nats_gateway_inbound_last_activity_timestamp_seconds"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_rtt", "nats_gateway_inbound_rtt_seconds"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_pending_bytes", "nats_gateway_inbound_pending_bytes"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_in_msgs", "nats_gateway_inbound_received_messages_total"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_out_msgs", "nats_gateway_inbound_sent_messages_total"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_in_bytes", "nats_gateway_inbound_received_bytes_total"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_out_bytes", "nats_gateway_inbound_sent_bytes_total"),
    gatewayz("nats_core_gatewayz_inbound_gateway_conn_subscriptions", "nats_gateway_inbound_subscriptions"),
    // RAFTZ
    {"nats_core_raftz_meta_committed", kGauge, kJetStream, rows("nats_raft_group_committed_index", "group", "_meta_")},
    {"nats_core_raftz_meta_applied", kGauge, kJetStream, rows("nats_raft_group_applied_index", "group", "_meta_")},
    {"nats_core_raftz_meta_pindex", kGauge, kJetStream, rows("nats_raft_group_log_index", "group", "_meta_")},
    // ACCOUNT STATZ
    {"nats_core_account_count", kGauge, {}, account_count},
    {"nats_core_account_conn_count", kGauge, kServerAccount, clients},
    {"nats_core_account_total_conn_count", kGauge, kServerAccount, clients_and_leafnodes},
    {"nats_core_account_leaf_count", kGauge, kServerAccount, leafnodes},
    {"nats_core_account_sub_count", kGauge, kServerAccount, "nats_account_subscriptions"},
    {"nats_core_account_slow_consumer_count", kGauge, kServerAccount, "nats_account_slow_consumers_total"},
    {"nats_core_account_bytes_sent", kCounter, kServerAccount, "nats_account_sent_bytes_total"},
    {"nats_core_account_bytes_recv", kCounter, kServerAccount, "nats_account_received_bytes_total"},
    {"nats_core_account_msgs_sent", kCounter, kServerAccount, "nats_account_sent_messages_total"},
    {"nats_core_account_msgs_recv", kCounter, kServerAccount, "nats_account_received_messages_total"},
    clients_part("nats_core_account_client_bytes_sent", "nats_account_sent_bytes_total", kSentBytes),
    clients_part("nats_core_account_client_bytes_recv", "nats_account_received_bytes_total", kReceivedBytes),
    clients_part("nats_core_account_client_msgs_sent", "nats_account_sent_messages_total", kSentMessages),
    clients_part("nats_core_account_client_msgs_recv", "nats_account_received_messages_total", kReceivedMessages),
    {"nats_core_account_leaf_bytes_sent", kCounter, kServerAccount, "nats_account_leafnode_sent_bytes_total"},
    {"nats_core_account_leaf_bytes_recv", kCounter, kServerAccount, "nats_account_leafnode_received_bytes_total"},
    {"nats_core_account_leaf_msgs_sent", kCounter, kServerAccount, "nats_account_leafnode_sent_messages_total"},
    {"nats_core_account_leaf_msgs_recv", kCounter, kServerAccount, "nats_account_leafnode_received_messages_total"},
    {"nats_core_account_route_bytes_sent", kCounter, kServerAccount, "nats_account_route_sent_bytes_total"},
    {"nats_core_account_route_bytes_recv", kCounter, kServerAccount, "nats_account_route_received_bytes_total"},
    {"nats_core_account_route_msgs_sent", kCounter, kServerAccount, "nats_account_route_sent_messages_total"},
    {"nats_core_account_route_msgs_recv", kCounter, kServerAccount, "nats_account_route_received_messages_total"},
    {"nats_core_account_gateway_bytes_sent", kCounter, kServerAccount, "nats_account_gateway_sent_bytes_total"},
    {"nats_core_account_gateway_bytes_recv", kCounter, kServerAccount, "nats_account_gateway_received_bytes_total"},
    {"nats_core_account_gateway_msgs_sent", kCounter, kServerAccount, "nats_account_gateway_sent_messages_total"},
    {"nats_core_account_gateway_msgs_recv", kCounter, kServerAccount, "nats_account_gateway_received_messages_total"},
    // JSZ
    {"nats_core_jetstream_server_jetstream_disabled", kGauge, kJetStream, "nats_server_jetstream_disabled"},
    {"nats_core_jetstream_server_total_streams", kGauge, kJetStream, "nats_server_jetstream_streams"},
    {"nats_core_jetstream_server_total_consumers", kGauge, kJetStream, "nats_server_jetstream_consumers"},
    {"nats_core_jetstream_server_total_stream_leaders", kGauge, kJetStream, "nats_server_jetstream_streams_led"},
    {"nats_core_jetstream_server_total_consumer_leaders", kGauge, kJetStream, "nats_server_jetstream_consumers_led"},
    {"nats_core_jetstream_server_total_messages", kGauge, kJetStream, "nats_server_jetstream_messages"},
    {"nats_core_jetstream_server_total_message_bytes", kGauge, kJetStream, "nats_server_jetstream_message_bytes"},
    {"nats_core_jetstream_server_max_memory", kGauge, kJetStream, "nats_server_jetstream_max_memory_bytes"},
    {"nats_core_jetstream_server_max_storage", kGauge, kJetStream, "nats_server_jetstream_max_storage_bytes"},
    {"nats_core_jetstream_meta_snapshot_pending_entries", kGauge, kJetStream,
     "nats_server_meta_snapshot_pending_entries"},
    {"nats_core_jetstream_meta_snapshot_pending_bytes", kGauge, kJetStream, "nats_server_meta_snapshot_pending_bytes"},
    {"nats_core_jetstream_meta_snapshot_last_duration_seconds", kGauge, kJetStream,
     "nats_server_meta_snapshot_last_duration_seconds"},
    {"nats_core_jetstream_meta_snapshot_last_timestamp_seconds", kGauge, kJetStream,
     "nats_server_meta_snapshot_last_timestamp_seconds"},
    {"nats_core_account_jetstream_enabled", kGauge, kAccount, "nats_account_jetstream_enabled"},
    {"nats_core_account_jetstream_memory_used", kGauge, kAccount, "nats_account_jetstream_memory_bytes", 1, Fold::sum},
    {"nats_core_account_jetstream_storage_used", kGauge, kAccount, "nats_account_jetstream_storage_bytes", 1,
     Fold::sum},
    {"nats_core_account_jetstream_memory_reserved", kGauge, kAccount, "nats_account_jetstream_reserved_memory_bytes", 1,
     Fold::sum},
    {"nats_core_account_jetstream_storage_reserved", kGauge, kAccount, "nats_account_jetstream_reserved_storage_bytes",
     1, Fold::sum},
    {"nats_core_account_jetstream_tiered_memory_used", kGauge, kTier, rows("nats_stream_bytes", "storage", "memory"), 1,
     Fold::sum},
    {"nats_core_account_jetstream_tiered_memory_reserved", kGauge, kTier,
     rows("nats_stream_max_bytes", "storage", "memory"), 1, Fold::sum},
    {"nats_core_account_jetstream_tiered_storage_used", kGauge, kTier, rows("nats_stream_bytes", "storage", "file"), 1,
     Fold::sum},
    {"nats_core_account_jetstream_tiered_storage_reserved", kGauge, kTier,
     rows("nats_stream_max_bytes", "storage", "file"), 1, Fold::sum},
    {"nats_core_account_jetstream_stream_count", kGauge, kAccount, "nats_stream_has_leader", 1, Fold::sum},
    {"nats_core_account_jetstream_consumer_count", kGauge, kAccountStream, "nats_stream_consumers"},
    {"nats_core_account_jetstream_replica_count", kGauge, kAccountStream, "nats_stream_replicas"},
    {"nats_stream_total_messages", kGauge, kStream, "nats_stream_messages"},
    {"nats_stream_total_bytes", kGauge, kStream, "nats_stream_bytes"},
    {"nats_stream_first_seq", kGauge, kStream, "nats_stream_first_sequence"},
    {"nats_stream_last_seq", kGauge, kStream, "nats_stream_last_sequence"},
    {"nats_stream_consumer_count", kGauge, kStream, "nats_stream_consumers"},
    {"nats_stream_subject_count", kGauge, kStream, "nats_stream_subjects"},
    {"nats_consumer_delivered_consumer_seq", kGauge, kConsumer, "nats_consumer_delivered_consumer_sequence"},
    {"nats_consumer_delivered_stream_seq", kGauge, kConsumer, "nats_consumer_delivered_stream_sequence"},
    {"nats_consumer_num_ack_pending", kGauge, kConsumer, "nats_consumer_ack_pending_messages"},
    {"nats_consumer_num_redelivered", kGauge, kConsumer, "nats_consumer_redelivered_messages"},
    {"nats_consumer_num_waiting", kGauge, kConsumer, "nats_consumer_waiting_requests"},
    {"nats_consumer_num_pending", kGauge, kConsumer, "nats_consumer_pending_messages"},
    {"nats_consumer_ack_floor_stream_seq", kGauge, kConsumer, "nats_consumer_ack_floor_stream_sequence"},
    {"nats_consumer_ack_floor_consumer_seq", kGauge, kConsumer, "nats_consumer_ack_floor_consumer_sequence"},
};

constexpr const char* kAccountAdvisory =
    "The advisory is published in the stream's own account, which the system account does not hear.";
constexpr const char* kEventLog =
    "The system account hears of it; it stands in the event log and is not counted by stream.";
constexpr const char* kLatency =
    "Latency is measured in the account of the service, which the system account does not hear.";
constexpr const char* kHandler =
    "Of that program's own HTTP handler; the agent's are nats_lookout_http_requests_total.";

constexpr Absent kAbsent[] = {
    {"nats_survey_no_replies_count", "Who did not answer is named instead: nats_lookout_poll_missing."},
    {"nats_jetstream_acknowledgement_deliveries", kAccountAdvisory},
    {"nats_jetstream_acknowledgement_duration", kAccountAdvisory},
    {"nats_jetstream_advisory_count", kAccountAdvisory},
    {"nats_jetstream_advisory_parse_errors", kAccountAdvisory},
    {"nats_jetstream_api_audit", kAccountAdvisory},
    {"nats_jetstream_consumer_actions", kAccountAdvisory},
    {"nats_jetstream_consumer_leader_elected", kEventLog},
    {"nats_jetstream_consumer_nak", kAccountAdvisory},
    {"nats_jetstream_consumer_quorum_lost", kEventLog},
    {"nats_jetstream_delivery_exceeded_count", kAccountAdvisory},
    {"nats_jetstream_delivery_terminated_count", kAccountAdvisory},
    {"nats_jetstream_restore_created_count", kAccountAdvisory},
    {"nats_jetstream_restore_duration", kAccountAdvisory},
    {"nats_jetstream_restore_size_bytes", kAccountAdvisory},
    {"nats_jetstream_snapshot_duration", kAccountAdvisory},
    {"nats_jetstream_snapshot_size_bytes", kAccountAdvisory},
    {"nats_jetstream_stream_actions", kAccountAdvisory},
    {"nats_jetstream_stream_leader_elected", kEventLog},
    {"nats_jetstream_stream_quorum_lost", kEventLog},
    {"nats_jetstream_total_advisories", kAccountAdvisory},
    {"nats_jetstream_unknown_advisories", kAccountAdvisory},
    {"nats_latency_observation_error_count", kLatency},
    {"nats_latency_observation_status_count", kLatency},
    {"nats_latency_observations_count", kLatency},
    {"nats_latency_observations_received_count", kLatency},
    {"nats_latency_requestor_rtt", kLatency},
    {"nats_latency_responder_rtt", kLatency},
    {"nats_latency_service_duration", kLatency},
    {"nats_latency_system_rtt", kLatency},
    {"nats_latency_total_duration", kLatency},
    {"promhttp_metric_handler_requests_in_flight", kHandler},
    {"promhttp_metric_handler_requests_total", kHandler},
};

constexpr Deviation kDeviations[] = {
    {"nats_up", "1 only when the agent is logged in to the system account; nats-surveyor says 1 whoever answers."},
    {"nats_survey_expected_count, nats_survey_surveyed_count",
     "Of the last finished round of questions; expected are the servers the agent knows, not a number from a flag."},
    {"nats_survey_duration_seconds",
     "The agent's work on what arrives, by batch: a scrape asks nobody and waits for nobody."},
    {"nats_survey_late_replies_count", "Its label timeout is always \"round\"."},
    {"nats_core_rtt_nanoseconds",
     "The measured round trip between the agent and the server it is connected to, and of that one only; nats-surveyor "
     "shows when each reply's turn came."},
    {"nats_core_go_memlimit_bytes, nats_core_jetstream_filestore_size_bytes, nats_core_jetstream_memstore_size_bytes, "
     "nats_core_jetstream_server_max_memory, nats_core_jetstream_server_max_storage, "
     "nats_core_jetstream_filestore_reserved_bytes, nats_core_jetstream_memstore_reserved_bytes, "
     "nats_core_account_jetstream_memory_reserved, nats_core_account_jetstream_storage_reserved",
     "Absent where there is no limit, instead of 0, -1 or 1.8e19."},
    {"nats_core_route_count, nats_core_gateway_count", "As there: route connections, and clusters connected to."},
    {"nats_core_gateway_inbound_msg_count", "As there: in spite of its name the number of inbound connections."},
    {"nats_core_jetstream_cluster_raft_group_info",
     "cluster_name is the server's cluster, not the name of the meta group; absent where there is none."},
    {"nats_core_jetstream_cluster_raft_group_replicas", "Absent instead of 0 where the server does not lead."},
    {"nats_core_raftz_meta_applied, nats_core_raftz_meta_committed, nats_core_raftz_meta_pindex",
     "The labels hold what their names say; nats-surveyor swaps them."},
    {"nats_core_account_count, nats_core_account_conn_count, nats_core_account_total_conn_count, "
     "nats_core_account_leaf_count",
     "Kept current by events between polls. Idle accounts stay; nats-surveyor drops them after three polls."},
    {"nats_core_account_client_bytes_sent, nats_core_account_client_bytes_recv, nats_core_account_client_msgs_sent, "
     "nats_core_account_client_msgs_recv",
     "Absent for servers before 2.11.5, which do not say what went over routes, gateways and leaf nodes."},
    {"nats_core_account_leaf_*, nats_core_account_route_*, nats_core_account_gateway_*",
     "Absent while there was no such traffic."},
    {"nats_core_jetstream_server_total_stream_leaders, nats_core_jetstream_server_total_consumer_leaders",
     "Absent instead of 0, and for servers that do not tell."},
    {"nats_core_jetstream_meta_snapshot_last_duration_seconds, "
     "nats_core_jetstream_meta_snapshot_last_timestamp_seconds",
     "Absent until the first snapshot, instead of the year 1."},
    {"nats_core_jetstream_meta_snapshot_*", "Absent for servers that do not tell; nats-surveyor ends there."},
    {"nats_core_account_jetstream_memory_used, nats_core_account_jetstream_storage_used",
     "What the domain has; nats-surveyor takes what the last server said. Domains are added up."},
    {"nats_core_account_jetstream_tiered_*",
     "Each stream counts once; reserved is absent where no stream has a limit."},
    {"nats_core_account_jetstream_stream_count",
     "Streams that have a leader; each counts once, beyond 1,024 accounts too."},
    {"nats_core_account_jetstream_consumer_count, nats_stream_consumer_count",
     "What the stream's leader says; nats-surveyor's nats_stream_consumer_count is always 0."},
    {"nats_stream_*",
     "Told once, by the leader: server_name is stream_leader. No rows of replicas, and none of servers that do not "
     "have the stream."},
    {"nats_consumer_*",
     "Told once, by the consumer's leader: server_name is consumer_leader. raft_group is empty for a consumer "
     "without replicas. Needs --collect.jsz.level=detail."},
};

}  // namespace

const Schema& surveyor() {
  static const Schema schema{"nats-surveyor 0.9.9", "/metrics/surveyor", kFamilies, kAbsent, kDeviations};
  return schema;
}

}  // namespace peers

std::string render_surveyor(const Snapshot& snapshot, const Instruments& instruments, Now now, Format format,
                            const Drain& drain) {
  static const auto places = peers::find_all(peers::surveyor().families);
  std::string text;
  Writer out(text, format, drain);
  const peers::Facts facts(snapshot, &instruments, now);
  peers::write(out, facts, peers::surveyor().families, places);
  return text;
}

}  // namespace lookout

// Accounts, JetStream, Raft groups.
#include "tests/e2e/support/facts.h"

namespace lookout::e2e {
namespace {

using enum Read;
using enum When;

const Source kTraffic{.endpoint = "$SYS.REQ.ACCOUNT.PING.STATZ",
                      .body = {{"include_unused", true}},
                      .rows = "/data/account_statz/*",
                      .labels = {{"account", "/acc"}},
                      .facts = {{"nats_account_connections", "/conns", if_any},
                                {"nats_account_leafnodes", "/leafnodes", if_any},
                                {"nats_account_subscriptions", "/num_subscriptions"},
                                {"nats_account_slow_consumers_total", "/slow_consumers"},
                                {"nats_account_sent_messages_total", "/sent/msgs"},
                                {"nats_account_sent_bytes_total", "/sent/bytes"},
                                {"nats_account_received_messages_total", "/received/msgs"},
                                {"nats_account_received_bytes_total", "/received/bytes"},
                                {"nats_account_route_sent_messages_total", "/sent/routes/msgs"},
                                {"nats_account_route_sent_bytes_total", "/sent/routes/bytes"},
                                {"nats_account_route_received_messages_total", "/received/routes/msgs"},
                                {"nats_account_route_received_bytes_total", "/received/routes/bytes"},
                                {"nats_account_gateway_sent_messages_total", "/sent/gateways/msgs"},
                                {"nats_account_gateway_sent_bytes_total", "/sent/gateways/bytes"},
                                {"nats_account_gateway_received_messages_total", "/received/gateways/msgs"},
                                {"nats_account_gateway_received_bytes_total", "/received/gateways/bytes"},
                                {"nats_account_leafnode_sent_messages_total", "/sent/leafs/msgs"},
                                {"nats_account_leafnode_sent_bytes_total", "/sent/leafs/bytes"},
                                {"nats_account_leafnode_received_messages_total", "/received/leafs/msgs"},
                                {"nats_account_leafnode_received_bytes_total", "/received/leafs/bytes"}}};

Source account(const std::string& name) {
  return {.endpoint = "ACCOUNTZ",
          .body = {{"account", name}},
          .rows = "/data/account_detail",
          .labels = {{"account", "/account_name"}},
          .facts = {{"nats_account_expired", "/expired", stated_flag},
                    {"nats_account_complete", "/complete", stated_flag},
                    {"nats_account_is_system", "/is_system", flag},
                    {"nats_account_jetstream_enabled", "/jetstream_enabled", stated_flag},
                    {"nats_account_updated_timestamp_seconds", "/update_time", time}},
          .whose = Whose::deployment,
          .join = Join::any};
}

const Source kConfig{.endpoint = "STATSZ",
                     .rows = "/statsz/jetstream/config",
                     .facts = {{"nats_server_jetstream_max_memory_bytes", "/max_memory", limit},
                               {"nats_server_jetstream_max_storage_bytes", "/max_storage", limit},
                               {"nats_server_jetstream_sync_interval_seconds", "/sync_interval", nanoseconds}}};

const Source kStats{.endpoint = "STATSZ",
                    .rows = "/statsz/jetstream/stats",
                    .facts = {{"nats_server_jetstream_memory_bytes", "/memory"},
                              {"nats_server_jetstream_storage_bytes", "/storage"},
                              {"nats_server_jetstream_reserved_memory_bytes", "/reserved_memory", limit},
                              {"nats_server_jetstream_reserved_storage_bytes", "/reserved_storage", limit},
                              {"nats_server_jetstream_accounts", "/accounts"},
                              {"nats_server_jetstream_ha_assets", "/ha_assets"},
                              {"nats_server_jetstream_api_level", "/api/level"},
                              {"nats_server_jetstream_api_requests_total", "/api/total"},
                              {"nats_server_jetstream_api_errors_total", "/api/errors"},
                              {"nats_server_jetstream_api_inflight", "/api/inflight", or_zero, moving}}};

const Source kLimits{
    .endpoint = "STATSZ",
    .rows = "/statsz/jetstream/limits",
    .facts = {{"nats_server_jetstream_max_request_batch", "/max_request_batch", limit},
              {"nats_server_jetstream_max_ack_pending", "/max_ack_pending", limit},
              {"nats_server_jetstream_max_ha_assets", "/max_ha_assets", limit},
              {"nats_server_jetstream_max_duplicate_window_seconds", "/max_duplicate_window", nanoseconds},
              {"nats_server_jetstream_max_batch_inflight_per_stream", "/max_batch_inflight_per_stream", limit},
              {"nats_server_jetstream_max_batch_inflight", "/max_batch_inflight_total", limit},
              {"nats_server_jetstream_max_batch_messages", "/max_batch_size", limit},
              {"nats_server_jetstream_max_batch_timeout_seconds", "/max_batch_timeout", nanoseconds},
              {"nats_server_jetstream_default_max_consumers", "/default_max_consumers", limit}}};

// One fact of the domain, said by the leader.
const Source kMeta{.endpoint = "STATSZ",
                   .rows = "/statsz/jetstream/meta",
                   .facts = {{"nats_meta_has_leader", "", one},
                             {"nats_meta_cluster_size", "/cluster_size"},
                             {"nats_meta_quorum_needed", "/quorum_needed"},
                             {"nats_meta_rescue", "/rescue", stated_flag}},
                   .whose = Whose::domain,
                   .leader = "/leader"};

const Source kMetaPeers{.endpoint = "STATSZ",
                        .rows = "/statsz/jetstream/meta/replicas/*",
                        .labels = {{"peer", "/name"}},
                        .facts = {{"nats_meta_peer_current", "/current", stated_flag},
                                  {"nats_meta_peer_offline", "/offline", flag},
                                  {"nats_meta_peer_last_contact_seconds", "/active", nanoseconds, moving},
                                  {"nats_meta_peer_lag", "/lag", or_zero},
                                  {"nats_meta_peer_pending", "/pending", stated_flag}},
                        .whose = Whose::domain};

// What each member says of itself.
const Source kMember{
    .endpoint = "STATSZ",
    .rows = "/statsz/jetstream/meta",
    .facts = {{"nats_server_meta_leader", "/leader", own_name},
              {"nats_server_meta_pending", "/pending", number, moving},
              {"nats_server_meta_pending_requests", "/pending_requests", number, moving},
              {"nats_server_meta_pending_infos", "/pending_infos", number, moving},
              {"nats_server_meta_snapshot_pending_entries", "/snapshot/pending_entries"},
              {"nats_server_meta_snapshot_pending_bytes", "/snapshot/pending_size"},
              {"nats_server_meta_snapshot_last_timestamp_seconds", "/snapshot/last_time", time},
              {"nats_server_meta_snapshot_last_duration_seconds", "/snapshot/last_duration", nanoseconds}}};

const nlohmann::json kAll{{"accounts", true}, {"streams", true}, {"consumer", true},
                          {"config", true},   {"raft", true},    {"limit", 1000}};

const Source kJetStream{.endpoint = "JSZ",
                        .body = kAll,
                        .rows = "/data",
                        .facts = {{"nats_server_jetstream_disabled", "/disabled", flag},
                                  {"nats_server_jetstream_streams", "/streams"},
                                  {"nats_server_jetstream_consumers", "/consumers"},
                                  {"nats_server_jetstream_messages", "/messages"},
                                  {"nats_server_jetstream_message_bytes", "/bytes"},
                                  {"nats_server_jetstream_streams_led", "/streams_leader"},
                                  {"nats_server_jetstream_consumers_led", "/consumers_leader"}}};

// Every server says the same of an account, as it has last heard it from the others.
const Source kUsage{.endpoint = "JSZ",
                    .body = kAll,
                    .rows = "/data/account_details/*",
                    .labels = {{"account", "/id"}},
                    .facts = {{"nats_account_jetstream_memory_bytes", "/memory"},
                              {"nats_account_jetstream_storage_bytes", "/storage"},
                              {"nats_account_jetstream_reserved_memory_bytes", "/reserved_memory", limit},
                              {"nats_account_jetstream_reserved_storage_bytes", "/reserved_storage", limit},
                              {"nats_account_jetstream_api_requests", "/api/total"},
                              {"nats_account_jetstream_api_errors", "/api/errors"}},
                    .whose = Whose::domain,
                    .join = Join::any};

const Source kStreams{.endpoint = "JSZ",
                      .body = kAll,
                      .rows = "/data/account_details/*/stream_detail/*",
                      .labels = {{"account", "^/id"}, {"stream", "/name"}},
                      .facts = {{"nats_stream_has_leader", "", one},
                                {"nats_stream_messages", "/state/messages"},
                                {"nats_stream_bytes", "/state/bytes"},
                                {"nats_stream_first_sequence", "/state/first_seq"},
                                {"nats_stream_last_sequence", "/state/last_seq"},
                                {"nats_stream_first_message_timestamp_seconds", "/state/first_ts", time},
                                {"nats_stream_last_message_timestamp_seconds", "/state/last_ts", time},
                                {"nats_stream_subjects", "/state/num_subjects", or_zero},
                                {"nats_stream_deleted_messages", "/state/num_deleted", or_zero},
                                {"nats_stream_consumers", "/state/consumer_count"},
                                {"nats_stream_replicas", "/config/num_replicas"},
                                {"nats_stream_max_messages", "/config/max_msgs", limit},
                                {"nats_stream_max_bytes", "/config/max_bytes", limit},
                                {"nats_stream_max_age_seconds", "/config/max_age", time_limit},
                                {"nats_stream_max_message_bytes", "/config/max_msg_size", limit},
                                {"nats_stream_max_messages_per_subject", "/config/max_msgs_per_subject", limit},
                                {"nats_stream_max_consumers", "/config/max_consumers", limit},
                                {"nats_stream_duplicate_window_seconds", "/config/duplicate_window", nanoseconds},
                                {"nats_stream_leader_since_timestamp_seconds", "/cluster/leader_since", time},
                                {"nats_stream_created_timestamp_seconds", "/created", time}},
                      .whose = Whose::asset,
                      .leader = "/cluster/leader"};

const Source kStreamPeers{.endpoint = "JSZ",
                          .body = kAll,
                          .rows = "/data/account_details/*/stream_detail/*/cluster/replicas/*",
                          .labels = {{"account", "^^/id"}, {"stream", "^/name"}, {"peer", "/name"}},
                          .facts = {{"nats_stream_replica_current", "/current", stated_flag},
                                    {"nats_stream_replica_offline", "/offline", flag},
                                    {"nats_stream_replica_lag", "/lag", or_zero},
                                    {"nats_stream_replica_last_contact_seconds", "/active", nanoseconds, moving},
                                    {"nats_stream_replica_pending", "/pending", stated_flag}},
                          .whose = Whose::asset,
                          .leader = "^/cluster/leader"};

const Source kMirrors{.endpoint = "JSZ",
                      .body = kAll,
                      .rows = "/data/account_details/*/stream_detail/*",
                      .labels = {{"account", "^/id"}, {"stream", "/name"}, {"source", "/mirror/name"}},
                      .facts = {{"nats_stream_mirror_lag_messages", "/mirror/lag"},
                                {"nats_stream_mirror_last_contact_seconds", "/mirror/active", nanoseconds, moving},
                                {"nats_stream_mirror_error_code", "/mirror/error/err_code"}},
                      .whose = Whose::asset,
                      .leader = "/cluster/leader"};

const Source kSources{.endpoint = "JSZ",
                      .body = kAll,
                      .rows = "/data/account_details/*/stream_detail/*/sources/*",
                      .labels = {{"account", "^^/id"}, {"stream", "^/name"}, {"source", "/name"}},
                      .facts = {{"nats_stream_source_lag_messages", "/lag"},
                                {"nats_stream_source_last_contact_seconds", "/active", nanoseconds, moving},
                                {"nats_stream_source_sequence", "/seq"},
                                {"nats_stream_source_error_code", "/error/err_code"}},
                      .whose = Whose::asset,
                      .leader = "^/cluster/leader"};

const Source kConsumers{.endpoint = "JSZ",
                        .body = kAll,
                        .rows = "/data/account_details/*/stream_detail/*/consumer_detail/*",
                        .labels = {{"account", "^^/id"}, {"stream", "^/name"}, {"consumer", "/name"}},
                        .facts = {{"nats_consumer_has_leader", "", one},
                                  {"nats_consumer_delivered_consumer_sequence", "/delivered/consumer_seq"},
                                  {"nats_consumer_delivered_stream_sequence", "/delivered/stream_seq"},
                                  {"nats_consumer_last_delivery_timestamp_seconds", "/delivered/last_active", time},
                                  {"nats_consumer_ack_floor_consumer_sequence", "/ack_floor/consumer_seq"},
                                  {"nats_consumer_ack_floor_stream_sequence", "/ack_floor/stream_seq"},
                                  {"nats_consumer_last_ack_timestamp_seconds", "/ack_floor/last_active", time},
                                  {"nats_consumer_ack_pending_messages", "/num_ack_pending"},
                                  {"nats_consumer_redelivered_messages", "/num_redelivered"},
                                  {"nats_consumer_waiting_requests", "/num_waiting"},
                                  {"nats_consumer_pending_messages", "/num_pending"},
                                  {"nats_consumer_push_bound", "/push_bound", flag},
                                  {"nats_consumer_paused", "/paused", stated_flag},
                                  {"nats_consumer_pause_remaining_seconds", "/pause_remaining", nanoseconds},
                                  {"nats_consumer_max_ack_pending", "/config/max_ack_pending", limit},
                                  {"nats_consumer_max_deliveries", "/config/max_deliver", limit},
                                  {"nats_consumer_max_waiting_requests", "/config/max_waiting", limit},
                                  {"nats_consumer_ack_wait_seconds", "/config/ack_wait", nanoseconds},
                                  {"nats_consumer_leader_since_timestamp_seconds", "/cluster/leader_since", time},
                                  {"nats_consumer_created_timestamp_seconds", "/created", time}},
                        .whose = Whose::asset,
                        .leader = "/cluster/leader"};

const Source kConsumerPeers{
    .endpoint = "JSZ",
    .body = kAll,
    .rows = "/data/account_details/*/stream_detail/*/consumer_detail/*/cluster/replicas/*",
    .labels = {{"account", "^^^/id"}, {"stream", "^^/name"}, {"consumer", "^/name"}, {"peer", "/name"}},
    .facts = {{"nats_consumer_replica_current", "/current", stated_flag},
              {"nats_consumer_replica_offline", "/offline", flag},
              {"nats_consumer_replica_lag", "/lag", or_zero},
              {"nats_consumer_replica_last_contact_seconds", "/active", nanoseconds, moving},
              {"nats_consumer_replica_pending", "/pending", stated_flag}},
    .whose = Whose::asset,
    .leader = "^/cluster/leader"};

std::vector<Source> raft_groups(const std::string& account) {
  const nlohmann::json body{{"account", account}};
  return {{.endpoint = "RAFTZ",
           .body = body,
           .rows = "/data/*/*",
           .labels = {{"account", "^@key"}, {"group", "@key"}},
           .facts = {{"nats_raft_group_size", "/size"},
                     {"nats_raft_group_quorum_needed", "/quorum_needed"},
                     {"nats_raft_group_committed_index", "/committed"},
                     {"nats_raft_group_applied_index", "/applied"},
                     {"nats_raft_group_log_index", "/pindex"},
                     {"nats_raft_group_log_term", "/pterm"},
                     {"nats_raft_group_term", "/term"},
                     {"nats_raft_group_ever_had_leader", "/ever_had_leader", stated_flag},
                     {"nats_raft_group_catching_up", "/catching_up", flag},
                     {"nats_raft_group_observer", "/observer", flag},
                     {"nats_raft_group_paused", "/paused", flag},
                     {"nats_raft_group_overrun", "/overrun", stated_flag},
                     {"nats_raft_group_overruns_total", "/overrun_count"},
                     {"nats_raft_group_queued_proposals", "/ipq_proposal_len", number, moving},
                     {"nats_raft_group_queued_entries", "/ipq_entry_len", number, moving},
                     {"nats_raft_group_queued_responses", "/ipq_resp_len", number, moving},
                     {"nats_raft_group_queued_applies", "/ipq_apply_len", number, moving},
                     {"nats_raft_group_log_entries", "/wal/messages"},
                     {"nats_raft_group_log_bytes", "/wal/bytes"},
                     {"nats_raft_group_log_first_index", "/wal/first_seq"},
                     {"nats_raft_group_log_last_index", "/wal/last_seq"},
                     {"nats_raft_group_leader_since_timestamp_seconds", "/leader_since", time},
                     {"nats_raft_group_state", "", one}},
           .since = "2.10.26"},
          {.endpoint = "RAFTZ",
           .body = body,
           .rows = "/data/*/*/peers/*",
           .labels = {{"account", "^^@key"}, {"group", "^@key"}, {"peer", "/name"}},
           .facts = {{"nats_raft_peer_known", "/known", stated_flag},
                     {"nats_raft_peer_replicated_index", "/last_replicated_index"},
                     {"nats_raft_peer_last_seen_seconds", "/last_seen", duration, moving}},
           .since = "2.10.26"}};
}

}  // namespace

void add_account_facts(std::vector<Source>& sources, const std::vector<std::string>& accounts) {
  sources.push_back(kTraffic);
  for (const std::string& name : accounts) sources.push_back(account(name));
}

void add_jetstream_facts(std::vector<Source>& sources) {
  for (const Source* source : {&kConfig, &kStats, &kLimits, &kMeta, &kMetaPeers, &kMember, &kJetStream, &kUsage,
                               &kStreams, &kStreamPeers, &kMirrors, &kSources, &kConsumers, &kConsumerPeers}) {
    sources.push_back(*source);
  }
}

void add_raft_facts(std::vector<Source>& sources, const std::vector<std::string>& accounts) {
  for (const std::string& name : accounts) {
    for (const Source& source : raft_groups(name)) sources.push_back(source);
  }
}

}  // namespace lookout::e2e

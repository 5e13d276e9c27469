// JSZ: JetStream, its accounts, streams and consumers. nats-server Jsz, JSInfo. Pages are of accounts. A server tells
// of every stream and consumer it has a replica of; Section::leader keeps what it leads, so that each is told once.
//
// Options: `config` gives the limits and doubles a stream's 0.5 KB; `raft` gives the streams and consumers led, and the
// group names that the peers' labels need, for 40 bytes; both are ignored where they are not known. Not used:
// `leader_only` silences all but the meta leader; `stream_leader_only` hides the streams that have no leader, and the
// consumers that another server than the stream's leader leads, or alone has (R1 consumers of an R3 stream);
// `direct_consumer` lists what mirrors and sources read with, which `mirror` and `sources` tell from the other side.
//
// Left to STATSZ: the meta group, the server's own usage, limits and API counters.
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Metric kServer[] = {
    {gauge, "nats_server_jetstream_disabled", "/disabled", "1 where JetStream does not run.", As::flag_or_0},
    {gauge, "nats_server_jetstream_streams", "/streams",
     "Streams with a replica on this server; over all servers a stream counts once for each replica."},
    {gauge, "nats_server_jetstream_consumers", "/consumers",
     "Consumers with a replica on this server; over all servers a consumer counts once for each replica."},
    {gauge, "nats_server_jetstream_messages", "/messages", "Messages in the streams' replicas on this server."},
    {gauge, "nats_server_jetstream_message_bytes", "/bytes",
     "Bytes of the messages in the streams' replicas on this server."},
    {gauge, "nats_server_jetstream_streams_led", "/streams_leader",
     "Streams this server leads, absent when none; over all servers each stream counts once.", As::number, "",
     "2.11.11"},
    {gauge, "nats_server_jetstream_consumers_led", "/consumers_leader",
     "Consumers this server leads, absent when none; over all servers each consumer counts once.", As::number, "",
     "2.11.11"},
};

// Every server tells the same: usage and API calls of the account in the whole domain, as it last heard from the
// others. The latter are no counters: the part of a server that restarts is gone, and the answers of two servers differ
// by what is under way, so that a total can step back at any time.
constexpr Label kAccount[] = {{"account", "/id"}};
constexpr Metric kAccounts[] = {
    {gauge, "nats_account_jetstream_memory_bytes", "/memory",
     "Memory used by the account's streams, all replicas together."},
    {gauge, "nats_account_jetstream_storage_bytes", "/storage",
     "Disk used by the account's streams, all replicas together."},
    {gauge, "nats_account_jetstream_reserved_memory_bytes", "/reserved_memory",
     "Memory the account may use for JetStream; absent when unlimited, 0 where its limits are by tier.", As::limit},
    {gauge, "nats_account_jetstream_reserved_storage_bytes", "/reserved_storage",
     "Disk the account may use for JetStream; absent when unlimited, 0 where its limits are by tier.", As::limit},
    {gauge, "nats_account_jetstream_api_requests", "/api/total",
     "JetStream API requests of the account that the running servers have handled; falls when one restarts."},
    {gauge, "nats_account_jetstream_api_errors", "/api/errors",
     "JetStream API requests of the account that the running servers have failed; falls when one restarts."},
};

constexpr Label kStream[] = {
    {"account", "^/id"},
    {"stream", "/name"},
    {"raft_group", "/stream_raft_group", nullptr, true},
    {"storage", "/config/storage", nullptr, true},
    {"discard", "/config/discard", nullptr, true},
};
constexpr Metric kStreams[] = {
    {gauge, "nats_stream_has_leader", "", "1 while the stream has a leader, 0 while its replicas know of none.",
     As::leads},
    {gauge, "nats_stream_messages", "/state/messages", "Messages in the stream."},
    {gauge, "nats_stream_bytes", "/state/bytes", "Bytes of the messages in the stream, one replica."},
    {gauge, "nats_stream_first_sequence", "/state/first_seq", "Sequence of the first message."},
    {gauge, "nats_stream_last_sequence", "/state/last_seq", "Sequence of the last message."},
    {gauge, "nats_stream_first_message_timestamp_seconds", "/state/first_ts", "When the first message was stored.",
     As::timestamp},
    {gauge, "nats_stream_last_message_timestamp_seconds", "/state/last_ts", "When the last message was stored.",
     As::timestamp},
    {gauge, "nats_stream_subjects", "/state/num_subjects", "Distinct subjects of the messages in the stream.",
     As::number_or_0},
    {gauge, "nats_stream_deleted_messages", "/state/num_deleted",
     "Gaps between the first and the last message: deleted, expired or superseded ones.", As::number_or_0},
    {gauge, "nats_stream_consumers", "/state/consumer_count",
     "Consumers of the stream that have a replica on its leader."},
    {gauge, "nats_stream_replicas", "/config/num_replicas", "Replicas the stream is configured to have."},
    {gauge, "nats_stream_max_messages", "/config/max_msgs", "Messages the stream may hold; absent when unlimited.",
     As::limit},
    {gauge, "nats_stream_max_bytes", "/config/max_bytes", "Bytes the stream may hold; absent when unlimited.",
     As::limit},
    {gauge, "nats_stream_max_age_seconds", "/config/max_age", "Age at which messages expire; absent when they do not.",
     As::time_limit},
    {gauge, "nats_stream_max_message_bytes", "/config/max_msg_size",
     "Largest message the stream takes; absent when unlimited.", As::limit},
    {gauge, "nats_stream_max_messages_per_subject", "/config/max_msgs_per_subject",
     "Messages the stream may hold of one subject; absent when unlimited.", As::limit},
    {gauge, "nats_stream_max_consumers", "/config/max_consumers",
     "Consumers the stream may have; absent when unlimited.", As::limit},
    {gauge, "nats_stream_duplicate_window_seconds", "/config/duplicate_window",
     "Time in which a message with a known id is taken for a duplicate.", As::nanoseconds},
    {gauge, "nats_stream_leader_since_timestamp_seconds", "/cluster/leader_since", "When the leader was elected.",
     As::timestamp, "", "2.11.9"},
    {gauge, "nats_stream_created_timestamp_seconds", "/created", "When the stream was created.", As::timestamp},
};

// The members of the stream's Raft group without its leader, as that one sees them; what others say of them is not
// true.
constexpr Label kStreamPeer[] = {{"account", "^^/id"}, {"stream", "^/name"}, {"peer", "/name"}};
constexpr Metric kStreamPeers[] = {
    {gauge, "nats_stream_replica_current", "/current", "1 when the replica has caught up.", As::flag},
    {gauge, "nats_stream_replica_offline", "/offline", "1 when the replica's server is gone.", As::flag_or_0},
    {gauge, "nats_stream_replica_lag", "/lag", "Log entries the replica is behind the leader.", As::number_or_0},
    {gauge, "nats_stream_replica_last_contact_seconds", "/active", "Time since the leader heard of the replica.",
     As::nanoseconds},
    {gauge, "nats_stream_replica_pending", "/pending",
     "1 while the replica is joining or leaving the Raft group, else absent.", As::flag, "", "2.15.0"},
};

// Two sources of one origin may differ by nothing but their filters, which are no labels: they are one row.
constexpr Label kMirror[] = {
    {"account", "^^/id"},
    {"stream", "^/name"},
    {"source", "/name"},
    {"source_api", "/external/api"},
    {"source_deliver", "/external/deliver", nullptr, true},
    {"raft_group", "^/stream_raft_group", nullptr, true},
};
constexpr Metric kMirrors[] = {
    {gauge, "nats_stream_mirror_lag_messages", "/lag", "Messages the mirror is behind its origin, as last heard."},
    {gauge, "nats_stream_mirror_last_contact_seconds", "/active",
     "Time since the mirror heard from its origin; absent while it never has.", As::nanoseconds},
    {gauge, "nats_stream_mirror_error_code", "/error/err_code",
     "JetStream error code of what keeps the mirror from its origin; absent when nothing does."},
};
constexpr Label kSource[] = {
    {"account", "^^/id"},
    {"stream", "^/name"},
    {"source", "/name"},
    {"source_api", "/external/api"},
    {"raft_group", "^/stream_raft_group", nullptr, true},
};
constexpr Metric kSources[] = {
    {gauge, "nats_stream_source_lag_messages", "/lag", "Messages the stream is behind the source, as last heard."},
    {gauge, "nats_stream_source_last_contact_seconds", "/active",
     "Time since the stream heard from the source; absent while it never has.", As::nanoseconds, "", "", Merge::max},
    {gauge, "nats_stream_source_sequence", "/seq", "Sequence of the source that the stream has come to.", As::number,
     "", "2.15.0", Merge::max},
    {gauge, "nats_stream_source_error_code", "/error/err_code",
     "JetStream error code of what keeps the stream from the source; absent when nothing does.", As::number, "", "",
     Merge::max},
};

constexpr Label kConsumer[] = {
    {"account", "^^/id"},
    {"stream", "^/name"},
    {"consumer", "/name"},
    {"stream_leader", "^/cluster/leader", nullptr, true},
    {"stream_raft_group", "^/stream_raft_group", nullptr, true},
    {"raft_group", "/cluster/raft_group", nullptr, true},
    {"description", "/config/description", nullptr, true},
};
constexpr Metric kConsumers[] = {
    {gauge, "nats_consumer_has_leader", "", "1 while the consumer has a leader, 0 while its replicas know of none.",
     As::leads},
    {gauge, "nats_consumer_delivered_consumer_sequence", "/delivered/consumer_seq",
     "Deliveries made, repeated ones included."},
    {gauge, "nats_consumer_delivered_stream_sequence", "/delivered/stream_seq",
     "Stream sequence of the last message delivered."},
    {gauge, "nats_consumer_last_delivery_timestamp_seconds", "/delivered/last_active",
     "When a message was last delivered.", As::timestamp},
    {gauge, "nats_consumer_ack_floor_consumer_sequence", "/ack_floor/consumer_seq",
     "Deliveries up to which all are acknowledged."},
    {gauge, "nats_consumer_ack_floor_stream_sequence", "/ack_floor/stream_seq",
     "Stream sequence up to which all messages are acknowledged."},
    {gauge, "nats_consumer_last_ack_timestamp_seconds", "/ack_floor/last_active",
     "When a message was last acknowledged.", As::timestamp},
    {gauge, "nats_consumer_ack_pending_messages", "/num_ack_pending",
     "Messages delivered that wait to be acknowledged."},
    {gauge, "nats_consumer_redelivered_messages", "/num_redelivered",
     "Messages delivered more than once that are not acknowledged."},
    {gauge, "nats_consumer_waiting_requests", "/num_waiting", "Pull requests that wait for messages."},
    {gauge, "nats_consumer_pending_messages", "/num_pending", "Messages of the stream that are yet to be delivered."},
    {gauge, "nats_consumer_push_bound", "/push_bound", "1 while the push consumer has a subscriber.", As::flag_or_0},
    {gauge, "nats_consumer_paused", "/paused", "1 while the consumer is paused, else absent.", As::flag, "", "2.11.0"},
    {gauge, "nats_consumer_pause_remaining_seconds", "/pause_remaining",
     "Time until the paused consumer goes on; absent when it is not paused.", As::nanoseconds, "", "2.11.0"},
    {gauge, "nats_consumer_max_ack_pending", "/config/max_ack_pending",
     "Messages that may wait to be acknowledged; absent when unlimited.", As::limit_or_0},
    {gauge, "nats_consumer_max_deliveries", "/config/max_deliver",
     "Deliveries of a message before it is given up; absent when unlimited.", As::limit},
    {gauge, "nats_consumer_max_waiting_requests", "/config/max_waiting",
     "Pull requests that may wait; absent where none can.", As::limit_or_0},
    {gauge, "nats_consumer_ack_wait_seconds", "/config/ack_wait",
     "Time after which a message that was not acknowledged is delivered again.", As::nanoseconds},
    {gauge, "nats_consumer_leader_since_timestamp_seconds", "/cluster/leader_since", "When the leader was elected.",
     As::timestamp, "", "2.11.9"},
    {gauge, "nats_consumer_created_timestamp_seconds", "/created", "When the consumer was created.", As::timestamp},
};
constexpr Label kConsumerPeer[] = {
    {"account", "^^^/id"}, {"stream", "^^/name"}, {"consumer", "^/name"}, {"peer", "/name"}};
constexpr Metric kConsumerPeers[] = {
    {gauge, "nats_consumer_replica_current", "/current", "1 when the replica has caught up.", As::flag},
    {gauge, "nats_consumer_replica_offline", "/offline", "1 when the replica's server is gone.", As::flag_or_0},
    {gauge, "nats_consumer_replica_lag", "/lag", "Log entries the replica is behind the leader.", As::number_or_0},
    {gauge, "nats_consumer_replica_last_contact_seconds", "/active", "Time since the leader heard of the replica.",
     As::nanoseconds},
    {gauge, "nats_consumer_replica_pending", "/pending",
     "1 while the replica is joining or leaving the Raft group, else absent.", As::flag, "", "2.15.0"},
};

// What the owner of a stream or consumer wrote into its metadata for `nats server check`, which the checks of health
// honour (agent/metadata_checks.h).
constexpr Label kMonitoredStream[] = {{"account", "^^/id"}, {"stream", "^/name"}};
constexpr Metric kStreamMonitor[] = {
    {gauge, "nats_stream_monitor_lag_critical", "/io.nats.monitor.lag-critical", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_seen_critical_seconds", "/io.nats.monitor.seen-critical", "Threshold.",
     As::go_duration},
    {gauge, "nats_stream_monitor_min_sources", "/io.nats.monitor.min-sources", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_max_sources", "/io.nats.monitor.max-sources", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_peer_expect", "/io.nats.monitor.peer-expect", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_peer_lag_critical", "/io.nats.monitor.peer-lag-critical", "Threshold.",
     As::text_number},
    {gauge, "nats_stream_monitor_peer_seen_critical_seconds", "/io.nats.monitor.peer-seen-critical", "Threshold.",
     As::go_duration},
    {gauge, "nats_stream_monitor_msgs_warn", "/io.nats.monitor.msgs-warn", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_msgs_critical", "/io.nats.monitor.msgs-critical", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_subjects_warn", "/io.nats.monitor.subjects-warn", "Threshold.", As::text_number},
    {gauge, "nats_stream_monitor_subjects_critical", "/io.nats.monitor.subjects-critical", "Threshold.",
     As::text_number},
};
constexpr Label kMonitoredConsumer[] = {{"account", "^^^/id"}, {"stream", "^^/name"}, {"consumer", "^/name"}};
constexpr Metric kConsumerMonitor[] = {
    {gauge, "nats_consumer_monitor_outstanding_ack_critical", "/io.nats.monitor.outstanding-ack-critical", "Threshold.",
     As::text_number},
    {gauge, "nats_consumer_monitor_waiting_critical", "/io.nats.monitor.waiting-critical", "Threshold.",
     As::text_number},
    {gauge, "nats_consumer_monitor_unprocessed_critical", "/io.nats.monitor.unprocessed-critical", "Threshold.",
     As::text_number},
    {gauge, "nats_consumer_monitor_last_delivery_critical_seconds", "/io.nats.monitor.last-delivery-critical",
     "Threshold.", As::go_duration},
    {gauge, "nats_consumer_monitor_last_ack_critical_seconds", "/io.nats.monitor.last-ack-critical", "Threshold.",
     As::go_duration},
    {gauge, "nats_consumer_monitor_redelivery_critical", "/io.nats.monitor.redelivery-critical", "Threshold.",
     As::text_number},
};

constexpr Section kSections[] = {
    {.path = "/data", .labels = {}, .metrics = kServer},
    {.path = "/data/account_details", .labels = kAccount, .metrics = kAccounts, .of = Of::domain, .rows = 20000},
    {.path = "/data/account_details/*/stream_detail",
     .labels = kStream,
     .metrics = kStreams,
     .of = Of::asset,
     .rows = 50000,
     .leader = "/cluster/leader",
     .standalone = "/cluster"},
    {.path = "/data/account_details/*/stream_detail/*/cluster/replicas",
     .labels = kStreamPeer,
     .metrics = kStreamPeers,
     .of = Of::asset,
     .rows = 200000,
     .leader = "^/cluster/leader"},
    {.path = "/data/account_details/*/stream_detail/*/mirror",
     .labels = kMirror,
     .metrics = kMirrors,
     .of = Of::asset,
     .rows = 50000,
     .leader = "^/cluster/leader",
     .standalone = "^/cluster"},
    {.path = "/data/account_details/*/stream_detail/*/sources",
     .labels = kSource,
     .metrics = kSources,
     .of = Of::asset,
     .fold = true,
     .rows = 50000,
     .leader = "^/cluster/leader",
     .standalone = "^/cluster"},
    {.path = "/data/account_details/*/stream_detail/*/consumer_detail",
     .labels = kConsumer,
     .metrics = kConsumers,
     .level = Level::detail,
     .of = Of::asset,
     .rows = 200000,
     .leader = "/cluster/leader",
     .standalone = "/cluster"},
    {.path = "/data/account_details/*/stream_detail/*/consumer_detail/*/cluster/replicas",
     .labels = kConsumerPeer,
     .metrics = kConsumerPeers,
     .level = Level::detail,
     .of = Of::asset,
     .rows = 800000,
     .leader = "^/cluster/leader"},
    {.path = "/data/account_details/*/stream_detail/*/config/metadata",
     .labels = kMonitoredStream,
     .metrics = kStreamMonitor,
     .rows = 50000,
     .leader = "^/cluster/leader",
     .standalone = "^/cluster",
     .native = false},
    {.path = "/data/account_details/*/stream_detail/*/consumer_detail/*/config/metadata",
     .labels = kMonitoredConsumer,
     .metrics = kConsumerMonitor,
     .level = Level::detail,
     .rows = 200000,
     .leader = "^/cluster/leader",
     .standalone = "^/cluster",
     .native = false},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  nlohmann::json out{{"accounts", true}, {"streams", true},      {"config", true},
                     {"raft", true},     {"offset", ask.offset}, {"limit", ask.limit}};
  if (ask.level == Level::detail) out["consumer"] = true;
  return out.dump();
}

}  // namespace

const Collector kJsz{.name = "jsz",
                     .endpoint = "JSZ",
                     .sections = kSections,
                     .body = body,
                     .reach = Reach::pages,
                     .rows = "/data/account_details",
                     .page = 128,
                     .account_id = "/data/account_details/*/id",
                     .account_name = "/data/account_details/*/name"};

}  // namespace lookout

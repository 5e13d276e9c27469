// GATEWAYZ: gateway connections, outbound and inbound, by remote cluster. nats-server Gatewayz, RemoteGatewayz. A
// server has one outbound connection to each remote cluster, and an inbound one from each of its servers that chose it.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Label kOutbound[] = {{"remote_cluster", kKey}};
constexpr Label kInbound[] = {{"remote_cluster", "^@key"}};

constexpr Metric kOut[] = {
    {gauge, "nats_gateway_outbound_connections", "", "Gateway connections to the remote cluster.", As::one},
    {gauge, "nats_gateway_outbound_configured", "/configured",
     "1 when the remote cluster is in this server's configuration.", As::flag, "", "", Merge::max},
    {gauge, "nats_gateway_outbound_rtt_seconds", "/connection/rtt", "Round trip time, the longest of the connections.",
     As::go_duration, "", "", Merge::max},
    {gauge, "nats_gateway_outbound_pending_bytes", "/connection/pending_bytes", "Bytes waiting to be sent."},
    {counter, "nats_gateway_outbound_received_messages_total", "/connection/in_msgs",
     "Messages received over the connections that are open."},
    {counter, "nats_gateway_outbound_received_bytes_total", "/connection/in_bytes",
     "Bytes received over the connections that are open."},
    {counter, "nats_gateway_outbound_sent_messages_total", "/connection/out_msgs",
     "Messages sent over the connections that are open."},
    {counter, "nats_gateway_outbound_sent_bytes_total", "/connection/out_bytes",
     "Bytes sent over the connections that are open."},
    {gauge, "nats_gateway_outbound_subscriptions", "/connection/subscriptions",
     "Subscriptions known of the other side."},
    {gauge, "nats_gateway_outbound_start_timestamp_seconds", "/connection/start",
     "When the youngest of the connections was opened.", As::timestamp, "", "", Merge::max},
    {gauge, "nats_gateway_outbound_last_activity_timestamp_seconds", "/connection/last_activity",
     "When the connections were last used.", As::timestamp, "", "", Merge::max},
};
constexpr Metric kIn[] = {
    {gauge, "nats_gateway_inbound_configured", "/configured",
     "1 when the remote cluster is in this server's configuration.", As::flag, "", "", Merge::max},
    {gauge, "nats_gateway_inbound_rtt_seconds", "/connection/rtt", "Round trip time, the longest of the connections.",
     As::go_duration, "", "", Merge::max},
    {gauge, "nats_gateway_inbound_pending_bytes", "/connection/pending_bytes", "Bytes waiting to be sent."},
    {counter, "nats_gateway_inbound_received_messages_total", "/connection/in_msgs",
     "Messages received over the connections."},
    {counter, "nats_gateway_inbound_received_bytes_total", "/connection/in_bytes",
     "Bytes received over the connections."},
    {counter, "nats_gateway_inbound_sent_messages_total", "/connection/out_msgs",
     "Messages sent over the connections."},
    {counter, "nats_gateway_inbound_sent_bytes_total", "/connection/out_bytes", "Bytes sent over the connections."},
    {gauge, "nats_gateway_inbound_subscriptions", "/connection/subscriptions",
     "Subscriptions known of the other side."},
    {gauge, "nats_gateway_inbound_start_timestamp_seconds", "/connection/start",
     "When the youngest of the connections was opened.", As::timestamp, "", "", Merge::max},
    {gauge, "nats_gateway_inbound_last_activity_timestamp_seconds", "/connection/last_activity",
     "When the connections were last used.", As::timestamp, "", "", Merge::max},
};

// Interest of the accounts; modes other than interest-only go away by themselves.
constexpr Label kAccount[] = {{"remote_cluster", "^@key"}, {"account", "/name"}, {"interest_mode", "/interest_mode"}};
constexpr Label kInboundAccount[] = {
    {"remote_cluster", "^^@key"}, {"account", "/name"}, {"interest_mode", "/interest_mode"}};
constexpr Metric kInterest[] = {
    {gauge, "nats_gateway_outbound_account_subscriptions", "/num_subs",
     "Subscriptions of the account in the remote cluster.", As::number_or_0},
    {gauge, "nats_gateway_outbound_account_queue_subscriptions", "/num_queue_subs",
     "Queue subscriptions of the account in the remote cluster.", As::number_or_0},
    {gauge, "nats_gateway_outbound_account_no_interest", "/no_interest_count",
     "Subjects the remote cluster said it has no interest in.", As::number_or_0},
};
constexpr Metric kInboundInterest[] = {
    {gauge, "nats_gateway_inbound_account_no_interest", "/no_interest_count",
     "Subjects this server told the remote cluster that it has no interest in.", As::number_or_0},
};

// For the peers' schemas: each connection by itself.
constexpr Label kOutboundLink[] = {
    {"remote_cluster", kKey}, {"cid", "/connection/cid"}, {"remote_id", "/connection/name"}};
constexpr Label kInboundLink[] = {
    {"remote_cluster", "^@key"}, {"cid", "/connection/cid"}, {"remote_id", "/connection/name"}};

constexpr Section kSections[] = {
    {.path = "/data/outbound_gateways", .labels = kOutbound, .metrics = kOut, .map = true},
    {.path = "/data/inbound_gateways/*/*", .labels = kInbound, .metrics = kIn, .fold = true},
    {.path = "/data/outbound_gateways/*/accounts",
     .labels = kAccount,
     .metrics = kInterest,
     .level = Level::detail,
     .rows = 20000},
    {.path = "/data/inbound_gateways/*/*/accounts",
     .labels = kInboundAccount,
     .metrics = kInboundInterest,
     .level = Level::detail,
     .fold = true,
     .rows = 20000},
    {.path = "/data/outbound_gateways", .labels = kOutboundLink, .metrics = kOut, .map = true, .native = false},
    {.path = "/data/inbound_gateways/*/*", .labels = kInboundLink, .metrics = kIn, .rows = 4096, .native = false},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  return ask.level == Level::detail ? R"({"accounts":true})" : "";
}

}  // namespace

// With the accounts an answer may be long.
const Collector kGatewayz{.name = "gatewayz",
                          .endpoint = "GATEWAYZ",
                          .sections = kSections,
                          .body = body,
                          .reach = Reach::pages,
                          .paged_from = Level::detail};

}  // namespace lookout

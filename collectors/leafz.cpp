// LEAFZ: leaf node connections, by account and remote server. nats-server Leafz, LeafInfo. Both sides of a link list
// it: `side` is hub where the link was accepted and leafnode where it was dialled. Before 2.9.15 links have neither a
// name nor a side: such a server's links are one row.
#include "collectors/collectors.h"

namespace lookout {
namespace {

std::string side(std::string_view is_spoke) {
  return is_spoke == "true" ? "leafnode" : is_spoke == "false" ? "hub" : "";
}

constexpr Label kLeaf[] = {{"account", "/account"}, {"remote", "/name"}, {"side", "/is_spoke", side}};
constexpr Metric kLeafs[] = {
    {gauge, "nats_leafnode_connections", "", "Leaf node connections between this server and the remote one.", As::one},
    {gauge, "nats_leafnode_rtt_seconds", "/rtt", "Round trip time, the longest of the connections.", As::go_duration,
     "", "", Merge::max},
    {gauge, "nats_leafnode_subscriptions", "/subscriptions", "Subscriptions known of the other side."},
    {gauge, "nats_leafnode_isolated", "/is_isolated", "1 when the leaf node asked not to hear of others; else absent.",
     As::flag, "", "2.12.0", Merge::max},
    {gauge, "nats_leafnode_websocket", "/websocket", "1 when the link is a websocket; else absent.", As::flag, "",
     "2.15.0", Merge::max},
    {counter, "nats_leafnode_received_messages_total", "/in_msgs", "Messages received over the connections."},
    {counter, "nats_leafnode_received_bytes_total", "/in_bytes", "Bytes received over the connections."},
    {counter, "nats_leafnode_sent_messages_total", "/out_msgs", "Messages sent over the connections."},
    {counter, "nats_leafnode_sent_bytes_total", "/out_bytes", "Bytes sent over the connections."},
};

// Each connection by itself: its counters outlive it in the row above. `cid` is there since 2.10.23.
constexpr Label kMember[] = {{"account", "/account"}, {"remote", "/name"}, {"side", "/is_spoke", side},
                             {"cid", "/cid"},         {"ip", "/ip"},       {"port", "/port"}};

// For the peers' schemas.
constexpr Metric kSums[] = {{gauge, "nats_leafnodes_listed", "/leafnodes", "Leaf node connections."}};
constexpr Label kLink[] = {{"account", "/account"}, {"ip", "/ip"}, {"port", "/port"}, {"name", "/name"}};
constexpr Metric kLinks[] = {
    {gauge, "nats_leafnode_link", "", "Always 1.", As::one},
    {gauge, "nats_leafnode_link_rtt_seconds", "/rtt", "Round trip time.", As::go_duration},
    {gauge, "nats_leafnode_link_received_messages", "/in_msgs", "Messages received."},
    {gauge, "nats_leafnode_link_sent_messages", "/out_msgs", "Messages sent."},
    {gauge, "nats_leafnode_link_received_bytes", "/in_bytes", "Bytes received."},
    {gauge, "nats_leafnode_link_sent_bytes", "/out_bytes", "Bytes sent."},
    {gauge, "nats_leafnode_link_subscriptions", "/subscriptions", "Subscriptions."},
};

constexpr Section kSections[] = {
    {.path = "/data/leafs", .labels = kLeaf, .metrics = kLeafs, .fold = true, .rows = 20000},
    {.path = "/data/leafs", .labels = kMember, .metrics = kLeafs, .rows = 20000, .native = false},
    {.path = "/data", .labels = {}, .metrics = kSums, .native = false},
    {.path = "/data/leafs", .labels = kLink, .metrics = kLinks, .rows = 20000, .native = false},
};
static_assert(well_formed(kSections));

}  // namespace

const Collector kLeafz{.name = "leafz", .endpoint = "LEAFZ", .sections = kSections};

}  // namespace lookout

// ROUTEZ: the routes of a cluster, one entry for each pooled connection. nats-server Routez, RouteInfo; asked
// since 2.9.16, which names the remote. Traffic and pending bytes come with STATSZ, three times as often.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Label kRemote[] = {{"remote", "/remote_name"}};
constexpr Metric kRoutes[] = {
    {gauge, "nats_route_connections", "", "Route connections to the remote server; several since 2.10.", As::one},
    {gauge, "nats_route_rtt_seconds", "/rtt", "Round trip time to the remote server, the longest of its connections.",
     As::go_duration, "", "", Merge::max},
    {gauge, "nats_route_subscriptions", "/subscriptions", "Subscriptions of the remote server known here."},
    {gauge, "nats_route_last_activity_timestamp_seconds", "/last_activity", "When the routes were last used.",
     As::timestamp, "", "", Merge::max},
};

// For the peers' schemas.
constexpr Metric kSums[] = {{gauge, "nats_routes_listed", "/num_routes", "Route connections."}};

constexpr Section kSections[] = {
    {.path = "/data/routes", .labels = kRemote, .metrics = kRoutes, .fold = true},
    {.path = "/data", .labels = {}, .metrics = kSums, .native = false},
};
static_assert(well_formed(kSections));

}  // namespace

const Collector kRoutez{.name = "routez", .endpoint = "ROUTEZ", .sections = kSections, .since = "2.9.16"};

}  // namespace lookout

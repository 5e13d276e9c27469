// CONNZ of closed connections: the ring in which a server keeps the last 10,000 (max_closed_clients). Read where no
// event told of a failed login: on servers before 2.12, and after a gap (agent/ring.h). nats-server Connz,
// ConnInfo; 2.9.10 and 2.15.1: newest first when sorted by `stop`, failed logins with their reason and user, leaf nodes
// since 2.11.5.
#include <nlohmann/json.hpp>

#include "agent/ring.h"
#include "collectors/collectors.h"

namespace lookout {
namespace {

// In the order of ring::Text and ring::Time.
constexpr Label kLabels[] = {
    {"cid", "/cid"},       {"kind", "/kind"},       {"type", "/type"},
    {"ip", "/ip"},         {"account", "/account"}, {"user", "/authorized_user"},
    {"name", "/name"},     {"lang", "/lang"},       {"version", "/version"},
    {"reason", "/reason"},
};
static_assert(std::size(kLabels) == ring::kTexts);
constexpr Metric kTimes[] = {
    {gauge, "nats_closed_connection_stop_timestamp_seconds", "/stop", "When the connection was closed.", As::timestamp},
    {gauge, "nats_closed_connection_start_timestamp_seconds", "/start", "When the connection was opened.",
     As::timestamp},
};
static_assert(std::size(kTimes) == ring::kTimes);

constexpr Section kSections[] = {
    {.path = "/data/connections", .labels = kLabels, .metrics = kTimes, .rows = 20000, .native = false},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  constexpr int kClosed = 1;
  return nlohmann::json{
      {"auth", true}, {"state", kClosed}, {"sort", "stop"}, {"offset", ask.offset}, {"limit", ask.limit}}
      .dump();
}

}  // namespace

const Collector kClosed{.name = "closed",
                        .endpoint = "CONNZ",
                        .sections = kSections,
                        .body = body,
                        .reach = Reach::pages,
                        .rows = "/data/connections",
                        .page = 500,
                        .ring = true};

}  // namespace lookout

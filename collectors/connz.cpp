// CONNZ: open client connections and, since 2.11.5, leaf nodes. nats-server Connz, ConnInfo. At level summary only
// aggregates are kept, so that no series grows with the number of connections. `auth` is asked for the account; the
// users' names and JWTs that come with it are never read.
#include <nlohmann/json.hpp>

#include "agent/event.h"
#include "collectors/collectors.h"

namespace lookout {
namespace {

// nats-server leaves the account out where it is the global one.
std::string account(std::string_view id) {
  return std::string(id.empty() ? "$G" : id);
}

// "Leafnode" -> "leafnode".
std::string kind(std::string_view wire) {
  std::string slug(wire);
  for (char& c : slug) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char* name : kClientKindNames) {
    if (slug == name) return slug;
  }
  return "other";
}

std::string type(std::string_view wire) {
  for (const char* name : kClientTypeNames) {
    if (wire == name) return name;
  }
  return "other";
}

// What a client says of its own software: as it is when it looks like a name or a version.
std::string software(std::string_view text) {
  constexpr std::size_t kMaxLength = 32;
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+#";
  const bool plain = text.size() <= kMaxLength && text.find_first_not_of(kAlphabet) == std::string_view::npos;
  return plain ? std::string(text) : "other";
}

std::string tls(std::string_view version) {
  return std::string(version.empty() ? "none" : version);
}

constexpr Label kKind[] = {{"account", "/account", account}, {"kind", "/kind", kind}, {"type", "/type", type}};
constexpr Metric kByKind[] = {
    {gauge, "nats_connections_open", "", "Open connections.", As::one},
    {gauge, "nats_connections_pending_bytes", "/pending_bytes", "Bytes waiting to be sent over open connections."},
    {gauge, "nats_connections_subscriptions", "/subscriptions", "Subscriptions of open connections."},
    {gauge, "nats_connections_stalls", "/stalls",
     "Times that open connections were stalled for sending too fast; absent when none was.", As::number, "", "2.12.0"},
};

constexpr Label kClient[] = {{"lang", "/lang", software}, {"version", "/version", software}};
constexpr Metric kByClient[] = {
    {gauge, "nats_connections_by_client", "", "Open connections, by client library and its version.", As::one},
};

constexpr Label kTls[] = {{"tls_version", "/tls_version", tls}};
constexpr Metric kByTls[] = {
    {gauge, "nats_connections_by_tls_version", "", "Open connections, by TLS version; none without TLS.", As::one},
};

constexpr Label kTopLabels[] = {{"cid", "/cid"}, {"account", "/account", account}, {"name", "/name"}};
constexpr Metric kTop[] = {
    {gauge, "nats_connection_top_pending_bytes", "/pending_bytes",
     "Bytes waiting to be sent over the connections where most wait."},
};

// For the peers' schemas. No counters: what a connection carried goes when it closes.
constexpr Metric kSums[] = {
    {gauge, "nats_connections_listed", "", "Open connections.", As::one},
    {gauge, "nats_connections_sum_pending_bytes", "/pending_bytes", "Bytes waiting to be sent."},
    {gauge, "nats_connections_sum_subscriptions", "/subscriptions", "Subscriptions."},
    {gauge, "nats_connections_sum_received_messages", "/in_msgs", "Messages received over open connections."},
    {gauge, "nats_connections_sum_received_bytes", "/in_bytes", "Bytes received over open connections."},
    {gauge, "nats_connections_sum_sent_messages", "/out_msgs", "Messages sent over open connections."},
    {gauge, "nats_connections_sum_sent_bytes", "/out_bytes", "Bytes sent over open connections."},
};

constexpr Label kConnection[] = {
    {"cid", "/cid"},
    {"kind", "/kind", kind},
    {"type", "/type", type},
    {"account", "/account", account},
    {"name", "/name"},
    {"lang", "/lang", software},
    {"version", "/version", software},
    {"ip", "/ip"},
    {"mqtt_client", "/mqtt_client"},
    {"port", "/port", nullptr, true},
    {"name_tag", "/name_tag", nullptr, true},
    {"tls_version", "/tls_version", nullptr, true},
    {"tls_cipher_suite", "/tls_cipher_suite", nullptr, true},
};
constexpr Metric kConnections[] = {
    {gauge, "nats_connection_pending_bytes", "/pending_bytes", "Bytes waiting to be sent over the connection."},
    {gauge, "nats_connection_subscriptions", "/subscriptions", "Subscriptions of the connection."},
    {counter, "nats_connection_received_messages_total", "/in_msgs", "Messages the server received."},
    {counter, "nats_connection_received_bytes_total", "/in_bytes", "Bytes the server received."},
    {counter, "nats_connection_sent_messages_total", "/out_msgs", "Messages the server sent."},
    {counter, "nats_connection_sent_bytes_total", "/out_bytes", "Bytes the server sent."},
    {gauge, "nats_connection_rtt_seconds", "/rtt", "Round trip time between server and client; 0 until it is measured.",
     As::go_duration},
    {gauge, "nats_connection_start_timestamp_seconds", "/start", "When the connection was opened.", As::timestamp},
    {gauge, "nats_connection_last_activity_timestamp_seconds", "/last_activity",
     "When the connection was last used for anything but pings.", As::timestamp},
    {counter, "nats_connection_stalls_total", "/stalls",
     "Times that the connection was stalled for sending too fast; absent when it never was.", As::number, "", "2.12.0"},
};

constexpr Section kSections[] = {
    {.path = "/data/connections", .labels = kKind, .metrics = kByKind, .fold = true, .rows = 20000},
    {.path = "/data/connections", .labels = kClient, .metrics = kByClient, .fold = true, .rows = 256},
    {.path = "/data/connections", .labels = kTls, .metrics = kByTls, .fold = true, .rows = 16},
    {.path = "/data/connections", .labels = kTopLabels, .metrics = kTop, .top = 10},
    {.path = "/data/connections", .labels = {}, .metrics = kSums, .fold = true, .native = false},
    {.path = "/data/connections",
     .labels = kConnection,
     .metrics = kConnections,
     .level = Level::detail,
     .rows = kMaxRows},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  return nlohmann::json{{"auth", true}, {"state", 0}, {"offset", ask.offset}, {"limit", ask.limit}}.dump();
}

}  // namespace

const Collector kConnz{.name = "connz",
                       .endpoint = "CONNZ",
                       .sections = kSections,
                       .body = body,
                       .reach = Reach::pages,
                       .rows = "/data/connections",
                       .page = 512};

}  // namespace lookout

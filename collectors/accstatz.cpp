// ACCOUNT STATZ: what each account does on each server. nats-server AccountStatz, AccountStat. Idle accounts are asked
// for too, so that their counters do not come and go. Connections and leaf nodes go to State, which also hears of them
// by events (nats_account_connections, nats_account_leafnodes).
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"

namespace lookout {
namespace {

// The totals are what nats-server calls sent and received: since 2.11.5 with what went over routes, gateways and leaf
// nodes in them, and those parts beside them, so that the clients' part is the difference; before, `received` has only
// clients and leaf nodes, `sent` has routes and gateways as well.
constexpr Label kAccount[] = {{"account", "/acc"}};
constexpr Metric kAccounts[] = {
    {gauge, "nats_account_subscriptions", "/num_subscriptions",
     "Subscriptions of the account on this server, those of other servers that it knows of included.", As::number, "",
     "2.10.0"},
    {counter, "nats_account_slow_consumers_total", "/slow_consumers",
     "Connections of the account found to be slow consumers."},
    {counter, "nats_account_sent_messages_total", "/sent/msgs",
     "Messages of the account sent by this server to connections of all kinds; a message counts on each server that it "
     "passes."},
    {counter, "nats_account_sent_bytes_total", "/sent/bytes",
     "Bytes of the account sent by this server to connections of all kinds; a message counts on each server that it "
     "passes."},
    {counter, "nats_account_received_messages_total", "/received/msgs",
     "Messages of the account received by this server from connections of all kinds; a message counts on each server "
     "that it passes."},
    {counter, "nats_account_received_bytes_total", "/received/bytes",
     "Bytes of the account received by this server from connections of all kinds; a message counts on each server that "
     "it passes."},
    {counter, "nats_account_route_sent_messages_total", "/sent/routes/msgs",
     "The part of the messages sent that went over routes.", As::number, "", "2.11.5"},
    {counter, "nats_account_route_sent_bytes_total", "/sent/routes/bytes",
     "The part of the bytes sent that went over routes.", As::number, "", "2.11.5"},
    {counter, "nats_account_route_received_messages_total", "/received/routes/msgs",
     "The part of the messages received that came over routes.", As::number, "", "2.11.5"},
    {counter, "nats_account_route_received_bytes_total", "/received/routes/bytes",
     "The part of the bytes received that came over routes.", As::number, "", "2.11.5"},
    {counter, "nats_account_gateway_sent_messages_total", "/sent/gateways/msgs",
     "The part of the messages sent that went over gateways.", As::number, "", "2.11.5"},
    {counter, "nats_account_gateway_sent_bytes_total", "/sent/gateways/bytes",
     "The part of the bytes sent that went over gateways.", As::number, "", "2.11.5"},
    {counter, "nats_account_gateway_received_messages_total", "/received/gateways/msgs",
     "The part of the messages received that came over gateways.", As::number, "", "2.11.5"},
    {counter, "nats_account_gateway_received_bytes_total", "/received/gateways/bytes",
     "The part of the bytes received that came over gateways.", As::number, "", "2.11.5"},
    {counter, "nats_account_leafnode_sent_messages_total", "/sent/leafs/msgs",
     "The part of the messages sent that went to leaf nodes.", As::number, "", "2.11.5"},
    {counter, "nats_account_leafnode_sent_bytes_total", "/sent/leafs/bytes",
     "The part of the bytes sent that went to leaf nodes.", As::number, "", "2.11.5"},
    {counter, "nats_account_leafnode_received_messages_total", "/received/leafs/msgs",
     "The part of the messages received that came from leaf nodes.", As::number, "", "2.11.5"},
    {counter, "nats_account_leafnode_received_bytes_total", "/received/leafs/bytes",
     "The part of the bytes received that came from leaf nodes.", As::number, "", "2.11.5"},
};

constexpr Section kSections[] = {
    {.path = "/data/account_statz", .labels = kAccount, .metrics = kAccounts, .rows = 20000},
};
static_assert(well_formed(kSections));

// There is no subject for one server. Before 2.12.0 exact_match is not known, and servers with longer names answer too.
std::string body(const Ask& ask) {
  nlohmann::json out{{"include_unused", true}};
  if (!ask.server.empty()) {
    out["server_name"] = ask.server;
    out["exact_match"] = true;
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const Collector kAccstatz{.name = "accstatz",
                          .endpoint = "$SYS.REQ.ACCOUNT.PING.STATZ",
                          .sections = kSections,
                          .body = body,
                          .account_id = "/data/account_statz/*/acc",
                          .account_name = "/data/account_statz/*/name",
                          .account_stats = true};

}  // namespace lookout

// STATSZ, VARZ and the endpoints that tell of a server's links.
#include "tests/bench/fleet/replies.h"

namespace lookout::fleet {
namespace {

using Json = nlohmann::ordered_json;

// One row for each neighbour.
template <Row Which>
void routes(std::string& out, const Scene& scene) {
  out += '[';
  list(out, scene.world.peers(scene.server), [&](std::string& to, std::size_t peer) {
    Scene row = scene;
    row.row = peer;
    row.peer = &scene.world.servers()[peer];
    write_row(to, row, Which);
  });
  out += ']';
}

// The first server of the remote cluster stands for it.
void each_gateway(std::string& out, const Scene& scene, void (*write)(std::string&, const Scene&)) {
  list(out, scene.world.gateways(scene.server), [&](std::string& to, std::size_t remote) {
    Scene row = scene;
    row.row = remote;
    row.peer = &scene.world.servers()[remote];
    write(to, row);
  });
}

void statsz_gateways(std::string& out, const Scene& scene) {
  out += '[';
  each_gateway(out, scene, [](std::string& to, const Scene& row) { write_row(to, row, Row::statsz_gateway); });
  out += ']';
}

void remote_cluster(std::string& out, const Scene& scene) {
  text(out, World::cluster_name(scene.row));
}

void outbound(std::string& out, const Scene& scene) {
  out += '{';
  each_gateway(out, scene, [](std::string& to, const Scene& row) {
    remote_cluster(to, row);
    to += ':';
    write_row(to, row, Row::outbound);
  });
  out += '}';
}

void inbound(std::string& out, const Scene& scene) {
  out += '{';
  each_gateway(out, scene, [](std::string& to, const Scene& row) {
    remote_cluster(to, row);
    to += ":[";
    write_row(to, row, Row::inbound);
    to += ']';
  });
  out += '}';
}

void row_number(std::string& out, const Scene& scene) {
  number(out, scene.row + 1);
}
void peer_name(std::string& out, const Scene& scene) {
  text(out, scene.peer->name);
}
void peer_id(std::string& out, const Scene& scene) {
  text(out, scene.peer->id);
}
void connections(std::string& out, const Scene& scene) {
  number(out, scene.world.shape().connections);
}
void accepted(std::string& out, const Scene& scene) {
  number(out, scene.world.shape().connections + scene.world.count(scene.server, Count::accepted));
}
void accounts(std::string& out, const Scene& scene) {
  number(out, scene.world.accounts(scene.server).size());
}
void subscriptions(std::string& out, const Scene& scene) {
  number(out, 100 + scene.world.shape().connections);
}
void no_rows(std::string& out, const Scene& /*scene*/) {
  out += "[]";
}

const std::vector<Slot> kStatsz{
    {"/statsz/start", start},
    {"/statsz/mem", gauge<30000000, 50000000>},
    {"/statsz/cpu", gauge<1, 90>},
    {"/statsz/connections", connections},
    {"/statsz/total_connections", accepted},
    {"/statsz/active_accounts", accounts},
    {"/statsz/subscriptions", subscriptions},
    {"/statsz/sent/msgs", counter<Count::out>},
    {"/statsz/sent/bytes", bytes<Count::out>},
    {"/statsz/sent_to_clients/msgs", counter<Count::client_out>},
    {"/statsz/sent_to_clients/bytes", bytes<Count::client_out>},
    {"/statsz/received/msgs", counter<Count::in>},
    {"/statsz/received/bytes", bytes<Count::in>},
    {"/statsz/received_from_clients/msgs", counter<Count::client_in>},
    {"/statsz/received_from_clients/bytes", bytes<Count::client_in>},
    {"/statsz/routes", routes<Row::statsz_route>},
    {"/statsz/gateways", statsz_gateways},
    {"/statsz/active_servers", [](std::string& out, const Scene& scene) { number(out, scene.world.servers().size()); }},
    {"/statsz/jetstream/stats/storage", gauge<1000000, 100000000>},
    {"/statsz/jetstream/stats/api/total", counter<Count::api>},
    {"/statsz/jetstream/meta", meta},
};

const std::vector<Slot> kVarz{
    {"/data/server_name", server_name},
    {"/data/cluster/name", cluster},
    {"/data/gateway/name", cluster},
    {"/data/start", start},
    {"/data/config_load_time", start},
    {"/data/mem", gauge<30000000, 50000000>},
    {"/data/cpu", gauge<1, 90>},
    {"/data/connections", connections},
    {"/data/total_connections", accepted},
    {"/data/routes", [](std::string& out, const Scene& scene) { number(out, scene.world.peers(scene.server).size()); }},
    {"/data/in_msgs", counter<Count::in>},
    {"/data/in_bytes", bytes<Count::in>},
    {"/data/in_client_msgs", counter<Count::client_in>},
    {"/data/in_client_bytes", bytes<Count::client_in>},
    {"/data/out_msgs", counter<Count::out>},
    {"/data/out_bytes", bytes<Count::out>},
    {"/data/out_client_msgs", counter<Count::client_out>},
    {"/data/out_client_bytes", bytes<Count::client_out>},
    {"/data/subscriptions", subscriptions},
    {"/data/jetstream/stats/api/total", counter<Count::api>},
    {"/data/jetstream/meta", meta},
};

const std::vector<Slot> kGatewayLink{
    {"/connection/cid", row_number},
    {"/connection/start", start},
    {"/connection/last_activity", now},
    {"/connection/name", peer_id},
    {"/connection/in_msgs", counter<Count::gateway>},
    {"/connection/in_bytes", bytes<Count::gateway>},
    {"/connection/out_msgs", counter<Count::gateway>},
    {"/connection/out_bytes", bytes<Count::gateway>},
};

// One for each connection.
void subscription_rows(std::string& out, const Scene& scene) {
  out += '[';
  const std::uint64_t all = scene.ask.subscriptions ? scene.world.shape().connections : 0;
  for (Scene row = scene; row.inner < scene.ask.limit && scene.ask.offset + row.inner < all; ++row.inner) {
    if (row.inner > 0) out += ',';
    row.row = scene.ask.offset + row.inner;
    write_row(out, row, Row::subscription);
  }
  out += ']';
}

}  // namespace

void add_server_replies(Replies& replies) {
  const Json statsz = recorded("statsz", "req.PING.STATSZ.5.json");
  replies.add("STATSZ", statsz, kStatsz);
  replies.add_row(Row::statsz_route, statsz["statsz"]["routes"][0],
                  {{"/rid", row_number},
                   {"/name", peer_name},
                   {"/sent/msgs", counter<Count::route>},
                   {"/sent/bytes", bytes<Count::route>},
                   {"/received/msgs", counter<Count::route>},
                   {"/received/bytes", bytes<Count::route>}});
  replies.add_row(Row::statsz_gateway, statsz["statsz"]["gateways"][0],
                  {{"/gwid", row_number},
                   {"/name", remote_cluster},
                   {"/sent/msgs", counter<Count::gateway>},
                   {"/sent/bytes", bytes<Count::gateway>},
                   {"/received/msgs", counter<Count::gateway>},
                   {"/received/bytes", bytes<Count::gateway>}});
  replies.add("VARZ", recorded("varz", "req.PING.VARZ.1.json"), kVarz);

  const Json routez = recorded("routez", "req.PING.ROUTEZ.4.json");
  replies.add(
      "ROUTEZ", routez,
      {{"/data/server_name", server_name}, {"/data/num_routes", kVarz[9].write}, {"/data/routes", routes<Row::route>}});
  replies.add_row(Row::route, routez["data"]["routes"][0],
                  {{"/rid", row_number},
                   {"/remote_id", peer_id},
                   {"/remote_name", peer_name},
                   {"/start", start},
                   {"/last_activity", now},
                   {"/in_msgs", counter<Count::route>},
                   {"/in_bytes", bytes<Count::route>},
                   {"/out_msgs", counter<Count::route>},
                   {"/out_bytes", bytes<Count::route>},
                   {"/subscriptions", gauge<10, 100>}});
  const Json gatewayz = recorded("gatewayz", "req.PING.GATEWAYZ.1.json");
  replies.add("GATEWAYZ", gatewayz,
              {{"/data/name", cluster}, {"/data/outbound_gateways", outbound}, {"/data/inbound_gateways", inbound}});
  replies.add_row(Row::outbound, gatewayz["data"]["outbound_gateways"]["east"], kGatewayLink);
  replies.add_row(Row::inbound, gatewayz["data"]["inbound_gateways"]["east"][0], kGatewayLink);

  Json leafz = recorded("leafz", "req.PING.LEAFZ.1.json");
  leafz["data"]["leafnodes"] = 0;
  leafz["data"]["leafs"] = Json::array();
  replies.add("LEAFZ", leafz, {{"/data/leafs", no_rows}});
  const Json subsz = recorded("subsz", "req.PING.SUBSZ.detail.1.json");
  replies.add("SUBSZ", subsz,
              {{"/data/num_subscriptions", subscriptions},
               {"/data/total", connections},
               {"/data/subscriptions_list", subscription_rows}});
  replies.add_row(
      Row::subscription, subsz["data"]["subscriptions_list"][0],
      {{"/account",
        [](std::string& out, const Scene& scene) {
          const auto here = scene.world.accounts(scene.server);
          text(out, scene.world.account_id(here[scene.row % here.size()]));
        }},
       {"/subject", [](std::string& out, const Scene& scene) { text(out, "orders." + std::to_string(scene.row)); }},
       {"/cid", row_number}});
  replies.add("HEALTHZ", recorded("healthz", "req.PING.HEALTHZ.details.1.json"), {});
  replies.add("IPQUEUESZ", recorded("ipqueuesz", "req.PING.IPQUEUESZ.1.json"), {});
  replies.add("IDZ", recorded("idz", "req.PING.IDZ.1.json"), {{"/name", server_name}, {"/id", server_id}});
}

}  // namespace lookout::fleet

#include "agent/decode.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using nlohmann::json;
using test::Held;

// Numeric leaves that are deliberately not exported, each with its reason. `*` stands for an array index or a map key.
const std::map<std::string, std::string> kLeftOut{
    {"/statsz/slow_consumer_stats/clients", "VARZ always has it; STATSZ omits it while zero"},
    {"/statsz/slow_consumer_stats/routes", "VARZ"},
    {"/statsz/slow_consumer_stats/gateways", "VARZ"},
    {"/statsz/slow_consumer_stats/leafs", "VARZ"},
    {"/statsz/stale_connections", "VARZ always has it; STATSZ omits it while zero"},
    {"/statsz/stale_connection_stats/clients", "VARZ"},
    {"/statsz/stale_connection_stats/routes", "VARZ"},
    {"/statsz/stale_connection_stats/gateways", "VARZ"},
    {"/statsz/stale_connection_stats/leafs", "VARZ"},
    {"/statsz/stalled_clients", "VARZ always has it; STATSZ omits it while zero"},
    {"/statsz/routes/*/rid", "an id, not a quantity"},
    {"/statsz/gateways/*/gwid", "an id, not a quantity"},
    {"/statsz/jetstream/config/sync_always", "configuration, not a quantity"},
    {"/statsz/jetstream/config/compress_ok", "configuration, not a quantity"},
    {"/statsz/jetstream/config/strict", "configuration, not a quantity"},
    {"/data/proto", "protocol version"},
    {"/data/port", "an address"},
    {"/data/http_port", "an address"},
    {"/data/https_port", "an address"},
    {"/data/cluster/cluster_port", "an address"},
    {"/data/gateway/port", "an address"},
    {"/data/leaf/port", "an address"},
    {"/data/mqtt/port", "an address"},
    {"/data/websocket/port", "an address"},
    {"/data/cluster/auth_timeout", "a listener's timeout; the server's own is exported"},
    {"/data/cluster/tls_timeout", "a listener's timeout"},
    {"/data/cluster/tls_required", "a listener's setting"},
    {"/data/cluster/tls_verify", "a listener's setting"},
    {"/data/gateway/auth_timeout", "a listener's timeout"},
    {"/data/gateway/tls_timeout", "a listener's timeout"},
    {"/data/gateway/gateways/*/tls_timeout", "a listener's timeout"},
    {"/data/leaf/auth_timeout", "a listener's timeout"},
    {"/data/leaf/tls_timeout", "a listener's timeout"},
    {"/data/leaf/remotes/*/tls_timeout", "a listener's timeout"},
    {"/data/mqtt/tls_timeout", "a listener's timeout"},
    {"/data/mqtt/auth_timeout", "a listener's timeout"},
    {"/data/websocket/no_tls", "a listener's setting"},
    {"/data/websocket/compression", "a listener's setting"},
    {"/data/websocket/auth_timeout", "a listener's timeout"},
    {"/data/tls_ocsp_peer_verify", "configuration, not a quantity"},
    {"/data/mem", "STATSZ has it, fresher"},
    {"/data/cores", "STATSZ"},
    {"/data/gomaxprocs", "STATSZ"},
    {"/data/gomemlimit", "STATSZ"},
    {"/data/cpu", "STATSZ"},
    {"/data/connections", "STATSZ"},
    {"/data/total_connections", "STATSZ"},
    {"/data/in_msgs", "STATSZ"},
    {"/data/in_bytes", "STATSZ"},
    {"/data/in_client_msgs", "STATSZ"},
    {"/data/in_client_bytes", "STATSZ"},
    {"/data/out_msgs", "STATSZ"},
    {"/data/out_bytes", "STATSZ"},
    {"/data/out_client_msgs", "STATSZ"},
    {"/data/out_client_bytes", "STATSZ"},
    {"/data/slow_consumers", "STATSZ"},
    {"/data/subscriptions", "STATSZ"},
    {"/data/ocsp_peer_cache/cached_responses", "the sum of the three by status"},
};

bool left_out(const std::string& path) {
  // The whole of VARZ's JetStream part is in STATSZ, fresher; feature flags and claims are configuration.
  for (const char* prefix : {"/data/jetstream/", "/data/feature_flags/", "/data/trusted_operators_claim/"}) {
    if (path.starts_with(prefix)) return true;
  }
  return kLeftOut.contains(path);
}

// Paths that the table of a collector reads, array indexes and map keys as `*`.
std::set<std::string> exported(const Collector& collector, const json& reply) {
  std::set<std::string> out;
  for (const Section& section : collector.sections) {
    const json::json_pointer pointer(section.path);
    const bool array = reply.contains(pointer) && reply.at(pointer).is_array();
    for (const Metric& metric : section.metrics)
      out.insert(std::string(section.path) + (array || section.map ? "/*" : "") + metric.path);
  }
  return out;
}

void collect_leaves(const json& value, const std::string& path, bool in_map, std::set<std::string>& out) {
  if (value.is_number() || value.is_boolean()) out.insert(path);
  if (value.is_array()) {
    for (const json& item : value) collect_leaves(item, path + "/*", false, out);
  }
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.items()) {
    collect_leaves(item, path + "/" + (in_map ? "*" : key), path + "/" + key == "/data/http_req_stats", out);
  }
}

class EveryVersion : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Recorded, EveryVersion, testing::ValuesIn(test::kVersions), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(EveryVersion, EveryNumberIsExportedOrLeftOutForAReason) {
  for (const Collector& collector : collectors()) {
    const auto replies = test::recorded(GetParam(), collector.name);
    ASSERT_FALSE(replies.empty());
    for (const auto& recorded : replies) {
      const json reply = json::parse(recorded.payload);
      std::set<std::string> leaves;
      for (const char* body : {"statsz", "data"}) {
        if (reply.contains(body)) collect_leaves(reply.at(body), std::string("/") + body, false, leaves);
      }
      const auto read = exported(collector, reply);
      for (const std::string& leaf : leaves) {
        EXPECT_TRUE(read.contains(leaf) || left_out(leaf))
            << leaf << " in " << recorded.name << " is neither exported nor left out";
      }
    }
  }
}

TEST_P(EveryVersion, EveryRecordedReplyDecodes) {
  ReplyDecoder decoder;
  for (const Collector& collector : collectors()) {
    for (const auto& recorded : test::recorded(GetParam(), collector.name)) {
      const Held held("r.0.1", recorded.payload);
      const auto reply = decoder.decode(collector, held.message());
      ASSERT_TRUE(reply) << recorded.name << ": " << reply.error();
      const json truth = json::parse(recorded.payload);
      EXPECT_EQ(reply->server.id, truth["server"]["id"].get<std::string>());
      EXPECT_NE(reply->start, Wall{});
      ASSERT_EQ(reply->block->parts.size(), collector.sections.size());
      const json& body = truth.contains("statsz") ? truth["statsz"] : truth["data"];
      const char* const first = truth.contains("statsz") ? "mem" : "max_connections";
      EXPECT_EQ(reply->block->parts[0][0].values[0], body[first].get<double>());
    }
  }
}

const Row& only_row(const Block& block, std::size_t section) {
  EXPECT_EQ(block.parts[section].size(), 1U);
  return block.parts[section].front();
}

Reply decode(const Collector& collector, const std::string& body) {
  static ReplyDecoder decoder;
  const Held held(
      "r.0.1",
      R"({"server":{"name":"n1","id":"NID","ver":"2.15.2","seq":7,"time":"2026-01-01T00:00:00Z"},)" + body + "}");
  auto reply = decoder.decode(collector, held.message());
  EXPECT_TRUE(reply);
  return *reply;
}

TEST(Decode, PooledRoutesAreAddedUp) {
  const Reply reply =
      decode(kStatsz, R"("statsz":{"mem":1,"routes":[{"rid":1,"name":"n2","sent":{"msgs":3,"bytes":30},"pending":1},
      {"rid":2,"name":"n2","sent":{"msgs":4,"bytes":40},"received":{"msgs":1},"pending":0},{"rid":3,"name":"n3","sent":{"msgs":9}}]})");
  const auto& routes = reply.block->parts[1];
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].labels, std::vector<std::string>{"n2"});
  EXPECT_EQ(routes[0].values[0], 7);
  EXPECT_EQ(routes[0].values[1], 70);
  EXPECT_EQ(routes[0].values[2], 1);
  EXPECT_TRUE(std::isnan(routes[1].values[1])) << "absent stays absent";
}

TEST(Decode, UnlimitedIsAbsent) {
  for (const char* unlimited : {"-1", "18446744073709551615"}) {
    const Reply reply = decode(kStatsz, std::string(R"("statsz":{"mem":1,"jetstream":{"config":{"max_memory":)") +
                                            unlimited + R"(,"max_storage":5},"stats":{"api":{"total":1}}}})");
    EXPECT_TRUE(std::isnan(only_row(*reply.block, 3).values[0])) << unlimited;
    EXPECT_EQ(only_row(*reply.block, 3).values[1], 5);
  }
}

TEST(Decode, AMissingFieldIsNoSampleAndAnOmittedZeroIsZero) {
  const Reply reply = decode(kStatsz, R"("statsz":{"mem":1,"jetstream":{"stats":{"api":{"total":1}}}})");
  EXPECT_TRUE(std::isnan(only_row(*reply.block, 0).values[1]));
  EXPECT_EQ(only_row(*reply.block, 5).values[0], 0) << "api.inflight is omitted when it is zero";
  EXPECT_TRUE(reply.block->parts[6].empty()) << "no limits, no row";
}

TEST(Decode, UnitsAreBaseUnits) {
  const Reply reply = decode(kVarz, R"("data":{"max_connections":-1,"ping_interval":120000000000,"auth_timeout":2.5,
      "config_load_time":"2026-01-01T00:00:00Z","tls_required":true,"http_req_stats":{"/varz":3,"/":4}})");
  const Row& row = only_row(*reply.block, 0);
  EXPECT_TRUE(std::isnan(row.values[0]));
  EXPECT_EQ(row.values[5], 120);
  EXPECT_EQ(row.values[8], 2.5);
  EXPECT_EQ(row.values[10], 0) << "auth_required is omitted when false";
  EXPECT_EQ(row.values[11], 1);
  EXPECT_EQ(row.values[13], 1767225600);
  ASSERT_EQ(reply.block->parts[1].size(), 2U);
  EXPECT_EQ(reply.block->parts[1][0].labels[0], "/varz");
  EXPECT_EQ(reply.block->parts[1][0].values[0], 3);
}

TEST(Decode, WrongTypesAreNoSamples) {
  const Reply reply = decode(
      kStatsz,
      R"("statsz":{"mem":"many","cpu":null,"cores":{},"connections":[1],"routes":{"name":"x"},"gateways":[1,null,"x"]})");
  for (const double value : only_row(*reply.block, 0).values) EXPECT_TRUE(std::isnan(value));
  EXPECT_TRUE(reply.block->parts[2].empty());
}

TEST(Decode, RowsAreBounded) {
  std::string routes;
  for (std::size_t i = 0; i < kMaxRows + 5; ++i)
    routes += (i == 0 ? "" : ",") + std::string(R"({"name":"r)") + std::to_string(i) + "\"}";
  const Reply reply = decode(kStatsz, R"("statsz":{"mem":1,"routes":[)" + routes + "]}");
  EXPECT_EQ(reply.block->parts[1].size(), kMaxRows);
  EXPECT_EQ(reply.rows_left_out, 5U);
}

TEST(Decode, RefusesWhatIsNoReply) {
  ReplyDecoder decoder;
  for (const char* payload :
       {"", "{", "[]", "null", "{}", R"({"server":{}})", R"({"server":{"id":"N"},"statsz":{}})",
        R"({"server":{"id":1,"name":"n"},"statsz":{}})", R"({"server":{"id":"N","name":"n"}})",
        R"({"server":{"id":"N","name":"n"},"statsz":[]})", R"({"server":{"id":"N","name":"n"},"statsz":{}} x)",
        "{\"server\":{\"id\":\"N\",\"name\":\"\xFF\"},\"statsz\":{}}"}) {
    EXPECT_FALSE(decoder.decode(kStatsz, Held("r.0.1", payload).message())) << payload;
  }
  const auto refused = decoder.decode(
      kVarz, Held("r.1.1", R"({"server":{"id":"N","name":"n"},"error":{"code":400,"description":"bad"}})").message());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "bad");
}

TEST(Decode, NoTruncatedReplyGivesAWrongSample) {
  const std::string whole = test::recorded("2.15.2", "statsz").front().payload;
  ReplyDecoder decoder;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decoder.decode(kStatsz, Held("r.0.1", whole.substr(0, size)).message())) << size;
  }
}

TEST(Decode, UserInfoNamesTheAccount) {
  ReplyDecoder decoder;
  const auto user =
      decoder.decode_user(Held("u.1", R"({"server":{},"data":{"user":"app","account":"APP"}})").message());
  ASSERT_TRUE(user);
  EXPECT_EQ(user->account, "APP");
  EXPECT_FALSE(decoder.decode_user(Held("u.1", "{}").message()));
}

}  // namespace
}  // namespace lookout

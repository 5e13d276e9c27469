#include "agent/decode.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <string>
#include <vector>

#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using test::Held;

std::string upper(std::string_view text) {
  return text.empty() ? "NONE" : text == "a" ? "A" : std::string(text);
}

constexpr Metric kFacts[] = {
    {gauge, "nats_server_a_bytes", "/mem", "A number."},
    {gauge, "nats_server_b_seconds", "/wait", "Nanoseconds.", As::nanoseconds},
    {gauge, "nats_server_c", "/max", "A limit.", As::limit},
    {gauge, "nats_server_d", "/on", "A flag.", As::flag},
    {gauge, "nats_server_e_timestamp_seconds", "/at", "A time.", As::timestamp},
    {gauge, "nats_server_f_ratio", "/cpu", "Percent.", As::percent},
    {gauge, "nats_server_g", "/list", "A length.", As::count},
    {gauge, "nats_server_h", "/inflight", "Omitted when zero.", As::number_or_0},
    {gauge, "nats_server_i", "/tls", "Omitted when false.", As::flag_or_0},
    {gauge, "nats_server_j_seconds", "/rtt", "Go's text.", As::go_duration},
    {gauge, "nats_server_k_timestamp_seconds", "/exp", "Unix time.", As::unix_time},
    {gauge, "nats_server_l", "/status", "Whether it is ok.", As::ok},
};
constexpr Label kRemote[] = {{"remote", "/name"}};
constexpr Metric kRoutes[] = {
    {counter, "nats_route_a_total", "/sent/msgs", "Added up."},
    {gauge, "nats_route_b_seconds", "/rtt", "The largest.", As::go_duration, "", "", Merge::max},
    {gauge, "nats_route_c", "", "Counted.", As::one},
};
constexpr Label kPath[] = {{"path", kKey}};
constexpr Metric kCount[] = {{counter, "nats_server_m_total", "", "The member itself."}};
constexpr Label kInner[] = {{"outer", "^@key"}, {"shown", "/kind", upper}};
constexpr Metric kInnerMetrics[] = {{gauge, "nats_server_n", "/n", "Below two stars."}};
constexpr Section kSections[] = {
    {.path = "/data", .labels = {}, .metrics = kFacts},
    {.path = "/data/routes", .labels = kRemote, .metrics = kRoutes, .fold = true},
    {.path = "/data/paths", .labels = kPath, .metrics = kCount, .map = true, .rows = 3},
    {.path = "/data/maps/*/*", .labels = kInner, .metrics = kInnerMetrics},
};
constexpr Collector kFactsTable{.name = "facts", .endpoint = "FACTS", .sections = kSections};

constexpr Label kStream[] = {{"account", "^/id"}, {"stream", "/name"}};
constexpr Metric kStreams[] = {
    {gauge, "nats_stream_has_leader", "", "Leads.", As::leads},
    {gauge, "nats_stream_messages", "/state/messages", "Messages."},
};
constexpr Label kPeer[] = {{"account", "^^/id"}, {"stream", "^/name"}, {"peer", "/name"}};
constexpr Metric kPeers[] = {{gauge, "nats_stream_peer_lag", "/lag", "Lag.", As::number_or_0}};
constexpr Label kConsumer[] = {{"consumer", "/name"}};
constexpr Metric kConsumers[] = {{gauge, "nats_consumer_pending", "/num_pending", "Pending."}};
constexpr Section kAssets[] = {
    {.path = "/data", .labels = {}, .metrics = kCount},
    {.path = "/data/accounts/*/streams",
     .labels = kStream,
     .metrics = kStreams,
     .of = Of::asset,
     .leader = "/cluster/leader",
     .standalone = "/cluster"},
    {.path = "/data/accounts/*/streams/*/cluster/replicas",
     .labels = kPeer,
     .metrics = kPeers,
     .of = Of::asset,
     .leader = "^/cluster/leader"},
    {.path = "/data/accounts/*/streams/*/consumers",
     .labels = kConsumer,
     .metrics = kConsumers,
     .level = Level::detail,
     .of = Of::asset,
     .rows = kMaxRows},
    {.path = "/data/accounts/*/streams", .labels = kStream, .metrics = kCount, .top = 0},
};
constexpr Collector kAssetsTable{.name = "assets",
                                 .endpoint = "ASSETS",
                                 .sections = kAssets,
                                 .reach = Reach::pages,
                                 .rows = "/data/accounts",
                                 .page = 2,
                                 .account_id = "/data/accounts/*/id",
                                 .account_name = "/data/accounts/*/name"};

constexpr Label kCid[] = {{"cid", "/cid"}};
constexpr Metric kPending[] = {{gauge, "nats_connection_top_pending_bytes", "/pending", "Pending."}};
constexpr Section kTop[] = {{.path = "/data/connections", .labels = kCid, .metrics = kPending, .top = 2}};
constexpr Collector kTopTable{.name = "top", .endpoint = "TOP", .sections = kTop, .reach = Reach::pages};

std::string envelope(const std::string& body, const std::string& name = "n1") {
  return R"({"server":{"name":")" + name + R"(","id":"NID","ver":"2.15.2","seq":7,"time":"2026-01-01T00:00:00Z"},)" +
         body + "}";
}

struct Decoded {
  Reply reply;
  std::shared_ptr<const Block> block;
  std::uint64_t left_out = 0;
  [[nodiscard]] const Part& part(std::size_t section) const { return block->parts[section]; }
};

Decoded decode(const Collector& collector, const std::vector<std::string>& pages, Level level = Level::summary,
               std::uint32_t max_rows = 10000) {
  static ReplyDecoder decoder;
  Assembly assembly(collector, level, max_rows);
  Decoded out;
  for (const std::string& page : pages) {
    const Held held("r.0.1", page);
    auto reply = decoder.decode(held.message(), assembly);
    EXPECT_TRUE(reply) << (reply ? "" : reply.error());
    if (reply) out.reply = *reply;
  }
  out.left_out = assembly.rows_left_out();
  out.block = assembly.finish();
  return out;
}

std::string gzipped(const std::string& text) {
  std::string out(compressBound(text.size()) + 32, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Decode, UnitsAreBaseUnits) {
  const auto got = decode(
      kFactsTable,
      {envelope(
          R"("data":{"mem":5,"wait":1500000000,"max":7,"on":true,"at":"2026-01-01T00:00:00Z","cpu":150,"list":[1,2],
             "inflight":2,"tls":true,"rtt":"1m0.5s","exp":1767225600,"status":"ok"})")});
  const auto values = got.part(0).values(0);
  const std::vector<double> expected{5, 1.5, 7, 1, 1767225600, 1.5, 2, 2, 1, 60.5, 1767225600, 1};
  EXPECT_EQ(std::vector<double>(values.begin(), values.end()), expected);
}

TEST(Decode, WhatIsMissingIsNoSampleAndAnOmittedZeroIsZero) {
  const auto got = decode(kFactsTable, {envelope(R"("data":{"status":"unavailable"})")});
  const Part& facts = got.part(0);
  for (const std::size_t absent : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 9U, 10U})
    EXPECT_TRUE(std::isnan(facts.value(0, absent))) << absent;
  EXPECT_EQ(facts.value(0, 7), 0);
  EXPECT_EQ(facts.value(0, 8), 0);
  EXPECT_EQ(facts.value(0, 11), 0) << "a status that is not ok";
  EXPECT_TRUE(got.part(1).empty());
}

TEST(Decode, UnlimitedNeverAndUnsetAreAbsent) {
  for (const char* unlimited : {"-1", "18446744073709551615"}) {
    const auto got = decode(kFactsTable, {envelope(std::string(R"("data":{"max":)") + unlimited +
                                                   R"(,"wait":-1,"at":"0001-01-01T00:00:00Z","exp":0})")});
    for (const std::size_t absent : {1U, 2U, 4U, 10U}) EXPECT_TRUE(std::isnan(got.part(0).value(0, absent)));
  }
}

TEST(Decode, WrongTypesAreNoSamples) {
  const auto got = decode(
      kFactsTable,
      {envelope(
          R"("data":{"mem":"many","wait":null,"max":{},"on":1,"at":5,"cpu":[],"list":{},"inflight":"x","tls":"yes",
             "rtt":7,"exp":"soon","status":1,"routes":"none","paths":[1,null,"x"],"maps":{"a":[1,"x"]}})")});
  for (const double value : got.part(0).values(0)) EXPECT_TRUE(std::isnan(value));
  for (const std::size_t section : {1U, 2U, 3U}) EXPECT_TRUE(got.part(section).empty()) << section;
}

TEST(Decode, RowsWithEqualLabelsAreMerged) {
  const auto got = decode(
      kFactsTable,
      {envelope(
          R"("data":{"routes":[{"name":"n2","sent":{"msgs":3},"rtt":"2ms"},{"name":"n2","sent":{"msgs":4},"rtt":"1ms"},{"name":"n3"}]})")});
  const Part& routes = got.part(1);
  ASSERT_EQ(routes.rows(), 2U);
  EXPECT_EQ(routes.label(0, 0), "n2");
  EXPECT_EQ(routes.value(0, 0), 7);
  EXPECT_EQ(routes.value(0, 1), 0.002);
  EXPECT_EQ(routes.value(0, 2), 2);
  EXPECT_TRUE(std::isnan(routes.value(1, 0))) << "absent stays absent";
  EXPECT_EQ(routes.value(1, 2), 1);
}

TEST(Decode, MapsAndNestedMapsGiveARowForEachMember) {
  const auto got = decode(
      kFactsTable,
      {envelope(
          R"("data":{"paths":{"/a":1,"/b":2,"/c":3,"/d":4,"/e":5},"maps":{"east":[{"kind":"a","n":1},{"n":2}],"west":{"x":{"kind":"b","n":3}}}})")});
  EXPECT_EQ(got.part(2).rows(), 3U) << "the section's bound";
  EXPECT_EQ(got.left_out, 2U);
  EXPECT_EQ(got.part(2).label(1, 0), "/b");
  EXPECT_EQ(got.part(2).value(1, 0), 2);
  const Part& inner = got.part(3);
  ASSERT_EQ(inner.rows(), 3U);
  EXPECT_EQ(inner.label(0, 0), "east");
  EXPECT_EQ(inner.label(0, 1), "A");
  EXPECT_EQ(inner.label(1, 1), "NONE") << "a missing value is shown too";
  EXPECT_EQ(inner.label(2, 0), "west");
  EXPECT_EQ(inner.value(2, 0), 3);
}

const std::string kTwoAccounts = R"("data":{"accounts":[
  {"id":"A","name":"orders","streams":[
    {"name":"mine","cluster":{"leader":"n1","replicas":[{"name":"n2","lag":4},{"name":"n3"}]},"state":{"messages":10},
     "consumers":[{"name":"c1","num_pending":1},{"name":"c2","num_pending":2}]},
    {"name":"theirs","cluster":{"leader":"n2","replicas":[{"name":"n2"}]},"state":{"messages":11}},
    {"name":"nobodys","cluster":{"replicas":[{"name":"n2"}]},"state":{"messages":12}}]},
  {"id":"B","streams":[{"name":"alone","state":{"messages":13}}]}]})";

TEST(Decode, AnAssetIsToldByItsLeader) {
  const auto got = decode(kAssetsTable, {envelope(kTwoAccounts)});
  const Part& streams = got.part(1);
  ASSERT_EQ(streams.rows(), 3U) << "what another server leads is left to it";
  EXPECT_EQ(streams.label(0, 0), "A");
  EXPECT_EQ(streams.label(0, 1), "mine");
  EXPECT_EQ(streams.value(0, 0), 1);
  EXPECT_EQ(streams.value(0, 1), 10);
  EXPECT_EQ(streams.label(1, 1), "nobodys");
  EXPECT_FALSE(streams.led(1));
  EXPECT_EQ(streams.value(1, 0), 0) << "nobody knows a leader";
  EXPECT_TRUE(std::isnan(streams.value(1, 1))) << "a follower's numbers are not the stream's";
  EXPECT_EQ(streams.label(2, 0), "B");
  EXPECT_EQ(streams.value(2, 0), 1) << "without a cluster the server itself leads";
  const Part& peers = got.part(2);
  ASSERT_EQ(peers.rows(), 2U);
  EXPECT_EQ(peers.label(0, 0), "A");
  EXPECT_EQ(peers.label(0, 1), "mine");
  EXPECT_EQ(peers.label(0, 2), "n2");
  EXPECT_EQ(peers.value(0, 0), 4);
  EXPECT_EQ(peers.value(1, 0), 0);
}

TEST(Decode, DetailIsReadOnlyWhenAskedForAndWithinTheLimit) {
  EXPECT_TRUE(decode(kAssetsTable, {envelope(kTwoAccounts)}).part(3).empty());
  EXPECT_EQ(decode(kAssetsTable, {envelope(kTwoAccounts)}, Level::detail).part(3).rows(), 2U);
  const auto got = decode(kAssetsTable, {envelope(kTwoAccounts)}, Level::detail, 1);
  EXPECT_EQ(got.part(3).rows(), 1U);
  EXPECT_EQ(got.left_out, 1U);
}

TEST(Decode, PagesAddUp) {
  const auto page = [](const char* account) {
    return envelope(std::string(R"("data":{"accounts":[{"id":")") + account + R"(","streams":[{"name":"s"}]}]})");
  };
  const auto got = decode(kAssetsTable, {page("A"), page("B"), page("C")});
  EXPECT_EQ(got.reply.page_rows, 1U);
  EXPECT_EQ(got.part(0).rows(), 1U) << "what stands on every page counts once";
  ASSERT_EQ(got.part(1).rows(), 3U);
  EXPECT_EQ(got.part(1).label(2, 0), "C");
  EXPECT_EQ(got.block->bytes, 3 * page("A").size());
}

TEST(Decode, AccountsTellTheirNames) {
  const auto got = decode(kAssetsTable, {envelope(kTwoAccounts)});
  ASSERT_EQ(got.reply.accounts.size(), 2U);
  EXPECT_EQ(got.reply.accounts[0].id, "A");
  EXPECT_EQ(got.reply.accounts[0].name, "orders");
  EXPECT_EQ(got.reply.accounts[1].name, "");
}

TEST(Decode, TheTopRowsAreThoseWithTheLargestValue) {
  const auto got =
      decode(kTopTable,
             {envelope(R"("data":{"connections":[{"cid":1,"pending":5},{"cid":2,"pending":0},{"cid":3,"pending":9}]})"),
              envelope(R"("data":{"connections":[{"cid":4,"pending":7}]})")});
  ASSERT_EQ(got.part(0).rows(), 2U);
  EXPECT_EQ(got.part(0).label(0, 0), "3");
  EXPECT_EQ(got.part(0).label(1, 0), "4");
}

TEST(Decode, GzipIsUnpackedAndNothingElse) {
  const std::string whole = gzipped(envelope(kTwoAccounts));
  EXPECT_EQ(decode(kAssetsTable, {whole}).part(1).rows(), 3U);
  ReplyDecoder decoder;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Assembly assembly(kAssetsTable, Level::summary);
    EXPECT_FALSE(decoder.decode(Held("r.0.1", whole.substr(0, size)).message(), assembly)) << size;
  }
  Assembly assembly(kAssetsTable, Level::summary);
  EXPECT_FALSE(decoder.decode(Held("r.0.1", whole + "x").message(), assembly)) << "something behind it";
  const std::string bomb = gzipped(std::string(ReplyDecoder::kMaxBytes + 1, ' '));
  EXPECT_FALSE(decoder.decode(Held("r.0.1", bomb).message(), assembly)) << "larger than any reply";
}

TEST(Decode, RefusesWhatIsNoReply) {
  ReplyDecoder decoder;
  for (const char* payload :
       {"", "{", "[]", "null", "{}", R"({"server":{}})", R"({"server":{"id":"N"},"data":{}})",
        R"({"server":{"id":1,"name":"n"},"data":{}})", R"({"server":{"id":"N","name":"n"}})",
        R"({"server":{"id":"N","name":"n"},"data":[]})", R"({"server":{"id":"N","name":"n"},"data":{}} x)",
        "{\"server\":{\"id\":\"N\",\"name\":\"\xFF\"},\"data\":{}}"}) {
    Assembly assembly(kFactsTable, Level::summary);
    EXPECT_FALSE(decoder.decode(Held("r.0.1", payload).message(), assembly)) << payload;
    EXPECT_TRUE(assembly.finish()->parts[0].empty());
  }
}

TEST(Decode, AServerMayRefuseToAnswer) {
  const auto got = decode(kFactsTable, {envelope(R"("data":null,"error":{"code":500,"description":"bad"})")});
  EXPECT_TRUE(got.reply.refused);
  EXPECT_EQ(got.reply.server.name, "n1");
  EXPECT_TRUE(got.part(0).empty());
}

class EveryVersion : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Recorded, EveryVersion, testing::ValuesIn(test::kVersions), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(EveryVersion, EveryRecordedReplyDecodesAndNoTruncatedOneDoes) {
  ReplyDecoder decoder;
  for (const Collector& collector : collectors()) {
    for (const auto& recorded : test::recorded(GetParam(), collector.name)) {
      Assembly assembly(collector, Level::detail);
      const auto reply = decoder.decode(Held("r.0.1", recorded.payload).message(), assembly);
      ASSERT_TRUE(reply) << collector.name << " " << recorded.name << ": " << reply.error();
      const std::string& whole = recorded.payload;
      for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 50) {
        Assembly cut(collector, Level::detail);
        EXPECT_FALSE(decoder.decode(Held("r.0.1", whole.substr(0, size)).message(), cut)) << recorded.name << size;
      }
    }
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

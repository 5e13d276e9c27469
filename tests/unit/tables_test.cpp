// What the tables of JSZ, CONNZ, ACCOUNT STATZ and ACCOUNTZ make of recorded replies. What is expected is read from the
// same replies by another JSON library.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "agent/decode.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using nlohmann::json;
using test::Held;
using test::kVersions;
using Rows = std::map<std::string, double>;  // label texts, joined by "/", to the value; absent values are left out

// What one server said: its replies decoded, and as they are.
struct Told {
  const Collector* collector = nullptr;
  std::string name;
  std::vector<json> data;
  std::vector<AccountStat> accounts;
  std::shared_ptr<const Block> block;
};

Told tell(const Collector& collector, Level level, const std::vector<std::string>& payloads) {
  Told told{.collector = &collector, .name = {}, .data = {}, .accounts = {}, .block = nullptr};
  Assembly assembly(collector, level);
  ReplyDecoder decoder;
  for (const std::string& payload : payloads) {
    const Held held("reply", payload);
    const Result<Reply> reply = decoder.decode(held.message(), assembly);
    if (!reply) {
      ADD_FAILURE() << reply.error();
      continue;
    }
    const json parsed = json::parse(payload);
    told.name = parsed.at("server").at("name");
    told.data.push_back(parsed.at("data"));
    told.accounts = reply->accounts;
  }
  told.block = assembly.finish();
  return told;
}

// The recorded replies whose name starts so, one server each.
std::vector<Told> recorded(const Collector& collector, const std::string& version, const std::string& prefix,
                           Level level = Level::detail) {
  std::vector<Told> out;
  for (const auto& reply : test::recorded(version, collector.name)) {
    if (reply.name.starts_with(prefix)) out.push_back(tell(collector, level, {reply.payload}));
  }
  EXPECT_FALSE(out.empty()) << version << " " << prefix;
  return out;
}

// The samples of one metric. Hidden labels are no part of the key.
Rows rows(const Told& told, const std::string& metric) {
  for (std::size_t s = 0; s < told.collector->sections.size(); ++s) {
    const Section& section = told.collector->sections[s];
    for (std::size_t m = 0; m < section.metrics.size(); ++m) {
      if (section.metrics[m].name != metric) continue;
      Rows out;
      const Part& part = told.block->parts[s];
      for (std::size_t row = 0; row < part.rows(); ++row) {
        std::string key;
        for (std::size_t label = 0; label < section.labels.size(); ++label) {
          if (section.labels[label].hidden) continue;
          if (!key.empty()) key.append("/");
          key += part.label(row, label);
        }
        if (!std::isnan(part.value(row, m))) out[key] = part.value(row, m);
      }
      return out;
    }
  }
  ADD_FAILURE() << "no metric " << metric;
  return {};
}

// Of all servers; a key told twice is an error.
Rows together(const std::vector<Told>& servers, const std::string& metric) {
  Rows out;
  for (const Told& told : servers) {
    for (const auto& [key, value] : rows(told, metric))
      EXPECT_TRUE(out.emplace(key, value).second) << metric << " " << key << " told twice, also by " << told.name;
  }
  return out;
}

double sum(const Rows& rows) {
  return std::accumulate(rows.begin(), rows.end(), 0.0, [](double sum, const auto& row) { return sum + row.second; });
}

// Calls use(account id, stream) for every stream in the server's replies.
template <class Use>
void each_stream(const Told& told, Use&& use) {
  for (const json& data : told.data) {
    for (const json& account : data.value("account_details", json::array())) {
      for (const json& stream : account.value("stream_detail", json::array()))
        use(account.at("id").get<std::string>(), stream);
    }
  }
}

std::string leader(const json& asset) {
  return asset.value("cluster", json::object()).value("leader", "");
}

TEST(Jsz, EveryStreamIsToldOnceByItsLeader) {
  for (const std::string& version : kVersions) {
    const auto servers = recorded(kJsz, version, "req.PING.JSZ.full.");
    Rows messages;
    Rows replicas;
    for (const Told& told : servers) {
      each_stream(told, [&](const std::string& account, const json& stream) {
        if (leader(stream) != told.name) return;
        const std::string key = account + "/" + stream.at("name").get<std::string>();
        messages[key] = stream.at("state").at("messages");
        for (const json& peer : stream.at("cluster").value("replicas", json::array()))
          replicas[key + "/" + peer.at("name").get<std::string>()] = peer.value("lag", 0);
      });
    }
    ASSERT_GE(messages.size(), 5U);
    EXPECT_EQ(together(servers, "nats_stream_messages"), messages) << version;
    EXPECT_EQ(together(servers, "nats_stream_replica_lag"), replicas) << version;
    EXPECT_EQ(sum(together(servers, "nats_stream_has_leader")), static_cast<double>(messages.size())) << version;
    EXPECT_EQ(sum(together(servers, "nats_stream_replica_current")), static_cast<double>(replicas.size())) << version;
  }
}

TEST(Jsz, StreamsAndConsumersLedAddUpToTheTruth) {
  for (const std::string version : {"2.12.7", "2.15.2"}) {
    const auto servers = recorded(kJsz, version, "req.PING.JSZ.full.");
    double streams = 0;
    double consumers = 0;
    for (const Told& told : servers) {
      streams += sum(rows(told, "nats_server_jetstream_streams_led"));
      consumers += sum(rows(told, "nats_server_jetstream_consumers_led"));
    }
    EXPECT_EQ(streams, static_cast<double>(together(servers, "nats_stream_messages").size())) << version;
    EXPECT_EQ(consumers, static_cast<double>(together(servers, "nats_consumer_pending_messages").size())) << version;
  }
}

// An R1 consumer of an R3 stream is known to one server alone, which need not lead the stream.
TEST(Jsz, EveryConsumerIsToldOnceByItsOwnLeader) {
  for (const std::string& version : kVersions) {
    const auto servers = recorded(kJsz, version, "req.PING.JSZ.full.");
    Rows pending;
    bool elsewhere = false;
    for (const Told& told : servers) {
      each_stream(told, [&](const std::string& account, const json& stream) {
        for (const json& consumer : stream.value("consumer_detail", json::array())) {
          if (leader(consumer) != told.name) continue;
          elsewhere |= leader(stream) != told.name;
          pending[account + "/" + stream.at("name").get<std::string>() + "/" + consumer.at("name").get<std::string>()] =
              consumer.at("num_pending");
        }
      });
    }
    ASSERT_GE(pending.size(), 2U);
    EXPECT_TRUE(elsewhere) << version;
    EXPECT_EQ(together(servers, "nats_consumer_pending_messages"), pending) << version;
    EXPECT_EQ(sum(together(servers, "nats_consumer_has_leader")), static_cast<double>(pending.size())) << version;
  }
}

// 1 for what the server leads, 0 for what nobody does; nothing for the rest.
void expect_lead(Rows& rows, const std::string& key, const std::string& leader, const std::string& server) {
  if (leader.empty()) rows.emplace(key, 0);
  if (leader == server) rows[key] = 1;
}

TEST(Jsz, WhatHasLostItsLeaderSaysNothingElse) {
  for (const std::string& version : kVersions) {
    Rows streams;
    Rows consumers;
    const auto servers = recorded(kJsz, version, "req.PING.JSZ.degraded.");
    for (const Told& told : servers) {
      each_stream(told, [&](const std::string& account, const json& stream) {
        const std::string key = account + "/" + stream.at("name").get<std::string>();
        expect_lead(streams, key, leader(stream), told.name);
        for (const json& consumer : stream.value("consumer_detail", json::array()))
          expect_lead(consumers, key + "/" + consumer.at("name").get<std::string>(), leader(consumer), told.name);
      });
    }
    ASSERT_LT(sum(streams), static_cast<double>(streams.size())) << version;
    ASSERT_LT(sum(consumers), static_cast<double>(consumers.size())) << version;
    EXPECT_EQ(together(servers, "nats_stream_has_leader"), streams) << version;
    EXPECT_EQ(together(servers, "nats_consumer_has_leader"), consumers) << version;
    EXPECT_EQ(static_cast<double>(together(servers, "nats_stream_messages").size()), sum(streams)) << version;
    EXPECT_EQ(static_cast<double>(together(servers, "nats_consumer_pending_messages").size()), sum(consumers))
        << version;
  }
}

TEST(Jsz, UnlimitedIsAbsent) {
  for (const std::string& version : kVersions) {
    const auto servers = recorded(kJsz, version, "req.PING.JSZ.full.");
    EXPECT_EQ(together(servers, "nats_stream_max_messages"), (Rows{{"A/ORDERS", 1000}})) << version;
    EXPECT_TRUE(together(servers, "nats_stream_max_bytes").empty()) << version;
    EXPECT_TRUE(together(servers, "nats_stream_max_consumers").empty()) << version;
    for (const Told& told : servers) {
      EXPECT_TRUE(rows(told, "nats_account_jetstream_reserved_memory_bytes").empty()) << version;
      const bool runs = sum(rows(told, "nats_server_jetstream_disabled")) == 0;
      EXPECT_EQ(rows(told, "nats_account_jetstream_storage_bytes"), runs ? Rows({{"A", 630}}) : Rows()) << version;
    }
  }
}

TEST(Jsz, ConsumersAreForDetailAlone) {
  for (const Told& told : recorded(kJsz, "2.15.2", "req.PING.JSZ.full.", Level::summary)) {
    EXPECT_TRUE(rows(told, "nats_consumer_has_leader").empty());
    EXPECT_TRUE(rows(told, "nats_consumer_replica_lag").empty());
  }
}

TEST(Jsz, SourcesOfOneOriginAreOneRow) {
  const std::string payload = R"({"server":{"name":"s1","id":"N1","ver":"2.15.2"},"data":{"account_details":[
    {"id":"A","name":"A","stream_detail":[
      {"name":"S","cluster":{"leader":"s1"},"sources":[
        {"name":"NO","lag":0,"active":-1,"error":{"code":404,"err_code":10059,"description":"stream not found"}},
        {"name":"O","lag":3,"seq":2,"active":800000000,"filter_subject":"o.1"},
        {"name":"O","lag":4,"seq":9,"active":500000000,"filter_subject":"o.2"},
        {"name":"O","external":{"api":"$JS.leaf.API","deliver":"d"},"lag":1,"active":0}]},
      {"name":"M","mirror":{"name":"O","lag":7,"active":-1}},
      {"name":"ELSEWHERE","cluster":{"leader":"s2"},"mirror":{"name":"O","lag":0,"active":0}}]}]}})";
  const Told told = tell(kJsz, Level::summary, {payload});
  EXPECT_EQ(rows(told, "nats_stream_source_lag_messages"),
            (Rows{{"A/S/NO/", 0}, {"A/S/O/", 7}, {"A/S/O/$JS.leaf.API", 1}}));
  EXPECT_EQ(rows(told, "nats_stream_source_last_contact_seconds"), (Rows{{"A/S/O/", 0.8}, {"A/S/O/$JS.leaf.API", 0}}));
  EXPECT_EQ(rows(told, "nats_stream_source_sequence"), (Rows{{"A/S/O/", 9}}));
  EXPECT_EQ(rows(told, "nats_stream_source_error_code"), (Rows{{"A/S/NO/", 10059}}));
  EXPECT_EQ(rows(told, "nats_stream_mirror_lag_messages"), (Rows{{"A/M/O/", 7}}));
  EXPECT_TRUE(rows(told, "nats_stream_mirror_last_contact_seconds").empty());
}

TEST(Jsz, EverySettingIsRead) {
  const auto servers = recorded(kJsz, "2.15.2", "rich.req.PING.JSZ.");
  EXPECT_EQ(together(servers, "nats_stream_mirror_error_code"), (Rows{{"A/ML/LIM/", 10082}}));
  EXPECT_EQ(together(servers, "nats_stream_source_error_code"), (Rows{{"A/SL/LIM/", 10082}}));
  EXPECT_EQ(together(servers, "nats_stream_source_sequence"), (Rows{{"A/S/RICH/", 101}}));
  EXPECT_EQ(together(servers, "nats_stream_mirror_lag_messages").count("A/MX/NOPE/$JS.leaf.API"), 1U);
  EXPECT_EQ(together(servers, "nats_stream_deleted_messages").at("A/RICH"), 1);
  EXPECT_EQ(together(servers, "nats_stream_max_bytes"), (Rows{{"A/RICH", 1000000}}));
  EXPECT_EQ(together(servers, "nats_stream_max_age_seconds").at("A/RICH"), 3600);
  EXPECT_EQ(together(servers, "nats_consumer_paused"), (Rows{{"A/RICH/PULL", 1}}));
  EXPECT_EQ(together(servers, "nats_consumer_max_deliveries"), (Rows{{"A/RICH/PULL", 5}}));
  EXPECT_EQ(together(servers, "nats_consumer_push_bound"),
            (Rows{{"A/RICH/PIN", 0}, {"A/RICH/PULL", 0}, {"A/RICH/PUSH", 1}}));
}

// Calls use(connection) for every connection in the server's replies.
template <class Use>
void each_connection(const Told& told, Use&& use) {
  for (const json& data : told.data) {
    if (!data.at("connections").is_array()) continue;  // null when there is none
    for (const json& connection : data.at("connections")) use(connection);
  }
}

TEST(Connz, AggregatesAddUpToTheConnections) {
  for (const std::string& version : kVersions) {
    for (const std::string prefix : {"req.PING.CONNZ.auth-subs.", "jwt.req.PING.CONNZ.auth."}) {
      for (const Told& told : recorded(kConnz, version, prefix)) {
        Rows open;
        Rows pending;
        double count = 0;
        double received = 0;
        each_connection(told, [&](const json& connection) {
          const std::string kind = connection.at("kind") == "Leafnode" ? "leafnode" : "client";
          const std::string key = connection.value("account", "$G") + "/" + kind + "/" + connection.value("type", "");
          open[key] += 1;
          pending[key] += connection.at("pending_bytes").get<double>();
          received += connection.at("in_bytes").get<double>();
          ++count;
        });
        EXPECT_EQ(rows(told, "nats_connections_open"), open) << version;
        EXPECT_EQ(rows(told, "nats_connections_pending_bytes"), pending) << version;
        EXPECT_EQ(sum(rows(told, "nats_connections_by_client")), count) << version;
        EXPECT_EQ(sum(rows(told, "nats_connections_by_tls_version")), count) << version;
        EXPECT_EQ(sum(rows(told, "nats_connections_sum_received_bytes")), received) << version;
        EXPECT_EQ(sum(rows(told, "nats_connection_received_bytes_total")), received) << version;
        EXPECT_EQ(static_cast<double>(rows(told, "nats_connection_pending_bytes").size()), count) << version;
      }
    }
  }
}

TEST(Connz, TlsVersionsAreTold) {
  for (const std::string version : {"2.10.27", "2.12.7", "2.15.2"}) {
    for (const Told& told : recorded(kConnz, version, "ocsp.req.PING.CONNZ.tls"))
      EXPECT_EQ(rows(told, "nats_connections_by_tls_version").count("1.3"), 1U) << version;
  }
}

TEST(Connz, NoUserAndNoJwtIsKept) {
  for (const std::string& version : kVersions) {
    for (const Told& told : recorded(kConnz, version, "jwt.req.PING.CONNZ.auth.")) {
      std::string kept;
      for (std::size_t s = 0; s < told.block->parts.size(); ++s) {
        const Part& part = told.block->parts[s];
        for (std::size_t row = 0; row < part.rows(); ++row) {
          for (std::size_t label = 0; label < kConnz.sections[s].labels.size(); ++label)
            (kept += part.label(row, label)).append("\n");
        }
      }
      each_connection(told, [&](const json& connection) {
        for (const char* secret : {"authorized_user", "jwt", "issuer_key"}) {
          const std::string text = connection.value(secret, "");
          if (text.size() < 10 || text == connection.value("account", "")) continue;  // issued by the account itself
          EXPECT_EQ(kept.find(text), std::string::npos) << secret;
        }
      });
      EXPECT_EQ(kept.find("eyJ"), std::string::npos);
    }
  }
}

std::string connections(const std::string& list) {
  return R"({"server":{"name":"s1","id":"N1","ver":"2.15.2"},"data":{"connections":[)" + list + "]}}";
}

TEST(Connz, OnlyThoseWhereBytesWaitAreAtTheTop) {
  std::vector<std::string> pages;
  for (int page = 0; page < 2; ++page) {
    std::string list;
    for (int i = 0; i < 20; ++i) {
      const int cid = page * 20 + i;
      if (i > 0) list.append(",");
      list +=
          json{{"cid", cid}, {"kind", "Client"}, {"account", "A"}, {"pending_bytes", cid % 4 == 0 ? 0 : cid}}.dump();
    }
    pages.push_back(connections(list));
  }
  const Told told = tell(kConnz, Level::summary, pages);
  const Rows top = rows(told, "nats_connection_top_pending_bytes");
  EXPECT_EQ(top.size(), 10U);
  EXPECT_EQ(top.count("39/A/"), 1U);
  EXPECT_EQ(top.count("36/A/"), 0U);
  EXPECT_EQ(rows(told, "nats_connections_open"), (Rows{{"A/client/", 40}}));
  EXPECT_TRUE(rows(tell(kConnz, Level::summary, {connections(R"({"cid":1,"pending_bytes":0})")}),
                   "nats_connection_top_pending_bytes")
                  .empty());
}

TEST(Connz, WhatClientsSayOfThemselvesIsBounded) {
  const Told told = tell(kConnz, Level::summary,
                         {connections(R"({"cid":1,"kind":"Client","lang":"go","version":"1.55.0"},)"
                                      R"({"cid":2,"kind":"Client","lang":"a b","version":"{\"x\":1}"},)"
                                      R"({"cid":3,"kind":"Router","type":"quic","lang":"go","version":"1.55.0"})")});
  EXPECT_EQ(rows(told, "nats_connections_by_client"), (Rows{{"go/1.55.0", 2}, {"other/other", 1}}));
  EXPECT_EQ(rows(told, "nats_connections_open"), (Rows{{"$G/client/", 2}, {"$G/router/other", 1}}));
}

TEST(Accstatz, EveryAccountIsToldWithItsParts) {
  for (const std::string& version : kVersions) {
    for (const Told& told : recorded(kAccstatz, version, "req.ACCOUNT.PING.STATZ.unused.")) {
      Rows sent;
      Rows routes;
      std::set<std::string> ids;
      for (const json& account : told.data.front().at("account_statz")) {
        const std::string id = account.at("acc");
        ids.insert(id);
        sent[id] = account.at("sent").at("msgs");
        if (account.at("sent").contains("routes")) routes[id] = account.at("sent").at("routes").at("msgs");
      }
      EXPECT_EQ(rows(told, "nats_account_sent_messages_total"), sent) << version;
      EXPECT_EQ(rows(told, "nats_account_route_sent_messages_total"), routes) << version;
      EXPECT_EQ(routes.empty(), version == "2.9.10" || version == "2.10.27");
      EXPECT_EQ(told.accounts.size(), ids.size());
      for (const AccountStat& account : told.accounts) EXPECT_EQ(ids.count(account.id), 1U) << account.id;
    }
  }
}

TEST(Accountz, LimitsComeFromTheClaims) {
  for (const std::string& version : kVersions) {
    for (const Told& told : recorded(kAccountz, version, "jwt.req.ACCOUNTZ.account.")) {
      const json& detail = told.data.front().at("account_detail");
      const std::string id = detail.at("account_name");
      EXPECT_EQ(rows(told, "nats_account_max_connections"), (Rows{{id, 3}})) << version;
      EXPECT_EQ(rows(told, "nats_account_jetstream_max_storage_bytes"), (Rows{{id, 16777216}})) << version;
      EXPECT_EQ(rows(told, "nats_account_wildcard_exports_allowed"), (Rows{{id, 1}})) << version;
      EXPECT_TRUE(rows(told, "nats_account_max_payload_bytes").empty()) << version;
      EXPECT_TRUE(rows(told, "nats_account_claims_expiry_timestamp_seconds").empty()) << version;
      EXPECT_EQ(rows(told, "nats_account_claims_issued_timestamp_seconds"),
                (Rows{{id, detail.at("decoded_jwt").at("iat").get<double>()}}));
      ASSERT_EQ(told.accounts.size(), 1U);
      EXPECT_EQ(told.accounts[0].name, "ACME");
    }
  }
}

TEST(Accountz, AnAccountOfAConfigurationFileHasNoClaims) {
  for (const std::string& version : kVersions) {
    for (const Told& told : recorded(kAccountz, version, "req.PING.ACCOUNTZ.account.")) {
      EXPECT_EQ(rows(told, "nats_account_expired"), (Rows{{"A", 0}})) << version;
      EXPECT_EQ(rows(told, "nats_account_complete"), (Rows{{"A", 1}})) << version;
      EXPECT_TRUE(rows(told, "nats_account_wildcard_exports_allowed").empty()) << version;
    }
  }
}

TEST(Accountz, TiersAreRows) {
  const std::string payload = R"({"server":{"name":"s1","id":"N1","ver":"2.15.2"},"data":{"account_detail":
    {"account_name":"AB","expired":true,"complete":true,"jetstream_enabled":true,"decoded_jwt":{"exp":1800000000,"nats":
      {"limits":{"conn":-1,"tiered_limits":{"R1":{"disk_storage":1000,"streams":-1},"R3":{"disk_storage":3000}}}}}}}})";
  const Told told = tell(kAccountz, Level::summary, {payload});
  EXPECT_EQ(rows(told, "nats_account_jetstream_tier_max_storage_bytes"), (Rows{{"AB/R1", 1000}, {"AB/R3", 3000}}));
  EXPECT_TRUE(rows(told, "nats_account_jetstream_tier_max_streams").empty());
  EXPECT_TRUE(rows(told, "nats_account_max_connections").empty());
  EXPECT_EQ(rows(told, "nats_account_claims_expiry_timestamp_seconds"), (Rows{{"AB", 1800000000}}));
  EXPECT_EQ(rows(told, "nats_account_expired"), (Rows{{"AB", 1}}));
}

TEST(Bodies, AreWhatNatsServerReads) {
  const Ask page{.level = Level::summary, .version = {}, .server = {}, .account = {}, .offset = 128, .limit = 64};
  json jsz = {{"accounts", true}, {"streams", true}, {"config", true}, {"raft", true}, {"offset", 128}, {"limit", 64}};
  EXPECT_EQ(json::parse(kJsz.body(page)), jsz);
  Ask detail = page;
  detail.level = Level::detail;
  jsz["consumer"] = true;
  EXPECT_EQ(json::parse(kJsz.body(detail)), jsz);
  EXPECT_EQ(json::parse(kConnz.body(page)), (json{{"auth", true}, {"state", 0}, {"offset", 128}, {"limit", 64}}));

  Ask one;
  EXPECT_EQ(json::parse(kAccstatz.body(one)), (json{{"include_unused", true}}));
  one.server = "n-1";
  EXPECT_EQ(json::parse(kAccstatz.body(one)),
            (json{{"include_unused", true}, {"server_name", "n-1"}, {"exact_match", true}}));
  one.account = "a \"b\"";
  EXPECT_EQ(json::parse(kAccountz.body(one)), (json{{"account", "a \"b\""}}));
}

}  // namespace
}  // namespace lookout

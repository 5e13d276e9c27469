// What the tables of STATSZ, ROUTEZ, GATEWAYZ, LEAFZ, SUBSZ, HEALTHZ, IPQUEUESZ, RAFTZ and IDZ make of recorded
// replies. What is expected is read from the same replies by another JSON library.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/decode.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using nlohmann::json;
using Rows = std::map<std::string, double>;  // shown label texts, joined by "/", to the value; absent ones are left out

struct Told {
  const Collector* collector = nullptr;
  std::string name;  // of the server
  json reply;        // the last page
  std::shared_ptr<const Block> block;
};

Told tell(const Collector& collector, const std::vector<std::string>& pages, Level level = Level::detail) {
  Told told{&collector, {}, {}, nullptr};
  Assembly assembly(collector, level);
  ReplyDecoder decoder;
  for (const std::string& page : pages) {
    const test::Held held("reply", page);
    const Result<Reply> reply = decoder.decode(held.message(), assembly);
    if (!reply) ADD_FAILURE() << reply.error();
    if (reply) told.name = reply->server.name;
    told.reply = json::parse(page);
  }
  told.block = assembly.finish();
  return told;
}

// The recorded replies to one question, "<question>.<number>.json", one server each.
std::vector<Told> recorded(const Collector& collector, const std::string& version, const std::string& question,
                           Level level = Level::detail) {
  std::vector<Told> out;
  for (const auto& reply : test::recorded(version, collector.name)) {
    const bool numbered = reply.name.size() == question.size() + std::string_view(".1.json").size();
    if (numbered && reply.name.starts_with(question + ".")) out.push_back(tell(collector, {reply.payload}, level));
  }
  EXPECT_FALSE(out.empty()) << version << " " << question;
  return out;
}

// What a section says in a metric.
Rows rows(const Told& told, std::size_t section, std::size_t metric) {
  Rows out;
  const Part& part = told.block->parts[section];
  const auto labels = told.collector->sections[section].labels;
  for (std::size_t row = 0; row < part.rows(); ++row) {
    std::string key;
    for (std::size_t label = 0; label < labels.size(); ++label) {
      if (labels[label].hidden) continue;
      if (label > 0) key += '/';
      key += part.label(row, label);
    }
    if (std::isnan(part.value(row, metric))) continue;
    EXPECT_TRUE(out.emplace(key, part.value(row, metric)).second) << key << " is there twice";
  }
  return out;
}

Rows rows(const Told& told, const std::string& name) {
  const auto sections = told.collector->sections;
  for (std::size_t s = 0; s < sections.size(); ++s) {
    for (std::size_t m = 0; sections[s].native && m < sections[s].metrics.size(); ++m) {
      if (sections[s].metrics[m].name == name) return rows(told, s, m);
    }
  }
  ADD_FAILURE() << "no metric " << name;
  return {};
}

// The versions that answer it.
std::vector<std::string> versions(const Collector& collector) {
  std::vector<std::string> out;
  for (const std::string& version : test::kVersions) {
    if (parse_version(version) >= parse_version(collector.since)) out.push_back(version);
  }
  return out;
}

double sum(const Rows& rows) {
  double out = 0;
  for (const auto& [key, value] : rows) out += value;
  return out;
}

const json& at(const Told& told, const char* pointer) {
  static const json kNone;
  const json::json_pointer path(pointer);
  return told.reply.contains(path) ? told.reply.at(path) : kNone;
}

TEST(MetaGroup, IsToldOnceByItsLeader) {
  for (const std::string& version : test::kVersions) {
    std::map<std::string, Rows> sizes;
    Rows peers;
    double members = 0;
    double leaders = 0;
    for (const Told& told : recorded(kStatsz, version, "req.PING.STATSZ")) {
      const Rows size = rows(told, "nats_meta_cluster_size");
      if (!size.empty()) sizes[told.name] = size;
      peers.merge(rows(told, "nats_meta_peer_lag"));
      members += static_cast<double>(rows(told, "nats_server_meta_leader").size());
      leaders += sum(rows(told, "nats_server_meta_leader"));
      EXPECT_EQ(rows(told, "nats_meta_has_leader").empty(), size.empty());
    }
    const std::string leader = version == "2.12.7" ? "w2" : "e2";
    EXPECT_EQ(sizes, (std::map<std::string, Rows>{{leader, {{"", 5}}}})) << version;
    EXPECT_EQ(peers.size(), 4U) << version;
    EXPECT_EQ(peers.count(leader), 0U) << version;
    EXPECT_EQ(members, 5) << version;
    EXPECT_EQ(leaders, 1) << version;
  }
}

TEST(MetaGroup, WithoutALeaderSaysNothingElse) {
  const Told told = tell(kStatsz, {R"({"server":{"name":"n1","id":"N1"},"statsz":{"mem":1,"jetstream":{"meta":
      {"name":"east","cluster_size":3,"replicas":[{"name":"n2","current":false}]}}}})"});
  EXPECT_EQ(rows(told, "nats_meta_has_leader"), (Rows{{"", 0}}));
  EXPECT_EQ(rows(told, "nats_server_meta_leader"), (Rows{{"", 0}}));
  EXPECT_TRUE(rows(told, "nats_meta_cluster_size").empty());
  EXPECT_TRUE(rows(told, "nats_meta_peer_current").empty());
}

TEST(Routez, PooledConnectionsAreOneRow) {
  for (const std::string& version : versions(kRoutez)) {
    bool pooled = false;
    for (const Told& told : recorded(kRoutez, version, "req.PING.ROUTEZ")) {
      Rows connections;
      Rows subscriptions;
      for (const json& route : at(told, "/data/routes")) {
        connections[route.at("remote_name")] += 1;
        subscriptions[route.at("remote_name")] += route.at("subscriptions").get<double>();
      }
      for (const auto& [remote, count] : connections) pooled |= count > 1;
      EXPECT_EQ(rows(told, "nats_route_connections"), connections) << version;
      EXPECT_EQ(rows(told, "nats_route_subscriptions"), subscriptions) << version;
      for (const auto& [remote, rtt] : rows(told, "nats_route_rtt_seconds")) {
        EXPECT_GT(rtt, 0) << remote;
        EXPECT_LT(rtt, 1) << remote;
      }
    }
    EXPECT_TRUE(pooled) << version;
  }
}

// Adds up a number of all connections by remote cluster; both shapes: an array, or one.
Rows by_cluster(const json& gateways, const char* pointer) {
  Rows out;
  for (const auto& [cluster, found] : gateways.items()) {
    for (const json& link : found.is_array() ? found : json::array({found}))
      out[cluster] += link.at(json::json_pointer(pointer)).get<double>();
  }
  return out;
}

TEST(Gatewayz, ConnectionsAreOneRowForEachRemoteCluster) {
  for (const std::string& version : test::kVersions) {
    bool several = false;
    for (const Told& told : recorded(kGatewayz, version, "req.PING.GATEWAYZ")) {
      const json& outbound = at(told, "/data/outbound_gateways");
      const json& inbound = at(told, "/data/inbound_gateways");
      EXPECT_EQ(rows(told, "nats_gateway_outbound_sent_bytes_total"), by_cluster(outbound, "/connection/out_bytes"));
      EXPECT_EQ(rows(told, "nats_gateway_inbound_received_messages_total"), by_cluster(inbound, "/connection/in_msgs"));
      EXPECT_EQ(sum(rows(told, "nats_gateway_outbound_connections")), static_cast<double>(outbound.size()));
      for (const auto& [cluster, links] : inbound.items()) several |= links.size() > 1;
      for (const auto& [cluster, configured] : rows(told, "nats_gateway_inbound_configured")) EXPECT_EQ(configured, 0);
    }
    EXPECT_TRUE(several) << version;
  }
}

TEST(Gatewayz, InterestOfAccountsIsDetail) {
  for (const std::string& version : test::kVersions) {
    for (const Told& told : recorded(kGatewayz, version, "req.PING.GATEWAYZ.accounts")) {
      Rows expected;
      for (const json& account : at(told, "/data/outbound_gateways/west/accounts")) {
        expected["west/" + account.at("name").get<std::string>() + "/" +
                 account.at("interest_mode").get<std::string>()] = account.value("num_subs", 0);
      }
      ASSERT_FALSE(expected.empty()) << version;
      EXPECT_EQ(rows(told, "nats_gateway_outbound_account_subscriptions"), expected) << version;
    }
    for (const Told& told : recorded(kGatewayz, version, "req.PING.GATEWAYZ.accounts", Level::summary))
      EXPECT_TRUE(rows(told, "nats_gateway_outbound_account_subscriptions").empty()) << version;
  }
}

TEST(Leafz, LinksAreKnownByAccountRemoteAndSide) {
  for (const std::string& version : test::kVersions) {
    double links = 0;
    for (const Told& told : recorded(kLeafz, version, "req.PING.LEAFZ")) {
      Rows expected;
      for (const json& leaf : at(told, "/data/leafs")) {
        const std::string side = !leaf.contains("is_spoke") ? "" : leaf.at("is_spoke") == true ? "leafnode" : "hub";
        expected[leaf.at("account").get<std::string>() + "/" + leaf.value("name", "") + "/" + side] +=
            leaf.at("subscriptions").get<double>();
      }
      EXPECT_EQ(rows(told, "nats_leafnode_subscriptions"), expected) << version;
      links += sum(rows(told, "nats_leafnode_connections"));
      EXPECT_EQ(sum(rows(told, "nats_leafnode_connections")), at(told, "/data/leafnodes").get<double>()) << version;
    }
    EXPECT_GE(links, 3) << version;
  }
}

TEST(Subsz, SubscriptionsToOneSubjectAreOneRow) {
  for (const std::string& version : test::kVersions) {
    std::vector<std::string> pages;
    for (const auto& reply : test::recorded(version, "subsz")) {
      if (reply.name.starts_with("req.PING.SUBSZ.detail.")) pages.push_back(reply.payload);
    }
    ASSERT_GE(pages.size(), 2U) << version;
    Rows expected;
    for (const std::string& page : pages) {
      const json reply = json::parse(page);
      for (const json& item : reply.at("data").at("subscriptions_list")) {
        expected[item.at("account").get<std::string>() + "/" + item.at("subject").get<std::string>() + "/" +
                 item.value("qgroup", "")] += 1;
      }
    }
    const Told told = tell(kSubsz, pages);  // as if they were one server's
    EXPECT_EQ(rows(told, "nats_subject_subscriptions"), expected) << version;
    const double first = json::parse(pages.front()).at("data").at("num_inserts");
    EXPECT_EQ(rows(told, "nats_server_sublist_inserts_total"), (Rows{{"", first}})) << "the first page's";
    EXPECT_TRUE(rows(tell(kSubsz, pages, Level::summary), "nats_subject_subscriptions").empty());
  }
}

TEST(Healthz, AFaultIsToldByWhatItConcerns) {
  for (const std::string& version : test::kVersions) {
    std::size_t ill = 0;
    for (const Told& told : recorded(kHealthz, version, "req.PING.HEALTHZ.after-peer-remove")) {
      const bool ok = at(told, "/data/status") == "ok";
      EXPECT_EQ(rows(told, "nats_server_healthy"), (Rows{{"", ok ? 1 : 0}})) << version;
      const bool codes = version != "2.9.10";
      EXPECT_EQ(rows(told, "nats_server_health_status_code"),
                codes ? Rows({{"", at(told, "/data/status_code").get<double>()}}) : Rows());
      Rows errors;
      for (const json& error : at(told, "/data/errors")) errors[error.at("type")] += 1;
      EXPECT_EQ(rows(told, "nats_server_health_errors"), errors) << version;
      ill += ok ? 0 : 1;
      EXPECT_EQ(errors.empty(), ok || !codes) << version;
    }
    EXPECT_GE(ill, 1U) << version;
  }
}

TEST(Ipqueuesz, QueuesOfGroupsAndAccountsAreAddedUp) {
  for (const std::string& version : versions(kIpqueuesz)) {
    for (const Told& told : recorded(kIpqueuesz, version, "req.PING.IPQUEUESZ.all")) {
      const Rows pending = rows(told, "nats_server_queue_pending");
      EXPECT_GT(at(told, "/data").size(), 50U);
      EXPECT_LT(pending.size(), 25U) << version;
      EXPECT_EQ(pending.count("RAFT appendEntry"), 1U) << version;
      EXPECT_EQ(pending.count("System recvQ"), 1U) << version;
      for (const auto& [queue, count] : pending) EXPECT_EQ(queue.find_first_of("'[]"), std::string::npos) << queue;
      EXPECT_EQ(sum(rows(told, "nats_server_queue_in_progress")), 1) << "the question itself";
    }
  }
}

TEST(Ipqueuesz, ANameOfAnyShapeIsTaken) {
  const Told told = tell(kIpqueuesz, {R"({"server":{"name":"n1","id":"N1"},"data":{"[ACC:A] RAFT 'S' x":{"pending":1},
      "[ACC:B] RAFT 'T' x":{"pending":2},"[open":{"pending":3},"'open":{"pending":4},"":{"pending":5},"]":{"pending":6}}})"});
  EXPECT_EQ(rows(told, "nats_server_queue_pending"), (Rows{{"RAFT x", 3}, {"[open", 3}, {"", 9}, {"]", 6}}));
}

TEST(Raftz, EveryGroupHasItsStateAndPeers) {
  for (const std::string& version : versions(kRaftz)) {
    for (const char* question : {"req.PING.RAFTZ", "req.PING.RAFTZ.account"}) {
      for (const Told& told : recorded(kRaftz, version, question)) {
        Rows applied;
        Rows states;
        Rows known;
        for (const auto& [account, groups] : at(told, "/data").items()) {
          for (const auto& [group, facts] : groups.items()) {
            const std::string key = account + "/" + group;
            applied[key] = facts.at("applied");
            std::string state = facts.at("state");
            for (char& c : state) c = static_cast<char>(std::tolower(c));
            states[key + "/" + state] = 1;
            for (const json& peer : facts.at("peers"))
              known[key + "/" + peer.at("name").get<std::string>()] = peer.at("known") == true ? 1 : 0;
          }
        }
        EXPECT_EQ(rows(told, "nats_raft_group_applied_index"), applied) << version;
        EXPECT_EQ(rows(told, "nats_raft_group_state"), states) << version;
        EXPECT_EQ(rows(told, "nats_raft_peer_known"), known) << version;
      }
    }
  }
}

TEST(Idz, IsNothingButTheServer) {
  for (const std::string& version : versions(kIdz)) {
    for (const Told& told : recorded(kIdz, version, "req.PING.IDZ")) {
      const std::string id = at(told, "/id");
      EXPECT_EQ(rows(told, "nats_server_identity_info"), (Rows{{id + "/127.0.0.1", 1}})) << version;
      EXPECT_EQ(told.name, at(told, "/name").get<std::string>()) << version;
    }
  }
}

TEST(ServerBodies, AreWhatNatsServerReads) {
  Ask ask;
  EXPECT_EQ(kGatewayz.body(ask), "");
  EXPECT_EQ(kSubsz.body(ask), "");
  EXPECT_EQ(kRaftz.body(ask), "");
  ask = {.level = Level::detail, .version = {}, .server = {}, .account = "a \"b\"", .offset = 512, .limit = 128};
  EXPECT_EQ(json::parse(kGatewayz.body(ask)), (json{{"accounts", true}}));
  EXPECT_EQ(json::parse(kSubsz.body(ask)), (json{{"subscriptions", true}, {"offset", 512}, {"limit", 128}}));
  EXPECT_EQ(json::parse(kRaftz.body(ask)), (json{{"account", "a \"b\""}}));
  EXPECT_EQ(json::parse(kHealthz.body(ask)), (json{{"details", true}}));
  EXPECT_EQ(json::parse(kHealthzJsEnabled.body(ask)), (json{{"js-enabled-only", true}}));
  EXPECT_EQ(json::parse(kHealthzJsServer.body(ask)), (json{{"js-server-only", true}}));
  EXPECT_EQ(json::parse(kHealthzJsMeta.body(ask)), (json{{"js-meta-only", true}}));
}

}  // namespace
}  // namespace lookout

#include "exporters/tolerance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/prometheus.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr Metric kMeta[] = {{gauge, "nats_meta_has_leader", "", "Whether it has one.", As::leads},
                            {gauge, "nats_meta_cluster_size", "/cluster_size", "Members."}};
constexpr Label kPeer[] = {{"peer", "/name"}};
constexpr Metric kPeers[] = {{gauge, "nats_meta_peer_current", "/current", "Up to date."},
                             {gauge, "nats_meta_peer_offline", "/offline", "Gone."}};
constexpr Label kStream[] = {{"account", "^/id"}, {"stream", "/name"}, {"group", "/group", nullptr, true}};
constexpr Metric kStreams[] = {{gauge, "nats_stream_replicas", "/replicas", "Replicas."}};
constexpr Label kStreamPeer[] = {{"account", "^^/id"}, {"stream", "^/name"}, {"peer", "/name"}};
constexpr Metric kStreamPeers[] = {{gauge, "nats_stream_replica_current", "/current", "Up to date."},
                                   {gauge, "nats_stream_replica_offline", "/offline", "Gone."}};
constexpr Section kSections[] = {
    {.path = "/meta", .labels = {}, .metrics = kMeta, .of = Of::domain, .leader = "/leader"},
    {.path = "/meta/replicas", .labels = kPeer, .metrics = kPeers, .of = Of::domain, .leader = "/leader"},
    {.path = "/streams", .labels = kStream, .metrics = kStreams, .of = Of::asset, .leader = "/leader"},
    {.path = "/streams/*/replicas", .labels = kStreamPeer, .metrics = kStreamPeers, .of = Of::asset, .leader = "/l"},
};
constexpr Collector kTables[] = {{.name = "statsz", .endpoint = "STATSZ", .sections = kSections}};

using Texts = std::vector<std::string>;
using Values = std::vector<double>;

struct Peer {
  bool current = true;
  bool offline = false;
};

class ToleranceTest : public testing::Test {
 protected:
  // A server of which the block in `block` is.
  void server(const std::string& name, Wall time = Wall(1700000000s)) {
    auto view = std::make_shared<ServerView>();
    view->cluster = "east";
    view->name = name;
    view->domain = "hub";
    view->up = true;
    block = std::make_shared<Block>();
    for (const Section& section : kSections) block->parts.emplace_back(section.labels.size(), section.metrics.size());
    block->server_time = time;
    view->blocks = {block};
    snapshot.servers.push_back(view);
  }
  void leads_meta(double size, const std::vector<Peer>& peers) {
    block->parts[0].add(Texts{}, Values{1, size}, true);
    for (std::size_t i = 0; i < peers.size(); ++i)
      block->parts[1].add(Texts{"p" + std::to_string(i)}, values(peers[i]), true);
  }
  void leads_stream(const std::string& name, double replicas, const std::vector<Peer>& peers) {
    block->parts[2].add(Texts{"APP", name, "S-" + name}, Values{replicas}, true);
    for (std::size_t i = 0; i < peers.size(); ++i)
      block->parts[3].add(Texts{"APP", name, "p" + std::to_string(i)}, values(peers[i]), true);
  }
  static Values values(const Peer& peer) { return {peer.current ? 1.0 : 0.0, peer.offline ? 1.0 : 0.0}; }
  std::string page() const { return render_fleet(snapshot, Format::text, kTables); }
  static std::string stream(const std::string& name, int tolerated) {
    return R"(nats_stream_failures_tolerated{nats_cluster="east",domain="hub",account="APP",account_name="APP",stream=")" +
           name + "\"} " + std::to_string(tolerated) + "\n";
  }

  Snapshot snapshot;
  std::shared_ptr<Block> block;
};

TEST_F(ToleranceTest, AMetaGroupLosesItsQuorumWithHalfOfItsMembers) {
  const Peer gone{.current = false, .offline = true};
  const Peer behind{.current = false, .offline = false};
  const std::vector<std::pair<std::vector<Peer>, int>> expected{
      {{{}, {}, {}, {}}, 2},       {{gone, {}, {}, {}}, 1},   {{gone, {}, gone, {}}, 0},
      {{gone, gone, gone, {}}, 0}, {{behind, {}, {}, {}}, 2},
  };
  for (const auto& [peers, tolerated] : expected) {
    snapshot.servers.clear();
    server("n1");
    leads_meta(5, peers);
    EXPECT_THAT(page(),
                HasSubstr("\nnats_meta_failures_tolerated{domain=\"hub\"} " + std::to_string(tolerated) + "\n"));
    EXPECT_EQ(meta_failures_tolerated(snapshot, kTables), tolerated);
  }
}

TEST_F(ToleranceTest, OnlyReplicasThatAreThereAndUpToDateCount) {
  server("n1");
  leads_stream("WHOLE", 3, {{}, {}});
  leads_stream("SINGLE", 1, {});
  leads_stream("BEHIND", 3, {{.current = false}, {}});
  leads_stream("GONE", 3, {{.current = true, .offline = true}, {}});
  leads_stream("ALONE", 3, {{.current = false, .offline = true}, {.current = false, .offline = true}});
  leads_stream("UNPLACED", 5, {{}, {}});
  leads_stream("FIVE", 5, {{}, {}, {}, {}});
  const std::string text = page();
  EXPECT_THAT(text, HasSubstr(stream("WHOLE", 1)));
  EXPECT_THAT(text, HasSubstr(stream("SINGLE", 0)));
  EXPECT_THAT(text, HasSubstr(stream("BEHIND", 0)));
  EXPECT_THAT(text, HasSubstr(stream("GONE", 0)));
  EXPECT_THAT(text, HasSubstr(stream("ALONE", 0)));
  EXPECT_THAT(text, HasSubstr(stream("UNPLACED", 0)));
  EXPECT_THAT(text, HasSubstr(stream("FIVE", 2)));
}

TEST_F(ToleranceTest, WithoutALeaderNobodyKnows) {
  server("n1");
  block->parts[0].add(Texts{}, Values{0, Part::kAbsent}, false);
  block->parts[2].add(Texts{"APP", "LOST", "S-LOST"}, Values{Part::kAbsent}, false);
  block->parts[3].add(Texts{"APP", "LOST", "p0"}, values({}), false);
  leads_stream("KEPT", 3, {{}, {}});
  const std::string series = stream("LOST", 0);
  EXPECT_THAT(page(), Not(HasSubstr(series.substr(0, series.find('}')))));
  EXPECT_THAT(page(), Not(HasSubstr("nats_meta_failures_tolerated")));
  EXPECT_THAT(page(), HasSubstr(stream("KEPT", 1)));
  EXPECT_EQ(meta_failures_tolerated(snapshot, kTables), std::nullopt);
}

TEST_F(ToleranceTest, OfTwoLeadersTheNewerOneIsBelieved) {
  server("n1", Wall(1700000000s));
  leads_stream("ORDERS", 3, {{}, {}});
  server("n2", Wall(1700000060s));
  leads_stream("FIRST", 3, {{}, {}});
  leads_stream("ORDERS", 3, {{.current = false}, {}});
  const std::string text = page();
  EXPECT_THAT(text, HasSubstr(stream("ORDERS", 0)));
  EXPECT_THAT(text, Not(HasSubstr(stream("ORDERS", 1))));
  EXPECT_THAT(text, HasSubstr(stream("FIRST", 1)));
}

}  // namespace
}  // namespace lookout

#include "agent/carry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/decode.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

struct Route {
  int rid;
  const char* remote;
  int messages;
  int pending = 0;
};

// The recorded shape of STATSZ, with these routes.
std::shared_ptr<const Block> statsz(const std::vector<Route>& routes) {
  std::string list;
  for (const Route& route : routes) {
    const std::string traffic = R"({"msgs":)" + std::to_string(route.messages) + R"(,"bytes":10})";
    list += (list.empty() ? "" : ",") + (R"({"rid":)" + std::to_string(route.rid)) + R"(,"name":")" + route.remote +
            R"(","sent":)" + traffic + R"(,"received":)" + traffic + R"(,"pending":)" + std::to_string(route.pending) +
            "}";
  }
  const test::Held held("token", R"({"server":{"name":"n1","id":"A","ver":"2.15.1","time":"2026-01-01T00:00:00Z"},
      "statsz":{"start":"2026-01-01T00:00:00Z","routes":[)" +
                                     list + "]}}");
  Assembly assembly(collectors().front(), Level::summary);
  ReplyDecoder decoder;
  EXPECT_TRUE(decoder.decode(held.message(), assembly));
  return assembly.finish();
}

// The value of a metric towards a remote server, as it is shown; -1 when there is no such row.
double shown(const Block& block, const std::string& metric, const std::string& remote) {
  const auto sections = collectors().front().sections;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (!sections[i].native) continue;
    for (std::size_t m = 0; m < sections[i].metrics.size(); ++m) {
      if (metric != sections[i].metrics[m].name) continue;
      for (std::size_t row = 0; row < block.parts[i].rows(); ++row) {
        if (block.parts[i].label(row, 0) == remote) return block.parts[i].value(row, m);
      }
    }
  }
  return -1;
}

class CarryTest : public testing::Test {
 protected:
  void say(const std::vector<Route>& routes) { block = carry_over(collectors().front(), block.get(), statsz(routes)); }
  [[nodiscard]] double sent(const std::string& remote) const {
    return shown(*block, "nats_route_sent_messages_total", remote);
  }
  std::shared_ptr<const Block> block;
};

TEST_F(CarryTest, OpenRoutesAreAddedUp) {
  say({{1, "n2", 100}, {2, "n2", 20}, {3, "n3", 7}});
  say({{1, "n2", 101}, {2, "n2", 20}, {3, "n3", 7}});
  EXPECT_EQ(sent("n2"), 121);
  EXPECT_EQ(sent("n3"), 7);
}

TEST_F(CarryTest, APooledRouteThatClosesTakesNothingAway) {
  say({{1, "n2", 100}, {2, "n2", 20}, {3, "n3", 7}});
  say({{1, "n2", 150}, {3, "n3", 7}});
  EXPECT_EQ(sent("n2"), 170);
  say({{1, "n2", 160}, {4, "n2", 1}, {3, "n3", 7}});
  EXPECT_EQ(sent("n2"), 181);
  say({{4, "n2", 2}, {3, "n3", 7}});
  EXPECT_EQ(sent("n2"), 182);
  EXPECT_EQ(sent("n3"), 7);
}

TEST_F(CarryTest, WhatIsNoCounterIsOfOpenRoutesOnly) {
  say({{1, "n2", 100, 50}, {2, "n2", 20, 8}});
  say({{2, "n2", 20, 8}});
  EXPECT_EQ(shown(*block, "nats_route_pending_bytes", "n2"), 8);
}

TEST_F(CarryTest, ARemoteThatIsGoneHasNoRow) {
  say({{1, "n2", 100}, {3, "n3", 7}});
  say({{3, "n3", 7}});
  EXPECT_EQ(sent("n2"), -1);
  say({{5, "n2", 1}, {3, "n3", 7}});
  EXPECT_EQ(sent("n2"), 1) << "it begins anew, as a counter may";
}

// The tables that fold counters of connections have a section that keeps them apart.
TEST(Carry, EveryFoldedCounterOfConnectionsIsCarried) {
  for (const Collector& collector : collectors()) {
    for (const Section& section : collector.sections) {
      const bool counts = std::any_of(section.metrics.begin(), section.metrics.end(),
                                      [](const Metric& metric) { return metric.type == counter; });
      if (!section.fold || !counts) continue;
      const bool apart = std::any_of(collector.sections.begin(), collector.sections.end(), [&](const Section& other) {
        return !other.fold && other.metrics.data() == section.metrics.data() &&
               other.labels.size() > section.labels.size() &&
               std::equal(section.labels.begin(), section.labels.end(), other.labels.begin(),
                          [](const Label& a, const Label& b) { return std::string_view(a.name) == b.name; });
      });
      EXPECT_TRUE(apart) << collector.name << " " << section.path;
    }
  }
}

}  // namespace
}  // namespace lookout

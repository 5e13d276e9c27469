#include "tests/unit/completeness.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using nlohmann::json;

class Completeness : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Recorded, Completeness, testing::ValuesIn(test::kVersions), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(Completeness, EveryNumberIsExportedOrLeftOutForAReason) {
  const auto version = parse_version(GetParam());
  for (const Collector& collector : collectors()) {
    const auto replies = test::recorded(GetParam(), collector.name);
    EXPECT_TRUE(version < parse_version(collector.since) || !replies.empty()) << collector.name;
    if (collector.ring) continue;  // its rows are events, not numbers: ring_test.cpp
    for (const auto& recorded : replies) {
      for (const std::string& leaf : test::forgotten(collector, json::parse(recorded.payload)))
        ADD_FAILURE() << collector.name << ": " << leaf << " in " << recorded.name
                      << " is neither exported nor left out";
    }
  }
}

// A line that means nothing any more, or a number that is exported after all, is a mistake too.
TEST(LeftOut, TheListOfWhatIsLeftOutIsTrue) {
  std::map<const test::LeftOut*, bool> seen;
  for (const Collector& collector : collectors()) {
    for (const std::string& version : test::kVersions) {
      for (const auto& recorded : test::recorded(version, collector.name)) {
        const json reply = json::parse(recorded.payload);
        const auto read = test::read_by(collector, reply);
        for (const std::string& leaf : test::leaves(reply)) {
          for (const test::LeftOut& line : test::left_out()) {
            if (line.collector != std::string_view(collector.name) || !test::matches(line.path, leaf)) continue;
            seen[&line] = true;
            EXPECT_FALSE(read.contains(leaf))
                << collector.name << ": " << leaf << " is exported, and listed as left out";
          }
        }
      }
    }
  }
  for (const test::LeftOut& line : test::left_out()) EXPECT_TRUE(seen[&line]) << line.collector << ": " << line.path;
}

TEST(LeftOut, AnUnknownFieldIsFound) {
  const json reply =
      json::parse(R"({"server":{},"data":{"max_connections":1,"novelty":{"level":3},"http_req_stats":{"/varz":1}}})");
  EXPECT_EQ(test::forgotten(kVarz, reply), std::vector<std::string>{"/data/novelty/level"});
}

}  // namespace
}  // namespace lookout

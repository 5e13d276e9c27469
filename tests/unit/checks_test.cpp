// The tables of checks: that they agree with each other, with what is reported, and with docs/checks.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "collectors/collectors.h"
#include "exporters/checks_reference.h"
#include "exporters/evaluated.h"

namespace lookout {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Checks, EveryIdStandsForOneCheck) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < kChecks; ++i) {
    const auto check = static_cast<Check>(i);
    const std::string id = info_of(check).id;
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_EQ(check_of(id), check);
    EXPECT_TRUE(is_check(id));
  }
  for (const FixedCheck& check : fixed_checks()) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id;
    EXPECT_EQ(fixed_check(check.id), &check);
    EXPECT_TRUE(is_check(check.id));
  }
  for (const char* pattern : kAuthPatternNames) EXPECT_TRUE(is_check(std::string("auth_") + pattern)) << pattern;
  EXPECT_FALSE(is_check(""));
  EXPECT_FALSE(is_check("server"));
}

TEST(Checks, WhatIsReportedIsInATable) {
  const std::regex reported(R"re((?:report|say)\(\{?(?:\.check = )?"([a-z_]+)"|"(collection_[a-z_]+)")re");
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/../agent")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = content_of(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), reported), end; match != end; ++match)
      found.insert((*match)[1].matched ? (*match)[1] : (*match)[2]);
  }
  EXPECT_GE(found.size(), 10U);
  for (const std::string& check : found) EXPECT_NE(fixed_check(check), nullptr) << check;
}

TEST(Checks, WhatIsAskedForACheckExists) {
  for (std::size_t i = 0; i < kChecks; ++i) {
    const CheckInfo& info = info_of(static_cast<Check>(i));
    const bool asked = *info.endpoint != '\0';  // else it is made of events, or of what the agent knows
    EXPECT_EQ(index_of(info.endpoint) < collectors().size(), asked) << info.id;
  }
}

TEST(Checks, TheReferenceIsCurrent) {
  const std::string path = std::string(TEST_DATA) + "/../docs/checks.md";
  const std::string got = render_checks_reference();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  EXPECT_EQ(content_of(path), got) << "nats-lookout checks > docs/checks.md";
}

TEST(Checks, TheReferenceHasEveryCheckWithItsThresholds) {
  const std::string text = render_checks_reference();
  for (std::size_t i = 0; i < kChecks; ++i)
    EXPECT_THAT(text, testing::HasSubstr(std::string("\n| `") + info_of(static_cast<Check>(i)).id + "`"));
  for (const FixedCheck& check : fixed_checks())
    EXPECT_THAT(text, testing::HasSubstr(std::string("\n| `") + check.id + "`"));
  EXPECT_THAT(text, testing::HasSubstr(" | 80 % | 95 % | 5 min | 5 min |  | statsz |\n"));
  EXPECT_THAT(text, testing::HasSubstr(" | 30 days | 7 days | at once | at once |  | varz |\n"));
}

// Without thresholds the table of the reference says when.
TEST(Checks, TheReferenceSaysOfEachWhenItIsWhat) {
  const std::string text = render_checks_reference();
  const std::regex undecided(R"(\n\| `([a-z_]+)`\*? \| [^|]* \|  \|  \|)");
  std::smatch match;
  EXPECT_FALSE(std::regex_search(text, match, undecided)) << match[1];
}

}  // namespace
}  // namespace lookout

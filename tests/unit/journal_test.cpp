#include "agent/journal.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support.h"

namespace lookout {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  [[nodiscard]] std::string file() const { return temporary.path("journal"); }
  [[nodiscard]] std::string content() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& bytes) const { (void)temporary.write("journal", bytes); }
  // A journal with two batches.
  void fill() const {
    Journal journal(directory, "me");
    EXPECT_THAT(journal.load(), IsEmpty());
    EXPECT_TRUE(journal.wants_rewrite());
    EXPECT_TRUE(journal.rewrite({{"n", 1}}));
    EXPECT_FALSE(journal.wants_rewrite());
    EXPECT_TRUE(journal.append({{"n", 2}}));
    EXPECT_TRUE(journal.ok());
    EXPECT_EQ(journal.bytes(), content().size());
  }

  const test::TempDir temporary;
  const std::string directory = temporary.path("");
};

TEST_F(JournalTest, WhatWasWrittenIsReadInItsOrder) {
  fill();
  Journal again(directory, "me");
  EXPECT_THAT(again.load(), ElementsAre(json{{"n", 1}}, json{{"n", 2}}));
  EXPECT_TRUE(again.ok());
}

TEST_F(JournalTest, ATornEndIsLeftOut) {
  fill();
  const std::string whole = content();
  for (std::size_t cut = 1; cut < 12; ++cut) {
    put(whole.substr(0, whole.size() - cut));
    Journal again(directory, "me");
    EXPECT_THAT(again.load(), ElementsAre(json{{"n", 1}})) << cut;
    EXPECT_TRUE(again.ok()) << cut;
  }
}

TEST_F(JournalTest, AChangedByteEndsWhatIsBelieved) {
  fill();
  std::string bytes = content();
  bytes[bytes.size() - 2] ^= 1;
  put(bytes);
  Journal again(directory, "me");
  EXPECT_THAT(again.load(), ElementsAre(json{{"n", 1}}));
}

TEST_F(JournalTest, WhatIsNoneOrAnothersIsSaid) {
  put("no journal");
  {
    Journal damaged(directory, "me");
    EXPECT_THAT(damaged.load(), IsEmpty());
    EXPECT_THAT(damaged.problem(), HasSubstr("damaged"));
    EXPECT_TRUE(damaged.rewrite({{"n", 1}}));
    EXPECT_TRUE(damaged.ok());
  }
  Journal foreign(directory, "you");
  EXPECT_THAT(foreign.load(), IsEmpty());
  EXPECT_THAT(foreign.problem(), HasSubstr("of another agent (me)"));
}

TEST_F(JournalTest, TwoAgentsDoNotShareADirectory) {
  Journal first(directory, "me");
  (void)first.load();
  EXPECT_TRUE(first.rewrite({}));
  Journal second(directory, "me");
  EXPECT_THAT(second.load(), IsEmpty());
  EXPECT_THAT(second.problem(), HasSubstr("another agent uses"));
  EXPECT_FALSE(second.rewrite({}));
  EXPECT_FALSE(second.append({}));
  EXPECT_TRUE(first.append({})) << "and the first one is not disturbed";
}

TEST_F(JournalTest, AFullDiskIsSaidAndTriedAgain) {
  std::filesystem::create_symlink("/dev/full", temporary.path("journal.new"));
  Journal journal(directory, "me");
  (void)journal.load();
  EXPECT_FALSE(journal.rewrite({{"n", 1}}));
  EXPECT_THAT(journal.problem(), HasSubstr("cannot write to the journal"));
  EXPECT_TRUE(journal.wants_rewrite());
  EXPECT_FALSE(journal.append({{"n", 1}}));
  std::filesystem::remove(temporary.path("journal.new"));
  EXPECT_TRUE(journal.rewrite({{"n", 1}}));
  EXPECT_TRUE(journal.ok());
}

TEST_F(JournalTest, ManyAppendsAskForARewrite) {
  Journal journal(directory, "me");
  (void)journal.load();
  ASSERT_TRUE(journal.rewrite({}));
  const json large(std::string(1U << 20U, 'x'));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(journal.append(large));
  EXPECT_TRUE(journal.wants_rewrite());
  ASSERT_TRUE(journal.rewrite(large));
  EXPECT_FALSE(journal.wants_rewrite());
}

}  // namespace
}  // namespace lookout

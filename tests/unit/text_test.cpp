#include "agent/text.h"

#include <gtest/gtest.h>

namespace lookout {
namespace {

TEST(Clean, KeepsWhatIsWellFormed) {
  EXPECT_EQ(clean("plain"), "plain");
  EXPECT_EQ(clean("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(clean(""), "");
}

TEST(Clean, ReplacesControlsAndInvalidBytes) {
  EXPECT_EQ(clean("a\nb"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(clean(std::string_view("\0\x1b[31m", 6)), "\xEF\xBF\xBD\xEF\xBF\xBD[31m");
  EXPECT_EQ(clean("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(clean("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(clean("\xC2\x85"), "\xEF\xBF\xBD");                              // C1 control
  EXPECT_EQ(clean("x\xE2\x80\xAEy"), "x\xEF\xBF\xBDy");                      // right-to-left override
  EXPECT_EQ(clean("cut\xE2\x82"), "cut\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Clean, CutsAtACharacterWithinTheLimit) {
  const std::string out = clean(std::string(1000, 'x'), 10);
  EXPECT_EQ(out, "xxxxxxx\xE2\x80\xA6");
  for (std::size_t limit = 3; limit < 40; ++limit) {
    EXPECT_LE(clean("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", limit).size(), limit);
  }
  EXPECT_EQ(clean("exact", 5), "exact");
}

TEST(ParseTime, ReadsWhatGoWrites) {
  const auto utc = parse_time("2026-11-23T09:40:22.912941197Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(utc->time_since_epoch().count(), 1795426822912941197);
  EXPECT_EQ(parse_time("2026-11-23T11:40:22.912941197+02:00"), utc);
  EXPECT_EQ(parse_time("2026-11-23T04:10:22.912941197-05:30"), utc);
  EXPECT_EQ(parse_time("2026-11-23T09:40:22Z")->time_since_epoch().count(), 1795426822000000000);
  EXPECT_EQ(parse_time("2026-11-23T09:40:22.5Z")->time_since_epoch().count(), 1795426822500000000);
}

TEST(ParseTime, RefusesTheRest) {
  for (const char* text :
       {"", "now", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T09:40:22",
        "2026-11-23T09:40:22.", "2026-11-23 09:40:22Z", "2026-11-23T25:40:22Z", "2026-11-23T09:40:22+0200",
        "2026-11-23T09:40:22.1234567890123Z", "9999-11-23T09:40:22Z", "2026-11-23T09:40:2-Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(FormatTime, IsMilliseconds) {
  EXPECT_EQ(format_time(*parse_time("2026-11-23T09:40:22.912941197Z")), "2026-11-23T09:40:22.912Z");
  EXPECT_EQ(format_time(Wall{}), "");
}

TEST(ParseVersion, Compares) {
  EXPECT_GT(parse_version("2.10.21"), (Version{2, 10, 3}));
  EXPECT_EQ(parse_version("2.15.0-RC.1"), (Version{2, 15, 0}));
  EXPECT_EQ(parse_version("garbage"), (Version{}));
}

TEST(Text, DurationsAsGoAndTheServerWriteThem) {
  const std::pair<const char*, double> kTexts[] = {
      {"0s", 0},     {"1.5ms", 0.0015}, {"507\xC2\xB5s", 507e-6}, {"507\xCE\xBCs", 507e-6}, {"12us", 12e-6},
      {"7ns", 7e-9}, {"2m3s", 123},     {"1h2m3.5s", 3723.5},     {"3d4h5m6s", 273906},     {"1y2d", 31708800}};
  for (const auto& [text, seconds] : kTexts) {
    const auto got = parse_duration(text);
    ASSERT_TRUE(got) << text;
    EXPECT_DOUBLE_EQ(*got, seconds) << text;
  }
  for (const char* text : {"", "5", "s", "-1s", "1x", "1s2", "nan", "infs", "1 s", "1e3s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace lookout

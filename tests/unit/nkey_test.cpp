#include "agent/nkey.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lookout {
namespace {

// Made with the reference implementation from digests of fixed texts: keys of nobody.
const std::pair<const char*, const char*> kKeys[] = {
    {"SUALVGB26OWOOMAAB4XKVQTWDNZPKWWGAXYNIOVS6VBFQJYFP7LMZFRIY4",
     "UC45EF6X2QLWE6KTRJN4ZA4X4NIPUU2V73LTBSWCJBQFDUWWLIZEUM4B"},
    {"SUAGF2S3F6AYO2ACMTWZ5OCME6EM5A5JBO5C7Z4TKMHCS4PNQ5NU5R73UQ",
     "UANRUJWTDGIGRRWFWQU2U2JU67MTLRFEUEPDFT3V7MCI6THPYFFXWFAM"},
    {"SUAEMEPXVCSEIG4KSPPNSYPY4Z2TL6A2R3QKWYKNNL5T3HNLQKF3ESA7EQ",
     "UALCCHTQIDCCL3RR7PGYW56BGQ7FLBKN4AJ4FB23U5TK6OZ6BABCRQ5O"},
};

TEST(Nkey, APublicKeyFollowsFromItsSeed) {
  for (const auto& [seed, key] : kKeys) {
    const Result<std::string> derived = nkey_public_key(seed);
    ASSERT_TRUE(derived) << derived.error();
    EXPECT_EQ(*derived, key);
  }
}

TEST(Nkey, AnyChangedCharacterIsRefused) {
  const std::string seed = kKeys[0].first;
  for (std::size_t i = 0; i < seed.size() - 1; ++i) {  // the last one holds padding bits only in part
    std::string wrong = seed;
    wrong[i] = wrong[i] == 'Q' ? 'R' : 'Q';
    EXPECT_FALSE(nkey_public_key(wrong)) << wrong;
  }
}

TEST(Nkey, WhatIsNoUserSeedIsRefusedWithoutRepeatingIt) {
  const std::string account = "SAACXACBGXVCKCODMAQPSVNHGL2IA6FEEZGSSJF75PCOFV7YAX7KPF3PAI";
  for (const std::string& text :
       {account, std::string("SU"), std::string(), std::string("su1!"), std::string(5000, 'A')}) {
    const Result<std::string> derived = nkey_public_key(text);
    ASSERT_FALSE(derived);
    if (text.size() > 4) {
      EXPECT_EQ(derived.error().find(text.substr(0, 8)), std::string::npos) << derived.error();
    }
  }
}

TEST(Nkey, TheSeedIsFoundInsideAFile) {
  const std::string seed = kKeys[1].first;
  EXPECT_EQ(line_starting_with("SU", seed), seed);
  EXPECT_EQ(line_starting_with("SU", "# a comment\r\n" + seed + "  \r\n"), seed);
  EXPECT_EQ(line_starting_with("SU", "-----BEGIN USER NKEY SEED-----\n" + seed + "\n------END USER NKEY SEED------\n"),
            seed);
  EXPECT_EQ(line_starting_with("SU", "nothing\nhere\n"), "");
  EXPECT_EQ(line_starting_with("SU", ""), "");
}

}  // namespace
}  // namespace lookout

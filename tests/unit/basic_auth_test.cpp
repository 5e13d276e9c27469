#include "exporters/basic_auth.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <prometheus/counter.h>

#include <algorithm>
#include <ctime>
#include <latch>
#include <thread>
#include <vector>

namespace lookout {
namespace {

using Verdict = BasicAuth::Verdict;

// Vectors of bcrypt's authors.
const std::string kHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr const char* kPassword = "U*U";
// The same password needs no hash of its own to be slow.
const std::string kSlow = "$2y$10" + kHash.substr(6);

std::string header(const std::string& user, const std::string& password) {
  return httplib::make_basic_authentication_header(user, password).second;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

class BasicAuthTest : public testing::Test {
 protected:
  prometheus::Counter checks;
  BasicAuth auth{{{"prometheus", kHash}, {"jäne", kHash}}, checks};
};

TEST_F(BasicAuthTest, OnlyTheRightPasswordOfItsUserIsRight) {
  EXPECT_EQ(auth.judge(header("prometheus", kPassword)), Verdict::right);
  EXPECT_EQ(auth.judge(header("jäne", kPassword)), Verdict::right);
  EXPECT_EQ(auth.judge(header("prometheus", "U*u")), Verdict::wrong);
  EXPECT_EQ(auth.judge(header("prometheus", "")), Verdict::wrong);
  EXPECT_EQ(auth.judge(header("nobody", kPassword)), Verdict::wrong);
  EXPECT_EQ(auth.judge(header("", "")), Verdict::wrong);
}

TEST_F(BasicAuthTest, WhatIsNoLoginIsWrongAtNoCost) {
  for (const char* text : {"", "Basic", "Basic ", "Bearer x", "Basic !!!", "Basic cHJvbWV0aGV1cw==", "Basic OgA="})
    EXPECT_EQ(auth.judge(text), Verdict::wrong) << text;
  EXPECT_EQ(checks.Value(), 0);
}

TEST_F(BasicAuthTest, APasswordThatWasRightIsNotHashedAgain) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(auth.judge(header("prometheus", kPassword)), Verdict::right);
  EXPECT_EQ(checks.Value(), 1);
  EXPECT_EQ(auth.judge(header("prometheus", "other")), Verdict::wrong);
  EXPECT_EQ(auth.judge(header("prometheus", "other")), Verdict::wrong);
  EXPECT_EQ(checks.Value(), 3);
  EXPECT_EQ(auth.judge(header("prometheus", kPassword)), Verdict::right);
  EXPECT_EQ(checks.Value(), 3);
}

TEST_F(BasicAuthTest, AnUnknownUserTakesAsLongAsAKnownOne) {
  BasicAuth slow({{"prometheus", kSlow}}, checks);
  const auto cost = [&](const char* user) {
    const double begin = processor_seconds();
    EXPECT_EQ(slow.judge(header(user, "wrong")), Verdict::wrong);
    return processor_seconds() - begin;
  };
  const double known = cost("prometheus");
  const double unknown = cost("nobody");
  EXPECT_GT(unknown, known / 2);
  EXPECT_LT(unknown, known * 2);
}

TEST_F(BasicAuthTest, AFloodOfWrongPasswordsHoldsUpFew) {
  BasicAuth slow({{"prometheus", kHash}, {"flooded", kSlow}}, checks);
  ASSERT_EQ(slow.judge(header("prometheus", kPassword)), Verdict::right);
  constexpr int kClients = 40;
  std::latch start(kClients + 1);
  std::vector<Verdict> verdicts(kClients, Verdict::right);
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i)
      clients.emplace_back([&, i] {
        start.arrive_and_wait();
        verdicts[static_cast<std::size_t>(i)] = slow.judge(header("flooded", "wrong " + std::to_string(i)));
      });
    start.arrive_and_wait();
    EXPECT_EQ(slow.judge(header("prometheus", kPassword)), Verdict::right);  // waits for nobody
  }
  const auto count = [&](Verdict verdict) { return std::count(verdicts.begin(), verdicts.end(), verdict); };
  EXPECT_EQ(count(Verdict::right), 0);
  EXPECT_GT(count(Verdict::busy), 0);
  EXPECT_GT(count(Verdict::wrong), 0);
  EXPECT_EQ(checks.Value(), 1 + static_cast<double>(count(Verdict::wrong)));
}

}  // namespace
}  // namespace lookout

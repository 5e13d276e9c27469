// Failed logins by minute.
#include "agent/auth_history.h"

#include <gmock/gmock.h>

#include "support.h"

namespace lookout {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

class AuthHistoryTest : public testing::Test {
 protected:
  void fail() { history.add(clock.now().wall, clock.now()); }
  std::vector<std::uint64_t> errors() {
    std::vector<std::uint64_t> out;
    for (const AuthMinute& minute : history.view(clock.now())) out.push_back(minute.errors);
    return out;
  }
  test::Clock clock;  // begins with a minute
  AuthHistory history;
};

TEST_F(AuthHistoryTest, MinutesWithoutFailuresAreThereOnceTheAgentRuns) {
  EXPECT_THAT(errors(), ElementsAre(0));
  fail();
  clock.after(59s);
  fail();
  clock.after(1s);
  fail();
  clock.after(2min);
  EXPECT_THAT(errors(), ElementsAre(2, 1, 0, 0));
  EXPECT_EQ(history.view(clock.now()).front().time, clock.now().wall - 3min);
}

TEST_F(AuthHistoryTest, AnHourIsKept) {
  fail();
  clock.after(59min);
  EXPECT_EQ(errors().size(), 60U);
  EXPECT_EQ(errors().front(), 1U);
  clock.after(1min);
  EXPECT_EQ(errors().size(), 60U);
  EXPECT_EQ(errors().front(), 0U);
  fail();
  clock.after(24h);
  EXPECT_EQ(errors(), std::vector<std::uint64_t>(60, 0));
}

TEST_F(AuthHistoryTest, WhatIsReadLaterCountsWhenItHappened) {
  fail();
  clock.after(5min);
  history.add(clock.now().wall - 3min, clock.now());
  history.add(clock.now().wall - 1h, clock.now());
  history.add(clock.now().wall + 1h, clock.now());  // a server whose clock is ahead
  EXPECT_THAT(errors(), ElementsAre(1, 0, 1, 0, 0, 1));
}

TEST_F(AuthHistoryTest, AClockThatIsSetBackAddsToTheLastMinute) {
  fail();
  const Now back{clock.after(1s).mono, clock.now().wall - 10min};
  history.add(back.wall, back);
  ASSERT_EQ(history.view(back).size(), 1U);
  EXPECT_EQ(history.view(back)[0].errors, 2U);
}

}  // namespace
}  // namespace lookout

#include "agent/finding.h"

#include <gtest/gtest.h>

#include "tests/unit/support.h"

namespace lookout {
namespace {

using test::Clock;
constexpr Hysteresis kNone{};
constexpr Hysteresis kSlow{Millis(5000), Millis(10000)};

TEST(Findings, ShowWhatIsNotOkWorstFirst) {
  Findings findings;
  Clock clock;
  findings.report("b", "x", Health::warning, "w", kNone, clock.now());
  findings.report("a", "x", Health::ok, "fine", kNone, clock.now());
  findings.report("c", "x", Health::critical, "c", kNone, clock.now());
  findings.report("d", "x", Health::unknown, "u", kNone, clock.now());
  const auto raised = findings.raised();
  ASSERT_EQ(raised.size(), 3U);
  EXPECT_EQ(raised[0].check, "c");
  EXPECT_EQ(raised[1].check, "b");
  EXPECT_EQ(raised[2].check, "d");
  EXPECT_EQ(worst(raised), Health::critical);
  EXPECT_EQ(worst({}), Health::ok);
}

TEST(Findings, RaiseOnlyWhatLasts) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::critical, "s", kSlow, clock.now());
  findings.report("a", "x", Health::critical, "s", kSlow, clock.after(Millis(4000)));
  EXPECT_TRUE(findings.raised().empty());
  findings.report("a", "x", Health::ok, "", kSlow, clock.after(Millis(500)));
  findings.report("a", "x", Health::critical, "s", kSlow, clock.after(Millis(600)));
  EXPECT_TRUE(findings.raised().empty()) << "the violation was not continuous";
  findings.report("a", "x", Health::critical, "s", kSlow, clock.after(Millis(5000)));
  ASSERT_EQ(findings.raised().size(), 1U);
  EXPECT_EQ(findings.raised()[0].since, clock.now().wall);
}

TEST(Findings, ClearOnlyAfterAWhile) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::critical, "s", kNone, clock.now());
  findings.report("a", "x", Health::ok, "", kSlow, clock.after(Millis(1000)));
  EXPECT_EQ(findings.raised().size(), 1U);
  findings.report("a", "x", Health::ok, "", kSlow, clock.after(Millis(10000)));
  EXPECT_TRUE(findings.raised().empty());
}

TEST(Findings, UnknownFreezesInsteadOfClearing) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::critical, "down", kNone, clock.now());
  const Wall since = clock.now().wall;
  findings.report("a", "x", Health::unknown, "no data", kNone, clock.after(Millis(60000)));
  ASSERT_EQ(findings.raised().size(), 1U);
  EXPECT_EQ(findings.raised()[0].state, Health::critical);
  EXPECT_EQ(findings.raised()[0].since, since);
  EXPECT_EQ(findings.raised()[0].sentence, "down");
}

TEST(Findings, ForgetWhatNoLongerExists) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::critical, "", kNone, clock.now());
  findings.report("a", "y", Health::critical, "", kNone, clock.now());
  findings.forget("x");
  ASSERT_EQ(findings.raised().size(), 1U);
  EXPECT_EQ(findings.raised()[0].entity, "y");
}

TEST(Findings, OfOneLookNeedNotLast) {
  Findings findings(true);
  const Clock clock;
  findings.report("a", "x", Health::warning, "w", kSlow, clock.now());
  ASSERT_EQ(findings.raised().size(), 1U);
  EXPECT_EQ(findings.raised()[0].state, Health::warning);
}

TEST(Findings, CountEveryStateThatIsTaken) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::warning, "1 of 3", kNone, clock.now());
  findings.report("a", "x", Health::warning, "2 of 3", kNone, clock.after(Millis(1000)));
  findings.report("a", "x", Health::critical, "3 of 3", kNone, clock.after(Millis(1000)));
  findings.report("a", "y", Health::warning, "w", kNone, clock.now());
  findings.report("a", "x", Health::ok, "", kNone, clock.after(Millis(1000)));
  findings.report("b", "z", Health::ok, "", kNone, clock.now());
  findings.forget("y");
  const Transitions expected{{"a", {2, 2, 1, 0}}};  // ok, warning, critical, unknown
  EXPECT_EQ(findings.transitions(), expected);
}

TEST(Findings, WhatWasNeverRaisedIsNoTransition) {
  Findings findings;
  Clock clock;
  findings.report("a", "x", Health::critical, "s", kSlow, clock.now());
  findings.report("a", "x", Health::ok, "", kNone, clock.after(Millis(1000)));
  findings.report("a", "y", Health::critical, "s", kSlow, clock.now());
  findings.forget("y");
  EXPECT_TRUE(findings.transitions().empty());
}

}  // namespace
}  // namespace lookout

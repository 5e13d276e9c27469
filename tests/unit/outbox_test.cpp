#include "exporters/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Finding finding(const std::string& check, Health state, Wall since, const std::string& entity = "east/n1") {
  return {check, entity, state, since, check + " is raised", "east"};
}

// An Outbox and the clock it lives by.
class Told : public testing::Test {
 protected:
  explicit Told(Millis repeat = 1min) : outbox(repeat) {}

  void see(std::vector<Finding> findings) { outbox.update(findings, clock.now()); }
  std::vector<Notice> due() { return outbox.due(clock.now().mono); }
  void deliver() {
    for (auto notices = due(); !notices.empty(); notices = due()) outbox.delivered(notices, clock.now().mono);
  }
  // "server_lost", "-server_lost" once it has ended.
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const Notice& notice : due()) out.push_back((notice.ended == Wall{} ? "" : "-") + notice.finding.check);
    return out;
  }
  Finding lost() const { return finding("server_lost", Health::critical, start); }

  test::Clock clock;
  const Wall start = clock.now().wall;
  Outbox outbox;
};

class ToldOnce : public Told {
 protected:
  ToldOnce() : Told(0ms) {}
};

TEST_F(Told, OnlyWhatIsCriticalAndWarningsAboutAuthentication) {
  see({finding("server_lost", Health::critical, start), finding("server_stopped", Health::warning, start),
       finding("auth_brute_force", Health::warning, start), finding("auth_errors", Health::critical, start),
       finding("author", Health::warning, start), finding("auth_unknown", Health::unknown, start)});
  EXPECT_THAT(names(), ElementsAre("auth_brute_force", "auth_errors", "server_lost"));
}

TEST_F(Told, ARaisedFindingAtOnceAndNotAgainUntilTheRepeat) {
  see({lost()});
  EXPECT_THAT(names(), ElementsAre("server_lost"));
  EXPECT_EQ(outbox.pending(), 1U);
  EXPECT_LE(outbox.next(), clock.now().mono);
  deliver();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(outbox.pending(), 0U);
  EXPECT_EQ(outbox.next(), clock.now().mono + 1min);
  clock.after(59s);
  see({lost()});
  EXPECT_THAT(names(), IsEmpty());
  clock.after(1s);
  EXPECT_THAT(names(), ElementsAre("server_lost")) << "an Alertmanager that was restarted knows nothing";
  deliver();
  EXPECT_THAT(names(), IsEmpty());
  clock.after(1min);
  EXPECT_THAT(names(), ElementsAre("server_lost"));
}

TEST_F(Told, WhatEndsOnce) {
  see({lost()});
  deliver();
  clock.after(10s);
  see({});
  ASSERT_THAT(names(), ElementsAre("-server_lost"));
  EXPECT_EQ(due()[0].ended, clock.now().wall);
  EXPECT_EQ(due()[0].finding.since, start);
  clock.after(5s);
  see({});
  EXPECT_EQ(due()[0].ended, start + 10s) << "not when it is sent";
  deliver();
  clock.after(10min);
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(outbox.next(), Mono::max());
}

TEST_F(Told, TheNewestWordsOfWhatLasts) {
  see({lost()});
  deliver();
  Finding changed = lost();
  changed.sentence = "other words";
  see({changed});
  EXPECT_THAT(names(), IsEmpty()) << "words alone are no change";
  clock.after(1min);
  EXPECT_EQ(due().at(0).finding.sentence, "other words");
}

TEST_F(Told, AnotherSeverityIsAnotherAlert) {
  see({finding("auth_errors", Health::warning, start)});
  deliver();
  clock.after(10s);
  see({finding("auth_errors", Health::critical, clock.now().wall)});
  EXPECT_THAT(names(), ElementsAre("auth_errors")) << "first the new one: there is no gap";
  EXPECT_EQ(due()[0].finding.state, Health::critical);
  outbox.delivered(due(), clock.now().mono);
  EXPECT_THAT(names(), ElementsAre("-auth_errors"));
  EXPECT_EQ(due()[0].finding.state, Health::warning);
}

TEST_F(Told, ACriticalFindingThatBecomesAWarningEnds) {
  see({lost()});
  deliver();
  see({finding("server_lost", Health::warning, start)});
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
}

TEST_F(Told, WhatNobodyKnowsStaysAsItWas) {
  see({lost()});
  deliver();
  clock.after(1min);
  see({finding("server_lost", Health::unknown, clock.now().wall)});
  EXPECT_THAT(names(), ElementsAre("server_lost")) << "repeated";
  deliver();
  see({});
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
  deliver();
  see({finding("server_lost", Health::unknown, clock.now().wall)});
  EXPECT_THAT(names(), IsEmpty()) << "and is not raised by it";
}

TEST_F(Told, WhatWasNotDeliveredWhenItEndsIsToldAsEnded) {
  see({lost()});
  outbox.failed(clock.now().mono, 0);
  clock.after(500ms);
  see({});
  clock.after(500ms);
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
}

TEST_F(Told, WhatComesBackBeforeItsEndWasDeliveredIsRaisedAgain) {
  see({lost()});
  deliver();
  see({});
  Finding again = lost();
  again.since = clock.after(10s).wall;
  see({again});
  ASSERT_THAT(names(), ElementsAre("server_lost"));
  EXPECT_EQ(due()[0].finding.since, start + 10s);
}

TEST_F(Told, ANewEpisodeBetweenTwoLooksIsAChange) {
  see({lost()});
  deliver();
  Finding again = lost();
  again.since = clock.after(10s).wall;
  see({again});
  EXPECT_THAT(names(), ElementsAre("server_lost"));
}

TEST_F(Told, AnEndIsNeverBeforeTheBeginning) {
  Finding ahead = lost();
  ahead.since = start + 1h;  // the clock was set back since
  see({ahead});
  see({});
  EXPECT_EQ(due().at(0).ended, start + 1h);
}

TEST_F(Told, AFailingReceiverIsGivenTwiceTheTimeEachTime) {
  see({lost()});
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}) {
    ASSERT_THAT(names(), ElementsAre("server_lost"));
    outbox.failed(clock.now().mono, 0);
    EXPECT_EQ(outbox.next(), clock.now().mono + pause);
    EXPECT_EQ(outbox.pending(), 1U);
    clock.after(pause - 1ms);
    EXPECT_THAT(names(), IsEmpty());
    clock.after(1ms);
  }
  outbox.failed(clock.now().mono, 1);
  EXPECT_EQ(outbox.next(), clock.now().mono + 45s) << "jitter takes up to a quarter";
  clock.after(45s);
  deliver();
  see({});
  outbox.failed(clock.now().mono, 0);
  EXPECT_EQ(outbox.next(), clock.now().mono + 1s) << "a success forgives";
}

TEST_F(Told, AReceiverThatWorksAgainGetsWhatIsTrueThen) {
  see({lost(), finding("auth_errors", Health::critical, start)});
  outbox.failed(clock.now().mono, 0);
  clock.after(300ms);
  see({finding("auth_errors", Health::critical, start), finding("js_down", Health::critical, clock.now().wall)});
  clock.after(1s);
  EXPECT_THAT(names(), ElementsAre("auth_errors", "js_down"));
  outbox.delivered(due(), clock.now().mono);
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
}

TEST_F(Told, NoMoreThanTheBoundAndCountsTheRestOnce) {
  std::vector<Finding> many;
  for (std::size_t i = 0; i < Outbox::kMost + 3; ++i)
    many.push_back(finding("server_lost", Health::critical, start, "n" + std::to_string(i)));
  see(many);
  see(many);
  EXPECT_EQ(outbox.pending(), Outbox::kMost);
  EXPECT_EQ(outbox.dropped(), 3U);
  EXPECT_EQ(due().size(), Outbox::kAtOnce);
  deliver();
  many.erase(many.begin(), many.begin() + 3);
  see(many);
  EXPECT_EQ(outbox.pending(), 3U) << "three have ended";
  deliver();
  see(many);
  EXPECT_EQ(outbox.pending(), 3U) << "and make room for those that found none";
  EXPECT_EQ(outbox.dropped(), 3U);
}

TEST_F(ToldOnce, AWebhookHearsOfChangesOnly) {
  see({lost()});
  deliver();
  clock.after(24h);
  see({lost()});
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(outbox.next(), Mono::max());
  see({});
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
  outbox.failed(clock.now().mono, 0);
  clock.after(1s);
  EXPECT_THAT(names(), ElementsAre("-server_lost"));
}

}  // namespace
}  // namespace lookout

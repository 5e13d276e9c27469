// The feed of events: what is kept, for whom, and what a reader is told who comes late.
#include "exporters/feed.h"

#include <gmock/gmock.h>

#include <thread>

#include "agent/finding.h"
#include "exporters/feed_query.h"
#include "exporters/mask.h"
#include "support.h"

namespace lookout {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

EventGroups groups(std::initializer_list<EventGroup> wanted) {
  EventGroups out{};
  for (const EventGroup group : wanted) out[static_cast<std::size_t>(group)] = true;
  return out;
}
const EventGroups kAuth = groups({EventGroup::auth});
const EventGroups kConnections = groups({EventGroup::connections});

Event event(EventKind kind, std::string_view server = "n1", std::string_view user = "app") {
  Event made;
  made.kind = kind;
  made.server.name = server;
  made.client.user = user;
  made.client.account = "APP";
  made.client.host = "10.0.0.1";
  return made;
}

class FeedTest : public testing::Test {
 protected:
  void fail(int times = 1) {
    for (int i = 0; i < times; ++i) feed.write(event(EventKind::auth_error), clock.now());
  }
  test::Clock clock;
  Feed feed{clock.now(), false};
  const std::uint64_t start = feed.place();
};

TEST_F(FeedTest, AReaderGoesOnWhereItWas) {
  fail(3);
  const auto first = feed.read(kAuth, start);
  ASSERT_EQ(first.lines.size(), 3U);
  EXPECT_FALSE(first.lost);
  fail();
  const auto second = feed.read(kAuth, first.place);
  ASSERT_EQ(second.lines.size(), 1U);
  EXPECT_GT(second.lines[0]->id, first.lines[2]->id);
  const auto again = feed.read(kAuth, first.lines[1]->id);
  ASSERT_EQ(again.lines.size(), 2U);
  EXPECT_EQ(again.lines[0]->id, first.lines[2]->id);
}

TEST_F(FeedTest, WhoComesTooLateIsToldHowMuchIsGone) {
  fail(static_cast<int>(Feed::kLines) + 10);
  const auto got = feed.read(kAuth, start);
  EXPECT_TRUE(got.lost);
  EXPECT_EQ(got.count, 10U);
  EXPECT_EQ(got.lines.size(), Feed::kBatch);
  EXPECT_EQ(got.lines[0]->id, start + 11);
  EXPECT_FALSE(feed.read(kAuth, got.place).lost);
}

TEST_F(FeedTest, AStormOfOneKindLeavesTheOthersAlone) {
  feed.write(event(EventKind::server_lost), clock.now());
  fail(2 * static_cast<int>(Feed::kLines));
  const auto got = feed.read(groups({EventGroup::lifecycle}), start);
  EXPECT_FALSE(got.lost);
  EXPECT_EQ(got.lines.size(), 1U);
}

TEST_F(FeedTest, LongLinesAreBoundedByTheirBytes) {
  Finding finding{"server_lost", "n1", Health::critical, {}, std::string(1000, 'x')};
  Event long_one;
  long_one.kind = EventKind::finding_raised;
  long_one.finding = &finding;
  for (std::size_t i = 0; i < Feed::kLines; ++i) feed.write(long_one, clock.now());
  std::size_t bytes = 0;
  auto got = feed.read(groups({EventGroup::health}), start);
  EXPECT_TRUE(got.lost);
  for (; !got.lines.empty(); got = feed.read(groups({EventGroup::health}), got.place))
    for (const auto& line : got.lines) bytes += line->text.size();
  EXPECT_GT(bytes, Feed::kBytes / 2);
  EXPECT_LE(bytes, Feed::kBytes);
}

TEST_F(FeedTest, WhatAnotherProcessToldIsLostAndNotCounted) {
  fail();
  for (const std::uint64_t place : {std::uint64_t{0}, start - 5, start + 1000000}) {
    const auto got = feed.read(kAuth, place);
    EXPECT_TRUE(got.lost) << place;
    EXPECT_EQ(got.count, 0U);
  }
  EXPECT_EQ(feed.read(kAuth, 0).lines.size(), 1U);
  const Feed later(clock.after(1s), false);
  EXPECT_GT(later.place(), feed.place());
}

TEST_F(FeedTest, ConnectionsAreMadeOnlyWhileSomebodyAsks) {
  const Event connect = event(EventKind::connect);
  feed.write(connect, clock.now());
  EXPECT_EQ(feed.place(), start);
  feed.open(kConnections);
  feed.write(connect, clock.now());
  EXPECT_EQ(feed.read(kConnections, start).lines.size(), 1U);
  feed.close(kConnections, clock.now());
  feed.write(connect, clock.after(Feed::kLinger - 1s));
  EXPECT_EQ(feed.read(kConnections, start).lines.size(), 2U) << "who was cut off comes back";
  feed.write(connect, clock.after(2s));
  EXPECT_THAT(feed.read(kConnections, start).lines, IsEmpty());
  feed.open(kConnections);
  const auto got = feed.read(kConnections, start);
  EXPECT_TRUE(got.lost);
  EXPECT_THAT(got.lines, IsEmpty());
  feed.close(kConnections, clock.now());
}

TEST_F(FeedTest, AFailedLoginThatOnlyItsEndTellsOfIsOneOfAuth) {
  Event late = event(EventKind::disconnect);
  late.reason = "Authentication Timeout";
  feed.write(late, clock.now());
  EXPECT_EQ(feed.read(kAuth, start).lines.size(), 1U);
}

TEST_F(FeedTest, WaitingEndsWithNewsTimeOrAStop) {
  std::atomic<bool> stop = false;
  const Mono begin = read_clock().mono;
  feed.wait(kAuth, start, begin + 20ms, stop);
  EXPECT_GE(read_clock().mono - begin, 20ms);
  std::jthread writer([&] { fail(); });
  feed.wait(kAuth, start, begin + 60s, stop);
  writer.join();
  std::jthread stopper([&] {
    stop = true;
    feed.wake();
  });
  feed.wait(kAuth, feed.place(), begin + 60s, stop);
  EXPECT_LT(read_clock().mono - begin, 50s);
}

TEST_F(FeedTest, MaskedLinesNameNobodyAndTellSourcesApart) {
  Feed hidden(clock.now(), true);
  const std::uint64_t place = hidden.place();
  Event pattern = event(EventKind::auth_pattern);
  pattern.reason = "brute_force: 20 failed logins; sources: 10.0.0.1; users: app";
  Event other = event(EventKind::auth_error);
  other.client.host = "10.0.0.2";
  for (const Event& each : {event(EventKind::auth_error), other, pattern}) hidden.write(each, clock.now());
  const auto lines = hidden.read(kAuth, place).lines;
  ASSERT_EQ(lines.size(), 3U);
  for (const auto& line : lines)
    for (const char* name : {"10.0.0.", "\"app\"", "users: app"}) EXPECT_THAT(line->text, Not(HasSubstr(name)));
  EXPECT_THAT(lines[0]->text, HasSubstr("\"address\":\"" + masked("10.0.0.1") + "\""));
  EXPECT_THAT(lines[1]->text, HasSubstr(masked("10.0.0.2")));
  EXPECT_NE(masked("10.0.0.1"), masked("10.0.0.2"));
  EXPECT_THAT(lines[2]->text, HasSubstr("20 failed logins"));
  EXPECT_EQ(masked(""), "");
}

TEST(Mask, APictureKeepsNobodysIdentity) {
  Snapshot seen;
  seen.findings = {{"auth_brute_force",
                    "east",
                    Health::critical,
                    {},
                    "20 failed logins; sources: 10.0.0.1; users: eve",
                    "east",
                    "Block it.",
                    {20, {{"10.0.0.1", 20}}, {{"eve", 20}}}}};
  seen.auth_tops = std::make_shared<const AuthTops>(AuthTops{{{"east", "10.0.0.1", 20, 1}}, {{"east", "eve", 20, 1}}});
  AuthFailure failure;
  failure.address = "10.0.0.1";
  failure.user = "eve";
  failure.name = "probe";
  seen.auth_failures = std::make_shared<const std::vector<AuthFailure>>(1, failure);
  const auto shown = masked(seen);
  EXPECT_EQ(shown->findings[0].sentence, "20 failed logins");
  EXPECT_EQ(shown->findings[0].evidence.sources[0].name, masked("10.0.0.1"));
  EXPECT_EQ(shown->findings[0].evidence.users[0].count, 20U);
  EXPECT_EQ(shown->auth_tops->sources[0].name, shown->auth_failures->front().address);
  EXPECT_EQ(shown->auth_tops->users[0].name, masked("eve"));
  EXPECT_EQ(shown->auth_failures->front().name, masked("probe"));
  EXPECT_EQ(shown->auth_failures->front().jwt_user, "");
}

TEST(FeedQuery, ListsSelect) {
  const auto query = read_feed_query({{"kind", "auth,jetstream"}, {"server", "n1,n2"}, {"account", "APP"}}, "");
  ASSERT_TRUE(query) << query.error();
  EXPECT_EQ(query->kinds, groups({EventGroup::auth, EventGroup::jetstream}));
  EXPECT_TRUE(selects(*query, {1, EventGroup::auth, "n2", "APP", ""}));
  EXPECT_FALSE(selects(*query, {1, EventGroup::auth, "n3", "APP", ""}));
  EXPECT_FALSE(selects(*query, {1, EventGroup::auth, "n1", "B", ""}));
  EXPECT_FALSE(query->place);
}

TEST(FeedQuery, TheHeaderWinsOverTheParameter) {
  const auto query = read_feed_query({{"last_event_id", "5"}}, "7");
  ASSERT_TRUE(query) << query.error();
  EXPECT_EQ(query->place, 7U);
  EXPECT_EQ(query->kinds, groups({EventGroup::auth, EventGroup::lifecycle, EventGroup::health}));
}

TEST(FeedQuery, WhatIsWrongIsOneSentence) {
  const std::vector<std::tuple<Parameters, const char*, const char*>> expected{
      {{{"kind", "auth,"}},
       "",
       "The parameter kind must be a list of auth, lifecycle, health, connections, accounts, jetstream and other, not "
       "'auth,'."},
      {{{"server", ""}}, "", "The parameter server must not be empty."},
      {{{"kind", "auth"}, {"kind", "auth"}}, "", "The parameter kind must be given only once."},
      {{{"limit", "1"}}, "", "/api/v1/events has the parameters kind, server, account and last_event_id, not 'limit'."},
      {{{"last_event_id", "x"}}, "", "The parameter last_event_id must be the id of an event, not 'x'."},
      {{}, "-1", "The header Last-Event-ID must be the id of an event, not '-1'."},
  };
  for (const auto& [parameters, header, said] : expected) {
    const auto query = read_feed_query(parameters, header);
    ASSERT_FALSE(query) << said;
    EXPECT_EQ(query.error(), said);
  }
}

}  // namespace
}  // namespace lookout

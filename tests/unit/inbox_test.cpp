#include "agent/inbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace lookout {
namespace {

using std::chrono::steady_clock;

Message message(Traffic traffic, std::string_view subject, std::string_view payload) {
  return {traffic, false, {}, subject, payload};
}

TEST(TrafficOf, TellsTheClassesApart) {
  EXPECT_EQ(traffic_of("$SYS.ACCOUNT.A.CONNECT"), Traffic::connections);
  EXPECT_EQ(traffic_of("$SYS.ACCOUNT.A.SERVER.CONNS"), Traffic::conns);
  EXPECT_EQ(traffic_of("$SYS.SERVER.ACCOUNT.A.CONNS"), Traffic::conns_twin);
  EXPECT_EQ(traffic_of("$SYS.SERVER.N1.CLIENT.AUTH.ERR"), Traffic::vital);
  EXPECT_EQ(traffic_of("$SYS.SERVER.N1.STATSZ"), Traffic::vital);
  EXPECT_EQ(traffic_of("$SYS.REQ.SERVER.PING.VARZ"), Traffic::foreign);
  EXPECT_EQ(traffic_of("$SYS.REQ.CLAIMS.UPDATE"), Traffic::vital);
  EXPECT_EQ(traffic_of("$SYS._INBOX.x.y"), Traffic::foreign);
  EXPECT_EQ(traffic_of("$SYS.NEW.THING"), Traffic::vital);
  EXPECT_EQ(traffic_of("$JS.EVENT.ADVISORY.API"), Traffic::advisory);
  EXPECT_EQ(traffic_of("$JS.EVENT.ADVISORY.SERVER.REMOVED"), Traffic::vital);
}

TEST(Inbox, GivesBackWhatWasPushedInOrder) {
  Inbox inbox(1 << 20);
  for (int i = 0; i < 1000; ++i)
    inbox.push(message(Traffic::vital, "s" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x')));
  Batch batch;
  inbox.take(batch, steady_clock::now());
  ASSERT_EQ(batch.messages.size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(batch.messages[i].subject, "s" + std::to_string(i));
    EXPECT_EQ(batch.messages[i].payload.size(), i);
    EXPECT_EQ(batch.messages[i].payload.data()[i], '\0') << "padding follows";
  }
}

TEST(Inbox, DoesNotCopyForeignPayloads) {
  Inbox inbox(1 << 20);
  inbox.push(message(Traffic::foreign, "$SYS.REQ.X", "secret"));
  Batch batch;
  inbox.take(batch, steady_clock::now());
  EXPECT_TRUE(batch.messages.at(0).payload.empty());
}

TEST(Inbox, GivesUpTheLeastFirstAndCountsIt) {
  Inbox inbox(100'000);
  const std::string payload(1000, 'x');
  const auto fill = [&](Traffic traffic) {
    std::size_t accepted = 0;
    while (inbox.push(message(traffic, "s", payload))) ++accepted;
    EXPECT_EQ(inbox.dropped(traffic), 1U);
    return accepted;
  };
  EXPECT_GT(fill(Traffic::conns_twin), 15U);
  EXPECT_GT(fill(Traffic::conns), 15U);
  EXPECT_GT(fill(Traffic::advisory), 5U);
  EXPECT_GT(fill(Traffic::connections), 10U);
  EXPECT_GT(fill(Traffic::vital), 15U) << "room is left for what may not be lost";
  EXPECT_FALSE(inbox.push(message(Traffic::conns_twin, "s", payload)));
  EXPECT_EQ(inbox.dropped(Traffic::conns_twin), 2U);
  Batch batch;
  inbox.take(batch, steady_clock::now());
  EXPECT_TRUE(inbox.push(message(Traffic::conns_twin, "s", payload))) << "empty again";
}

TEST(Inbox, WakesForALinkEvent) {
  Inbox inbox(1 << 20);
  std::jthread writer([&] { inbox.push(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://x"}); });
  Batch batch;
  inbox.take(batch, steady_clock::now() + std::chrono::seconds(30));
  ASSERT_EQ(batch.links.size(), 1U);
  EXPECT_EQ(batch.links[0].url, "nats://x");
}

TEST(Inbox, LetsFewMessagesGatherUntilTheDeadline) {
  Inbox inbox(1 << 20);
  inbox.push(message(Traffic::vital, "early", ""));
  std::jthread writer([&] { inbox.push(message(Traffic::vital, "late", "")); });
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(200);
  Batch batch;
  inbox.take(batch, deadline);
  EXPECT_GE(steady_clock::now(), deadline);
  EXPECT_EQ(batch.messages.size(), 2U);
}

TEST(Inbox, WakesForMuch) {
  Inbox inbox(8 << 20);
  std::jthread writer([&] {
    for (int i = 0; i < 1000; ++i) inbox.push(message(Traffic::vital, "s", std::string(1000, 'x')));
  });
  const auto start = steady_clock::now();
  Batch batch;
  inbox.take(batch, start + std::chrono::seconds(30));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_GE(batch.messages.size(), 200U);
}

TEST(Inbox, WakeEndsTheWait) {
  Inbox inbox(1 << 20);
  std::jthread waker([&] { inbox.wake(); });
  Batch batch;
  inbox.take(batch, steady_clock::now() + std::chrono::seconds(30));
  EXPECT_TRUE(batch.messages.empty());
}

TEST(Inbox, LosesNothingBetweenManyWritersAndOneReader) {
  constexpr int kWriters = 4;
  constexpr std::uint64_t kEach = 20'000;
  Inbox inbox(64 << 20);
  std::atomic<int> running = kWriters;
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      for (std::uint64_t n = 0; n < kEach; ++n) inbox.push(message(Traffic::vital, "subject", "payload"));
      --running;
      inbox.wake();
    });
  }
  std::uint64_t taken = 0;
  Batch batch;
  while (running > 0 || taken + inbox.dropped(Traffic::vital) < kWriters * kEach) {
    inbox.take(batch, steady_clock::now() + std::chrono::seconds(5));
    for (const Message& each : batch.messages) {
      ASSERT_EQ(each.payload, "payload");
      ++taken;
    }
  }
  EXPECT_EQ(taken + inbox.dropped(Traffic::vital), kWriters * kEach);
}

}  // namespace
}  // namespace lookout

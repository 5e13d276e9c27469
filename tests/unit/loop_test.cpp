#include "agent/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;

Config config() {
  Config out;
  for (const Collector& collector : collectors()) out.collect_intervals[collector.name] = 10s;
  return out;
}

class LoopTest : public testing::Test {
 protected:
  LoopTest()
      : loop(
            config(), collectors(), [this](const Message& message) -> const Event& { return decoder.decode(message); },
            [](const Event&, Now) {}, inbox, transport, cell, instruments) {}

  void turn(std::chrono::milliseconds later = 300ms) {
    inbox.take(batch, Mono{});
    loop.turn(batch, clock.after(later));
  }
  void connect() {
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://a:4222", .server_id = "A"});
    turn();
    turn();
  }
  void reply(const std::string& token, const std::string& payload, bool no_responders = false) {
    inbox.push({Traffic::reply, no_responders, clock.now().mono, token, payload});
    turn();
  }
  static std::string statsz(const std::string& id) {
    return R"({"server":{"name":"n1","id":")" + id +
           R"(","ver":"2.15.2","time":"2026-01-01T00:00:00Z"},"statsz":{"start":"2025-01-01T00:00:00Z","mem":1}})";
  }

  test::Clock clock;
  Inbox inbox{1 << 20};
  Batch batch;
  Cell cell;
  Instruments instruments;
  test::FakeTransport transport;
  EventDecoder decoder;
  Loop loop;
};

TEST_F(LoopTest, AnsweredPollsAreInTheSnapshot) {
  connect();
  ASSERT_GE(transport.sent.size(), 2U);
  reply(transport.sent[1].second, statsz("A"));
  const auto snapshot = cell.get();
  EXPECT_TRUE(snapshot->link.connected);
  EXPECT_EQ(snapshot->link.identity, Identity::system);
  ASSERT_EQ(snapshot->servers.size(), 1U);
  EXPECT_NE(snapshot->servers[0]->blocks[0], nullptr);
}

TEST_F(LoopTest, APushedStatszIsAsGoodAsAnAskedOne) {
  connect();
  inbox.push({Traffic::vital, false, clock.now().mono, "$SYS.SERVER.A.STATSZ", statsz("A")});
  turn();
  ASSERT_EQ(cell.get()->servers.size(), 1U);
  EXPECT_NE(cell.get()->servers[0]->blocks[0], nullptr);
}

TEST_F(LoopTest, NobodyListeningMeansNotInTheSystemAccount) {
  connect();
  reply(transport.sent[1].second, "", true);
  EXPECT_EQ(cell.get()->link.identity, Identity::outside);
  reply(transport.sent[0].second, R"({"data":{"user":"app","account":"APP"}})");
  EXPECT_NE(cell.get()->link.sentence.find("APP"), std::string::npos);
}

TEST_F(LoopTest, RepliesThatFitNoRequestAreIgnoredAndCounted) {
  connect();
  reply("forged.token", statsz("A"));
  reply("d.0.B", statsz("A"));  // not the server that was asked
  reply(transport.sent[1].second, "garbage");
  EXPECT_EQ(cell.get()->ignored_replies, 3U);
  EXPECT_TRUE(cell.get()->servers.empty());
}

TEST_F(LoopTest, TheHeartbeatBeats) {
  turn();
  EXPECT_EQ(instruments.heartbeat.load(), clock.now().mono.time_since_epoch().count());
}

}  // namespace
}  // namespace lookout

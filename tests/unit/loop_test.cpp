#include "agent/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/log.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/unit/fake_poll.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class LoopTest : public testing::Test {
 protected:
  LoopTest() { use({{"statsz", Level::summary}, {"varz", Level::summary}}); }

  void use(const test::Levels& levels) {
    Config config = test::poll_config(levels);
    config.memory_limit = memory_limit;
    loop = std::make_unique<Loop>(
        config, test::kTables, [this](const Message& message) -> const Event& { return decoder.decode(message); },
        [this](const Event& event, Now) { note(event); }, inbox, transport, cell, instruments);
  }
  void note(const Event& event) {
    if (event.finding == nullptr) return;
    told.push_back(std::string(kEventNames[static_cast<std::size_t>(event.kind)]) + " " + event.finding->check + " " +
                   event.finding->entity + " " + kHealthNames[static_cast<std::size_t>(event.finding->state)]);
  }
  void turn(std::chrono::milliseconds later = 300ms) {
    inbox.take(batch, Mono{});
    loop->turn(batch, clock.after(later));
  }
  void connect() {
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://a:4222", .server_id = "A"});
    turn();
    turn();
  }
  // After it every server has been asked everything once.
  void connect_and_find(const std::vector<std::string>& ids) {
    connect();
    const std::string token = last("STATSZ");
    for (const std::string& id : ids) inbox.push({Traffic::reply, false, clock.now().mono, token, statsz(id)});
    for (int i = 0; i < 5; ++i) turn();
  }
  void reply(const std::string& token, const std::string& payload, bool no_responders = false) {
    inbox.push({Traffic::reply, no_responders, clock.now().mono, token, payload});
    turn();
  }
  std::string last(const std::string& endpoint) {
    for (auto sent = transport.sent.rbegin(); sent != transport.sent.rend(); ++sent) {
      if (sent->subject.ends_with(endpoint)) return sent->token;
    }
    ADD_FAILURE() << "no request to " << endpoint;
    return {};
  }
  // Newer than the one before.
  std::string envelope(const std::string& id, const std::string& rest) {
    ++seconds_;
    const std::string time = format_time(Wall(1767225600s + std::chrono::seconds(seconds_)));
    return R"({"server":{"name":"n-)" + id + R"(","id":")" + id + R"(","ver":"2.15.2","time":")" + time + R"("},)" +
           rest + "}";
  }
  std::string statsz(const std::string& id) {
    return envelope(id, R"("statsz":{"start":"2025-01-01T00:00:00Z","mem":1})");
  }
  std::string page(const std::string& id, int from, int rows) {
    std::string out;
    for (int i = from; i < from + rows; ++i) {
      out.append(i == from ? "" : ",").append(R"({"name":"r)").append(std::to_string(i)).append("\"}");
    }
    return envelope(id, R"("data":{"rows":[)" + out + "]}");
  }
  std::shared_ptr<const Block> block(const std::string& id, std::string_view collector) {
    for (const auto& server : cell.get()->servers) {
      if (server->id == id) return server->blocks[test::table(collector)];
    }
    return nullptr;
  }
  std::size_t rows(const std::string& id, std::string_view collector) {
    const auto found = block(id, collector);
    return found == nullptr ? 0 : found->parts[0].rows();
  }

  std::uint64_t memory_limit = 0;
  std::vector<std::string> told;  // to the event log, of findings
  test::Clock clock;
  Inbox inbox{1 << 20};
  Batch batch;
  Cell cell;
  Instruments instruments;
  test::FakeTransport transport;
  EventDecoder decoder;
  std::unique_ptr<Loop> loop;

 private:
  int seconds_ = 0;
};

TEST_F(LoopTest, AnsweredPollsAreInTheSnapshot) {
  connect();
  reply(last("STATSZ"), statsz("A"));
  reply(last("VARZ"), page("A", 0, 3));
  const auto snapshot = cell.get();
  EXPECT_TRUE(snapshot->link.connected);
  EXPECT_EQ(snapshot->link.identity, Identity::system);
  ASSERT_EQ(snapshot->servers.size(), 1U);
  EXPECT_NE(block("A", "statsz"), nullptr);
  EXPECT_EQ(rows("A", "varz"), 3U);
}

TEST_F(LoopTest, APushedStatszIsAsGoodAsAnAskedOne) {
  connect();
  inbox.push({Traffic::vital, false, clock.now().mono, "$SYS.SERVER.A.STATSZ", statsz("A")});
  turn();
  ASSERT_EQ(cell.get()->servers.size(), 1U);
  EXPECT_NE(block("A", "statsz"), nullptr);
}

TEST_F(LoopTest, NobodyListeningMeansNotInTheSystemAccount) {
  connect();
  reply(last("VARZ"), "", true);
  EXPECT_EQ(cell.get()->link.identity, Identity::unknown) << "an endpoint that old servers do not have";
  reply(last("STATSZ"), "", true);
  EXPECT_EQ(cell.get()->link.identity, Identity::outside);
  reply(last("USER.INFO"), R"({"data":{"user":"app","account":"APP"}})");
  EXPECT_NE(cell.get()->link.sentence.find("APP"), std::string::npos);
}

// Servers answer $SYS.REQ.ACCOUNT.PING.STATZ to users of every account.
TEST_F(LoopTest, WhatEveryAccountMayAskDoesNotMakeItTheSystemAccount) {
  use({{"statsz", Level::summary}, {"accstatz", Level::summary}});
  connect();
  reply(last("STATSZ"), "", true);
  reply(last("ACCOUNT.PING.STATZ"), page("A", 0, 1));
  EXPECT_EQ(cell.get()->link.identity, Identity::outside);
  EXPECT_TRUE(cell.get()->servers.empty());
}

TEST_F(LoopTest, RepliesThatFitNoRequestAreIgnoredAndCounted) {
  connect();
  reply("forged.token", statsz("A"));
  reply("d.0.B", statsz("A"));  // not the server that was asked
  reply("p.4.1.0.A", page("A", 0, 1));
  reply(last("STATSZ"), "garbage");
  turn(1s);
  EXPECT_EQ(cell.get()->ignored_replies, 4U);
  EXPECT_TRUE(cell.get()->servers.empty());
}

TEST_F(LoopTest, AllPagesAreOneBlock) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}});
  connect_and_find({"A"});
  const std::string first = last("A.CONNZ");
  reply(first, page("A", 0, 100));
  turn(1s);
  EXPECT_EQ(block("A", "connz"), nullptr) << "half an answer is none";
  const std::string second = last("A.CONNZ");
  ASSERT_NE(second, first);
  reply(first, page("A", 0, 100));
  reply(second, page("A", 100, 50));
  turn(1s);
  EXPECT_EQ(rows("A", "connz"), 150U);
  EXPECT_EQ(cell.get()->ignored_replies, 1U);
  EXPECT_EQ(cell.get()->rounds[test::table("connz")].duplicate_total, 1U);
}

TEST_F(LoopTest, NothingOfAnAnswerWithATruncatedPageIsTaken) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}});
  connect_and_find({"A"});
  reply(last("A.CONNZ"), page("A", 0, 100));
  const std::string whole = page("A", 100, 50);
  reply(last("A.CONNZ"), whole.substr(0, whole.size() / 2));
  turn(1s);
  EXPECT_EQ(block("A", "connz"), nullptr);
  EXPECT_EQ(cell.get()->ignored_replies, 1U);
  EXPECT_EQ(cell.get()->rounds[test::table("connz")].missing, (std::vector<ServerName>{{"", "n-A"}}));
}

TEST_F(LoopTest, AnAnswerOfAnotherServerIsNotMixedIn) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}});
  connect_and_find({"A", "B"});
  reply(last("A.CONNZ"), page("B", 0, 7));
  turn(1s);
  EXPECT_EQ(block("A", "connz"), nullptr);
  EXPECT_EQ(block("B", "connz"), nullptr);
  EXPECT_EQ(cell.get()->ignored_replies, 1U);
}

TEST_F(LoopTest, ARefusalTakesAwayWhatWasSaidBefore) {
  connect_and_find({"A"});
  reply(last("VARZ"), page("A", 0, 3));
  turn(1s);
  EXPECT_EQ(rows("A", "varz"), 3U);
  const std::string first = last("VARZ");
  for (int i = 0; i < 60 && last("VARZ") == first; ++i) {
    inbox.push({Traffic::vital, false, clock.now().mono, "$SYS.SERVER.A.STATSZ", statsz("A")});
    turn(1s);
  }
  ASSERT_NE(last("VARZ"), first);
  reply(last("VARZ"), envelope("A", R"("error":{"code":500,"description":"no"})"));
  turn(1s);
  EXPECT_EQ(block("A", "varz"), nullptr);
}

TEST_F(LoopTest, WhoDoesNotAnswerIsNamedInOneFinding) {
  std::vector<std::string> ids;
  for (int i = 0; i < 90; ++i) ids.push_back("S" + std::to_string(i));
  connect_and_find(ids);
  for (int i = 0; i < 15; ++i) turn(1s);
  const auto findings = cell.get()->findings;
  const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.check == "collection_incomplete" && finding.entity == "statsz";
  });
  ASSERT_NE(found, findings.end());
  EXPECT_TRUE(found->sentence.starts_with("no answer to statsz from n-S0, n-S1, n-S10")) << found->sentence;
  EXPECT_LT(found->sentence.size(), 400U);
  EXPECT_TRUE(found->sentence.ends_with(" more")) << found->sentence;
}

TEST_F(LoopTest, WhoElseDoesNotAnswerIsLoggedToo) {
  connect_and_find({"A", "B"});
  log::configure("info", LogFormat::logfmt);
  // The log of one round of STATSZ that only these servers answer; all of them live.
  const auto round = [&](const std::vector<std::string>& answering) {
    testing::internal::CaptureStderr();
    for (const std::string before = last("PING.STATSZ"); last("PING.STATSZ") == before;) turn(1s);
    for (const std::string& id : answering) reply(last("PING.STATSZ"), statsz(id));
    for (int i = 0; i < 6; ++i) turn(1s);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(round({"A", "B"}), "");
  const std::string first = round({"A"});
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1) << first;
  EXPECT_THAT(first, HasSubstr("no answer to statsz from n-B\""));
  EXPECT_THAT(round({}), HasSubstr("no answer to statsz from n-A, n-B\""));
  EXPECT_THAT(round({"A", "B"}), HasSubstr("resolved"));
  log::configure("off", LogFormat::logfmt);
}

TEST_F(LoopTest, TheEventLogHasEveryChangeOfAFindingOnce) {
  connect();
  told.clear();  // that the agent was not connected yet, and now is
  inbox.push(LinkEvent{.kind = LinkEvent::Kind::disconnected, .url = "nats://a:4222", .text = "broken"});
  for (int i = 0; i < 5; ++i) turn(1s);
  EXPECT_EQ(told, (std::vector<std::string>{"finding_raised agent_connection agent critical"}));
  told.clear();
  connect();
  for (int i = 0; i < 5; ++i) turn(1s);
  EXPECT_EQ(told, (std::vector<std::string>{"finding_cleared agent_connection agent critical"}));
  told.clear();
  for (int i = 0; i < 10; ++i) turn(1s);
  EXPECT_THAT(told, testing::ElementsAre("finding_raised agent_identity agent critical")) << "nobody answers";
}

TEST_F(LoopTest, TheHeartbeatBeats) {
  turn();
  EXPECT_EQ(instruments.heartbeat.load(), clock.now().mono.time_since_epoch().count());
}

TEST_F(LoopTest, NearItsMemoryLimitItLetsGoOfWhatTakesTheMost) {
  memory_limit = 1U << 20U;  // this process holds more
  use({{"statsz", Level::summary}, {"varz", Level::summary}, {"raftz", Level::summary}});
  connect();
  reply(last("STATSZ"), statsz("A"));
  reply(last("VARZ"), page("A", 0, 300));
  turn(6s);
  EXPECT_EQ(block("A", "varz"), nullptr);
  EXPECT_NE(block("A", "statsz"), nullptr) << "servers are known by it";
  const auto snapshot = cell.get();
  EXPECT_TRUE(snapshot->rounds[test::table("varz")].reduced);
  EXPECT_FALSE(snapshot->rounds[test::table("varz")].polled);
  ASSERT_FALSE(snapshot->findings.empty());
  EXPECT_EQ(snapshot->findings.back().check, "agent_memory");
  EXPECT_THAT(snapshot->findings.back().sentence, HasSubstr("less is asked by varz: the agent holds"));
  turn(6s);
  EXPECT_NE(block("A", "statsz"), nullptr);
}

}  // namespace
}  // namespace lookout

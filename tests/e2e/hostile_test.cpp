// Another user of the system account can publish anything on every event subject. Nothing of it crashes, stops or
// misleads the agent. Also run under the sanitizers (tests/run).
#include <gtest/gtest.h>

#include <ctime>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

constexpr std::size_t kHuge = 10'000'000;

std::string repeated(const std::string& part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t count = 0; count < times; ++count) text += part;
  return text;
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  char text[40];
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
  return text;
}

class Hostile : public testing::Test {
 protected:
  void SetUp() override {
    agent_.start(watch(cluster_.urls(), {"--events.kinds=auth,lifecycle,connections,accounts,jetstream,other"}));
    ASSERT_TRUE(agent_.sees(2)) << agent_;
    id_ = cluster_[1].id();
    attacker_ = std::make_unique<Client>(cluster_[0].port(), kAdmin);
    ASSERT_TRUE(attacker_->ok());
  }

  // Subjects whose payload has to be read.
  [[nodiscard]] std::vector<std::string> read_subjects() const {
    return {"$SYS.ACCOUNT.APP.CONNECT", "$SYS.ACCOUNT.APP.DISCONNECT", "$SYS.ACCOUNT.APP.SERVER.CONNS",
            "$SYS.SERVER." + id_ + ".CLIENT.AUTH.ERR", "$SYS.SERVER." + id_ + ".STATSZ"};
  }

  // Subjects of which some say enough without.
  [[nodiscard]] std::vector<std::string> other_subjects() const {
    return {"$SYS.SERVER.ACCOUNT.APP.CONNS",
            "$SYS.ACCOUNT.APP.LEAFNODE.CONNECT",
            "$SYS.ACCOUNT.APP.LEAFNODE.DISCONNECT",
            "$SYS.SERVER.NOBODY.SHUTDOWN",
            "$SYS.SERVER.NOBODY.LAMEDUCK",
            "$SYS.SERVER." + id_ + ".OCSP.PEER.CONN.REJECT",
            "$SYS.SERVER." + id_ + ".OCSP.PEER.LINK.INVALID",
            "$SYS.ACCOUNT.APP.CLAIMS.UPDATE",
            "$JS.EVENT.ADVISORY.STREAM.QUORUM_LOST.S",
            "$JS.EVENT.ADVISORY.SERVER.REMOVED",
            "$SYS.SERVER." + id_ + ".FUTURE",
            "$SYS.FUTURE.THING"};
  }

  // None of these is an event.
  [[nodiscard]] static std::vector<std::string> malformed() {
    const std::string real =
        R"({"type":"io.nats.server.advisory.v1.client_connect","id":"x","timestamp":"2026-01-01T00:00:00Z","server":{"name":"n2",)"
        R"("id":")";
    return {
        "",
        "{",
        "null",
        "true",
        "[]",
        "\"text\"",
        "123456789012345678901234567890",
        std::string("\0\0\0\0", 4),
        "\xff\xfe\xfd",
        real,
        R"({"server":5,"client":"no","statsz":[],"acc":{},"conns":"many","reason":7})",
        R"({"server":{"id":7,"name":{},"cluster":[],"seq":"one","time":9},"client":[[]],"statsz":null,"acc":1,"conns":-1})",
        "{\"server\":\"\xc3\x28\"}",
        repeated("[", 100'000),
        repeated("{\"a\":", 100'000),
        repeated(R"({"a":)", 2'000) + "1" + repeated("}", 2'000),
        repeated("x", kHuge)};
  }

  // Everything published so far has been counted as something.
  void expect_counted(double published, const Page& before) {
    EXPECT_TRUE(agent_.reaches(
        [&](const Page& page) {
          return page.sum("nats_lookout_events_total") + page.sum("nats_lookout_events_dropped_total") >=
                 before.sum("nats_lookout_events_total") + before.sum("nats_lookout_events_dropped_total") + published;
        },
        60s))
        << agent_.page().grep("nats_lookout_events") << agent_;
  }

  // Still there, still right, the page still valid.
  void expect_well() {
    EXPECT_TRUE(agent_.process().running());
    EXPECT_TRUE(agent_.sees(2)) << agent_;
    EXPECT_EQ(agent_.page().problem(), "");
    const double errors = agent_.page().sum("nats_auth_errors_total", {{"server", "n1"}});
    visit(cluster_[0].port(), {"app", "wrong"});
    EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "n1"}}, errors + 1)) << agent_;
    EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 0);
  }

  TempDir dir_;
  Cluster cluster_{dir_, 2, "east", "max_payload: 16MB\nmax_pending: 64MB\n"};
  Agent agent_{dir_};
  std::unique_ptr<Client> attacker_;
  std::string id_;
};

TEST_F(Hostile, WhatIsNoEventIsCountedAsMalformed) {
  const Page before = agent_.metrics();
  const double known = before.sum("nats_lookout_events_total", {{"event", "malformed"}});
  double published = 0;
  for (const std::string& payload : malformed()) {
    for (const std::string& subject : read_subjects()) {
      attacker_->publish(subject, payload);
      ++published;
      if (payload.size() != kHuge) continue;
      ASSERT_TRUE(attacker_->flush());  // two of them at once may be more than the inbox gives their class
      EXPECT_TRUE(agent_.reaches("nats_lookout_events_total", {{"event", "malformed"}}, known + published, 60s));
    }
    ASSERT_TRUE(attacker_->flush());
    expect_counted(published, before);
  }
  EXPECT_TRUE(agent_.reaches("nats_lookout_events_total", {{"event", "malformed"}}, known + published))
      << agent_.page().grep("nats_lookout_events") << published << " were sent";
  expect_well();
}

TEST_F(Hostile, AnythingOnAnySubjectIsCountedAndSurvived) {
  const Page before = agent_.metrics();
  double published = 0;
  for (const std::string& payload : malformed()) {
    for (const std::string& subject : other_subjects()) {
      if (payload.size() == kHuge && subject.find("FUTURE") == std::string::npos) continue;
      attacker_->publish(subject, payload);
      ++published;
    }
    ASSERT_TRUE(attacker_->flush());
    expect_counted(published, before);
  }
  expect_well();
}

// Well-formed events whose texts try to break the page, the event log and the health's JSON.
TEST_F(Hostile, TextsFromTheNetworkBreakNothing) {
  const std::string server =
      R"({"name":"n2","cluster":"east","id":")" + id_ + R"(","ver":"2.0.0","seq":1,"time":")" + now() + "\"}";
  const Page before = agent_.metrics();
  const std::vector<std::string> texts{R"(a\"} 1\nfake_metric{x=\")",
                                       R"(\u0000\u0001\u001b[31m\u007f)",
                                       R"(\ud800 lone surrogate)",
                                       R"(line\nbreak\r\n{\"event\":\"x\"})",
                                       R"(\\\\\")",
                                       "ü€😀",
                                       repeated("long", 100'000),
                                       R"(=;{},\u2028\u2029)"};
  double published = 0;
  for (const std::string& text : texts) {
    for (const char* tail : {"CONNECT", "DISCONNECT"}) {
      attacker_->publish(std::string("$SYS.ACCOUNT.APP.") + tail,
                         R"({"type":"t","id":")" + text + R"(","timestamp":")" + now() + R"(","server":)" + server +
                             R"(,"reason":")" + text + R"(","client":{"start":")" + now() + R"(","id":)" +
                             std::to_string(900000 + published) + R"(,"acc":")" + text + R"(","user":")" + text +
                             R"(","name":")" + text + R"(","host":")" + text + R"(","kind":")" + text +
                             R"(","client_type":")" + text + R"("}})");
      ++published;
    }
  }
  ASSERT_TRUE(attacker_->flush());
  expect_counted(published, before);
  expect_well();
  EXPECT_EQ(agent_.page().count("fake_metric"), 0U);
  EXPECT_LT(agent_.get("/metrics").body.size(), 1'000'000U) << "the length of a text is bounded";
  (void)agent_.events("connect");  // fails on a line that is no JSON
}

TEST_F(Hostile, AForgedShutdownIsTakenBack) {
  attacker_->publish("$SYS.SERVER." + id_ + ".SHUTDOWN", R"({"name":"n2","cluster":"east","host":"127.0.0.1","id":")" +
                                                             id_ + R"(","ver":"2.0.0","seq":1,"time":")" + now() +
                                                             "\"}");
  ASSERT_TRUE(attacker_->flush());
  ASSERT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_events_total", {{"event", "shutdown"}}) == 1;
  }));
  expect_well();
}

// The event names n1, the subject n2: it must be counted for neither.
TEST_F(Hostile, AnEventOfOneServerOnTheSubjectOfAnotherIsNotCounted) {
  attacker_->publish("$SYS.SERVER." + id_ + ".CLIENT.AUTH.ERR",
                     R"({"type":"t","id":"forged","timestamp":")" + now() +
                         R"(","reason":"Authentication Failure","server":{"name":"n1",)" +
                         R"("cluster":"east","ver":"2.0.0","seq":1,"id":")" + cluster_[0].id() + R"(","time":")" +
                         now() + R"("},"client":{"start":")" + now() + R"(","id":1,"acc":"$G","kind":"Client"}})");
  ASSERT_TRUE(attacker_->flush());
  expect_well();
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 1) << "only the one of expect_well()";
  EXPECT_GE(agent_.page().sum("nats_lookout_forged_messages_total"), 1);
}

}  // namespace
}  // namespace lookout::e2e

#include "agent/nats.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>

#include "agent/nats_options.h"
#include "agent/nats_reason.h"
#include "agent/watchdog.h"
#include "tests/unit/fake_nats.h"

namespace lookout {
namespace {

using testing::Behaviour;
using testing::BlackHole;
using testing::FakeNats;
using testing::kPatience;
using Kind = LinkEvent::Kind;

class NatsTest : public ::testing::Test {
 protected:
  NatsTest() {
    config_.nats.user = "watcher";
    config_.nats.password = "not-a-secret";
    config_.nats.timeout = Millis(500);
    config_.nats.reconnect_wait = Millis(20);
    config_.nats.reconnect_wait_max = Millis(100);
    std::string pattern = std::filesystem::temp_directory_path() / "lookout-nats-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~NatsTest() override { std::filesystem::remove_all(directory_); }

  void start(const std::string& url) {
    config_.nats.urls = {url};
    nats_ = std::make_unique<Nats>(config_, inbox_, instruments_);
  }

  // How long the transport took to stop. What it told before is forgotten.
  Millis stop() {
    const Mono before = std::chrono::steady_clock::now();
    nats_.reset();
    const Mono after = std::chrono::steady_clock::now();
    take(after);
    links_.clear();
    messages_.clear();
    return std::chrono::duration_cast<Millis>(after - before);
  }

  // The next LinkEvent of this kind; what else comes is kept or passed over.
  std::optional<LinkEvent> link(Kind kind) {
    const Mono deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto found =
          std::find_if(links_.begin(), links_.end(), [&](const auto& event) { return event.kind == kind; });
      if (found != links_.end()) {
        LinkEvent event = *found;
        links_.erase(links_.begin(), found + 1);
        return event;
      }
      take(deadline);
    }
    return std::nullopt;
  }

  struct Seen {
    Traffic traffic;
    bool no_responders;
    std::string subject;
    std::string payload;
  };
  std::optional<Seen> message() {
    const Mono deadline = std::chrono::steady_clock::now() + kPatience;
    while (messages_.empty() && std::chrono::steady_clock::now() < deadline) take(deadline);
    if (messages_.empty()) return std::nullopt;
    Seen seen = messages_.front();
    messages_.erase(messages_.begin());
    return seen;
  }

  // Waits for a counter, which changes without a notice of its own just before one.
  static bool reaches(const std::function<bool()>& condition) {
    const Mono deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(Millis(2));
    return condition();
  }

  std::string file(const std::string& name, const std::string& content) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path + ".new") << content;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

  Config config_;
  Inbox inbox_{1U << 20U};
  Instruments instruments_;
  std::string directory_;
  std::unique_ptr<Nats> nats_;

 private:
  void take(Mono deadline) {
    constexpr Millis kShort{5};  // few messages do not end the wait
    inbox_.take(batch_, std::min<Mono>(deadline, std::chrono::steady_clock::now() + kShort));
    links_.insert(links_.end(), batch_.links.begin(), batch_.links.end());
    for (const Message& message : batch_.messages) {
      messages_.push_back(
          {message.traffic, message.no_responders, std::string(message.subject), std::string(message.payload)});
    }
  }

  Batch batch_;
  std::vector<LinkEvent> links_;
  std::vector<Seen> messages_;
};

TEST_F(NatsTest, ItLogsInSubscribesAndHandsEventsOver) {
  FakeNats server;
  start(server.url());
  const auto connected = link(Kind::connected);
  ASSERT_TRUE(connected);
  EXPECT_EQ(connected->url, server.url());
  EXPECT_EQ(connected->server_id, "NFAKE");
  server.deliver("$SYS.SERVER.NFAKE.STATSZ", R"({"a":1})");
  const auto event = message();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->subject, "$SYS.SERVER.NFAKE.STATSZ");
  EXPECT_EQ(event->payload, R"({"a":1})");
  EXPECT_EQ(event->traffic, Traffic::vital);
  EXPECT_EQ(instruments_.connects.Value(), 1);
  EXPECT_FALSE(std::isnan(instruments_.rtt_seconds.Value()));
  const std::string hello = server.connects().at(0);
  EXPECT_NE(hello.find(R"("echo":false)"), std::string::npos) << hello;
  EXPECT_NE(hello.find(R"("name":"nats-lookout")"), std::string::npos) << hello;
  EXPECT_LT(stop(), Millis(1000));
}

TEST_F(NatsTest, AnAnswerCarriesTheTokenOfItsRequest) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  ASSERT_TRUE(nats_->request("$SYS.REQ.SERVER.PING.VARZ", "7.varz.0", "{}", false));
  ASSERT_TRUE(server.wait_published(1));
  const auto sent = server.publications().at(0);
  EXPECT_EQ(sent.subject, "$SYS.REQ.SERVER.PING.VARZ");
  EXPECT_EQ(sent.payload, "{}");
  EXPECT_TRUE(sent.reply.starts_with("_INBOX.")) << sent.reply;
  server.deliver(sent.reply, "answer");
  const auto answer = message();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->traffic, Traffic::reply);
  EXPECT_EQ(answer->subject, "7.varz.0");
  EXPECT_EQ(answer->payload, "answer");
  EXPECT_FALSE(answer->no_responders);
  EXPECT_TRUE(reaches([&] { return instruments_.requests_sent.Value() == 1; }));
}

TEST_F(NatsTest, ACompressedAnswerIsAskedForByAHeader) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  ASSERT_TRUE(nats_->request("$SYS.REQ.SERVER.PING.CONNZ", "7", "{}", true));
  ASSERT_TRUE(nats_->request("$SYS.REQ.SERVER.PING.CONNZ", "8", "", true));
  ASSERT_TRUE(nats_->request("$SYS.REQ.SERVER.PING.CONNZ", "9", "{}", false));
  ASSERT_TRUE(server.wait_published(3));
  const auto sent = server.publications();
  EXPECT_EQ(sent[0].headers, "NATS/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(sent[0].subject, "$SYS.REQ.SERVER.PING.CONNZ");
  EXPECT_TRUE(sent[0].reply.ends_with(".7")) << sent[0].reply;
  EXPECT_EQ(sent[0].payload, "{}");
  EXPECT_EQ(sent[1].headers, sent[0].headers);
  EXPECT_EQ(sent[1].payload, "");
  EXPECT_EQ(sent[2].headers, "");
  EXPECT_EQ(sent[2].payload, "{}");
}

TEST_F(NatsTest, AServerWithoutHeadersIsAskedPlainly) {
  FakeNats server({.headers = false});
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  ASSERT_TRUE(nats_->request("$SYS.REQ.SERVER.PING.CONNZ", "7", "{}", true));
  ASSERT_TRUE(server.wait_published(1));
  const auto sent = server.publications().at(0);
  EXPECT_EQ(sent.headers, "");
  EXPECT_EQ(sent.payload, "{}");
  EXPECT_TRUE(sent.reply.ends_with(".7")) << sent.reply;
}

TEST_F(NatsTest, NoRespondersIsToldFromAnEmptyAnswer) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  ASSERT_TRUE(nats_->request("$SYS.REQ.USER.INFO", "who", "", false));
  ASSERT_TRUE(server.wait_published(1));
  server.no_responders(server.publications().at(0).reply);
  server.deliver(server.publications().at(0).reply, "");
  const auto first = message();
  const auto second = message();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->no_responders);
  EXPECT_EQ(first->subject, "who");
  EXPECT_FALSE(second->no_responders);
}

TEST_F(NatsTest, QuotesAndBackslashesInSecretsArriveIntact) {
  FakeNats server;
  config_.nats.user = R"(us"er)";
  config_.nats.password_file = file("password", "p\"w\\x\ty\n");
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  const std::string hello = server.connects().at(0);
  EXPECT_NE(hello.find(R"("user":"us\"er")"), std::string::npos) << hello;
  EXPECT_NE(hello.find(R"("pass":"p\"w\\x\u0009y")"), std::string::npos) << hello;
}

TEST_F(NatsTest, AWrongPasswordIsRetriedWithWhatTheFileHoldsThen) {
  FakeNats server({.must_contain = R"("pass":"right")"});
  config_.nats.password_file = file("password", "wrong");
  start(server.url());
  for (int i = 0; i < 4; ++i) {
    const auto failed = link(Kind::connect_failed);
    ASSERT_TRUE(failed);
    EXPECT_TRUE(failed->authentication);
    EXPECT_EQ(failed->text, "the server refused the login: Authorization Violation");
  }
  file("password", "right\n");
  ASSERT_TRUE(link(Kind::connected));
  EXPECT_GE(instruments_.connect_auth_failures.Value(), 4);
  EXPECT_EQ(instruments_.connect_failures.Value(), 0);
}

TEST_F(NatsTest, AMissingThenEmptySecretFileIsSaidAndRetried) {
  FakeNats server;
  config_.nats.password_file = directory_ + "/password";
  start(server.url());
  auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_NE(failed->text.find(config_.nats.password_file), std::string::npos) << failed->text;
  EXPECT_FALSE(failed->authentication);
  file("password", "");
  // An attempt or two may still tell of the missing file.
  for (int i = 0; i < 100 && failed && failed->text.find("is empty") == std::string::npos; ++i) {
    failed = link(Kind::connect_failed);
  }
  ASSERT_TRUE(failed);
  EXPECT_NE(failed->text.find("is empty"), std::string::npos) << failed->text;
  EXPECT_NE(failed->text.find(config_.nats.password_file), std::string::npos) << failed->text;
  file("password", "something");
  ASSERT_TRUE(link(Kind::connected));
}

TEST_F(NatsTest, ACredentialsFileWithoutItsPartsIsSaid) {
  FakeNats server;
  config_.nats.creds = file("creds", "neither\n");
  start(server.url());
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->text, "the credentials file " + config_.nats.creds + " holds no user JWT with its seed");
}

TEST_F(NatsTest, ANkeyLogsInWithItsPublicKeyAndASignature) {
  FakeNats server;
  config_.nats.nkey = file("nkey", "SUALVGB26OWOOMAAB4XKVQTWDNZPKWWGAXYNIOVS6VBFQJYFP7LMZFRIY4\n");
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  const std::string hello = server.connects().at(0);
  EXPECT_NE(hello.find(R"("nkey":"UC45EF6X2QLWE6KTRJN4ZA4X4NIPUU2V73LTBSWCJBQFDUWWLIZEUM4B")"), std::string::npos)
      << hello;
  EXPECT_NE(hello.find(R"("sig":")"), std::string::npos) << hello;
}

TEST_F(NatsTest, AServerWithoutANonceIsSaidToTakeNoNkeys) {
  FakeNats server({.nonce = false});
  config_.nats.nkey = file("nkey", "SUALVGB26OWOOMAAB4XKVQTWDNZPKWWGAXYNIOVS6VBFQJYFP7LMZFRIY4\n");
  start(server.url());
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_NE(failed->text.find("takes no nkeys"), std::string::npos) << failed->text;
}

TEST_F(NatsTest, AMissingCaFileIsNamed) {
  config_.nats.tls.ca = directory_ + "/ca.pem";
  start("tls://127.0.0.1:1");
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->text, "the CA file " + config_.nats.tls.ca + " cannot be read: No such file or directory");
}

TEST_F(NatsTest, NatsMayStartLaterThanTheAgent) {
  const int reserved = testing::listen_on();
  const std::uint16_t port = testing::port_of(reserved);
  ::close(reserved);
  start(testing::url_of(port));
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->text, "nothing accepts connections at 127.0.0.1 port " + std::to_string(port));
  EXPECT_FALSE(nats_->request("$SYS.REQ.SERVER.PING", "t", "", false));
  FakeNats server({}, port);
  ASSERT_TRUE(link(Kind::connected));
  EXPECT_GE(instruments_.connect_failures.Value(), 1);
  EXPECT_EQ(instruments_.requests_dropped.Value(), 1);
}

TEST_F(NatsTest, ALostConnectionIsMadeAgainAndTheReasonTold) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  server.drop_clients();
  const auto ended = link(Kind::disconnected);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "the server closed the connection");
  EXPECT_FALSE(ended->authentication);
  ASSERT_TRUE(link(Kind::connected));
  EXPECT_EQ(instruments_.disconnects.Value(), 1);
  EXPECT_EQ(instruments_.disconnects_by_reason.Add({{"reason", "closed"}}).Value(), 1);
}

TEST_F(NatsTest, WhatTheServerSaysBeforeItClosesIsTheReason) {
  struct Case {
    const char* said;
    const char* label;
    bool authentication;
  };
  for (const Case& expected :
       {Case{"User Authentication Revoked", "auth", true}, Case{"User Authentication Expired", "auth", true},
        Case{"maximum connections exceeded", "limit", false}, Case{"Stale Connection", "stale", false},
        Case{"Unheard Of", "other", false}}) {
    FakeNats server;
    prometheus::Counter& counted = instruments_.disconnects_by_reason.Add({{"reason", expected.label}});
    const double before = counted.Value();
    start(server.url());
    ASSERT_TRUE(link(Kind::connected));
    server.say(std::string("-ERR '") + expected.said + "'");
    server.drop_clients();
    const auto ended = link(Kind::disconnected);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->authentication, expected.authentication) << ended->text;
    EXPECT_EQ(counted.Value(), before + 1) << ended->text;
    stop();
  }
}

TEST_F(NatsTest, RebuildReadsTheSecretsAgain) {
  FakeNats server;
  config_.nats.password_file = file("password", "first");
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  file("password", "second");
  nats_->rebuild();
  const auto ended = link(Kind::disconnected);
  ASSERT_TRUE(ended);
  EXPECT_EQ(instruments_.disconnects_by_reason.Add({{"reason", "rebuild"}}).Value(), 1) << ended->text;
  ASSERT_TRUE(link(Kind::connected));
  EXPECT_NE(server.connects().back().find(R"("pass":"second")"), std::string::npos);
}

TEST_F(NatsTest, TheNarrowSubscriptionsReplaceARefusedWideOne) {
  FakeNats server({.subscription_errors = {{"$SYS.>", R"(Permissions Violation for Subscription to "$SYS.>")"}}});
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  ASSERT_TRUE(server.wait_subscribed("$SYS.SERVER.>"));
  ASSERT_TRUE(server.wait_subscribed("$SYS.ACCOUNT.>"));
  ASSERT_TRUE(server.wait_subscribed("$JS.EVENT.ADVISORY.>"));
  EXPECT_EQ(instruments_.permission_errors.Value(), 0);
}

TEST_F(NatsTest, AnyOtherRefusalIsAPermissionError) {
  const std::string sentence = R"(Permissions Violation for Subscription to "$SYS.ACCOUNT.>")";
  FakeNats server({.subscription_errors = {{"$SYS.ACCOUNT.>", sentence}}});
  config_.events.subjects = Subjects::minimal;
  start(server.url());
  const auto refused = link(Kind::permission);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->text, sentence);
  EXPECT_EQ(instruments_.permission_errors.Value(), 1);
  const auto subjects = server.subscriptions();
  EXPECT_EQ(std::count(subjects.begin(), subjects.end(), "$SYS.>"), 0);
}

TEST_F(NatsTest, OneOfSeveralUrlsIsEnough) {
  FakeNats server;
  const int reserved = testing::listen_on();
  const std::string dead = testing::url_of(testing::port_of(reserved));
  ::close(reserved);
  config_.nats.urls = {dead, server.url(), dead};
  nats_ = std::make_unique<Nats>(config_, inbox_, instruments_);
  const auto connected = link(Kind::connected);
  ASSERT_TRUE(connected);
  EXPECT_EQ(connected->url, server.url());
}

// The hangs of libnats 3.4.1: later versions time out by themselves, so that only the recovery is the same everywhere.

TEST_F(NatsTest, AServerThatNeverAnswersPingIsLeftAndTriedAgain) {
  FakeNats server({.pong = false});
  config_.nats.timeout = Millis(100);
  start(server.url());
  ASSERT_TRUE(server.wait_accepted(1));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(nats_->request("$SYS.REQ.SERVER.PING", "t", "", false));
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  if (std::string(nats_client_version()) == "3.4.1") {
    EXPECT_NE(failed->text.find("watchdog"), std::string::npos) << failed->text;
    EXPECT_GE(instruments_.watchdog_interventions.Value(), 1);
  }
  server.behave([](auto& behaviour) { behaviour.pong = true; });
  ASSERT_TRUE(link(Kind::connected));
}

TEST_F(NatsTest, AServerThatStallsInTheTlsHandshakeIsLeftAndTriedAgain) {
  FakeNats server({.tls = true});
  config_.nats.timeout = Millis(100);
  start("tls://127.0.0.1:" + std::to_string(server.port()));
  ASSERT_TRUE(server.wait_accepted(2));
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  if (std::string(nats_client_version()) == "3.4.1") {
    EXPECT_GE(instruments_.watchdog_interventions.Value(), 1);
  }
  EXPECT_LT(stop(), Millis(1000));
}

TEST_F(NatsTest, AskingForTlsNeverFallsBackToPlaintext) {
  FakeNats server;
  start("tls://127.0.0.1:" + std::to_string(server.port()));
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->text, "TLS is asked for, but 127.0.0.1 port " + std::to_string(server.port()) + " offers none");
  EXPECT_TRUE(server.connects().empty());
}

TEST_F(NatsTest, ASilentServerIsLeftAndTriedAgain) {
  FakeNats server({.info = false});
  config_.nats.timeout = Millis(100);
  start(server.url());
  ASSERT_TRUE(server.wait_accepted(3));
  const auto failed = link(Kind::connect_failed);
  ASSERT_TRUE(failed);
  EXPECT_NE(failed->text.find("does not speak NATS"), std::string::npos) << failed->text;
}

TEST_F(NatsTest, AnEstablishedConnectionThatGoesSilentEnds) {
  FakeNats server;
  config_.nats.ping_interval = Millis(50);
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  server.behave([](auto& behaviour) { behaviour.pong = false; });
  const auto ended = link(Kind::disconnected);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "the server did not answer two pings");
  EXPECT_TRUE(std::isnan(instruments_.rtt_seconds.Value()));
}

TEST_F(NatsTest, ARequestNeverBlocksWhenTheSocketIsFull) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  server.behave([](auto& behaviour) { behaviour.reads = false; });
  const std::string body(64U << 10U, 'x');
  Mono::duration longest{0};
  for (int i = 0; i < 500; ++i) {
    const Mono before = std::chrono::steady_clock::now();
    nats_->request("$SYS.REQ.SERVER.PING", "t", body, false);
    longest = std::max(longest, std::chrono::steady_clock::now() - before);
  }
  EXPECT_LT(longest, Millis(500));
  EXPECT_LT(stop(), Millis(1300));
}

TEST_F(NatsTest, ItStopsWithinASecondWhateverTheServerDoes) {
  config_.nats.timeout = Millis(30000);
  for (const Behaviour& behaviour : {Behaviour{}, Behaviour{.info = false}, Behaviour{.tls = true},
                                     Behaviour{.pong = false}, Behaviour{.refusal = "Authorization Violation"}}) {
    FakeNats server(behaviour);
    start(server.url());
    ASSERT_TRUE(server.wait_accepted(1));
    EXPECT_LT(stop(), Millis(1000)) << behaviour.info << behaviour.tls << behaviour.pong << behaviour.refusal;
  }
}

TEST_F(NatsTest, ItStopsWithinASecondWhileConnectingToABlackHole) {
  config_.nats.timeout = Millis(30000);
  BlackHole hole;
  start(hole.url());
  // The attempt cannot be seen from outside; without one the stop is as fast.
  std::this_thread::sleep_for(Millis(200));
  EXPECT_LT(stop(), Millis(1000));
}

TEST_F(NatsTest, ItStopsWithinASecondWhileWaitingToRetry) {
  const int reserved = testing::listen_on();
  const std::string url = testing::url_of(testing::port_of(reserved));
  ::close(reserved);
  config_.nats.reconnect_wait = Millis(30000);
  config_.nats.reconnect_wait_max = Millis(30000);
  start(url);
  ASSERT_TRUE(link(Kind::connect_failed));
  EXPECT_LT(stop(), Millis(1000));
}

TEST_F(NatsTest, NothingArrivesAfterTheStop) {
  FakeNats server;
  start(server.url());
  ASSERT_TRUE(link(Kind::connected));
  std::atomic<bool> enough{false};
  std::thread flood([&] {
    while (!enough) server.deliver("$SYS.SERVER.NFAKE.STATSZ", std::string(100, 'x'));
  });
  ASSERT_TRUE(message());
  stop();
  Batch batch;
  inbox_.take(batch, std::chrono::steady_clock::now() + Millis(100));
  EXPECT_TRUE(batch.messages.empty());
  enough = true;
  flood.join();
}

TEST(Watchdog, ItShutsDownOnlySocketsToTheNamedPort) {
  FakeNats nats({.info = false});
  FakeNats other({.info = false});
  const auto connect_to = [](std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  };
  const int doomed = connect_to(nats.port());
  const int spared = connect_to(other.port());
  EXPECT_EQ(shutdown_sockets_to(nats.port()), 1);
  char byte = 0;
  EXPECT_EQ(::recv(doomed, &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_EQ(::recv(spared, &byte, 1, MSG_DONTWAIT), -1);
  ::close(doomed);
  ::close(spared);
}

TEST(Watchdog, ACallThatNeverReturnsEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Watchdog watchdog({Millis(20), Millis(100)}, [] {});
        const Watchdog::Call call(watchdog, "natsConnection_Close");
        std::this_thread::sleep_for(kPatience);
      },
      ::testing::ExitedWithCode(75), "libnats hangs in natsConnection_Close");
}

TEST(Watchdog, ItIntervenesAgainAndAgainButOnlyInsideACall) {
  std::atomic<int> interventions{0};
  Watchdog watchdog({Millis(20), Millis(60000)}, [&] { ++interventions; });
  {
    const Watchdog::Call call(watchdog, "natsConnection_Connect");
    while (interventions < 3) std::this_thread::sleep_for(Millis(1));
    EXPECT_TRUE(call.interrupted());
  }
  const Watchdog::Call quick(watchdog, "natsConnection_Close");
  EXPECT_FALSE(quick.interrupted());
}

TEST(NatsOptions, TextIsEscapedForJson) {
  EXPECT_EQ(json_escape(R"(p"w\x)"), R"(p\"w\\x)");
  EXPECT_EQ(json_escape("a\nb\x01"), "a\\u000ab\\u0001");
  EXPECT_EQ(json_escape("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

TEST(NatsOptions, AnUrlIsTakenApart) {
  struct Case {
    const char* url;
    const char* host;
    int port;
  };
  for (const Case& expected : {Case{"nats://a.example:4333", "a.example", 4333}, Case{"nats://a", "a", 4222},
                               Case{"tls://[::1]:4443/", "::1", 4443}, Case{"nats://[fe80::1]", "fe80::1", 4222},
                               Case{"10.0.0.1:1", "10.0.0.1", 1}}) {
    const Endpoint endpoint = endpoint_of(expected.url);
    EXPECT_EQ(endpoint.host, expected.host) << expected.url;
    EXPECT_EQ(endpoint.port, expected.port) << expected.url;
  }
}

TEST(NatsReason, ANameThatDoesNotResolveIsSaid) {
  const Reason reason = connect_reason(6, "", {"no-such-host.invalid", 4222}, Millis(1), Millis(1000));
  EXPECT_NE(reason.text.find("no-such-host.invalid does not resolve"), std::string::npos) << reason.text;
}

}  // namespace
}  // namespace lookout

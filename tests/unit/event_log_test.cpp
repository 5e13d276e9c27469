#include "exporters/event_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/finding.h"

namespace lookout {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using namespace std::chrono_literals;

const Now kNow{Mono(1000s), Wall(1700000000s)};

Event auth_error() {
  Event event;
  event.kind = EventKind::auth_error;
  event.server.id = "NAAAA";
  event.server.name = "n1";
  event.server.cluster = "east";
  event.timestamp = Wall(1699999999s + 250ms);
  event.client.id = 17;
  event.client.host = "10.1.2.3";
  event.client.account = "$G";
  event.client.user = "mallory";
  event.client.name = "probe";
  event.client.lang = "go";
  event.client.kind = ClientKind::client;
  event.reason = "Authentication Failure";
  return event;
}

std::array<bool, kEventGroups> wanted(std::vector<EventGroup> groups) {
  std::array<bool, kEventGroups> made{};
  for (const EventGroup group : groups) made[static_cast<std::size_t>(group)] = true;
  return made;
}

bool logged(const Event& event, EventGroup group) {
  return is_logged(event, wanted({group}));
}

std::vector<std::string> lines(const std::string& path) {
  std::vector<std::string> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

class EventLogFile : public testing::Test {
 protected:
  EventLogFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lookout-events-XXXXXX").string();
    directory = mkdtemp(pattern.data());
    options.log = directory + "/events.log";
  }
  ~EventLogFile() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<EventLog> open() {
    auto log = EventLog::open(options, instruments);
    EXPECT_TRUE(log) << log.error();
    return std::move(log.value());
  }

  std::string directory;
  EventOptions options;
  Instruments instruments;
};

TEST(EventLine, AFailedLoginSaysWhoFromWhereAndWhy) {
  const json line = json::parse(event_line(auth_error(), kNow));
  const json expected{{"time", "2023-11-14T22:13:19.250Z"},
                      {"event", "auth_error"},
                      {"server", "n1"},
                      {"cluster", "east"},
                      {"account", "$G"},
                      {"address", "10.1.2.3"},
                      {"cid", 17},
                      {"user", "mallory"},
                      {"name", "probe"},
                      {"lang", "go"},
                      {"kind", "client"},
                      {"reason", "Authentication Failure"}};
  EXPECT_EQ(line, expected);
}

TEST(EventLine, ATokenIsNeverWritten) {
  Event event = auth_error();
  event.client.user = "fake-token-0001";
  event.client.user_is_secret = true;
  const std::string line = event_line(event, kNow);
  EXPECT_THAT(line, testing::Not(HasSubstr("fake-token")));
  EXPECT_EQ(json::parse(line)["user"], "[REDACTED]");
}

TEST(EventLine, HostileTextStaysOneBoundedLineOfJson) {
  const std::string huge(100000, '"');
  Event event = auth_error();
  event.client.name = huge;
  event.client.user = "a\"b\\c\n{\"event\":\"fake\"}\x1b\xff";
  const std::string line = event_line(event, kNow);
  EXPECT_LT(line.size(), 2000U);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const json parsed = json::parse(line);
  EXPECT_EQ(parsed["event"], "auth_error");
  EXPECT_THAT(parsed["user"].get<std::string>(), testing::StartsWith("a\"b\\c"));
}

// A client's words: they look like the end of their field, of their line, and like other lines.
const std::vector<std::string>& hostile_words() {
  const std::string rest = R"(","cid":1,"kind":"client","reason":"Authentication Failure"})";
  const std::string line =
      R"({"time":"2023-11-14T22:13:19.250Z","event":"auth_error","server":"n1","address":"203.0.113.2)" + rest;
  static const std::vector<std::string> kWords{R"(x","address":"203.0.113.1)",
                                               R"(x\","address":"203.0.113.1)" + rest,
                                               R"(x" address=203.0.113.1 host=203.0.113.1 [203.0.113.1])",
                                               line,
                                               "x\n" + line,
                                               "x\r\n" + line,
                                               "x\xE2\x80\xA8" + line,  // a line's end to Python
                                               "x\xC2\x85" + line,
                                               std::string("x\0", 2) + line,
                                               "\xFF\xFE\"" + rest,
                                               "\\",
                                               std::string(300, '"'),
                                               std::string(255, 'x') + "\\\"",
                                               "2023-11-14T22:13:19.250Z"};
  return kWords;
}

// What deploy/fail2ban has to take the right address from: 192.0.2.0/24 and 2001:db8::/32 failed to
// log in, 203.0.113.0/24 only stands in what others said.
std::vector<Event> guesses() {
  std::vector<Event> all;
  const auto add = [&all](std::string_view host) -> Event& {
    all.push_back(auth_error());
    all.back().client.host = host;
    return all.back();
  };
  add("192.0.2.1");
  add("2001:db8::1");
  add("192.0.2.2").client.account_name = "Orders";
  for (const std::string& words : hostile_words()) {
    add("192.0.2.3").client.user = words;
    add("192.0.2.4").client.name = words;
    add("2001:db8::2").client.lang = words;
    add("192.0.2.5").client.account = words;
    Event& jwt = add("192.0.2.9");
    jwt.client.claims.subject = words;
    jwt.client.claims.name = words;
    jwt.client.claims.account = words;
    jwt.client.claims.expires = Wall(1699990000s);
    jwt.explanation = words;
    add("").client.account = words;  // no address of its own
    add("203.0.113.3").reason = words;
    add(words);
    Event& accepted = add("203.0.113.4");
    accepted.kind = EventKind::connect;
    accepted.client.user = words;
    accepted.reason = {};
  }
  add("203.0.113.5").reason = "Proxy Required";  // the proxy's address
  add("203.0.113.6").forged = true;
  add("gateway.example");
  return all;
}

// What only mode=aggressive bans.
std::vector<Event> suspicions() {
  std::vector<Event> all(3, auth_error());
  all[0].client.host = "192.0.2.6";
  all[0].client.kind = ClientKind::leafnode;
  all[1].client.host = "192.0.2.7";
  all[1].kind = EventKind::disconnect;
  all[1].reason = "Authentication Timeout";
  all[2] = all[1];
  all[2].client.host = "192.0.2.8";
  all[2].reason = "TLS Handshake Failure";
  return all;
}

TEST(EventLine, TheLinesThatFail2banReadsAreTheGoldenOnes) {
  const std::string path = std::string(TEST_DATA) + "/golden/events.log";
  std::string got;
  for (const auto& events : {guesses(), suspicions()}) {
    for (const Event& event : events) got += event_line(event, kNow) + '\n';
  }
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
}

TEST(EventLine, WhatIsEmptyIsLeftOut) {
  Event event;
  event.kind = EventKind::claims_update;
  event.account = "AAPP";
  event.account_name = "orders";
  const json expected{{"time", "2023-11-14T22:13:20.000Z"},
                      {"event", "claims_update"},
                      {"account", "AAPP"},
                      {"account_name", "orders"}};
  EXPECT_EQ(json::parse(event_line(event, kNow)), expected);
}

TEST(EventLine, AnAdvisoryNamesStreamAndConsumer) {
  Event event;
  event.kind = EventKind::jetstream_advisory;
  event.advisory = "stream_quorum_lost";
  event.stream = "ORDERS";
  event.consumer = "c1";
  const json line = json::parse(event_line(event, kNow));
  EXPECT_EQ(line["advisory"], "stream_quorum_lost");
  EXPECT_EQ(line["stream"], "ORDERS");
  EXPECT_EQ(line["consumer"], "c1");
}

TEST(EventLine, AFindingSaysWhatWhereAndHowFar) {
  Finding finding{"server_cpu", "east/n1", Health::warning, Wall(1699999000s), "n1 is busy"};
  finding.cluster = "east";
  finding.server = "n1";
  finding.value = 0.87;
  finding.threshold = 0.8;
  Event event;
  event.kind = EventKind::finding_raised;
  event.finding = &finding;
  json expected{{"time", "2023-11-14T22:13:20.000Z"},
                {"event", "finding_raised"},
                {"check", "server_cpu"},
                {"entity", "east/n1"},
                {"state", "warning"},
                {"nats_cluster", "east"},
                {"server", "n1"},
                {"value", 0.87},
                {"threshold", 0.8},
                {"sentence", "n1 is busy"}};
  EXPECT_EQ(json::parse(event_line(event, kNow)), expected);
  event.kind = EventKind::finding_cleared;
  expected["event"] = "finding_cleared";
  expected["state"] = "ok";
  EXPECT_EQ(json::parse(event_line(event, kNow)), expected);
}

TEST(EventLine, AFindingOfHostileNamesIsOneLineOfJson) {
  for (const std::string& words : hostile_words()) {
    Finding finding{words, words, Health::critical, {}, words + std::string(5000, 'x')};
    finding.cluster = finding.server = finding.account = words;
    finding.value = std::numeric_limits<double>::infinity();
    finding.threshold = std::nan("");
    Event event;
    event.kind = EventKind::finding_changed;
    event.finding = &finding;
    const std::string line = event_line(event, kNow);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_LT(line.size(), 6000U);
    const json parsed = json::parse(line);
    EXPECT_EQ(parsed["event"], "finding_changed");
    EXPECT_FALSE(parsed.contains("value"));
    EXPECT_FALSE(parsed.contains("threshold"));
  }
}

TEST(EventGroups, EveryKindIsWrittenWithItsGroupOnly) {
  const std::vector<std::pair<EventGroup, std::vector<EventKind>>> expected{
      {EventGroup::auth,
       {EventKind::auth_error, EventKind::ocsp_peer_reject, EventKind::ocsp_peer_link_invalid, EventKind::auth_pattern,
        EventKind::auth_pattern_over}},
      {EventGroup::lifecycle,
       {EventKind::shutdown, EventKind::lameduck, EventKind::server_joined, EventKind::server_restarted,
        EventKind::server_lost, EventKind::server_returned, EventKind::server_retired}},
      {EventGroup::health, {EventKind::finding_raised, EventKind::finding_changed, EventKind::finding_cleared}},
      {EventGroup::connections,
       {EventKind::connect, EventKind::disconnect, EventKind::leafnode_connect, EventKind::leafnode_disconnect}},
      {EventGroup::accounts, {EventKind::claims_update}},
      {EventGroup::jetstream, {EventKind::jetstream_advisory}},
      {EventGroup::other, {EventKind::unknown, EventKind::malformed, EventKind::account_connections}},
  };
  for (const auto& [group, kinds] : expected) {
    for (std::size_t kind = 0; kind < kEventNames.size(); ++kind) {
      Event event;
      event.kind = static_cast<EventKind>(kind);
      event.reason = "Client Closed";
      const bool belongs = std::find(kinds.begin(), kinds.end(), event.kind) != kinds.end();
      EXPECT_EQ(logged(event, group), belongs) << kEventNames[kind];
    }
  }
}

TEST(EventGroups, AFailureThatOnlyADisconnectTellsOfIsAnAuthenticationError) {
  Event event = auth_error();
  event.kind = EventKind::disconnect;
  for (const char* reason : {"Authentication Timeout", "Authentication Expired"}) {
    event.reason = reason;
    EXPECT_TRUE(logged(event, EventGroup::auth)) << reason;
  }
  for (const char* reason : {"Authentication Failure", "Client Closed"}) {  // the first has its own AUTH.ERR
    event.reason = reason;
    EXPECT_FALSE(logged(event, EventGroup::auth)) << reason;
  }
}

TEST_F(EventLogFile, EveryLineIsThereAfterTheEnd) {
  auto log = open();
  for (int i = 0; i < 1000; ++i) log->write(auth_error(), kNow);
  Event not_wanted;
  not_wanted.kind = EventKind::connect;
  log->write(not_wanted, kNow);
  log.reset();
  EXPECT_EQ(lines(options.log), std::vector<std::string>(1000, event_line(auth_error(), kNow)));
  EXPECT_EQ(instruments.event_log_dropped.Value(), 0);
}

TEST_F(EventLogFile, AfterRotationItWritesToTheNewFile) {
  auto log = open();
  log->write(auth_error(), kNow);
  log.reset();
  log = open();  // appends
  log->write(auth_error(), kNow);
  std::filesystem::rename(options.log, options.log + ".1");
  EXPECT_FALSE(log->reopen());
  log->write(auth_error(), kNow);
  log.reset();
  EXPECT_EQ(lines(options.log).size() + lines(options.log + ".1").size(), 3U);
  EXPECT_GE(lines(options.log).size(), 1U);
}

TEST_F(EventLogFile, AFileThatCannotBeOpenedIsOneSentence) {
  options.log = directory + "/missing/events.log";
  const auto log = EventLog::open(options, instruments);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error(), "cannot open the event log \"" + options.log + "\": No such file or directory");
}

TEST_F(EventLogFile, OffWritesNothing) {
  options.log = "off";
  auto log = open();
  log->write(auth_error(), kNow);
  EXPECT_FALSE(log->reopen());
}

TEST_F(EventLogFile, AReaderThatStallsBlocksNeitherTheLoopNorTheEnd) {
  ASSERT_EQ(mkfifo(options.log.c_str(), 0600), 0);
  const int reader = ::open(options.log.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto log = open();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20000; ++i) log->write(auth_error(), kNow);
  log.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin,
            5s);  // 20,000 lines take milliseconds; a blocked write would last for ever
  std::string got;
  char buffer[65536];
  for (ssize_t n = 0; (n = ::read(reader, buffer, sizeof(buffer))) > 0;)
    got.append(buffer, static_cast<std::size_t>(n));
  ::close(reader);
  // Every line is accounted for: written whole, or counted. The one cut by the full pipe counts as dropped.
  EXPECT_EQ(static_cast<double>(std::count(got.begin(), got.end(), '\n')) + instruments.event_log_dropped.Value(),
            20000);
  EXPECT_GT(instruments.event_log_dropped.Value(), 0);
}

TEST_F(EventLogFile, AReaderThatIsGoneCostsLinesOnly) {
  signal(SIGPIPE, SIG_IGN);
  ASSERT_EQ(mkfifo(options.log.c_str(), 0600), 0);
  const int reader = ::open(options.log.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto log = open();
  ::close(reader);
  for (int i = 0; i < 10; ++i) log->write(auth_error(), kNow);
  log.reset();
  EXPECT_EQ(instruments.event_log_dropped.Value(), 10);
}

}  // namespace
}  // namespace lookout

#include "exporters/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "exporters/check.h"
#include "exporters/landing.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

Snapshot snapshot() {
  Snapshot made;
  made.taken.wall = Wall(1700000000s);
  made.link = {true, "nats://127.0.0.1:4222", "n1", Identity::system, "", Wall(1699999000s), 0};
  auto up = std::make_shared<ServerView>();
  up->cluster = "east";
  up->name = "n1";
  up->id = "NAAAA";
  up->version = "2.12.1";
  up->state = Lifecycle::up;
  up->up = true;
  up->state_since = Wall(1699999000s);
  auto lost = std::make_shared<ServerView>(*up);
  lost->name = "n2";
  lost->state = Lifecycle::lost;
  lost->up = false;
  made.servers = {up, lost};
  made.servers_by_state = {0, 1, 0, 0, 1};
  made.rounds = {{2, 1, 0, 0, 5, {{"", "n2"}}, {}}};
  made.findings = {{"server_lost", "east/n2", Health::critical, Wall(1699999900s), "n2 fell silent."},
                   {"server_name", "east/n1", Health::warning, Wall(1699999100s), "n1 has no name."}};
  made.health = Health::critical;
  return made;
}

Snapshot healthy() {
  Snapshot made = snapshot();
  made.servers.pop_back();
  made.findings.clear();
  made.health = Health::ok;
  return made;
}

TEST(Health, TheJsonSaysAgentServersAndFindings) {
  const auto json = nlohmann::json::parse(render_health(snapshot()));
  EXPECT_EQ(json["status"], "critical");
  EXPECT_EQ(json["time"], "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(json["agent"]["connected"], true);
  EXPECT_EQ(json["agent"]["identity"], "system");
  EXPECT_EQ(json["servers"].size(), 2U);
  EXPECT_EQ(json["servers"][1]["state"], "lost");
  EXPECT_EQ(json["findings"][0]["check"], "server_lost");
  EXPECT_EQ(json["findings"][0]["state"], "critical");
  EXPECT_EQ(json["findings"][0]["sentence"], "n2 fell silent.");
}

TEST(Health, NothingIsOkBeforeTheFirstRound) {
  EXPECT_EQ(health_of(Snapshot{}), Health::unknown);
  Snapshot early = healthy();
  EXPECT_EQ(health_of(early), Health::ok);
  early.rounds[0].rounds_total = 0;
  EXPECT_EQ(health_of(early), Health::unknown);
  EXPECT_EQ(nlohmann::json::parse(render_health(early))["status"], "unknown");
}

TEST(Health, WhatIsRaisedBeforeTheFirstRoundIsNotHidden) {
  Snapshot early = snapshot();
  early.rounds.clear();
  EXPECT_EQ(health_of(early), Health::critical);
}

TEST(Health, InvalidTextGivesValidJson) {
  Snapshot hostile = snapshot();
  hostile.findings[0].sentence = "\xff\"\n\x01";
  hostile.link.url = "\xc3";
  EXPECT_TRUE(nlohmann::json::accept(render_health(hostile)));
}

TEST(Check, ThePersonReadsTheStateFirst) {
  const std::string text = render_check(snapshot(), CheckFormat::text);
  EXPECT_THAT(text, StartsWith("NATS CRITICAL: 1 critical, 1 warning; 1 of 2 servers up\n"));
  EXPECT_THAT(text, HasSubstr("critical server_lost east/n2: n2 fell silent. (since 2023-11-14T22:11:40.000Z)\n"));
  EXPECT_THAT(text, HasSubstr("east     n2      2.12.1   lost   2023-"));
  EXPECT_EQ(check_exit_code(snapshot()), 2);
}

TEST(Check, TheExitCodeIsNagios) {
  EXPECT_EQ(check_exit_code(healthy()), 0);
  EXPECT_EQ(check_exit_code(Snapshot{}), 3);
  EXPECT_THAT(render_check(healthy(), CheckFormat::text), StartsWith("NATS OK: no findings; 1 of 1 servers up\n"));
}

TEST(Check, AnAgentThatCannotLogInSaysWhy) {
  Snapshot out;
  out.link.sentence = "The server refused the password.";
  EXPECT_THAT(render_check(out, CheckFormat::text),
              StartsWith("NATS UNKNOWN: not connected to NATS: The server refused the password.\n"));
}

TEST(Check, NoNameCommandsTheTerminal) {
  Snapshot hostile = snapshot();
  hostile.findings[0].sentence = "\x1b[2J";
  hostile.servers = {std::make_shared<ServerView>()};
  EXPECT_THAT(render_check(hostile, CheckFormat::text), Not(HasSubstr("\x1b")));
}

TEST(Landing, ItShowsTheStateAndLinksEveryEndpoint) {
  const std::string page = render_landing(snapshot());
  EXPECT_THAT(page, HasSubstr("1 critical, 1 warning; 1 of 2 servers up"));
  EXPECT_THAT(page, HasSubstr("n2 fell silent."));
  EXPECT_THAT(page, HasSubstr("connected to nats://127.0.0.1:4222 (n1)"));
  EXPECT_THAT(page, HasSubstr("1 up, 1 lost"));
  for (const char* path : {"/metrics", "/health", "/api/v1/auth", "/livez", "/readyz"})
    EXPECT_THAT(page, HasSubstr(std::string("href=\"") + path + '"'));
}

TEST(Landing, WhatComesFromTheNetworkIsText) {
  Snapshot hostile = snapshot();
  hostile.findings[0].entity = "<script>alert('x')</script>";
  hostile.findings[0].sentence = "a & \"b\" \xff";
  hostile.link.server_name = "<img src=x onerror=y>";
  const std::string page = render_landing(hostile);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)"));
  hostile.link.connected = false;
  hostile.link.sentence = "<b>";
  EXPECT_THAT(render_landing(hostile), Not(HasSubstr("<b>")));
}

TEST(Landing, ItNeedsNothingFromElsewhere) {
  const std::string page = render_landing(snapshot());
  for (const char* request : {"src=", "<script", "<link", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(request)));
  EXPECT_THAT(landing_policy(), StartsWith("default-src 'none'; style-src 'sha256-"));
}

}  // namespace
}  // namespace lookout

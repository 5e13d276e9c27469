#include "exporters/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "collectors/collectors.h"
#include "health_snapshot.h"

namespace lookout {
namespace {

using test::healthy;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

Finding finding(const std::string& check, const std::string& entity, Health state, const std::string& sentence) {
  return {check, entity, state, Wall(1699999900s), sentence};
}

Snapshot snapshot() {
  Snapshot made = test::with_a_lost_server();
  made.findings[1].advice = "Give it one.";
  return made;
}

// As `nats-lookout check` makes it, which needs every round that it asked for.
Snapshot one_look() {
  Snapshot made = healthy();
  made.judging.once = true;
  made.rounds.resize(collectors().size());
  for (RoundView& round : made.rounds) round.rounds_total = 1;
  return made;
}

std::string shown(const Snapshot& from, const CheckOptions& options = {}) {
  return render_check(from, options, false);
}

CheckOptions only(std::vector<std::string> checks) {
  CheckOptions options;
  options.only = std::move(checks);
  return options;
}

std::string nagios(const Snapshot& from) {
  CheckOptions options;
  options.format = CheckFormat::nagios;
  return shown(from, options);
}

TEST(Check, ThePersonReadsTheStateFirst) {
  const std::string text = shown(snapshot());
  EXPECT_THAT(text, StartsWith("NATS CRITICAL: 1 critical, 1 warning; 1 of 2 servers up\n"));
  EXPECT_THAT(text, HasSubstr("critical server_lost east/n2: n2 fell silent. (since 2023-11-14T22:11:40.000Z)\n"));
  EXPECT_THAT(text, HasSubstr("n1 has no name. (since 2023-11-14T22:11:40.000Z)\n    Give it one.\n"));
  EXPECT_THAT(text, HasSubstr("east     n2      2.12.1   lost   2023-"));
  EXPECT_EQ(check_exit_code(snapshot(), {}), 2);
}

TEST(Check, TheExitCodeIsNagios) {
  EXPECT_EQ(check_exit_code(healthy(), {}), 0);
  EXPECT_EQ(check_exit_code(Snapshot{}, {}), 3);
  EXPECT_THAT(shown(healthy()), StartsWith("NATS OK: no findings; 1 of 1 servers up\n"));
}

TEST(Check, AnAgentThatCannotLogInSaysWhy) {
  Snapshot out;
  out.link.sentence = "The server refused the password.";
  EXPECT_THAT(shown(out), StartsWith("NATS UNKNOWN: not connected to NATS: The server refused the password.\n"));
  EXPECT_THAT(nagios(out), StartsWith("NATS UNKNOWN - not connected to NATS: The server refused the password. | "));
}

TEST(Check, NoNameCommandsTheTerminal) {
  Snapshot hostile = snapshot();
  hostile.findings[0].sentence = "\x1b[2J";
  hostile.findings[1].advice = "\x1b[2J";
  hostile.servers = {std::make_shared<ServerView>()};
  EXPECT_THAT(shown(hostile), Not(HasSubstr("\x1b")));
  EXPECT_THAT(nagios(hostile), Not(HasSubstr("\x1b")));
}

TEST(Check, ATerminalSeesStatesInColor) {
  const std::string text = render_check(snapshot(), {}, true);
  EXPECT_THAT(text, StartsWith("\x1b[31mNATS CRITICAL\x1b[0m: 1 critical"));
  EXPECT_THAT(text, HasSubstr("\x1b[33mwarning server_without_name east/n1: n1 has no name.\x1b[0m (since"));
  EXPECT_THAT(text, HasSubstr("\x1b[31meast     n2 "));
  EXPECT_THAT(text, HasSubstr("\neast     n1 "));
  CheckOptions options;
  for (const CheckFormat format : {CheckFormat::json, CheckFormat::nagios}) {
    options.format = format;
    EXPECT_THAT(render_check(snapshot(), options, true), Not(HasSubstr("\x1b")));
  }
}

TEST(Check, OnlyChosenChecksCount) {
  EXPECT_EQ(check_exit_code(snapshot(), only({"server_without_name"})), 1);
  EXPECT_THAT(shown(snapshot(), only({"server_without_name"})), StartsWith("NATS WARNING: 1 warning; 1 of 2"));
  EXPECT_THAT(shown(snapshot(), only({"server_without_name"})), Not(HasSubstr("server_lost")));
  EXPECT_EQ(check_exit_code(snapshot(), only({"meta_leader", "meta_quorum"})), 0);
  CheckOptions options;
  options.ignored = {"server_lost"};
  EXPECT_EQ(check_exit_code(snapshot(), options), 1);
  options.format = CheckFormat::json;
  const auto json = nlohmann::json::parse(shown(snapshot(), options));
  EXPECT_EQ(json["status"], "warning");
  EXPECT_EQ(json["findings"].size(), 1U);
}

TEST(Check, OneLookIsOkOnlyWhenEveryQuestionWasAnswered) {
  Snapshot from = one_look();
  EXPECT_EQ(check_exit_code(from, {}), 0);
  from.rounds.back().rounds_total = 0;
  EXPECT_EQ(check_exit_code(from, {}), 3);
  EXPECT_THAT(shown(from), StartsWith("NATS UNKNOWN: no answers from the servers yet"));
  from.rounds.back().polled = false;
  EXPECT_EQ(check_exit_code(from, {}), 0) << "nobody asked";
  from.link.connected = false;
  EXPECT_EQ(check_exit_code(from, {}), 3);
}

TEST(Check, OneLookSaysWhatItCannotSee) {
  const std::string text = shown(one_look());
  EXPECT_THAT(text, StartsWith("NATS OK: "));
  EXPECT_THAT(text, HasSubstr("\nnot evaluated here: server_restarted, server_restart_loop, "));
  EXPECT_THAT(text, EndsWith(", server_draining, auth_*\n"));
  EXPECT_THAT(nagios(one_look()), EndsWith(", server_draining, auth_*\n"));
  for (const char* check : {"server_restarted", "leafnode_missing", "server_lost", "auth_outage"})
    EXPECT_EQ(check_exit_code(one_look(), only({check})), 3) << check;
  EXPECT_THAT(shown(one_look(), only({"server_lost"})),
              StartsWith("NATS UNKNOWN: not all that is asked for is checked here; 1 of 1 servers up\n"));
  EXPECT_EQ(check_exit_code(one_look(), only({"meta_leader"})), 0);
  EXPECT_EQ(check_exit_code(one_look(), only({"meta_leader", "server_lost"})), 3);
}

TEST(Nagios, OneLineHasTheSentenceAndTheNumbersOthersTheFindings) {
  EXPECT_EQ(nagios(snapshot()),
            "NATS CRITICAL - n2 fell silent.; 1 critical, 1 warning; 1 of 2 servers up | 'servers'=2 'servers_up'=1 "
            "'critical'=1 'warning'=1 'unknown'=0\n"
            "critical server_lost east/n2: n2 fell silent.\n"
            "warning server_without_name east/n1: n1 has no name.\n");
  EXPECT_EQ(nagios(healthy()),
            "NATS OK - no findings; 1 of 1 servers up | 'servers'=1 'servers_up'=1 'critical'=0 'warning'=0 "
            "'unknown'=0\n");
}

TEST(Nagios, ValuesComeWithTheirThresholds) {
  Snapshot from = snapshot();
  const auto valued = [](const char* check, double value, const char* cluster = "") {
    Finding made = finding(check, "x", Health::warning, "s");
    made.value = value;
    made.cluster = cluster;
    return made;
  };
  from.findings = {valued("server_cpu", 0.87),       valued("server_cpu", 0.87, "east"),
                   valued("route_pending", 2e6),     valued("route_rtt", 0.25),
                   valued("server_ha_assets", 1200), valued("leafnode_rtt", 0.2),
                   valued("account_expiry", 864000), valued("meta_quorum", 2)};
  from.judging.settings = {{CheckSetting::Of::cluster, "east", Check::server_cpu, true, 0.7, Limits::kNever, {}}};
  const std::string text = nagios(from);
  EXPECT_THAT(text, HasSubstr(" 'server_cpu x'=87%;80;95 'server_cpu x'=87%;70; "));
  EXPECT_THAT(text, HasSubstr(" 'route_pending x'=2000000B;1048576;33554432 "));
  EXPECT_THAT(text, HasSubstr(" 'route_rtt x'=0.25s;0.1;1 'server_ha_assets x'=1200;1000;2000 "));
  EXPECT_THAT(text, HasSubstr(" 'leafnode_rtt x'=0.2s;0.1; "));
  EXPECT_THAT(text, HasSubstr(" 'account_expiry x'=864000s;1209600:;172800: ")) << "bad is what is less";
  EXPECT_THAT(text, HasSubstr(" 'meta_quorum x'=2\n"));
}

TEST(Nagios, NoNameBreaksTheLineOrTheNumbers) {
  Snapshot hostile = snapshot();
  hostile.findings[0].sentence = "a|b\n'c'=1";
  hostile.findings[0].entity = "it's=|\n";
  hostile.findings[0].value = 1;
  const std::string text = nagios(hostile);
  const std::string first = text.substr(0, text.find('\n'));
  EXPECT_EQ(std::count(text.begin(), text.end(), '|'), 1) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_THAT(first, HasSubstr("'server_lost it''s_/"));
}

TEST(Nagios, ALongListIsCut) {
  Snapshot many = snapshot();
  many.findings.assign(150, finding("server_cpu", "x", Health::warning, "s"));
  const std::string text = nagios(many);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 102);
  EXPECT_THAT(text, EndsWith("\n50 more findings\n"));
}

}  // namespace
}  // namespace lookout

// The command line: check, events, config, and what a mistake is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

Finished lookout_says(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {}) {
  arguments.insert(arguments.begin(), agent_binary());
  return run(arguments, environment);
}

std::vector<std::string> login(const std::string& url, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--nats.url=" + url, "--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password});
  return more;
}

TEST(Check, IsOkOnAHealthyServer) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  const Finished text = lookout_says(login(server.url(), {"check"}));
  EXPECT_EQ(text.code, 0) << text.output;
  EXPECT_NE(text.output.find("NATS OK"), std::string::npos) << text.output;
}

TEST(Check, IsCriticalWithoutNats) {
  const Finished text = lookout_says(login("nats://127.0.0.1:" + std::to_string(free_port()), {"check"}));
  EXPECT_EQ(text.code, 2) << text.output;
  EXPECT_NE(text.output.find("NATS CRITICAL"), std::string::npos) << text.output;
}

TEST(Check, IsNotOkOutsideTheSystemAccount) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  const Finished text = lookout_says(
      {"check", "--nats.url=" + server.url(), "--nats.user=" + kApp.user, "--nats.password=" + kApp.password});
  EXPECT_EQ(text.code, 2) << text.output;
  EXPECT_NE(text.output.find("system account"), std::string::npos) << text.output;
}

TEST(Events, ArePrintedLive) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  Process events;
  std::vector<std::string> command = login(server.url(), {agent_binary(), "events"});
  events.start(command, dir / "out", dir / "err");
  // One login more for each look, until the first is seen: nothing else tells when it listens.
  EXPECT_TRUE(eventually([&] {
    visit(server.port(), {"somebody", "wrong"});
    return read_file(dir / "out").find("auth_error") != std::string::npos;
  })) << read_file(dir / "err");
  events.signal(SIGTERM);
  EXPECT_EQ(events.wait(5s), 0) << read_file(dir / "err");
}

TEST(ConfigCommand, PrintsWhatConfigFileAccepts) {
  const TempDir dir;
  const std::vector<std::string> flags{"config", "--nats.url=nats://east:4222", "--nats.user=watcher",
                                       "--collect.interval=7s"};
  const Finished first = lookout_says(flags, {{"LOOKOUT_NATS_PASSWORD", "fake-secret"}});
  EXPECT_EQ(first.code, 0) << first.output;
  EXPECT_NE(first.output.find("nats://east:4222"), std::string::npos) << first.output;
  EXPECT_EQ(first.output.find("fake-secret"), std::string::npos) << "a secret is shown";
  write_file(dir / "config.yaml", first.output);
  const Finished second = lookout_says({"config", "--config.file=" + (dir / "config.yaml").string()});
  EXPECT_EQ(second.code, 0) << second.output;
  EXPECT_EQ(second.output, first.output);
}

// zsh and fish are tried by the same script where they are installed (tests/run).
TEST(CompletionCommand, CompletesInBash) {
  const Finished typed = run({LOOKOUT_SOURCE "/tests/deploy/completion", agent_binary(), "bash"}, {}, 120s);
  EXPECT_EQ(typed.code, 0) << typed.output;
  EXPECT_NE(typed.output.find("ok     bash"), std::string::npos) << typed.output;
}

struct Mistake {
  const char* name;
  std::vector<std::string> arguments;
  const char* named;  // what the sentence has to name
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, EndTheStartWithOneSentence) {
  const Finished finished = lookout_says(GetParam().arguments);
  EXPECT_EQ(finished.code, 2) << finished.output;
  EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 1) << finished.output;
  EXPECT_NE(finished.output.find(GetParam().named), std::string::npos) << finished.output;
}

INSTANTIATE_TEST_SUITE_P(
    Start, Mistakes,
    testing::Values(Mistake{"UnknownFlag", {"--nats.sever=x"}, "nats.sever"},
                    Mistake{"BadDuration", {"--collect.interval=soon"}, "collect.interval"},
                    Mistake{"BadScope", {"--scope=galaxy"}, "scope"},
                    Mistake{"BadUrl", {"--nats.url=http://x"}, "nats.url"},
                    Mistake{"CertificateWithoutKey", {"--nats.tls.cert=/nonexistent.pem"}, "nats.tls.key"},
                    Mistake{"MissingFile", {"--config.file=/nonexistent.yaml"}, "/nonexistent.yaml"},
                    Mistake{"UnknownCommand", {"dance"}, "dance"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Start, OnATakenPortEndsWithOneSentence) {
  const TempDir dir;
  NatsServer server(dir, {});
  server.start();
  const Finished finished =
      lookout_says(login(server.url(), {"--web.listen-address=127.0.0.1:" + std::to_string(server.port())}));
  EXPECT_NE(finished.code, 0);
  EXPECT_NE(finished.code, -1) << "it runs without its port";
  EXPECT_NE(finished.output.find(std::to_string(server.port())), std::string::npos) << finished.output;
}

TEST(Start, HelpAndVersionAreNoMistakes) {
  EXPECT_EQ(lookout_says({"--help"}).code, 0);
  const Finished version = lookout_says({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_NE(version.output.find('.'), std::string::npos);
}

}  // namespace
}  // namespace lookout::e2e

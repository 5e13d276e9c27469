// Signals: a clean end within a second whatever NATS does, the linger, and what SIGHUP reloads.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

using Clock = std::chrono::steady_clock;

class Stop : public testing::Test {
 protected:
  void start(std::vector<std::string> more = {}) {
    server_.start();
    agent_.start(watch(server_.url(), std::move(more)));
    ASSERT_TRUE(agent_.sees(1)) << agent_;
  }

  void expect_quick_end(int signal) {
    const auto start = Clock::now();
    agent_.process().signal(signal);
    EXPECT_EQ(agent_.process().wait(10s), 0) << agent_.log();
    EXPECT_LT(Clock::now() - start, 1s);
  }

  TempDir dir_;
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
};

TEST_F(Stop, TerminateEndsItWithinASecond) {
  start();
  expect_quick_end(SIGTERM);
}

TEST_F(Stop, InterruptEndsItWithinASecond) {
  start();
  expect_quick_end(SIGINT);
}

TEST_F(Stop, WithNatsDownItEndsWithinASecond) {
  agent_.start(watch(server_.url()));
  ASSERT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0));
  expect_quick_end(SIGTERM);
}

TEST_F(Stop, WithNatsFrozenItEndsWithinASecond) {
  start({"--nats.ping-interval=1s"});
  server_.signal(SIGSTOP);
  ASSERT_TRUE(agent_.reaches("nats_lookout_connected", {}, 0, 40s)) << agent_;  // now it is inside a new attempt
  expect_quick_end(SIGTERM);
}

TEST_F(Stop, TheLingerKeepsMetricsAnswering) {
  start({"--shutdown.linger=2s"});
  const auto begin = Clock::now();
  agent_.process().signal(SIGTERM);
  int answers = 0;
  while (Clock::now() - begin < 1500ms) {
    ASSERT_EQ(agent_.get("/metrics").status, 200);
    ++answers;
  }
  EXPECT_GT(answers, 0);
  EXPECT_EQ(agent_.process().wait(10s), 0) << agent_.log();
  EXPECT_GT(Clock::now() - begin, 1900ms);
  EXPECT_LT(Clock::now() - begin, 3500ms);
}

// As logrotate does it: move the file away, send SIGHUP.
TEST_F(Stop, HangUpReopensTheEventLog) {
  const std::filesystem::path log = dir_ / "events.json";
  start({"--events.log=" + log.string()});
  visit(server_.port(), {"first", "wrong"});
  ASSERT_TRUE(eventually([&] { return read_file(log).find("auth_error") != std::string::npos; })) << agent_;
  std::filesystem::rename(log, dir_ / "events.json.1");
  agent_.process().signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(log); })) << agent_;
  visit(server_.port(), {"second", "wrong"});
  EXPECT_TRUE(eventually([&] { return read_file(log).find("auth_error") != std::string::npos; })) << agent_;
  const std::string old = read_file(dir_ / "events.json.1");
  EXPECT_EQ(old.find("auth_error"), old.rfind("auth_error")) << "the second failure belongs to the new file";
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {}, 2)) << "a reload must not lose what was counted";
}

TEST_F(Stop, HangUpChangesThresholds) {
  const std::filesystem::path config = dir_ / "config.yaml";
  const auto limited = [&](const char* limits) {
    write_file(config, std::string("health:\n  checks: [") + limits + "]\n");
  };
  limited("server_memory=off");
  start({"--config.file=" + config.string()});
  limited("server_connections=0/-/0s/0s");
  agent_.process().signal(SIGHUP);
  const auto found = [&] { return agent_.get("/health").body.find("server_connections\"") != std::string::npos; };
  EXPECT_TRUE(eventually(found)) << agent_;
  EXPECT_EQ(agent_.log().find("restart"), std::string::npos);
  limited("server_connections=off");
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return !found(); })) << agent_;
}

TEST_F(Stop, HangUpSaysWhatNeedsARestart) {
  const std::filesystem::path config = dir_ / "config.yaml";
  write_file(config, "log:\n  level: info\n");
  start({"--config.file=" + config.string()});
  write_file(config, "log:\n  level: debug\nscope: server\n");
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return agent_.log().find("restart") != std::string::npos; })) << agent_;
  write_file(config, "nonsense: [\n");
  agent_.process().signal(SIGHUP);
  EXPECT_TRUE(agent_.reaches([](const Page& page) {
    return page.sum("nats_lookout_config_reload_failures_total") == 1;
  })) << agent_.page().grep("config_reload")
      << agent_;
  EXPECT_TRUE(agent_.sees(1)) << "a bad file must not stop it";
}

}  // namespace
}  // namespace lookout::e2e

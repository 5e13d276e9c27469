// What the service manager is told, by the real binary.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/e2e/support/agent.h"
#include "tests/unit/notify_socket.h"

namespace lookout::e2e {
namespace {

using Clock = std::chrono::steady_clock;

// All threads of a process but its first one stand still.
class Paralysis {
 public:
  explicit Paralysis(pid_t pid) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      const pid_t thread = std::stoi(entry.path().filename());
      if (thread == pid || ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) continue;
      ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
      if (waitpid(thread, nullptr, __WALL) == thread) threads_.push_back(thread);
    }
  }
  ~Paralysis() {
    for (const pid_t thread : threads_) ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
  }
  Paralysis(const Paralysis&) = delete;
  Paralysis& operator=(const Paralysis&) = delete;

  [[nodiscard]] std::size_t threads() const { return threads_.size(); }

 private:
  std::vector<pid_t> threads_;
};

class SystemdNotify : public testing::Test {
 protected:
  SystemdNotify() {
    setenv("NOTIFY_SOCKET", (dir_ / "notify").c_str(), 1);  // each test is a process of its own
    setenv("WATCHDOG_USEC", "500000", 1);
  }
  // Everything told so far and until this comes; empty: it did not come.
  std::vector<std::string> until(const std::string& part, milliseconds limit = 15s) {
    std::vector<std::string> told;
    for (const auto end = Clock::now() + limit; Clock::now() < end;) {
      const auto message = socket_.next(100ms);
      if (!message) continue;
      told.push_back(*message);
      if (message->find(part) != std::string::npos) return told;
    }
    return {};
  }
  // Signs of life within that time.
  std::size_t signs(milliseconds time) {
    std::size_t count = 0;
    for (const auto end = Clock::now() + time; Clock::now() < end;)
      if (socket_.next(100ms) == "WATCHDOG=1") ++count;
    return count;
  }

  TempDir dir_;
  test::NotifySocket socket_{dir_ / "notify"};
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
};

TEST_F(SystemdNotify, ReadyDoesNotWaitForNats) {
  agent_.start(watch(server_.url()));
  EXPECT_EQ(until("READY=1").size(), 1u) << "before all else";
  EXPECT_EQ(agent_.get("/metrics").status, 200);
  EXPECT_FALSE(until("STATUS=not connected to NATS: ").empty());
  server_.start();
  EXPECT_FALSE(until("STATUS=connected to nats://").empty());
  EXPECT_FALSE(until("1 of 1 servers up").empty());
}

TEST_F(SystemdNotify, AReloadAndTheEndAreAnnounced) {
  server_.start();
  agent_.start(watch(server_.url(), {"--shutdown.linger=20s"}));
  ASSERT_FALSE(until("READY=1").empty());
  agent_.process().signal(SIGHUP);
  EXPECT_FALSE(until("RELOADING=1\nMONOTONIC_USEC=").empty());
  EXPECT_FALSE(until("READY=1").empty());
  agent_.process().signal(SIGTERM);
  EXPECT_FALSE(until("STOPPING=1").empty());
  EXPECT_FALSE(until("WATCHDOG=1").empty()) << "it lives while it lingers";
}

TEST_F(SystemdNotify, ALoopThatStandsStillGivesNoSignOfLife) {
  agent_.start(watch(server_.url()));
  ASSERT_FALSE(until("WATCHDOG=1").empty());
  {
    const Paralysis paralysis(agent_.process().pid());
    ASSERT_GT(paralysis.threads(), 3u);
    EXPECT_GE(signs(25s), 50u) << "half a minute is allowed";
    signs(6s);
    EXPECT_EQ(signs(3s), 0u);
  }
  EXPECT_FALSE(until("WATCHDOG=1").empty()) << "it turns again";
}

}  // namespace
}  // namespace lookout::e2e

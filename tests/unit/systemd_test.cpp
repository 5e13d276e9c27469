#include "exporters/systemd.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/notify_socket.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SystemdTest : public testing::Test {
 protected:
  std::vector<std::string> told() {
    std::vector<std::string> out;
    while (auto message = socket.next()) out.push_back(*std::move(message));
    return out;
  }
  Systemd systemd(std::chrono::microseconds watchdog = 0s) {
    return {{path, watchdog}, cell, instruments, clock.now()};
  }
  void connect(const std::string& url) {
    Snapshot snapshot;
    snapshot.link.connected = true;
    snapshot.link.url = url;
    cell.put(std::make_shared<const Snapshot>(snapshot));
  }
  void beat() { instruments.heartbeat = clock.now().mono.time_since_epoch().count(); }

  test::TempDir dir;
  test::Clock clock;
  Cell cell;
  Instruments instruments;
  const std::string path = dir.path("notify");
  test::NotifySocket socket{path};
};

TEST_F(SystemdTest, EveryStepIsOneMessage) {
  Systemd manager = systemd();
  manager.ready();
  manager.reloading(clock.now());
  manager.stopping();
  EXPECT_THAT(told(), ElementsAre("READY=1", "RELOADING=1\nMONOTONIC_USEC=3600000000", "STOPPING=1"));
}

TEST_F(SystemdTest, TheStatusIsASentenceToldWhenItChanges) {
  Systemd manager = systemd();
  manager.tell(clock.now());
  manager.tell(clock.after(1s));
  EXPECT_THAT(told(), ElementsAre("STATUS=not connected to NATS"));
  connect("nats://a:4222");
  EXPECT_EQ(manager.tell(clock.after(1s)), 1s);
  EXPECT_THAT(told(),
              ElementsAre("STATUS=connected to nats://a:4222; no answers from the servers yet; 0 of 0 servers up"));
}

TEST_F(SystemdTest, ASignOfLifeComesAtHalfOfItsTime) {
  Systemd manager = systemd(1s);
  EXPECT_EQ(manager.tell(clock.now()), 500ms);
  EXPECT_EQ(manager.tell(clock.after(100ms)), 400ms);
  EXPECT_THAT(told(), ElementsAre("STATUS=not connected to NATS", "WATCHDOG=1"));
  EXPECT_EQ(manager.tell(clock.after(400ms)), 500ms);
  EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));
}

TEST_F(SystemdTest, ReadyIsToldAgainUntilItIsTaken) {
  const std::string later = dir.path("later");
  Systemd manager({later, 0s}, cell, instruments, clock.now());
  manager.ready();
  manager.tell(clock.now());
  test::NotifySocket manager_socket(later);
  manager.tell(clock.after(1s));
  EXPECT_EQ(manager_socket.next(), "READY=1");
  EXPECT_EQ(manager_socket.next(), "STATUS=not connected to NATS");
  manager.tell(clock.after(1s));
  EXPECT_EQ(manager_socket.next(), std::nullopt);
}

TEST_F(SystemdTest, ALongWatchdogDoesNotHoldUpTheStatus) {
  EXPECT_EQ(systemd(60s).tell(clock.now()), 1s);
}

TEST_F(SystemdTest, ALoopThatStandsStillGivesNoSignOfLife) {
  beat();
  Systemd manager = systemd(10s);
  manager.tell(clock.now());
  manager.tell(clock.after(30s));
  EXPECT_THAT(told(), ElementsAre("STATUS=not connected to NATS", "WATCHDOG=1", "WATCHDOG=1"));
  EXPECT_EQ(manager.tell(clock.after(6s)), 1s) << "it must not be asked all the time";
  EXPECT_THAT(told(), IsEmpty());
  beat();
  manager.tell(clock.now());
  EXPECT_THAT(told(), ElementsAre("WATCHDOG=1")) << "as soon as it turns again";
}

TEST_F(SystemdTest, ALoopThatNeverTurnsIsFoundOut) {
  Systemd manager = systemd(10s);
  manager.tell(clock.after(31s));
  EXPECT_THAT(told(), ElementsAre("STATUS=not connected to NATS"));
}

TEST_F(SystemdTest, AnAbstractSocketIsUnderstood) {
  const std::string name = "@lookout-" + std::to_string(getpid());
  test::NotifySocket abstract(name);
  ASSERT_TRUE(abstract.ok());
  Systemd({name}, cell, instruments, clock.now()).ready();
  EXPECT_EQ(abstract.next(), "READY=1");
}

TEST_F(SystemdTest, NobodyAsksNothingIsTold) {
  Systemd manager({}, cell, instruments, clock.now());
  manager.ready();
  EXPECT_GE(manager.tell(clock.now()), 1h) << "main sleeps as long as it likes";
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(SystemdTest, AManagerThatIsGoneDisturbsNothing) {
  for (const std::string& gone : {dir.path("nobody"), std::string(200, 'x')}) {
    Systemd manager({gone, 1s}, cell, instruments, clock.now());
    manager.ready();
    EXPECT_EQ(manager.tell(clock.now()), 1s);
    manager.stopping();
  }
}

TEST_F(SystemdTest, TheEnvironmentSaysWhatIsAskedFor) {
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(Systemd::request_of_environment().socket, "/run/notify");
  EXPECT_EQ(Systemd::request_of_environment().watchdog, 30s);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(Systemd::request_of_environment().watchdog, 30s);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(Systemd::request_of_environment().watchdog, 0s) << "meant for another process";
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  EXPECT_EQ(Systemd::request_of_environment().socket, "");
}

}  // namespace
}  // namespace lookout

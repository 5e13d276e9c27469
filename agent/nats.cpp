#include "agent/nats.h"

#include <nats/nats.h>

#include <chrono>
#include <thread>

#include "agent/nats_supervisor.h"

namespace lookout {
namespace {

constexpr Millis kPoliteStop{150};  // after it a stop shuts the sockets down
constexpr Millis kStopLimit{800};   // after it libnats is left behind

}  // namespace

class Nats::Io {
 public:
  Io(const Config& config, Inbox& inbox, Instruments& instruments)
      : supervisor_(std::make_shared<Supervisor>(config, inbox, instruments)),
        thread_([supervisor = supervisor_] { supervisor->run(); }) {}

  ~Io() {
    supervisor_->stop();
    const Mono start = std::chrono::steady_clock::now();
    bool stopped = supervisor_->wait_stopped(start + kPoliteStop);
    if (!stopped) {
      supervisor_->hurry();
      stopped = supervisor_->wait_stopped(start + kStopLimit);
    }
    supervisor_->abandon();
    if (stopped)
      thread_.join();
    else
      thread_.detach();  // a libnats or a name lookup that does not return; it can reach nothing of ours any more
  }

  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  Supervisor& supervisor() { return *supervisor_; }

 private:
  const std::shared_ptr<Supervisor> supervisor_;
  std::thread thread_;
};

Nats::Nats(const Config& config, Inbox& inbox, Instruments& instruments)
    : io_(std::make_unique<Io>(config, inbox, instruments)) {}

Nats::~Nats() = default;

bool Nats::request(std::string_view subject, std::string_view token, std::string_view body, bool gzip) {
  return io_->supervisor().request(subject, token, body, gzip);
}

void Nats::rebuild() {
  io_->supervisor().rebuild();
}

const char* nats_client_version() {
  return nats_GetVersion();
}

}  // namespace lookout

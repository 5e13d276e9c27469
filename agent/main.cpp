// main: the wiring, top to bottom. Signals are taken by the main thread only; every other thread is started with them
// blocked.
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/log.h"
#include "agent/loop.h"
#include "agent/memory.h"
#include "agent/nats.h"
#include "collectors/collectors.h"
#include "config/checks.h"
#include "config/config.h"
#include "config/reload.h"
#include "exporters/check.h"
#include "exporters/checks_reference.h"
#include "exporters/event_log.h"
#include "exporters/feed.h"
#include "exporters/http.h"
#include "exporters/notifier.h"
#include "exporters/prometheus.h"
#include "exporters/reference.h"
#include "exporters/systemd.h"
#include "exporters/web_security.h"

namespace lookout {
namespace {

constexpr Millis kLoginPatience{2000};  // enough for one pass over the urls of servers that answer

int fail(const std::string& sentence) {
  std::fprintf(stderr, "nats-lookout: %s\n", sentence.c_str());
  return 2;
}

// The data path of the README's diagram: transport, inbox, loop, cell. Destroyed bottom up: the loop ends first, then
// libnats.
struct DataPath {
  DataPath(const Config& config, State::Sink sink, Cell& cell, Instruments& instruments)
      : inbox(config.inbox_bytes),
        nats(config, inbox, instruments),
        loop(
            config, collectors(), [this](const Message& message) -> const Event& { return decoder.decode(message); },
            std::move(sink), inbox, nats, cell, instruments),
        thread([this](const std::stop_token& stop) { loop.run(stop); }) {}

  Inbox inbox;
  EventDecoder decoder;
  Nats nats;
  Loop loop;
  std::jthread thread;
};

sigset_t blocked_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The signal that came, or 0 after `limit`.
int wait_signal(const sigset_t& signals, Millis limit) {
  const timespec time{limit.count() / 1000, (limit.count() % 1000) * 1'000'000};
  const int signal = sigtimedwait(&signals, nullptr, &time);
  return signal > 0 ? signal : 0;
}

// The same; meanwhile the service manager is told what it wants to know.
int wait_signal(const sigset_t& signals, Millis limit, Systemd& systemd) {
  const Mono end = read_clock().mono + limit;
  for (Now now = read_clock(); now.mono < end; now = read_clock()) {
    const Millis pause = std::min(systemd.tell(now), std::chrono::ceil<Millis>(end - now.mono));
    if (const int signal = wait_signal(signals, pause); signal != 0) return signal;
  }
  return 0;
}

// What waits between NATS and the loop is a part of the memory.
Config within_memory(Config config) {
  if (config.memory_limit == 0) config.memory_limit = cgroup_memory_limit();
  if (config.memory_limit != 0) config.inbox_bytes = std::min(config.inbox_bytes, config.memory_limit / 16);
  return config;
}

class Server {
 public:
  Server(std::vector<std::string> arguments, const Config& config)
      : arguments_(std::move(arguments)), config_(config), secrets_(login_secrets(config)) {}

  int run(const sigset_t& signals) {
    auto security = WebSecurity::open(config_.web_config_file, instruments_);
    if (!security) return fail(security.error());
    auto events = EventLog::open(config_.events, instruments_);
    if (!events) return fail(events.error());
    const auto sink = [&](const Event& event, Now now) {
      (*events)->write(event, now);
      feed_.write(event, now);
    };
    DataPath path(config_, sink, cell_, instruments_);
    // From here on: the first page shows what was counted before.
    auto http = HttpServer::start(config_, std::move(*security), cell_, feed_, instruments_);
    if (!http) return fail(http.error());
    const Notifier notifier(config_, cell_, instruments_);
    log::info(
        "started",
        {{"version", lookout_version()}, {"libnats", nats_client_version()}, {"address", config_.listen_address}});
    Systemd systemd(Systemd::request_of_environment(), cell_, instruments_, read_clock());
    systemd.ready();
    for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
      signal = wait_signal(signals, Millis(3600000), systemd);
      if (signal != SIGHUP) continue;
      systemd.reloading(read_clock());
      reload(path, **events, **http);
      systemd.ready();
    }
    systemd.stopping();
    wait_signal(signals, config_.shutdown_linger, systemd);
    log::info("stopping");
    return 0;
  }

 private:
  void reload(DataPath& path, EventLog& events, HttpServer& http) {
    const CommandLine line = parse(arguments_, environment());
    if (line.exit) {
      instruments_.config_reload_failures.Increment();
      log::error("configuration not reloaded", {{"reason", line.text}});
      return;
    }
    log::configure(line.config.log_level, line.config.log_format);
    if (const auto error = events.reopen()) log::error("event log not reopened", {{"reason", error->what}});
    path.loop.set_limits(line.config);
    if (!http.reload()) instruments_.config_reload_failures.Increment();
    if (reloaded(config_, line.config) != within_memory(line.config))
      log::warn("some changed options take effect only after a restart");
    if (auto fresh = login_secrets(config_); fresh != secrets_) {
      secrets_ = std::move(fresh);
      path.nats.rebuild();
    }
    instruments_.config_reloads.Increment();
    log::info("configuration reloaded");
  }

  const std::vector<std::string> arguments_;
  const Config config_;
  std::vector<std::string> secrets_;  // SIGHUP logs in again when they have changed
  Cell cell_;
  Instruments instruments_;
  Feed feed_{read_clock(), config_.mask_identities};
};

// What no check is made of is not asked for one look.
Config only_checked(Config config) {
  config.state_dir.clear();
  std::set<std::string> needed{"accstatz"};  // tells the accounts that ACCOUNTZ is asked about
  for (std::size_t i = 0; i < kChecks; ++i) needed.insert(info_of(static_cast<Check>(i)).endpoint);
  for (auto& [endpoint, options] : config.collect)
    if (!needed.contains(endpoint)) options.level = Level::off;
  return config;
}

// Whether the login will not succeed soon, or leads nowhere.
bool failed(const Snapshot& snapshot, Mono::duration waited) {
  if (!snapshot.link.connected) return !snapshot.link.sentence.empty() && waited > kLoginPatience;
  return snapshot.link.identity != Identity::system && snapshot.link.identity != Identity::unknown;
}

// One picture in which every answer of one round is judged; or the last one before patience or a signal ended.
std::shared_ptr<const Snapshot> look_once(const Cell& cell, Mono::duration patience, const sigset_t& signals) {
  const Mono start = read_clock().mono;
  Mono answered{};  // the picture with the last answer was taken then
  auto snapshot = cell.get();
  for (Mono::duration waited{}; waited < patience && !failed(*snapshot, waited); waited = read_clock().mono - start) {
    if (answered == Mono{} && has_answers(*snapshot)) answered = snapshot->taken.mono;
    if (answered != Mono{} && snapshot->judged > answered) break;
    if (wait_signal(signals, Millis(50)) != 0) break;
    snapshot = cell.get();
  }
  return snapshot;
}

// Whoever asks for no color gets none (no-color.org).
bool wants_color(CheckColor color) {
  const char* const no_color = std::getenv("NO_COLOR");
  const bool refused = no_color != nullptr && *no_color != '\0';
  return color == CheckColor::always || (color == CheckColor::automatic && !refused && isatty(STDOUT_FILENO) == 1);
}

// One round of questions, then what the deployment's health is.
int check(const Config& asked, const sigset_t& signals) {
  const Config config = only_checked(asked);
  log::configure("off", config.log_format);  // the output says it all
  Cell cell;
  Instruments instruments;
  const DataPath path(
      config, [](const Event&, Now) {}, cell, instruments);
  const auto snapshot = look_once(cell, config.nats.timeout * 2, signals);
  std::fputs(render_check(*snapshot, config.check, wants_color(config.check.color)).c_str(), stdout);
  return check_exit_code(*snapshot, config.check);
}

// The event log on stdout with a login of its own.
int events(Config config, const sigset_t& signals) {
  config.events.log = EventOptions().log;  // stdout
  config.state_dir.clear();
  Cell cell;
  Instruments instruments;
  auto out = EventLog::open(config.events, instruments);
  if (!out) return fail(out.error());
  const DataPath path(
      config, [&](const Event& event, Now now) { (*out)->write(event, now); }, cell, instruments);
  while (wait_signal(signals, Millis(3600000)) == 0) {
  }
  return 0;
}

int print(const std::string& text) {
  const bool printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? 0 : fail("stdout cannot be written");
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const CommandLine line = parse(arguments, environment());
  if (line.exit) {
    if (line.exit_code == 0) return print(line.text + "\n");
    std::fprintf(stderr, "nats-lookout: %s\n", line.text.c_str());
    return line.exit_code;
  }
  const sigset_t signals = blocked_signals();
  log::configure(line.config.log_level, line.config.log_format);
  switch (line.config.command) {
    case Command::config:
      return print(to_yaml(line.config));
    case Command::metrics:
      return print(render_reference());
    case Command::checks:
      return print(render_checks_reference());
    case Command::check:
      return check(line.config, signals);
    case Command::events:
      return events(line.config, signals);
    case Command::serve:
      break;
  }
  return Server(arguments, within_memory(line.config)).run(signals);
}

}  // namespace
}  // namespace lookout

int main(int argc, char** argv) {
  mallopt(M_ARENA_MAX, 2);  // else every thread that renders a page keeps a megabyte of its own
  try {
    return lookout::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nats-lookout: %s\n", error.what());
    return 1;
  }
}

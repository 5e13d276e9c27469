// The real agent on a real nats-server under a paced load of CONNECT events, and its scrapes after the server was
// killed. Prints one "<figure> <number>" per line. With --receive URL it is the floor instead: a libnats client that
// only receives.
#include <httplib.h>
#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/connect_events.h"
#include "tests/bench/usage.h"
#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/server.h"

using namespace lookout;
using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int kScrapes = 200;

void check(natsStatus status, const char* what) {
  if (status == NATS_OK) return;
  std::fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
  std::exit(2);
}

class Connection {
 public:
  explicit Connection(const std::string& url) {
    natsOptions* options = nullptr;
    check(natsOptions_Create(&options), "options");
    natsOptions_SetURL(options, url.c_str());
    natsOptions_SetUserInfo(options, e2e::kAdmin.user.c_str(), e2e::kAdmin.password.c_str());
    check(natsConnection_Connect(&connection_, options), "connect");
    natsOptions_Destroy(options);
  }
  ~Connection() { natsConnection_Destroy(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void publish(const std::string& subject, const std::string& payload) {
    check(natsConnection_Publish(connection_, subject.c_str(), payload.data(), static_cast<int>(payload.size())),
          "publish");
  }
  void flush() { check(natsConnection_FlushTimeout(connection_, 10000), "flush"); }
  [[nodiscard]] natsConnection* get() { return connection_; }

 private:
  natsConnection* connection_ = nullptr;
};

// The floor: counts what arrives, until SIGTERM.
int receive(const std::string& url) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  static std::atomic<std::uint64_t> received{0};
  Connection connection(url);
  natsSubscription* subscription = nullptr;
  const auto count = [](natsConnection*, natsSubscription*, natsMsg* message, void*) {
    ++received;
    natsMsg_Destroy(message);
  };
  check(natsConnection_Subscribe(&subscription, connection.get(), "$SYS.>", count, nullptr), "subscribe");
  connection.flush();
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  std::printf("%llu\n", static_cast<unsigned long long>(received.load()));
  return 0;
}

struct Load {
  std::uint64_t rate;  // per second
  seconds length;
  [[nodiscard]] std::uint64_t events() const { return rate * static_cast<std::uint64_t>(length.count()); }
};

// Evenly, a millisecond's worth at a time. Returns the rate that was reached.
double publish(Connection& connection, bench::ConnectEvents& events, Load load) {
  const auto start = steady_clock::now();
  std::uint64_t sent = 0;
  for (auto due = start; sent < load.events(); due += 1ms) {
    std::this_thread::sleep_until(due);
    for (std::uint64_t i = 0; i < load.rate / 1000; ++i, ++sent)
      connection.publish(bench::kConnectSubject, events.next());
  }
  connection.flush();
  return static_cast<double>(sent) / std::chrono::duration<double>(steady_clock::now() - start).count();
}

void print(const std::string& figure, double value) {
  std::printf("%s %.4f\n", figure.c_str(), value);
  std::fflush(stdout);
}

double lost(const e2e::Page& page) {
  return page.sum("nats_lookout_events_dropped_total") + page.sum("nats_lookout_nats_slow_consumer_drops_total");
}
double counted(const e2e::Page& page) {
  return page.sum("nats_client_connects_total", {{"server", bench::kServerName}});
}
double received(const e2e::Page& page) {
  return page.sum("nats_lookout_events_total", {{"event", "connect"}});
}

class Agent {
 public:
  Agent(const e2e::TempDir& dir, e2e::NatsServer& server) : agent_(dir), connection_(server.url()) {
    agent_.start(
        {"--nats.url=" + server.url(), "--nats.user=" + e2e::kAdmin.user, "--nats.password=" + e2e::kAdmin.password});
    bool seen = agent_.sees(1);
    connection_.publish("$SYS.SERVER." + bench::kServerId + ".STATSZ",
                        bench::recorded_as("statsz", "event.SERVER.STATSZ.e1-js-metaleader.json", bench::kServerName,
                                           bench::kServerId));
    connection_.flush();
    seen = seen && agent_.reaches("nats_server_up", {{"server", bench::kServerName}}, 1);
    if (!seen) std::fprintf(stderr, "the agent does not see the servers\n%s\n", agent_.log().c_str());
  }

  // One load; figures that begin with `name`.
  void bear(const std::string& name, Load load) {
    const e2e::Page before = agent_.metrics();
    const double cpu = bench::cpu_seconds(pid());
    const double rate = publish(connection_, events_, load);
    const auto sent = static_cast<double>(load.events());
    // The last events are in the page of a quarter of a second later; where some were lost, they never are.
    const bool complete =
        agent_.reaches([&](const e2e::Page& page) { return counted(page) - counted(before) >= sent; }, 5s);
    const double used = bench::cpu_seconds(pid()) - cpu;
    if (!complete) std::fprintf(stderr, "%s: not all events were counted\n", name.c_str());
    print(name + "_rate", rate);
    print(name + "_sent", sent);
    print(name + "_received", received(agent_.page()) - received(before));
    print(name + "_counted", counted(agent_.page()) - counted(before));
    print(name + "_lost", lost(agent_.page()) - lost(before));
    print(name + "_cpu_us", used * 1e6 / sent);
    print(name + "_cpu_percent", used * 100 * rate / sent);
    print(name + "_rss_mb", bench::memory_mb(pid(), "VmRSS"));
    print(name + "_hwm_mb", bench::memory_mb(pid(), "VmHWM"));
  }

  // Time of one scrape after the other on one connection, as a Prometheus does it.
  void scrape(const std::string& name) {
    httplib::Client client("127.0.0.1", agent_.port());
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    std::vector<double> times;
    std::size_t bytes = 0;
    for (int i = 0; i < kScrapes; ++i) {
      const auto start = steady_clock::now();
      const httplib::Result result = client.Get("/metrics");
      times.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - start).count());
      if (!result || result->status != 200) std::fprintf(stderr, "%s: a scrape failed\n", name.c_str());
      if (result) bytes = result->body.size();
      std::this_thread::sleep_for(20ms);
    }
    std::sort(times.begin(), times.end());
    print(name + "_median_ms", times[kScrapes / 2]);
    print(name + "_p99_ms", times[kScrapes * 99 / 100]);
    print(name + "_kb", static_cast<double>(bytes) / 1000);
  }

  [[nodiscard]] pid_t pid() { return agent_.process().pid(); }
  bool loses_nats() { return agent_.reaches("nats_lookout_connected", {}, 0); }

 private:
  e2e::Agent agent_;
  Connection connection_;
  bench::ConnectEvents events_;
};

void floor_of(const std::string& self, const e2e::TempDir& dir, e2e::NatsServer& server, Load load) {
  e2e::Process client;
  const auto out = dir / "receive.out";
  client.start({self, "--receive", server.url()}, out, dir / "receive.err");
  if (!e2e::eventually([&] { return e2e::read_file(out).ends_with("ready\n"); })) {
    std::fprintf(stderr, "the receiver does not connect\n");
    std::exit(2);
  }
  const double cpu = bench::cpu_seconds(client.pid());
  Connection connection(server.url());
  bench::ConnectEvents events;
  publish(connection, events, load);
  std::this_thread::sleep_for(1s);
  print("floor_cpu_us", (bench::cpu_seconds(client.pid()) - cpu) * 1e6 / static_cast<double>(load.events()));
  client.signal(SIGTERM);
  (void)client.wait();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--receive") return receive(arguments[1]);
  const bool quick = arguments == std::vector<std::string>{"--quick"};
  const Load fast{150000, quick ? 3s : 10s};
  const Load steady{1000, quick ? 5s : 60s};
  const int runs = quick ? 1 : 3;

  const e2e::TempDir dir;
  e2e::NatsServer server(dir, {});
  server.start();
  for (int i = 0; i < runs; ++i) floor_of("/proc/self/exe", dir, server, fast);
  for (int i = 0; i < runs; ++i) Agent(dir, server).bear("fast", fast);
  print("event_bytes", static_cast<double>(bench::ConnectEvents().next().size()));
  Agent agent(dir, server);
  agent.bear("steady", steady);
  agent.scrape("scrape");
  server.process().kill();
  if (!agent.loses_nats()) std::fprintf(stderr, "the agent does not notice that NATS is down\n");
  agent.scrape("scrape_down");
  return 0;
}

// Clients that are slow, silent or many: what the agent counts, and what it tells others, must not suffer.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/certificates.h"

namespace lookout::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSilent = 1000;
constexpr int kSlow = 200;
constexpr int kMore = 20;  // with every round
constexpr int kDeaf = 40;
constexpr const char* kUsers =
    "basic_auth_users:\n  prometheus: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";

// Sockets from 127.0.0.2 that send what they are told, and never read.
class Crowd {
 public:
  explicit Crowd(int port) : port_(port) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  ~Crowd() {
    for (const int fd : sockets_) close(fd);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  int join() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int small = 1024;  // little of an answer fits into it
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7F000002);
    sockaddr_in to = from;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from), 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    sockets_.push_back(fd);
    return fd;
  }
  int join(const std::string& text) {
    const int fd = join();
    send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    return fd;
  }
  void drip() const {
    for (const int fd : slow_) send(fd, "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void slow(const std::string& begin) { slow_.push_back(join(begin)); }

 private:
  const int port_;
  std::vector<int> sockets_;
  std::vector<int> slow_;
};

class Flood : public testing::TestWithParam<bool> {
 protected:
  void start(bool secured) {
    server_.start();
    std::vector<std::string> arguments = watch(server_.url());
    if (secured) {
      certificates_.authority("ca");
      certificates_.issue("ca", "server");
      write_file(dir_ / "web.yaml",
                 std::string("tls_server_config: {cert_file: server.pem, key_file: server.key}\n") + kUsers);
      arguments.push_back("--web.config.file=" + (dir_ / "web.yaml").string());
      agent_.ask_by({certificates_.path("ca.pem"), "", "", "prometheus", "U*U"});
    }
    agent_.start(arguments);
    ASSERT_TRUE(agent_.sees(1)) << agent_;
  }

  // The longest of one request to each of these.
  [[nodiscard]] double slowest() const {
    double worst = 0;
    for (const char* path : {"/livez", "/metrics", "/health"}) {
      const auto begin = Clock::now();
      EXPECT_EQ(agent_.get(path).status, 200) << path;
      worst = std::max(worst, std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return worst;
  }

  TempDir dir_;
  Certificates certificates_{dir_};
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
};

TEST_P(Flood, SlowAndSilentClientsDisturbNobody) {
  const bool secured = GetParam();
  start(secured);
  const double calm = slowest();
  Crowd crowd(agent_.port());
  const auto came = Clock::now();
  for (int i = 0; i < kSilent; ++i) crowd.join();
  for (int i = 0; i < kSlow; ++i) crowd.slow(secured ? "\x16\x03\x01" : "GET /metrics HTTP/1.1\r\nX: ");
  for (int i = 0; i < kDeaf && !secured; ++i) crowd.join("GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_LT(Clock::now() - came, 5s) << "the flood trickles in";
  double worst = 0;
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    crowd.drip();
    for (int more = 0; more < kMore; ++more) crowd.join();
    visit(server_.port(), {"user" + std::to_string(i), "wrong"});
    worst = std::max(worst, slowest());
  }
  RecordProperty("slowest_answer_ms", static_cast<int>(worst * 1000));
  RecordProperty("slowest_answer_before_ms", static_cast<int>(calm * 1000));
  EXPECT_LT(worst, 1) << "slowest answer before: " << calm << " s";
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"reason", "authentication_failure"}}, kRounds)) << agent_;
  const Page page = agent_.metrics();
  EXPECT_LE(page.sum("nats_lookout_http_connections"), 512);
  EXPECT_GE(page.sum("nats_lookout_http_connections_closed_total", {{"reason", "displaced"}}), kSilent - 512);
  EXPECT_TRUE(agent_.reaches([](const Page& later) { return later.sum("nats_lookout_http_connections") <= 2; }))
      << "who sends no request must go";
}

INSTANTIATE_TEST_SUITE_P(All, Flood, testing::Bool(),
                         [](const auto& secured) { return std::string(secured.param ? "Tls" : "Plain"); });

}  // namespace
}  // namespace lookout::e2e

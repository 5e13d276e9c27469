// A server that stops answering without going away, as one on a hung disk does: nobody waits for it, the others stay
// fresh, it is named, and it comes back by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

const Labels kN2{{"nats_cluster", "east"}, {"server", "n2"}};

// Light questions are put to all servers at once, heavy ones to each by itself.
constexpr const char* kLight = "varz";
constexpr const char* kHeavy = "connz";

class Frozen : public testing::Test {
 protected:
  // Waits for a page; every scrape on the way is answered with a whole page.
  void expect(const std::string& what, const std::function<bool(const Page&)>& condition) {
    std::string bad;
    EXPECT_TRUE(agent_.reaches(
        [&](const Page& page) {
          ++scrapes_;
          if (page.count("nats_lookout_connected") != 1 || !page.problem().empty()) bad = "no page: " + page.problem();
          return condition(page);
        },
        60s))
        << what << '\n'
        << agent_.page().grep("poll_missing") << agent_;
    EXPECT_EQ(bad, "") << what;
  }

  void expect_missing(const char* endpoint, bool missing) {
    expect(std::string(endpoint) + (missing ? " names n2" : " names nobody"), [&](const Page& page) {
      const auto named = page.samples("nats_lookout_poll_missing", {{"endpoint", endpoint}});
      const bool only = std::all_of(named.begin(), named.end(), [](const Sample& sample) {
        return sample.labels.at("server") == "n2" && sample.value == 1;
      });
      return only && named.empty() != missing;
    });
  }

  // What the endpoints say of a server changes with a new client and a new request to its monitoring port.
  void expect_fresh(std::size_t index) {
    const NatsServer& server = cluster_[index];
    const Labels labels{{"nats_cluster", "east"}, {"server", server.name()}};
    clients_.emplace_back(server.port(), kApp);
    const int connections = server.number("/varz", "/connections");
    const int asked = server.number("/varz", "/http_req_stats/~1varz");
    expect("STATSZ of " + server.name(),
           [&](const Page& page) { return page.is("nats_server_connections", labels, connections); });
    expect("VARZ of " + server.name(), [&](const Page& page) {
      Labels path = labels;
      path["path"] = "/varz";
      return page.sum("nats_server_http_requests_total", path) >= asked;
    });
    expect("CONNZ of " + server.name(), [&](const Page& page) {
      Labels clients = labels;
      clients["kind"] = "client";
      return page.sum("nats_connections_open", clients) == connections;
    });
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3};
  Agent agent_{dir_};
  std::vector<Client> clients_;
  int scrapes_ = 0;
};

TEST_F(Frozen, AFrozenServerIsNamedHoldsUpNobodyAndComesBack) {
  // Not lost within this test: a lost server is expected to answer nothing.
  agent_.start(watch(cluster_[0].url(), {"--servers.lost-after=10m"}));
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  for (std::size_t index = 0; index < 3; ++index) expect_fresh(index);

  cluster_[1].signal(SIGSTOP);
  expect_missing(kLight, true);
  expect_missing(kHeavy, true);
  EXPECT_TRUE(agent_.health_says("no answer to varz from east/n2")) << agent_;
  expect_fresh(0);
  expect_fresh(2);
  EXPECT_TRUE(agent_.page().is("nats_server_up", kN2, 1)) << agent_.page().grep("nats_server_up");

  cluster_[1].signal(SIGCONT);
  expect_missing(kLight, false);
  expect_missing(kHeavy, false);
  expect_fresh(1);
  EXPECT_TRUE(eventually([&] { return agent_.get("/health").body.find("no answer to") == std::string::npos; }))
      << agent_;
  EXPECT_EQ(agent_.page().sum("nats_server_restarts_total"), 0);
  EXPECT_GT(scrapes_, 0);
}

}  // namespace
}  // namespace lookout::e2e

// Three thousand connections to one server: all of them where details are wanted, none of them where they are not.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

constexpr std::size_t kMany = 3000;

class Connections : public testing::Test {
 protected:
  // The soft limit of open files is 1,024 on many machines.
  static void SetUpTestSuite() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  void SetUp() override { server_.start(); }

  void connect(std::size_t count) {
    while (clients_.size() < count) {
      clients_.emplace_back(server_.port(), Login{kApp.user, kApp.password, "c" + std::to_string(clients_.size())});
      ASSERT_TRUE(clients_.back().ok()) << clients_.back().error();
    }
  }

  // The page has the server's own numbers of now, from all endpoints that tell of connections.
  [[nodiscard]] bool sees_all() {
    const auto mine = static_cast<double>(clients_.size());
    return agent_.reaches(
        [&](const Page& page) {
          return page.is("nats_server_connections", {}, server_.number("/varz", "/connections")) &&
                 page.sum("nats_account_connections", {{"account", "APP"}}) == mine &&
                 page.sum("nats_connections_open", {{"account", "APP"}}) == mine;
        },
        60s);
  }

  static constexpr const char* kTop = "nats_connection_top_pending_bytes";

  // Without those of the global account, which has who is about to log in, and of the ten connections where bytes are
  // waiting: a look at the right time finds somebody.
  static std::set<std::string> series(const Page& page) {
    std::set<std::string> all = page.series();
    std::erase_if(all, [](const std::string& name) {
      return name.find("account=$G") != std::string::npos || name.starts_with(kTop);
    });
    return all;
  }

  // What only one of two sets has.
  static std::string difference(const std::set<std::string>& first, const std::set<std::string>& second) {
    std::string text;
    for (const std::string& series : first) text += second.contains(series) ? "" : "only before: " + series + '\n';
    for (const std::string& series : second) text += first.contains(series) ? "" : "only after: " + series + '\n';
    return text;
  }

  TempDir dir_;
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
  std::vector<Client> clients_;
};

TEST_F(Connections, WithDetailAllThreeThousandAreThere) {
  agent_.start(watch(server_.url(), {"--collect.connz.level=detail"}));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  connect(kMany);
  ASSERT_TRUE(sees_all()) << agent_.page().grep("nats_connections_open") << agent_;
  const std::string family = "nats_connection_subscriptions";
  const auto all = static_cast<std::size_t>(server_.number("/connz?limit=1", "/total"));
  EXPECT_GT(all, kMany);
  ASSERT_TRUE(agent_.reaches([&](const Page& page) { return page.count(family) == all; }))
      << agent_.page().count(family) << " of " << all << '\n'
      << agent_;
  std::set<std::string> names;
  std::set<std::string> cids;
  for (const Sample& sample : agent_.page().samples(family)) {
    cids.insert(sample.labels.at("cid"));
    if (sample.labels.at("account") == "APP") names.insert(sample.labels.at("name"));
  }
  EXPECT_EQ(names.size(), kMany) << "every client gave a name of its own";
  EXPECT_EQ(cids.size(), all);
  EXPECT_EQ(agent_.page().problem(), "");
  EXPECT_EQ(agent_.page().sum("nats_lookout_reply_rows_left_out_total"), 0);
  // They go as they came.
  clients_.clear();
  EXPECT_TRUE(sees_all()) << agent_.page().grep("nats_connections_open");
  EXPECT_TRUE(agent_.reaches([&](const Page& page) { return page.count(family, {{"account", "APP"}}) == 0; }));
}

TEST_F(Connections, WithoutDetailTheNumberOfSeriesDoesNotDependOnThem) {
  agent_.start(watch(server_.url()));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  connect(10);
  ASSERT_TRUE(sees_all()) << agent_.page().grep("nats_connections_open") << agent_;
  // The series of each endpoint have come, and the agent's own of the first scrapes.
  std::set<std::string> few;
  ASSERT_TRUE(agent_.reaches([&](const Page& page) {
    const bool settled = series(page) == few;
    few = series(page);
    return settled && page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "subsz"}}) > 2;
  }));
  connect(kMany);
  ASSERT_TRUE(sees_all()) << agent_.page().grep("nats_connections_open") << agent_;
  EXPECT_TRUE(agent_.reaches([&](const Page& page) { return series(page) == few; }))
      << few.size() << " series with 10 connections\n"
      << difference(few, series(agent_.page()));
  EXPECT_LE(agent_.page().count(kTop), 10U);
}

}  // namespace
}  // namespace lookout::e2e

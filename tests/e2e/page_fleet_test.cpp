// The status page of a thousand simulated servers: how soon it is there, and whether it grows while events pour in.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include "tests/bench/fleet/simulator.h"
#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/browser.h"

namespace lookout::e2e {
namespace {

using std::chrono::seconds;

constexpr std::size_t kServers = 1000;
constexpr double kMegabyte = 1e6;

class PageOfAFleet : public testing::Test {
 protected:
  void start(double events_per_second) {
    server_.start();
    fleet::Shape shape;
    shape.servers = kServers;
    shape.accounts = 200;
    shape.streams = 5000;
    shape.connections = 10;
    fleet_ = std::make_unique<fleet::Simulator>(
        shape, fleet::Link{server_.url(), kAdmin.user, kAdmin.password, 10, events_per_second});
    agent_.start({"--nats.url=" + server_.url(), "--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password,
                  "--collect.interval=10s"});
    ASSERT_TRUE(agent_.reaches(
        [](const Page& page) {
          return page.sum("nats_server_up") == kServers + 1 && page.count("nats_stream_messages") > 0;
        },
        100s))
        << agent_;
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(agent_.port()) + '/'; }

  TempDir dir_;
  NatsServer server_{dir_, {.extra = "max_pending: 256MB"}};
  Agent agent_{dir_};
  std::unique_ptr<fleet::Simulator> fleet_;
  Browser browser_{dir_};
};

TEST_F(PageOfAFleet, IsThereWithinASecond) {
  start(0);
  browser_.open(url());
  // Once more: a browser that has just started is not what is measured.
  browser_.open("about:blank");
  browser_.open(url());
  const double rows = browser_
                          .asynchronous(
                              "const done = arguments[0]; const look = () => document.querySelectorAll('#servers tbody "
                              "tr').length === 25 ? done(performance.now()) : requestAnimationFrame(look); look();")
                          .get<double>();
  const double paint =
      browser_.script("return performance.getEntriesByName('first-contentful-paint')[0].startTime").get<double>();
  std::cout << "first paint after " << paint << " ms, servers listed after " << rows << " ms\n";
  EXPECT_LT(paint, 1000);
  EXPECT_TRUE(browser_.shows("#servers", "1 to 25 of 1,001")) << browser_.text("#servers");
  (void)browser_.script("document.getElementById('streams').scrollIntoView({behavior: 'instant'})");
  EXPECT_TRUE(browser_.shows("#streams", "of 5,000")) << browser_.text("#streams");
  for (const std::string shown : {"#clusters tbody tr", "#accounts tbody tr", "#agent .badge"}) {
    const std::string section = "document.querySelector('" + shown.substr(0, shown.find(' ')) + "')";
    (void)browser_.script(section + ".scrollIntoView({behavior: 'instant'})");
    EXPECT_TRUE(browser_.reaches("document.querySelector('" + shown + "')")) << shown;
  }
  for (const std::string& complaint : browser_.complaints()) ADD_FAILURE() << complaint;
}

class SoakOfThePage : public PageOfAFleet {};

// Ten minutes, of which the first is for what a page keeps: pools, the window of rates, its two hundred events.
TEST_F(SoakOfThePage, ItsMemoryStaysFlat) {
  const seconds length{std::stoi(from_environment("LOOKOUT_PAGE_SECONDS", "600"))};
  start(300);
  browser_.open(url());
  ASSERT_TRUE(browser_.shows("#live", "live"));
  browser_.click("#events input[value=connections]");
  ASSERT_TRUE(browser_.reaches("document.querySelectorAll('#events li').length === 200", 60s))
      << browser_.text("#events");
  std::vector<Browser::Memory> looks;
  const auto began = std::chrono::steady_clock::now();
  for (seconds next = length / 10; next <= length; next += length / 20) {
    (void)eventually([&] { return std::chrono::steady_clock::now() - began >= next; }, length);
    looks.push_back(browser_.memory());
    std::cout << next.count() << " s: heap " << looks.back().heap / kMegabyte << " MB, " << looks.back().nodes
              << " nodes" << std::endl;
  }
  // The lowest of each half: what is above it is garbage that the browser has not got round to.
  const auto half = looks.begin() + static_cast<std::ptrdiff_t>(looks.size() / 2);
  const auto less_heap = [](const Browser::Memory& a, const Browser::Memory& b) { return a.heap < b.heap; };
  const auto less_nodes = [](const Browser::Memory& a, const Browser::Memory& b) { return a.nodes < b.nodes; };
  EXPECT_LT(std::min_element(half, looks.end(), less_heap)->heap,
            std::min_element(looks.begin(), half, less_heap)->heap + kMegabyte / 2);
  EXPECT_LT(std::min_element(half, looks.end(), less_nodes)->nodes,
            std::min_element(looks.begin(), half, less_nodes)->nodes * 1.1);
  EXPECT_GT(looks.front().heap, 0);
  EXPECT_EQ(browser_.script("return document.querySelectorAll('#events li').length"), 200);
  EXPECT_TRUE(browser_.shows("#live", "live"));
}

}  // namespace
}  // namespace lookout::e2e

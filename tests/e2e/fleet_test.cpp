// A thousand simulated servers (tests/bench/fleet) behind one real nats-server: nobody is lost, every sum is the truth
// that the simulator states, also while replies are lost, doubled, cut and late.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/fleet/simulator.h"
#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

constexpr std::size_t kServers = 1000;
constexpr auto kLong = 100s;

class SimulatedFleet : public testing::Test {
 protected:
  // Endpoints that tell no sum of the truth stay out, so that a page is read fast.
  void start(const std::string& interval = "3s") {
    server_.start();
    const fleet::Link link{server_.url(), kAdmin.user, kAdmin.password, 2, 0};
    fleet_ = std::make_unique<fleet::Simulator>(shape(), link);
    fleet_->freeze(true);
    std::vector<std::string> options = watch(server_.url(), {"--servers.lost-after=8s"});
    std::erase_if(options, [](const std::string& option) { return option.starts_with("--collect.interval="); });
    options.push_back("--collect.interval=" + interval);
    for (const char* endpoint : {"varz", "gatewayz", "leafz", "healthz", "healthz_js_enabled", "healthz_js_server",
                                 "healthz_js_meta", "subsz", "accstatz", "accountz", "raftz", "ipqueuesz"})
      options.push_back(std::string("--collect.") + endpoint + ".level=off");
    options.emplace_back("--collect.jsz.level=detail");
    agent_.start(options);
  }

  static fleet::Shape shape() {
    fleet::Shape shape;
    shape.servers = kServers;
    shape.accounts = 20;
    shape.streams = 300;
    shape.consumers = 2;
    shape.connections = 3;
    return shape;
  }

  // What differs from the truth; empty: nothing. Connections of the real server are no part of the simulation.
  [[nodiscard]] std::string difference(const Page& page) {
    const nlohmann::json truth = fleet_->truth(false);
    const Labels real{{"server", "n1"}};
    const auto simulated = [&](const char* family) { return page.sum(family) - page.sum(family, real); };
    const std::pair<const char*, double> found[] = {
        {"servers_up", simulated("nats_server_up")},
        {"connections", simulated("nats_connections_open")},
        {"routes", simulated("nats_route_connections")},
        {"received_messages", simulated("nats_server_received_messages_total")},
        {"streams", page.sum("nats_stream_has_leader")},
        {"consumers", page.sum("nats_consumer_has_leader")},
        {"messages", page.sum("nats_stream_messages")},
        {"bytes", page.sum("nats_stream_bytes")},
    };
    std::string text;
    for (const auto& [name, value] : found) {
      if (value == truth.at(name).get<double>()) continue;
      text += std::string(name) + ": " + std::to_string(value) + " instead of " + truth.at(name).dump() + '\n';
    }
    return text + page.problem();
  }

  // What each simulated server has received; its numbers stand still.
  static std::map<std::string, double> received(const Page& page) {
    std::map<std::string, double> out;
    for (const Sample& sample : page.samples("nats_server_received_messages_total")) {
      if (sample.labels.at("server") != "n1") out[sample.labels.at("server")] = sample.value;
    }
    return out;
  }

  void expect_truth(const char* when) {
    std::string wrong;
    EXPECT_TRUE(agent_.reaches([&](const Page& page) { return (wrong = difference(page)).empty(); }, kLong))
        << when << '\n'
        << wrong << agent_.page().grep("poll_missing{").substr(0, 1000);
  }

  [[nodiscard]] double known_up() { return agent_.page().sum("nats_server_up"); }

  TempDir dir_;
  NatsServer server_{dir_, {.extra = "max_pending: 256MB"}};
  Agent agent_{dir_};
  std::unique_ptr<fleet::Simulator> fleet_;
};

TEST_F(SimulatedFleet, IsSeenWholeAlsoAfterFaults) {
  start();
  expect_truth("at rest");
  const auto before = received(agent_.page());
  fleet_->set_faults({.drop = 2, .duplicate = 5, .truncate = 2, .delay = 20});
  const auto seen = [](const Page& page, const char* family) { return page.sum(family) > 0; };
  bool missing = false;
  bool duplicates = false;
  bool unreadable = false;
  EXPECT_TRUE(agent_.reaches(
      [&](const Page& page) {
        if (page.count("nats_lookout_connected") == 0) return false;  // a scrape that came too late on a busy machine
        EXPECT_EQ(page.sum("nats_server_up"), kServers + 1) << "nobody is lost for a lost reply";
        for (const auto& [server, value] : received(page)) EXPECT_EQ(value, before.at(server)) << server;
        missing = missing || seen(page, "nats_lookout_poll_missing");
        duplicates = duplicates || seen(page, "nats_lookout_poll_duplicate_replies_total");
        unreadable = unreadable || seen(page, "nats_lookout_ignored_replies_total");
        return missing && duplicates && unreadable;
      },
      kLong))
      << missing << duplicates << unreadable;
  fleet_->set_faults({});
  expect_truth("after the faults");
  EXPECT_TRUE(agent_.reaches([](const Page& page) { return page.count("nats_lookout_poll_missing") == 0; }, kLong))
      << agent_.page().grep("poll_missing{").substr(0, 1000);
}

TEST_F(SimulatedFleet, RestartsAndSilenceAreToldApart) {
  start();
  expect_truth("at rest");
  std::size_t index = 0;
  for (const char* cause : {"crash", "shutdown", "lameduck"}) {
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(fleet_->restart(index++, cause));
  }
  for (const auto& [cause, count] : {std::pair{"crash", 6}, {"shutdown", 6}, {"lame_duck", 6}, {"unknown", 0}}) {
    EXPECT_TRUE(agent_.reaches("nats_server_restarts_total", {{"cause", cause}}, count, kLong))
        << agent_.page().grep("restarts_total").substr(0, 1000);
  }
  expect_truth("after the restarts");
  for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(fleet_->silence(100 + i, true));
  EXPECT_TRUE(agent_.reaches("nats_server_up", {}, kServers - 10 + 1, kLong)) << known_up();
  expect_truth("without the silent ones");
  for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(fleet_->silence(100 + i, false));
  expect_truth("with them again");
}

TEST_F(SimulatedFleet, EventsOfAllAreCountedExactly) {
  start("10s");
  ASSERT_TRUE(agent_.reaches("nats_server_up", {}, kServers + 1, kLong));
  constexpr double kRate = 10000;
  (void)fleet_->publish(5000, kRate, "connect");
  (void)fleet_->publish(500, kRate, "auth_error");
  (void)fleet_->publish(1000, kRate, "storm");
  const nlohmann::json truth = fleet_->truth(false).at("events");
  const std::pair<const char*, const char*> families[] = {{"connects", "nats_client_connects_total"},
                                                          {"disconnects", "nats_client_disconnects_total"},
                                                          {"auth_errors", "nats_auth_errors_total"}};
  std::string wrong;
  EXPECT_TRUE(agent_.reaches(
      [&](const Page& page) {
        wrong.clear();
        for (const auto& [event, family] : families) {
          const double counted = page.sum(family) - page.sum(family, {{"server", "n1"}});
          if (counted != truth.at(event).get<double>())
            wrong +=
                std::string(family) + ' ' + std::to_string(counted) + " instead of " + truth.at(event).dump() + '\n';
        }
        return wrong.empty();
      },
      kLong))
      << wrong;
  for (const char* family : {"nats_lookout_events_dropped_total", "nats_lookout_nats_slow_consumer_drops_total"}) {
    EXPECT_GT(agent_.page().count(family), 0U) << family;
    EXPECT_EQ(agent_.page().sum(family), 0) << family;
  }
}

TEST_F(SimulatedFleet, FitsIntoLittleMemoryByLeavingOutDetail) {
  constexpr std::uint64_t kLimit = 64U << 20U;
  server_.start();
  fleet::Shape shape;
  shape.servers = kServers;
  fleet_ = std::make_unique<fleet::Simulator>(shape, fleet::Link{server_.url(), kAdmin.user, kAdmin.password, 10, 0});
  agent_.start({"--nats.url=" + server_.url(), "--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password,
                "--collect.interval=10s", "--memory.limit=64MiB"});
  EXPECT_TRUE(agent_.reaches([](const Page& page) { return page.count("nats_lookout_poll_reduced") > 0; }, kLong));
  EXPECT_TRUE(agent_.page().is("nats_health_finding", {{"check", "agent_memory"}}, 1));
  EXPECT_NE(agent_.log().find("less is asked by"), std::string::npos);
  // Three more rounds of all that is left.
  const double rounds = agent_.page().sum("nats_lookout_poll_rounds_total", {{"endpoint", "statsz"}});
  EXPECT_TRUE(agent_.reaches(
      [&](const Page& page) {
        return page.sum("nats_lookout_poll_rounds_total", {{"endpoint", "statsz"}}) >= rounds + 3 &&
               page.sum("nats_server_up") == kServers + 1;
      },
      kLong));
  EXPECT_LT(agent_.page().sum("process_resident_memory_bytes"), static_cast<double>(kLimit));
}

}  // namespace
}  // namespace lookout::e2e

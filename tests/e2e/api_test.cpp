// /api/v1 on a real cluster: what the page lives on.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/socket.h"

namespace lookout::e2e {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::size_t kMostStreams = 32;
const Login kEve{"eve", "fake-wrong-password", "first"};
const Login kMallory{"mallory", "fake-wrong-password", "second"};

class Api : public testing::Test {
 protected:
  void start(const std::vector<std::string>& options = {}) {
    agent_.start(watch(cluster_.urls(), options));
    ASSERT_TRUE(agent_.sees(3)) << agent_;
  }

  // A stream of events that has begun.
  [[nodiscard]] std::unique_ptr<Socket> listen(const std::string& header = "", const std::string& query = "") const {
    auto made = std::make_unique<Socket>(agent_.port());
    made->send("GET /api/v1/events" + query + " HTTP/1.1\r\nHost: agent\r\n" + header + "\r\n");
    EXPECT_NE(made->until("retry: 2000\n\n").find(" 200 OK"), std::string::npos);
    return made;
  }
  [[nodiscard]] json answer(const std::string& path) const {
    return json::parse(agent_.get("/api/v1/" + path).body, nullptr, false);
  }
  [[nodiscard]] bool lists_failures(std::size_t count) const {
    return eventually([&] {
      const json got = answer("auth");
      return got.is_object() && got["last"].size() == count;
    });
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3, "east", small_jetstream(dir_), "", jetstream_accounts()};
  Agent agent_{dir_};
};

// "id: 17" of the last event.
std::string last_id(const std::string& stream) {
  const auto at = stream.rfind("\nid: ") + 5;
  return stream.substr(at, stream.find('\n', at) - at);
}

TEST_F(Api, AFailedLoginIsToldWithinTwoSecondsAndAfterABreak) {
  start();
  const auto begin = steady_clock::now();
  std::string id;
  {
    const auto stream = listen();
    EXPECT_FALSE(visit(cluster_[0].port(), kEve));
    const std::string& got = stream->until("\"name\":\"first\"");
    EXPECT_LT(steady_clock::now() - begin, 2s);
    EXPECT_NE(got.find("event: auth\n"), std::string::npos) << got;
    id = last_id(got);
  }
  EXPECT_FALSE(visit(cluster_[1].port(), kMallory));
  ASSERT_TRUE(lists_failures(2)) << agent_;
  const auto stream = listen("Last-Event-ID: " + id + "\r\n");
  const std::string& got = stream->until("\"name\":\"second\"");
  EXPECT_EQ(got.find("\"name\":\"first\""), std::string::npos) << got;
  EXPECT_EQ(got.find("event: lost"), std::string::npos) << got;
  EXPECT_NE(stream->until(": still here\n").find(": still here\n"), std::string::npos) << got;
  const json history = answer("auth")["history"];
  std::uint64_t sum = 0;
  for (const json& minute : history) sum += minute["errors"].get<std::uint64_t>();
  EXPECT_EQ(sum, 2U) << history;
}

TEST_F(Api, ListenersHoldUpNobodyAndHaveABound) {
  start();
  std::vector<std::unique_ptr<Socket>> readers;
  for (std::size_t i = 0; i < kMostStreams; ++i) readers.push_back(listen("", "?kind=auth,connections"));
  EXPECT_EQ(agent_.get("/api/v1/events").status, 503);
  EXPECT_EQ(answer("agent")["page_clients"], kMostStreams);
  milliseconds slowest{0};
  for (int i = 0; i < 500; ++i) {  // nobody reads what is told of them
    (void)visit(cluster_[0].port(), i % 2 == 0 ? kEve : kApp);
    if (i % 50 != 0) continue;
    const auto begin = steady_clock::now();
    EXPECT_EQ(agent_.get("/metrics").status, 200);
    slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin));
  }
  EXPECT_LT(slowest, 500ms);
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "n1"}}, 250)) << agent_;
  agent_.process().signal(SIGTERM);
  EXPECT_EQ(agent_.process().wait(4s), 0) << agent_;
}

TEST_F(Api, StreamsAndAccountsAreWhatTheyAre) {
  const JetStream app(cluster_[0].url(), kApp);
  app.add({.name = "R3", .replicas = 3, .subject = "r3.>"});
  app.add({.name = "R1", .subject = "r1.>"});
  app.publish("r3.x", 30);
  app.publish("r1.x", 10);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < cluster_.size(); ++i) clients.emplace_back(cluster_[i].port(), kB);
  start();
  json streams;
  const auto told = [&] {
    streams = answer("streams?sort=-messages");
    return streams.is_object() && streams["total"] == 2 && streams["items"][0]["messages"] == 30 &&
           streams["items"][1]["messages"] == 10 && streams["items"][0]["replicas_current"] == 3;
  };
  ASSERT_TRUE(eventually(told, 30s)) << streams << agent_;
  const json& r3 = streams["items"][0];
  EXPECT_EQ(r3["name"], "R3");
  EXPECT_EQ(r3["account"], "APP");
  EXPECT_EQ(r3["replicas"], 3);
  EXPECT_EQ(r3["replicas_online"], 3);
  EXPECT_EQ(r3["health"], "ok");
  EXPECT_TRUE(std::set<std::string>({"n1", "n2", "n3"}).contains(r3["leader"])) << r3;
  EXPECT_EQ(streams["items"][1]["replicas_online"], 1);
  json b;
  EXPECT_TRUE(eventually([&] {
    b = answer("accounts?filter=b")["items"][0];
    return b["id"] == "B" && b["connections"] == 3;
  })) << b;
  EXPECT_EQ(b["streams"], nullptr) << "no JetStream";
  EXPECT_EQ(answer("accounts?filter=app")["items"][0]["streams"], 2);
  const json system = answer("system");
  EXPECT_EQ(system["status"], "ok") << system;
  EXPECT_EQ(system["servers"]["up"], 3);
  EXPECT_EQ(system["streams"], 2);
  EXPECT_EQ(system["messages"], 40);
  EXPECT_EQ(system["meta"][0]["failures_tolerated"], 1);
  EXPECT_EQ(answer("clusters")["items"][0]["routes_total"], 3);
}

// Each answer is as docs/openapi.yaml says, and has nothing else.
TEST_F(Api, AnswersAreAsPublished) {
  start();
  EXPECT_FALSE(visit(cluster_[0].port(), kEve));
  ASSERT_TRUE(lists_failures(1)) << agent_;
  cluster_[2].stop(SIGKILL);
  ASSERT_TRUE(agent_.health_says("server_lost", 30s)) << agent_;
  std::vector<std::string> arguments{std::string(LOOKOUT_SOURCE) + "/tests/tools/check_openapi.py"};
  for (const std::string endpoint :
       {"system", "servers", "clusters", "accounts", "streams", "findings", "auth", "agent"}) {
    write_file(dir_ / endpoint, agent_.get("/api/v1/" + endpoint).body);
    arguments.push_back(endpoint + "=" + (dir_ / endpoint).string());
  }
  const auto stream = listen("", "?last_event_id=0");
  const std::string told = stream->until("server_lost");
  write_file(dir_ / "events", told.substr(0, told.rfind("\n\n")));  // without the one that is not whole
  arguments.push_back("events=" + (dir_ / "events").string());
  const Finished checked = run(arguments);
  EXPECT_EQ(checked.code, 0) << checked.output;
  // It may have been the agent's own server, and is unknown until the agent is settled elsewhere.
  json lost;
  EXPECT_TRUE(eventually([&] {
    lost = answer("servers?state=lost")["items"];
    return lost.size() == 1 && lost[0]["name"] == "n3" && lost[0]["health"] == "critical";
  })) << lost;
}

}  // namespace
}  // namespace lookout::e2e

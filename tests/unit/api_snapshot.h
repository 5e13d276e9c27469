// A Snapshot for the tests of /api/v1, told metric by metric, and what its endpoints answer.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/fleet.h"
#include "collectors/collectors.h"
#include "exporters/routes.h"

namespace lookout::test {

inline const Now kNow{Mono(std::chrono::seconds(5000)), Wall(std::chrono::seconds(1700000000))};

inline std::shared_ptr<ServerView> api_server(const std::string& cluster, const std::string& name,
                                              Lifecycle state = Lifecycle::up) {
  auto view = std::make_shared<ServerView>();
  view->cluster = cluster;
  view->name = name;
  view->id = "N" + name;
  view->version = "2.12.1";
  view->state = state;
  view->up = state == Lifecycle::up || state == Lifecycle::draining;
  view->state_since = kNow.wall - std::chrono::seconds(100);
  view->last_heard = kNow.mono - std::chrono::seconds(2);
  view->blocks.resize(collectors().size());
  return view;
}

// A row of the section that these metrics are in.
inline void say(ServerView& view, const std::map<std::string, double>& metrics,
                const std::map<std::string, std::string>& labels = {}, bool led = true, Wall time = kNow.wall) {
  const Column at = columns_of(collectors(), metrics.begin()->first).at(0);
  const auto sections = collectors()[at.collector].sections;
  auto& block = view.blocks[at.collector];
  auto made = block == nullptr ? std::make_shared<Block>() : std::make_shared<Block>(*block);
  if (block == nullptr)
    for (const Section& section : sections) made->parts.emplace_back(section.labels.size(), section.metrics.size());
  const Section& section = sections[at.section];
  std::vector<std::string> texts(section.labels.size());
  for (const auto& [name, text] : labels) texts.at(label_of(section, name)) = text;
  std::vector<double> values(section.metrics.size(), Part::kAbsent);
  for (const auto& [name, value] : metrics) values.at(metric_of(section, name)) = value;
  made->parts[at.section].add(texts, values, led);
  made->server_time = time;
  made->received = kNow.mono - std::chrono::seconds(7);
  block = std::move(made);
}

inline void add_stream(ServerView& view, const std::string& account, const std::string& name, double replicas,
                       bool led = true, Wall time = kNow.wall) {
  say(view,
      {{"nats_stream_messages", 10},
       {"nats_stream_bytes", 100},
       {"nats_stream_replicas", replicas},
       {"nats_stream_consumers", 2}},
      {{"account", account}, {"stream", name}}, led, time);
}

inline void add_replica(ServerView& view, const std::string& account, const std::string& stream,
                        const std::string& peer, bool current = true, double lag = 0) {
  say(view,
      {{"nats_stream_replica_current", current ? 1 : 0},
       {"nats_stream_replica_offline", 0},
       {"nats_stream_replica_lag", lag}},
      {{"account", account}, {"stream", stream}, {"peer", peer}});
}

class Api : public testing::Test {
 protected:
  Api() {
    snapshot.taken = kNow;
    snapshot.version = snapshot.content = 1;
    snapshot.link = {true, "nats://127.0.0.1:4222", "n1", Identity::system, "", kNow.wall, 1.5};
    snapshot.rounds.resize(collectors().size());
    snapshot.rounds[0].rounds_total = 5;
  }

  std::shared_ptr<ServerView> add(const std::string& cluster, const std::string& name,
                                  Lifecycle state = Lifecycle::up) {
    auto view = api_server(cluster, name, state);
    snapshot.servers.push_back(view);
    ++snapshot.servers_by_state[static_cast<std::size_t>(state)];
    return view;
  }

  Rendered get(const std::string& path, const Parameters& parameters = {}) {
    const auto all = routes();
    const auto route = std::find_if(all.begin(), all.end(), [&](const Route& each) { return each.path == path; });
    EXPECT_NE(route, all.end()) << path;
    return route->render(
        View{snapshot, instruments, config, metrics, kNow, kNow.mono - std::chrono::seconds(60), parameters});
  }
  nlohmann::ordered_json answer(const std::string& path, const Parameters& parameters = {}) {
    const Rendered got = get(path, parameters);
    EXPECT_EQ(got.status, 200) << path << ": " << got.body;
    return nlohmann::ordered_json::parse(got.body);
  }
  // Of each item of a list.
  std::vector<std::string> column(const std::string& path, const char* field, const Parameters& parameters = {}) {
    std::vector<std::string> out;
    const auto whole = answer(path, parameters);
    for (const auto& item : whole["items"])
      out.push_back(item[field].is_string() ? item[field].get<std::string>() : item[field].dump());
    return out;
  }

  Snapshot snapshot;
  Instruments instruments;
  Config config;
  MetricsPage metrics;
};

}  // namespace lookout::test

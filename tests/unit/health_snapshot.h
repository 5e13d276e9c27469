// Snapshots for the tests of what tells health: two servers of which one is lost, and a healthy one.
#pragma once

#include <memory>
#include <string>

#include "agent/snapshot.h"

namespace lookout::test {

inline Snapshot with_a_lost_server() {
  using std::chrono::seconds;
  Snapshot made;
  made.taken.wall = Wall(seconds(1700000000));
  made.link = {true, "nats://127.0.0.1:4222", "n1", Identity::system, "", Wall(seconds(1699999000)), 0};
  auto up = std::make_shared<ServerView>();
  up->cluster = "east";
  up->name = "n1";
  up->id = "NAAAA";
  up->version = "2.12.1";
  up->state = Lifecycle::up;
  up->up = true;
  up->state_since = Wall(seconds(1699999000));
  auto lost = std::make_shared<ServerView>(*up);
  lost->name = "n2";
  lost->state = Lifecycle::lost;
  lost->up = false;
  made.servers = {up, lost};
  made.servers_by_state = {0, 1, 0, 0, 1};
  made.rounds = {{2, 1, 0, 0, 5, {{"", "n2"}}, {}}};
  made.findings = {{"server_lost", "east/n2", Health::critical, Wall(seconds(1699999900)), "n2 fell silent."},
                   {"server_without_name", "east/n1", Health::warning, Wall(seconds(1699999900)), "n1 has no name."}};
  made.health = Health::critical;
  return made;
}

inline Snapshot healthy() {
  Snapshot made = with_a_lost_server();
  made.servers.pop_back();
  made.findings.clear();
  made.health = Health::ok;
  return made;
}

}  // namespace lookout::test

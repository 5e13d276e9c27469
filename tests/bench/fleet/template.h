// Template: a recorded reply cut into what never changes and slots, so that writing it for another server is a row of
// appends. Scene: what a slot is written for. Values.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/fleet/world.h"

namespace lookout::fleet {

struct Ask {  // the body of a request
  std::uint64_t offset = 0;
  std::uint64_t limit = 1024;
  std::string account{};
  std::string server_name{};
  bool exact_match = false;
  bool streams = false;
  bool consumers = false;
  bool subscriptions = false;
};

class Replies;

struct Scene {
  const World& world;
  const Replies& replies;
  const Server& server;
  const Ask& ask;
  std::string_view now;
  std::uint64_t row = 0;         // which route, connection, stream, ...
  std::uint64_t inner = 0;       // the consumer of that stream, the place of that account
  const Server* peer = nullptr;  // the other side
};

using Write = void (*)(std::string& out, const Scene& scene);  // appends JSON

struct Slot {
  const char* path;  // JSON pointer; it must be there
  Write write;
};

class Template {
 public:
  Template() = default;
  Template(nlohmann::ordered_json recorded, std::span<const Slot> slots);

  void write(std::string& out, const Scene& scene) const;

 private:
  struct Piece {
    std::string before;
    Write write;
  };
  std::vector<Piece> pieces_;
  std::string rest_;
};

// A recorded message of tests/fixtures/2.15.2.<what>.ndjson. Throws when there is none.
[[nodiscard]] nlohmann::ordered_json recorded(const std::string& what, const std::string& name);

// What slots are made of.
void number(std::string& out, std::uint64_t value);
void text(std::string& out, std::string_view value);
template <Count What>
void counter(std::string& out, const Scene& scene) {
  number(out, scene.world.count(scene.server, What, scene.row));
}
template <Count What>
void bytes(std::string& out, const Scene& scene) {
  number(out, scene.world.bytes(scene.server, What, scene.row));
}
template <std::uint64_t From, std::uint64_t Range>
void gauge(std::string& out, const Scene& scene) {
  number(out, scene.world.gauge(scene.server, From + scene.row, From, Range));
}
inline void now(std::string& out, const Scene& scene) {
  text(out, scene.now);
}
inline void start(std::string& out, const Scene& scene) {
  text(out, scene.server.start);
}
inline void server_id(std::string& out, const Scene& scene) {
  text(out, scene.server.id);
}
inline void server_name(std::string& out, const Scene& scene) {
  text(out, scene.server.name);
}
inline void cluster(std::string& out, const Scene& scene) {
  text(out, World::cluster_name(scene.server.cluster));
}

// Every item in turn, between commas: each(out, item).
template <class Items, class Each>
void list(std::string& out, const Items& items, Each each) {
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out += ',';
    each(out, item);
  }
}

}  // namespace lookout::fleet

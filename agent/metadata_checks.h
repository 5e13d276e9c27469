// MetadataChecks: the thresholds that owners of streams and consumers wrote into their metadata, io.nats.monitor.*,
// with the meaning that `nats server check stream` and `consumer` give them. Pure; loop thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/fleet.h"

namespace lookout {

class MetadataChecks {
 public:
  static constexpr std::size_t kFacts = 14;
  using Facts = std::array<double, kFacts>;  // what an answer says of one stream or consumer (metadata_checks.cpp)

  explicit MetadataChecks(std::span<const Collector> collectors);

  // What is wrong by this answer of the server.
  void look(const Server& server, std::size_t collector, const Block& block, std::vector<Violation>& out) const;

 private:
  using FactsOf = std::unordered_map<std::string, Facts>;  // by "account/stream/consumer"

  struct Source {  // a column that gives a fact
    Table table;
    std::size_t column;
    std::size_t fact;
    bool count;
  };
  struct Kind {  // streams or consumers
    Check check;
    Table monitored;
    std::vector<Source> sources;
    std::vector<std::size_t> thresholds;  // columns of `monitored`, in the order of the table of thresholds
  };

  static FactsOf facts_of(const Kind& kind, const Block& block);
  void look(const Kind& kind, const Server& server, const Block& block, std::vector<Violation>& out) const;

  std::array<Kind, 2> kinds_;
};

}  // namespace lookout

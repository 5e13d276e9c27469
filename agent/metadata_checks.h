// MetadataChecks: the thresholds that owners of streams and consumers wrote into their metadata, io.nats.monitor.*,
// with the meaning that `nats server check stream` and `consumer` give them. Pure; loop thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "agent/fleet.h"

namespace lookout {

class MetadataChecks {
 public:
  explicit MetadataChecks(std::span<const Collector> collectors);

  // What is wrong by this answer of the server.
  void look(const Server& server, std::size_t collector, const Block& block, std::vector<Violation>& out) const;

 private:
  struct Source {  // a column that gives a fact (metadata_checks.cpp)
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

  void look(const Kind& kind, const Server& server, const Block& block, std::vector<Violation>& out) const;

  std::array<Kind, 2> kinds_;
};

}  // namespace lookout

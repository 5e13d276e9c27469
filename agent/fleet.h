// Fleet: the servers as one evaluation of the checks sees them, and where it finds what they said. Made for each
// evaluation, not kept; loop thread.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/metric.h"
#include "agent/roster.h"
#include "agent/violation.h"

namespace lookout {

// Where a metric is found in a Block.
struct Column {
  std::size_t collector = 0;
  std::size_t section = 0;
  std::size_t metric = 0;
};
// All of this name in the first section that has it, one for each fixed label; one that is shown on /metrics is
// preferred.
[[nodiscard]] std::vector<Column> columns_of(std::span<const Collector> collectors, std::string_view metric);

// One section of the answers, found by the name of one of its metrics.
class Table {
 public:
  Table(std::span<const Collector> collectors, std::string_view metric);

  // What the server last said; null: nothing.
  [[nodiscard]] const Part* of(const Server& server) const;
  [[nodiscard]] const Block* block(const Server& server) const;
  // In an answer of its collector.
  [[nodiscard]] const Part& in(const Block& block) const { return block.parts[section_]; }
  [[nodiscard]] bool is_of(std::size_t collector) const { return collector_ != nullptr && index_ == collector; }
  [[nodiscard]] std::size_t labels() const {
    return collector_ == nullptr ? 0 : collector_->sections[section_].labels.size();
  }
  [[nodiscard]] std::size_t label(std::string_view name) const;  // its index; none: labels()
  [[nodiscard]] std::size_t column(std::string_view metric) const;
  // Whether its collector is asked of servers of this version.
  [[nodiscard]] bool asked(const Server& server) const;

 private:
  const Collector* collector_ = nullptr;  // null: no section has it
  std::size_t index_ = 0;
  std::size_t section_ = 0;
};

// act(server, part, row) for every row that a live server last said.
template <class Act>
void each_row(const Roster& roster, const Table& table, Act act) {
  for (const auto& server : roster.servers()) {
    const Part* const part = server->up() ? table.of(*server) : nullptr;
    for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) act(*server, *part, row);
  }
}

// How findings name the meta group that a server belongs to.
[[nodiscard]] std::string meta_group_of(const Server& server);

struct Fleet {
  struct Cluster {
    std::string name;
    std::vector<const Server*> servers;  // all that are known, joining ones left out
    std::size_t gone = 0;                // of these
    std::string planned;                 // announced maintenance, for a sentence; empty: none
  };

  Fleet(const Roster& known, Now at);

  const Roster& roster;
  std::map<std::string, Cluster> clusters;
  Now now;

  [[nodiscard]] const Server* find(std::string_view cluster, std::string_view name) const;
  [[nodiscard]] const Cluster* cluster(std::string_view name) const;
  [[nodiscard]] std::string planned(std::string_view name) const;
  template <class Act>
  void each_row(const Table& table, Act act) const {
    lookout::each_row(roster, table, std::move(act));
  }
  // Up, and for long enough that others should have noticed.
  [[nodiscard]] bool settled(const Server& server) const;
  // Whether so named a server is gone, or was when this was received.
  [[nodiscard]] bool gone(std::string_view name, Mono received) const;
  [[nodiscard]] bool is_known(std::string_view name) const;

 private:
  std::unordered_multimap<std::string_view, const Server*> names_;  // as servers say them
};

// The worst of each check and entity.
class Violations {
 public:
  void add(Violation violation);
  void erase(Check check, const std::string& entity) { all_.erase({check, entity}); }
  // Nobody can tell now.
  void unsure(Check check, const std::string& entity) { unsure_.emplace(check, entity); }
  [[nodiscard]] bool is_unsure(Check check, const std::string& entity) const {
    return unsure_.contains({check, entity});
  }
  [[nodiscard]] const std::map<std::pair<Check, std::string>, Violation>& all() const { return all_; }
  // Of one check.
  [[nodiscard]] std::vector<const Violation*> of(Check check) const;

 private:
  std::map<std::pair<Check, std::string>, Violation> all_;
  std::set<std::pair<Check, std::string>> unsure_;
};

}  // namespace lookout

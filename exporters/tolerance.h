// How many more members of a Raft group may fail before it has no quorum, from what its leader tells of it; made when a
// page is. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "agent/metric.h"
#include "agent/snapshot.h"

namespace lookout {

struct Tolerance {
  Metric metric;        // that shows it, with the labels of the groups' section
  const char* size;     // a metric of the groups: how many members each has
  const char* offline;  // metrics of their peers, in a section that is labelled as the groups', and by the peer
  const char* current;  // empty: a peer that is not offline can vote
};

// The one whose groups this section lists; null: none.
[[nodiscard]] const Tolerance* tolerance_of(const Section& section);

// The groups of one section, block after block.
class Tolerated {
 public:
  Tolerated(const Tolerance& tolerance, std::span<const Section> sections, std::size_t groups);

  // Part::kAbsent where this server does not lead the group. Rows of a block are asked in their order.
  double of(const Block& block, std::size_t row);

 private:
  [[nodiscard]] bool belongs(const Block& block, std::size_t row) const;

  const std::size_t groups_;
  std::size_t size_;
  std::size_t peers_;
  std::size_t shared_ = 0;  // labels
  std::size_t offline_;
  std::optional<std::size_t> current_;
  const Block* block_ = nullptr;
  std::size_t next_ = 0;  // peer
};

// Of the meta groups the least.
[[nodiscard]] std::optional<double> meta_failures_tolerated(const Snapshot& snapshot,
                                                            std::span<const Collector> collectors);

}  // namespace lookout

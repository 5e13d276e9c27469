#include "exporters/tolerance.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace lookout {
namespace {

constexpr Tolerance kMeta{
    {gauge, "nats_meta_failures_tolerated", "",
     "Members of the meta group that may fail before it has no quorum; 0: none, or it has lost it."},
    "nats_meta_cluster_size",
    "nats_meta_peer_offline",
    ""};
constexpr Tolerance kStream{
    {gauge, "nats_stream_failures_tolerated", "",
     "Replicas of the stream that may fail before it has no quorum; 0: none, or it has lost it."},
    "nats_stream_replicas",
    "nats_stream_replica_offline",
    "nats_stream_replica_current"};

std::optional<std::size_t> column_of(const Section& section, std::string_view metric) {
  const std::size_t index = metric_of(section, metric);
  if (!section.native || index == section.metrics.size()) return std::nullopt;
  return index;
}

std::size_t section_of(std::span<const Section> sections, std::string_view metric) {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const Section& each) { return column_of(each, metric).has_value(); });
  return static_cast<std::size_t>(found - sections.begin());
}

}  // namespace

const Tolerance* tolerance_of(const Section& section) {
  for (const Tolerance* each : {&kMeta, &kStream}) {
    if (column_of(section, each->size)) return each;
  }
  return nullptr;
}

Tolerated::Tolerated(const Tolerance& tolerance, std::span<const Section> sections, std::size_t groups)
    : groups_(groups),
      size_(*column_of(sections[groups], tolerance.size)),
      peers_(section_of(sections, tolerance.offline)),
      shared_(sections[peers_].labels.size() - 1),
      offline_(*column_of(sections[peers_], tolerance.offline)),
      current_(column_of(sections[peers_], tolerance.current)) {}

// Whether the next peer is one of the group in that row.
bool Tolerated::belongs(const Block& block, std::size_t row) const {
  const Part& peers = block.parts[peers_];
  if (next_ >= peers.rows()) return false;
  for (std::size_t i = 0; i < shared_; ++i) {
    if (peers.label(next_, i) != block.parts[groups_].label(row, i)) return false;
  }
  return true;
}

// Groups and peers come in the order of the answer: the peers of a group stand together, and groups without peers are
// passed.
double Tolerated::of(const Block& block, std::size_t row) {
  if (block_ != &block) next_ = 0;
  block_ = &block;
  double gone = 0;
  double voting = 1;  // the leader
  for (; belongs(block, row); ++next_) {
    const Part& peers = block.parts[peers_];
    const bool offline = peers.value(next_, offline_) == 1;
    gone += offline ? 1 : 0;
    voting += !offline && current_ && peers.value(next_, *current_) == 1 ? 1 : 0;
  }
  const double size = block.parts[groups_].value(row, size_);
  if (!block.parts[groups_].led(row) || std::isnan(size)) return Part::kAbsent;
  const double needed = std::floor(size / 2) + 1;
  return std::max((current_ ? voting : size - gone) - needed, 0.0);
}

std::optional<double> meta_failures_tolerated(const Snapshot& snapshot, std::span<const Collector> collectors) {
  std::optional<double> least;
  for (std::size_t i = 0; i < collectors.size(); ++i) {
    const std::size_t groups = section_of(collectors[i].sections, kMeta.size);
    if (groups == collectors[i].sections.size()) continue;
    Tolerated tolerated(kMeta, collectors[i].sections, groups);
    for (const auto& server : snapshot.servers) {
      if (i >= server->blocks.size() || server->blocks[i] == nullptr || server->blocks[i]->parts[groups].empty())
        continue;
      const double value = tolerated.of(*server->blocks[i], 0);
      if (!std::isnan(value)) least = std::min(least.value_or(value), value);
    }
  }
  return least;
}

}  // namespace lookout

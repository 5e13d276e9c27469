#include "agent/carry.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lookout {
namespace {

// Counters by the texts of a row's labels.
using Sums = std::unordered_map<std::string, std::vector<double>>;

std::string key(const Part& part, std::size_t row, std::size_t labels) {
  std::string out;
  for (std::size_t i = 0; i < labels; ++i) (out += part.label(row, i)) += '\x1F';
  return out;
}

// The section that keeps apart what `folded` merges: its labels begin with the same ones.
std::optional<std::size_t> members_of(const Collector& collector, const Section& folded) {
  const auto sections = collector.sections;
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const Section& section) {
    return !section.fold && section.metrics.data() == folded.metrics.data() &&
           section.labels.size() > folded.labels.size() && section.level == folded.level;
  });
  if (!folded.fold || found == sections.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections.begin());
}

void add(Sums& sums, std::string row, std::span<const double> values) {
  auto& sum = sums.try_emplace(std::move(row), values.size(), 0.0).first->second;
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += std::isnan(values[i]) ? 0 : values[i];
}

bool equal_labels(const Part& a, std::size_t row_a, const Part& b, std::size_t row_b, std::size_t labels) {
  for (std::size_t i = 0; i < labels; ++i) {
    if (a.label(row_a, i) != b.label(row_b, i)) return false;
  }
  return true;
}

// Which rows are there. Few, as routes and gateways are, are compared one by one: that is cheaper than any index.
class Rows {
 public:
  Rows(const Part& part, std::size_t labels) : part_(part), labels_(labels) {
    if (part.rows() <= kFew) return;
    for (std::size_t row = 0; row < part.rows(); ++row) index_.insert(key(part, row, labels));
  }
  [[nodiscard]] bool contain(const Part& other, std::size_t row) const {
    if (!index_.empty()) return index_.contains(key(other, row, labels_));
    for (std::size_t mine = 0; mine < part_.rows(); ++mine) {
      if (equal_labels(part_, mine, other, row, labels_)) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kFew = 32;
  const Part& part_;
  const std::size_t labels_;
  std::unordered_set<std::string> index_;
};

// What the rows of `before` that are not in `now` had counted.
void add_gone(Sums& sums, const Part& before, const Part& now, std::size_t labels, std::size_t folded_labels) {
  const Rows there(now, labels);
  for (std::size_t row = 0; row < before.rows(); ++row) {
    if (!there.contain(before, row)) add(sums, key(before, row, folded_labels), before.values(row));
  }
}

Part add_to_rows(const Section& section, const Sums& sums, Part& part) {
  Part carried(section.labels.size(), section.metrics.size());
  std::vector<std::string> labels(section.labels.size());
  for (std::size_t row = 0; row < part.rows(); ++row) {
    const auto sum = sums.find(key(part, row, labels.size()));
    if (sum == sums.end()) continue;
    const std::span<double> values = part.change(row);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (section.metrics[i].type == counter) values[i] += sum->second[i];
    }
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = part.label(row, i);
    carried.add(labels, sum->second);
  }
  return carried;
}

}  // namespace

std::shared_ptr<const Block> carry_over(const Collector& collector, const Block* before,
                                        std::shared_ptr<const Block> now) {
  if (before == nullptr || now == nullptr) return now;
  std::shared_ptr<Block> changed;
  for (std::size_t i = 0; i < collector.sections.size(); ++i) {
    const Section& section = collector.sections[i];
    const auto members = members_of(collector, section);
    if (!members) continue;
    Sums sums;
    const auto carried = before->carried.find(i);
    if (carried != before->carried.end()) {
      const Part& part = carried->second;
      for (std::size_t row = 0; row < part.rows(); ++row)
        add(sums, key(part, row, section.labels.size()), part.values(row));
    }
    add_gone(sums, before->parts[*members], now->parts[*members], collector.sections[*members].labels.size(),
             section.labels.size());
    if (sums.empty()) continue;
    if (changed == nullptr) changed = std::make_shared<Block>(*now);
    changed->carried.insert_or_assign(i, add_to_rows(section, sums, changed->parts[i]));
  }
  return changed == nullptr ? now : changed;
}

}  // namespace lookout

// What servers said, found by the name of a metric, for the answers of /api/v1. Pure functions of a Snapshot.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/fleet.h"
#include "agent/snapshot.h"

namespace lookout::api {

struct Name {  // of a metric, as a template's argument
  template <std::size_t N>
  constexpr Name(const char (&given)[N]) {  // NOLINT(google-explicit-constructor,hicpp-explicit-conversions)
    static_assert(N <= sizeof(text));
    std::copy_n(given, N, text);
  }
  char text[64]{};
};

// A table in the answers, and the places of labels and metrics in it.
class Rows {
 public:
  // The section that has this metric.
  explicit Rows(std::string_view metric);

  // What the server last said; null: nothing.
  [[nodiscard]] const Part* of(const ServerView& server) const;
  [[nodiscard]] const Block* block(const ServerView& server) const;
  [[nodiscard]] std::size_t label(std::string_view name) const;
  [[nodiscard]] std::size_t metric(std::string_view name) const;

 private:
  Column at_;
};

[[nodiscard]] inline std::optional<double> present(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

// Of a metric that every server tells once.
template <Name name>
std::optional<double> said(const ServerView& server) {
  static const Rows rows(name.text);
  static const std::size_t metric = rows.metric(name.text);
  const Part* const part = rows.of(server);
  return part == nullptr || part->empty() ? std::nullopt : present(part->value(0, metric));
}

// Over all servers; none: no server tells it.
template <Name name>
std::optional<double> sum(const Snapshot& snapshot) {
  std::optional<double> out;
  for (const auto& server : snapshot.servers) {
    const auto value = said<name>(*server);
    if (value) out = out.value_or(0) + *value;
  }
  return out;
}

// act(server, part, row) for every row that a server last said.
template <class Act>
void each_row(const Snapshot& snapshot, const Rows& rows, Act act) {
  for (const auto& server : snapshot.servers) {
    const Part* const part = rows.of(*server);
    for (std::size_t row = 0; part != nullptr && row < part->rows(); ++row) act(*server, *part, row);
  }
}

}  // namespace lookout::api

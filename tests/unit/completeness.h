// Is every number that a server tells used? Walks a reply leaf by leaf and takes away what the tables read and what
// stands in the list of what is left out on purpose. Shared by the unit tests (recorded replies) and the end-to-end
// tests (live ones).
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metric.h"

namespace lookout::test {

struct LeftOut {
  const char* collector;
  const char* path;  // below the payload; "*" is any one member or element, "**" at the end whatever is below
  const char* reason;
};

[[nodiscard]] std::span<const LeftOut> left_out();

// Whether a path is what a pattern of the list means.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view path);

// The numbers and booleans of the reply's payload, as paths.
[[nodiscard]] std::set<std::string> leaves(const nlohmann::json& reply);

// Those that the collector's table reads.
[[nodiscard]] std::set<std::string> read_by(const Collector& collector, const nlohmann::json& reply);

// Those that are neither read nor left out on purpose: none.
[[nodiscard]] std::vector<std::string> forgotten(const Collector& collector, const nlohmann::json& reply);

}  // namespace lookout::test

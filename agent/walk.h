// Walking a reply along the paths of the tables (agent/metric.h). Internal to decode.cpp; knows simdjson, as
// agent/json.h does.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/json.h"

namespace lookout::walk {

using json::element;

// One row and the "*" elements around it, outermost first.
struct Row {
  static constexpr std::size_t kDepth = 4;
  struct Step {
    element value;
    std::string_view key;  // of a map's member
  };

  element root;
  element value;
  std::string_view key;  // of a map's member; empty for an array's element
  std::array<Step, kDepth> parents{};
  std::size_t depth = 0;
  bool many = false;  // an element of an array or a map, or below one

  // The parent that many steps up; null when there is none.
  [[nodiscard]] const Step* up(std::size_t steps) const {
    return steps == 0 || steps > depth ? nullptr : &parents[depth - steps];
  }
};

inline std::size_t count_up(std::string_view path) {
  std::size_t up = 0;
  while (up < path.size() && path[up] == '^') ++up;
  return up;
}

// What a Metric's or Label's path means for this row.
inline std::optional<element> find(const Row& row, std::string_view path) {
  element out;
  const std::size_t up = count_up(path);
  path.remove_prefix(up);
  const Row::Step* parent = row.up(up);
  if (up > 0 && parent == nullptr) return std::nullopt;
  const bool absolute = path.starts_with("//");
  if (absolute) path.remove_prefix(1);
  const element from = absolute ? row.root : up > 0 ? parent->value : row.value;
  if (path.empty()) return from;
  if (!from.is_object() && !from.is_array()) return std::nullopt;
  if (from.at_pointer(path).get(out) != simdjson::SUCCESS) return std::nullopt;
  return out;
}

// The key that a path ending in kKey means; nothing for other paths.
inline std::optional<std::string_view> key(const Row& row, std::string_view path) {
  const std::size_t up = count_up(path);
  path.remove_prefix(up);
  if (path != "@key") return std::nullopt;
  if (up == 0) return row.key;
  const Row::Step* parent = row.up(up);
  return parent == nullptr ? std::string_view() : parent->key;
}

// Calls use(value, key) for every element of an array or member of an object.
template <class Use>
void each_child(element of, Use&& use) {
  if (of.is_array()) {
    for (const element item : simdjson::dom::array(of)) use(item, std::string_view());
  } else if (of.is_object()) {
    for (const auto [key, value] : json::object(of)) use(value, key);
  }
}

template <class Use>
void rows_at(element found, bool map, bool all, Row& row, Use& use) {
  const auto one = [&](element value, std::string_view key, bool many) {
    Row out = row;
    out.value = value;
    out.key = key;
    out.many = row.many || many;
    use(out);
  };
  if (found.is_array() || ((map || all) && found.is_object())) {
    each_child(found, [&](element value, std::string_view key) {
      if (found.is_array() && !value.is_object()) return;
      one(value, key, true);
    });
  } else if (found.is_object()) {
    one(found, {}, false);
  }
}

template <class Use>
void descend(element at, std::string_view path, bool map, Row& row, Use& use) {
  const std::size_t star = path.find("/*");
  const std::string_view before = path.substr(0, star);
  element found = at;
  if (!before.empty() && at.at_pointer(before).get(found) != simdjson::SUCCESS) return;
  if (star == std::string_view::npos || star + 2 == path.size()) {
    rows_at(found, map, star != std::string_view::npos, row, use);
    return;
  }
  if (row.depth == Row::kDepth) return;
  const bool many = row.many;
  each_child(found, [&](element value, std::string_view key) {
    if (!value.is_object() && !value.is_array()) return;
    row.parents[row.depth++] = {value, key};
    row.many = true;
    descend(value, path.substr(star + 2), map, row, use);
    --row.depth;
  });
  row.many = many;
}

// Calls use(Row) for every row of a Section's path.
template <class Use>
void each(element root, std::string_view path, bool map, Use&& use) {
  Row row;
  row.root = root;
  descend(root, path, map, row, use);
}

// "/a/*/b" -> {"/a/*", "/b"}.
inline std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  const std::size_t at = path.rfind('/');
  return at == std::string_view::npos ? std::pair{std::string_view(), path}
                                      : std::pair{path.substr(0, at), path.substr(at)};
}

}  // namespace lookout::walk

#include "tests/unit/completeness.h"

#include <algorithm>
#include <iterator>

namespace lookout::test {
namespace {

using nlohmann::json;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return parts;
}

std::string escaped(const std::string& key) {
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

const json* at(const json& from, const std::string& pointer) {
  const json::json_pointer where(pointer);
  return from.contains(where) ? &from.at(where) : nullptr;
}

void collect(const json& value, const std::string& path, std::set<std::string>& out) {
  if (value.is_number() || value.is_boolean()) out.insert(path);
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], path + "/" + std::to_string(i), out);
  }
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.items()) collect(item, path + "/" + escaped(key), out);
}

std::vector<std::string> children(const json& reply, const std::string& path) {
  std::vector<std::string> out;
  const json* const value = at(reply, path);
  if (value == nullptr) return out;
  if (value->is_array()) {
    for (std::size_t i = 0; i < value->size(); ++i) out.push_back(path + "/" + std::to_string(i));
  } else if (value->is_object()) {
    for (const auto& [key, item] : value->items()) out.push_back(path + "/" + escaped(key));
  }
  return out;
}

// Marks what one section reads: its rows with the elements around them.
struct Reader {
  const json& reply;
  const Section& section;
  std::set<std::string>& out;

  void row(const std::string& path, const std::vector<std::string>& parents) const {
    for (const Metric& metric : section.metrics) {
      if (metric.as == As::one || metric.as == As::leads) continue;
      std::string_view tail = metric.path;
      std::size_t up = 0;
      while (tail.starts_with('^')) {
        ++up;
        tail.remove_prefix(1);
      }
      const bool absolute = tail.starts_with("//");
      if (up > parents.size()) continue;
      const std::string& from = up == 0 ? path : parents[parents.size() - up];
      out.insert(absolute ? std::string(tail.substr(1)) : from + std::string(tail));
    }
  }

  void rows(const std::string& path, bool all, const std::vector<std::string>& parents) const {
    const json* const value = at(reply, path);
    if (value == nullptr) return;
    if (!value->is_array() && !(value->is_object() && (section.map || all))) return row(path, parents);
    for (const std::string& child : children(reply, path)) row(child, parents);
  }

  void walk(const std::string& path, std::string_view rest, std::vector<std::string> parents) const {
    const std::size_t star = rest.find("/*");
    const std::string here = path + std::string(rest.substr(0, star));
    if (star == std::string_view::npos || star + 2 == rest.size())
      return rows(here, star != std::string_view::npos, parents);
    for (const std::string& child : children(reply, here)) {
      auto deeper = parents;
      deeper.push_back(child);
      walk(child, rest.substr(star + 2), deeper);
    }
  }
};

}  // namespace

bool matches(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern);
  const auto given = split(path);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "**") return true;
    if (i >= given.size() || (wanted[i] != "*" && wanted[i] != given[i])) return false;
  }
  return wanted.size() == given.size();
}

std::set<std::string> leaves(const json& reply) {
  std::set<std::string> out;
  for (const char* payload : {"statsz", "data"}) {
    if (reply.contains(payload)) collect(reply.at(payload), std::string("/") + payload, out);
  }
  return out;
}

std::set<std::string> read_by(const Collector& collector, const json& reply) {
  std::set<std::string> out;
  for (const Section& section : collector.sections) Reader{reply, section, out}.walk("", section.path, {});
  return out;
}

std::vector<std::string> forgotten(const Collector& collector, const json& reply) {
  const std::set<std::string> all = leaves(reply);
  const std::set<std::string> read = read_by(collector, reply);
  std::vector<std::string> out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const std::string& leaf) {
    const auto known = left_out();
    return !read.contains(leaf) && std::none_of(known.begin(), known.end(), [&](const LeftOut& line) {
      return line.collector == std::string_view(collector.name) && matches(line.path, leaf);
    });
  });
  return out;
}

}  // namespace lookout::test

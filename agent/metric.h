// The vocabulary of the tables: one Metric is one line, one Section is one object or array of a server's reply. A
// collector is a table; decode() (agent/decode.h) turns a reply into a Block by it, exporters print Blocks by the same
// table. All of it is constexpr data.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/clock.h"

namespace lookout {

enum class Type : std::uint8_t { counter, gauge };
using enum Type;

// How a JSON value becomes a sample.
enum class As : std::uint8_t {
  number,
  nanoseconds,  // integer ns -> seconds
  timestamp,    // RFC 3339 -> unix seconds; Go's zero time is absent
  flag,         // true/false -> 1/0
  limit,        // number; -1, 0 where nats-server means "unlimited" by it, and 2^64-1 are absent
  percent,      // 0..100 (per core, may pass 100) -> ratio
  count,        // length of an array
  number_or_0,  // number that nats-server leaves out when it is zero (Go's omitempty), in every supported version
  flag_or_0,    // the same for a flag
  text,         // not a number: becomes a label of the section's info metric
};

struct Metric {
  Type type;
  const char* name;
  const char* path;  // JSON pointer below the section
  const char* help;
  As as = As::number;
  const char* label = "";  // fixed extra label, ready for the page: kind="clients"; lines of one family stand together
};

struct Label {
  const char* name;
  const char* path;  // JSON pointer to a string or number below the row
};

inline constexpr const char* kKey = "@key";

struct Section {
  const char* path;  // JSON pointer in the reply: an object (one row) or an array (one row per element)
  std::span<const Label> labels;
  std::span<const Metric> metrics;
  bool fold = false;      // rows with equal labels are added up (pooled route connections)
  bool map = false;       // the object is a map: one row per member, the label path kKey is the member's name
  const char* info = "";  // when set: the section's As::text metrics are the labels of this 1-valued info metric
};

// One decoded row: label values in the order of Section::labels, values in the order of Section::metrics.
struct Row {
  static constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

  std::vector<std::string> labels;
  std::vector<double> values;      // kAbsent where the reply had nothing
  std::vector<std::string> texts;  // As::text values in the order of their metrics; empty where the section has none
};

// What one reply of one server said. Immutable after decode(), shared by snapshots.
struct Block {
  std::vector<std::vector<Row>> parts;  // by section, in the order of the collector's table
  Wall server_time{};                   // when the server made it
  Mono received;                        // when it reached the Inbox
};

// One endpoint to ask. `sections` point into the envelope's payload ("/statsz", "/data").
struct Collector {
  const char* name;      // "statsz": --collect.statsz.interval, endpoint="statsz"
  const char* endpoint;  // "STATSZ": $SYS.REQ.SERVER.PING.STATSZ
  std::span<const Section> sections;
};

// Compile-time lint of a table: help ends with a period, counters and only counters end in _total, base units by `As`.
constexpr bool well_formed(const Metric& metric) {
  if (metric.as == As::text) return true;
  const std::string_view name = metric.name;
  const std::string_view help = metric.help;
  if (!name.starts_with("nats_") || !help.ends_with('.')) return false;
  if ((metric.type == counter) != name.ends_with("_total")) return false;
  switch (metric.as) {
    case As::nanoseconds:
      return name.ends_with("_seconds") || name.ends_with("_seconds_total");
    case As::timestamp:
      return name.ends_with("_timestamp_seconds");
    case As::percent:
      return name.ends_with("_ratio");
    default:
      return true;
  }
}

constexpr bool well_formed(const Section& section) {
  for (const Metric& metric : section.metrics) {
    if (!well_formed(metric)) return false;
  }
  return true;
}

template <std::size_t N>
constexpr bool well_formed(const Section (&sections)[N]) {
  for (const Section& section : sections) {
    if (!well_formed(section)) return false;
  }
  return true;
}

}  // namespace lookout

// The vocabulary of the tables: one Metric is one line, one Section is one object or array of a server's reply. A
// collector is a table; the decoder (agent/decode.h) turns replies into a Block by it, exporters print Blocks by the
// same table. All of it is constexpr data.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/clock.h"
#include "config/config.h"

namespace lookout {

enum class Type : std::uint8_t { counter, gauge };
using enum Type;

// How a JSON value becomes a sample.
enum class As : std::uint8_t {
  number,
  nanoseconds,  // integer ns -> seconds; negative ("never") is absent
  time_limit,   // the same, where 0 means that there is no limit: absent
  text_number,  // a number written as text
  go_duration,  // Go's text, "1.5ms", "507µs", "2m3s" -> seconds; "0s" (not measured yet) is absent
  timestamp,    // RFC 3339 -> unix seconds; Go's zero time is absent
  unix_time,    // integer seconds since 1970; 0 is absent
  flag,         // true/false -> 1/0
  limit,        // number; -1 and 2^64-1, by which nats-server means "unlimited", are absent
  limit_or_0,   // the same, where 0 too means that there is no limit
  percent,      // 0..100 (per core, may pass 100) -> ratio
  count,        // length of an array
  one,          // 1 for the row itself: counts rows where they are folded, carries labels where they are not
  ok,           // text: 1 for "ok", else 0
  number_or_0,  // number that nats-server leaves out when it is zero (Go's omitempty), in every supported version
  flag_or_0,    // the same for a flag
  leads,        // whether this server leads what the row tells of (Section::leader)
};

enum class Merge : std::uint8_t { sum, max };  // of rows that are folded

struct Metric {
  Type type;
  const char* name;
  const char* path;  // JSON pointer below the row; "^" in front of it: below the row's parent (see Section::path); one
                     // more "/" in front of it: below the reply
  const char* help;
  As as = As::number;
  const char* label = "";  // fixed extra label, ready for the page: kind="clients"; lines of one family stand together
  const char* since = "";  // first nats-server version that sends it, where that is later than the endpoint's
  Merge merge = Merge::sum;
};

struct Label {
  const char* name;  // "account" is an account's id: pages put its name next to it, as account_name
  const char* path;  // JSON pointer to a string or number, as in Metric::path; kKey: the key or index of the row itself
  std::string (*shown)(std::string_view) = nullptr;  // bounds an unbounded value
  bool hidden = false;                               // kept for the peers' schemas, not on /metrics
};

inline constexpr const char* kKey = "@key";
inline constexpr std::uint32_t kMaxRows = 0;

// Whose fact a row is, and so which labels come before its own.
enum class Of : std::uint8_t {
  server,      // nats_cluster, server
  asset,       // a stream or consumer: nats_cluster, domain; told once, by its leader
  domain,      // the meta group: domain; told once, by its leader
  deployment,  // an account's limits: nothing; told once
};

struct Section {
  // JSON pointer in the reply; "*" stands for every element of an array or member of an object. Without one it is an
  // object: one row. A path ending in an array or, with `map`, an object: one row per element. A row's parent ("^") is
  // the innermost "*" element around it, "^^" the one around that; "^@key" is the parent's key.
  const char* path;
  std::span<const Label> labels;
  std::span<const Metric> metrics;
  Level level = Level::summary;  // the first at which the section is read
  Of of = Of::server;
  bool fold = false;      // rows with equal labels are merged (of counters that belong to connections: agent/carry.h)
  bool map = false;       // the object is a map: one row per member
  std::uint16_t top = 0;  // only that many rows with the largest (positive) first metric
  std::uint32_t rows = 1024;  // bound for one server; what is beyond is counted; kMaxRows: --limits.rows
  const char* leader = "";    // path of the leader's name: rows led by another server are left out. A row whose leader
                              // nobody knows stays, with nothing but its As::leads metrics
  const char* standalone = "";  // with leader: where this is missing, nothing is replicated and the server itself leads
  bool followers = false;       // with leader: rows led by another server stay too, and As::leads tells the difference
  bool native = true;           // false: read for the peers' schemas only
};

// The rows of one section in the order of arrival: label values in the order of Section::labels, values in the order of
// Section::metrics. One text and two flat arrays, because there can be a hundred thousand of them.
class Part {
 public:
  static constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

  Part(std::size_t labels, std::size_t metrics) : labels_(labels), metrics_(metrics) {}

  [[nodiscard]] std::size_t rows() const { return led_.size(); }
  [[nodiscard]] bool empty() const { return led_.empty(); }
  [[nodiscard]] std::string_view label(std::size_t row, std::size_t label) const {
    const std::size_t at = row * labels_ + label;
    const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
    return std::string_view(text_).substr(begin, ends_[at] - begin);
  }
  [[nodiscard]] double value(std::size_t row, std::size_t metric) const { return values_[row * metrics_ + metric]; }
  [[nodiscard]] std::span<const double> values(std::size_t row) const {
    return std::span(values_).subspan(row * metrics_, metrics_);
  }
  [[nodiscard]] bool led(std::size_t row) const { return led_[row]; }  // this server is its leader

  void add(std::span<const std::string> labels, std::span<const double> values, bool led = true) {
    for (const std::string& label : labels) {
      text_ += label;
      ends_.push_back(static_cast<std::uint32_t>(text_.size()));
    }
    values_.insert(values_.end(), values.begin(), values.end());
    led_.push_back(led);
  }
  [[nodiscard]] std::size_t memory() const {  // bytes
    return sizeof(Part) + text_.capacity() + ends_.capacity() * sizeof(std::uint32_t) +
           values_.capacity() * sizeof(double) + led_.capacity() / 8;
  }
  [[nodiscard]] std::span<double> change(std::size_t row) {
    return std::span(values_).subspan(row * metrics_, metrics_);
  }

 private:
  std::size_t labels_;
  std::size_t metrics_;
  std::string text_;
  std::vector<std::uint32_t> ends_;  // of each label value in text_
  std::vector<double> values_;       // kAbsent where the reply had nothing
  std::vector<bool> led_;
};

// The index of a section's label or metric of this name; none: how many there are.
[[nodiscard]] inline std::size_t label_of(const Section& section, std::string_view name) {
  std::size_t i = 0;
  while (i < section.labels.size() && section.labels[i].name != name) ++i;
  return i;
}
[[nodiscard]] inline std::size_t metric_of(const Section& section, std::string_view name) {
  std::size_t i = 0;
  while (i < section.metrics.size() && section.metrics[i].name != name) ++i;
  return i;
}

// What one server said to one question, all pages of it. Immutable once made, shared by snapshots.
struct Block {
  std::vector<Part> parts;              // by section, in the order of the collector's table
  std::map<std::size_t, Part> carried;  // by section: what its rows owe to connections that are gone (agent/carry.h)
  Wall server_time{};                   // when the server made it (the last page)
  Mono received;                        // when it reached the Inbox
  std::uint64_t bytes = 0;              // as received, compressed where the server did so; all pages

  [[nodiscard]] std::size_t memory() const {  // bytes
    std::size_t sum = sizeof(Block);
    for (const Part& part : parts) sum += part.memory();
    for (const auto& [section, part] : carried) sum += part.memory();
    return sum;
  }
};

// What a question depends on.
struct Ask {
  Level level = Level::summary;
  std::string_view version;  // of the server that is asked; empty: of all servers at once
  std::string_view server;   // its name; empty: of all servers at once
  std::string_view account;  // Reach::accounts
  std::uint64_t offset = 0;  // Reach::pages
  std::uint64_t limit = 0;
};

// How servers are asked.
enum class Reach : std::uint8_t {
  all,       // one PING that every server answers once
  pages,     // each server by itself, page after page
  accounts,  // each server by itself, once for each of a list of accounts
};

enum class Accounts : std::uint8_t {
  none,
  shared,     // each account of the deployment at one server that has it
  jetstream,  // all accounts with JetStream, at every server that runs it
};

// One endpoint to ask. Section paths start at the envelope's payload ("/statsz", "/data").
struct Collector {
  const char* name;      // "statsz": --collect.statsz.interval, endpoint="statsz"
  const char* endpoint;  // "STATSZ": $SYS.REQ.SERVER.PING.STATSZ; a whole subject when it starts with "$SYS"
  std::span<const Section> sections;
  std::string (*body)(const Ask&) = nullptr;  // JSON; empty: none
  Reach reach = Reach::all;
  Level paged_from = Level::summary;  // Reach::pages and accounts: below this level it is one PING
  const char* rows = "";              // Reach::pages: the array that the pages divide ...
  std::uint32_t page = 0;             // ... and how much of it is asked at a time
  Accounts accounts = Accounts::none;
  const char* account_id = "";    // rows (path with "*", as in Section) that tell an account's id ...
  const char* account_name = "";  // ... and its display name
  bool account_stats = false;     // those rows are AccountStat: connections and leaf nodes
  const char* since = "2.9.0";    // first nats-server version that answers
  bool ring = false;  // closed connections, newest first (the first metric is when): asked only of servers that lack
                      // some, back to where they do (agent/ring.h); a Block of it is not kept
};

// Compile-time lint of a table: help ends with a period, counters and only counters end in _total, base units by `As`.
constexpr bool well_formed(const Metric& metric) {
  const std::string_view name = metric.name;
  const std::string_view help = metric.help;
  if (!name.starts_with("nats_") || !help.ends_with('.')) return false;
  if ((metric.type == counter) != name.ends_with("_total")) return false;
  switch (metric.as) {
    case As::nanoseconds:
    case As::time_limit:
    case As::go_duration:
      return name.ends_with("_seconds") || name.ends_with("_seconds_total");
    case As::timestamp:
    case As::unix_time:
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

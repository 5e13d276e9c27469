// The peers' schemas: the same Snapshot under the names, types and labels of nats-surveyor 0.9.9 (/metrics/surveyor)
// and prometheus-nats-exporter 0.20.1 (/metrics/exporter), so that dashboards and alerts keep working while one moves
// over. A name is one line of a table in surveyor.cpp or exporter.cpp; docs/peers.md is made from those tables. Pure
// functions of a Snapshot; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/instruments.h"
#include "agent/snapshot.h"
#include "agent/text.h"
#include "collectors/collectors.h"
#include "exporters/writer.h"

namespace lookout {

// The end of the page that `drain`, if any, did not take.
[[nodiscard]] std::string render_surveyor(const Snapshot& snapshot, const Instruments& instruments, Now now,
                                          Format format, const Drain& drain = {});

// An empty prefix is the default of that exporter: gnatsd and jetstream; another replaces both ("nats" in the Helm
// chart).
[[nodiscard]] std::string render_exporter(const Snapshot& snapshot, std::string_view prefix, Now now, Format format,
                                          const Drain& drain = {});

// docs/peers.md.
[[nodiscard]] std::string render_peers_reference();

namespace peers {

// Where a label's text comes from.
enum class From : std::uint8_t {
  server_id,
  server_name,
  cluster,
  version,
  host,
  domain,
  domain_or_default,  // "Default" where there is none
  jetstream,          // "true" or "false"
  meta_leader,
  is_meta_leader,  // "true" or "false"; a server without a meta group leads itself
  row,             // the row's label named PeerLabel::of
  needed_row,      // the same; a row without it is left out
  is_row,          // "true" when that label names the server
  capitalised,     // the same, "Leafnode"
  account_name,    // display name of the account whose id is the row's label named PeerLabel::of
  tier,            // "R3": the value of the row's metric named PeerLabel::of
  constant,        // PeerLabel::of
};

struct PeerLabel {
  const char* name;
  From from;
  const char* of = "";
};

// What the functions of the tables may look at; lives for one page.
struct Facts {
  Facts(const Snapshot& from, const Instruments* own, Now at);

  const Snapshot& snapshot;
  const Instruments* instruments;  // null: not for this schema
  Now now;
  std::unordered_map<std::string_view, std::string_view> account_names;  // by id
  std::unordered_map<const ServerView*, std::string_view> meta_leaders;  // whom a server follows; empty: nobody leads
};

// Where a value comes from: a metric of the collectors' tables, or a function. A server that is down has none.
struct Source {
  using OfServer = double (*)(const ServerView&, const Facts&);
  using OfAccount = double (*)(const AccountConnections&);  // a row is an account of a server, with its label "account"
  using OfWhole = double (*)(const Facts&);

  // `fixed` is the Metric::label of the line meant, "kind=\"client\""; `where` and `equals` pick rows by a label (all
  // of them when rows are counted).
  constexpr Source(const char* name, const char* fixed = "", const char* where = "", const char* equals = "")
      : metric(name), label(fixed), row_label(where), row_value(equals) {}
  constexpr Source(OfServer function) : server(function) {}
  constexpr Source(OfAccount function) : account(function) {}
  constexpr Source(OfWhole function) : whole(function) {}
  [[nodiscard]] constexpr bool is_function() const {
    return server != nullptr || account != nullptr || whole != nullptr;
  }

  const char* metric = "";
  const char* label = "";
  const char* row_label = "";
  const char* row_value = "";
  OfServer server = nullptr;
  OfAccount account = nullptr;
  OfWhole whole = nullptr;
};

// Of rows whose labels are equal.
enum class Fold : std::uint8_t {
  newest,
  sum,
  total,  // of all rows of a server; 0 when it told of none
  count,  // how many rows a server told of, also none
};

enum class Shown : std::uint8_t {
  plain,
  age,       // of a timestamp, when the server told it
  inverted,  // 1 - value
};

// Lines of one name stand together and are one family.
struct PeerFamily {
  const char* name;
  const char* type;
  std::span<const PeerLabel> labels;
  Source source;
  double scale = 1;
  Fold fold = Fold::newest;
  const char* suffix = "";  // "_sum"
  Shown shown = Shown::plain;
  bool from_meta_leader = false;            // what every server of a domain tells alike
  std::span<const char* const> minus = {};  // metrics of the same row; all servers send them since kSplitTraffic
};
inline constexpr Version kSplitTraffic{2, 11, 5};

// A name of the peer that is not given.
struct Absent {
  const char* name;
  const char* reason;
};

// Where the value differs on purpose.
struct Deviation {
  const char* names;
  const char* what;
};

struct Schema {
  const char* title;
  const char* path;
  std::span<const PeerFamily> families;
  std::span<const Absent> absent;
  std::span<const Deviation> deviations;
};

[[nodiscard]] const Schema& surveyor();
[[nodiscard]] const Schema& exporter();

// A line of the collectors' tables.
struct Place {
  std::size_t collector;
  std::size_t section;
  std::size_t metric;

  [[nodiscard]] const Section& of() const { return collectors()[collector].sections[section]; }
  // What a server told there; null: nothing.
  [[nodiscard]] const Block* block(const ServerView& server) const;
  [[nodiscard]] const Part* in(const ServerView& server) const;
};

// The line of a section that has all row labels asked for; nothing: there is none.
[[nodiscard]] std::optional<Place> find(const Source& source, std::span<const PeerLabel> labels);
[[nodiscard]] std::optional<std::size_t> label_index(const Section& section, std::string_view name);
[[nodiscard]] std::optional<std::size_t> metric_index(const Section& section, std::string_view name);

// A list of lines as it was looked up, once per schema.
[[nodiscard]] std::vector<std::optional<Place>> find_all(std::span<const PeerFamily> families);

// All families, in the order of the table. `prefix`, if any, stands for the first word of their names.
void write(Writer& out, const Facts& facts, std::span<const PeerFamily> families,
           std::span<const std::optional<Place>> places, std::string_view prefix = {});

}  // namespace peers
}  // namespace lookout

#include "exporters/sections.h"

#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporters/tolerance.h"

namespace lookout {
namespace {

constexpr std::size_t kSeriesBytes = 48;  // name and value of a series, roughly

// The rows of one section, of all servers. Label texts are made once for all metrics.
struct Table {
  struct Entry {
    const Block* block = nullptr;
    const Part* part = nullptr;  // null: not shown
    std::size_t row = 0;
  };
  std::vector<Entry> entries;
  std::string labels;             // one text after the other
  std::vector<std::size_t> ends;  // of each text

  [[nodiscard]] std::string_view label(std::size_t entry) const {
    const std::size_t begin = entry == 0 ? 0 : ends[entry - 1];
    return std::string_view(labels).substr(begin, ends[entry] - begin);
  }
};

std::string identity(const Page::Server& server, Of of) {
  std::string text;
  switch (of) {
    case Of::server:
      return server.labels;
    case Of::asset:
      append_label(text, "nats_cluster", server.view->cluster);
      append_label(text, "domain", server.view->domain);
      return text;
    case Of::domain:
      append_label(text, "domain", server.view->domain);
      return text;
    case Of::deployment:
      return text;
  }
  return text;
}

void append_row_labels(std::string& text, const Page& page, const Section& section, const Part& part, std::size_t row) {
  for (std::size_t i = 0; i < section.labels.size(); ++i) {
    const Label& label = section.labels[i];
    if (label.hidden) continue;
    if (label.name == std::string_view("account"))
      page.append_account(text, part.label(row, i));
    else
      append_label(text, label.name, part.label(row, i));
  }
}

void add_rows(Table& table, const Page& page, const Page::Server& server, const Block& block, const Part& part,
              const Section& section) {
  const std::string base = identity(server, section.of);
  std::string text;
  for (std::size_t row = 0; row < part.rows(); ++row) {
    text = base;
    append_row_labels(text, page, section, part, row);
    table.labels += text;
    table.ends.push_back(table.labels.size());
    table.entries.push_back({&block, &part, row});
  }
}

// Several servers may tell of a shared fact, before and after a change of its leader: the leader is believed, and of
// two the one who spoke last.
bool better(const Table::Entry& a, const Table::Entry& b) {
  const bool led_a = a.part->led(a.row);
  const bool led_b = b.part->led(b.row);
  return led_a != led_b ? led_a : a.block->server_time > b.block->server_time;
}

// Of rows with equal labels one is shown: a second series of one name voids the page.
void merge(Page& page, Table& table, const Section& section) {
  std::unordered_map<std::string_view, std::size_t> seen(table.entries.size());
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const auto [first, fresh] = seen.emplace(table.label(i), i);
    if (fresh) continue;
    if (section.of == Of::server) {
      ++page.left_out;
      table.entries[i].part = nullptr;
    } else if (better(table.entries[i], table.entries[first->second])) {
      table.entries[first->second].part = nullptr;
      first->second = i;
    } else {
      table.entries[i].part = nullptr;
    }
  }
}

void write_metrics(Page& page, const Table& table, const Section& section) {
  page.out.expect(section.metrics.size() * (table.labels.size() + table.entries.size() * kSeriesBytes));
  std::string_view family;
  for (std::size_t m = 0; m < section.metrics.size(); ++m) {
    const Metric& metric = section.metrics[m];
    if (metric.name != family) page.out.family(metric.name, metric.type, metric.help);
    family = metric.name;
    for (std::size_t i = 0; i < table.entries.size(); ++i) {
      const Table::Entry& entry = table.entries[i];
      if (entry.part == nullptr) continue;
      const double value = entry.part->value(entry.row, m);
      if (!std::isnan(value)) page.out.sample(table.label(i), value, metric.label);
    }
  }
}

// How many more members of each Raft group may fail.
void write_tolerated(Page& page, const Table& table, std::span<const Section> sections, std::size_t part) {
  const Tolerance* const tolerance = tolerance_of(sections[part]);
  if (tolerance == nullptr) return;
  Tolerated tolerated(*tolerance, sections, part);
  page.out.family(tolerance->metric.name, tolerance->metric.type, tolerance->metric.help);
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const Table::Entry& entry = table.entries[i];
    const double value = tolerated.of(*entry.block, entry.row);
    if (entry.part != nullptr && !std::isnan(value)) page.out.sample(table.label(i), value);
  }
}

}  // namespace

void write_sections(Page& page) {
  for (std::size_t collector = 0; collector < page.collectors.size(); ++collector) {
    const auto sections = page.collectors[collector].sections;
    for (std::size_t part = 0; part < sections.size(); ++part) {
      if (!sections[part].native) continue;
      Table table;
      for (const Page::Server& server : page.servers) {
        const auto& blocks = server.view->blocks;
        if (collector >= blocks.size() || !blocks[collector] || part >= blocks[collector]->parts.size()) continue;
        add_rows(table, page, server, *blocks[collector], blocks[collector]->parts[part], sections[part]);
      }
      merge(page, table, sections[part]);
      write_metrics(page, table, sections[part]);
      write_tolerated(page, table, sections, part);
    }
  }
}

}  // namespace lookout

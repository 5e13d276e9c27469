#include "exporters/prometheus.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "exporters/native.h"
#include "exporters/process.h"
#include "exporters/writer.h"

namespace lookout {
namespace {

constexpr std::size_t kSeriesBytes = 48;  // name and value of a series, roughly

// The rows of one section, of all servers, laid out flat for the many passes over them: label texts are made once for
// all metrics, and values stand in the order in which they are written.
struct Table {
  std::vector<const Row*> rows;
  std::string labels;             // one text after the other
  std::vector<std::size_t> ends;  // of each text
  std::vector<double> columns;    // by metric, then by row

  [[nodiscard]] std::string_view label(std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends[row - 1];
    return std::string_view(labels).substr(begin, ends[row] - begin);
  }
};

void add_rows(Table& table, const Page::Server& server, const std::vector<Row>& rows, const Section& section) {
  std::string text;
  for (const Row& row : rows) {
    text = server.labels;
    for (std::size_t i = 0; i < std::min(section.labels.size(), row.labels.size()); ++i) {
      append_label(text, section.labels[i].name, row.labels[i]);
    }
    table.labels += text;
    table.rows.push_back(&row);
    table.ends.push_back(table.labels.size());
  }
}

// A row whose labels equal an earlier one's gets no values.
void fill_columns(Page& page, Table& table, const Section& section) {
  const std::size_t count = table.rows.size();
  table.columns.assign(count * section.metrics.size(), Row::kAbsent);
  std::unordered_set<std::string_view> seen(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!seen.insert(table.label(i)).second) {
      ++page.left_out;
      table.rows[i] = nullptr;
      continue;
    }
    const std::vector<double>& values = table.rows[i]->values;
    for (std::size_t m = 0; m < std::min(values.size(), section.metrics.size()); ++m)
      table.columns[m * count + i] = values[m];
  }
}

void write_info(Writer& out, const Section& section, const Table& table) {
  out.family(section.info, gauge, "Facts as labels; always 1.");
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i] == nullptr) continue;
    const std::vector<std::string>& texts = table.rows[i]->texts;
    std::string labels(table.label(i));
    std::size_t text = 0;
    for (const Metric& metric : section.metrics) {
      if (metric.as != As::text) continue;
      append_label(labels, metric.name, text < texts.size() ? std::string_view(texts[text]) : std::string_view());
      ++text;
    }
    out.sample(labels, 1);
  }
}

void write_section(Page& page, std::size_t collector, std::size_t part, const Section& section) {
  Table table;
  for (const Page::Server& server : page.servers) {
    const auto& blocks = server.view->blocks;
    if (collector >= blocks.size() || !blocks[collector] || part >= blocks[collector]->parts.size()) continue;
    add_rows(table, server, blocks[collector]->parts[part], section);
  }
  fill_columns(page, table, section);
  page.out.expect(section.metrics.size() * (table.labels.size() + table.rows.size() * kSeriesBytes));
  std::string_view family;
  for (std::size_t m = 0; m < section.metrics.size(); ++m) {
    const Metric& metric = section.metrics[m];
    if (metric.as == As::text) continue;
    if (metric.name != family) page.out.family(metric.name, metric.type, metric.help);
    family = metric.name;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const double value = table.columns[m * table.rows.size() + i];
      if (!std::isnan(value)) page.out.sample(table.label(i), value, metric.label);
    }
  }
  if (*section.info != '\0') write_info(page.out, section, table);
}

void write_histogram(Writer& out, const std::string& labels, const prometheus::ClientMetric::Histogram& histogram) {
  const auto bucket = [&](double bound, std::uint64_t count) {
    std::string le = "le=\"";
    append_number(le, bound);
    le += '"';
    out.sample(labels, static_cast<double>(count), le, "_bucket");
  };
  bool closed = false;
  for (const auto& each : histogram.bucket) {
    bucket(each.upper_bound, each.cumulative_count);
    closed = std::isinf(each.upper_bound);
  }
  if (!closed) bucket(std::numeric_limits<double>::infinity(), histogram.sample_count);
  out.sample(labels, histogram.sample_sum, {}, "_sum");
  out.sample(labels, static_cast<double>(histogram.sample_count), {}, "_count");
}

const char* type_name(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:  // no instrument is anything else
      return "gauge";
  }
}

void write_instrument(Writer& out, prometheus::MetricType type, const prometheus::ClientMetric& metric) {
  std::string labels;
  for (const auto& label : metric.label) append_label(labels, label.name, label.value);
  if (type == prometheus::MetricType::Histogram) {
    write_histogram(out, labels, metric.histogram);
  } else {
    out.sample(labels, type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value);
  }
}

// prometheus-cpp's own serializer escapes no HELP and rounds values.
void write_instruments(Writer& out, const std::vector<prometheus::MetricFamily>& families) {
  for (const prometheus::MetricFamily& family : families) {
    out.family(family.name, type_name(family.type), family.help);
    for (const prometheus::ClientMetric& metric : family.metric) write_instrument(out, family.type, metric);
  }
}

}  // namespace

const char* lookout_version() {
  return LOOKOUT_VERSION;
}
const char* lookout_revision() {
  return LOOKOUT_REVISION;
}

std::string render_fleet(const Snapshot& snapshot, std::span<const Collector> tables) {
  std::string text;
  Page page(text, snapshot, tables);
  write_native(page);
  for (std::size_t collector = 0; collector < tables.size(); ++collector) {
    const auto sections = tables[collector].sections;
    for (std::size_t part = 0; part < sections.size(); ++part) {
      write_section(page, collector, part, sections[part]);
    }
  }
  page.out.family("nats_lookout_page_left_out", gauge,
                  "Servers and rows left out of this page: their labels equal another's.");
  page.out.sample({}, static_cast<double>(page.left_out));
  return text;
}

std::string render_agent(const Snapshot& snapshot, const Instruments& instruments, Now now,
                         std::span<const Collector> tables) {
  std::string text;
  Page page(text, snapshot, tables);
  write_ages(page, now);
  page.out.family("nats_lookout_build_info", gauge, "What this agent is, as labels; always 1.");
  page.out.sample(page.labels({}, {{"version", lookout_version()}, {"revision", lookout_revision()}}), 1);
  write_process(page.out);
  const std::vector<prometheus::MetricFamily> own = instruments.registry.Collect();
  write_instruments(page.out, own);
  return text;
}

std::string render_metrics(const Snapshot& snapshot, const Instruments& instruments, Now now,
                           std::span<const Collector> tables) {
  return render_fleet(snapshot, tables) + render_agent(snapshot, instruments, now, tables);
}

}  // namespace lookout

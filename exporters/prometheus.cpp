#include "exporters/prometheus.h"

#include <cmath>
#include <limits>
#include <vector>

#include "exporters/native.h"
#include "exporters/process.h"
#include "exporters/sections.h"
#include "exporters/writer.h"

namespace lookout {
namespace {

void write_histogram(Writer& out, const std::string& labels, const prometheus::ClientMetric::Histogram& histogram) {
  bool closed = false;
  for (const auto& each : histogram.bucket) {
    out.bucket(labels, each.upper_bound, static_cast<double>(each.cumulative_count));
    closed = std::isinf(each.upper_bound);
  }
  const auto count = static_cast<double>(histogram.sample_count);
  if (!closed) out.bucket(labels, std::numeric_limits<double>::infinity(), count);
  out.sample(labels, histogram.sample_sum, {}, "_sum");
  out.sample(labels, count, {}, "_count");
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

std::string render_fleet(const Snapshot& snapshot, Format format, std::span<const Collector> tables,
                         const Drain& drain) {
  std::string text;
  Page page(text, format, snapshot, tables, drain);
  write_native(page);
  write_sections(page);
  page.out.family("nats_lookout_page_left_out", gauge,
                  "Servers and rows left out of this page: their labels equal another's.");
  page.out.sample({}, static_cast<double>(page.left_out));
  return text;
}

std::string render_agent(const Snapshot& snapshot, const Instruments& instruments, Now now, Format format,
                         std::span<const Collector> tables) {
  std::string text;
  Page page(text, format, snapshot, tables);
  write_ages(page, now);
  page.out.family("nats_lookout_build_info", gauge, "What this agent is, as labels; always 1.");
  page.out.sample(page.labels({}, {{"version", lookout_version()}, {"revision", lookout_revision()}}), 1);
  write_process(page.out);
  const std::vector<prometheus::MetricFamily> own = instruments.registry.Collect();
  write_instruments(page.out, own);
  return text;
}

}  // namespace lookout

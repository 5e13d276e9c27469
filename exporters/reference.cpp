#include "exporters/reference.h"

#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "agent/instruments.h"
#include "collectors/collectors.h"
#include "exporters/native.h"
#include "exporters/tolerance.h"

namespace lookout {
namespace {

constexpr const char* kIntro = R"(# Metrics

Made by `nats-lookout metrics`; a test fails when it is not current. Names, types and labels are a stable interface.

`Source` is the endpoint or event a metric comes from, `Level` what `--collect.<endpoint>.level` must be at least, `Since`
the first nats-server release that tells it. A server that does not tell something has no series for it, and neither has
one that is down. Limits that are not set are absent.

Labels: `nats_cluster` and `server` are names, never ids. `account` is the account's id (its public key in operator mode)
and `account_name` its display name. What belongs to a stream, a consumer, a meta group or an account of the whole
deployment, and not to one server, has no `server` label: it is told once, by the server that leads it.

)";
constexpr const char* kHead =
    "| metric | type | labels | help | source | level | since |\n| --- | --- | --- | --- | --- | --- | --- |\n";

struct Line {
  std::string name;
  std::string type;
  std::string labels;
  std::string help;
  std::string source;
  std::string level;
  std::string since;
};

void append(std::string& out, const Line& line) {
  const auto cell = [&out](const std::string& text) { out.append(" ").append(text).append(" |"); };
  out += '|';
  cell('`' + line.name + '`');
  cell(line.type);
  cell(line.labels);
  cell(line.help);
  cell(line.source);
  cell(line.level);
  cell(line.since);
  out += '\n';
}

const char* name_of(Type type) {
  return type == counter ? "counter" : "gauge";
}

std::string spaced(std::string_view list) {
  std::string out;
  for (const char c : list) {
    out += c;
    if (c == ',') out += ' ';
  }
  return out;
}

std::string identity(Of of) {
  switch (of) {
    case Of::server:
      return "nats_cluster, server";
    case Of::asset:
      return "nats_cluster, domain";
    case Of::domain:
      return "domain";
    case Of::deployment:
      return {};
  }
  return {};
}

void add(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

std::string labels_of(const Section& section, const Metric& metric) {
  std::string out = identity(section.of);
  for (const Label& label : section.labels) {
    if (label.hidden) continue;
    add(out, label.name);
    if (label.name == std::string_view("account")) add(out, "account_name");
  }
  const std::string_view fixed = metric.label;
  if (!fixed.empty()) add(out, fixed.substr(0, fixed.find('=')));
  return out;
}

void append_section(std::string& out, const Collector& collector, const Section& section) {
  std::string_view family;
  for (const Metric& metric : section.metrics) {
    if (metric.name == family) continue;
    family = metric.name;
    const char* const since = *metric.since != '\0' ? metric.since : collector.since;
    append(out, {metric.name, name_of(metric.type), labels_of(section, metric), metric.help, collector.endpoint,
                 section.level == Level::detail ? "detail" : "summary", since});
  }
  if (const Tolerance* const tolerance = tolerance_of(section)) {
    const Metric& metric = tolerance->metric;
    append(out, {metric.name, name_of(metric.type), labels_of(section, metric), metric.help, collector.endpoint,
                 "summary", collector.since});
  }
}

// Of families whose series come with what they count: one of each, so that they are listed with their labels.
void add_examples(Instruments& instruments) {
  instruments.disconnects_by_reason.Add({{"reason", {}}});
  instruments.http_requests.Add({{"path", {}}, {"code", {}}});
  instruments.http_connections_closed.Add({{"reason", {}}});
  instruments.web_reloads.Add({{"result", {}}});
  instruments.notifications.Add({{"receiver", {}}, {"result", {}}});
  instruments.notifications_dropped.Add({{"receiver", {}}});
  instruments.notifications_pending.Add({{"receiver", {}}});
  instruments.journal_ok.Add({});
  instruments.journal_bytes.Add({});
}

std::string labels_of(const prometheus::MetricFamily& family) {
  std::string out;
  for (const auto& label : family.metric.front().label) add(out, label.name);
  return out;
}

void append_instruments(std::string& out) {
  Instruments instruments;
  add_examples(instruments);
  for (const auto& family : instruments.registry.Collect()) {
    const bool counts = family.type == prometheus::MetricType::Counter;
    const bool histogram = family.type == prometheus::MetricType::Histogram;
    append(out, {family.name,
                 counts      ? "counter"
                 : histogram ? "histogram"
                             : "gauge",
                 labels_of(family),
                 family.help,
                 "the agent",
                 {},
                 {}});
  }
}

}  // namespace

std::string render_reference() {
  std::string out = kIntro;
  out += "## What the agent concludes and counts\n\n";
  out += kHead;
  for (const NativeFamily& family : native_families()) {
    append(out, {family.name, name_of(family.type), spaced(family.labels), family.help, family.source, {}, {}});
  }
  for (const Collector& collector : collectors()) {
    out.append("\n## ").append(collector.endpoint).append(" (`--collect.").append(collector.name).append(".*`)\n\n");
    out += kHead;
    for (const Section& section : collector.sections) {
      if (section.native) append_section(out, collector, section);
    }
  }
  out.append("\n## The agent itself\n\n").append(kHead);
  append_instruments(out);
  return out;
}

}  // namespace lookout

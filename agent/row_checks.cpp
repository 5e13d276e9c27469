#include "agent/row_checks.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "agent/row_check_lines.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kMinute{60000};
constexpr double kFew = 60;  // a share of fewer in a minute says nothing

// The value of a label; empty where the section has none of this name.
std::string text_of(const Section& section, const Part& part, std::size_t row, const char* label) {
  const std::size_t index = label_of(section, label);
  return index < section.labels.size() ? clean(part.label(row, index)) : std::string();
}

void append(std::string& to, const char* between, const std::string& more) {
  if (!more.empty()) to.append(between).append(more);
}

// What a row is about, as findings name it: "east/n1 -> west", "APP/ORDERS from EVENTS", "meta group".
void name(Violation& violation, const Server& server, const Section& section, const Part& part, std::size_t row) {
  const auto text = [&](const char* label) { return text_of(section, part, row, label); };
  violation.account = text("account");
  if (section.of != Of::deployment) violation.cluster = server.cluster;
  if (section.of == Of::server) {
    violation.server = server.shown_name();
    violation.remote = text("remote_cluster");
    violation.entity = server.entity();
    append(violation.entity, " -> ", text("remote"));
    append(violation.entity, " -> ", violation.remote);
    if (violation.check == Check::account_slow_consumers)
      violation.entity = concat({violation.account, " on ", violation.entity});
    return;
  }
  violation.entity = violation.account.empty() ? meta_group_of(server) : violation.account;
  append(violation.entity, "/", text("stream"));
  append(violation.entity, "/", text("consumer"));
  append(violation.entity, " from ", text("source"));
}

std::string lower(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z') text[0] = static_cast<char>(std::tolower(text[0]));
  return text;
}

}  // namespace

double Growth::grown(Wall time, double value) {
  if (!points_.empty() && value < points_.back().value) points_.clear();
  points_.push_back({time, value});
  while (points_.size() > 2 && time - points_[1].time >= kMinute) points_.erase(points_.begin());
  return value - points_.front().value;
}

RowChecks::RowChecks(std::span<const Collector> collectors, const CheckLimits& limits)
    : collectors_(collectors), limits_(limits) {
  for (std::size_t line = 0; line < std::size(kLines); ++line) {
    for (const Column& column : columns_of(collectors, kLines[line].metric)) {
      const Metric& metric = collectors[column.collector].sections[column.section].metrics[column.metric];
      if (*kLines[line].label != '\0' && std::string_view(metric.label) != kLines[line].label) continue;
      const Section& section = collectors[column.collector].sections[column.section];
      Bound bound{line,          column, {}, label_of(section, "account"), label_of(section, kLines[line].where),
                  bounds_.size()};
      for (const char* over : {kLines[line].over, kLines[line].over_too})
        for (const Column& each : columns_of(collectors, over)) bound.over.push_back(each);
      bounds_.push_back(std::move(bound));
    }
  }
}

std::vector<Violation> RowChecks::look(Server& server, std::size_t collector, const Block& block) const {
  std::vector<Violation> out;
  server.judged.looked.resize(collectors_.size());
  for (const Bound& bound : bounds_)
    if (bound.column.collector == collector) look_at(bound, server, block, out);
  server.judged.looked[collector] = block.server_time;
  return out;
}

// A counter that has not counted yet is not kept; it was 0 when the answer before was given.
double RowChecks::growth_of(std::size_t counter, const Column& column, std::string_view row, double value,
                            Server& server, const Block& block) {
  if (!(value > 0)) return 0;
  const auto [known, first] = server.judged.growths.try_emplace({counter, std::string(row)});
  const Wall before = server.judged.looked[column.collector];
  if (first && before != Wall{}) known->second.grown(before, 0);
  return known->second.grown(block.server_time, value);
}

// In the last minute, or the share of the growth of what it is compared with; none: too little to tell.
std::optional<double> RowChecks::growth(const Bound& bound, Server& server, const Block& block, std::size_t row) const {
  const auto grown = [&](const Column& column, std::size_t counter) {
    const Part& part = block.parts[column.section];
    const std::size_t labels = collectors_[column.collector].sections[column.section].labels.size();
    return growth_of(counter, column, bound.account < labels ? part.label(row, bound.account) : "",
                     part.value(row, column.metric), server, block);
  };
  const double value = grown(bound.column, 2 * bound.index);
  if (bound.over.empty()) return value;
  const double all = grown(bound.over.front(), 2 * bound.index + 1);
  return value > kFew && all > 0 ? std::optional(value / all) : std::nullopt;
}

// What the value is a share of: in the same row, or in what the server last said elsewhere; none: it is not limited.
std::optional<double> RowChecks::limit_of(const Bound& bound, const Server& server, const Block& block,
                                          std::size_t row) const {
  double least = Limits::kNever;
  for (const Column& over : bound.over) {
    const bool same = over.collector == bound.column.collector;
    const Block* const there = same ? &block : server.blocks[over.collector].get();
    if (there == nullptr) continue;
    const Part& part = there->parts[over.section];
    const std::size_t of = same && over.section == bound.column.section ? row : 0;
    const double limit = of < part.rows() ? part.value(of, over.metric) : 0;
    if (limit > 0) least = std::min(least, limit);
  }
  return least == Limits::kNever ? std::nullopt : std::optional(least);
}

std::optional<double> RowChecks::value_of(const Bound& bound, Server& server, const Block& block,
                                          std::size_t row) const {
  const double value = block.parts[bound.column.section].value(row, bound.column.metric);
  const Line& line = kLines[bound.line];
  if (std::isnan(value)) return std::nullopt;
  if (line.how == How::growth) return growth(bound, server, block, row);
  if (line.how == How::within) return value - seconds(block.server_time.time_since_epoch());
  if (bound.over.empty()) return value;
  const auto limit = limit_of(bound, server, block, row);
  return limit ? std::optional(value / *limit) : std::nullopt;
}

void RowChecks::look_at(const Bound& bound, Server& server, const Block& block, std::vector<Violation>& out) const {
  const Line& line = kLines[bound.line];
  if (*line.before != '\0' && parse_version(server.version) >= parse_version(line.before)) return;
  const Part& part = block.parts[bound.column.section];
  const std::size_t labels = collectors_[bound.column.collector].sections[bound.column.section].labels.size();
  for (std::size_t row = 0; row < part.rows(); ++row) {
    if (bound.where < labels && part.label(row, bound.where).find(line.has) == std::string_view::npos) continue;
    const auto value = value_of(bound, server, block, row);
    if (!value) continue;
    auto violation = judge(bound, server, part, row, *value);
    if (violation) out.push_back(std::move(*violation));
  }
}

std::optional<Violation> RowChecks::judge(const Bound& bound, const Server& server, const Part& part, std::size_t row,
                                          double value) const {
  const Line& line = kLines[bound.line];
  const Section& section = collectors_[bound.column.collector].sections[bound.column.section];
  const CheckInfo& info = info_of(line.check);
  const std::string_view account =
      bound.account < section.labels.size() ? part.label(row, bound.account) : std::string_view();
  const Limits limits = limits_.of(line.check, section.of == Of::deployment ? "" : server.cluster, account);
  Violation violation{.check = line.check, .state = line.state};
  if (line.how == How::zero || line.how == How::one) {
    if ((value != 0) != (line.how == How::one) || !limits.on) return std::nullopt;
    name(violation, server, section, part, row);
    violation.sentence = concat({violation.entity, ": ", lower(info.what)});
    append(violation.sentence, ": ", text_of(section, part, row, "error"));
    return violation;
  }
  const bool within = line.how == How::within;
  if (!limits.on || !weigh(violation, limits, value, within ? Sense::low_is_bad : Sense::high_is_bad))
    return std::nullopt;
  name(violation, server, section, part, row);
  violation.sentence = concat({violation.entity, ": ", lower(info.what), ": ", said(info.unit, value), ", ",
                               kHealthNames[static_cast<std::size_t>(violation.state)], within ? " within " : " from ",
                               said(info.unit, *violation.threshold)});
  return violation;
}

}  // namespace lookout

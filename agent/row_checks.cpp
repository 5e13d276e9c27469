#include "agent/row_checks.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

enum class How : std::uint8_t {
  above,   // the value, or its share of `over`, is at the threshold or above
  within,  // a time that comes in no more than the threshold
  growth,  // the counter grows, in a minute, by the threshold or more; or its growth is that share of that of `over`
  zero,    // the flag is off: `state`
  one,     // the flag is on: `state`
};

struct Line {
  Check check;
  How how;
  const char* metric;
  Health state = Health::warning;  // How::zero and one
  const char* over = "";           // the value is a share of it; where it is absent, there is nothing to compare with
  const char* over_too = "";       // or of this, if that is less
  const char* label = "";          // only the column with this fixed label
  const char* before = "";         // only servers before this version
  const char* where = "";          // only rows in which this label
  const char* is = "";             // is this
};

constexpr Line kLines[] = {
    {.check = Check::server_unhealthy, .how = How::zero, .metric = "nats_server_healthy"},
    {.check = Check::server_unhealthy,
     .how = How::one,
     .metric = "nats_server_health_errors",
     .state = Health::critical,
     .where = "type",
     .is = "CONNECTION"},
    {.check = Check::server_unhealthy,
     .how = How::one,
     .metric = "nats_server_health_errors",
     .state = Health::critical,
     .where = "type",
     .is = "JETSTREAM"},
    {.check = Check::server_cpu,
     .how = How::above,
     .metric = "nats_server_cpu_usage_ratio",
     .over = "nats_server_cpu_cores",
     .over_too = "nats_server_go_max_procs"},
    {.check = Check::server_memory,
     .how = How::above,
     .metric = "nats_server_memory_bytes",
     .over = "nats_server_go_memory_limit_bytes"},
    {.check = Check::server_connections,
     .how = How::above,
     .metric = "nats_server_connections",
     .over = "nats_server_max_connections"},
    {.check = Check::server_jetstream_storage,
     .how = How::above,
     .metric = "nats_server_jetstream_storage_bytes",
     .over = "nats_server_jetstream_max_storage_bytes"},
    {.check = Check::server_jetstream_memory,
     .how = How::above,
     .metric = "nats_server_jetstream_memory_bytes",
     .over = "nats_server_jetstream_max_memory_bytes"},
    {.check = Check::server_ha_assets, .how = How::above, .metric = "nats_server_jetstream_ha_assets"},
    {.check = Check::server_ha_assets_limit,
     .how = How::above,
     .metric = "nats_server_jetstream_ha_assets",
     .over = "nats_server_jetstream_max_ha_assets"},
    {.check = Check::server_slow_consumers,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"client\""},
    {.check = Check::server_slow_consumers,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_total",
     .before = "2.10.0"},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"router\""},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"gateway\""},
    {.check = Check::server_slow_links,
     .how = How::growth,
     .metric = "nats_server_slow_consumers_by_kind_total",
     .label = "kind=\"leafnode\""},
    {.check = Check::server_stalled_clients, .how = How::growth, .metric = "nats_server_stalled_clients_total"},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"router\""},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"gateway\""},
    {.check = Check::server_stale_links,
     .how = How::growth,
     .metric = "nats_server_stale_connections_by_kind_total",
     .label = "kind=\"leafnode\""},
    {.check = Check::server_tls_certificate,
     .how = How::within,
     .metric = "nats_server_tls_certificate_expiry_timestamp_seconds"},
    {.check = Check::server_auth_not_required, .how = How::zero, .metric = "nats_server_auth_required"},
    {.check = Check::server_meta_pending, .how = How::above, .metric = "nats_server_meta_pending"},
    {.check = Check::server_jetstream_api_errors,
     .how = How::growth,
     .metric = "nats_server_jetstream_api_errors_total",
     .over = "nats_server_jetstream_api_requests_total"},
    {.check = Check::route_rtt, .how = How::above, .metric = "nats_route_rtt_seconds"},
    {.check = Check::route_pending, .how = How::above, .metric = "nats_route_pending_bytes"},
    {.check = Check::gateway_rtt, .how = How::above, .metric = "nats_gateway_outbound_rtt_seconds"},
    {.check = Check::leafnode_rtt, .how = How::above, .metric = "nats_leafnode_rtt_seconds"},
    {.check = Check::meta_rescue, .how = How::one, .metric = "nats_meta_rescue"},
    {.check = Check::meta_snapshot, .how = How::above, .metric = "nats_server_meta_snapshot_last_duration_seconds"},
    {.check = Check::stream_leader, .how = How::zero, .metric = "nats_stream_has_leader", .state = Health::critical},
    {.check = Check::stream_messages,
     .how = How::above,
     .metric = "nats_stream_messages",
     .over = "nats_stream_max_messages",
     .where = "discard",
     .is = "new"},
    {.check = Check::stream_bytes,
     .how = How::above,
     .metric = "nats_stream_bytes",
     .over = "nats_stream_max_bytes",
     .where = "discard",
     .is = "new"},
    {.check = Check::stream_subjects, .how = How::above, .metric = "nats_stream_subjects"},
    {.check = Check::stream_mirror, .how = How::above, .metric = "nats_stream_mirror_last_contact_seconds"},
    {.check = Check::stream_source, .how = How::above, .metric = "nats_stream_source_last_contact_seconds"},
    {.check = Check::consumer_leader,
     .how = How::zero,
     .metric = "nats_consumer_has_leader",
     .state = Health::critical},
    {.check = Check::account_slow_consumers, .how = How::growth, .metric = "nats_account_slow_consumers_total"},
    {.check = Check::account_jetstream_storage,
     .how = How::above,
     .metric = "nats_account_jetstream_storage_bytes",
     .over = "nats_account_jetstream_reserved_storage_bytes"},
    {.check = Check::account_jetstream_memory,
     .how = How::above,
     .metric = "nats_account_jetstream_memory_bytes",
     .over = "nats_account_jetstream_reserved_memory_bytes"},
    {.check = Check::account_expired, .how = How::one, .metric = "nats_account_expired", .state = Health::critical},
    {.check = Check::account_expiry, .how = How::within, .metric = "nats_account_claims_expiry_timestamp_seconds"},
};

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
    violation.server = server.name;
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
    if (bound.where < labels && part.label(row, bound.where) != line.is) continue;
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

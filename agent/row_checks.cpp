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
  growth,  // the counter grows, in a minute, by the threshold or more
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
  const char* refuses = "";        // only rows with "new" in this label
};

constexpr Line kLines[] = {
    {.check = Check::server_unhealthy, .how = How::zero, .metric = "nats_server_healthy"},
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
     .refuses = "discard"},
    {.check = Check::stream_bytes,
     .how = How::above,
     .metric = "nats_stream_bytes",
     .over = "nats_stream_max_bytes",
     .refuses = "discard"},
    {.check = Check::stream_mirror, .how = How::above, .metric = "nats_stream_mirror_last_contact_seconds"},
    {.check = Check::stream_source, .how = How::above, .metric = "nats_stream_source_last_contact_seconds"},
    {.check = Check::consumer_leader,
     .how = How::zero,
     .metric = "nats_consumer_has_leader",
     .state = Health::critical},
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

double unix_seconds(Wall time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// What a row is about, as findings name it: "east/n1", "east/n1 -> west", "APP/ORDERS".
void name(Violation& violation, const Server& server, const Section& section, const Part& part, std::size_t row) {
  const auto text = [&](const char* label) {
    const std::size_t index = label_of(section, label);
    return index < section.labels.size() ? clean(part.label(row, index)) : std::string();
  };
  violation.account = text("account");
  if (section.of != Of::deployment) violation.cluster = server.cluster;
  if (section.of == Of::domain && violation.account.empty()) {
    violation.entity = "meta group" + (server.domain.empty() ? "" : " of " + server.domain);
    return;
  }
  if (section.of != Of::server) {
    violation.entity = violation.account;
    for (const char* label : {"stream", "consumer"}) {
      if (const std::string more = text(label); !more.empty()) violation.entity.append("/").append(more);
    }
    if (const std::string source = text("source"); !source.empty()) violation.entity.append(" from ").append(source);
    return;
  }
  violation.server = server.name;
  violation.remote = text("remote_cluster");
  violation.entity = server.entity();
  for (const std::string& other : {text("remote"), violation.remote}) {
    if (!other.empty()) violation.entity.append(" -> ").append(other);
  }
}

std::string lower(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  if (text.size() > 1 && text[1] >= 'a' && text[1] <= 'z') text[0] = static_cast<char>(std::tolower(text[0]));
  return text;
}

}  // namespace

CheckLimits::CheckLimits(std::vector<CheckSetting> settings) : settings_(std::move(settings)) {
  for (std::size_t i = 0; i < kChecks; ++i) general_[i] = limits_of(static_cast<Check>(i), settings_, {}, {});
  for (const CheckSetting& setting : settings_)
    if (setting.of != CheckSetting::Of::all) special_[static_cast<std::size_t>(setting.check)] = true;
}

Limits CheckLimits::of(Check check, std::string_view cluster, std::string_view account) const {
  const auto index = static_cast<std::size_t>(check);
  return special_[index] ? limits_of(check, settings_, cluster, account) : general_[index];
}

double Growth::grown(Wall time, double value) {
  if (!points_.empty() && value < points_.back().value) points_.clear();
  points_.push_back({time, value});
  while (points_.size() > 2 && time - points_[1].time >= kMinute) points_.pop_front();
  return value - points_.front().value;
}

std::size_t label_of(const Section& section, std::string_view name) {
  const auto found = std::find_if(section.labels.begin(), section.labels.end(),
                                  [&](const Label& label) { return label.name == name; });
  return static_cast<std::size_t>(found - section.labels.begin());
}

std::string said(Unit unit, double value) {
  const auto number = [](double shown, const char* of) {
    std::string text = std::to_string(std::round(shown * 10) / 10);
    text.erase(text.find('.') + 2);
    if (text.ends_with(".0")) text.erase(text.size() - 2);
    return text + of;
  };
  constexpr std::pair<double, const char*> kTimes[] = {{172800, " days"}, {7200, " h"}, {120, " min"}, {1, " s"}};
  constexpr double kOnes[] = {86400, 3600, 60, 1};
  constexpr std::pair<double, const char*> kSizes[] = {{1U << 30U, " GiB"}, {1U << 20U, " MiB"}, {1U << 10U, " KiB"}};
  switch (unit) {
    case Unit::ratio:
      return number(value * 100, " %");
    case Unit::seconds:
      for (std::size_t i = 0; i < std::size(kTimes); ++i)
        if (std::abs(value) >= kTimes[i].first) return number(value / kOnes[i], kTimes[i].second);
      return number(value * 1000, " ms");
    case Unit::bytes:
      for (const auto& [size, of] : kSizes)
        if (value >= size) return number(value / size, of);
      return number(value, " bytes");
    default:
      return number(value, "");
  }
}

RowChecks::RowChecks(std::span<const Collector> collectors, const CheckLimits& limits)
    : collectors_(collectors), limits_(limits) {
  for (std::size_t line = 0; line < std::size(kLines); ++line) {
    for (const Column& column : columns_of(collectors, kLines[line].metric)) {
      const Metric& metric = collectors[column.collector].sections[column.section].metrics[column.metric];
      if (*kLines[line].label != '\0' && std::string_view(metric.label) != kLines[line].label) continue;
      Bound bound{line, column, {}, bounds_.size()};
      for (const char* over : {kLines[line].over, kLines[line].over_too})
        for (const Column& each : columns_of(collectors, over)) bound.over.push_back(each);
      bounds_.push_back(std::move(bound));
    }
  }
}

std::optional<std::size_t> RowChecks::input_of(Check check) const {
  const auto found = std::find_if(bounds_.begin(), bounds_.end(),
                                  [&](const Bound& bound) { return kLines[bound.line].check == check; });
  if (found == bounds_.end()) return std::nullopt;
  return found->column.collector;
}

std::vector<Violation> RowChecks::look(Server& server, std::size_t collector, const Block& block) const {
  std::vector<Violation> out;
  for (const Bound& bound : bounds_)
    if (bound.column.collector == collector) look_at(bound, server, block, out);
  return out;
}

// The value, or its share of what limits it: of the same row, or of what the server last said elsewhere.
std::optional<double> RowChecks::value_of(const Bound& bound, Server& server, const Block& block,
                                          std::size_t row) const {
  const double value = block.parts[bound.column.section].value(row, bound.column.metric);
  if (std::isnan(value)) return std::nullopt;
  if (kLines[bound.line].how == How::growth) return server.judged.growths[bound.growth].grown(block.server_time, value);
  if (kLines[bound.line].how == How::within) return value - unix_seconds(block.server_time);
  if (*kLines[bound.line].over == '\0') return value;
  double least = Limits::kNever;
  for (const Column& over : bound.over) {
    const bool same = over.collector == bound.column.collector;
    const Block* const there = same ? &block : server.blocks[over.collector].get();
    const bool same_row = same && over.section == bound.column.section;
    if (there == nullptr || there->parts[over.section].rows() <= (same_row ? row : 0)) continue;
    const double limit = there->parts[over.section].value(same_row ? row : 0, over.metric);
    if (limit > 0) least = std::min(least, limit);
  }
  return least == Limits::kNever ? std::nullopt : std::optional(value / least);
}

void RowChecks::look_at(const Bound& bound, Server& server, const Block& block, std::vector<Violation>& out) const {
  const Line& line = kLines[bound.line];
  if (*line.before != '\0' && parse_version(server.version) >= parse_version(line.before)) return;
  if (server.judged.growths.size() < bounds_.size()) server.judged.growths.resize(bounds_.size());
  const Section& section = collectors_[bound.column.collector].sections[bound.column.section];
  const Part& part = block.parts[bound.column.section];
  const std::size_t refuses = label_of(section, line.refuses);
  const std::size_t account = label_of(section, "account");
  const CheckInfo& info = info_of(line.check);
  for (std::size_t row = 0; row < part.rows(); ++row) {
    if (refuses < section.labels.size() && part.label(row, refuses) != "new") continue;
    const auto value = value_of(bound, server, block, row);
    if (!value) continue;
    const bool flag = line.how == How::zero || line.how == How::one;
    if (flag && (*value != 0) != (line.how == How::one)) continue;
    const std::string_view of_account = account < section.labels.size() ? part.label(row, account) : std::string_view();
    const Limits limits = limits_.of(line.check, section.of == Of::deployment ? "" : server.cluster, of_account);
    const auto passes = [&](double threshold) {
      return threshold != Limits::kNever && (line.how == How::within ? *value <= threshold : *value >= threshold);
    };
    const bool critical = flag ? line.state == Health::critical : passes(limits.critical);
    if (!limits.on || !(flag || critical || passes(limits.warning))) continue;
    Violation violation{.check = line.check, .state = critical ? Health::critical : Health::warning};
    name(violation, server, section, part, row);
    violation.sentence = violation.entity + ": " + lower(info.what);
    if (!flag) {
      violation.value = value;
      violation.threshold = critical ? limits.critical : limits.warning;
      violation.sentence += ": " + said(info.unit, *value) + ", " +
                            kHealthNames[static_cast<std::size_t>(violation.state)] +
                            (line.how == How::within ? " within " : " from ") + said(info.unit, *violation.threshold);
    }
    out.push_back(std::move(violation));
  }
}

}  // namespace lookout

#include "agent/metadata_checks.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "agent/check_limits.h"
#include "agent/text.h"

namespace lookout {
namespace {

enum class Fact : std::uint8_t {
  origin_lag,
  origin_silence,
  sources,
  replicas,  // without the leader
  replica_lag,
  replica_silence,
  messages,
  subjects,
  ack_pending,
  waiting,
  pending,
  last_delivery,
  last_ack,
  redelivered,
};
static_assert(static_cast<std::size_t>(Fact::redelivered) + 1 == MetadataChecks::kFacts);

struct Given {  // where a fact is found; of several rows the largest counts, or how many there are
  Fact fact;
  const char* metric;
  bool count = false;
};
constexpr Given kOfStreams[] = {
    {Fact::origin_lag, "nats_stream_mirror_lag_messages"},
    {Fact::origin_lag, "nats_stream_source_lag_messages"},
    {Fact::origin_silence, "nats_stream_mirror_last_contact_seconds"},
    {Fact::origin_silence, "nats_stream_source_last_contact_seconds"},
    {Fact::sources, "nats_stream_source_lag_messages", true},
    {Fact::replicas, "nats_stream_replica_offline", true},
    {Fact::replica_lag, "nats_stream_replica_lag"},
    {Fact::replica_silence, "nats_stream_replica_last_contact_seconds"},
    {Fact::messages, "nats_stream_messages"},
    {Fact::subjects, "nats_stream_subjects"},
};
constexpr Given kOfConsumers[] = {
    {Fact::ack_pending, "nats_consumer_ack_pending_messages"},
    {Fact::waiting, "nats_consumer_waiting_requests"},
    {Fact::pending, "nats_consumer_pending_messages"},
    {Fact::last_delivery, "nats_consumer_last_delivery_timestamp_seconds"},
    {Fact::last_ack, "nats_consumer_last_ack_timestamp_seconds"},
    {Fact::redelivered, "nats_consumer_redelivered_messages"},
};

// What is bad about a fact: `other` counts the leader to the replicas, `older` is the age of a time.
enum class Bad : std::uint8_t { at_least, above, at_most, below, other, older };

struct Threshold {
  const char* metric;  // of the section of metadata
  Fact fact;
  Bad bad;
  Health state;
  const char* what;
};
constexpr auto kCritical = Health::critical;
constexpr Threshold kStreamThresholds[] = {
    {"nats_stream_monitor_lag_critical", Fact::origin_lag, Bad::at_least, kCritical, "messages behind its origin"},
    {"nats_stream_monitor_seen_critical_seconds", Fact::origin_silence, Bad::at_least, kCritical,
     "seconds since it heard from its origin"},
    {"nats_stream_monitor_min_sources", Fact::sources, Bad::below, kCritical, "sources"},
    {"nats_stream_monitor_max_sources", Fact::sources, Bad::above, kCritical, "sources"},
    {"nats_stream_monitor_peer_expect", Fact::replicas, Bad::other, kCritical, "replicas"},
    {"nats_stream_monitor_peer_lag_critical", Fact::replica_lag, Bad::above, kCritical, "entries a replica is behind"},
    {"nats_stream_monitor_peer_seen_critical_seconds", Fact::replica_silence, Bad::above, kCritical,
     "seconds a replica is silent"},
    {"nats_stream_monitor_msgs_critical", Fact::messages, Bad::at_most, kCritical, "messages"},
    {"nats_stream_monitor_msgs_warn", Fact::messages, Bad::at_most, Health::warning, "messages"},
};
constexpr Threshold kConsumerThresholds[] = {
    {"nats_consumer_monitor_outstanding_ack_critical", Fact::ack_pending, Bad::at_least, kCritical,
     "messages wait to be acknowledged"},
    {"nats_consumer_monitor_waiting_critical", Fact::waiting, Bad::at_least, kCritical, "pull requests wait"},
    {"nats_consumer_monitor_unprocessed_critical", Fact::pending, Bad::at_least, kCritical,
     "messages are not delivered"},
    {"nats_consumer_monitor_last_delivery_critical_seconds", Fact::last_delivery, Bad::older, kCritical,
     "seconds since a message was delivered"},
    {"nats_consumer_monitor_last_ack_critical_seconds", Fact::last_ack, Bad::older, kCritical,
     "seconds since a message was acknowledged"},
    {"nats_consumer_monitor_redelivery_critical", Fact::redelivered, Bad::at_least, kCritical,
     "messages are delivered again"},
};

bool is_bad(Bad bad, double value, double threshold) {
  switch (bad) {
    case Bad::at_least:
    case Bad::older:
      return value >= threshold;
    case Bad::above:
      return value > threshold;
    case Bad::at_most:
      return value <= threshold;
    case Bad::below:
      return value < threshold;
    case Bad::other:
      return value != threshold;
  }
  return false;
}

std::span<const Threshold> thresholds_of(Check check) {
  if (check == Check::consumer_metadata) return kConsumerThresholds;
  return kStreamThresholds;
}

// "APP/ORDERS/worker".
std::string key_of(const Part& part, std::size_t row, const Table& table) {
  std::string key;
  for (const char* label : {"account", "stream", "consumer"}) {
    const std::size_t index = table.label(label);
    if (index < table.labels()) key.append(key.empty() ? "" : "/").append(part.label(row, index));
  }
  return key;
}

void note(double& fact, double value, bool count) {
  if (count)
    fact = std::isnan(fact) ? 1 : fact + 1;
  else if (!std::isnan(value))
    fact = std::isnan(fact) ? value : std::max(fact, value);
}

bool is_set(double threshold) {
  return threshold >= 0;  // not where it is absent
}

std::optional<Violation> judge(const Threshold& each, double threshold, const MetadataChecks::Facts& facts, Wall time) {
  double value = facts[static_cast<std::size_t>(each.fact)];
  if (each.bad == Bad::older) value = seconds(time.time_since_epoch()) - value;
  if (each.bad == Bad::other) value += 1;  // the leader
  if (!is_set(threshold) || std::isnan(value) || !is_bad(each.bad, value, threshold)) return std::nullopt;
  return Violation{.state = each.state,
                   .sentence = concat({said(Unit::count, value), " ", each.what, ", where its metadata sets ",
                                       said(Unit::count, threshold)}),
                   .value = value,
                   .threshold = threshold};
}

}  // namespace

MetadataChecks::MetadataChecks(std::span<const Collector> collectors)
    : kinds_{Kind{Check::stream_metadata, Table(collectors, kStreamThresholds[0].metric), {}, {}},
             Kind{Check::consumer_metadata, Table(collectors, kConsumerThresholds[0].metric), {}, {}}} {
  const auto add = [&](Kind& kind, std::span<const Given> given) {
    for (const Given& each : given) {
      const Table table(collectors, each.metric);
      kind.sources.push_back({table, table.column(each.metric), static_cast<std::size_t>(each.fact), each.count});
    }
    for (const Threshold& each : thresholds_of(kind.check))
      kind.thresholds.push_back(kind.monitored.column(each.metric));
  };
  add(kinds_[0], kOfStreams);
  add(kinds_[1], kOfConsumers);
}

void MetadataChecks::look(const Server& server, std::size_t collector, const Block& block,
                          std::vector<Violation>& out) const {
  for (const Kind& kind : kinds_)
    if (kind.monitored.is_of(collector)) look(kind, server, block, out);
}

void MetadataChecks::look(const Kind& kind, const Server& server, const Block& block,
                          std::vector<Violation>& out) const {
  const FactsOf facts = facts_of(kind, block);
  if (facts.empty()) return;
  const Part& monitored = kind.monitored.in(block);
  for (std::size_t row = 0; row < monitored.rows(); ++row) {
    const std::string key = key_of(monitored, row, kind.monitored);
    const auto found = facts.find(key);
    if (found == facts.end()) continue;
    for (std::size_t i = 0; i < kind.thresholds.size(); ++i) {
      auto violation = judge(thresholds_of(kind.check)[i], monitored.value(row, kind.thresholds[i]), found->second,
                             block.server_time);
      if (!violation) continue;
      violation->check = kind.check;
      violation->entity = clean(key);
      violation->sentence.insert(0, violation->entity + ": ");
      violation->cluster = server.cluster;
      violation->account = monitored.label(row, kind.monitored.label("account"));
      out.push_back(std::move(*violation));
    }
  }
}

// Of those that set a threshold.
MetadataChecks::FactsOf MetadataChecks::facts_of(const Kind& kind, const Block& block) {
  const Part& monitored = kind.monitored.in(block);
  FactsOf facts;
  for (std::size_t row = 0; row < monitored.rows(); ++row) {
    const auto values = monitored.values(row);
    if (!std::any_of(values.begin(), values.end(), is_set)) continue;
    Facts& of = facts[key_of(monitored, row, kind.monitored)];
    of.fill(Part::kAbsent);
    for (const Source& source : kind.sources)
      if (source.count) of[source.fact] = 0;
  }
  if (facts.empty()) return facts;
  for (const Source& source : kind.sources) {
    const Part& part = source.table.in(block);
    for (std::size_t row = 0; row < part.rows(); ++row) {
      const auto found = facts.find(key_of(part, row, source.table));
      if (found != facts.end()) note(found->second[source.fact], part.value(row, source.column), source.count);
    }
  }
  return facts;
}

}  // namespace lookout

#include "agent/fleet.h"

#include <algorithm>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kSettles{30000};

bool is_gone(const Server& server) {
  return server.state == Lifecycle::stopped || server.state == Lifecycle::lost;
}

bool announced(const Server& server) {
  return server.last_cause == RestartCause::lame_duck || server.last_cause == RestartCause::shutdown;
}

// It said that it goes, and is about to come back, or has just done so.
bool is_restarting(const Server& server, Now now) {
  constexpr Millis kGrace{300000};
  if (now.mono - server.state_mono >= kGrace) return false;
  return server.state == Lifecycle::up ? announced(server) : server.state != Lifecycle::lost;
}

// Maintenance: no more servers than the cluster can do without are away to be restarted, and none is lost.
std::string plans_of(const Fleet::Cluster& cluster, Now now) {
  std::string names;
  std::size_t count = 0;
  std::size_t away = 0;
  for (const Server* server : cluster.servers) {
    if (server->state == Lifecycle::lost) return {};
    if (!is_restarting(*server, now)) continue;
    away += server->state == Lifecycle::up ? 0 : 1;
    names.append(count++ == 0 ? "" : ", ").append(server->name);
  }
  const std::size_t spare = (cluster.servers.size() - 1) / 2;
  if (count == 0 || (away > spare && cluster.servers.size() > 2)) return {};
  return names + (count == 1 ? " is being restarted" : " are being restarted");
}

}  // namespace

std::string meta_group_of(const Server& server) {
  return "meta group" + (server.domain.empty() ? std::string() : " of " + server.domain);
}

Fleet::Fleet(const Roster& known, Now at) : roster(known), now(at) {
  for (const auto& server : known.servers()) {
    names_.emplace(server->base_name, server.get());
    if (server->joining()) continue;
    Cluster& cluster = clusters[server->cluster];
    cluster.name = server->cluster;
    cluster.servers.push_back(server.get());
    cluster.gone += is_gone(*server) ? 1 : 0;
  }
  for (auto& [name, cluster] : clusters) cluster.planned = plans_of(cluster, now);
}

const Server* Fleet::find(std::string_view cluster, std::string_view name) const {
  const Cluster* in = this->cluster(cluster);
  if (in == nullptr) return nullptr;
  const auto found =
      std::find_if(in->servers.begin(), in->servers.end(), [&](const Server* server) { return server->name == name; });
  return found == in->servers.end() ? nullptr : *found;
}

const Fleet::Cluster* Fleet::cluster(std::string_view name) const {
  const auto found = clusters.find(std::string(name));
  return found == clusters.end() ? nullptr : &found->second;
}

std::string Fleet::planned(std::string_view name) const {
  const Cluster* in = cluster(name);
  return in == nullptr ? std::string() : in->planned;
}

bool Fleet::settled(const Server& server) const {
  return server.state == Lifecycle::up && now.mono - server.state_mono >= kSettles;
}

bool Fleet::is_known(std::string_view name) const {
  return names_.contains(name);
}

bool Fleet::gone(std::string_view name, Mono received) const {
  const auto named = names_.equal_range(name);
  return std::any_of(named.first, named.second, [&](const auto& item) {
    const Server& server = *item.second;
    // In lame duck mode it drops JetStream before its clients.
    return is_gone(server) || server.state == Lifecycle::draining || server.state_mono > received;
  });
}

void Violations::add(Violation violation) {
  std::pair key(violation.check, violation.entity);
  const auto [found, first] = all_.try_emplace(std::move(key), violation);
  if (!first && violation.state == Health::critical && found->second.state != Health::critical)
    found->second = std::move(violation);
}

std::vector<const Violation*> Violations::of(Check check) const {
  std::vector<const Violation*> out;
  for (auto each = all_.lower_bound({check, {}}); each != all_.end() && each->first.first == check; ++each)
    out.push_back(&each->second);
  return out;
}

std::vector<Column> columns_of(std::span<const Collector> collectors, std::string_view metric) {
  const auto section_of = [&](const Column& at) -> const Section& {
    return collectors[at.collector].sections[at.section];
  };
  std::vector<Column> sections;
  for (std::size_t c = 0; c < collectors.size(); ++c)
    for (std::size_t s = 0; s < collectors[c].sections.size(); ++s) sections.push_back({c, s, 0});
  std::stable_partition(sections.begin(), sections.end(), [&](const Column& at) { return section_of(at).native; });
  std::vector<Column> out;
  for (auto at = sections.begin(); at != sections.end() && out.empty(); ++at) {
    const auto& metrics = section_of(*at).metrics;
    for (std::size_t m = 0; m < metrics.size(); ++m)
      if (metrics[m].name == metric) out.push_back({at->collector, at->section, m});
  }
  return out;
}

Table::Table(std::span<const Collector> collectors, std::string_view metric) {
  const auto columns = columns_of(collectors, metric);
  if (columns.empty()) return;
  index_ = columns.front().collector;
  section_ = columns.front().section;
  collector_ = &collectors[index_];
}

const Block* Table::block(const Server& server) const {
  return collector_ == nullptr ? nullptr : server.blocks[index_].get();
}

const Part* Table::of(const Server& server) const {
  const Block* found = block(server);
  return found == nullptr ? nullptr : &found->parts[section_];
}

std::size_t Table::label(std::string_view name) const {
  return collector_ == nullptr ? 0 : label_of(collector_->sections[section_], name);
}

std::size_t Table::column(std::string_view metric) const {
  return collector_ == nullptr ? 0 : metric_of(collector_->sections[section_], metric);
}

bool Table::asked(const Server& server) const {
  return collector_ != nullptr && parse_version(server.version) >= parse_version(collector_->since);
}

}  // namespace lookout

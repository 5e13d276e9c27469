// Where the peers' tables find their facts.
#include <algorithm>

#include "exporters/peers.h"

namespace lookout::peers {
namespace {

// Whom a server takes for the leader of its meta group.
constexpr const char* kMeta = "nats_server_meta_group";
constexpr PeerLabel kMetaLabels[] = {{"leader", From::row, "leader"}};

bool reads_row(From from) {
  return from == From::row || from == From::needed_row || from == From::is_row || from == From::capitalised ||
         from == From::account_name;
}

bool has_labels(const Section& section, const Source& source, std::span<const PeerLabel> labels) {
  if (*source.row_label != '\0' && !label_index(section, source.row_label)) return false;
  return std::all_of(labels.begin(), labels.end(), [&section](const PeerLabel& label) {
    return !reads_row(label.from) || label_index(section, label.of);
  });
}

}  // namespace

const Block* Place::block(const ServerView& server) const {
  return server.up && collector < server.blocks.size() ? server.blocks[collector].get() : nullptr;
}

const Part* Place::in(const ServerView& server) const {
  const Block* const said = block(server);
  return said != nullptr && section < said->parts.size() ? &said->parts[section] : nullptr;
}

Facts::Facts(const Snapshot& from, const Instruments* own, Now at) : snapshot(from), instruments(own), now(at) {
  if (from.accounts) {
    for (const Account& account : *from.accounts)
      account_names.emplace(account.id, account.name.empty() ? account.id : account.name);
  }
  const auto place = find(kMeta, kMetaLabels);
  if (!place) return;
  const std::size_t leader = label_index(place->of(), "leader").value_or(0);
  for (const auto& server : from.servers) {
    const Part* const part = place->in(*server);
    if (part != nullptr && !part->empty()) meta_leaders[server.get()] = part->label(0, leader);
  }
}

std::optional<std::size_t> label_index(const Section& section, std::string_view name) {
  for (std::size_t i = 0; i < section.labels.size(); ++i) {
    if (section.labels[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> metric_index(const Section& section, std::string_view name) {
  for (std::size_t i = 0; i < section.metrics.size(); ++i) {
    if (section.metrics[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<Place> find(const Source& source, std::span<const PeerLabel> labels) {
  const auto all = collectors();
  for (std::size_t collector = 0; collector < all.size(); ++collector) {
    for (std::size_t section = 0; section < all[collector].sections.size(); ++section) {
      if (!has_labels(all[collector].sections[section], source, labels)) continue;
      const auto metrics = all[collector].sections[section].metrics;
      for (std::size_t metric = 0; metric < metrics.size(); ++metric) {
        const bool meant = std::string_view(metrics[metric].name) == source.metric &&
                           std::string_view(metrics[metric].label) == source.label;
        if (meant) return Place{collector, section, metric};
      }
    }
  }
  return std::nullopt;
}

std::vector<std::optional<Place>> find_all(std::span<const PeerFamily> families) {
  std::vector<std::optional<Place>> out;
  out.reserve(families.size());
  for (const PeerFamily& family : families) {
    out.push_back(family.source.is_function() ? std::nullopt : find(family.source, family.labels));
  }
  return out;
}

}  // namespace lookout::peers

#include "agent/leaf_guard.h"

#include "agent/text.h"

namespace lookout {
namespace {

constexpr std::uint64_t kDetailFactor = 10;  // detail is that much bigger than summary, until it is known

}  // namespace

LeafGuard::LeafGuard(std::span<const Collector> collectors) {
  if (collectors.empty()) return;
  const auto sections = collectors.front().sections;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (std::string_view(sections[i].path) != "/statsz/gateways") continue;
    for (std::size_t label = 0; label < sections[i].labels.size(); ++label) {
      if (std::string_view(sections[i].labels[label].path) != "/name") continue;
      gateways_ = i;
      gateway_name_ = label;
    }
  }
}

void LeafGuard::connected(std::string_view server_id, std::uint64_t max_payload) {
  server_id_ = server_id;
  max_payload_ = max_payload > 0 ? max_payload : kMaxPayload;
  clusters_.clear();
}

void LeafGuard::mesh(std::string_view cluster, const Block& statsz) {
  clusters_.clear();
  clusters_.insert(clean(cluster));
  if (gateways_ >= statsz.parts.size()) return;
  const Part& gateways = statsz.parts[gateways_];
  for (std::size_t row = 0; row < gateways.rows(); ++row) clusters_.emplace(gateways.label(row, gateway_name_));
}

bool LeafGuard::outside(const Server& server) const {
  if (server.id == server_id_) return false;
  return server.cluster.empty() || !clusters_.contains(server.cluster);
}

Level LeafGuard::level(std::size_t collector, const Server& server, Level wanted, Now now) {
  if (wanted == Level::off || !outside(server)) return wanted;
  Sizes& sizes = sizes_[{collector, server.id}];
  if (sizes.retry != Mono{} && now.mono >= sizes.retry) sizes = {};
  if (sizes.summary.expected() > fits()) {
    if (sizes.retry == Mono{}) sizes.retry = now.mono + kRetry;
    return Level::off;
  }
  if (wanted == Level::summary || (sizes.summary.bytes == 0 && sizes.detail.bytes == 0)) return Level::summary;
  const std::uint64_t expected =
      sizes.detail.bytes != 0 ? sizes.detail.expected() : sizes.summary.bytes * kDetailFactor;
  return expected > fits() ? Level::summary : Level::detail;
}

void LeafGuard::answered(std::size_t collector, std::string_view server_id, Level level, std::uint64_t bytes) {
  const auto known = sizes_.find(Key(collector, server_id));
  if (known == sizes_.end()) return;
  Sizes& sizes = known->second;
  if (level == Level::detail) {
    sizes.detail = {bytes};
    return;
  }
  if (sizes.summary.bytes != 0) sizes.detail.bytes = sizes.detail.bytes * bytes / sizes.summary.bytes;
  sizes.summary = {bytes};
}

void LeafGuard::lost(std::size_t collector, std::string_view server_id, Level level, Now now) {
  const auto known = sizes_.find(Key(collector, server_id));
  if (known == sizes_.end()) return;
  Size& size = level == Level::detail ? known->second.detail : known->second.summary;
  if (size.bytes == 0) size = {fits() / 4};
  if (size.expected() <= fits()) ++size.losses;
  known->second.retry = now.mono + kRetry;
}

void LeafGuard::prune(Roster& roster) {
  std::erase_if(sizes_, [&](const auto& item) { return roster.find(item.first.second) == nullptr; });
}

}  // namespace lookout

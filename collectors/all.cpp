#include <algorithm>
#include <array>

#include "collectors/collectors.h"

namespace lookout {

std::span<const Collector> collectors() {
  static const std::array all{
      kStatsz, kVarz,  kHealthz,  kHealthzJsEnabled, kHealthzJsServer, kHealthzJsMeta, kRoutez,   kGatewayz,
      kLeafz,  kSubsz, kAccstatz, kIpqueuesz,        kRaftz,           kIdz,           kAccountz, kConnz,
      kJsz,    kClosed};
  return all;
}

std::size_t index_of(std::string_view name) {
  const auto all = collectors();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Collector& each) { return each.name == name; });
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace lookout

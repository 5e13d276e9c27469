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

}  // namespace lookout

#include <array>

#include "collectors/collectors.h"

namespace lookout {

std::span<const Collector> collectors() {
  static const std::array all{kStatsz, kVarz};
  return all;
}

}  // namespace lookout

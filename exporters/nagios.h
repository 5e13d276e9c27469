// The health as a plugin of Nagios, Icinga and the like prints it: one line with performance data behind a bar, then
// the findings. A pure function of a Snapshot.
#pragma once

#include <string>

#include "exporters/health.h"

namespace lookout {

[[nodiscard]] std::string render_nagios(const Snapshot& snapshot, const HealthQuery& query);

}  // namespace lookout

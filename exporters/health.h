// The health of the watched NATS, as JSON (/health, check --format=json) and as one headline. Pure functions of a
// Snapshot.
#pragma once

#include <string>

#include "agent/snapshot.h"

namespace lookout {

// The Snapshot's health; but "ok" is not believed before the agent was connected and one round was finished: that is
// unknown.
[[nodiscard]] Health health_of(const Snapshot& snapshot);

// "2 critical, 1 warning; 3 of 4 servers up". No server names in it.
[[nodiscard]] std::string headline(const Snapshot& snapshot);

[[nodiscard]] std::string render_health(const Snapshot& snapshot);

}  // namespace lookout

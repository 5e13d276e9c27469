// The page at `/`: what this is, where its endpoints are, what it sees now. Plain HTML without scripts or external
// requests; everything that came from the network is escaped. Pure function of a Snapshot.
#pragma once

#include <string>

#include "agent/snapshot.h"

namespace lookout {

[[nodiscard]] std::string render_landing(const Snapshot& snapshot);

// The Content-Security-Policy under which the page works: its own style and nothing else.
[[nodiscard]] std::string landing_policy();

}  // namespace lookout

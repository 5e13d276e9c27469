// The authentication picture as JSON (/api/v1/auth): attempts and patterns by cluster, who fails most, how many by
// minute, and the last failures one by one. A pure function of a Snapshot; any thread.
#pragma once

#include <string>

#include "agent/snapshot.h"

namespace lookout {

[[nodiscard]] std::string render_auth(const Snapshot& snapshot);

}  // namespace lookout

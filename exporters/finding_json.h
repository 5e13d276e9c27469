// A Finding, and the agent's login, as JSON, the same for every endpoint that tells them. Pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/finding.h"
#include "agent/snapshot.h"

namespace lookout {

[[nodiscard]] nlohmann::ordered_json finding_json(const Finding& finding);
[[nodiscard]] nlohmann::ordered_json link_json(const LinkView& link);

}  // namespace lookout

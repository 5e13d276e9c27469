// A Finding as JSON, the same for every endpoint that tells findings. A pure function.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/finding.h"

namespace lookout {

[[nodiscard]] nlohmann::ordered_json finding_json(const Finding& finding);

}  // namespace lookout

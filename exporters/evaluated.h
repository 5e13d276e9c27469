// Which checks are made where a Snapshot comes from. What is not checked is never ok. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/snapshot.h"
#include "config/fixed_checks.h"

namespace lookout {

// Whether it is made for what belongs to this cluster.
[[nodiscard]] bool is_evaluated(const Snapshot& snapshot, Check check, std::string_view cluster = {});
[[nodiscard]] bool is_evaluated(const Snapshot& snapshot, const FixedCheck& check);
[[nodiscard]] bool is_evaluated(const Snapshot& snapshot, std::string_view check);

// The checks that cannot be made here, however it is configured: by a sidecar, a shard, or with one look.
[[nodiscard]] std::vector<std::string> not_evaluated(const Snapshot& snapshot);

}  // namespace lookout

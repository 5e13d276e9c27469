// What `nats-lookout check` prints: the health for a person (headline, findings, servers) or as JSON. Pure function of
// a Snapshot.
#pragma once

#include <string>

#include "agent/snapshot.h"
#include "config/config.h"

namespace lookout {

[[nodiscard]] std::string render_check(const Snapshot& snapshot, CheckFormat format);

// Nagios' numbers: 0 ok, 1 warning, 2 critical, 3 unknown.
[[nodiscard]] int check_exit_code(const Snapshot& snapshot);

}  // namespace lookout

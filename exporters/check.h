// What `nats-lookout check` prints: the health for a person (headline, findings, servers), as JSON or for Nagios
// (exporters/nagios.h). Pure functions of a Snapshot.
#pragma once

#include <string>
#include <vector>

#include "agent/snapshot.h"
#include "config/config.h"
#include "exporters/health.h"

namespace lookout {

// What of the health counts.
[[nodiscard]] HealthQuery query_of(const CheckOptions& options);

// `color`: for a terminal that shows it.
[[nodiscard]] std::string render_check(const Snapshot& snapshot, const CheckOptions& options, bool color);

// "critical server_lost east/n2: it fell silent", without a line's end.
[[nodiscard]] std::string finding_line(const Finding& finding);

// "CRITICAL".
[[nodiscard]] std::string shouted(Health health);

// "not evaluated here: server_lost, auth_*"; empty: all is.
[[nodiscard]] std::string not_evaluated_line(const Snapshot& snapshot);

// Nagios' numbers: 0 ok, 1 warning, 2 critical, 3 unknown.
[[nodiscard]] int check_exit_code(const Snapshot& snapshot, const CheckOptions& options);

}  // namespace lookout

// The health of the watched NATS, as JSON (/health, check --format=json; docs/health.schema.json) and as one headline.
// Pure functions of a Snapshot.
#pragma once

#include <string>
#include <vector>

#include "agent/snapshot.h"

namespace lookout {

// The part of the health that is asked for; what is empty selects nothing. Findings about the agent itself belong to
// every part, unless their check is ignored: who is blind sees nothing of any part.
struct HealthQuery {
  std::string cluster;
  std::string server;
  std::string account;               // id
  std::vector<std::string> only;     // checks
  std::vector<std::string> ignored;  // checks
};

// Whether one round was finished; for one look: all of them.
[[nodiscard]] bool has_answers(const Snapshot& snapshot);

// Findings of that part, worst first.
[[nodiscard]] std::vector<Finding> findings_of(const Snapshot& snapshot, const HealthQuery& query);

// The worst of that part; but "ok" is not believed of what nobody looked at: while there are no answers, of a cluster,
// server or account that is not known, of a check that is not made here. That is unknown.
[[nodiscard]] Health health_of(const Snapshot& snapshot, const HealthQuery& query = {});

// "2 critical, 1 warning; 3 of 4 servers up". No server names in it.
[[nodiscard]] std::string headline(const Snapshot& snapshot, const HealthQuery& query = {});

[[nodiscard]] std::string render_health(const Snapshot& snapshot, const HealthQuery& query = {});

}  // namespace lookout

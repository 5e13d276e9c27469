// /metrics in the native schema: pure functions from a Snapshot (and the agent's own instruments) to exposition text.
// The page has two parts: the fleet's, which changes only with the Snapshot and can be kept, and the agent's, which is
// written anew each time.
#pragma once

#include <span>
#include <string>

#include "agent/instruments.h"
#include "agent/snapshot.h"
#include "collectors/collectors.h"
#include "exporters/writer.h"

namespace lookout {

// The end of the page that `drain`, if any, did not take.
[[nodiscard]] std::string render_fleet(const Snapshot& snapshot, Format format,
                                       std::span<const Collector> tables = collectors(), const Drain& drain = {});
[[nodiscard]] std::string render_agent(const Snapshot& snapshot, const Instruments& instruments, Now now, Format format,
                                       std::span<const Collector> tables = collectors());

// What this binary is; "unknown" revision outside a release.
[[nodiscard]] const char* lookout_version();
[[nodiscard]] const char* lookout_revision();

}  // namespace lookout

// Counters of rows that are folded: what a connection carried still counts when it is gone. Servers count by
// connection, of pooled routes for example; without this a sum over the open ones would step back whenever one closes,
// and Prometheus takes a counter that steps back for one that started anew. Pure; loop thread.
#pragma once

#include <memory>

#include "agent/metric.h"

namespace lookout {

// What `now` is to say after `before`, of the same server process: the rows of each folded section get the counters of
// those that have gone since, as another section of the same metrics tells them apart. A row that has gone as a whole
// stays gone. `before` may be null.
[[nodiscard]] std::shared_ptr<const Block> carry_over(const Collector& collector, const Block* before,
                                                      std::shared_ptr<const Block> now);

}  // namespace lookout

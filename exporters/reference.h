// The reference of all metrics, docs/metrics.md, made from the tables. `nats-lookout metrics` prints it.
#pragma once

#include <string>

namespace lookout {

[[nodiscard]] std::string render_reference();

}  // namespace lookout

// The reference of all checks, docs/checks.md, made from the tables. `nats-lookout checks` prints it.
#pragma once

#include <string>

namespace lookout {

[[nodiscard]] std::string render_checks_reference();

}  // namespace lookout

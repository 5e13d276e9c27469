// When the agent's own credentials end. Reads the files that the next login will read; blocks for that long.
#pragma once

#include <optional>

#include "agent/clock.h"
#include "config/config.h"

namespace lookout {

struct Expiry {
  Wall time;
  const char* of;  // "the user JWT"
};

// The first of the user JWT (.creds) and the client certificate to expire; none: they never do, or cannot be read,
// which the login tells.
[[nodiscard]] std::optional<Expiry> first_expiry(const NatsOptions& nats);

}  // namespace lookout

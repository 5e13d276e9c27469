// When credentials end.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/clock.h"
#include "config/config.h"

namespace lookout {

struct Expiry {
  Wall time;
  const char* of;  // "the user JWT"
};

// Of seconds since the epoch, as JWTs and certificates have them; none: so late that it never ends, and would overflow.
[[nodiscard]] std::optional<Wall> expiry_at(std::int64_t time);

// The agent's own. Reads the files that the next login will read; blocks for that long.
// The first of the user JWT (.creds) and the client certificate to expire; none: they never do, or cannot be read,
// which the login tells.
[[nodiscard]] std::optional<Expiry> first_expiry(const NatsOptions& nats);

}  // namespace lookout

// Alerts: findings as the receivers of pushed alerts want them. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/clock.h"
#include "exporters/outbox.h"

namespace lookout {

inline constexpr const char* kRunbooks = "https://github.com/nats-lookout/nats-lookout/blob/main/docs/runbooks.md";

// "auth_brute_force" is "NatsAuthBruteForce".
[[nodiscard]] std::string alert_name(std::string_view check);

// The body of POST /api/v2/alerts. What lasts ends at `until`, unless it is sent again before.
[[nodiscard]] std::string render_alertmanager(const std::vector<Notice>& notices, Wall until);

// The body of a webhook; all of the notices last, or all have ended.
[[nodiscard]] std::string render_webhook(const std::vector<Notice>& notices);

}  // namespace lookout

// Why a connection to NATS could not be made or ended, in plain words and as one of few labels. Pure but for one name
// lookup.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "agent/clock.h"
#include "agent/nats_options.h"

namespace lookout {

struct Reason {
  std::string text;
  const char* label = "other";  // one of kDisconnectReasons
  bool authentication = false;
};

inline constexpr std::array kDisconnectReasons{"auth",     "stale",   "limit",    "lame_duck", "closed",
                                               "watchdog", "rebuild", "protocol", "other"};

// `status` is libnats' natsStatus. `text` is what libnats or the server said, and untrusted. `took` is how long the
// attempt lasted.
[[nodiscard]] Reason connect_reason(int status, std::string_view text, const Endpoint& endpoint, Millis took,
                                    Millis timeout);

// How an established connection ended: libnats' last error of it. `refusal` is the server's last sentence about
// credentials, if any.
[[nodiscard]] Reason close_reason(int status, std::string_view text, std::string_view refusal, bool lame_duck);

}  // namespace lookout

// Checks that have neither thresholds nor a line in config/checks.h: they are made where their facts are. And what
// holds for checks of both kinds. constexpr data, pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "config/checks.h"

namespace lookout {

struct FixedCheck {
  enum class Of : std::uint8_t { agent, server, login };  // patterns of failed logins are of the last kind

  const char* id;
  Of of;
  const char* states;  // it can have, for a reader
  bool history;        // one look does not show it
  const char* what;
  const char* advice;  // empty: the finding has its own, or needs none
};

[[nodiscard]] std::span<const FixedCheck> fixed_checks();
[[nodiscard]] const FixedCheck* fixed_check(std::string_view id);  // null: none
// Whether a check, of either table, is about the agent itself.
[[nodiscard]] bool is_of_agent(std::string_view id);

// What to do about a finding of this check that does not say it itself; empty: nothing.
[[nodiscard]] const char* advice_on(std::string_view id);

// Whether there is such a check.
[[nodiscard]] bool is_check(std::string_view id);

}  // namespace lookout

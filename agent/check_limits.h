// The limits of checks after the operator's settings, and how a number is held against them and said. Pure; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "agent/violation.h"
#include "config/checks.h"

namespace lookout {

class CheckLimits {
 public:
  explicit CheckLimits(std::vector<CheckSetting> settings);
  [[nodiscard]] Limits of(Check check, std::string_view cluster, std::string_view account) const;

 private:
  std::vector<CheckSetting> settings_;
  std::array<Limits, kChecks> general_;
  std::array<bool, kChecks> special_{};  // a cluster or an account has its own
};

enum class Sense : std::uint8_t { high_is_bad, low_is_bad };

// Gives a violation its state, value and threshold; false: the value is within the limits.
[[nodiscard]] bool weigh(Violation& violation, const Limits& limits, double value, Sense sense = Sense::high_is_bad);

// "97 %", "1.5 GiB", "12 days".
[[nodiscard]] std::string said(Unit unit, double value);

}  // namespace lookout

#include "agent/check_limits.h"

#include <cmath>
#include <utility>

namespace lookout {
namespace {

std::string rounded(double value, const char* unit) {
  std::string text = std::to_string(std::round(value * 10) / 10);
  text.erase(text.find('.') + 2);
  if (text.ends_with(".0")) text.erase(text.size() - 2);
  return text + unit;
}

struct Scale {
  double from;
  double one;
  const char* unit;
};
constexpr Scale kTimes[] = {
    {172800, 86400, " days"}, {7200, 3600, " h"}, {120, 60, " min"}, {1, 1, " s"}, {0, 0.001, " ms"}};
constexpr double kKiB = 1024;
constexpr Scale kSizes[] = {{kKiB * kKiB * kKiB, kKiB* kKiB* kKiB, " GiB"},
                            {kKiB * kKiB, kKiB* kKiB, " MiB"},
                            {kKiB, kKiB, " KiB"},
                            {0, 1, " bytes"}};

template <std::size_t N>
std::string scaled(const Scale (&scales)[N], double value) {
  std::size_t i = 0;
  while (i + 1 < N && std::abs(value) < scales[i].from) ++i;
  return rounded(value / scales[i].one, scales[i].unit);
}

}  // namespace

CheckLimits::CheckLimits(std::vector<CheckSetting> settings) : settings_(std::move(settings)) {
  for (std::size_t i = 0; i < kChecks; ++i) general_[i] = limits_of(static_cast<Check>(i), settings_, {}, {});
  for (const CheckSetting& setting : settings_)
    if (setting.of != CheckSetting::Of::all) special_[static_cast<std::size_t>(setting.check)] = true;
}

Limits CheckLimits::of(Check check, std::string_view cluster, std::string_view account) const {
  const auto index = static_cast<std::size_t>(check);
  return special_[index] ? limits_of(check, settings_, cluster, account) : general_[index];
}

bool weigh(Violation& violation, const Limits& limits, double value, Sense sense) {
  const auto passes = [&](double threshold) {
    return threshold != Limits::kNever && (sense == Sense::low_is_bad ? value <= threshold : value >= threshold);
  };
  const bool critical = passes(limits.critical);
  violation.state = critical ? Health::critical : Health::warning;
  violation.value = value;
  violation.threshold = critical ? limits.critical : limits.warning;
  return critical || passes(limits.warning);
}

std::string said(Unit unit, double value) {
  switch (unit) {
    case Unit::ratio:
      return rounded(value * 100, " %");
    case Unit::seconds:
      return scaled(kTimes, value);
    case Unit::bytes:
      return scaled(kSizes, value);
    default:
      return rounded(value, "");
  }
}

}  // namespace lookout

#include "exporters/evaluated.h"

#include "collectors/collectors.h"

namespace lookout {
namespace {

bool can_evaluate(const Snapshot& snapshot, Check check) {
  const Judging& judging = snapshot.judging;
  return (info_of(check).anywhere || !judging.partial) && !(judging.once && info_of(check).history);
}

bool is_asked(const Snapshot& snapshot, const CheckInfo& info) {
  const std::size_t index = index_of(info.endpoint);
  return index >= snapshot.rounds.size() ||
         snapshot.rounds[index].level >= (info.detail ? Level::detail : Level::summary);
}

}  // namespace

bool is_evaluated(const Snapshot& snapshot, Check check, std::string_view cluster) {
  return can_evaluate(snapshot, check) && is_asked(snapshot, info_of(check)) &&
         limits_of(check, snapshot.judging.settings, cluster, {}).on;
}

bool is_evaluated(const Snapshot& snapshot, const FixedCheck& check) {
  if (check.of == FixedCheck::Of::login && !snapshot.auth_unseen.empty()) return false;
  return !(snapshot.judging.once && check.history);
}

bool is_evaluated(const Snapshot& snapshot, std::string_view check) {
  if (const FixedCheck* fixed = fixed_check(check)) return is_evaluated(snapshot, *fixed);
  const auto known = check_of(check);
  return known && is_evaluated(snapshot, *known);
}

std::vector<std::string> not_evaluated(const Snapshot& snapshot) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kChecks; ++i) {
    const auto check = static_cast<Check>(i);
    if (!can_evaluate(snapshot, check)) out.emplace_back(info_of(check).id);
  }
  for (const FixedCheck& check : fixed_checks()) {
    if (!is_evaluated(snapshot, check)) out.emplace_back(check.id);
  }
  return out;
}

}  // namespace lookout

// What `nats-lookout check` prints and what counts for it.
#include <algorithm>

#include "config/codec.h"
#include "config/fixed_checks.h"

namespace lookout::cfg {
namespace {

// Of every check.
Texts ids() {
  Texts ids;
  for (std::size_t i = 0; i < kChecks; ++i) ids.emplace_back(info_of(static_cast<Check>(i)).id);
  for (const FixedCheck& check : fixed_checks()) ids.emplace_back(check.id);
  return ids;
}

Codec checks(std::vector<std::string> CheckOptions::*member) {
  const auto set = [member](Config& config, const Texts& texts) {
    Texts given = split_list(texts);
    const auto odd = std::find_if_not(given.begin(), given.end(), is_check);
    if (odd != given.end()) return must_be("a list of checks that docs/checks.md has", *odd).what;
    config.check.*member = std::move(given);
    return std::string{};
  };
  return {set, [member](const Config& config) { return config.check.*member; }, ids()};
}

}  // namespace

std::vector<Option> check_options() {
  return {
      {"check.color", kCheck, "", "of text; auto: on a terminal, unless NO_COLOR is set",
       choice([](auto& c) -> auto& { return c.check.color; }, {"auto", "always", "never"})},
      {"check.only", kCheck, "CHECKS", "comma list of the checks that count; those about the agent itself always do",
       checks(&CheckOptions::only), Shape::list},
      {"check.ignore", kCheck, "CHECKS", "comma list of checks that do not count", checks(&CheckOptions::ignored),
       Shape::list},
  };
}

}  // namespace lookout::cfg

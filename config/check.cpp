// What `nats-lookout check` prints and what counts for it.
#include <algorithm>

#include "config/codec.h"
#include "config/fixed_checks.h"

namespace lookout::cfg {
namespace {

constexpr const char* kGroup = "Command check";

Codec checks(std::vector<std::string> CheckOptions::*member) {
  const auto set = [member](Config& config, const Texts& texts) {
    Texts given = split_list(texts);
    const auto odd = std::find_if_not(given.begin(), given.end(), is_check);
    if (odd != given.end()) return must_be("a list of checks that docs/checks.md has", *odd).what;
    config.check.*member = std::move(given);
    return std::string{};
  };
  return {set, [member](const Config& config) { return config.check.*member; }};
}

}  // namespace

std::vector<Option> check_options() {
  return {
      {"check.color", kGroup, "WHEN", "of text: auto (on a terminal, unless NO_COLOR is set), always, never",
       choice([](auto& c) -> auto& { return c.check.color; }, {"auto", "always", "never"})},
      {"check.only", kGroup, "CHECKS", "comma list of the checks that count; those about the agent itself always do",
       checks(&CheckOptions::only), Shape::list},
      {"check.ignore", kGroup, "CHECKS", "comma list of checks that do not count", checks(&CheckOptions::ignored),
       Shape::list},
  };
}

}  // namespace lookout::cfg

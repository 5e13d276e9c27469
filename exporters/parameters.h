// The parameters of a request. Pure functions.
#pragma once

#include <map>
#include <string>

namespace lookout {

using Parameters = std::multimap<std::string, std::string>;  // decoded

// What was given, for a sentence: cleaned, cut.
[[nodiscard]] std::string quoted(const std::string& text);

}  // namespace lookout

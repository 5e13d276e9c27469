#include "exporters/parameters.h"

#include "agent/text.h"

namespace lookout {

std::string quoted(const std::string& text) {
  constexpr std::size_t kShown = 64;  // bytes
  return "'" + clean(text, kShown) + "'";
}

}  // namespace lookout

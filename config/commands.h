// The table of commands. Internal to config/; made once, never changed, any thread.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace lookout::cfg {

struct Mode {
  std::string name;
  std::string help;
  Command command = Command::serve;
  std::string (*text)(const std::string& argument) = nullptr;  // what it prints, whatever is configured; null: it runs
  std::string argument = {};                                   // its placeholder; empty: it takes none
  Texts arguments = {};                                        // one of them must be given
};

[[nodiscard]] const std::vector<Mode>& modes();
[[nodiscard]] std::string command_names(const std::string& separator);

}  // namespace lookout::cfg

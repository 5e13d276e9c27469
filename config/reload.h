// What the table of options says about SIGHUP. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lookout {

// `running` with what SIGHUP takes of `fresh`.
[[nodiscard]] Config reloaded(Config running, const Config& fresh);

// The files whose content a login is made with.
[[nodiscard]] std::vector<std::string> login_files(const Config& config);

}  // namespace lookout

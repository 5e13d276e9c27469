// What the table of options says about SIGHUP. Any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lookout {

// `running` with what SIGHUP takes of `fresh`.
[[nodiscard]] Config reloaded(Config running, const Config& fresh);

// What a login is made with: the content of its files, read now, or why one cannot be read.
[[nodiscard]] std::vector<std::string> login_secrets(const Config& config);

}  // namespace lookout

// The agent's own log, for people and machines, on stderr: logfmt or JSON, one line each. Any thread. Text from the
// network is cleaned.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"

namespace lookout::log {

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Again on SIGHUP; level is one of debug, info, warn, error, off.
void configure(const std::string& level, LogFormat format);

void debug(std::string_view text, Fields fields = {});
void info(std::string_view text, Fields fields = {});
void warn(std::string_view text, Fields fields = {});
void error(std::string_view text, Fields fields = {});

// One line as it is printed; for tests.
[[nodiscard]] std::string format_line(LogFormat format, std::string_view time, std::string_view level,
                                      std::string_view text, Fields fields);

}  // namespace lookout::log

// The texts made from the tables of options and commands, for people and for shells. Internal to config/; pure
// functions, any thread.
#pragma once

#include <string>

namespace lookout::cfg {

[[nodiscard]] std::string render_options_reference();  // docs/configuration.md
[[nodiscard]] std::string render_man_page();           // nats-lookout.1
[[nodiscard]] std::string render_completion(const std::string& shell);

}  // namespace lookout::cfg

// The tables of options and commands as people read them: what help, configuration reference, man page and completion
// have in common, each of which only lays it out. Internal to config/; made once, never changed, any thread.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace lookout::cfg {

struct Chapter {
  std::string heading;
  std::vector<const Option*> options;
};
[[nodiscard]] std::vector<Chapter> chapters();  // every option, in the order of the help

[[nodiscard]] std::string placeholder(const Option& option);  // "URLS", "on|off"; empty: a flag
[[nodiscard]] std::string type(const Option& option);         // "list of urls", "`on` or `off`"
[[nodiscard]] std::string standard(const Option& option);     // the default; empty: none
[[nodiscard]] std::string described(const Option& option);    // the help with the default
[[nodiscard]] std::string verbatim_alternatives(Texts texts);
[[nodiscard]] const char* taken(Reload reload);  // "restart", "SIGHUP"

// What there is to say beside the options. `marked` like this is verbatim.
struct Row {
  std::string term;  // verbatim
  std::string text;
};
struct Topic {
  std::string heading;
  std::vector<std::string> paragraphs;
  std::vector<Row> rows = {};
  std::string code = {};  // lines of a terminal
};
[[nodiscard]] std::vector<Topic> topics_before_options();
[[nodiscard]] std::vector<Topic> topics_after_options();

}  // namespace lookout::cfg

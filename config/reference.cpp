#include "config/reference.h"

#include <algorithm>

namespace lookout::cfg {

std::vector<Chapter> chapters() {
  std::vector<Chapter> all;
  for (const Option* option : every_option()) {
    const auto same = [&](const Chapter& chapter) { return chapter.heading == option->group; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    auto& chapter = found == all.end() ? all.emplace_back(Chapter{option->group, {}}) : *found;
    chapter.options.push_back(option);
  }
  return all;
}

std::string placeholder(const Option& option) {
  const bool derived = option.placeholder.empty() && option.shape != Shape::flag;
  return derived ? join(option.codec.values, "|") : option.placeholder;
}

std::string verbatim_alternatives(Texts texts) {
  for (std::string& text : texts) text.insert(0, "`").append("`");
  return alternatives(texts);
}

std::string type(const Option& option) {
  if (option.shape == Shape::flag) return "flag";
  if (option.placeholder.empty()) return verbatim_alternatives(option.codec.values);
  return (option.shape == Shape::list ? "list of " : "") + lowercase(option.placeholder);
}

std::string standard(const Option& option) {
  return join(option.codec.get(Config{}), ",");
}

std::string described(const Option& option) {
  const std::string value = option.shape == Shape::flag ? "" : standard(option);
  return option.help + (value.empty() ? "" : " (default " + value + ")");
}

const char* taken(Reload reload) {
  switch (reload) {
    case Reload::restart:
      return "restart";
    case Reload::sighup:
      return "SIGHUP";
    case Reload::file_login:
      return "file: login, SIGHUP";
    case Reload::file_post:
      return "file: post";
    case Reload::file_sighup:
      return "file: SIGHUP";
  }
  return "";
}

}  // namespace lookout::cfg

#include "config/reload.h"

#include "config/options.h"

namespace lookout {

Config reloaded(Config running, const Config& fresh) {
  for (const cfg::Option& option : cfg::options()) {
    if (option.reload == cfg::Reload::sighup) option.codec.set(running, option.codec.get(fresh));
  }
  return running;
}

std::vector<std::string> login_files(const Config& config) {
  std::vector<std::string> files;
  for (const cfg::Option& option : cfg::options()) {
    if (option.reload != cfg::Reload::file_login) continue;
    if (auto path = option.codec.get(config).front(); !path.empty()) files.push_back(std::move(path));
  }
  return files;
}

}  // namespace lookout

#include "config/reload.h"

#include "config/options.h"

namespace lookout {

Config reloaded(Config running, const Config& fresh) {
  for (const cfg::Option& option : cfg::options()) {
    if (option.reload == cfg::Reload::sighup) option.codec.set(running, option.codec.get(fresh));
  }
  return running;
}

std::vector<std::string> login_secrets(const Config& config) {
  constexpr std::size_t kLimit = std::size_t{16} << 20U;  // bundles of certificates are large
  std::vector<std::string> out;
  for (const cfg::Option& option : cfg::options()) {
    if (option.reload != cfg::Reload::file_login) continue;
    const std::string path = option.codec.get(config).front();
    if (path.empty()) continue;
    const auto text = cfg::read_file(path, kLimit);
    out.push_back(text ? *text : text.error());
  }
  return out;
}

}  // namespace lookout

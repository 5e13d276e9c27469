// The table of all options: the one place that says what there is. Command line, environment, YAML, help and to_yaml()
// all follow it. Internal to config/; made once, never changed, any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/values.h"

namespace lookout::cfg {

// list: may be repeated, split at commas, a sequence in YAML; map: of free keys to values, YAML only.
enum class Shape { value, list, flag, map };

// How the texts of an option get into a Config and out of it.
struct Codec {
  // Takes texts, exactly one unless it is a list. Returns what is wrong, as in values.h; empty: nothing.
  std::function<std::string(Config&, const Texts&)> set;
  std::function<Texts(const Config&)> get;  // empty: nothing to show
};

struct Option {
  std::string path;         // "nats.url": --nats.url, LOOKOUT_NATS_URL, url below nats in YAML
  const char* group;        // heading in the help
  const char* placeholder;  // for its value in the help
  std::string help;
  Codec codec;
  Shape shape = Shape::value;
  bool secret = false;
};

[[nodiscard]] const std::vector<Option>& options();

// Those of the endpoints: a part of options().
[[nodiscard]] std::vector<Option> collect_options();

// When failed authentications make a pattern: a part of options().
[[nodiscard]] std::vector<Option> auth_options();

// What is checked: a part of options().
[[nodiscard]] std::vector<Option> health_options();

// What `nats-lookout check` prints: a part of options().
[[nodiscard]] std::vector<Option> check_options();

// What alerts are pushed to: a part of options().
[[nodiscard]] std::vector<Option> push_options();

// A Config nobody asked anything of: the defaults, with every endpoint.
[[nodiscard]] Config defaults();

// --config.file: found before all others, for it says where they are. Not in options(): a file cannot name itself.
inline constexpr const char* kConfigFile = "config.file";

[[nodiscard]] std::string environment_name(const std::string& path);  // "LOOKOUT_NATS_URL"
[[nodiscard]] const char* version();

// What one source said about one option, and how that source is named in a sentence: "--scope", "LOOKOUT_SCOPE",
// "a.yaml:7: scope".
struct Given {
  Texts texts;
  std::string origin;
};
using Givens = std::map<std::string, Given>;  // by path

// What a file may hold, by path.
struct Key {
  std::string path;
  Shape shape = Shape::value;
};
using Keys = std::vector<Key>;

// Reads a YAML file; the error names the file and, where there is one, the line. A map's texts are its keys, each
// followed by its value.
[[nodiscard]] Result<Givens> read_yaml(const std::string& path, const Keys& keys);

[[nodiscard]] Keys keys_of_options();

// The whole of a file of at most `limit` bytes. The error names the file and says why.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace lookout::cfg

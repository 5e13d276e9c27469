// The table of all options: the one place that says what there is. Command line, environment, YAML, to_yaml(), help,
// reference, man page and completion all follow it. Internal to config/; made once, never changed, any thread.
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
  Texts values = {};                        // what it takes, or some of it; empty: nothing to choose from
};

// What takes a change of an option, or of the file that it names, once the agent runs.
enum class Reload {
  restart,
  sighup,
  file_login,   // the content: every login, and SIGHUP logs in again
  file_post,    // the content: every post to a receiver of alerts
  file_sighup,  // the content: SIGHUP
};

enum class Sources { all, no_file, command_line };

// Groups that several files have options of.
inline constexpr const char* kEvents = "Event log";
inline constexpr const char* kCheck = "Command check";
inline constexpr const char* kProcess = "This process";

// Placeholders with a meaning for a shell.
inline constexpr const char* kFile = "FILE";
inline constexpr const char* kDirectory = "DIRECTORY";

struct Option {
  std::string path;         // "nats.url": --nats.url, LOOKOUT_NATS_URL, url below nats in YAML
  std::string group;        // heading in the help
  std::string placeholder;  // for its value in the help; empty: its values say it, or it is a flag
  std::string help;
  Codec codec;
  Shape shape = Shape::value;
  bool secret = false;
  Reload reload = Reload::restart;
  Sources sources = Sources::all;
  std::string command = {};  // the only one that has it; empty: all
};

// Those that every source may give.
[[nodiscard]] const std::vector<Option>& options();

// The others: the command line alone has them, and the environment --config.file. Not a part of options().
[[nodiscard]] const std::vector<Option>& own_options();

// Both, options() first.
[[nodiscard]] const std::vector<const Option*>& every_option();

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

// --config.file: found before all others, for it says where they are.
inline constexpr const char* kConfigFile = "config.file";

inline constexpr const char* kHelp = "help";
inline constexpr const char* kVersion = "version";

// --auth, and what it stands for.
inline constexpr const char* kAuth = "auth";
inline constexpr const char* kKinds = "events.kinds";

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

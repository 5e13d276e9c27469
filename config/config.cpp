#include "config/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "config/options.h"
#include "config/together.h"
#include "config/values.h"

namespace lookout {
namespace {

using cfg::Given;
using cfg::Givens;
using cfg::Option;
using cfg::options;
using cfg::Shape;
using cfg::Texts;

struct Mode {
  Command command;
  const char* name;
  const char* help;
};
constexpr std::array<Mode, 6> kModes{
    {{Command::serve, "serve", "run the agent; the default"},
     {Command::check, "check",
      "one round, then the health; exit code 0, 1, 2 or 3 as Nagios wants it; --format text|json|nagios"},
     {Command::events, "events", "print the event log live; --auth: failed logins and their patterns only"},
     {Command::config, "config", "print the effective configuration, secrets masked"},
     {Command::metrics, "metrics", "print the reference of all metrics"},
     {Command::checks, "checks", "print the reference of all checks"}}};
constexpr std::array<const char*, 3> kFormats{"text", "json", "nagios"};  // in the order of CheckFormat
constexpr const char* kAuth = "auth";                                     // --auth
constexpr const char* kKinds = "events.kinds";                            // which it stands for
constexpr const char* kFooter =
    "Every option can also come from the environment (LOOKOUT_NATS_URL for --nats.url) or from the YAML file of\n"
    "--config.file (url below nats). Flags win over the environment, the environment over the file.\n"
    "Durations: 250ms, 10s, 1m30s, 1h.";

CommandLine ended(int exit_code, std::string text) {
  CommandLine line;
  line.exit = true;
  line.exit_code = exit_code;
  line.text = std::move(text);
  return line;
}

CommandLine failed(std::string sentence) {
  return ended(2, std::move(sentence));
}

// The name of an option without what may follow it: that may be a secret.
std::string name_of(std::string_view word) {
  const auto end = std::find_if_not(word.begin(), word.end(), [](char c) {
    return cfg::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
  });
  return {word.begin(), end};
}

// The sentence about a word that is no option and no command. Only a first word is repeated: others may be parts of a
// secret.
std::string stranger(const std::string& word, bool first) {
  Texts commands;
  for (const Mode& mode : kModes) commands.emplace_back(mode.name);
  const std::string wanted = "the commands are " + cfg::join(commands, ", ");
  if (!word.starts_with('-'))
    return first ? "unknown command " + cfg::quote(word) + ": " + wanted : "an argument is no option: " + wanted;
  Texts known{"--help", "--version", std::string("--") + cfg::kConfigFile, std::string("--") + kAuth};
  for (const Option& option : options()) known.push_back("--" + option.path);
  const std::string name = word.starts_with("--") ? name_of(word) : word.substr(0, 2);
  const std::string near = cfg::nearest(word.starts_with("--") ? name : "-" + name_of(word), known);
  return "unknown option " + cfg::quote(name) + (near.empty() ? ", see --help" : ", did you mean " + near + "?");
}

// The command line as CLI11 knows it: words only; what they mean is the table's business, the same for every source.
class Grammar {
 public:
  Grammar() : app_("nats-lookout watches a NATS deployment through its system account.", "nats-lookout") {
    app_.set_help_flag();
    app_.allow_extras()->fallthrough()->require_subcommand(0, 1)->footer(kFooter);
    app_.get_formatter()->column_width(40);
    app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
    for (const Option& option : options()) add(option);
    file_ = app_.add_option(std::string("--") + cfg::kConfigFile, "YAML file with options");
    file_->group("This process")->option_text("FILE")->take_all();
    help_ = app_.add_flag(std::string("-h,--help"))->description("print this")->group("This process");
    version_ = app_.add_flag(std::string("--version"))->description("print the version")->group("This process");
    auth_ = app_.add_flag(std::string("--") + kAuth)->group("Event log")->take_all();
    auth_->description("with the command events: the same as --events.kinds=auth");
    for (const Mode& mode : kModes) app_.add_subcommand(mode.name, mode.help)->group("Commands");
    format_ = app_.get_subcommand("check")->add_option("--format")->take_all();
  }
  CommandLine parse(const std::vector<std::string>& arguments, Givens& givens);

 private:
  void add(const Option& option) {
    const std::string name = "--" + option.path;
    const bool flag = option.shape == Shape::flag;
    auto* added = flag ? app_.add_flag(name, option.help) : app_.add_option(name, option.help);
    const Texts standard = option.codec.get(Config{});
    const bool shown = !flag && !standard.empty() && !standard.front().empty();
    const std::string fallback = shown ? " (default " + cfg::join(standard, ",") + ")" : "";
    added->group(option.group)->take_all()->description(option.help + fallback);
    if (!flag) added->option_text(option.placeholder);
    named_.push_back({&option, added});
  }

  [[nodiscard]] std::vector<std::string> prepared(const std::vector<std::string>& arguments) const;
  [[nodiscard]] std::string collect(Givens& givens) const;
  [[nodiscard]] std::string collect_auth(Givens& givens) const;
  [[nodiscard]] Command command() const;
  [[nodiscard]] std::string help() const;

  struct Named {
    const Option* option;
    CLI::Option* parsed;
  };
  CLI::App app_;
  std::vector<Named> named_;
  CLI::Option* file_ = nullptr;
  CLI::Option* auth_ = nullptr;
  CLI::Option* help_ = nullptr;
  CLI::Option* version_ = nullptr;
  CLI::Option* format_ = nullptr;
};

// Last word first, as CLI11 wants it, and "--name=" as "--name" and an empty word: CLI11 would take the next option for
// its value.
std::vector<std::string> Grammar::prepared(const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  for (const std::string& word : arguments) {
    const bool empty_value = word.starts_with("--") && word.find('=') == word.size() - 1;
    words.push_back(empty_value ? word.substr(0, word.size() - 1) : word);
    const auto* option = empty_value ? app_.get_option_no_throw(words.back()) : nullptr;
    if (option != nullptr && option->get_items_expected_max() > 0) words.emplace_back();
  }
  std::reverse(words.begin(), words.end());
  return words;
}

Command Grammar::command() const {
  const auto given = [this](const Mode& mode) { return app_.got_subcommand(mode.name); };
  const auto found = std::find_if(kModes.begin(), kModes.end(), given);
  return found == kModes.end() ? Command::serve : found->command;
}

std::string Grammar::help() const {
  std::string text = app_.get_formatter()->make_help(&app_, app_.get_name(), CLI::AppFormatMode::Normal);
  constexpr std::string_view kGap = "\n\n\n";
  for (auto gap = text.find(kGap); gap != std::string::npos; gap = text.find(kGap, gap)) text.erase(gap, 1);
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

// What the options said; returns what is wrong.
std::string Grammar::collect(Givens& givens) const {
  const auto take = [&givens](const std::string& path, const CLI::Option& parsed, bool repeatable) -> std::string {
    const Texts& texts = parsed.results();
    if (texts.size() > 1 && !repeatable) return "--" + path + " must be given only once";
    if (!texts.empty()) givens[path] = {texts, "--" + path};
    return "";
  };
  std::string wrong = take(cfg::kConfigFile, *file_, false);
  for (const Named& named : named_) {
    if (wrong.empty()) wrong = take(named.option->path, *named.parsed, named.option->shape == Shape::list);
  }
  return wrong.empty() ? collect_auth(givens) : wrong;
}

// --auth stands for kinds of events, and like any flag wins over environment and file.
std::string Grammar::collect_auth(Givens& givens) const {
  if (auth_->count() == 0) return "";
  const std::string name = std::string("--") + kAuth;
  if (command() != Command::events) return name + " needs the command events";
  if (auth_->results() != Texts{"true"}) return name + " takes no value and is given once";
  if (!givens.try_emplace(kKinds, Given{{"auth"}, name}).second)
    return name + " and --" + kKinds + " exclude each other: give only one of them";
  return "";
}

CommandLine Grammar::parse(const std::vector<std::string>& arguments, Givens& givens) {
  try {
    app_.parse(prepared(arguments));
  } catch (const CLI::ArgumentMismatch&) {  // thrown for one reason here: nothing follows the last option
    return failed(name_of(arguments.back()) + " must be followed by a value");
  } catch (const CLI::Error&) {
    return failed("the command line must be options and at most one command, see --help");
  }
  if (help_->count() > 0) return ended(0, help());
  if (version_->count() > 0) return ended(0, std::string("nats-lookout ") + cfg::version());
  if (const auto rest = app_.remaining(true); !rest.empty()) return failed(stranger(rest[0], rest[0] == arguments[0]));
  if (auto wrong = collect(givens); !wrong.empty()) return failed(std::move(wrong));
  CommandLine line;
  line.config = cfg::defaults();
  line.config.command = command();
  for (const std::string& format : format_->results()) {
    const auto* const known = std::find(kFormats.begin(), kFormats.end(), format);
    if (known == kFormats.end()) return failed("--format " + cfg::must_be("text, json or nagios", format).what);
    line.config.check.format = static_cast<CheckFormat>(known - kFormats.begin());
  }
  return line;
}

void add_environment(const std::map<std::string, std::string>& environment, Givens& givens) {
  const auto add = [&](const std::string& path) {
    const auto found = environment.find(cfg::environment_name(path));
    if (found != environment.end() && !found->second.empty())
      givens.try_emplace(path, Given{{found->second}, found->first});
  };
  add(cfg::kConfigFile);
  for (const Option& option : options()) add(option.path);
}

std::string take_over(const Givens& givens, Config& config) {
  for (const Option& option : options()) {
    const auto given = givens.find(option.path);
    if (given == givens.end()) continue;
    if (auto wrong = option.codec.set(config, given->second.texts); !wrong.empty())
      return given->second.origin + " " + wrong;
  }
  return cfg::Together(config, givens).wrong();
}

}  // namespace

CommandLine parse(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) {
  Givens givens;
  CommandLine line = Grammar().parse(arguments, givens);
  if (line.exit) return line;
  add_environment(environment, givens);
  if (const auto file = givens.find(cfg::kConfigFile); file != givens.end()) {
    auto read = cfg::read_yaml(file->second.texts.front(), cfg::keys_of_options());
    if (!read) return failed(read.error());
    givens.merge(*read);
  }
  if (auto wrong = take_over(givens, line.config); !wrong.empty()) return failed(std::move(wrong));
  return line;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> ours;
  for (char* const* entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (text.starts_with("LOOKOUT_") && equals != std::string_view::npos)
      ours.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return ours;
}

Result<std::string> cfg::read_file(const std::string& path, std::size_t limit) {
  const auto error = [&path](const std::string& why) {
    return Error{"file " + cfg::quote(path) + " cannot be read: " + why};
  };
  const auto failure = [&error] { return error(std::generic_category().message(errno)); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure();
  std::string content(limit + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 1;
  while (size < content.size() && got > 0) {
    got = ::read(file, content.data() + size, content.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) got = 1;
  }
  const auto result = got < 0 ? failure() : Error{};
  ::close(file);
  if (got < 0) return result;
  if (size > limit) return error("it is larger than " + write_bytes(limit));
  content.resize(size);
  return content;
}

Result<std::string> read_secret(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{64} << 10U;
  auto content = cfg::read_file(path, kLimit);
  if (!content) return content;
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  if (content->empty()) return Error{"file " + cfg::quote(path) + " is empty"};
  return content;
}

}  // namespace lookout

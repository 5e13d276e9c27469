#include "config/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "config/commands.h"
#include "config/options.h"
#include "config/reference.h"
#include "config/together.h"
#include "config/values.h"

namespace lookout {
namespace {

using cfg::every_option;
using cfg::Given;
using cfg::Givens;
using cfg::Mode;
using cfg::modes;
using cfg::Option;
using cfg::Shape;
using cfg::Texts;

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
  const std::string wanted = "the commands are " + cfg::command_names(", ");
  if (!word.starts_with('-'))
    return first ? "unknown command " + cfg::quote(word) + ": " + wanted : "an argument is no option: " + wanted;
  Texts known;
  for (const Option* option : every_option()) known.push_back("--" + option->path);
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
    for (const Option* option : every_option()) add(*option);
    for (const Mode& mode : modes()) {
      auto* const command = app_.add_subcommand(mode.name, mode.help)->group("Commands");
      if (!mode.arguments.empty()) command->add_option(mode.argument);
    }
  }
  CommandLine parse(const std::vector<std::string>& arguments, Givens& givens);

 private:
  void add(const Option& option) {
    const std::string name = option.path == cfg::kHelp ? "-h,--" + option.path : "--" + option.path;
    const bool flag = option.shape == Shape::flag;
    auto* const added = flag ? app_.add_flag(name) : app_.add_option(name);
    added->group(option.group)->take_all()->description(cfg::described(option));
    if (!flag) added->option_text(cfg::placeholder(option));
    named_.push_back({&option, added});
  }

  [[nodiscard]] std::vector<std::string> prepared(const std::vector<std::string>& arguments) const;
  [[nodiscard]] std::string collect(Givens& givens) const;
  [[nodiscard]] static std::string collect_auth(Givens& givens);
  [[nodiscard]] bool has(const char* flag) const { return app_.count(std::string("--") + flag) > 0; }
  [[nodiscard]] const Mode& mode() const;
  [[nodiscard]] CommandLine printed(const Mode& mode) const;
  [[nodiscard]] std::string help() const;

  struct Named {
    const Option* option;
    CLI::Option* parsed;
  };
  CLI::App app_;
  std::vector<Named> named_;
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

const Mode& Grammar::mode() const {
  const auto given = [this](const Mode& mode) { return app_.got_subcommand(mode.name); };
  const auto found = std::find_if(modes().begin(), modes().end(), given);
  return found == modes().end() ? modes().front() : *found;
}

// Of a command that only prints.
CommandLine Grammar::printed(const Mode& mode) const {
  if (mode.arguments.empty()) return ended(0, mode.text(""));
  const Texts& given = app_.get_subcommand(mode.name)->get_option(mode.argument)->results();
  const std::string wanted = cfg::alternatives(mode.arguments);
  if (given.empty()) return failed(mode.name + " must be followed by " + wanted);
  if (std::find(mode.arguments.begin(), mode.arguments.end(), given.front()) == mode.arguments.end())
    return failed(mode.name + " " + cfg::must_be(wanted, given.front()).what);
  return ended(0, mode.text(given.front()));
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
  for (const auto& [option, parsed] : named_) {
    const Texts& texts = parsed->results();
    if (texts.empty()) continue;
    const std::string name = "--" + option->path;
    if (!option->command.empty() && option->command != mode().name)
      return name + " needs the command " + option->command;
    if (texts.size() > 1 && option->shape != Shape::list) return name + " must be given only once";
    givens[option->path] = {texts, name};
  }
  return has(cfg::kAuth) ? collect_auth(givens) : "";
}

// --auth stands for kinds of events, and like any flag wins over environment and file.
std::string Grammar::collect_auth(Givens& givens) {
  const Given& auth = givens[cfg::kAuth];
  if (auth.texts != Texts{"true"}) return auth.origin + " takes no value";
  if (!givens.try_emplace(cfg::kKinds, Given{{"auth"}, auth.origin}).second)
    return auth.origin + " and --" + cfg::kKinds + " exclude each other: give only one of them";
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
  if (has(cfg::kHelp)) return ended(0, help());
  if (has(cfg::kVersion)) return ended(0, std::string("nats-lookout ") + cfg::version());
  if (const auto rest = app_.remaining(true); !rest.empty()) return failed(stranger(rest[0], rest[0] == arguments[0]));
  if (auto wrong = collect(givens); !wrong.empty()) return failed(std::move(wrong));
  if (mode().text != nullptr) return printed(mode());
  CommandLine line;
  line.config = cfg::defaults();
  line.config.command = mode().command;
  return line;
}

void add_environment(const std::map<std::string, std::string>& environment, Givens& givens) {
  const auto add = [&](const std::string& path) {
    const auto found = environment.find(cfg::environment_name(path));
    if (found != environment.end() && !found->second.empty())
      givens.try_emplace(path, Given{{found->second}, found->first});
  };
  for (const Option* option : every_option())
    if (option->sources != cfg::Sources::command_line) add(option->path);
}

std::string take_over(const Givens& givens, Config& config) {
  for (const Option* option : every_option()) {
    const auto given = givens.find(option->path);
    if (given == givens.end()) continue;
    if (auto wrong = option->codec.set(config, given->second.texts); !wrong.empty())
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

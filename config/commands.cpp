// The commands, and the options that only the command line has.
#include "config/commands.h"

#include "config/codec.h"
#include "config/manual.h"

namespace lookout::cfg {
namespace {

// Of options that set nothing: they end the start, say where others are, or stand for another.
Codec nothing() {
  return {[](Config&, const Texts&) { return std::string{}; }, [](const Config&) { return Texts{}; }};
}

Option of_command_line(Option option, const char* command = "") {
  option.sources = Sources::command_line;
  option.command = command;
  return option;
}

std::vector<Option> all_own_options() {
  Option file{kConfigFile, kProcess, kFile, "YAML file with options", nothing()};
  file.sources = Sources::no_file;
  file.reload = Reload::file_sighup;
  return {
      file,
      of_command_line({kHelp, kProcess, "", "print this", nothing(), Shape::flag}),
      of_command_line({kVersion, kProcess, "", "print the version", nothing(), Shape::flag}),
      of_command_line(
          {kAuth, kEvents, "", "with the command events: the same as --events.kinds=auth", nothing(), Shape::flag},
          "events"),
      of_command_line({"format", kCheck, "", "with the command check: what it prints",
                       choice([](auto& c) -> auto& { return c.check.format; }, {"text", "json", "nagios"})},
                      "check"),
  };
}

}  // namespace

const std::vector<Option>& own_options() {
  static const std::vector<Option> all = all_own_options();
  return all;
}

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all{
      {"serve", "run the agent; the default", Command::serve},
      {"check", "one round, then the health; exit code 0, 1, 2 or 3 as Nagios wants it", Command::check},
      {"events", "print the event log live", Command::events},
      {"config", "print the effective configuration, secrets masked", Command::config},
      {"metrics", "print the reference of all metrics", Command::metrics},
      {"checks", "print the reference of all checks", Command::checks},
      {"options", "print the reference of all options", {}, [](const auto&) { return render_options_reference(); }},
      {"man", "print the manual page", {}, [](const auto&) { return render_man_page(); }},
      {"completion", "print the completion for a shell", {}, render_completion, "SHELL", {"bash", "zsh", "fish"}},
  };
  return all;
}

std::string command_names(const std::string& separator) {
  Texts names;
  for (const Mode& mode : modes()) names.push_back(mode.name);
  return join(names, separator);
}

}  // namespace lookout::cfg

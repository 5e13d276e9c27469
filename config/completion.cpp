// Completion scripts: what a shell can offer after a name of an option, after its equals sign, and where commands
// stand.
#include <algorithm>
#include <functional>
#include <utility>

#include "config/commands.h"
#include "config/manual.h"
#include "config/reference.h"

namespace lookout::cfg {
namespace {

bool takes_value(const Option& option) {
  return option.shape != Shape::flag;
}

bool common(const Option& option) {  // to all commands
  return option.command.empty();
}

bool takes_file(const Option& option) {
  return option.placeholder == kFile;
}

bool takes_directory(const Option& option) {
  return option.placeholder == kDirectory;
}

std::string values(const Option& option) {
  return join(option.codec.values, " ");
}

// What `line` makes of every option.
std::string each_option(const std::function<std::string(const Option&)>& line) {
  std::string out;
  for (const Option* option : every_option()) out += line(*option);
  return out;
}

std::string each_command(const std::function<std::string(const Mode&)>& line) {
  std::string out;
  for (const Mode& mode : modes()) out += line(mode);
  return out;
}

// `text` with `by` in the place of each `what`.
std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

// In single quotes for a shell that knows no escape within them.
std::string sh_quoted(const std::string& text) {
  return "'" + replaced(text, "'", "'\\''") + "'";
}

// ---- bash

constexpr const char* kBash = R"(# Completion of nats-lookout for bash; made by `nats-lookout completion bash`.
_nats_lookout() {
  local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} start="" words="" paths="" command="" each
  local options="@OPTIONS@"
  # Bash takes --option=value apart at the equals sign, unless that was removed from COMP_WORDBREAKS.
  local equals=""
  case $word in
    =) word="" equals=1 ;;
    --*=*) option=${word%%=*} start=$option= word=${word#*=} equals=1 ;;
  esac
  if [[ $option == "=" ]]; then option=${COMP_WORDS[COMP_CWORD - 2]} equals=1; fi
  case $option in
@VALUES@    *)
      [[ -z $equals ]] || return
      for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $each in @NAMES@) command=$each ;; esac
      done
      case $command in
        "") words="@COMMANDS@" ;;
@OWN@      esac
      if [[ $word == -* || -z $words ]]; then words=$options; fi
      ;;
  esac
  mapfile -t COMPREPLY < <(
    compgen -W "$words" -P "$start" -- "$word"
    [[ -z $paths ]] || compgen "$paths" -P "$start" -- "$word"
  )
  if [[ -n $paths ]]; then compopt -o filenames 2>/dev/null; fi
  if (( ${#COMPREPLY[@]} == 1 )); then
    # Bash does not see a directory in --option=directory.
    if [[ $start == --* && -d ${COMPREPLY[0]#"$start"} ]]; then COMPREPLY[0]+=/; fi
    if [[ ${COMPREPLY[0]} == --*[=/] ]]; then compopt -o nospace 2>/dev/null; fi
  fi
}
complete -F _nats_lookout nats-lookout)";

std::string bash_values(const Option& option) {
  const std::string offered = values(option);
  std::string out;
  if (option.shape == Shape::list && !offered.empty()) out += "start+=${word%\"${word##*,}\"} word=${word##*,} ";
  if (!offered.empty()) out += "words=" + sh_quoted(offered) + " ";
  if (takes_file(option)) out += "paths=-f ";
  if (takes_directory(option)) out += "paths=-d ";
  return out.empty() ? "return " : out;
}

// What takes the same values stands together.
std::string bash_cases() {
  std::vector<std::pair<std::string, std::string>> cases;  // what is offered, after which options
  for (const Option* option : every_option()) {
    if (!takes_value(*option)) continue;
    const std::string offered = bash_values(*option);
    const auto same =
        std::find_if(cases.begin(), cases.end(), [&](const auto& known) { return known.first == offered; });
    if (same == cases.end())
      cases.emplace_back(offered, "--" + option->path);
    else
      same->second += " | --" + option->path;
  }
  std::string out;
  for (const auto& [offered, names] : cases)
    out.append("    ").append(names).append(") ").append(offered).append(";;\n");
  return out;
}

std::string bash_option(const Option& option) {
  return "--" + option.path + (takes_value(option) ? "=" : "");
}

// What only this command has, or takes.
std::string bash_command(const Mode& mode) {
  std::string own;
  for (const Option* option : every_option())
    if (option->command == mode.name) own += " " + bash_option(*option);
  if (!own.empty()) own = "options+=" + sh_quoted(own) + " ";
  if (!mode.arguments.empty()) own += "words=" + sh_quoted(join(mode.arguments, " ")) + " ";
  return own.empty() ? own : "        " + mode.name + ") " + own + ";;\n";
}

std::string render_bash() {
  const auto option_of_all = [](const Option& option) { return common(option) ? bash_option(option) + " " : ""; };
  std::string out = replaced(kBash, "@OPTIONS@", each_option(option_of_all) + "-h");
  out = replaced(out, "@VALUES@", bash_cases());
  out = replaced(out, "@NAMES@", command_names(" | "));
  out = replaced(out, "@COMMANDS@", command_names(" "));
  return replaced(out, "@OWN@", each_command(bash_command));
}

// ---- zsh

constexpr const char* kZsh = R"(#compdef nats-lookout
# Completion of nats-lookout for zsh; made by `nats-lookout completion zsh`.
_nats-lookout() {
  local context state line
  local -A opt_args
  local -a commands=(
@COMMANDS@  )
  local -a options=(
@OPTIONS@  )
@OWN@  _arguments -C $options '1: :->command' '2: :->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
@ARGUMENTS@      esac
      ;;
  esac
}
if [[ $funcstack[1] == _nats-lookout ]]; then _nats-lookout "$@"; else compdef _nats-lookout nats-lookout; fi)";

std::string zsh_action(const Option& option) {
  const std::string offered = values(option);
  if (takes_directory(option)) return "_path_files -/";
  if (takes_file(option)) return offered.empty() ? "_files" : "{compadd -- " + offered + "; _files}";
  if (offered.empty()) return " ";
  if (option.shape == Shape::list) return " _values -s , " + lowercase(option.placeholder) + " " + offered;
  return "(" + offered + ")";
}

std::string zsh_option(const Option& option) {
  const std::string what = "[" + replaced(option.help, "]", "\\]") + "]";
  if (option.path == kHelp) return "    '(- *)'{-h,--help}" + sh_quoted(what) + "\n";
  const std::string value = takes_value(option) ? ":" + placeholder(option) + ":" + zsh_action(option) : "";
  return "    " +
         sh_quoted((option.shape == Shape::list ? "*--" : "--") + option.path + (value.empty() ? "" : "=") + what +
                   value) +
         "\n";
}

std::string zsh_command(const Mode& mode) {
  return "    " + sh_quoted(mode.name + (":" + replaced(mode.help, ":", "\\:"))) + "\n";
}

std::string render_zsh() {
  const auto option_of_all = [](const Option& option) { return common(option) ? zsh_option(option) : ""; };
  const auto own = [](const Option& option) {
    if (common(option)) return std::string();
    return "  if (( $words[(I)" + option.command + "] )); then options+=(\n" + zsh_option(option) + "  ) fi\n";
  };
  const auto argument = [](const Mode& mode) {
    if (mode.arguments.empty()) return std::string();
    return "        " + mode.name + ") _values " + mode.argument + " " + join(mode.arguments, " ") + " ;;\n";
  };
  std::string out = replaced(kZsh, "@COMMANDS@", each_command(zsh_command));
  out = replaced(out, "@OPTIONS@", each_option(option_of_all));
  out = replaced(out, "@OWN@", each_option(own));
  return replaced(out, "@ARGUMENTS@", each_command(argument));
}

// ---- fish

constexpr const char* kFish = R"(# Completion of nats-lookout for fish; made by `nats-lookout completion fish`.
function __nats_lookout_list
    set -l given (commandline -ct | string replace -r '^--[^=]*=' '')
    set -l start (string match -r '^.*,' -- "$given")
    printf '%s\n' "$start"$argv
end
complete -c nats-lookout -f)";

std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string fish_value(const Option& option) {
  if (!takes_value(option)) return "";
  const std::string offered = values(option);
  if (takes_file(option)) return " -r -F" + (offered.empty() ? "" : " -a " + fish_quoted(offered));
  if (takes_directory(option)) return " -x -a '(__fish_complete_directories)'";
  if (option.shape == Shape::list && !offered.empty()) return " -x -a '(__nats_lookout_list " + offered + ")'";
  return " -x" + (offered.empty() ? "" : " -a " + fish_quoted(offered));
}

std::string fish_option(const Option& option) {
  const std::string only = common(option) ? "" : " -n '__fish_seen_subcommand_from " + option.command + "'";
  return "\ncomplete -c nats-lookout" + only + (option.path == kHelp ? " -s h" : "") + " -l " + option.path +
         fish_value(option) + " -d " + fish_quoted(option.help);
}

std::string fish_command(const Mode& mode) {
  std::string out = "\ncomplete -c nats-lookout -n 'not __fish_seen_subcommand_from " + command_names(" ") + "' -a " +
                    mode.name + " -d " + fish_quoted(mode.help);
  if (!mode.arguments.empty())
    out += "\ncomplete -c nats-lookout -n '__fish_seen_subcommand_from " + mode.name + "' -a " +
           fish_quoted(join(mode.arguments, " "));
  return out;
}

std::string render_fish() {
  return kFish + each_command(fish_command) + each_option(fish_option);
}

}  // namespace

std::string render_completion(const std::string& shell) {
  if (shell == "bash") return render_bash();
  return shell == "zsh" ? render_zsh() : render_fish();
}

}  // namespace lookout::cfg

// What is made from the tables of options and commands: the reference, the man page and completion. Real shells and man
// are asked by tests/deploy.
#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "config/commands.h"
#include "config/manual.h"

namespace lookout {
namespace {

using testing::HasSubstr;

std::string printed(const std::vector<std::string>& arguments) {
  const CommandLine line = parse(arguments, {{"LOOKOUT_SCOPE", "galaxy"}});  // it does not matter what is configured
  EXPECT_TRUE(line.exit);
  EXPECT_EQ(line.exit_code, 0) << line.text;
  return line.text + "\n";
}

TEST(Reference, IsCurrent) {
  const std::string path = std::string(TEST_DATA) + "/../docs/configuration.md";
  const std::string got = printed({"options"});
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string held{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(held, got) << "nats-lookout options > docs/configuration.md";
}

TEST(Reference, HasEveryOptionWithItsNamesInOneLineOfSevenCells) {
  const std::string text = cfg::render_options_reference();
  for (const auto& option : cfg::options()) {
    const std::string names =
        "\n| `--" + option.path + "` | `" + cfg::environment_name(option.path) + "` | `" + option.path + "` | ";
    ASSERT_THAT(text, HasSubstr(names));
    const auto begin = text.find(names) + 1;
    const std::string line = text.substr(begin, text.find('\n', begin) - begin);
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 8) << line;
  }
  EXPECT_THAT(text, HasSubstr("\n| `--config.file` | `LOOKOUT_CONFIG_FILE` |  | file |"));
  EXPECT_THAT(text, HasSubstr("\n| `--format` |  |  | `text`, `json` or `nagios` | `text` |"));
}

TEST(Reference, EveryTypeThatIsNoListOfValuesIsExplainedOrPlain) {
  const std::set<std::string> plain{"name", "text", "subject", "number", "address", "i/n", "list of kinds"};
  const std::string text = cfg::render_options_reference();
  for (const auto* option : cfg::every_option()) {
    std::string type = cfg::type(*option);
    if (type.starts_with('`') || plain.contains(type)) continue;
    if (type.starts_with("list of ")) type.erase(0, 8);
    EXPECT_TRUE(std::regex_search(text, std::regex("\n\\| `([a-z]+, )?" + type + "(, [a-z]+)?` \\|"))) << type;
  }
}

TEST(ManPage, HasTheUsualSectionsInTheirOrder) {
  std::istringstream lines(printed({"man"}));
  std::vector<std::string> headings;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".SH ")) headings.push_back(line.substr(4));
  }
  EXPECT_EQ(headings, (std::vector<std::string>{"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "VALUES",
                                                "ENVIRONMENT", "FILES", "SECRETS", "CHANGES", "EXIT STATUS", "SIGNALS",
                                                "EXAMPLES", "SEE ALSO"}));
}

TEST(ManPage, HasEveryOptionAndCommand) {
  const std::string text = printed({"man"});
  for (const auto* option : cfg::every_option()) {
    const std::string name = std::regex_replace("--" + option->path, std::regex("-"), "\\-");
    EXPECT_TRUE(text.find("\n\\fB" + name + "\\fR") != std::string::npos ||
                text.find("\n\\fB\\-h\\fR, \\fB" + name + "\\fR") != std::string::npos)
        << name;
  }
  for (const auto& mode : cfg::modes()) EXPECT_THAT(text, HasSubstr(std::string("\n.TP\n\\fB") + mode.name));
}

// Text that roff would take for a request, or a dash that it would set as a hyphen.
TEST(ManPage, IsEscaped) {
  const std::set<std::string> requests{".TH", ".SH", ".SS", ".TP", ".PP", ".EX", ".EE", ".B", ".BR", ".nh", ".ad"};
  std::istringstream lines(printed({"man"}));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.empty());
    EXPECT_FALSE(line.starts_with('\'')) << line;
    if (line.starts_with('.')) {
      EXPECT_TRUE(requests.contains(line.substr(0, line.find(' ')))) << line;
    } else {
      EXPECT_FALSE(std::regex_search(line, std::regex("(^|[^\\\\])-"))) << line;
    }
  }
  EXPECT_THAT(printed({"man"}), HasSubstr("\n\\&.creds file"));
}

class Completion : public testing::TestWithParam<const char*> {};

TEST_P(Completion, HasEveryOptionCommandAndValue) {
  const std::string text = printed({"completion", GetParam()});
  const bool fish = GetParam() == std::string("fish");
  for (const auto* option : cfg::every_option()) {
    EXPECT_THAT(text, HasSubstr((fish ? "-l " : "--") + option->path));
    const bool offered = option->shape != cfg::Shape::flag && !option->codec.values.empty();
    if (offered) {
      EXPECT_THAT(text, HasSubstr(cfg::join(option->codec.values, " "))) << option->path;
    }
  }
  for (const auto& mode : cfg::modes()) EXPECT_THAT(text, HasSubstr(mode.name));
  EXPECT_FALSE(std::regex_search(text, std::regex("@[A-Z]+@"))) << "a place that nothing was put into";
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh", "fish"),
                         [](const auto& shell) { return std::string(shell.param); });

TEST(CompletionCommand, NeedsAShellItKnows) {
  EXPECT_EQ(parse({"completion"}, {}).text, "completion must be followed by bash, zsh or fish");
  EXPECT_EQ(parse({"completion", "tcsh"}, {}).text, "completion must be bash, zsh or fish, not 'tcsh'");
  EXPECT_EQ(parse({"completion", "tcsh"}, {}).exit_code, 2);
}

// What help, completion and the sentence about a wrong value say is what is taken.
TEST(OptionValues, AreTakenAndNothingElseIsWhereTheyAreAll) {
  for (const auto* option : cfg::every_option()) {
    Config config = cfg::defaults();
    if (option->sources == cfg::Sources::command_line && option->shape == cfg::Shape::flag) continue;
    for (const auto& value : option->codec.values)
      EXPECT_EQ(option->codec.set(config, {value}), "") << option->path << "=" << value;
    const bool all = option->placeholder.empty();
    if (all) {
      EXPECT_NE(option->codec.set(config, {"nonsense"}), "") << option->path;
    }
    EXPECT_FALSE(all && option->codec.values.empty()) << option->path << " has no placeholder";
  }
}

// Options named in README.md and docs/, without those whose first part Prometheus has too.
TEST(Documents, NameNoOptionThatThereIsNot) {
  std::set<std::string> known;  // and their beginnings: "collect.varz" of "--collect.varz.*"
  for (const auto* option : cfg::every_option()) {
    for (auto dot = option->path.find('.'); dot != std::string::npos; dot = option->path.find('.', dot + 1))
      known.insert(option->path.substr(0, dot));
    known.insert(option->path);
  }
  std::vector<std::filesystem::path> files{TEST_DATA "/../README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/../docs"))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  const std::regex option("--(([a-z]+)(\\.[a-z_-]*[a-z])+)");
  const std::set<std::string> shared{"web", "log", "config"};
  std::size_t named = 0;
  for (const auto& path : files) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator found(text.begin(), text.end(), option), end; found != end; ++found) {
      if (shared.contains((*found)[2]) || !known.contains((*found)[2])) continue;
      EXPECT_TRUE(known.contains((*found)[1])) << path << ": " << found->str();
      ++named;
    }
  }
  EXPECT_GT(named, 100U);
}

}  // namespace
}  // namespace lookout

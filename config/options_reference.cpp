// docs/configuration.md.
#include <initializer_list>

#include "config/manual.h"
#include "config/reference.h"

namespace lookout::cfg {
namespace {

constexpr const char* kIntro = R"(# Configuration

Made by `nats-lookout options`; a test fails when it is not current. A file with every option is
[nats-lookout.example.yaml](../config/nats-lookout.example.yaml).
)";
constexpr const char* kColumns =
    "| option | environment | key | type | default | changes | what |\n| --- | --- | --- | --- | --- | --- | --- |\n";

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

std::string line(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out.append(" ").append(cell).append(" |");
  return out + "\n";
}

std::string line(const Option& option) {
  const bool variable = option.sources != Sources::command_line;
  const bool key = option.sources == Sources::all;
  return line({code("--" + option.path), variable ? code(environment_name(option.path)) : "",
               key ? code(option.path) : "", type(option), code(standard(option)), variable ? taken(option.reload) : "",
               option.help});
}

std::string render(const Topic& topic) {
  std::string out = "\n## " + topic.heading + "\n";
  for (const std::string& paragraph : topic.paragraphs) out += "\n" + paragraph + "\n";
  if (!topic.rows.empty()) out += "\n| | |\n| --- | --- |\n";
  for (const Row& row : topic.rows) out += line({code(row.term), row.text});
  if (!topic.code.empty()) out += "\n```sh\n" + topic.code + "```\n";
  return out;
}

}  // namespace

std::string render_options_reference() {
  std::string out = kIntro;
  for (const Topic& topic : topics_before_options()) out += render(topic);
  out += "\n## Options\n";
  for (const Chapter& chapter : chapters()) {
    out.append("\n### ").append(chapter.heading).append("\n\n").append(kColumns);
    for (const Option* option : chapter.options) out += line(*option);
  }
  for (const Topic& topic : topics_after_options()) out += render(topic);
  out.pop_back();  // who prints it ends the line
  return out;
}

}  // namespace lookout::cfg

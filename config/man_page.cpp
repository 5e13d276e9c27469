// nats-lookout.1, in the macros of man(7).
#include <algorithm>
#include <cctype>

#include "config/manual.h"
#include "config/reference.h"

namespace lookout::cfg {
namespace {

// What roff would take for its own, or set in another way than it is typed.
std::string escaped(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    default:
      return {c};
  }
}

// In one line; `verbatim` is bold.
std::string inline_text(const std::string& text) {
  std::string out;
  bool bold = false;
  for (const char c : text) {
    if (c == '`') {
      bold = !bold;
      out += bold ? "\\fB" : "\\fR";
    } else {
      out += escaped(c);
    }
  }
  return out;
}

// Lines of at most 79 characters, none of which begins as a request of roff would.
std::string lines(const std::string& text) {
  constexpr std::size_t kWidth = 79;
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (line.empty()) return;
    const bool request = line.front() == '.' || line.starts_with("\\(aq");
    out.append(request ? "\\&" : "").append(line).append("\n");
    line.clear();
  };
  for (const std::string& word : split(text, ' ')) {
    if (line.size() + word.size() + 1 > kWidth) flush();
    line.append(line.empty() ? "" : " ").append(word);
    if (word.ends_with('.')) flush();  // roff knows the end of a sentence by the end of a line
  }
  flush();
  return out;
}

std::string set(const std::string& text) {
  return lines(inline_text(text));
}

std::string uppercase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string section(const std::string& heading) {
  return ".SH " + uppercase(heading) + "\n";
}

std::string item(const std::string& term, const std::string& text) {
  return ".TP\n" + term + "\n" + set(text);
}

std::string item(const Option& option) {
  std::string term = "`--" + option.path + "`";
  if (option.path == kHelp) term = "`-h`, " + term;
  const std::string value = placeholder(option);
  return item(inline_text(term) + (value.empty() ? "" : "=\\fI" + inline_text(value) + "\\fR"), described(option));
}

std::string render(const Topic& topic) {
  std::string out = section(topic.heading);
  for (std::size_t i = 0; i < topic.paragraphs.size(); ++i) out += (i == 0 ? "" : ".PP\n") + set(topic.paragraphs[i]);
  for (const Row& row : topic.rows) out += item(inline_text("`" + row.term + "`"), row.text);
  if (!topic.code.empty()) out += ".EX\n" + inline_text(topic.code) + ".EE\n";
  return out;
}

}  // namespace

std::string render_man_page() {
  std::string out = std::string(".TH NATS-LOOKOUT 1 ") + LOOKOUT_DATE + " \"nats-lookout " + version() + "\"\n";
  out += ".nh\n.ad l\n";  // names are typed as they stand
  out += section("Name") + "nats\\-lookout \\- watch a NATS deployment through its system account\n";
  out += section("Synopsis") + ".B nats\\-lookout\n[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR]\n";
  for (const Topic& topic : topics_before_options()) out += render(topic);
  out += section("Options");
  for (const Chapter& chapter : chapters()) {
    out += ".SS " + chapter.heading + "\n";
    for (const Option* option : chapter.options) out += item(*option);
  }
  for (const Topic& topic : topics_after_options()) out += render(topic);
  out += section("See also") + ".BR prometheus (1)\n.PP\n" +
         set("`nats-lookout metrics` and `nats-lookout checks` print the references of metrics and checks.");
  out.pop_back();  // who prints it ends the line
  return out;
}

}  // namespace lookout::cfg

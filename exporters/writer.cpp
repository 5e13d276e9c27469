#include "exporters/writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
// Between these Go writes no exponent, and bounds of histograms (le) are compared as text.
constexpr double kSmallest = 1e-4;
constexpr double kLargest = 1e21;

// Nearly every value: nothing to repair and nothing to escape.
bool plain(std::string_view text) {
  return text.size() <= kMaxText &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
}

}  // namespace

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels += name;
  labels += "=\"";
  if (plain(value)) {
    labels += value;
  } else {
    append_escaped(labels, clean(value), true);
  }
  labels += '"';
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char digits[32];
  const double size = std::abs(value);
  char* const end = std::end(digits);
  std::to_chars_result result{};
  if (size <= kExactIntegers && value == std::trunc(value)) {
    result = std::to_chars(std::begin(digits), end, static_cast<std::int64_t>(value));
  } else if (size >= kSmallest && size < kLargest) {
    result = std::to_chars(std::begin(digits), end, value, std::chars_format::fixed);
  } else {
    result = std::to_chars(std::begin(digits), end, value);
  }
  out.append(std::begin(digits), result.ptr);
}

void Writer::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  type_ = type;
  help_ = help;
  header_due_ = true;
}

void Writer::family(std::string_view name, Type type, std::string_view help) {
  family(name, type == counter ? std::string_view("counter") : std::string_view("gauge"), help);
}

void Writer::header() {
  out_.append("# HELP ").append(name_).append(" ");
  append_escaped(out_, help_, false);
  out_.append("\n# TYPE ").append(name_).append(" ").append(type_).append("\n");
  header_due_ = false;
}

void Writer::sample(std::string_view labels, double value, std::string_view more, std::string_view suffix) {
  if (header_due_) header();
  out_.append(name_).append(suffix);
  if (!labels.empty() || !more.empty()) {
    out_ += '{';
    out_ += labels;
    if (!labels.empty() && !more.empty()) out_ += ',';
    out_ += more;
    out_ += '}';
  }
  out_ += ' ';
  append_number(out_, value);
  out_ += '\n';
}

}  // namespace lookout

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
constexpr std::string_view kTotal = "_total";

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

void append_header(std::string& out, std::string_view name, std::string_view type, std::string_view help, bool quotes) {
  out.append("# HELP ").append(name).append(" ");
  append_escaped(out, help, quotes);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
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
  header_due_ = false;
  if (format_ == Format::openmetrics)
    openmetrics_header();
  else
    append_header(out_, name_, type_ == "unknown" ? "untyped" : type_, help_, false);
}

void Writer::openmetrics_header() {
  std::string_view name = name_;
  std::string_view type = type_ == "untyped" ? "unknown" : type_;
  if (type == "counter") {
    const std::string_view family = name.ends_with(kTotal) ? name.substr(0, name.size() - kTotal.size()) : name;
    if (family == name || families_.contains(std::string(family)))
      type = "unknown";
    else
      name = family;
  }
  families_.emplace(name);
  append_header(out_, name, type, help_, true);
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
  if (drain_ && out_.size() >= kPiece) {
    drain_(out_);
    out_.clear();
  }
}

void Writer::bucket(std::string_view labels, double bound, double count) {
  std::string le = "le=\"";
  append_number(le, bound);
  if (format_ == Format::openmetrics && std::isfinite(bound) && le.find_first_of(".e", 4) == std::string::npos)
    le.append(".0");
  le += '"';
  sample(labels, count, le, "_bucket");
}

}  // namespace lookout

#include "exporters/accept.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace lookout {
namespace {

struct Item {
  std::string_view name;
  std::string_view version;
  double weight = 1;
};

std::string_view trim(std::string_view text, const char* what = " \t") {
  const auto begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

bool same(std::string_view text, std::string_view word) {
  return text.size() == word.size() && strncasecmp(text.data(), word.data(), word.size()) == 0;
}

// What stands before `mark`, which is taken off `rest` together with it.
std::string_view next(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(part);
}

// A broken weight is none.
double weight(std::string_view text) {
  double value = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1 ? value : 1;
}

// Takes the next item off the header.
Item next_item(std::string_view& header) {
  std::string_view rest = next(header, ',');
  Item item{next(rest, ';'), {}};
  while (!rest.empty()) {
    std::string_view value = next(rest, ';');
    const std::string_view name = next(value, '=');
    if (same(name, "q")) item.weight = weight(value);
    if (same(name, "version")) item.version = trim(value, "\"");
  }
  return item;
}

}  // namespace

Format accepted_format(std::string_view accept) {
  double openmetrics = 0;
  std::optional<double> plain;  // of the most exact name for it
  std::optional<double> text;
  std::optional<double> any;
  while (!accept.empty()) {
    const Item item = next_item(accept);
    const bool known = item.version.empty() || item.version == "1.0.0" || item.version == "0.0.1";
    if (known && same(item.name, "application/openmetrics-text")) openmetrics = std::max(openmetrics, item.weight);
    if (same(item.name, "text/plain")) plain = std::max(plain.value_or(0), item.weight);
    if (same(item.name, "text/*")) text = item.weight;
    if (item.name == "*/*") any = item.weight;
  }
  const double other = plain.value_or(text.value_or(any.value_or(0)));
  return openmetrics > 0 && openmetrics >= other ? Format::openmetrics : Format::text;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  bool any = false;
  while (!accept_encoding.empty()) {
    const Item item = next_item(accept_encoding);
    if (same(item.name, "gzip") || same(item.name, "x-gzip")) named = item.weight > 0;
    if (item.name == "*") any = item.weight > 0;
  }
  return named.value_or(any);
}

}  // namespace lookout

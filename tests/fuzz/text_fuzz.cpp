// Text from the network: the first byte is the limit, the rest the text.
#include "agent/text.h"

#include <cmath>

#include "exporters/writer.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

constexpr std::size_t kEllipsis = 3;  // bytes; no limit is smaller

void check_clean(std::string_view text, std::size_t limit) {
  const std::string cleaned = clean(text, limit);
  must(fuzz::showable(cleaned), "clean text is showable", cleaned);
  must(cleaned.size() <= limit, "clean text keeps the limit", cleaned);
  must(clean(cleaned, limit) == cleaned, "clean text stays as it is", cleaned);
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
  if (plain && text.size() <= limit) must(cleaned == text, "plain text stays as it is", cleaned);
}

void check_label(std::string_view text) {
  std::string labels;
  append_label(labels, "a", text);
  append_label(labels, "b", text);
  must(fuzz::showable(labels), "label texts are showable", labels);
  must(labels.starts_with("a=\"") && labels.ends_with('"'), "label texts are quoted", labels);
}

void check_time(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return;
  const auto again = parse_time(format_time(*time));
  must(again.has_value(), "a written time can be read", text);
  must(*time - *again < std::chrono::milliseconds(1) && *time >= *again, "a time survives writing", text);
}

void check_number(std::string_view text) {
  double value = 0;
  if (text.size() < sizeof value) return;
  std::memcpy(&value, text.data(), sizeof value);
  std::string written;
  append_number(written, value);
  const double again = std::strtod(written.c_str(), nullptr);
  must(again == value || (std::isnan(again) && std::isnan(value)), "a number survives writing", written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::as_text(data + 1, size - 1);
  check_clean(text, std::max<std::size_t>(data[0], kEllipsis));
  check_label(text);
  check_time(text);
  check_number(text);
  (void)parse_version(text);
  return 0;
}

#include "agent/text.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace lookout {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what is beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

// C0, DEL and C1 controls, and the bidirectional overrides that make a log line lie.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  const auto second = static_cast<unsigned char>(sequence[1]);
  if (sequence.size() == 2) return first == 0xC2 && second < 0xA0;
  const auto third = static_cast<unsigned char>(sequence.back());
  const bool line_or_override = first == 0xE2 && second == 0x80 && third >= 0xA8 && third <= 0xAE;
  const bool isolate = first == 0xE2 && second == 0x81 && third >= 0xA6 && third <= 0xA9;
  return sequence.size() == 3 && (line_or_override || isolate);
}

bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  if (text.size() < at + count) return false;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  return error == std::errc() && end == begin + count && *begin != '-';
}

// "Z" or "+hh:mm" at `at`, to the end of the text.
std::optional<std::chrono::minutes> parse_offset(std::string_view text, std::size_t at) {
  if (text.substr(at) == "Z") return std::chrono::minutes(0);
  int hours = 0;
  int minutes = 0;
  if (text.size() != at + 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return std::nullopt;
  if (!digits(text, at + 1, 2, hours) || !digits(text, at + 4, 2, minutes)) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return text[at] == '-' ? -offset : offset;
}

}  // namespace

std::string clean(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit));
  std::size_t cut = 0;  // the longest part that leaves room for the ellipsis
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    out.append(length == 0 || is_control(sequence) ? kReplacement : sequence);
    if (out.size() > limit) {
      out.resize(cut);
      return out.append(kEllipsis);
    }
    if (out.size() + kEllipsis.size() <= limit) cut = out.size();
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::optional<Wall> parse_time(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  const bool shape =
      text.size() >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
  if (!shape || !digits(text, 0, 4, y) || !digits(text, 5, 2, mo) || !digits(text, 8, 2, d) ||
      !digits(text, 11, 2, h) || !digits(text, 14, 2, mi) || !digits(text, 17, 2, s)) {
    return std::nullopt;
  }
  std::size_t at = 19;
  std::int64_t nanos = 0;
  if (text[at] == '.') {
    std::int64_t unit = 1'000'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9' && unit > 1; ++at) {
      unit /= 10;
      nanos += (text[at] - '0') * unit;
    }
  }
  const auto offset = parse_offset(text, std::min(at, text.size()));
  const year_month_day date = year(y) / mo / d;
  // Years outside the range that nanoseconds since 1970 can hold, Go's zero time among them, are "not set".
  if (!offset || !date.ok() || y < 1971 || y > 2200 || h > 23 || mi > 59 || s > 60) return std::nullopt;
  return Wall(sys_days(date)) + hours(h) + minutes(mi) + std::chrono::seconds(s) + nanoseconds(nanos) - *offset;
}

std::string format_time(Wall time) {
  using namespace std::chrono;
  if (time == Wall{}) return {};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  std::array<char, 40> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

Version parse_version(std::string_view text) {
  Version version;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    const auto [next, error] = std::from_chars(at, end, *part);
    if (error != std::errc()) break;
    at = next < end && *next == '.' ? next + 1 : end;
  }
  return version;
}

}  // namespace lookout

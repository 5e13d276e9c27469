#include "agent/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "agent/base64.h"

namespace lookout {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// What may follow a first byte: the length of the sequence and the range of its second byte (RFC 3629, table 3-7 of
// Unicode).
struct Lead {
  unsigned char first;
  unsigned char last;
  std::size_t length;
  unsigned char second_low;
  unsigned char second_high;
};
constexpr Lead kLeads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F},
    {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const auto* const lead = std::find_if(std::begin(kLeads), std::end(kLeads), [&](const Lead& each) {
    return byte(0) >= each.first && byte(0) <= each.last;
  });
  if (lead == std::end(kLeads) || text.size() < lead->length) return 0;
  if (byte(1) < lead->second_low || byte(1) > lead->second_high) return 0;
  for (std::size_t i = 2; i < lead->length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  return lead->length;
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

// By hand, because every event has four times in it.
bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
  if (text.size() < at + count) return false;
  value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return true;
}

// Years outside what nanoseconds since 1970 can hold, Go's zero time among them, are "not set".
std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  using namespace std::chrono;
  int year = 0;
  int month = 0;
  int day = 0;
  const bool shape = text[4] == '-' && text[7] == '-' && digits(text, 0, 4, year) && digits(text, 5, 2, month) &&
                     digits(text, 8, 2, day);
  const year_month_day date = std::chrono::year(year) / month / day;
  if (!shape || !date.ok() || year < 1971 || year > 2200) return std::nullopt;
  return sys_days(date);
}

// "Thh:mm:ss"
std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  const bool shape = text[0] == 'T' && text[3] == ':' && text[6] == ':' && digits(text, 1, 2, hours) &&
                     digits(text, 4, 2, minutes) && digits(text, 7, 2, seconds);
  if (!shape || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return std::chrono::seconds(hours * 3600 + minutes * 60 + seconds);
}

// ".912941197" at `at`, which moves behind it; up to nine digits.
std::chrono::nanoseconds parse_fraction(std::string_view text, std::size_t& at) {
  std::int64_t nanos = 0;
  if (text[at] != '.') return std::chrono::nanoseconds(0);
  std::int64_t unit = 1'000'000'000;
  for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9' && unit > 1; ++at) {
    unit /= 10;
    nanos += (text[at] - '0') * unit;
  }
  return std::chrono::nanoseconds(nanos);
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

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

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
  if (text.size() < 20) return std::nullopt;
  const auto date = parse_date(text.substr(0, 10));
  const auto clock = parse_clock(text.substr(10, 9));
  std::size_t at = 19;
  const nanoseconds fraction = parse_fraction(text, at);
  const auto offset = parse_offset(text, std::min(at, text.size()));
  if (!date || !clock || !offset) return std::nullopt;
  return Wall(*date) + *clock + fraction - *offset;
}

std::optional<double> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  // "µ" is U+00B5 in Go's texts; longer names first.
  constexpr std::array<Unit, 10> kUnits{{{"ns", 1e-9},
                                         {"us", 1e-6},
                                         {"\xC2\xB5s", 1e-6},
                                         {"\xCE\xBCs", 1e-6},
                                         {"ms", 1e-3},
                                         {"s", 1},
                                         {"m", 60},
                                         {"h", 3600},
                                         {"d", 86400},
                                         {"y", 31536000}}};
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    double count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (error != std::errc() || !(count >= 0) || std::isinf(count)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit =
        std::find_if(kUnits.begin(), kUnits.end(), [text](const Unit& each) { return text.starts_with(each.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    sum += count * unit->seconds;
  }
  return sum;
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

std::string format_age(std::chrono::nanoseconds age) {
  struct Unit {
    const char* name;
    std::int64_t seconds;
  };
  constexpr Unit kUnits[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
  std::int64_t rest = std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count(), 0);
  std::string text;
  int shown = 0;
  for (const Unit& unit : kUnits) {
    if (shown == 2 || (rest < unit.seconds && shown == 0)) continue;
    if (rest >= unit.seconds) text.append(std::to_string(rest / unit.seconds)).append(unit.name);
    rest %= unit.seconds;
    ++shown;
  }
  return text.empty() ? "0s" : text;
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

std::string jwt_claims(std::string_view jwt) {
  const std::size_t first = jwt.find('.');
  const std::size_t second = first == std::string_view::npos ? first : jwt.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  return from_base64(jwt.substr(first + 1, second - first - 1), kBase64Url).value_or("");
}

}  // namespace lookout

// What is checked, and when it is a warning or critical: --health.checks.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "config/codec.h"

namespace lookout::cfg {
namespace {

using Of = CheckSetting::Of;
constexpr std::pair<Of, std::string_view> kPrefixes[] = {{Of::cluster, "cluster/"}, {Of::account, "account/"}};

std::optional<double> threshold_of(lookout::Unit unit, std::string_view text) {
  if (text == "-") return Limits::kNever;
  if (unit == lookout::Unit::ratio && text.ends_with('%')) {
    const auto percent = number<double>(text.substr(0, text.size() - 1));
    return percent ? std::optional(*percent / 100) : std::nullopt;
  }
  if (const auto plain = number<double>(text)) return *plain >= 0 ? plain : std::nullopt;
  if (unit == lookout::Unit::seconds) {
    const auto duration = duration_of(text);
    return duration ? std::optional(*duration / 1000) : std::nullopt;
  }
  if (unit == lookout::Unit::bytes) {
    const auto bytes = read_bytes(text, 0);
    return bytes ? std::optional(static_cast<double>(*bytes)) : std::nullopt;
  }
  return std::nullopt;
}

std::string write_threshold(double value) {
  if (value == Limits::kNever) return "-";
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.begin(), text.end(), value);
  return {text.begin(), end};
}

// A time of a setting, such as "5m".
bool read_time(std::optional<std::chrono::milliseconds>& time, std::string_view text) {
  const auto read = read_duration(text, std::chrono::milliseconds(0));
  if (read) time = *read;
  return bool(read);
}

// "0.8/0.95/5m/1m" or, of a check that has no thresholds, "5m/1m": how long it must last, and be over.
bool read_limits(CheckSetting& setting, std::string_view text) {
  if (text == "on" || text == "off") {
    setting.on = text == "on";
    return true;
  }
  const lookout::Unit unit = info_of(setting.check).unit;
  Texts parts = split(text, '/');
  if (unit != lookout::Unit::none) {
    setting.warning = threshold_of(unit, parts[0]);
    if (parts.size() > 1) setting.critical = threshold_of(unit, parts[1]);
    if (!setting.warning || (parts.size() > 1 && !setting.critical)) return false;
    parts.erase(parts.begin(), parts.begin() + (parts.size() > 1 ? 2 : 1));
  }
  if (parts.size() > 2) return false;
  return (parts.empty() || read_time(setting.raise, parts[0])) &&
         (parts.size() < 2 || read_time(setting.clear, parts[1]));
}

Result<CheckSetting> read_setting(const std::string& text) {
  constexpr const char* kWanted =
      "a check with off, on, or thresholds, such as server_cpu=0.8/0.95/5m/1m, stream_leader=30s or "
      "cluster/east/server_cpu=off";
  CheckSetting setting;
  std::string_view rest = text;
  for (const auto& [of, prefix] : kPrefixes) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    const std::size_t equals = rest.find('=');
    const std::size_t slash = rest.substr(0, equals).rfind('/');
    if (slash == std::string_view::npos || slash == 0) return must_be(kWanted, text);
    setting.of = of;
    setting.name = rest.substr(0, slash);
    rest.remove_prefix(slash + 1);
    break;
  }
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return must_be(kWanted, text);
  const auto check = check_of(rest.substr(0, equals));
  if (!check) return must_be("one of the checks that docs/checks.md lists", rest.substr(0, equals));
  setting.check = *check;
  if (!read_limits(setting, rest.substr(equals + 1))) return must_be(kWanted, text);
  return setting;
}

std::string write_setting(const CheckSetting& setting) {
  std::string out;
  for (const auto& [of, prefix] : kPrefixes) {
    if (setting.of == of) out.append(prefix).append(setting.name).append("/");
  }
  out.append(info_of(setting.check).id).append("=");
  if (!setting.on) return out + "off";
  Texts parts;
  if (setting.warning) parts.push_back(write_threshold(*setting.warning));
  if (setting.critical) parts.push_back(write_threshold(*setting.critical));
  if (setting.raise) parts.push_back(write_duration(*setting.raise));
  if (setting.clear) parts.push_back(write_duration(*setting.clear));
  return out + (parts.empty() ? "on" : join(parts, "/"));
}

Codec settings() {
  const auto set = [](Config& config, const Texts& texts) {
    std::vector<CheckSetting> read;
    for (const std::string& text : split_list(texts)) {
      const auto setting = read_setting(text);
      if (!setting) return setting.error();
      read.push_back(*setting);
    }
    config.checks = std::move(read);
    return std::string{};
  };
  const auto get = [](const Config& config) {
    Texts texts;
    std::transform(config.checks.begin(), config.checks.end(), std::back_inserter(texts), write_setting);
    return texts;
  };
  return {set, get};
}

}  // namespace

std::vector<Option> health_options() {
  return {taken_by(
      Reload::sighup,
      {"health.checks", "Health", "CHECKS",
       "comma list of check=off, on or warning/critical/how-long/how-long-over; cluster/NAME/ or account/ID/ in "
       "front limits it",
       settings(), Shape::list})};
}

}  // namespace lookout::cfg

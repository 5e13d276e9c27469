// When failed authentications make a pattern: --auth.brute-force=20/5m and so on.
#include <algorithm>
#include <string>

#include "config/codec.h"

namespace lookout::cfg {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

struct Pattern {
  const char* option;
  AuthLimit limit;
  const char* what;
};
// In the order of AuthPattern.
constexpr std::array<Pattern, kAuthPatterns> kPatterns{{
    {"brute-force", {20, minutes{5}}, "failed logins from one source"},
    {"password-spray", {5, minutes{10}}, "users that one source fails to log in as, at most 16"},
    {"distributed-guessing", {10, minutes{10}}, "failed logins as one user from three or more sources"},
    {"credential-rotation",
     {10, minutes{10}},
     "failed logins as one user from three or more sources that could log in before"},
    {"stuck-client", {20, minutes{10}}, "failed logins of one client at a steady pace"},
    {"leafnode-locked-out", {3, minutes{1}}, "failed logins of one leaf node"},
    {"system-account", {1, minutes{10}}, "failed logins as a user of the system account"},
    {"success-after-failures", {5, minutes{10}}, "failed logins from one source as one user before one succeeds"},
    {"outage", {20, minutes{2}}, "failed logins in a cluster, more than succeed, from three or more sources"},
}};
constexpr const char* kOff = "off";
constexpr milliseconds kShortest{30000};
constexpr milliseconds kLongestWindow{900000};

std::string write_limit(const AuthLimit& limit) {
  return limit.count == 0 ? kOff : std::to_string(limit.count) + "/" + write_duration(limit.window);
}

Result<AuthLimit> read_limit(const std::string& text) {
  if (text == kOff) return AuthLimit{};
  const std::size_t slash = text.find('/');
  const auto count = number<std::uint32_t>(std::string_view(text).substr(0, slash));
  const auto window = slash == std::string::npos ? std::nullopt : duration_of(std::string_view(text).substr(slash + 1));
  if (!count || *count == 0 || !window) return must_be("off or a number and a duration such as 20/5m", text);
  const AuthLimit limit{*count, milliseconds(static_cast<std::int64_t>(*window))};
  if (limit.window < kShortest || limit.window > kLongestWindow)
    return must_be("over " + write_duration(kShortest) + " to " + write_duration(kLongestWindow), text);
  return limit;
}

Codec limit_of(std::size_t pattern) {
  const auto set = [pattern](Config& config, const Texts& texts) {
    const auto read = read_limit(texts.front());
    if (!read) return read.error();
    config.auth.at(pattern) = *read;
    return std::string{};
  };
  return {set, [pattern](const Config& config) { return Texts{write_limit(config.auth.at(pattern))}; }, {kOff}};
}

}  // namespace

std::vector<Option> auth_options() {
  std::vector<Option> out;
  for (std::size_t i = 0; i < kPatterns.size(); ++i) {
    out.push_back(
        taken_by(Reload::sighup, {std::string("auth.") + kPatterns[i].option, "Authentication patterns", "N/DURATION",
                                  std::string("off or how many in what time: ") + kPatterns[i].what, limit_of(i)}));
  }
  return out;
}

}  // namespace lookout::cfg

namespace lookout {

AuthLimits default_auth_limits() {
  AuthLimits limits;
  for (std::size_t i = 0; i < limits.size(); ++i) limits.at(i) = cfg::kPatterns.at(i).limit;
  return limits;
}

}  // namespace lookout

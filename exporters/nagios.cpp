#include "exporters/nagios.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "agent/text.h"
#include "collectors/collectors.h"
#include "exporters/check.h"
#include "exporters/tolerance.h"
#include "exporters/writer.h"

namespace lookout {
namespace {

constexpr std::size_t kMost = 100;  // findings that are listed

// A bar begins performance data.
std::string shown(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

// In quotes, which are doubled inside; an equals sign would end it.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : shown(clean(text))) {
    if (c == '\'') out += c;
    out += c == '=' ? '_' : c;
  }
  return out + '\'';
}

// A number in the unit that Nagios knows: percent, seconds, bytes or none.
std::string number(double value, Unit unit) {
  std::string out;
  append_number(out, unit == Unit::ratio ? std::round(value * 10000) / 100 : value);
  return out;
}

const char* unit_of(Unit unit) {
  switch (unit) {
    case Unit::ratio:
      return "%";
    case Unit::seconds:
      return "s";
    case Unit::bytes:
      return "B";
    default:
      return "";
  }
}

// "95"; of what is bad when little of it is left "604800:".
std::string threshold(double value, const CheckInfo& info) {
  if (value == Limits::kNever) return {};
  const bool falling = info.limits.warning != Limits::kNever && info.limits.critical < info.limits.warning;
  return number(value, info.unit) + (falling ? ":" : "");
}

void append(std::string& out, const std::string& label, double value, Unit unit = Unit::none) {
  out.append(" ").append(quoted(label)).append("=").append(number(value, unit)).append(unit_of(unit));
}

void append(std::string& out, const Finding& finding, const std::vector<CheckSetting>& settings) {
  if (!finding.value || !std::isfinite(*finding.value)) return;
  const auto check = check_of(finding.check);
  const Unit unit = check ? info_of(*check).unit : Unit::none;
  append(out, finding.check + " " + finding.entity, *finding.value, unit);
  if (unit == Unit::none) return;
  const Limits limits = limits_of(*check, settings, finding.cluster, finding.account);
  const std::string warning = threshold(limits.warning, info_of(*check));
  const std::string critical = threshold(limits.critical, info_of(*check));
  if (!warning.empty() || !critical.empty()) out.append(";").append(warning).append(";").append(critical);
}

std::string performance(const Snapshot& snapshot, const std::vector<Finding>& findings) {
  std::string out = " |";
  const auto up =
      std::count_if(snapshot.servers.begin(), snapshot.servers.end(), [](const auto& server) { return server->up; });
  append(out, "servers", static_cast<double>(snapshot.servers.size()));
  append(out, "servers_up", static_cast<double>(up));
  for (const Health state : {Health::critical, Health::warning, Health::unknown}) {
    append(out, kHealthNames[static_cast<std::size_t>(state)], static_cast<double>(count_of(findings, state)));
  }
  if (const auto spare = meta_failures_tolerated(snapshot, collectors()))
    append(out, "meta_failures_tolerated", *spare);
  for (std::size_t i = 0; i < std::min(findings.size(), kMost); ++i)
    append(out, findings[i], snapshot.judging.settings);
  return out;
}

}  // namespace

std::string render_nagios(const Snapshot& snapshot, const HealthQuery& query) {
  const std::vector<Finding> findings = findings_of(snapshot, query);
  std::string out = "NATS " + shouted(health_of(snapshot, query)) + " - ";
  if (!findings.empty() && snapshot.link.connected) out += shown(clean(findings.front().sentence)) + "; ";
  out += shown(headline(snapshot, query)) + performance(snapshot, findings) + '\n';
  for (std::size_t i = 0; i < std::min(findings.size(), kMost); ++i) out += shown(finding_line(findings[i])) + '\n';
  if (findings.size() > kMost) out += std::to_string(findings.size() - kMost) + " more findings\n";
  const std::string unseen = not_evaluated_line(snapshot);
  return unseen.empty() ? out : out + unseen + '\n';
}

}  // namespace lookout

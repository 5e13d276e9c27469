#include "exporters/check.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/text.h"
#include "exporters/evaluated.h"
#include "exporters/health.h"
#include "exporters/nagios.h"

namespace lookout {
namespace {

constexpr std::size_t kColumns = 5;
using Line = std::array<std::string, kColumns>;

std::vector<std::string> table(const std::vector<Line>& lines) {
  std::array<std::size_t, kColumns> widths{};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::vector<std::string> rows;
  for (const Line& line : lines) {
    std::string& row = rows.emplace_back();
    for (std::size_t i = 0; i < kColumns; ++i) {
      row += line[i];
      if (i + 1 < kColumns) row.append(widths[i] - line[i].size() + 2, ' ');
    }
  }
  return rows;
}

// A table cell is never empty and never carries what a terminal would obey.
std::string cell(std::string_view text) {
  return text.empty() ? "-" : clean(text);
}

// The escape sequences of a terminal, by Health.
constexpr const char* kColors[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[35m"};

std::string painted(const std::string& text, Health health, bool color) {
  return color ? kColors[static_cast<std::size_t>(health)] + text + "\x1b[0m" : text;
}

Health state_of(const ServerView& server) {
  if (server.state == Lifecycle::lost) return Health::critical;
  return server.state == Lifecycle::up ? Health::ok : Health::warning;
}

std::string servers_table(const Snapshot& snapshot, bool color) {
  if (snapshot.servers.empty()) return {};
  std::vector<Line> lines{{"CLUSTER", "SERVER", "VERSION", "STATE", "SINCE"}};
  for (const auto& server : snapshot.servers) {
    lines.push_back({cell(server->cluster), cell(server->name), cell(server->version),
                     kLifecycleNames[static_cast<std::size_t>(server->state)], cell(format_time(server->state_since))});
  }
  const std::vector<std::string> rows = table(lines);
  std::string text = rows.front() + '\n';
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Health health = state_of(*snapshot.servers[i - 1]);
    text += painted(rows[i], health, color && health != Health::ok) + '\n';
  }
  return text;
}

std::string render_text(const Snapshot& snapshot, const HealthQuery& query, bool color) {
  const Health health = health_of(snapshot, query);
  std::string text = painted("NATS " + shouted(health), health, color) + ": " + headline(snapshot, query) + '\n';
  for (const Finding& finding : findings_of(snapshot, query)) {
    text +=
        painted(finding_line(finding), finding.state, color) + " (since " + cell(format_time(finding.since)) + ")\n";
    if (!finding.advice.empty()) text += "    " + clean(finding.advice) + '\n';
  }
  text += servers_table(snapshot, color);
  const std::string unseen = not_evaluated_line(snapshot);
  return unseen.empty() ? text : text + unseen + '\n';
}

}  // namespace

HealthQuery query_of(const CheckOptions& options) {
  HealthQuery query;
  query.only = options.only;
  query.ignored = options.ignored;
  return query;
}

std::string shouted(Health health) {
  std::string name = kHealthNames[static_cast<std::size_t>(health)];
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return name;
}

std::string finding_line(const Finding& finding) {
  return std::string(kHealthNames[static_cast<std::size_t>(finding.state)]) + ' ' + clean(finding.check) + ' ' +
         clean(finding.entity) + ": " + clean(finding.sentence);
}

std::string not_evaluated_line(const Snapshot& snapshot) {
  std::string list;
  bool logins = false;
  for (const std::string& check : not_evaluated(snapshot)) {
    const bool login = check.starts_with("auth_");
    if (!(login && logins)) list.append(list.empty() ? "" : ", ").append(login ? "auth_*" : check);
    logins = logins || login;
  }
  return list.empty() ? list : "not evaluated here: " + list;
}

std::string render_check(const Snapshot& snapshot, const CheckOptions& options, bool color) {
  const HealthQuery query = query_of(options);
  switch (options.format) {
    case CheckFormat::json:
      return render_health(snapshot, query);
    case CheckFormat::nagios:
      return render_nagios(snapshot, query);
    case CheckFormat::text:
      break;
  }
  return render_text(snapshot, query, color);
}

int check_exit_code(const Snapshot& snapshot, const CheckOptions& options) {
  return static_cast<int>(health_of(snapshot, query_of(options)));
}

}  // namespace lookout

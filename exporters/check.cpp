#include "exporters/check.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/text.h"
#include "exporters/health.h"

namespace lookout {
namespace {

constexpr std::size_t kColumns = 5;
using Line = std::array<std::string, kColumns>;

std::string table(const std::vector<Line>& lines) {
  std::array<std::size_t, kColumns> widths{};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      text += line[i];
      if (i + 1 < kColumns) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

// A table cell is never empty and never carries what a terminal would obey.
std::string cell(std::string_view text) {
  return text.empty() ? "-" : clean(text);
}

}  // namespace

std::string render_check(const Snapshot& snapshot, CheckFormat format) {
  if (format == CheckFormat::json) return render_health(snapshot);
  std::string name = kHealthNames[static_cast<std::size_t>(health_of(snapshot))];
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  std::string text = "NATS " + name + ": " + headline(snapshot) + '\n';
  for (const Finding& finding : snapshot.findings) {
    text += std::string(kHealthNames[static_cast<std::size_t>(finding.state)]) + ' ' + clean(finding.check) + ' ' +
            clean(finding.entity) + ": " + clean(finding.sentence) + " (since " + cell(format_time(finding.since)) +
            ")\n";
  }
  if (snapshot.servers.empty()) return text;
  std::vector<Line> lines{{"CLUSTER", "SERVER", "VERSION", "STATE", "SINCE"}};
  for (const auto& server : snapshot.servers) {
    lines.push_back({cell(server->cluster), cell(server->name), cell(server->version),
                     kLifecycleNames[static_cast<std::size_t>(server->state)], cell(format_time(server->state_since))});
  }
  return text + table(lines);
}

int check_exit_code(const Snapshot& snapshot) {
  return static_cast<int>(health_of(snapshot));
}

}  // namespace lookout

#include "exporters/alert.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "agent/text.h"

namespace lookout {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamed = 5;           // sources and users in a description
constexpr std::size_t kMaxSentence = 1024;  // bytes

std::string cleaned(const std::string& text) {
  return clean(text, kMaxSentence);
}

// " Sources: 10.0.0.1 (42), 10.0.0.2 (7) and 3 more."
std::string named(const char* what, const std::vector<Tally>& tallies) {
  if (tallies.empty()) return {};
  std::string out = std::string(" ") + what + ": ";
  const std::size_t shown = std::min(tallies.size(), kNamed);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ", ";
    out.append(clean(tallies[i].name)).append(" (").append(std::to_string(tallies[i].count)).append(")");
  }
  if (tallies.size() > shown) out.append(" and ").append(std::to_string(tallies.size() - shown)).append(" more");
  return out + ".";
}

std::string description_of(const Finding& finding) {
  std::string text =
      cleaned(finding.advice) + named("Sources", finding.evidence.sources) + named("Users", finding.evidence.users);
  if (text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::string lowercase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Json alert_of(const Finding& finding) {
  const std::string name = alert_name(finding.check);
  Json annotations{{"summary", cleaned(finding.sentence)}};
  if (auto description = description_of(finding); !description.empty())
    annotations["description"] = std::move(description);
  annotations["runbook_url"] = kRunbooks + ("#" + lowercase(name));
  return {{"labels",
           {{"alertname", name},
            {"nats_cluster", clean(finding.cluster)},
            {"entity", clean(finding.entity)},
            {"severity", kHealthNames[static_cast<std::size_t>(finding.state)]},
            {"source", "nats-lookout"}}},
          {"annotations", std::move(annotations)},
          {"startsAt", format_time(finding.since)}};
}

Json tallies_of(const std::vector<Tally>& tallies) {
  Json out = Json::array();
  for (const Tally& tally : tallies) out.push_back({{"name", clean(tally.name)}, {"count", tally.count}});
  return out;
}

}  // namespace

std::string alert_name(std::string_view check) {
  std::string name = "Nats";
  bool initial = true;
  for (const char c : check) {
    if (c != '_') name += initial ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    initial = c == '_';
  }
  return name;
}

std::string render_alertmanager(const std::vector<Notice>& notices, Wall until) {
  Json alerts = Json::array();
  for (const Notice& notice : notices) {
    Json alert = alert_of(notice.finding);
    alert["endsAt"] = format_time(notice.ended == Wall{} ? until : notice.ended);
    alerts.push_back(std::move(alert));
  }
  return alerts.dump();
}

std::string render_webhook(const std::vector<Notice>& notices) {
  const bool lasting = !notices.empty() && notices.front().ended == Wall{};
  Json alerts = Json::array();
  for (const Notice& notice : notices) {
    Json alert = alert_of(notice.finding);
    if (notice.ended != Wall{}) alert["endsAt"] = format_time(notice.ended);
    const Evidence& evidence = notice.finding.evidence;
    alert["evidence"] = {
        {"count", evidence.count}, {"sources", tallies_of(evidence.sources)}, {"users", tallies_of(evidence.users)}};
    alerts.push_back(std::move(alert));
  }
  return Json{{"version", 1}, {"status", lasting ? "firing" : "resolved"}, {"alerts", std::move(alerts)}}.dump();
}

}  // namespace lookout

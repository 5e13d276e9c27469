#include "exporters/finding_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

using Json = nlohmann::ordered_json;

Json tallies_of(const std::vector<Tally>& tallies) {
  Json out = Json::array();
  for (const Tally& tally : tallies) out.push_back({{"name", tally.name}, {"count", tally.count}});
  return out;
}

}  // namespace

Json link_json(const LinkView& link) {
  return {{"connected", link.connected}, {"url", link.url},
          {"server", link.server_name},  {"identity", kIdentityNames[static_cast<std::size_t>(link.identity)]},
          {"sentence", link.sentence},   {"since", format_time(link.since)}};
}

Json finding_json(const Finding& finding) {
  Json out{{"check", finding.check},
           {"entity", finding.entity},
           {"state", kHealthNames[static_cast<std::size_t>(finding.state)]},
           {"since", format_time(finding.since)},
           {"sentence", finding.sentence}};
  for (const auto& [key, text] : {std::pair("cluster", &finding.cluster), std::pair("server", &finding.server),
                                  std::pair("account", &finding.account)}) {
    if (!text->empty()) out[key] = *text;
  }
  if (finding.value) out["value"] = *finding.value;
  if (finding.threshold) out["threshold"] = *finding.threshold;
  if (!finding.advice.empty()) out["advice"] = finding.advice;
  const Evidence& evidence = finding.evidence;
  if (evidence.count > 0) out["count"] = evidence.count;
  if (!evidence.sources.empty()) out["sources"] = tallies_of(evidence.sources);
  if (!evidence.users.empty()) out["users"] = tallies_of(evidence.users);
  return out;
}

}  // namespace lookout

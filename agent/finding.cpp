#include "agent/finding.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace lookout {
namespace {

// Order of badness: unknown is worse than ok, but never hides a warning.
int rank(Health health) {
  constexpr std::array<int, 4> kRanks{0, 2, 3, 1};
  return kRanks[static_cast<std::size_t>(health)];
}

}  // namespace

void Findings::report(const std::string& check, const std::string& entity, Health state, std::string sentence,
                      Hysteresis hysteresis, Now now) {
  report({check, entity, state, {}, std::move(sentence)}, hysteresis, now);
}

bool Findings::worsens(const Entry& entry, const Hysteresis& hysteresis, Now now) {
  return entry.seen == Health::warning && hysteresis.worsen > Millis(0) &&
         now.mono - entry.seen_since >= hysteresis.worsen;
}

void Findings::report(Finding seen, Hysteresis hysteresis, Now now) {
  Health state = seen.state;
  std::pair key(seen.check, seen.entity);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (state == Health::ok) return;
    found =
        entries_
            .emplace(std::move(key), Entry{{seen.check, seen.entity, Health::ok, now.wall, {}}, state, now.mono, {}})
            .first;
  }
  Entry& entry = found->second;
  entry.reported = now.mono;
  if (entry.seen != state) {
    entry.seen = state;
    entry.seen_since = now.mono;
  }
  if (worsens(entry, hysteresis, now)) state = seen.state = Health::critical;
  // What is raised stays as it is while nobody knows better.
  const bool frozen =
      state == Health::unknown && (entry.shown.state == Health::warning || entry.shown.state == Health::critical);
  const bool worse = rank(state) > rank(entry.shown.state);
  const Millis needed = worse ? hysteresis.raise : hysteresis.clear;
  if (frozen || now.mono - entry.seen_since < needed) return;
  if (state == Health::ok) {
    version_ += entry.shown.state != Health::ok ? 1 : 0;
    entries_.erase(found);
    return;
  }
  seen.since = entry.shown.state != state ? now.wall : entry.shown.since;
  if (seen == entry.shown) return;
  ++version_;
  entry.shown = std::move(seen);
}

void Findings::settle(const std::function<std::optional<Hysteresis>(const Finding&)>& about,
                      const std::function<bool(const Finding&)>& unknown, Now now) {
  std::vector<std::pair<Finding, Hysteresis>> over;
  for (const auto& [key, entry] : entries_) {
    if (entry.reported == now.mono) continue;
    const auto hysteresis = about(entry.shown);
    if (hysteresis && !unknown(entry.shown)) over.emplace_back(entry.shown, *hysteresis);
  }
  for (auto& [finding, hysteresis] : over) {
    finding.state = Health::ok;
    report(std::move(finding), hysteresis, now);
  }
}

void Findings::forget(const std::string& entity) {
  version_ += std::erase_if(entries_, [&](const auto& item) { return item.first.second == entity; });
}

std::vector<Finding> Findings::raised() const {
  std::vector<Finding> out;
  for (const auto& [key, entry] : entries_) {
    if (entry.shown.state != Health::ok) out.push_back(entry.shown);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Finding& a, const Finding& b) { return rank(a.state) > rank(b.state); });
  return out;
}

Health worst(const std::vector<Finding>& findings) {
  Health worst = Health::ok;
  for (const Finding& finding : findings) {
    if (rank(finding.state) > rank(worst)) worst = finding.state;
  }
  return worst;
}

}  // namespace lookout

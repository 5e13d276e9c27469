#include "agent/finding.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "config/fixed_checks.h"

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
  if (seen.advice.empty() && seen.state != Health::ok) seen.advice = advice_on(seen.check);
  std::pair key(seen.check, seen.entity);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (seen.state == Health::ok) return;
    const Entry fresh{{seen.check, seen.entity, Health::ok, now.wall, {}}, seen.state, now.mono, {}};
    found = entries_.emplace(std::move(key), fresh).first;
  }
  Entry& entry = found->second;
  entry.reported = now.mono;
  if (entry.seen != seen.state) {
    entry.seen = seen.state;
    entry.seen_since = now.mono;
  }
  if (worsens(entry, hysteresis, now)) seen.state = Health::critical;
  if (takes_effect(entry, seen.state, hysteresis, now)) show(found, std::move(seen), now);
}

// What is raised stays as it is while nobody knows better.
bool Findings::takes_effect(const Entry& entry, Health state, Hysteresis hysteresis, Now now) const {
  const Health shown = entry.shown.state;
  if (state == Health::unknown && (shown == Health::warning || shown == Health::critical)) return false;
  if (is_worse(state, shown)) return at_once_ || now.mono - entry.seen_since >= hysteresis.raise;
  return now.mono - entry.seen_since >= hysteresis.clear;
}

void Findings::show(Entries::iterator at, Finding seen, Now now) {
  Finding& shown = at->second.shown;
  const bool turns = seen.state != shown.state;
  if (turns) changed(seen.check, seen.state);
  if (seen.state == Health::ok) {
    entries_.erase(at);
    return;
  }
  seen.since = turns ? now.wall : shown.since;
  if (seen == shown) return;
  ++version_;
  shown = std::move(seen);
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
  std::erase_if(entries_, [&](const auto& item) {
    const bool gone = item.first.second == entity;
    if (gone && item.second.shown.state != Health::ok) changed(item.first.first, Health::ok);
    return gone;
  });
}

void Findings::changed(const std::string& check, Health state) {
  ++version_;
  ++transitions_[check][static_cast<std::size_t>(state)];
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

bool is_worse(Health state, Health than) {
  return rank(state) > rank(than);
}

std::size_t count_of(const std::vector<Finding>& findings, Health state) {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [state](const Finding& finding) { return finding.state == state; }));
}

Health worst(const std::vector<Finding>& findings) {
  Health worst = Health::ok;
  for (const Finding& finding : findings) {
    if (is_worse(finding.state, worst)) worst = finding.state;
  }
  return worst;
}

}  // namespace lookout

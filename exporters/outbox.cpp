#include "exporters/outbox.h"

#include <algorithm>
#include <utility>

namespace lookout {

bool is_pushed(const Finding& finding) {
  return finding.state == Health::critical || (finding.state == Health::warning && finding.check.starts_with("auth_"));
}

Outbox::Key Outbox::key_of(const Finding& finding) {
  return {finding.check, finding.entity, finding.cluster, finding.state};
}

void Outbox::update(const std::vector<Finding>& findings, Now now) {
  std::set<Key> lasting;
  std::set<Key> refused;
  std::set<std::pair<std::string, std::string>> unknown;
  for (const Finding& finding : findings) {
    if (finding.state == Health::unknown) unknown.emplace(finding.check, finding.entity);
    if (!is_pushed(finding)) continue;
    lasting.insert(key_of(finding));
    raise(finding, refused);
  }
  refused_ = std::move(refused);
  for (auto& [key, entry] : entries_) {
    const bool lasts = lasting.contains(key) || unknown.contains({entry.finding.check, entry.finding.entity});
    if (lasts || entry.ended != Wall{}) continue;
    entry.ended = std::max(now.wall, entry.finding.since);  // a clock may be set back
    entry.changed = true;
  }
}

void Outbox::raise(const Finding& finding, std::set<Key>& refused) {
  Key key = key_of(finding);
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    Entry& entry = found->second;
    const bool again = entry.ended != Wall{} || entry.finding.since != finding.since;
    entry.finding = finding;
    entry.ended = Wall{};
    entry.changed = entry.changed || again;
  } else if (entries_.size() < kMost) {
    entries_.emplace(std::move(key), Entry{finding});
  } else {
    if (!refused_.contains(key)) ++dropped_;
    refused.insert(std::move(key));
  }
}

bool Outbox::is_due(const Entry& entry, Mono now) const {
  return entry.changed || (repeat_.count() > 0 && now - entry.told >= repeat_);
}

std::vector<Notice> Outbox::due(Mono now) const {
  std::vector<Notice> notices;
  if (now < not_before_) return notices;
  for (const bool lasting : {true, false}) {
    for (const auto& [key, entry] : entries_) {
      if (notices.size() == kAtOnce) break;
      if ((entry.ended == Wall{}) == lasting && is_due(entry, now)) notices.push_back({entry.finding, entry.ended});
    }
    if (!notices.empty()) break;
  }
  return notices;
}

void Outbox::delivered(const std::vector<Notice>& notices, Mono now) {
  failures_ = 0;
  not_before_ = Mono{};
  for (const Notice& notice : notices) {
    const auto found = entries_.find(key_of(notice.finding));
    if (found == entries_.end() || found->second.ended != notice.ended) continue;
    if (notice.ended != Wall{}) {
      entries_.erase(found);
    } else {
      found->second.changed = false;
      found->second.told = now;
    }
  }
}

void Outbox::failed(Mono now, double chance) {
  constexpr unsigned kDoublings = 6;
  const Millis pause = std::min(kFirstPause * (1U << std::min(failures_++, kDoublings)), kLongestPause);
  not_before_ = now + std::chrono::duration_cast<Mono::duration>(pause * (1 - chance / 4));
}

Mono Outbox::next() const {
  Mono next = Mono::max();
  for (const auto& [key, entry] : entries_) {
    if (entry.changed) return not_before_;
    if (repeat_.count() > 0) next = std::min(next, entry.told + repeat_);
  }
  return std::max(next, not_before_);
}

std::size_t Outbox::pending() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& item) { return item.second.changed; }));
}

}  // namespace lookout

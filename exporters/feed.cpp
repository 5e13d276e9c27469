#include "exporters/feed.h"

#include <algorithm>
#include <utility>

#include "agent/finding.h"
#include "agent/text.h"
#include "exporters/event_log.h"

namespace lookout {
namespace {

constexpr bool is_always_kept(std::size_t group) {
  const auto kind = static_cast<EventGroup>(group);
  return kind == EventGroup::auth || kind == EventGroup::lifecycle || kind == EventGroup::health;
}

std::string server_of(const Event& event) {
  if (event.finding != nullptr) return event.finding->server;
  return clean(event.server.name.empty() ? event.server.id : event.server.name);
}

std::string account_of(const Event& event) {
  if (event.finding != nullptr) return event.finding->account;
  return clean(event.client.account.empty() ? event.account : event.client.account);
}

std::size_t size_of(const Feed::Line& line) {
  return sizeof(line) + line.server.size() + line.account.size() + line.text.size();
}

template <class Act>
void each(const EventGroups& groups, Act act) {
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i]) act(i);
}

}  // namespace

// So that a place in what another process told is none here: no process tells a thousand events in each millisecond for
// long.
Feed::Feed(Now now, bool mask)
    : mask_(mask),
      last_(static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(now.wall.time_since_epoch()).count()) *
            1000) {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    rings_[i].gone = last_;
    asked_[i] = rings_[i].kept = is_always_kept(i);
  }
}

bool Feed::wants(EventGroup group, Now now) {
  const auto index = static_cast<std::size_t>(group);
  if (!asked_[index]) return false;
  const std::lock_guard lock(mutex_);
  Ring& ring = rings_[index];
  if (is_always_kept(index) || ring.readers > 0 || now.mono < ring.until) return true;
  ring.kept = asked_[index] = false;
  while (!ring.lines.empty()) drop_first(ring);
  return false;
}

void Feed::write(const Event& event, Now now) {
  const auto group = group_of(event);
  if (!group || !wants(*group, now)) return;
  Line line{0, *group, server_of(event), account_of(event), event_line(event, now, mask_)};
  {
    const std::lock_guard lock(mutex_);
    Ring& ring = rings_[static_cast<std::size_t>(*group)];
    line.id = ++last_;
    ring.bytes += size_of(line);
    ring.lines.push_back(std::make_shared<const Line>(std::move(line)));
    while (ring.lines.size() > kLines || ring.bytes > kBytes) drop_first(ring);
  }
  news_.notify_all();
}

void Feed::drop_first(Ring& ring) {
  ring.gone = ring.lines.front()->id;
  ring.bytes -= size_of(*ring.lines.front());
  ++ring.dropped;
  ring.lines.pop_front();
}

void Feed::open(const EventGroups& groups) {
  const std::lock_guard lock(mutex_);
  each(groups, [&](std::size_t i) {
    Ring& ring = rings_[i];
    ++ring.readers;
    if (!std::exchange(ring.kept, true)) ring.gone = last_;  // what came before was not written
    asked_[i] = true;
  });
}

void Feed::close(const EventGroups& groups, Now now) {
  const std::lock_guard lock(mutex_);
  each(groups, [&](std::size_t i) {
    --rings_[i].readers;
    rings_[i].until = now.mono + kLinger;
  });
}

std::uint64_t Feed::place() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Feed::Read Feed::read(const EventGroups& groups, std::uint64_t place) const {
  Read out;
  const std::lock_guard lock(mutex_);
  if (place > last_) {  // of no use here, whatever it was
    out.lost = true;
    place = last_;
  }
  each(groups, [&](std::size_t i) {
    const Ring& ring = rings_[i];
    if (place < ring.gone) {
      out.lost = true;
      out.count += std::min(ring.dropped, ring.gone - place);
    }
    const auto first = std::upper_bound(ring.lines.begin(), ring.lines.end(), place,
                                        [](std::uint64_t id, const auto& line) { return id < line->id; });
    const auto count = std::min<std::ptrdiff_t>(ring.lines.end() - first, kBatch);
    out.lines.insert(out.lines.end(), first, first + count);
  });
  std::sort(out.lines.begin(), out.lines.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  const bool all = out.lines.size() < kBatch;
  out.lines.resize(std::min(out.lines.size(), kBatch));
  out.place = all ? last_ : out.lines.back()->id;
  return out;
}

bool Feed::has_news(const EventGroups& groups, std::uint64_t place) const {
  bool news = false;
  each(groups, [&](std::size_t i) { news = news || (!rings_[i].lines.empty() && rings_[i].lines.back()->id > place); });
  return news;
}

void Feed::wait(const EventGroups& groups, std::uint64_t place, Mono deadline, const std::atomic<bool>& stop) const {
  std::unique_lock lock(mutex_);
  news_.wait_until(lock, deadline, [&] { return stop || has_news(groups, place); });
}

void Feed::wake() {
  { const std::lock_guard lock(mutex_); }  // nobody is between looking and waiting
  news_.notify_all();
}

}  // namespace lookout

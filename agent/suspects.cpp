#include "agent/suspects.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lookout {
namespace {

constexpr Millis kFastest{500};  // what comes faster is no client's reconnect
constexpr int kSmoothing = 4;

std::string key_of(std::string_view cluster, std::string_view name) {
  return std::string(cluster).append(1, '\0').append(name);
}

}  // namespace

void Window::add(Mono now, std::uint32_t count) {
  const std::int64_t at = step(now);
  if (at - newest_ >= static_cast<std::int64_t>(kSteps)) counts_ = {};
  for (std::int64_t i = std::max(newest_ + 1, at - static_cast<std::int64_t>(kSteps)); i <= at; ++i)
    counts_[static_cast<std::size_t>(i) % kSteps] = 0;
  newest_ = std::max(newest_, at);
  counts_[static_cast<std::size_t>(at) % kSteps] += count;
}

std::uint64_t Window::sum(Millis last, Mono now) const {
  const std::int64_t first = std::max(step(now - last), newest_ - static_cast<std::int64_t>(kSteps) + 1);
  std::uint64_t sum = 0;
  for (std::int64_t i = first; i <= newest_; ++i) sum += counts_[static_cast<std::size_t>(i) % kSteps];
  return sum;
}

Suspect::Peer& Suspect::meet(std::string_view peer, Mono now) {
  auto found = std::find_if(peers.begin(), peers.end(), [&](const Peer& each) { return each.name == peer; });
  if (found == peers.end() && peers.size() < kMaxPeers) {
    peers.push_back({std::string(peer)});
    found = peers.end() - 1;
  } else if (found == peers.end()) {
    found = std::min_element(peers.begin(), peers.end(), [](const Peer& a, const Peer& b) { return a.last < b.last; });
    *found = {std::string(peer)};
  }
  if (now - found->last > Window::kLongest) found->count = 0;
  ++found->count;
  found->last = now;
  return *found;
}

Suspect::Peer* Suspect::peer(std::string_view wanted) {
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const Peer& each) { return each.name == wanted; });
  return found == peers.end() ? nullptr : &*found;
}

std::size_t Suspect::peers_in(Millis time, Mono now) const {
  return static_cast<std::size_t>(
      std::count_if(peers.begin(), peers.end(), [&](const Peer& each) { return now - each.last <= time; }));
}

bool Suspect::steady() const {
  return period >= kFastest && unsteadiness <= period / 2;
}

Suspect& Suspects::attempt(std::string_view cluster, std::string_view name, Mono now) {
  name = name.substr(0, kMaxName);
  const auto [found, first] = places_.try_emplace(key_of(cluster, name));
  Place& place = found->second;
  if (first) {
    if (once_.size() >= capacity_) drop(once_);
    once_.emplace_front();
    place = {&once_, once_.begin()};
    place.at->cluster = cluster;
    place.at->name = name;
  } else {
    touch(place);
  }
  Suspect& suspect = *place.at;
  if (suspect.last != Mono{}) {
    const auto gap = std::chrono::duration_cast<Millis>(now - suspect.last);
    const bool second = suspect.period == Millis(0);
    const Millis off = gap > suspect.period ? gap - suspect.period : suspect.period - gap;
    suspect.unsteadiness = second ? gap / 4 : suspect.unsteadiness + (off - suspect.unsteadiness) / kSmoothing;
    suspect.period = second ? gap : suspect.period + (gap - suspect.period) / kSmoothing;
  }
  suspect.last = now;
  suspect.attempts.add(now);
  return suspect;
}

Suspect* Suspects::find(std::string_view cluster, std::string_view name) {
  const auto found = places_.find(key_of(cluster, name.substr(0, kMaxName)));
  return found == places_.end() ? nullptr : &*found->second.at;
}

void Suspects::touch(Place& place) {
  again_.splice(again_.begin(), *place.list, place.at);
  place.list = &again_;
  if (again_.size() > capacity_) drop(again_);
}

void Suspects::drop(List& list) {
  places_.erase(key_of(list.back().cluster, list.back().name));
  list.pop_back();
}

void Suspects::forget_old(Mono now) {
  for (List* list : {&once_, &again_}) {
    while (!list->empty() && now - list->back().last > Window::kLongest) drop(*list);
  }
}

std::vector<AuthTop> Suspects::top(std::size_t most, Millis time, Mono now) const {
  using Counted = std::pair<std::uint64_t, const Suspect*>;
  std::vector<Counted> all;
  each([&](const Suspect& suspect) {
    if (const std::uint64_t attempts = suspect.attempts.sum(time, now); attempts > 0)
      all.emplace_back(attempts, &suspect);
  });
  const std::size_t shown = std::min(all.size(), most);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    [](const Counted& a, const Counted& b) {
                      return std::tie(b.first, a.second->cluster, a.second->name) <
                             std::tie(a.first, b.second->cluster, b.second->name);
                    });
  std::vector<AuthTop> out;
  out.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [attempts, suspect] = all[i];
    out.push_back({suspect->cluster, suspect->name, attempts, suspect->peers_in(time, now)});
  }
  return out;
}

}  // namespace lookout

#include "agent/auth_history.h"

#include <algorithm>

namespace lookout {
namespace {

using std::chrono::minutes;

Wall minute_of(Wall time) {
  return std::chrono::floor<minutes>(time);
}

}  // namespace

// A clock that is set back adds to the last minute; by more than is kept, it begins anew.
void AuthHistory::advance(Wall now) {
  const Wall minute = minute_of(now);
  const Wall first = minute - minutes(kMinutes - 1);
  if (minutes_.empty()) minutes_.push_back({minute, 0});
  if (minutes_.back().time > minute + minutes(kMinutes)) minutes_ = {{minute, 0}};
  if (minutes_.back().time < first) minutes_ = {{first, 0}};
  while (minutes_.back().time < minute) minutes_.push_back({minutes_.back().time + minutes(1), 0});
  while (minutes_.size() > kMinutes) minutes_.pop_front();
}

void AuthHistory::add(Wall when, Now now) {
  advance(now.wall);
  const Wall last = minutes_.back().time;
  const Wall minute = when < now.wall ? std::min(minute_of(when), last) : last;
  if (minute < minutes_.front().time) return;
  ++minutes_[static_cast<std::size_t>((minute - minutes_.front().time) / minutes(1))].errors;
}

std::vector<AuthMinute> AuthHistory::view(Now now) {
  advance(now.wall);
  return {minutes_.begin(), minutes_.end()};
}

}  // namespace lookout

// AuthHistory: failed logins of the last hour, by minute. Owned by State; loop thread; time is a parameter.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "agent/clock.h"
#include "agent/snapshot.h"

namespace lookout {

class AuthHistory {
 public:
  static constexpr std::size_t kMinutes = 60;

  // A failure at that time; what is older than the first minute is left out.
  void add(Wall when, Now now);

  // Oldest first, up to this minute; those without failures too, since the first call.
  [[nodiscard]] std::vector<AuthMinute> view(Now now);

 private:
  void advance(Wall now);

  std::deque<AuthMinute> minutes_;
};

}  // namespace lookout

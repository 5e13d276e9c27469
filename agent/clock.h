// Time as the core sees it: always a parameter, never asked for. `mono` decides (silence, intervals, hysteresis),
// `wall` is shown.
#pragma once

#include <chrono>
#include <cmath>

namespace lookout {

using Mono = std::chrono::steady_clock::time_point;
using Wall = std::chrono::sys_time<std::chrono::nanoseconds>;  // the epoch itself means "not known"
using Millis = std::chrono::milliseconds;

struct Now {
  Mono mono;
  Wall wall;
};

// The one place that reads the clocks; called by the loop and main, not below.
inline Now read_clock() {
  return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
}

// A count of seconds since 1970; the epoch where it is none.
inline Wall wall_at(double seconds_since_epoch) {
  if (std::isnan(seconds_since_epoch)) return {};
  return Wall(std::chrono::nanoseconds(std::llround(seconds_since_epoch * 1e9)));
}

inline double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace lookout

// Violation: what one look found wrong, before time and maintenance make a Finding of it (agent/judge.h). A value.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/finding.h"
#include "config/checks.h"

namespace lookout {

struct Violation {
  Check check{};
  Health state = Health::warning;
  std::string entity = {};
  std::string sentence = {};
  std::string cluster = {};
  std::string server = {};   // the one it is about; empty: none, or several
  std::string account = {};  // id
  std::string remote = {};   // the other cluster it concerns
  std::optional<double> value = {};
  std::optional<double> threshold = {};
};

// A counter's way up: what it was in the last minute.
class Growth {
 public:
  // How much it has grown in about a minute, up to this value at this time.
  double grown(Wall time, double value);

 private:
  struct Point {
    Wall time;
    double value;
  };
  std::vector<Point> points_;  // the oldest first; all but the first within the last minute
};

// The restarts of a server that were judged.
struct Restarts {
  std::optional<std::uint64_t> count = {};  // none: it was not looked at yet
  std::deque<Mono> recent = {};             // when, within the last 15 minutes
  std::string version = {};                 // of the last process
};

// What is remembered of the answers of one process to judge it.
struct Judged {
  std::vector<std::vector<Violation>> rows;                         // by collector, of the blocks that are held
  std::vector<Wall> looked;                                         // by collector: when the last answer was given
  std::map<std::pair<std::size_t, std::string>, Growth> growths{};  // by column and row, of counters that have counted
  bool had_jetstream = false;
};

}  // namespace lookout

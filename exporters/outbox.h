// Outbox: what one receiver of alerts still has to be told. Findings and time go in, what is due comes out; nothing is
// sent here. Owned by the thread of that receiver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "agent/clock.h"
#include "agent/finding.h"

namespace lookout {

// Whether it is pushed: all that is critical, and patterns of authentication errors also as a warning.
[[nodiscard]] bool is_pushed(const Finding& finding);

struct Notice {
  Finding finding;
  Wall ended{};  // the epoch: it lasts
};

class Outbox {
 public:
  static constexpr std::size_t kMost = 1000;  // alerts
  static constexpr std::size_t kAtOnce = 100;
  static constexpr Millis kFirstPause{1000};  // after a failure; doubles up to the next
  static constexpr Millis kLongestPause{60000};

  // How often a lasting alert is told again; 0: never.
  explicit Outbox(Millis repeat) : repeat_(repeat) {}

  // What is raised now. Another severity is another alert. What nobody knows any more (unknown) stays as it was.
  void update(const std::vector<Finding>& findings, Now now);

  // All of them last, or all have ended; empty: nothing is due, or the receiver is given time.
  [[nodiscard]] std::vector<Notice> due(Mono now) const;

  // The outcome of what was due. `chance`, from 0 to 1, spreads the attempts of many agents.
  void delivered(const std::vector<Notice>& notices, Mono now);
  void failed(Mono now, double chance);

  // Nothing is due before this time, unless something changes.
  [[nodiscard]] Mono next() const;

  [[nodiscard]] std::size_t pending() const;                        // changes that were not delivered
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  // alerts that found no place

 private:
  using Key = std::tuple<std::string, std::string, std::string, Health>;  // what its labels are made of
  struct Entry {
    Finding finding;
    Wall ended{};
    bool changed = true;  // and not delivered
    Mono told{};          // last delivered
  };

  static Key key_of(const Finding& finding);
  [[nodiscard]] bool is_due(const Entry& entry, Mono now) const;
  void raise(const Finding& finding, std::set<Key>& refused);

  const Millis repeat_;
  std::map<Key, Entry> entries_;
  std::set<Key> refused_;  // raised, but beyond kMost
  std::uint64_t dropped_ = 0;
  unsigned failures_ = 0;  // in a row
  Mono not_before_{};
};

}  // namespace lookout

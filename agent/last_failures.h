// LastFailures: the last failed logins, one by one, as the event log tells them. A storm costs no more than overwriting
// a place each: what is said of them is cleaned and copied for Snapshots, at most once a second. No token is kept.
// Owned by State; loop thread; time is a parameter.
#pragma once

#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/snapshot.h"

namespace lookout {

class LastFailures {
 public:
  static constexpr std::size_t kMost = 100;

  // A failure that counts.
  void add(const Event& event, Now now);

  // Newest first, at most a second old; null: there was none.
  [[nodiscard]] std::shared_ptr<const std::vector<AuthFailure>> share(Now now);

 private:
  struct Place {
    Wall when;  // of equal ones the one added first is older
    std::uint64_t number;
    AuthFailure failure;  // not cleaned yet
  };
  static bool older(const Place& a, const Place& b) { return std::tie(a.when, a.number) < std::tie(b.when, b.number); }
  [[nodiscard]] Place* place_for(const Event& event);

  std::vector<Place> heard_;      // a ring: in the order of hearing
  std::vector<Place> recovered_;  // in no order
  std::uint64_t heard_count_ = 0;
  std::uint64_t added_ = 0;
  std::shared_ptr<const std::vector<AuthFailure>> shared_;
  Mono shared_at_{};
  bool changed_ = false;
};

}  // namespace lookout

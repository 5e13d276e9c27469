// Cell: where the loop puts the newest Snapshot and HTTP threads pick it up. A mutex around a pointer: TSan reports a
// race inside gcc 12's atomic<shared_ptr>. Owned by main.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "agent/snapshot.h"

namespace lookout {

class Cell {
 public:
  void put(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);
  }

  // Never null after the loop's first iteration; until then an empty Snapshot.
  [[nodiscard]] std::shared_ptr<const Snapshot> get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace lookout

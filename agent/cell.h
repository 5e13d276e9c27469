// Cell: where the loop puts the newest Snapshot and other threads pick it up or wait for it. A mutex around a pointer:
// TSan reports a race inside gcc 12's atomic<shared_ptr>. Owned by main.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "agent/clock.h"
#include "agent/snapshot.h"

namespace lookout {

class Cell {
 public:
  void put(std::shared_ptr<const Snapshot> snapshot) {
    {
      const std::lock_guard lock(mutex_);
      snapshot_.swap(snapshot);
    }
    changed_.notify_all();
  }

  // Never null after the loop's first iteration; until then an empty Snapshot.
  [[nodiscard]] std::shared_ptr<const Snapshot> get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

  // The newest one, as soon as it is another than `seen`, the time is over or a stop is asked for.
  [[nodiscard]] std::shared_ptr<const Snapshot> wait(const std::shared_ptr<const Snapshot>& seen, Mono deadline,
                                                     const std::stop_token& stop) const {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, deadline, [&] { return snapshot_ != seen; });
    return snapshot_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace lookout

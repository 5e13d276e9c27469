// Feed: the last events as lines, for whoever listens to /api/v1/events. The loop writes, HTTP threads read; a reader
// who does not keep up loses lines and is told how many, and holds up nobody. Bounded: a ring for each group of events,
// so that a storm of one leaves the others alone. Groups that are not always kept cost nothing until somebody asks for
// them. Owned by main.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/clock.h"
#include "agent/event.h"
#include "config/config.h"

namespace lookout {

using EventGroups = std::array<bool, kEventGroups>;

class Feed {
 public:
  static constexpr std::size_t kLines = 1024;  // of a group
  static constexpr std::size_t kBatch = 512;
  static constexpr std::size_t kBytes = 1U << 20U;    // of a group
  static constexpr std::chrono::seconds kLinger{30};  // for which a group is kept after its last reader

  struct Line {
    std::uint64_t id = 0;  // grows with each event, and from one process to the next
    EventGroup group{};
    std::string server;
    std::string account;
    std::string text;  // the event log's
  };
  using Lines = std::vector<std::shared_ptr<const Line>>;

  struct Read {
    Lines lines;              // in their order
    bool lost = false;        // some after the reader's place are gone
    std::uint64_t count = 0;  // of these, at most; those before this process began are not known
    std::uint64_t place = 0;  // where to go on
  };

  // `mask` hides who tried to log in (exporters/mask.h).
  Feed(Now now, bool mask);

  // Loop thread.
  void write(const Event& event, Now now);

  // Whoever reads says so before, and when it is over. Any thread.
  void open(const EventGroups& groups);
  void close(const EventGroups& groups, Now now);

  // The newest place.
  [[nodiscard]] std::uint64_t place() const;
  // What came after a place, at most kBatch lines.
  [[nodiscard]] Read read(const EventGroups& groups, std::uint64_t place) const;
  // Until there is something after the place, the time is over, or, after it is set, wake() is called.
  void wait(const EventGroups& groups, std::uint64_t place, Mono deadline, const std::atomic<bool>& stop) const;
  void wake();

 private:
  struct Ring {
    std::deque<std::shared_ptr<const Line>> lines;
    std::size_t bytes = 0;
    std::uint64_t gone = 0;     // the last id that is not there any more
    std::uint64_t dropped = 0;  // lines that were there
    bool kept = false;          // whether lines are made now
    std::size_t readers = 0;
    Mono until{};  // without readers
  };
  [[nodiscard]] bool wants(EventGroup group, Now now);
  [[nodiscard]] bool has_news(const EventGroups& groups, std::uint64_t place) const;
  void drop_first(Ring& ring);

  const bool mask_;
  std::array<std::atomic<bool>, kEventGroups> asked_{};  // read by the loop without the lock
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::array<Ring, kEventGroups> rings_;
  std::uint64_t last_;
};

}  // namespace lookout

// Suspects: a bounded table of who fails to log in, or as whom: sources (addresses) with the users they claim, or users
// with the addresses they are claimed from. A flood of names that come once pushes out other such names, never those
// that came again. Owned by AuthWatch; loop thread; time is a parameter.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/clock.h"
#include "agent/snapshot.h"

namespace lookout {

// A count over the last minutes, in steps of half a minute: sum() counts up to one step more than was asked for.
class Window {
 public:
  static constexpr Millis kStep{30000};
  static constexpr Millis kLongest{900000};

  void add(Mono now, std::uint32_t count = 1);
  [[nodiscard]] std::uint64_t sum(Millis last, Mono now) const;

 private:
  static constexpr std::size_t kSteps = kLongest / kStep + 1;
  static std::int64_t step(Mono now) { return now.time_since_epoch() / kStep; }

  std::array<std::uint32_t, kSteps> counts_{};
  std::int64_t newest_ = 0;
};

struct Suspect {
  struct Peer {  // who a source claims to be; where a user is claimed from
    std::string name;
    std::uint64_t count = 0;
    Mono last{};
    bool known = false;  // this user has logged in from this source before
  };
  static constexpr std::size_t kMaxPeers = 16;

  std::string cluster;
  std::string name;
  Window attempts;
  Mono last{};
  Millis period{0};        // between two attempts, smoothed; 0: not known
  Millis unsteadiness{0};  // how much it varies, smoothed
  std::vector<Peer> peers;

  Peer& meet(std::string_view peer, Mono now);
  [[nodiscard]] Peer* peer(std::string_view wanted);
  // Peers that were met in the last `time`; at most kMaxPeers are known.
  [[nodiscard]] std::size_t peers_in(Millis time, Mono now) const;
  // Attempts come like a clock's ticks, as those of a client that reconnects by itself.
  [[nodiscard]] bool steady() const;
};

class Suspects {
 public:
  // Of each half: names that came once, and names that came again.
  explicit Suspects(std::size_t capacity) : capacity_(capacity) {}

  // One more attempt. Names are cut at kMaxName bytes.
  Suspect& attempt(std::string_view cluster, std::string_view name, Mono now);
  [[nodiscard]] Suspect* find(std::string_view cluster, std::string_view name);

  template <class Each>
  void each(Each each) const {
    for (const List* list : {&again_, &once_}) {
      for (const Suspect& suspect : *list) each(suspect);
    }
  }
  [[nodiscard]] bool empty() const { return places_.empty(); }
  // At most `most` of them, those with most attempts in the last `time` first.
  [[nodiscard]] std::vector<AuthTop> top(std::size_t most, Millis time, Mono now) const;
  // Forgets those that were silent for Window::kLongest.
  void forget_old(Mono now);

  static constexpr std::size_t kMaxName = 64;

 private:
  using List = std::list<Suspect>;  // the latest in front
  struct Place {
    List* list;
    List::iterator at;
  };

  void touch(Place& place);
  void drop(List& list);

  const std::size_t capacity_;
  List once_;
  List again_;
  std::unordered_map<std::string, Place> places_;  // by cluster and name
};

}  // namespace lookout

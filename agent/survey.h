// Survey: the heavy questions, which every server is asked by itself, page after page or account after account. One
// request at a time per server, kAtOnce over all in kSlot (of Collector::ring kRingsAtOnce); only a complete set of
// pages becomes a Block. Owned by the poller; loop thread; no clock.
//
// Each server has a lane of visits; the first one is being worked on. A visit that is not answered in time has failed,
// and with it those behind it, since a server answers in turn; but its answer is still taken when it comes, and the
// visit goes on from there.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/decode.h"
#include "agent/metric.h"
#include "agent/roster.h"
#include "agent/route.h"
#include "agent/text.h"
#include "agent/transport.h"

namespace lookout {

struct Visit {  // one server's part of one round of one collector
  std::size_t collector = 0;
  std::uint64_t round = 0;
  Level level = Level::summary;
  std::uint64_t limit = 0;              // rows of a page; 0: there is one page
  bool ring = false;                    // Collector::ring
  Wall until{};                         // of a ring: what closed before it is not asked for
  std::vector<std::string> accounts{};  // to ask about one by one; else there are pages
};

class Survey {
 public:
  static constexpr std::size_t kAtOnce = 32;
  static constexpr std::size_t kRingsAtOnce = 8;      // of those, for rings of closed connections
  static constexpr Millis kRingTime{60000};           // for all pages of one ring
  static constexpr Millis kPatience{10000};           // with one request
  static constexpr Millis kSlot{2000};                // after that long it no longer holds up other servers
  static constexpr Millis kGiveUp{30000};             // after that long, a lost answer no longer holds up its server
  static constexpr std::uint64_t kMaxPages = 1000;    // of one visit
  static constexpr std::size_t kMaxAccounts = 10000;  // of one visit

  Survey(std::span<const Collector> collectors, std::uint32_t max_rows, Transport& transport);

  void add(const Server& server, Visit visit, Now now);

  // Whether something waits to be asked, or for an answer that is not overdue.
  [[nodiscard]] bool asking() const { return !ready_.empty() || !rings_.empty() || !flying_.empty(); }

  // Asks what may be asked now, and notices who is late.
  void tick(Roster& roster, Now now);

  // Where the answer to this page goes; null when it is not awaited (any more).
  [[nodiscard]] Assembly* awaits(const Route& route);

  struct Answer {
    enum class What : std::uint8_t { page, whole, nothing } what = What::nothing;
    std::shared_ptr<const Block> block;  // null: the server refused
    std::uint64_t rows_left_out = 0;
    Level level = Level::summary;
    std::uint64_t largest = 0;  // bytes of the largest message
  };
  // The awaited page has been added, and `reply` is what else it said; with the last page `reply` gets the accounts of
  // all. Asks on.
  Answer answered(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now);

  // The answer is of no use, or nobody is there to give one.
  void failed(const Route& route);

  // Visits that got no answer, since the last call.
  struct Failure {
    std::size_t collector = 0;
    std::uint64_t round = 0;
    std::string server_id;
    Level level = Level::summary;
    Mono asked{};  // when the answer is overdue
  };
  [[nodiscard]] std::vector<Failure> take_failures() { return std::exchange(failures_, {}); }

  // Asks no more about it; answers on their way are the caller's to refuse.
  void drop(std::size_t collector);

  // Forgets servers that are gone.
  void prune(Roster& roster);
  void clear();

 private:
  struct Work : Visit {
    std::uint64_t page = 0;
    std::uint64_t largest = 0;
    bool any = false;  // a page was added
    Mono begun{};      // when the first page was asked for
    std::unique_ptr<Assembly> assembly{};
    std::vector<AccountStat> told{};
  };
  struct Lane {
    std::vector<Work> works;
    bool queued = false;
    bool asked = false;    // an answer to the first one is awaited
    bool overdue = false;  // and late
    Mono since{};
  };
  using Lanes = std::unordered_map<std::string, Lane, TextHash, std::equal_to<>>;

  [[nodiscard]] std::size_t free_slots(Now now) const;
  std::deque<std::string>* next_ready();
  void pump(Roster& roster, Now now);
  void expire(Now now);
  void queue(Lanes::value_type& lane, bool first);
  bool send(Lanes::value_type& lane, const Server& server, Now now);
  void landed(Lanes::value_type& lane);
  void drop_first(Lanes::value_type& lane);
  void fail(const std::string& server_id, const Visit& visit, Mono asked);
  void fail_all(Lanes::value_type& lane);
  Lanes::iterator find(const Route& route);
  enum class Step : std::uint8_t { next, last, broken };
  [[nodiscard]] static bool reads_ring(const Lane& lane) { return lane.works.front().ring; }
  static Step step(const Work& work, const Reply& reply, Now now);

  const std::span<const Collector> collectors_;
  const std::uint32_t max_rows_;
  Transport& transport_;
  Lanes lanes_;                      // by server id; those with work
  std::deque<std::string> ready_;    // lanes with something to ask, each once
  std::deque<std::string> rings_;    // the same of those that are to read a ring next
  std::vector<std::string> flying_;  // lanes whose answer is awaited and not overdue, the one asked first in front
  std::vector<Failure> failures_;
};

}  // namespace lookout

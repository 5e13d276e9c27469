// What State counts: accounts with an index each, event counters of one server, and the set that makes a CONNECT count
// once. Loop thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/snapshot.h"
#include "agent/text.h"

namespace lookout {

// Accounts by id, bounded: index 0 is "other", where those beyond the limit go. Accounts that only replies tell of have
// as much room of their own, so that they take none from those with events. Copied on write, so that snapshots share
// it.
class AccountTable {
 public:
  explicit AccountTable(std::uint32_t limit);

  // The index of an account with an event, made when new; `name` (if known) becomes its display name.
  AccountIndex index(std::string_view id, std::string_view name);
  // The same for an account that a reply tells of; 0 where there is no room.
  AccountIndex learn(std::string_view id, std::string_view name);
  // The display name of an account that is already known.
  void rename(std::string_view id, std::string_view name);

  [[nodiscard]] bool knows(std::string_view id) const { return by_id_.contains(id); }
  [[nodiscard]] bool learned() const { return learned_; }  // servers have told which accounts there are
  [[nodiscard]] const std::string& id(AccountIndex index) const { return accounts_.at(index).id; }
  [[nodiscard]] const std::string& name(AccountIndex index) const { return accounts_.at(index).name; }
  [[nodiscard]] std::size_t size() const { return accounts_.size(); }
  // Those that are new or have a new name since the last call; and one as it was then, in the order of the indices.
  [[nodiscard]] std::vector<AccountIndex> flush() { return std::exchange(changed_, {}); }
  void restore(AccountIndex index, const std::string& id, const std::string& name);
  [[nodiscard]] std::shared_ptr<const std::vector<Account>> share();
  [[nodiscard]] std::uint64_t folded() const { return folded_; }  // look-ups that ended in "other"

 private:
  AccountIndex add(std::string_view id);
  void show(Account& account, std::string_view name);

  const std::uint32_t limit_;
  std::unordered_map<std::string, AccountIndex, TextHash, std::equal_to<>> by_id_;
  std::vector<Account> accounts_;
  std::vector<bool> eventful_;  // by index
  std::vector<AccountIndex> changed_;
  std::size_t eventful_count_ = 0;
  std::shared_ptr<const std::vector<Account>> shared_;  // null after a change
  std::uint64_t folded_ = 0;
  bool learned_ = false;
};

// Event counters of one server name; they outlive its processes. What changed since the last flush() is known, so that
// the journal writes nothing else.
class EventCounters {
 public:
  // What is counted, account, kind, client type, credential (authentication errors only) and reason in one number; the
  // journal keeps it, so its parts stay where they are.
  using Key = std::uint64_t;
  struct Value {
    Key key;
    std::uint64_t count;
  };

  void connect(AccountIndex account, const ClientInfo& client) { add(key(What::connect, account, client, 0)); }
  void disconnect(AccountIndex account, const ClientInfo& client, std::uint8_t reason) {
    add(key(What::disconnect, account, client, reason));
  }
  void auth_error(AccountIndex account, const ClientInfo& client, std::uint8_t reason) {
    add(key(What::auth_error, account, client, reason));
  }
  void closed_before_auth(std::uint8_t reason) { add(key(What::closed_before_auth, 0, {}, reason)); }

  void merge(const EventCounters& other);
  void fill(ServerView& view) const;

  // What changed since the last call; all there is.
  [[nodiscard]] std::vector<Value> flush();
  [[nodiscard]] std::vector<Value> all() const;
  // As it was written; what it is about must exist in this version: false otherwise.
  bool restore(const Value& value, std::size_t accounts);

 private:
  enum class What : std::uint8_t { connect, disconnect, auth_error, closed_before_auth };
  struct Count {
    std::uint64_t value = 0;
    bool changed = false;
  };
  static Key key(What what, AccountIndex account, const ClientInfo& client, std::uint8_t reason);
  void add(Key key, std::uint64_t count = 1);

  std::unordered_map<Key, Count> counts_;
  std::vector<Key> changed_;
};

// Connections seen in the last minute or two, by (server process, cid). Two generations, so that forgetting costs
// nothing; a generation that is full before its time is forgotten early, which is counted.
class RecentConnections {
 public:
  // False when it is there already.
  bool insert(std::uint32_t process, std::uint64_t cid, Mono now);
  [[nodiscard]] bool contains(std::uint32_t process, std::uint64_t cid) const;
  [[nodiscard]] std::uint64_t overflows() const { return overflows_; }
  // All cids that are remembered, by process; for the journal.
  [[nodiscard]] std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> all() const;

 private:
  static constexpr std::size_t kCapacity = 1U << 17U;  // per generation: 8 bytes each, allocated on first use
  static constexpr std::size_t kLimit = kCapacity / 2;
  static constexpr std::chrono::seconds kGeneration{60};

  struct Generation {
    std::vector<std::uint64_t> slots;
    std::size_t used = 0;
    [[nodiscard]] std::size_t find(std::uint64_t key) const;
  };
  static std::uint64_t key(std::uint32_t process, std::uint64_t cid) { return (std::uint64_t{process} << 40U) ^ cid; }
  void turn(Mono now);

  std::array<Generation, 2> generations_;
  std::size_t current_ = 0;
  Mono turned_{};
  std::uint64_t overflows_ = 0;
};

// server.seq counts everything a server process says to anybody. Gaps are an upper bound of what this agent has not
// seen; they count only when still open at the next check, because messages of different subscriptions overtake each
// other.
class SeqTracker {
 public:
  void saw(std::uint64_t seq);
  void check();  // every few seconds
  [[nodiscard]] std::uint64_t unseen() const { return unseen_; }

 private:
  [[nodiscard]] std::uint64_t gap() const {
    return newest_ < first_ ? 0 : newest_ - first_ + 1 - std::min(seen_, newest_ - first_ + 1);
  }

  std::uint64_t first_ = 1;
  std::uint64_t newest_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t gap_before_ = 0;
  std::uint64_t unseen_ = 0;
};

}  // namespace lookout

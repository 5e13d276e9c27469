#include "agent/counters.h"

#include <algorithm>
#include <utility>

#include "agent/text.h"

namespace lookout {

AccountTable::AccountTable(std::uint32_t limit) : limit_(limit), accounts_{{"other", "other"}}, eventful_{true} {}

AccountIndex AccountTable::index(std::string_view id, std::string_view name) {
  const auto found = by_id_.find(id);
  AccountIndex at = found == by_id_.end() ? 0 : found->second;
  if (at == 0 || !eventful_[at]) {
    if (eventful_count_ >= limit_ || id.size() > kMaxText) {
      ++folded_;
      return 0;
    }
    if (at == 0) at = add(id);
    eventful_[at] = true;
    ++eventful_count_;
  }
  show(accounts_[at], name);
  return at;
}

AccountIndex AccountTable::learn(std::string_view id, std::string_view name) {
  learned_ = true;
  const auto found = by_id_.find(id);
  AccountIndex at = found == by_id_.end() ? 0 : found->second;
  if (at == 0) {
    if (accounts_.size() - 1 - eventful_count_ >= limit_ || id.size() > kMaxText) return 0;
    at = add(id);
  }
  show(accounts_[at], name);
  return at;
}

AccountIndex AccountTable::add(std::string_view id) {
  const auto index = static_cast<AccountIndex>(accounts_.size());
  by_id_.emplace(std::string(id), index);
  accounts_.push_back({clean(id), clean(id)});
  eventful_.push_back(false);
  changed_.push_back(index);
  shared_.reset();
  return index;
}

void AccountTable::restore(AccountIndex index, const std::string& id, const std::string& name) {
  if (index == 0 || index > accounts_.size()) return;
  if (index == accounts_.size()) {
    add(id);
    eventful_[index] = true;
    ++eventful_count_;
  }
  show(accounts_[index], name);
  changed_.clear();
}

void AccountTable::rename(std::string_view id, std::string_view name) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) show(accounts_[found->second], name);
}

void AccountTable::show(Account& account, std::string_view name) {
  if (name.empty() || account.name == name) return;
  std::string shown = clean(name);
  if (account.name == shown) return;
  account.name = std::move(shown);
  changed_.push_back(static_cast<AccountIndex>(&account - accounts_.data()));
  shared_.reset();
}

std::shared_ptr<const std::vector<Account>> AccountTable::share() {
  if (shared_ == nullptr) shared_ = std::make_shared<const std::vector<Account>>(accounts_);
  return shared_;
}

// What (4 bits), account (28), kind, client type, credential, reason (8 each).
EventCounters::Key EventCounters::key(What what, AccountIndex account, const ClientInfo& client, std::uint8_t reason) {
  const Credential credential = what == What::auth_error ? client.credential : Credential::none;
  return (Key{static_cast<std::uint8_t>(what)} << 60U) | (Key{account} << 32U) |
         (Key{static_cast<std::uint8_t>(client.kind)} << 24U) | (Key{static_cast<std::uint8_t>(client.type)} << 16U) |
         (Key{static_cast<std::uint8_t>(credential)} << 8U) | reason;
}

void EventCounters::add(Key key, std::uint64_t count) {
  Count& found = counts_[key];
  found.value += count;
  if (!std::exchange(found.changed, true)) changed_.push_back(key);
}

void EventCounters::merge(const EventCounters& other) {
  for (const auto& [key, count] : other.counts_) add(key, count.value);
}

std::vector<EventCounters::Value> EventCounters::flush() {
  std::vector<Value> out;
  out.reserve(changed_.size());
  for (const Key key : changed_) {
    Count& count = counts_[key];
    count.changed = false;
    out.push_back({key, count.value});
  }
  changed_.clear();
  return out;
}

std::vector<EventCounters::Value> EventCounters::all() const {
  std::vector<Value> out;
  out.reserve(counts_.size());
  for (const auto& [key, count] : counts_) out.push_back({key, count.value});
  return out;
}

bool EventCounters::restore(const Value& value, std::size_t accounts) {
  const Key key = value.key;
  const auto within = [key](unsigned shift, std::size_t size) { return ((key >> shift) & 0xFFU) < size; };
  const bool known = (key >> 60U) <= static_cast<Key>(What::closed_before_auth) &&
                     ((key >> 32U) & 0xFFFFFFFU) < accounts && within(24, kClientKindNames.size()) &&
                     within(16, kClientTypeNames.size()) && within(8, kCredentialNames.size()) &&
                     within(0, reason_count());
  if (known) counts_[key].value = value.count;
  return known;
}

void EventCounters::fill(ServerView& view) const {
  const auto byte = [](Key key, unsigned shift) { return static_cast<std::uint8_t>(key >> shift); };
  view.auth_errors.assign(reason_count(), 0);
  view.closed_before_auth.assign(reason_count(), 0);
  for (const auto& [key, count] : counts_) {
    const auto account = static_cast<AccountIndex>((key >> 32U) & 0xFFFFFFFU);
    const ClientKind kind{byte(key, 24)};
    const ClientType type{byte(key, 16)};
    const std::uint8_t reason = byte(key, 0);
    switch (static_cast<What>(key >> 60U)) {
      case What::connect:
        view.connects.push_back({account, kind, type, reason, count.value});
        break;
      case What::disconnect:
        view.disconnects.push_back({account, kind, type, reason, count.value});
        break;
      case What::auth_error:
        view.auth_errors[reason] += count.value;
        view.auth_error_details.push_back({account, kind, type, Credential{byte(key, 8)}, reason, count.value});
        break;
      case What::closed_before_auth:
        view.closed_before_auth[reason] += count.value;
        break;
    }
  }
}

std::size_t RecentConnections::Generation::find(std::uint64_t key) const {
  std::size_t at = (key * 0x9E3779B97F4A7C15ULL) >> 47U;  // 17 bits
  while (slots[at] != 0 && slots[at] != key) at = (at + 1) % kCapacity;
  return at;
}

void RecentConnections::turn(Mono now) {
  const bool full = generations_[current_].used >= kLimit;
  if (!full && now - turned_ < kGeneration) return;
  if (full) ++overflows_;
  turned_ = now;
  current_ = 1 - current_;
  generations_[current_].slots.clear();
  generations_[current_].used = 0;
}

bool RecentConnections::insert(std::uint32_t process, std::uint64_t cid, Mono now) {
  turn(now);
  if (contains(process, cid)) return false;
  Generation& generation = generations_[current_];
  if (generation.slots.empty()) generation.slots.resize(kCapacity);
  const std::uint64_t wanted = key(process, cid);
  generation.slots[generation.find(wanted)] = wanted;
  ++generation.used;
  return true;
}

bool RecentConnections::contains(std::uint32_t process, std::uint64_t cid) const {
  const std::uint64_t wanted = key(process, cid);
  return std::any_of(generations_.begin(), generations_.end(), [&](const Generation& generation) {
    return !generation.slots.empty() && generation.slots[generation.find(wanted)] == wanted;
  });
}

std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> RecentConnections::all() const {
  std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> out;
  for (const Generation& generation : generations_) {
    for (const std::uint64_t slot : generation.slots) {
      const std::uint64_t process = slot >> 40U;
      if (slot != 0) out[static_cast<std::uint32_t>(process)].push_back(slot ^ (process << 40U));
    }
  }
  return out;
}

void SeqTracker::saw(std::uint64_t seq) {
  if (seq == 0) return;  // IDZ and advisories have none
  if (newest_ == 0) first_ = seq;
  newest_ = std::max(newest_, seq);
  if (seq >= first_) ++seen_;
}

void SeqTracker::check() {
  const std::uint64_t open = gap();
  unseen_ = std::max(unseen_, std::min(gap_before_, open));
  gap_before_ = open;
}

}  // namespace lookout

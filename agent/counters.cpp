#include "agent/counters.h"

#include <algorithm>

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
  shared_.reset();
  return index;
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
  shared_.reset();
}

std::shared_ptr<const std::vector<Account>> AccountTable::share() {
  if (shared_ == nullptr) shared_ = std::make_shared<const std::vector<Account>>(accounts_);
  return shared_;
}

EventCounters::Key EventCounters::key(AccountIndex account, const ClientInfo& client, std::uint8_t reason) {
  return (Key{account} << 32U) | (Key{static_cast<std::uint8_t>(client.kind)} << 24U) |
         (Key{static_cast<std::uint8_t>(client.type)} << 16U) |
         (Key{static_cast<std::uint8_t>(client.credential)} << 8U) | reason;
}

void EventCounters::auth_error(AccountIndex account, const ClientInfo& client, std::uint8_t reason) {
  ++auth_errors_[reason];
  ++auth_error_details_[key(account, client, reason)];
}

void EventCounters::merge(const EventCounters& other) {
  for (const auto& [key, value] : other.connects_) connects_[key] += value;
  for (const auto& [key, value] : other.disconnects_) disconnects_[key] += value;
  for (const auto& [key, value] : other.auth_error_details_) auth_error_details_[key] += value;
  for (std::size_t i = 0; i < auth_errors_.size(); ++i) auth_errors_[i] += other.auth_errors_[i];
  for (std::size_t i = 0; i < closed_before_auth_.size(); ++i) closed_before_auth_[i] += other.closed_before_auth_[i];
}

void EventCounters::fill(ServerView& view) const {
  const auto account = [](Key key) { return static_cast<AccountIndex>(key >> 32U); };
  const auto byte = [](Key key, unsigned shift) { return static_cast<std::uint8_t>(key >> shift); };
  // Connects and disconnects do not show the credential: counts that differ only by it are one series.
  const auto clients = [&](const auto& counts, std::vector<ClientCount>& out) {
    std::unordered_map<Key, std::uint64_t> sums;
    for (const auto& [key, value] : counts) sums[key & ~(Key{0xFF} << 8U)] += value;
    for (const auto& [key, value] : sums) {
      out.push_back({account(key), ClientKind{byte(key, 24)}, ClientType{byte(key, 16)}, byte(key, 0), value});
    }
  };
  clients(connects_, view.connects);
  clients(disconnects_, view.disconnects);
  for (const auto& [key, value] : auth_error_details_) {
    view.auth_error_details.push_back({account(key), ClientKind{byte(key, 24)}, ClientType{byte(key, 16)},
                                       Credential{byte(key, 8)}, byte(key, 0), value});
  }
  view.auth_errors = auth_errors_;
  view.closed_before_auth = closed_before_auth_;
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

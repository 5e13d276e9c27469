#include "agent/inbox.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lookout {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10U;
constexpr std::size_t kPlenty = kChunkBytes;

// The fill of the Inbox, in percent, from which a class is dropped.
constexpr std::array<std::size_t, kTraffics> kSharePercent{10, 25, 50, 60, 75, 100, 90};

// The first that fits decides.
struct Rule {
  std::string_view head;
  std::string_view tail;
  Traffic traffic;
};
constexpr Rule kRules[] = {
    {"$SYS.ACCOUNT.", ".SERVER.CONNS", Traffic::conns},
    {"$SYS.ACCOUNT.", ".CLAIMS.UPDATE", Traffic::vital},
    {"$SYS.ACCOUNT.", "", Traffic::connections},
    {"$SYS.SERVER.ACCOUNT.", ".CONNS", Traffic::conns_twin},
    {"$SYS.SERVER.", "", Traffic::vital},
    {"$SYS.REQ.", ".CLAIMS.UPDATE", Traffic::vital},
    {"$SYS.REQ.", "", Traffic::foreign},
    {"$JS.EVENT.ADVISORY.SERVER.", "", Traffic::vital},
    {"$JS.EVENT.ADVISORY.", "", Traffic::advisory},
    {"$SYS._INBOX", "", Traffic::foreign},
    {"$SYS.LATENCY.", "", Traffic::foreign},
    {"$SYS.JSC.", "", Traffic::foreign},
    {"$SYS.DEBUG.", "", Traffic::foreign},
};

}  // namespace

Traffic traffic_of(std::string_view subject) {
  for (const Rule& rule : kRules) {
    if (subject.starts_with(rule.head) && subject.ends_with(rule.tail)) return rule.traffic;
  }
  return Traffic::vital;  // another subject directly under $SYS would be new
}

void Batch::clear() {
  messages.clear();
  links.clear();
  if (chunks_.size() > 1) chunks_.resize(1);
  if (!chunks_.empty()) {
    if (chunks_.front().size > kChunkBytes)
      chunks_.clear();
    else
      chunks_.front().used = 0;
  }
  bytes_ = 0;
}

char* Batch::reserve(std::size_t bytes) {
  if (chunks_.empty() || chunks_.back().size - chunks_.back().used < bytes) {
    const std::size_t size = std::max(bytes, kChunkBytes);
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(size), size, 0});
  }
  Chunk& chunk = chunks_.back();
  char* place = chunk.bytes.get() + chunk.used;
  chunk.used += bytes;
  bytes_ += bytes;
  return place;
}

bool Inbox::push(const Message& message) {
  const auto traffic = static_cast<std::size_t>(message.traffic);
  const std::string_view payload = message.traffic == Traffic::foreign ? std::string_view() : message.payload;
  const std::size_t bytes = message.subject.size() + payload.size() + Batch::kPadding;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t share = max_bytes_ / 100 * kSharePercent[traffic];
    if (filling_.bytes_ + filling_.messages.size() * sizeof(Message) + bytes > share) {
      dropped_[traffic].fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    char* place = filling_.reserve(bytes);
    std::memcpy(place, message.subject.data(), message.subject.size());
    char* body = place + message.subject.size();
    if (!payload.empty()) std::memcpy(body, payload.data(), payload.size());
    std::memset(body + payload.size(), 0, Batch::kPadding);
    filling_.messages.push_back({message.traffic, message.no_responders, message.received,
                                 std::string_view(place, message.subject.size()),
                                 std::string_view(body, payload.size())});
    wake = filling_.bytes_ >= kPlenty && std::exchange(waiting_, false);
  }
  if (wake) arrived_.notify_one();
  return true;
}

void Inbox::push(LinkEvent event) {
  {
    const std::lock_guard lock(mutex_);
    filling_.links.push_back(std::move(event));
    waiting_ = false;
  }
  arrived_.notify_one();
}

void Inbox::take(Batch& batch, Mono deadline) {
  batch.clear();
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return woken_ || filling_.bytes_ >= kPlenty || !filling_.links.empty(); };
  while (!ready()) {
    waiting_ = true;
    if (arrived_.wait_until(lock, deadline) == std::cv_status::timeout) break;
  }
  waiting_ = false;
  woken_ = false;
  std::swap(batch, filling_);
}

void Inbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  arrived_.notify_one();
}

}  // namespace lookout

// Inbox: the bounded queue between the libnats delivery threads (many writers) and the loop (one reader). A full Inbox
// drops and counts; a push never blocks. Messages are copied once into chunks that the loop takes over whole, so that a
// steady stream of events costs no allocation. Owned by main; outlives the transport.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "agent/clock.h"
#include "agent/link.h"

namespace lookout {

// Classes of traffic in the order in which they are given up under overload: each is dropped once the Inbox is fuller
// than its share. Only `vital` (AUTH.ERR, STATSZ, LAMEDUCK, SHUTDOWN, what is unknown under $SYS.SERVER) may fill it to
// the last byte: what a reply says can be asked again.
enum class Traffic : std::uint8_t { foreign, conns_twin, conns, advisory, connections, vital, reply };
inline constexpr std::size_t kTraffics = 7;
inline constexpr std::array<const char*, kTraffics> kTrafficNames{"foreign",     "conns_twin", "conns", "advisory",
                                                                  "connections", "vital",      "reply"};

// The class of a subject that arrived through the event subscriptions. Pure; looks only at the subject.
// foreign: other tools' requests and replies, $JS internals: counted, their payload is never copied.
[[nodiscard]] Traffic traffic_of(std::string_view subject);

struct Message {
  Traffic traffic = Traffic::foreign;
  bool no_responders = false;  // reply: nobody listens on the requested subject
  Mono received;
  std::string_view subject;  // of a reply: the token
  std::string_view payload;  // kPadding readable bytes follow it, as simdjson wants
};

// What the loop took: views into chunks owned here, valid until the Batch is taken into again or dies.
class Batch {
 public:
  static constexpr std::size_t kPadding = 64;

  std::vector<Message> messages;
  std::vector<LinkEvent> links;  // to be handled before the messages

 private:
  friend class Inbox;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::size_t used = 0;
  };
  void clear();
  char* reserve(std::size_t bytes);

  std::vector<Chunk> chunks_;
  std::size_t bytes_ = 0;  // payload, subjects and padding held
};

class Inbox {
 public:
  explicit Inbox(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Any thread. Copies; false when the message was dropped (and counted).
  bool push(const Message& message);
  void push(LinkEvent event);

  // Loop thread. Takes everything that has come by `deadline`, at once when it is a LinkEvent or much: many
  // messages cost one wake-up, and their work finds the processor's cache warm. `batch` is recycled.
  void take(Batch& batch, Mono deadline);

  // Any thread. Makes a waiting take() return.
  void wake();

  // Any thread.
  [[nodiscard]] std::uint64_t dropped(Traffic traffic) const {
    return dropped_[static_cast<std::size_t>(traffic)].load();
  }
  [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool waiting_ = false;
  bool woken_ = false;
  Batch filling_;
  std::array<std::atomic<std::uint64_t>, kTraffics> dropped_{};
};

}  // namespace lookout

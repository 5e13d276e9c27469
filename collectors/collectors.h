// All collectors, and the decoder of server-initiated events. A new endpoint is one file with a table and one line in
// all.cpp.
#pragma once

#include <memory>
#include <span>

#include "agent/event.h"
#include "agent/inbox.h"
#include "agent/metric.h"

namespace lookout {

// In a fixed order; Snapshot::rounds and ServerView::blocks are indexed by it.
[[nodiscard]] std::span<const Collector> collectors();

extern const Collector kStatsz;
extern const Collector kVarz;
extern const Collector kHealthz;
extern const Collector kHealthzJsEnabled;
extern const Collector kHealthzJsServer;
extern const Collector kHealthzJsMeta;
extern const Collector kRoutez;
extern const Collector kGatewayz;
extern const Collector kLeafz;
extern const Collector kSubsz;
extern const Collector kAccstatz;
extern const Collector kIpqueuesz;
extern const Collector kRaftz;
extern const Collector kIdz;
extern const Collector kAccountz;
extern const Collector kClosed;
extern const Collector kConnz;
extern const Collector kJsz;

// The index of the one of this name in collectors(); none: their number.
[[nodiscard]] std::size_t index_of(std::string_view name);

// Turns messages of the event subscriptions into Events. Owned by the loop; one thread. Holds the JSON parser, whose
// memory the returned Event points into: an Event is valid until the next call.
class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();

  // Never fails: what cannot be read is EventKind::malformed.
  [[nodiscard]] const Event& decode(const Message& message);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  Event event_;
};

}  // namespace lookout

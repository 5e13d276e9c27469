// EventStreams: /api/v1/events, server-sent events of a Feed and of new snapshots. Each stream holds an HTTP thread
// while its client listens, so there is a most; it keeps nothing but its place in the Feed. Owned by the HTTP server;
// HTTP threads.
#pragma once

#include <atomic>
#include <memory>

#include "agent/cell.h"
#include "agent/instruments.h"
#include "exporters/feed.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace lookout {

class EventStreams {
 public:
  static constexpr std::size_t kMost = 32;

  EventStreams(Feed& feed, const Cell& cell, Instruments& instruments)
      : feed_(feed), cell_(cell), instruments_(instruments) {}

  void answer(const httplib::Request& request, httplib::Response& response);

  // Ends all streams, and those that come.
  void stop();

 private:
  class Stream;

  Feed& feed_;
  const Cell& cell_;
  Instruments& instruments_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace lookout

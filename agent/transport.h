// Transport: the loop's only way to send. One interface, for tests; the real one is Nats (agent/nats.h).
#pragma once

#include <string_view>

namespace lookout {

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Publishes `body` on `subject`; answers come into the Inbox as Traffic::reply with `token` as their subject (the
  // transport owns the inbox prefix). With `gzip` a server may answer compressed. Never blocks: it queues for the io
  // thread. False when there is no connection or the queue is full; counted there.
  virtual bool request(std::string_view subject, std::string_view token, std::string_view body, bool gzip) = 0;
};

}  // namespace lookout

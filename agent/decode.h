// Reply decoding by tables: an answer of a server and a Collector's table in, an immutable Block out. Pure; one object
// per thread, because it holds the parser. Wire: the envelope {server, data | statsz, error} of nats-server 2.9 to 2.15
// (monitoring over $SYS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/event.h"
#include "agent/inbox.h"
#include "agent/metric.h"
#include "config/result.h"

namespace lookout {

// Rows of one section (routes, gateways, HTTP paths) that are taken from one reply.
inline constexpr std::size_t kMaxRows = 1024;

struct Reply {
  ServerInfo server;  // views, valid until the next decode
  std::shared_ptr<const Block> block;
  Wall start{};                     // of the server process; the epoch when this endpoint does not say
  std::uint64_t rows_left_out = 0;  // beyond kMaxRows
};

struct UserInfo {
  std::string account;       // name, or public key in operator mode
  std::string account_name;  // since 2.12.6
};

class ReplyDecoder {
 public:
  ReplyDecoder();
  ~ReplyDecoder();

  // An error when the payload is not such an envelope, or carries the server's error.
  [[nodiscard]] Result<Reply> decode(const Collector& collector, const Message& message);

  // The answer to $SYS.REQ.USER.INFO (2.10.0).
  [[nodiscard]] Result<UserInfo> decode_user(const Message& message);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace lookout

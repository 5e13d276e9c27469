// Reply decoding by tables: the answers of a server and a Collector's table in, an immutable Block out. Pure; one
// object per thread, because it holds the parser. Wire: the envelope {server, data | statsz, error} of nats-server 2.9
// to 2.15 (monitoring over $SYS), plain or gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/event.h"
#include "agent/inbox.h"
#include "agent/metric.h"
#include "config/result.h"

namespace lookout {

// What one server has said to one question so far: rows are added page by page, and folded or cut as their sections
// ask for.
class Assembly {
 public:
  // `max_rows` is Config::max_rows, for sections that follow it.
  Assembly(const Collector& collector, Level level, std::uint32_t max_rows = 10000);

  // The finished Block. Once.
  [[nodiscard]] std::shared_ptr<const Block> finish();

  [[nodiscard]] const Collector& collector() const { return *collector_; }
  // The last row's first metric, which is a time; the epoch where there is none.
  [[nodiscard]] Wall last_time() const;
  [[nodiscard]] std::uint64_t rows_left_out() const { return left_out_; }  // beyond Section::rows

 private:
  friend class ReplyDecoder;
  using Index = std::unordered_map<std::string, std::size_t>;  // of a folded section: label texts to rows
  void add(std::size_t section, std::span<const std::string> labels, std::span<const double> values, bool led);
  void cut(std::size_t section);

  const Collector* collector_;
  Level level_;
  std::uint32_t max_rows_;
  std::shared_ptr<Block> block_;
  std::vector<Index> folded_;  // by section
  unsigned pages_ = 0;
  std::uint64_t left_out_ = 0;
};

struct AccountStat {  // of one account on the answering server
  std::string id;
  std::string name;  // empty: not said
  std::uint64_t connections = 0;
  std::uint64_t leafnodes = 0;
};

struct Reply {
  ServerInfo server;          // views, valid until the next decode
  Wall start{};               // of the server process; the epoch when this endpoint does not say
  bool refused = false;       // the server answered with an error, as it does where it does not run JetStream: no data
  std::size_t page_rows = 0;  // elements of Collector::rows
  std::vector<AccountStat> accounts;  // told by Collector::account_id
};

struct UserInfo {
  std::string account;       // name, or public key in operator mode
  std::string account_name;  // since 2.12.6
};

class ReplyDecoder {
 public:
  static constexpr std::size_t kMaxBytes = 128U << 20U;  // of one unpacked reply; larger ones are refused

  ReplyDecoder();
  ~ReplyDecoder();

  // Adds the message to what `into` holds. An error when the payload is not such an envelope; then `into` is as before.
  [[nodiscard]] Result<Reply> decode(const Message& message, Assembly& into);

  // The answer to $SYS.REQ.USER.INFO (2.10.0).
  [[nodiscard]] Result<UserInfo> decode_user(const Message& message);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace lookout

// World: a deployment that exists only here. What a server, stream or connection says of itself is computed from the
// seed and the clock, not stored, so that five thousand servers cost a few megabytes and the truth can be summed up at
// any time. Not synchronised; its owner locks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lookout::fleet {

struct Shape {
  std::size_t servers = 100;
  std::size_t clusters = 0;  // 0: one for every 50 servers
  std::size_t peers = 4;     // servers of its cluster that each has a route to
  std::size_t gateways = 5;  // remote clusters that each server lists, at most
  std::size_t accounts = 10;
  std::size_t accounts_per_server = 2;  // with connections
  std::size_t streams = 0;
  std::size_t replicas = 3;
  std::size_t consumers = 0;    // of each stream
  std::size_t connections = 0;  // of each server
  std::uint64_t seed = 1;
};

struct Server {
  std::size_t index = 0;
  std::size_t cluster = 0;
  std::string name;
  std::string id;
  std::string start;  // RFC 3339
  std::int64_t started = 0;
  std::uint64_t generation = 0;
  std::uint64_t seq = 0;
  bool removed = false;
  bool silent = false;

  [[nodiscard]] bool speaks() const { return !removed && !silent; }
};

// What grows. A server's counters start at zero with it.
enum class Count : std::uint8_t { in, out, client_in, client_out, route, gateway, account, connection, api, accepted };

class World {
 public:
  explicit World(const Shape& shape);

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::vector<Server>& servers() { return servers_; }
  [[nodiscard]] const std::vector<Server>& servers() const { return servers_; }
  [[nodiscard]] Server* find(std::string_view id);
  [[nodiscard]] std::size_t clusters() const { return shape_.clusters; }
  [[nodiscard]] static std::string cluster_name(std::size_t cluster);

  // A new process of the same name.
  void restart(Server& server);
  Server& add();
  void remove(Server& server);
  void set_streams(std::size_t count);
  void set_accounts(std::size_t count) { shape_.accounts = count; }
  void freeze(bool on);

  // Numbers.
  [[nodiscard]] std::uint64_t count(const Server& server, Count what, std::uint64_t row = 0) const;
  [[nodiscard]] std::uint64_t bytes(const Server& server, Count what, std::uint64_t row = 0) const;
  [[nodiscard]] std::uint64_t gauge(const Server& server, std::uint64_t salt, std::uint64_t from,
                                    std::uint64_t range) const;

  // Neighbours that speak.
  [[nodiscard]] std::vector<std::size_t> peers(const Server& server) const;
  [[nodiscard]] std::vector<std::size_t> members(std::size_t cluster) const;
  [[nodiscard]] std::vector<std::size_t> gateways(const Server& server) const;
  [[nodiscard]] const Server* meta_leader(std::size_t cluster) const;

  // Accounts with connections on a server, and how many each has.
  [[nodiscard]] std::vector<std::size_t> accounts(const Server& server) const;
  [[nodiscard]] std::uint64_t connections(std::size_t place) const;  // of the account at that place of accounts()
  [[nodiscard]] const std::string& account_id(std::size_t account) const;
  [[nodiscard]] static std::string account_name(std::size_t account);
  [[nodiscard]] std::size_t account_count() const { return shape_.accounts; }

  // Streams.
  [[nodiscard]] const std::vector<std::uint32_t>& hosted(const Server& server) const;  // sorted by account
  [[nodiscard]] std::size_t account_of(std::size_t stream) const { return stream % stream_accounts_; }
  [[nodiscard]] const Server* leader(std::size_t stream) const;  // null: none of its replicas speaks
  [[nodiscard]] std::vector<std::size_t> replicas(std::size_t stream) const;
  [[nodiscard]] std::uint64_t messages(std::size_t stream) const;
  [[nodiscard]] std::uint64_t stream_bytes(std::size_t stream) const;

  [[nodiscard]] std::int64_t now() const;  // milliseconds; stands still while frozen
  [[nodiscard]] std::string name_id(char kind, std::uint64_t salt) const;

 private:
  void place_streams();
  void begin(Server& server);
  [[nodiscard]] std::uint64_t hash(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) const;

  Shape shape_;
  std::size_t stream_accounts_;
  std::vector<Server> servers_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::vector<std::vector<std::uint32_t>> hosted_;
  mutable std::vector<std::string> account_ids_;
  std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
  std::int64_t frozen_ = -1;
  std::int64_t lost_ = 0;  // time spent frozen
};

// 2026-11-23T09:39:56.696788937Z, now; never the same twice.
[[nodiscard]] std::string_view time_now(std::string& buffer);

}  // namespace lookout::fleet

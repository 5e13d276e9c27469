#include "tests/bench/fleet/world.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace lookout::fleet {
namespace {

constexpr std::size_t kServersPerCluster = 50;

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

std::string numbered(const char* format, std::size_t number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

}  // namespace

std::string_view time_now(std::string& buffer) {
  constexpr std::int64_t kSecond = 1000000000;
  static thread_local std::int64_t last = 0;
  static thread_local std::int64_t last_second = 0;
  static thread_local std::array<char, 32> text{};
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  last = std::max(std::int64_t{std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()}, last + 1);
  const std::time_t second = last / kSecond;
  if (second != last_second) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    last_second = second;
  }
  buffer.assign(text.data(), 20);
  std::array<char, 10> digits{};
  std::int64_t rest = last % kSecond;
  for (std::size_t i = 9; i-- > 0; rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
  digits[9] = 'Z';
  buffer.append(digits.data(), digits.size());
  return buffer;
}

World::World(const Shape& shape) : shape_(shape), stream_accounts_(std::max<std::size_t>(shape.accounts, 1)) {
  shape_.accounts = stream_accounts_;
  if (shape_.clusters == 0) shape_.clusters = std::max<std::size_t>(shape_.servers / kServersPerCluster, 1);
  for (std::size_t i = 0; i < shape.servers; ++i) add();
  place_streams();
}

std::uint64_t World::hash(std::uint64_t a, std::uint64_t b, std::uint64_t c) const {
  return mix(mix(mix(mix(shape_.seed) ^ a) ^ b) ^ c);
}

std::string World::name_id(char kind, std::uint64_t salt) const {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out(1, kind);
  for (std::uint64_t i = 0; out.size() < 56; ++i) {
    std::uint64_t bits = hash(static_cast<std::uint64_t>(kind), salt, i);
    for (int digit = 0; digit < 12 && out.size() < 56; ++digit, bits >>= 5U) out += kAlphabet[bits & 31U];
  }
  return out;
}

std::string World::cluster_name(std::size_t cluster) {
  return numbered("c%03zu", cluster);
}

std::string World::account_name(std::size_t account) {
  return numbered("account-%05zu", account);
}

const std::string& World::account_id(std::size_t account) const {
  while (account_ids_.size() <= account) account_ids_.push_back(name_id('A', account_ids_.size()));
  return account_ids_[account];
}

std::int64_t World::now() const {
  if (frozen_ >= 0) return frozen_;
  const auto passed = std::chrono::steady_clock::now() - origin_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count() - lost_;
}

void World::freeze(bool on) {
  if (on == (frozen_ >= 0)) return;
  const std::int64_t before = now();
  frozen_ = on ? before : -1;
  lost_ += on ? 0 : now() - before;
}

void World::begin(Server& server) {
  by_id_.erase(server.id);
  server.id = name_id('N', (server.index << 20U) + server.generation);
  by_id_[server.id] = server.index;
  (void)time_now(server.start);
  server.started = now();
  server.seq = 0;
}

void World::restart(Server& server) {
  ++server.generation;
  begin(server);
}

Server& World::add() {
  Server server;
  server.index = servers_.size();
  server.cluster = server.index % shape_.clusters;
  server.name = numbered("s%05zu", server.index);
  begin(server);
  servers_.push_back(std::move(server));
  hosted_.emplace_back();
  return servers_.back();
}

void World::remove(Server& server) {
  server.removed = true;
  by_id_.erase(server.id);
}

Server* World::find(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : &servers_[found->second];
}

std::uint64_t World::count(const Server& server, Count what, std::uint64_t row) const {
  const std::uint64_t rate = 1 + hash(server.index, static_cast<std::uint64_t>(what), row) % 997;
  return rate * static_cast<std::uint64_t>(now() - server.started) / 1000;
}

std::uint64_t World::bytes(const Server& server, Count what, std::uint64_t row) const {
  return count(server, what, row) * (32 + hash(server.index, static_cast<std::uint64_t>(what) + 100, row) % 512);
}

std::uint64_t World::gauge(const Server& server, std::uint64_t salt, std::uint64_t from, std::uint64_t range) const {
  return from + hash(server.index, salt, server.generation) % range;
}

// Servers of a cluster are every clusters()th one.
std::vector<std::size_t> World::members(std::size_t cluster) const {
  std::vector<std::size_t> out;
  for (std::size_t i = cluster; i < servers_.size(); i += shape_.clusters) {
    if (servers_[i].speaks()) out.push_back(i);
  }
  return out;
}

// A ring: as many neighbours to one side as to the other, so that a route is listed at both ends.
std::vector<std::size_t> World::peers(const Server& server) const {
  const std::size_t size = (servers_.size() - server.cluster + shape_.clusters - 1) / shape_.clusters;
  const std::size_t place = server.index / shape_.clusters;
  std::vector<std::size_t> out;
  for (std::size_t step = 1; step <= shape_.peers / 2; ++step) {
    for (const std::size_t other : {(place + step) % size, (place + size - step % size) % size}) {
      const std::size_t index = other * shape_.clusters + server.cluster;
      const bool known = index == server.index || std::find(out.begin(), out.end(), index) != out.end();
      if (!known && servers_[index].speaks()) out.push_back(index);
    }
  }
  return out;
}

std::vector<std::size_t> World::gateways(const Server& server) const {
  std::vector<std::size_t> out;
  for (std::size_t step = 1; step < shape_.clusters && step <= shape_.gateways; ++step)
    out.push_back((server.cluster + step) % shape_.clusters);
  return out;
}

const Server* World::meta_leader(std::size_t cluster) const {
  for (std::size_t i = cluster; i < servers_.size(); i += shape_.clusters) {
    if (servers_[i].speaks()) return &servers_[i];
  }
  return nullptr;
}

std::vector<std::size_t> World::accounts(const Server& server) const {
  std::vector<std::size_t> out;
  const std::size_t each = std::min(shape_.accounts_per_server, shape_.accounts);
  for (std::size_t i = 0; i < each; ++i) out.push_back((server.index * each + i) % shape_.accounts);
  return out;
}

std::uint64_t World::connections(std::size_t place) const {
  const std::size_t each = std::min(shape_.accounts_per_server, shape_.accounts);
  return each == 0 ? 0 : shape_.connections / each + (place < shape_.connections % each ? 1 : 0);
}

void World::set_streams(std::size_t count) {
  shape_.streams = count;
  place_streams();
}

void World::place_streams() {
  for (auto& streams : hosted_) streams.clear();
  for (std::size_t account = 0; account < stream_accounts_; ++account) {
    for (std::size_t stream = account; stream < shape_.streams; stream += stream_accounts_) {
      for (const std::size_t server : replicas(stream)) hosted_[server].push_back(static_cast<std::uint32_t>(stream));
    }
  }
}

const std::vector<std::uint32_t>& World::hosted(const Server& server) const {
  return hosted_[server.index];
}

// Neighbours among the first shape().servers ones; servers that were added later get none.
std::vector<std::size_t> World::replicas(std::size_t stream) const {
  const std::uint64_t dice = hash(0x57, stream);
  const std::size_t cluster = dice % std::min(shape_.clusters, shape_.servers);
  const std::size_t size = (shape_.servers - cluster + shape_.clusters - 1) / shape_.clusters;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < std::min(size, shape_.replicas); ++i)
    out.push_back((dice / 8191 + i) % size * shape_.clusters + cluster);
  return out;
}

const Server* World::leader(std::size_t stream) const {
  for (const std::size_t server : replicas(stream)) {
    if (servers_[server].speaks()) return &servers_[server];
  }
  return nullptr;
}

std::uint64_t World::messages(std::size_t stream) const {
  return 1 + (1 + hash(0x58, stream) % 97) * static_cast<std::uint64_t>(now()) / 1000;
}

std::uint64_t World::stream_bytes(std::size_t stream) const {
  return messages(stream) * (40 + hash(0x59, stream) % 1000);
}

}  // namespace lookout::fleet

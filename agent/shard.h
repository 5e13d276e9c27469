// Which servers belong to this agent when several share a deployment (--shard=i/n). The rule never changes, because
// agents of different versions may share one: FNV-1a, 64 bits, of the server's own name, modulo the number of shards.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "config/config.h"

namespace lookout {

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// `server_name` as the server says it (ServerInfo::name, Server::base_name), so that every process of a server and its
// twin of the same name are on one side.
[[nodiscard]] constexpr bool in_shard(const Shard& shard, std::string_view server_name) {
  return shard.count <= 1 || fnv1a(server_name) % shard.count == shard.index;
}

}  // namespace lookout

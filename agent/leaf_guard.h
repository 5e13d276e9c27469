// LeafGuard: keeps oversized replies off leaf node links, which close when a message passes max_payload (since 2.11.16
// and 2.12.7). It learns which servers are reached by routes and gateways alone, how big the answers of the others
// were, and so how much may be asked of those. Owned by the poller; loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "agent/clock.h"
#include "agent/metric.h"
#include "agent/roster.h"

namespace lookout {

class LeafGuard {
 public:
  static constexpr std::uint64_t kMaxPayload = 1U << 20U;  // nats-server's default, until the server has said its own
  static constexpr Millis kRetry{3600000};                 // after that long, what was too big is tried again

  explicit LeafGuard(std::span<const Collector> collectors);

  // A new login; what was learned of sizes stays. `max_payload` of that server stands for those of the leaf node links;
  // 0: not known.
  void connected(std::string_view server_id, std::uint64_t max_payload);

  // The STATSZ of the server connected to names the clusters that it reaches by gateways.
  void mesh(std::string_view cluster, const Block& statsz);

  // Whether a leaf node link may be on the way; true while that is not known.
  [[nodiscard]] bool outside(const Server& server) const;

  // How much may be asked of the server, at most what is wanted; off: nothing.
  [[nodiscard]] Level level(std::size_t collector, const Server& server, Level wanted, Now now);

  // The largest message of an answer, as it went over the wire.
  void answered(std::size_t collector, std::string_view server_id, Level level, std::uint64_t bytes);

  // The server lives, but this answer did not come: it was too big, or its link was down for another reason. Each loss
  // makes the next one seem four times as big; where no such answer ever came the second one is believed.
  void lost(std::size_t collector, std::string_view server_id, Level level, Now now);

  // Forgets servers that are gone.
  void prune(Roster& roster);

 private:
  struct Size {
    std::uint64_t bytes = 0;  // 0: not known
    unsigned losses = 0;      // since an answer came
    [[nodiscard]] std::uint64_t expected() const { return bytes << (2 * losses); }
  };
  struct Sizes {
    Size summary;
    Size detail;
    Mono retry{};
  };
  using Key = std::pair<std::size_t, std::string>;
  [[nodiscard]] std::uint64_t fits() const { return max_payload_ / 2; }

  static constexpr auto kNone = static_cast<std::size_t>(-1);

  std::size_t gateways_ = kNone;  // section of the first collector, and its label with the cluster's name
  std::size_t gateway_name_ = 0;
  std::string server_id_;
  std::uint64_t max_payload_ = kMaxPayload;
  std::set<std::string, std::less<>> clusters_;
  std::map<Key, Sizes> sizes_;
};

}  // namespace lookout

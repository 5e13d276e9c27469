// The health of single things: the worst finding about each. An index of a Snapshot's findings, made for one answer.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/snapshot.h"
#include "agent/text.h"

namespace lookout::api {

// Texts that make one key.
[[nodiscard]] std::string key_of(std::string_view first, std::string_view second);

class FindingIndex {
 public:
  explicit FindingIndex(const Snapshot& snapshot);

  // None: it is well. Pointers into the Snapshot.
  [[nodiscard]] const Finding* of_server(const ServerView& server) const;
  [[nodiscard]] const Finding* of_cluster(std::string_view cluster) const;
  [[nodiscard]] const Finding* of_account(std::string_view account) const;
  [[nodiscard]] const Finding* of_stream(std::string_view account, std::string_view stream) const;
  // That streams have replicas on this server, which is gone.
  [[nodiscard]] const Finding* of_replicas_on(std::string_view cluster, std::string_view server) const;

  // "ok" is not believed of what nobody looks at.
  [[nodiscard]] Health health(const Finding* worst) const { return worst == nullptr ? at_best_ : worst->state; }

 private:
  using Worst = std::unordered_map<std::string, const Finding*, TextHash, std::equal_to<>>;
  void add(const Finding& finding);

  Worst servers_;
  Worst clusters_;
  Worst accounts_;
  Worst streams_;
  Worst replicas_;
  const Health at_best_;
};

}  // namespace lookout::api

// MeshJudge: the checks of what connects servers: routes, gateways and leaf nodes, and of clusters as a whole. Owned by
// the Judge; loop thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/check_limits.h"
#include "agent/fleet.h"

namespace lookout {

class MeshJudge {
 public:
  // `partial`: this agent sees a part of the servers only.
  MeshJudge(std::span<const Collector> collectors, const CheckLimits& limits, bool partial);

  void judge(const Fleet& fleet, Violations& out);

 private:
  void clusters(const Fleet& fleet, Violations& out) const;
  void memory(const Fleet::Cluster& cluster, Violations& out) const;
  void routes(const Fleet& fleet, const Fleet::Cluster& cluster, Violations& out) const;
  void routes_of(const Server& server, const std::vector<const Server*>& members, Violations& out) const;
  void gateways(const Fleet& fleet, Violations& out);
  void gateway(const Fleet& fleet, const Fleet::Cluster& from, const std::string& to, Violations& out) const;
  void inbound(const Fleet& fleet, const Fleet::Cluster& from, const Fleet::Cluster& to, Violations& out) const;
  [[nodiscard]] std::optional<double> inbound_of(const Server& server, const std::string& from) const;
  void config(const Fleet& fleet, const Fleet::Cluster& cluster, Violations& out) const;
  [[nodiscard]] bool has_all_gateways(const Server& server) const;
  [[nodiscard]] bool has_gateway(const Server& server, const std::string& to) const;
  void leafnodes(const Fleet& fleet, Violations& out);
  void learn(const Server& hub, const Part& part, Now now);

  struct Leaf {
    std::string cluster;  // of the hub
    std::string account;
    Mono first;
    Mono last;
  };

  const CheckLimits& limits_;
  const bool partial_;
  const Table memory_;
  const Table routes_;
  const Table gateways_;
  const Table inbound_;
  const Table leafnodes_;
  std::set<std::pair<std::string, std::string>> links_;  // gateways that were there, by cluster and remote cluster
  std::map<std::string, Leaf> leafs_;                    // leaf nodes that were there, by entity
};

}  // namespace lookout

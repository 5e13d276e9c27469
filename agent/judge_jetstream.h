// JetStreamJudge: the checks of Raft groups: the meta group, as its leader sees it, and streams and consumers, as those
// see them who lead them. Owned by the Judge; loop thread.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/check_limits.h"
#include "agent/fleet.h"

namespace lookout {

class JetStreamJudge {
 public:
  // `partial`: this agent sees a part of the servers only. `once`: it looks once, and does not wait for an election.
  JetStreamJudge(std::span<const Collector> collectors, const CheckLimits& limits, bool partial, bool once);

  // `out` has what rows say of streams and consumers without leader; what another server leads is taken out.
  void judge(const Fleet& fleet, Violations& out);

  // An advisory that concerns the health of a group, or of the API.
  void advised(const Event& event, Now now);

  // Servers that have announced their end to the meta leader and not to us, who were connected to them.
  [[nodiscard]] std::vector<Server*> stopped(const Roster& roster, Now now) const;

 private:
  struct Peers {  // a table of the peers of Raft groups, as leaders see them
    Peers(std::span<const Collector> collectors, const std::string& prefix);
    // What is wrong with a peer, in words; empty: nothing.
    [[nodiscard]] std::string fault(const Part& part, std::size_t row) const;

    Table table;
    std::size_t name;
    std::size_t offline;
    std::size_t current;
    std::size_t lag;
    std::size_t silence;
  };
  struct Group {  // the meta group of one domain
    std::vector<const Server*> leaders;
    bool leaderless = false;  // somebody knows of none
    std::string cluster;
  };
  struct Missing {  // replicas on one server
    std::size_t streams = 0;
    std::string one;
    std::string cluster;
  };
  struct Lost {  // the quorum of a stream, by an advisory
    std::string account;
    Mono at;
    std::string cluster = {};  // of a server that has told of it
  };
  struct History {
    std::string leader;
    std::deque<Mono> changes;
  };

  void meta(const Fleet& fleet, Violations& out);
  void leader(const Fleet& fleet, const std::string& entity, const Group& group, Violations& out);
  void quorum(const Fleet& fleet, const std::string& entity, const Server& leader, Violations& out) const;
  void peer(const Fleet& fleet, const std::string& entity, const Server& leader, std::size_t row,
            Violations& out) const;
  void confirm_leaderless(const Fleet& fleet, Check check, const Table& table, Violations& out);
  void without_quorum(const Fleet& fleet, Violations& out);
  void servers(const Fleet& fleet, Violations& out);
  void replicas(const Fleet& fleet, Violations& out) const;

  const CheckLimits& limits_;
  const bool partial_;
  const bool once_;
  const Table meta_;
  const Table streams_;
  const Table consumers_;
  const Peers peers_;
  const Peers replicas_;
  std::map<std::string, History> histories_;                  // by entity
  std::map<std::pair<Check, std::string>, Mono> leaderless_;  // since when, by entity
  std::map<std::string, Lost> lost_;                          // by entity; bounded
  std::map<std::pair<Check, std::string>, Mono> advised_;     // when servers said so, by name; bounded
};

}  // namespace lookout

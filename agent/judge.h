// Judge: what is wrong with the deployment, by the checks of config/checks.h, told to the board of findings once a
// second. A check whose data is missing leaves its finding as it is. Nothing is judged while the agent is not connected
// to the system account. Owned by State; loop thread.
//
// Numbers in answers are compared when an answer comes (row_checks.h); what takes several servers to see is looked at
// once a second (judge_mesh.h, judge_jetstream.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/credential.h"
#include "agent/finding.h"
#include "agent/fleet.h"
#include "agent/judge_jetstream.h"
#include "agent/judge_mesh.h"
#include "agent/link_state.h"
#include "agent/metadata_checks.h"
#include "agent/roster.h"
#include "agent/row_checks.h"
#include "agent/snapshot.h"

namespace lookout {

struct AgentFacts {
  std::optional<double> rtt;  // seconds; none: not measured
  std::optional<Expiry> expiry;
};

class Judge {
 public:
  Judge(const Judging& judging, std::span<const Collector> collectors);

  // An answer of the server, before it is put among its blocks; null: it refused.
  void look(Server& server, std::size_t collector, const Block* block) const;

  // Servers that have announced their end to others, and not to us.
  [[nodiscard]] std::vector<Server*> stopped(const Roster& roster, Now now) const {
    return jetstream_.stopped(roster, now);
  }
  // Once a second. `accounts` by AccountIndex. False: nothing can be judged now.
  bool evaluate(const Roster& roster, const std::vector<Account>& accounts, const LinkState& link,
                const AgentFacts& facts, Findings& findings, Now now);
  // An advisory.
  void advised(const Event& event, Now now) { jetstream_.advised(event, now); }
  void set(std::vector<CheckSetting> settings) { limits_ = CheckLimits(std::move(settings)); }

 private:
  void agent(const AgentFacts& facts, Violations& out, Now now) const;
  static void rows(const Fleet& fleet, Violations& out);
  void servers(const Fleet& fleet, Violations& out) const;
  void restarts(Server& server, Violations& out, Now now) const;
  void limits_of_accounts(const Fleet& fleet, const std::vector<Account>& accounts, Violations& out) const;
  void compare(Check check, double used, double limit, const Account& account, Violations& out) const;
  void clock(const Server& server, Violations& out) const;
  void tell(const Fleet& fleet, const Violations& violations, Findings& findings) const;
  static void tell(const Fleet& fleet, const Violation& violation, const Limits& limits, Findings& findings);
  [[nodiscard]] static Finding finding_of(const Violation& violation, const std::string& planned);
  [[nodiscard]] bool unknown(const Fleet& fleet, const Finding& finding) const;

  const bool partial_;  // this agent sees a part of the servers only
  CheckLimits limits_;
  const std::span<const Collector> collectors_;
  const RowChecks rows_;
  const MetadataChecks metadata_;
  const Table account_limits_;
  MeshJudge mesh_;
  JetStreamJudge jetstream_;
};

}  // namespace lookout

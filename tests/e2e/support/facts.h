// What every family of /metrics that comes from the servers' answers has to be: a table of its own, so that a wrong
// line in the agent's has something to differ from.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/truth.h"

namespace lookout::e2e {

// Of a deployment with these accounts; with every endpoint that has a level of detail at that level, CONNZ and SUBSZ
// excepted.
[[nodiscard]] std::vector<Source> facts(const std::vector<std::string>& accounts);
[[nodiscard]] std::vector<std::string> detailed();  // the options for it

// From now on connections between servers have closed: counters of those that were added up may be more than the open
// ones say.
void connections_closed(std::vector<Source>& sources);

// Families of servers that have no such answer behind them: events and life cycles. Other tests are about those.
[[nodiscard]] const std::set<std::string>& made_by_the_agent();

// Waits for a page that says what the servers say; the page stays valid on the way, and is agent.page().
void expect_truth(Agent& agent, const Truth& truth, const std::vector<Source>& sources);

// The parts.
void add_server_facts(std::vector<Source>& sources);
void add_link_facts(std::vector<Source>& sources);
void add_account_facts(std::vector<Source>& sources, const std::vector<std::string>& accounts);
void add_jetstream_facts(std::vector<Source>& sources);
void add_raft_facts(std::vector<Source>& sources, const std::vector<std::string>& accounts);

}  // namespace lookout::e2e

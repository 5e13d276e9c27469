#include "config/fixed_checks.h"

#include <algorithm>
#include <iterator>

namespace lookout {
namespace {

using Of = FixedCheck::Of;

constexpr FixedCheck kFixed[] = {
    {"agent_connection", Of::agent, "critical", false, "The agent is not logged in to NATS.",
     "Its log says what the servers answer: an address, the credentials, or all servers are gone."},
    {"agent_identity", Of::agent, "critical", false, "The agent is logged in, and no server talks to it.",
     "Give it a user of the account that system_account names."},
    {"agent_permissions", Of::agent, "warning", false, "The agent's user lacks a permission.",
     "docs/troubleshooting.md lists the subjects that it needs."},
    {"agent_lost_messages", Of::agent, "warning", false, "The agent dropped messages within the last minute.",
     "Give it more CPU, or raise --inbox.bytes; counters of events are too low by that much."},
    {"agent_memory", Of::agent, "warning", false, "The agent came near its memory limit and asks for less.",
     "Raise --memory.limit, ask for less detail, or share the servers among agents (--shard)."},
    {"agent_journal", Of::agent, "warning", false, "The agent cannot write to `--state.dir`.",
     "Make room in --state.dir, or let the agent write there."},
    {"collection_incomplete", Of::agent, "warning", false, "A server did not answer the last round of an endpoint.",
     "Look at that server: it is overloaded, or its answers are too large for a leaf node link."},
    {"server_lost", Of::server, "critical", true, "A server went silent without having announced it.",
     "Look at its machine and at what runs it; the end of its log says how it ended."},
    {"server_stopped", Of::server, "warning; critical after 5 min", true, "A server was shut down.",
     "Start it again, or remove it for good: `nats server cluster peer-remove` where it had JetStream."},
    {"server_draining", Of::server, "warning", true, "A server is in lame duck mode.",
     "Nothing, if this is planned: its clients go to other servers."},
    {"server_name_duplicate", Of::server, "warning", false, "Two live servers of a cluster have one name.",
     "Give every server a server_name of its own."},
    {"server_without_name", Of::server, "warning", false, "A server has no server_name.", "Give it a server_name."},
    {"auth_brute_force", Of::login, "critical", true, "`--auth.brute-force`", ""},
    {"auth_password_spray", Of::login, "critical", true, "`--auth.password-spray`", ""},
    {"auth_distributed_guessing", Of::login, "critical", true, "`--auth.distributed-guessing`", ""},
    {"auth_credential_rotation", Of::login, "warning", true, "`--auth.credential-rotation`", ""},
    {"auth_stuck_client", Of::login, "warning", true, "`--auth.stuck-client`", ""},
    {"auth_leafnode_locked_out", Of::login, "critical", true, "`--auth.leafnode-locked-out`", ""},
    {"auth_system_account", Of::login, "critical", true, "`--auth.system-account`", ""},
    {"auth_success_after_failures", Of::login, "warning or critical", true, "`--auth.success-after-failures`", ""},
    {"auth_outage", Of::login, "critical", true, "`--auth.outage`", ""},
};

}  // namespace

std::span<const FixedCheck> fixed_checks() {
  return kFixed;
}

const FixedCheck* fixed_check(std::string_view id) {
  const auto* const found =
      std::find_if(std::begin(kFixed), std::end(kFixed), [&](const FixedCheck& check) { return check.id == id; });
  return found == std::end(kFixed) ? nullptr : found;
}

bool is_of_agent(std::string_view id) {
  const FixedCheck* const fixed = fixed_check(id);
  return fixed == nullptr ? id.starts_with("agent_") : fixed->of == Of::agent;
}

const char* advice_on(std::string_view id) {
  const FixedCheck* const fixed = fixed_check(id);
  return fixed == nullptr ? "" : fixed->advice;
}

bool is_check(std::string_view id) {
  return check_of(id).has_value() || fixed_check(id) != nullptr;
}

}  // namespace lookout

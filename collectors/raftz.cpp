// RAFTZ: Raft groups as each of their members sees them. nats-server RaftzStatus, RaftzGroup. Without an account it is
// the meta group; at level detail every group of every account with JetStream. `wal_error` is always "{}" and so tells
// nothing.
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"

namespace lookout {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

constexpr Label kGroup[] = {{"account", "^@key"}, {"group", kKey}};
constexpr Metric kGroups[] = {
    {gauge, "nats_raft_group_size", "/size", "Members of the group."},
    {gauge, "nats_raft_group_quorum_needed", "/quorum_needed", "Members needed for a decision."},
    {gauge, "nats_raft_group_committed_index", "/committed", "Last log entry the group has agreed on."},
    {gauge, "nats_raft_group_applied_index", "/applied", "Last log entry this server has applied."},
    {gauge, "nats_raft_group_log_index", "/pindex", "Last log entry this server has."},
    {gauge, "nats_raft_group_log_term", "/pterm", "Term of the last log entry this server has."},
    {gauge, "nats_raft_group_term", "/term", "Term of the group; every election starts one."},
    {gauge, "nats_raft_group_ever_had_leader", "/ever_had_leader", "1 when the group has had a leader.", As::flag},
    {gauge, "nats_raft_group_catching_up", "/catching_up", "1 while this server is behind and catching up.",
     As::flag_or_0},
    {gauge, "nats_raft_group_observer", "/observer", "1 when this server may not become leader.", As::flag_or_0},
    {gauge, "nats_raft_group_paused", "/paused", "1 while this server does not apply entries.", As::flag_or_0},
    {gauge, "nats_raft_group_overrun", "/overrun", "1 while this server applies entries too slowly; else absent.",
     As::flag, "", "2.14.0"},
    {counter, "nats_raft_group_overruns_total", "/overrun_count",
     "Times this server was found to apply entries too slowly; absent when it never was.", As::number, "", "2.14.0"},
    {gauge, "nats_raft_group_queued_proposals", "/ipq_proposal_len", "Proposals waiting."},
    {gauge, "nats_raft_group_queued_entries", "/ipq_entry_len", "Entries of the leader waiting."},
    {gauge, "nats_raft_group_queued_responses", "/ipq_resp_len", "Answers of followers waiting."},
    {gauge, "nats_raft_group_queued_applies", "/ipq_apply_len", "Agreed entries waiting to be applied."},
    {gauge, "nats_raft_group_log_entries", "/wal/messages", "Entries in this server's log."},
    {gauge, "nats_raft_group_log_bytes", "/wal/bytes", "Bytes of this server's log."},
    {gauge, "nats_raft_group_log_first_index", "/wal/first_seq", "First entry in this server's log."},
    {gauge, "nats_raft_group_log_last_index", "/wal/last_seq", "Last entry in this server's log."},
    {gauge, "nats_raft_group_leader_since_timestamp_seconds", "/leader_since",
     "When this server became the leader; absent on followers.", As::timestamp, "", "2.11.9"},
};
constexpr Label kState[] = {{"account", "^@key"}, {"group", kKey}, {"state", "/state", lower}};
constexpr Metric kStates[] = {
    {gauge, "nats_raft_group_state", "", "The part this server has in the group, as label; always 1.", As::one},
};
constexpr Label kPeer[] = {{"account", "^^@key"}, {"group", "^@key"}, {"peer", "/name"}};
constexpr Metric kPeers[] = {
    {gauge, "nats_raft_peer_known", "/known", "1 when this server has heard of the peer.", As::flag},
    {gauge, "nats_raft_peer_replicated_index", "/last_replicated_index",
     "Last log entry the peer has, as the leader knows; absent on followers."},
    {gauge, "nats_raft_peer_last_seen_seconds", "/last_seen", "Time since this server heard of the peer.",
     As::go_duration},
};

constexpr Section kSections[] = {
    {.path = "/data/*/*", .labels = kGroup, .metrics = kGroups, .rows = 100000},
    {.path = "/data/*/*", .labels = kState, .metrics = kStates, .rows = 100000},
    {.path = "/data/*/*/peers", .labels = kPeer, .metrics = kPeers, .fold = true, .map = true, .rows = 400000},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  if (ask.account.empty()) return {};
  return nlohmann::json{{"account", ask.account}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const Collector kRaftz{.name = "raftz",
                       .endpoint = "RAFTZ",
                       .sections = kSections,
                       .body = body,
                       .reach = Reach::accounts,
                       .paged_from = Level::detail,
                       .accounts = Accounts::jetstream,
                       .since = "2.10.26"};

}  // namespace lookout

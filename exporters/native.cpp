#include "exporters/native.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "exporters/health.h"
#include "exporters/health_series.h"

namespace lookout {
namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

template <class Names, class Values>
void by_name(Page& page, const char* label, const Names& names, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    page.out.sample(page.labels({}, {{label, names[i]}}), number(values[i]));
}

// 0/1 for each of `names`, 1 for `current`.
template <class Names, class Current>
void one_of(Page& page, std::string_view base, const char* label, const Names& names, Current current) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    page.out.sample(page.labels(base, {{label, names[i]}}), i == static_cast<std::size_t>(current) ? 1 : 0);
  }
}

template <class Value>
void per_server(Page& page, Value value) {
  for (const Page::Server& server : page.servers) page.out.sample(server.labels, value(*server.view));
}

std::uint64_t at(const std::vector<std::uint64_t>& values, std::uint8_t index) {
  return index < values.size() ? values[index] : 0;
}

std::uint8_t reasons() {
  return static_cast<std::uint8_t>(reason_count());
}

// The label text of a server's account; empty for an index that no account has.
std::string account_labels(const Page& page, const Page::Server& server, AccountIndex account) {
  return account < page.accounts.size() ? server.labels + ',' + page.accounts[account] : std::string();
}

void emit_info(Page& page) {
  for (const Page::Server& server : page.servers) {
    const ServerView& view = *server.view;
    if (!view.up) continue;
    page.out.sample(
        page.labels(server.labels,
                    {{"server_id", view.id}, {"version", view.version}, {"host", view.host}, {"domain", view.domain}}),
        1);
  }
}

void emit_states(Page& page) {
  for (const Page::Server& server : page.servers)
    one_of(page, server.labels, "state", kLifecycleNames, server.view->state);
}

void emit_restarts(Page& page) {
  for (const Page::Server& server : page.servers) {
    for (std::size_t i = 0; i < kRestartCauseNames.size(); ++i) {
      page.out.sample(page.labels(server.labels, {{"cause", kRestartCauseNames[i]}}), number(server.view->restarts[i]));
    }
  }
}

void emit_starts(Page& page) {
  for (const Page::Server& server : page.servers) {
    const Wall start = server.view->start;
    if (server.view->up && start != Wall{}) page.out.sample(server.labels, seconds(start.time_since_epoch()));
  }
}

void emit_auth_errors(Page& page) {
  for (const Page::Server& server : page.servers) {
    for (std::uint8_t i = 0; i < reasons(); ++i) {
      if (!is_auth_reason(i)) continue;
      page.out.sample(page.labels(server.labels, {{"reason", reason_at(i).slug}}),
                      number(at(server.view->auth_errors, i)));
    }
  }
}

template <class Value>
void per_cluster(Page& page, Value value) {
  for (const AuthView& view : page.snapshot.auth)
    page.out.sample(page.labels({}, {{"nats_cluster", view.cluster}}), number(value(view)));
}

void emit_auth_patterns(Page& page) {
  for (const AuthView& view : page.snapshot.auth) {
    const std::string base(page.labels({}, {{"nats_cluster", view.cluster}}));
    for (std::size_t i = 0; i < kAuthPatterns; ++i)
      page.out.sample(page.labels(base, {{"pattern", kAuthPatternNames[i]}}), view.patterns[i] ? 1 : 0);
  }
}

void emit_auth_details(Page& page) {
  for (const Page::Server& server : page.servers) {
    for (const AuthErrorDetail& detail : server.view->auth_error_details) {
      const std::string base = account_labels(page, server, detail.account);
      if (base.empty()) continue;
      page.out.sample(page.labels(base, {{"kind", kClientKindNames[static_cast<std::size_t>(detail.kind)]},
                                         {"client_type", kClientTypeNames[static_cast<std::size_t>(detail.type)]},
                                         {"credential", kCredentialNames[static_cast<std::size_t>(detail.credential)]},
                                         {"reason", reason_at(detail.reason).slug}}),
                      number(detail.value));
    }
  }
}

void emit_clients(Page& page, std::vector<ClientCount> ServerView::*counts, bool with_reason) {
  for (const Page::Server& server : page.servers) {
    for (const ClientCount& count : server.view->*counts) {
      std::string base = account_labels(page, server, count.account);
      if (base.empty()) continue;
      append_label(base, "kind", kClientKindNames[static_cast<std::size_t>(count.kind)]);
      append_label(base, "client_type", kClientTypeNames[static_cast<std::size_t>(count.type)]);
      if (with_reason) append_label(base, "reason", reason_at(count.reason).slug);
      page.out.sample(base, number(count.value));
    }
  }
}

void emit_closed_before_auth(Page& page) {
  for (const Page::Server& server : page.servers) {
    for (std::uint8_t i = 0; i < reasons(); ++i) {
      const std::string_view slug = reason_at(i).slug;
      const std::uint64_t value = at(server.view->closed_before_auth, i);
      if (value != 0 || slug == "client_closed")
        page.out.sample(page.labels(server.labels, {{"reason", slug}}), number(value));
    }
  }
}

void emit_accounts(Page& page, std::uint64_t AccountConnections::*value) {
  for (const Page::Server& server : page.servers) {
    for (const AccountConnections& account : server.view->accounts) {
      const std::string labels = account_labels(page, server, account.account);
      if (!labels.empty()) page.out.sample(labels, number(account.*value));
    }
  }
}

// `each` gets a collector's label text and its last round.
template <class Each>
void each_round(Page& page, Each each) {
  for (std::size_t i = 0; i < std::min(page.snapshot.rounds.size(), page.collectors.size()); ++i)
    each(std::string(page.labels({}, {{"endpoint", page.collectors[i].name}})), page.snapshot.rounds[i]);
}

void emit_rounds(Page& page, std::uint64_t RoundView::*value) {
  each_round(page, [&](const std::string& labels, const RoundView& round) {
    if (round.polled) page.out.sample(labels, number(round.*value));
  });
}

void emit_reduced(Page& page) {
  each_round(page, [&](const std::string& labels, const RoundView& round) {
    if (round.reduced) page.out.sample(labels, 1);
  });
}

void emit_named(Page& page, std::vector<ServerName> RoundView::*names) {
  std::set<std::string> seen;
  each_round(page, [&](const std::string& endpoint, const RoundView& round) {
    for (const ServerName& server : round.*names) {
      const std::string labels(page.labels(endpoint, {{"nats_cluster", server.cluster}, {"server", server.name}}));
      if (seen.insert(labels).second) page.out.sample(labels, 1);
    }
  });
}

constexpr NativeFamily kFamilies[] = {
    {"nats_server_up", gauge, "nats_cluster,server", "every message",
     "Whether the server is there: 0 once it stopped or fell silent.",
     [](Page& page) { per_server(page, [](const ServerView& server) { return server.up ? 1 : 0; }); }},
    {"nats_server_info", gauge, "nats_cluster,server,server_id,version,host,domain", "every message",
     "Facts about the server as labels; absent while it is down.", emit_info},
    {"nats_server_state", gauge, "nats_cluster,server,state", "life cycle",
     "Life cycle of the server: 1 for the state it is in.", emit_states},
    {"nats_server_restarts_total", counter, "nats_cluster,server,cause", "life cycle",
     "Restarts of the server since the agent started, by what preceded them.", emit_restarts},
    {"nats_server_start_timestamp_seconds", gauge, "nats_cluster,server", "STATSZ",
     "When the server's process started, unix time.", emit_starts},
    {"nats_server_unseen_messages_total", counter, "nats_cluster,server", "server.seq",
     "Gaps in the server's message numbers: an upper bound of events not seen, its replies to others included.",
     [](Page& page) { per_server(page, [](const ServerView& server) { return number(server.unseen); }); }},
    {"nats_auth_errors_total", counter, "nats_cluster,server,reason", "CLIENT.AUTH.ERR, DISCONNECT",
     "Failed authentications by reason.", emit_auth_errors},
    {"nats_auth_error_details_total", counter,
     "nats_cluster,server,account,account_name,kind,client_type,credential,reason", "CLIENT.AUTH.ERR, DISCONNECT",
     "Failed authentications by who tried, as far as the server says it.", emit_auth_details},
    {"nats_auth_errors_recovered_total", counter, "nats_cluster,server", "CONNZ of closed connections",
     "Failed authentications that no event told of, read from the server's closed connections; part of "
     "nats_auth_errors_total a minute later at most.",
     [](Page& page) { per_server(page, [](const ServerView& server) { return number(server.recovered_failures); }); }},
    {"nats_auth_errors_possibly_lost_total", counter, "nats_cluster,server", "CONNZ of closed connections",
     "Connections that were closed while no event could be received and that the server no longer lists: an upper "
     "bound "
     "of failures that are not counted.",
     [](Page& page) { per_server(page, [](const ServerView& server) { return number(server.possibly_lost); }); }},
    {"nats_auth_attempts_total", counter, "nats_cluster", "CLIENT.AUTH.ERR",
     "Refused logins, where a client that walks the servers of a cluster makes one.",
     [](Page& page) { per_cluster(page, [](const AuthView& view) { return view.attempts; }); }},
    {"nats_auth_sources", gauge, "nats_cluster", "CLIENT.AUTH.ERR",
     "Addresses (of IPv6 the /64) that failed to log in during the last ten minutes; at most 4096 are known.",
     [](Page& page) { per_cluster(page, [](const AuthView& view) { return view.sources; }); }},
    {"nats_auth_users_failing", gauge, "nats_cluster", "CLIENT.AUTH.ERR",
     "Users that failed to log in during the last ten minutes; at most 4096 are known.",
     [](Page& page) { per_cluster(page, [](const AuthView& view) { return view.users; }); }},
    {"nats_auth_pattern", gauge, "nats_cluster,pattern", "CLIENT.AUTH.ERR, CONNECT",
     "Whether failed authentications make this pattern; absent with --scope=server, which does not see them all; with "
     "shards the first one tells for all.",
     emit_auth_patterns},
    {"nats_client_connects_total", counter, "nats_cluster,server,account,account_name,kind,client_type", "CONNECT",
     "Connections that were accepted.", [](Page& page) { emit_clients(page, &ServerView::connects, false); }},
    {"nats_client_disconnects_total", counter, "nats_cluster,server,account,account_name,kind,client_type,reason",
     "DISCONNECT", "Accepted connections that ended, by reason.",
     [](Page& page) { emit_clients(page, &ServerView::disconnects, true); }},
    {"nats_client_closed_before_auth_total", counter, "nats_cluster,server,reason", "DISCONNECT",
     "Connections that ended before they authenticated, failed logins not included.", emit_closed_before_auth},
    {"nats_account_connections", gauge, "nats_cluster,server,account,account_name", "SERVER.CONNS, ACCOUNT.PING.STATZ",
     "Open client connections of the account on this server.",
     [](Page& page) { emit_accounts(page, &AccountConnections::clients); }},
    {"nats_account_leafnodes", gauge, "nats_cluster,server,account,account_name", "SERVER.CONNS, ACCOUNT.PING.STATZ",
     "Open leaf node connections of the account on this server.",
     [](Page& page) { emit_accounts(page, &AccountConnections::leafnodes); }},
    {"nats_health_state", gauge, "", "findings", "Health of the whole: 0 ok, 1 warning, 2 critical, 3 unknown.",
     [](Page& page) { page.out.sample({}, static_cast<double>(health_of(page.snapshot))); }},
    {"nats_health_check_state", gauge, "check,nats_cluster", "findings",
     "The worst of a check's findings in a cluster: 0 ok, 1 warning, 2 critical, 3 unknown; absent where the check is "
     "not made.",
     emit_check_states},
    {"nats_health_findings", gauge, "state", "findings", "Findings that are raised, by state.", emit_finding_counts},
    {"nats_health_finding", gauge, "check,entity", "findings",
     "A raised finding: 1 warning, 2 critical, 3 unknown; absent while all is well.", emit_findings},
    {"nats_health_finding_since_timestamp_seconds", gauge, "check,entity", "findings",
     "When a raised finding took its state, unix time.", emit_finding_times},
    {"nats_health_transitions_total", counter, "check,state", "findings",
     "How often findings of the check took this state since the agent started; ok: they ended.", emit_transitions},
    {"nats_lookout_connected", gauge, "", "login", "Whether the agent is logged in to NATS.",
     [](Page& page) { page.out.sample({}, page.snapshot.link.connected ? 1 : 0); }},
    {"nats_lookout_identity", gauge, "state", "login", "What the agent's NATS user turned out to be: 1 for what holds.",
     [](Page& page) { one_of(page, {}, "state", kIdentityNames, page.snapshot.link.identity); }},
    {"nats_lookout_blind_seconds_total", counter, "", "login", "Time without a connection since the first one.",
     [](Page& page) { page.out.sample({}, page.snapshot.link.blind_seconds); }},
    {"nats_lookout_servers", gauge, "state", "life cycle", "Servers the agent knows, by life cycle.",
     [](Page& page) { by_name(page, "state", kLifecycleNames, page.snapshot.servers_by_state); }},
    {"nats_lookout_events_total", counter, "event", "events", "Messages of the event subscriptions, by what they are.",
     [](Page& page) { by_name(page, "event", kEventNames, page.snapshot.events); }},
    {"nats_lookout_events_dropped_total", counter, "class", "events", "Messages the full inbox gave up, by class.",
     [](Page& page) { by_name(page, "class", kTrafficNames, page.snapshot.dropped); }},
    {"nats_lookout_repeated_connects_total", counter, "", "events",
     "CONNECT events of clients that were counted before, as a config reload sends them.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.repeated_connects)); }},
    {"nats_lookout_forged_messages_total", counter, "", "events",
     "Messages whose subject and payload disagree about the server.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.forged)); }},
    {"nats_lookout_dedup_overflow_total", counter, "", "events",
     "Connections forgotten too early to recognise a repeated CONNECT.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.dedup_overflow)); }},
    {"nats_lookout_folded_events_total", counter, "", "events",
     "Events counted under the account other, because theirs is beyond the limit.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.folded)); }},
    {"nats_lookout_reply_rows_left_out_total", counter, "", "polling",
     "Routes, gateways and paths beyond the bound for one reply.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.rows_left_out)); }},
    {"nats_lookout_refused_messages_total", counter, "", "events",
     "Messages of servers beyond the bound of the roster.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.refused)); }},
    {"nats_lookout_ignored_replies_total", counter, "", "polling",
     "Replies that were older than what is held, or not readable.",
     [](Page& page) { page.out.sample({}, number(page.snapshot.ignored_replies)); }},
    {"nats_lookout_poll_expected_replies", gauge, "endpoint", "polling",
     "Servers expected to answer the last finished round.",
     [](Page& page) { emit_rounds(page, &RoundView::expected); }},
    {"nats_lookout_poll_replies", gauge, "endpoint", "polling", "Servers that answered the last finished round.",
     [](Page& page) { emit_rounds(page, &RoundView::answered); }},
    {"nats_lookout_poll_missing", gauge, "endpoint,nats_cluster,server", "polling",
     "A server that did not answer the last finished round.",
     [](Page& page) { emit_named(page, &RoundView::missing); }},
    {"nats_lookout_detail_skipped", gauge, "endpoint,nats_cluster,server", "polling",
     "A server that was asked for less than configured, because the answer could be too big for a leaf node link.",
     [](Page& page) { emit_named(page, &RoundView::detail_skipped); }},
    {"nats_lookout_poll_reduced", gauge, "endpoint", "memory",
     "An endpoint that is asked for less than configured, because memory is short.", emit_reduced},
    {"nats_lookout_poll_late_replies_total", counter, "endpoint", "polling",
     "Replies that came after their round was over; they still apply.",
     [](Page& page) { emit_rounds(page, &RoundView::late_total); }},
    {"nats_lookout_poll_duplicate_replies_total", counter, "endpoint", "polling",
     "Second replies of one server in one round.", [](Page& page) { emit_rounds(page, &RoundView::duplicate_total); }},
    {"nats_lookout_poll_rounds_total", counter, "endpoint", "polling", "Finished rounds of questions.",
     [](Page& page) { emit_rounds(page, &RoundView::rounds_total); }},
};

// How old the oldest reply of one collector is, among the servers that are up.
std::optional<double> oldest(const Page& page, std::size_t collector, Mono now) {
  std::optional<double> age;
  for (const Page::Server& server : page.servers) {
    const auto& blocks = server.view->blocks;
    if (!server.view->up || collector >= blocks.size() || !blocks[collector]) continue;
    age = std::max({0.0, age.value_or(0.0), seconds(now - blocks[collector]->received)});
  }
  return age;
}

}  // namespace

std::span<const NativeFamily> native_families() {
  return kFamilies;
}

void write_native(Page& page) {
  for (const NativeFamily& family : kFamilies) {
    page.out.family(family.name, family.type, family.help);
    family.emit(page);
  }
}

void write_ages(Page& page, Now now) {
  page.out.family("nats_lookout_data_age_seconds", gauge,
                  "Age of the oldest reply that is shown, among the servers that are up.");
  for (std::size_t i = 0; i < page.collectors.size(); ++i) {
    if (const auto age = oldest(page, i, now.mono))
      page.out.sample(page.labels({}, {{"endpoint", page.collectors[i].name}}), *age);
  }
}

}  // namespace lookout

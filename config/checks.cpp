#include "config/checks.h"

#include <algorithm>

namespace lookout {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kNone = Limits::kNever;
constexpr double kDay = 86400;
constexpr double kMiB = 1U << 20U;
constexpr bool kSummary = false;
constexpr bool kDetail = true;
constexpr bool kHistory = true;

constexpr CheckInfo row(const char* id, Unit unit, Limits limits, Planned planned, bool anywhere, const char* what,
                        const char* advice, const char* endpoint = "statsz", bool detail = false,
                        bool history = false) {
  return {id, unit, limits, planned, anywhere, what, advice, endpoint, detail, history};
}

// Limits: on, warning, critical, raise, clear, worsen. The numbers are those of the NATS project's own tools where it
// has some. Data that is read every minute cannot tell less than a minute.
constexpr std::array<CheckInfo, kChecks> kTable{
    row("agent_rtt", Unit::seconds, {true, 0.5, 1, seconds{30}, seconds{10}, {}}, Planned::keep, true,
        "Round trip time between the agent and its server.",
        "Run the agent closer to the servers: events and answers come late.", ""),
    row("agent_credential", Unit::seconds, {true, 14 * kDay, 2 * kDay, {}, {}, {}}, Planned::keep, true,
        "Time until the agent's own credentials or client certificate expire.",
        "Put new ones in place; the agent reads them at its next login.", ""),
    row("server_restarted", Unit::none, {true, kNone, kNone, {}, minutes{15}, {}}, Planned::keep, true,
        "A server was restarted without having announced it.",
        "Look for the reason in its log and in what runs it: out of memory, a crash, a lost node.", "statsz", kSummary,
        kHistory),
    row("server_restart_loop", Unit::count, {true, kNone, 3, {}, minutes{15}, {}}, Planned::keep, true,
        "Restarts of a server within 15 minutes.", "Look at the end of its previous log: it does not stay up.",
        "statsz", kSummary, kHistory),
    row("server_unhealthy", Unit::none, {true, kNone, kNone, seconds{30}, seconds{10}, minutes{5}}, Planned::downgrade,
        true, "A server's HEALTHZ is not ok.",
        "Its log and `nats server check jetstream` say which stream or consumer.", "healthz"),
    row("server_broken_asset", Unit::none, {true, kNone, kNone, {}, seconds{10}, {}}, Planned::keep, true,
        "A server has a stream or consumer that does not recover by itself: it cannot be written, or contradicts its "
        "assignment.",
        "Make room on its disk and restart it; else remove that replica: `nats stream cluster peer-remove`.",
        "healthz"),
    row("server_jetstream_disabled", Unit::none, {true, kNone, kNone, seconds{10}, seconds{10}, {}}, Planned::keep,
        true, "JetStream ran on a server and is disabled.",
        "Most often its disk is full or cannot be written: make room, then restart the server.", "statsz", kSummary,
        kHistory),
    row("server_out_of_storage", Unit::none, {true, kNone, kNone, {}, minutes{10}, {}}, Planned::keep, true,
        "A server could not write what JetStream stores.", "Make room on its disk, then look at its log.", "", kSummary,
        kHistory),
    row("server_cpu", Unit::ratio, {true, 0.8, 0.95, minutes{5}, minutes{5}, {}}, Planned::keep, true,
        "CPU use of a server, of the cores it may use.",
        "Find the busiest connections and accounts; add servers or cores."),
    row("server_memory", Unit::ratio, {true, 0.8, 0.9, minutes{5}, minutes{5}, {}}, Planned::keep, true,
        "Memory of a server, of its GOMEMLIMIT.", "Look for connections with much pending and for streams in memory."),
    row("server_connections", Unit::ratio, {true, 0.8, 0.95, minutes{1}, minutes{1}, {}}, Planned::downgrade, true,
        "Client connections of a server, of max_connections.", "Raise max_connections, or find who opens them.",
        "varz"),
    row("server_jetstream_storage", Unit::ratio, {true, 0.75, 0.9, minutes{2}, minutes{2}, {}}, Planned::keep, true,
        "Disk used by JetStream on a server, of max_file_store.", "Limit or purge the largest streams, or add disk."),
    row("server_jetstream_memory", Unit::ratio, {true, 0.75, 0.9, minutes{2}, minutes{2}, {}}, Planned::keep, true,
        "Memory used by JetStream on a server, of max_memory_store.", "Limit or purge the largest streams in memory."),
    row("server_ha_assets", Unit::count, {true, 1000, 2000, minutes{10}, minutes{10}, {}}, Planned::keep, true,
        "Replicated streams and consumers on a server.",
        "Fewer replicated assets, or more servers to spread them over."),
    row("server_ha_assets_limit", Unit::ratio, {true, 0.8, 1, minutes{2}, minutes{2}, {}}, Planned::keep, true,
        "Replicated streams and consumers on a server, of max_ha_assets.", "The server accepts no more at the limit."),
    row("server_slow_consumers", Unit::count, {true, 1, 10, {}, minutes{10}, {}}, Planned::downgrade, true,
        "Clients cut off as slow consumers, a minute.",
        "Disconnects with this reason in the event log name them; they must read faster or subscribe to less.", "varz",
        kSummary, kHistory),
    row("server_slow_links", Unit::count, {true, kNone, 1, {}, minutes{10}, {}}, Planned::keep, true,
        "Routes, gateways or leaf nodes cut off as slow consumers.",
        "The network between the servers, or the server at the other end, does not keep up.", "varz", kSummary,
        kHistory),
    row("server_stalled_clients", Unit::count, {true, 600, kNone, minutes{5}, minutes{5}, {}}, Planned::keep, true,
        "Times fast producers were stalled, a minute.", "Some of their readers are slow: look at pending bytes.",
        "varz", kSummary, kHistory),
    row("server_stale_links", Unit::count, {true, 1, kNone, {}, minutes{10}, {}}, Planned::downgrade, true,
        "Routes, gateways or leaf nodes closed as stale.", "The other end or the network did not answer pings.", "varz",
        false, true),
    row("server_tls_certificate", Unit::seconds, {true, 30 * kDay, 7 * kDay, {}, {}, {}}, Planned::keep, true,
        "Time until a certificate of a server expires.", "Renew it and reload the server.", "varz"),
    row("server_auth_not_required", Unit::none, {false, kNone, kNone, {}, {}, {}}, Planned::keep, true,
        "A server lets clients in without authentication.", "Set up accounts or authorization. (Off by default.)",
        "varz"),
    row("server_clock_skew", Unit::seconds, {true, 1, 10, minutes{5}, minutes{1}, {}}, Planned::keep, true,
        "Difference between a server's clock and the agent's.",
        "Set clocks by NTP: expiry of credentials depends on it."),
    row("server_meta_pending", Unit::count, {true, 500, 5000, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Operations of the meta group waiting on a server.",
        "Something creates streams or consumers in great numbers."),
    row("server_jetstream_api_errors", Unit::ratio, {true, 0.1, kNone, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "JetStream API requests that fail on a server, of all, while more than one a second does.",
        "Look at $JS.API.> for who asks what is refused.", "statsz", kSummary, kHistory),
    row("server_jetstream_api_limit", Unit::none, {true, kNone, kNone, {}, minutes{10}, {}}, Planned::keep, true,
        "A server dropped JetStream API requests because too many were waiting.",
        "Something creates streams or consumers, or asks for them, in great numbers.", "", kSummary, kHistory),
    row("cluster_servers", Unit::none, {true, kNone, kNone, {}, seconds{10}, {}}, Planned::keep, false,
        "Most servers of a cluster are gone.", "JetStream there has no quorum: bring servers back."),
    row("cluster_routes", Unit::none, {true, kNone, kNone, seconds{30}, seconds{10}, minutes{2}}, Planned::downgrade,
        true, "Two live servers of a cluster have no route to each other.",
        "Messages between their clients are lost: look at the network between them and at the routes' credentials.",
        "routez"),
    row("cluster_versions", Unit::none, {true, kNone, kNone, hours{1}, minutes{1}, {}}, Planned::keep, false,
        "Servers of a cluster run different versions.", "Finish the upgrade."),
    row("cluster_memory", Unit::ratio, {false, 1.5, kNone, minutes{15}, minutes{5}, {}}, Planned::keep, false,
        "Memory of a server, of the mean of its cluster.", "Look for what only that server does. (Off by default.)"),
    row("route_rtt", Unit::seconds, {true, 0.1, 1, minutes{5}, minutes{1}, {}}, Planned::keep, true,
        "Round trip time of a route.", "Servers of a cluster belong close to each other.", "routez"),
    row("route_pending", Unit::bytes, {true, kMiB, 32 * kMiB, minutes{1}, minutes{1}, {}}, Planned::keep, true,
        "Bytes waiting to be sent over a route.", "The server at the other end or the network does not keep up."),
    row("gateway_outbound", Unit::none, {true, kNone, kNone, seconds{30}, seconds{10}, minutes{2}}, Planned::downgrade,
        true, "A server has no gateway connection to another cluster.",
        "Look at the network between the clusters, and at the gateways' configuration and certificates.", "gatewayz"),
    row("gateway_inbound", Unit::none, {true, kNone, kNone, minutes{2}, seconds{10}, {}}, Planned::downgrade, false,
        "A cluster has fewer connections from another cluster than that one's servers have to it.",
        "One side believes in connections that the other does not have: look at the network between them.", "gatewayz"),
    row("gateway_config", Unit::none, {true, kNone, kNone, minutes{5}, seconds{10}, {}}, Planned::keep, false,
        "Servers of a cluster are configured with different gateways.", "Finish the change of their configuration.",
        "gatewayz"),
    row("gateway_rtt", Unit::seconds, {true, 0.3, 2, minutes{5}, minutes{1}, {}}, Planned::keep, true,
        "Round trip time of a gateway.", "If the clusters are that far from each other, raise the threshold.",
        "gatewayz"),
    row("leafnode_missing", Unit::none, {true, kNone, kNone, minutes{2}, seconds{10}, {}}, Planned::downgrade, true,
        "A leaf node that was connected is gone.", "Look at the remote server and at the network to it.", "leafz",
        false, true),
    row("leafnode_rtt", Unit::seconds, {true, 0.1, kNone, minutes{5}, minutes{1}, {}}, Planned::keep, true,
        "Round trip time of a leaf node.", "If the site is that far away, raise the threshold.", "leafz"),
    row("meta_leader", Unit::none, {true, kNone, kNone, seconds{15}, seconds{10}, {}}, Planned::keep, true,
        "JetStream's meta group has no leader, or two.",
        "No stream or consumer can be made or changed: bring servers back, look at the routes."),
    row("meta_leader_changes", Unit::count, {true, 2, 6, {}, minutes{15}, {}}, Planned::downgrade, true,
        "Leader changes of the meta group within 15 minutes.", "Look for servers that are overloaded or cut off.",
        "statsz", kSummary, kHistory),
    row("meta_quorum", Unit::none, {true, kNone, kNone, seconds{15}, seconds{10}, {}}, Planned::keep, true,
        "The meta group can lose no further server, or has lost too many.", "Bring servers back."),
    row("meta_peers", Unit::none, {true, kNone, kNone, seconds{30}, seconds{10}, minutes{10}}, Planned::downgrade, true,
        "A peer of the meta group is offline, silent or behind.", "Look at that server."),
    row("meta_ghost_peers", Unit::none, {true, kNone, kNone, hours{1}, minutes{1}, {}}, Planned::keep, false,
        "A peer of the meta group is no server that exists.",
        "After removing a server for good: `nats server cluster peer-remove`."),
    row("meta_rescue", Unit::none, {true, kNone, kNone, {}, seconds{10}, minutes{10}}, Planned::keep, true,
        "The meta group runs with a lowered quorum.", "An operator has asked for it; it ends by itself."),
    row("meta_snapshot", Unit::seconds, {true, 5, 30, {}, minutes{1}, {}}, Planned::keep, true,
        "How long the last snapshot of the meta group took.", "Fewer streams and consumers, or faster disks."),
    row("stream_leader", Unit::none, {true, kNone, kNone, seconds{15}, seconds{5}, {}}, Planned::keep, true,
        "A stream has no leader.", "It takes no messages: bring its replicas' servers back.", "jsz"),
    row("stream_replicas", Unit::none, {true, kNone, kNone, minutes{1}, seconds{5}, minutes{10}}, Planned::downgrade,
        true, "A replica of a stream is offline, silent or behind.", "Look at the server of that replica.", "jsz"),
    row("stream_messages", Unit::ratio, {true, 0.9, 1, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Messages of a stream that refuses new ones when it is full, of its limit.", "Purge it or raise its limit.",
        "jsz"),
    row("stream_bytes", Unit::ratio, {true, 0.9, 1, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Bytes of a stream that refuses new messages when it is full, of its limit.", "Purge it or raise its limit.",
        "jsz"),
    row("stream_subjects", Unit::count, {false, 1'000'000, kNone, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Subjects of a stream.", "Many subjects take memory on every replica. (Off by default.)", "jsz"),
    row("stream_mirror", Unit::seconds, {true, 300, kNone, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Time since a mirror heard from its origin.", "Look at the origin and at the link to it.", "jsz"),
    row("stream_source", Unit::seconds, {true, 300, kNone, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Time since a stream heard from its source.", "Look at the source and at the link to it.", "jsz"),
    row("stream_metadata", Unit::none, {true, kNone, kNone, minutes{1}, minutes{1}, {}}, Planned::keep, true,
        "A stream is beyond a threshold in its own metadata (io.nats.monitor.*).", "Ask the owner of the stream.",
        "jsz"),
    row("consumer_leader", Unit::none, {true, kNone, kNone, seconds{15}, seconds{5}, {}}, Planned::keep, true,
        "A consumer has no leader.", "It delivers nothing: bring its replicas' servers back.", "jsz", kDetail),
    row("consumer_metadata", Unit::none, {true, kNone, kNone, minutes{1}, minutes{1}, {}}, Planned::keep, true,
        "A consumer is beyond a threshold in its own metadata (io.nats.monitor.*).",
        "Ask the owner of the consumer. Read with --collect.jsz.level=detail only.", "jsz", kDetail),
    row("account_connections", Unit::ratio, {true, 0.9, 1, minutes{1}, minutes{1}, {}}, Planned::keep, false,
        "Connections of an account, of its limit.", "Raise the limit, or find who opens them.", "accountz"),
    row("account_leafnodes", Unit::ratio, {true, 0.9, 1, minutes{1}, minutes{1}, {}}, Planned::keep, false,
        "Leaf nodes of an account, of its limit.", "Raise the limit.", "accountz"),
    row("account_slow_consumers", Unit::count, {true, 1, 10, {}, minutes{10}, {}}, Planned::downgrade, true,
        "Connections of an account cut off by a server as slow consumers, a minute.",
        "Disconnects with this reason in the event log name them; they must read faster or subscribe to less.",
        "accstatz", kSummary, kHistory),
    row("account_jetstream_storage", Unit::ratio, {true, 0.75, 0.9, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Disk used by an account, of what it may use.", "Purge its largest streams, or raise its limit.", "jsz"),
    row("account_jetstream_memory", Unit::ratio, {true, 0.75, 0.9, minutes{2}, minutes{1}, {}}, Planned::keep, true,
        "Memory used by an account's streams, of what it may use.", "Purge them, or raise its limit.", "jsz"),
    row("account_expired", Unit::none, {true, kNone, kNone, {}, seconds{10}, {}}, Planned::keep, true,
        "An account's claims have expired.", "Sign new claims and push them: none of its users can log in.",
        "accountz"),
    row("account_expiry", Unit::seconds, {true, 14 * kDay, 2 * kDay, {}, {}, {}}, Planned::keep, true,
        "Time until an account's claims expire.", "Sign new claims and push them.", "accountz"),
};

void apply(Limits& limits, const CheckSetting& setting) {
  limits.on = setting.on;
  if (setting.warning) limits.warning = *setting.warning;
  if (setting.critical) limits.critical = *setting.critical;
  if (setting.raise) limits.raise = *setting.raise;
  if (setting.clear) limits.clear = *setting.clear;
}

}  // namespace

const CheckInfo& info_of(Check check) {
  return kTable.at(static_cast<std::size_t>(check));
}

std::optional<Check> check_of(std::string_view id) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const CheckInfo& info) { return info.id == id; });
  if (found == kTable.end()) return std::nullopt;
  return static_cast<Check>(found - kTable.begin());
}

Limits limits_of(Check check, const std::vector<CheckSetting>& settings, std::string_view cluster,
                 std::string_view account) {
  using Of = CheckSetting::Of;
  Limits limits = info_of(check).limits;
  for (const auto& [of, name] :
       {std::pair{Of::all, std::string_view()}, std::pair{Of::cluster, cluster}, std::pair{Of::account, account}}) {
    for (const CheckSetting& setting : settings) {
      if (setting.check == check && setting.of == of && setting.name == name) apply(limits, setting);
    }
  }
  return limits;
}

}  // namespace lookout

#include "config/options.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "config/addresses.h"
#include "config/codec.h"

namespace lookout::cfg {
namespace {

using std::chrono::milliseconds;

Codec urls() {
  const auto set = [](Config& config, const Texts& texts) {
    auto read = read_urls(texts);
    if (!read) return read.error();
    config.nats.urls = *read;
    return std::string{};
  };
  return {set, [](const Config& config) { return config.nats.urls; }};
}

const Texts kGroups(kEventGroupNames.begin(), kEventGroupNames.end());
const Texts kNamesOfKinds = [] {
  Texts kinds = kGroups;
  kinds.emplace_back("all");
  return kinds;
}();

Codec kinds() {
  const auto set = [](Config& config, const Texts& texts) {
    const Texts given = split_list(texts);
    const auto wanted = [&given](const std::string& name) {
      return std::find(given.begin(), given.end(), name) != given.end();
    };
    const auto known = [](const std::string& name) {
      return std::find(kNamesOfKinds.begin(), kNamesOfKinds.end(), name) != kNamesOfKinds.end();
    };
    const auto odd = std::find_if_not(given.begin(), given.end(), known);
    if (given.empty() || odd != given.end()) {
      return must_be("all or a list of " + join(kGroups, ", "), given.empty() ? "" : *odd).what;
    }
    config.events.kinds.clear();
    for (std::size_t i = 0; i < kGroups.size(); ++i) {
      if (wanted("all") || wanted(kGroups[i])) config.events.kinds.push_back(static_cast<EventGroup>(i));
    }
    return std::string{};
  };
  const auto get = [](const Config& config) {
    Texts names;
    for (const auto kind : config.events.kinds) names.push_back(kGroups.at(static_cast<std::size_t>(kind)));
    return names;
  };
  return {set, get, kNamesOfKinds};
}

Codec event_log() {
  Codec codec = text(
      [](auto& c) -> auto& { return c.events.log; }, read_event_log);
  codec.values = {"-", "off"};
  return codec;
}

constexpr const char* kShardWanted = "i/n, one of n shares such as 1/3, with i from 1 to n";

// "1/3" is the first of three.
[[nodiscard]] Result<Shard> read_shard(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto which = number<std::uint32_t>(text.substr(0, slash));
  const auto count = number<std::uint32_t>(text.substr(std::min(slash + 1, text.size())));
  if (!which || !count || *which < 1 || *which > *count) return must_be(kShardWanted, text);
  return Shard{*which - 1, *count};
}

std::string write_shard(const Shard& shard) {
  return std::to_string(shard.index + 1).append("/").append(std::to_string(shard.count));
}

template <class At>
Codec count(At at) {
  return scalar(at, read_count, [](auto n) { return std::to_string(n); });
}

constexpr const char* kNats = "Connection to NATS";
constexpr const char* kWatched = "What is watched";
constexpr const char* kServers = "Life cycle of servers";
constexpr const char* kLimits = "Limits";

std::vector<Option> connection_options() {
  return {
      {"nats.url", kNats, "URLS", "servers, comma list of nats://host:port or tls://host:port", urls(), Shape::list},
      {"nats.user", kNats, "NAME", "user of the system account", text([](auto& c) -> auto& { return c.nats.user; })},
      {"nats.password", kNats, "TEXT", "its password; --nats.password-file keeps it out of process lists",
       text([](auto& c) -> auto& { return c.nats.password; }), Shape::value, true},
      taken_by(Reload::file_login, {"nats.password-file", kNats, kFile, "file with the password, read at every login",
                                    text([](auto& c) -> auto& { return c.nats.password_file; })}),
      {"nats.token", kNats, "TEXT", "token; --nats.token-file keeps it out of process lists",
       text([](auto& c) -> auto& { return c.nats.token; }), Shape::value, true},
      taken_by(Reload::file_login, {"nats.token-file", kNats, kFile, "file with the token, read at every login",
                                    text([](auto& c) -> auto& { return c.nats.token_file; })}),
      taken_by(Reload::file_login, {"nats.nkey", kNats, kFile, "file with an nkey user seed",
                                    text([](auto& c) -> auto& { return c.nats.nkey; })}),
      taken_by(Reload::file_login, {"nats.creds", kNats, kFile, ".creds file (operator mode)",
                                    text([](auto& c) -> auto& { return c.nats.creds; })}),
      taken_by(Reload::file_login, {"nats.tls.ca", kNats, kFile, "certificates to trust instead of the system's",
                                    text([](auto& c) -> auto& { return c.nats.tls.ca; })}),
      taken_by(Reload::file_login, {"nats.tls.cert", kNats, kFile, "client certificate chain",
                                    text([](auto& c) -> auto& { return c.nats.tls.cert; })}),
      taken_by(Reload::file_login, {"nats.tls.key", kNats, kFile, "its private key",
                                    text([](auto& c) -> auto& { return c.nats.tls.key; })}),
      {"nats.tls.first", kNats, "", "TLS handshake before anything else, as the server's handshake_first wants it",
       flag([](auto& c) -> auto& { return c.nats.tls.first; }), Shape::flag},
      {"nats.inbox-prefix", kNats, "SUBJECT", "what replies are sent to, where the user's permissions ask for it",
       text(
           [](auto& c) -> auto& { return c.nats.inbox_prefix; }, read_inbox_prefix)},
      {"nats.timeout", kNats, "DURATION", "for one attempt to connect and log in",
       duration([](auto& c) -> auto& { return c.nats.timeout; })},
      {"nats.ping-interval", kNats, "DURATION", "two unanswered pings end a connection",
       duration([](auto& c) -> auto& { return c.nats.ping_interval; })},
      {"nats.reconnect-wait", kNats, "DURATION", "first wait when no server lets in; doubles up to the next",
       duration([](auto& c) -> auto& { return c.nats.reconnect_wait; })},
      {"nats.reconnect-wait-max", kNats, "DURATION", "longest wait",
       duration([](auto& c) -> auto& { return c.nats.reconnect_wait_max; })},
  };
}

std::vector<Option> picture_options() {
  constexpr milliseconds kNone{0};
  return {
      {"scope", kWatched, "", "system: all servers; server: the one at --nats.url (sidecar)",
       choice([](auto& c) -> auto& { return c.scope; }, {"system", "server"})},
      {"server-name", kWatched, "NAME", "scope server: the only server accepted; else the one of the first login",
       text([](auto& c) -> auto& { return c.server_name; })},
      {"shard", kWatched, "I/N", "several agents share the servers by their names: this one's share, 1/3 to 3/3",
       scalar(
           [](auto& c) -> auto& { return c.shard; }, read_shard, write_shard)},
      {"events.subjects", kEvents, "", "minimal: the least privilege that shows all events but claims updates",
       choice([](auto& c) -> auto& { return c.events.subjects; }, {"auto", "minimal"})},
      taken_by(Reload::file_sighup,
               {"events.log", kEvents, kFile, "JSON lines to - (stdout), off (nowhere) or a file, reopened on SIGHUP",
                event_log()}),
      {kKinds, kEvents, "KINDS", "all or a comma list of " + join(kGroups, ", "), kinds(), Shape::list},
      {"servers.lost-after", kServers, "DURATION", "silence after which a server is lost",
       duration([](auto& c) -> auto& { return c.servers.lost_after; })},
      {"servers.drain-limit", kServers, "DURATION", "after which a server in lame duck mode counts as stopped",
       duration([](auto& c) -> auto& { return c.servers.drain_limit; })},
      {"servers.retire-stopped", kServers, "DURATION", "after which a stopped server is forgotten",
       duration(
           [](auto& c) -> auto& { return c.servers.retire_stopped; }, kNone)},
      {"servers.retire-lost", kServers, "DURATION", "after which a lost server is forgotten",
       duration(
           [](auto& c) -> auto& { return c.servers.retire_lost; }, kNone)},
      {"servers.retire-nameless", kServers, "DURATION", "after which a gone server without a name is forgotten",
       duration(
           [](auto& c) -> auto& { return c.servers.retire_nameless; }, kNone)},
  };
}

std::vector<Option> limit_options() {
  return {
      {"limits.accounts", kLimits, "NUMBER", "accounts with series of their own; the rest is folded into `other`",
       count([](auto& c) -> auto& { return c.max_accounts; })},
      {"limits.rows", kLimits, "NUMBER", "rows of one server in one table that grows with clients; the rest is counted",
       count([](auto& c) -> auto& { return c.max_rows; })},
      {"inbox.bytes", kLimits, "BYTES", "bound of what waits to be worked on, such as 32MiB",
       scalar(
           [](auto& c) -> auto& { return c.inbox_bytes; },
           [](const std::string& given) { return read_bytes(given, 1U << 20U); }, write_bytes)},
      {"memory.limit", kLimits, "BYTES",
       "before it is reached, less detail is asked for and kept; 0: the limit of the control group",
       scalar(
           [](auto& c) -> auto& { return c.memory_limit; },
           [](const std::string& given) { return read_bytes(given, 0); }, write_bytes)},
  };
}

std::vector<Option> process_options() {
  return {
      {"state.dir", kProcess, kDirectory,
       "where counts are kept over restarts of the agent; without it they begin at zero",
       text([](auto& c) -> auto& { return c.state_dir; })},
      {"shutdown.linger", kProcess, "DURATION", "how long /metrics still answers after SIGTERM",
       duration(
           [](auto& c) -> auto& { return c.shutdown_linger; }, milliseconds{0})},
      {"web.listen-address", kProcess, "ADDRESS",
       "where /metrics and /health are served: host:port, :port or [::]:port",
       text(
           [](auto& c) -> auto& { return c.listen_address; }, read_listen_address)},
      taken_by(Reload::file_sighup, {"web.config.file", kProcess, kFile,
                                     "TLS, client certificates and passwords of all endpoints, as of Prometheus' "
                                     "exporter-toolkit (docs/security.md)",
                                     text([](auto& c) -> auto& { return c.web_config_file; })}),
      {"web.page", kProcess, "", "off: without the page at / and /api/v1; /metrics, /health and the probes stay",
       choice([](auto& c) -> auto& { return c.web_page; }, {"off", "on"})},
      {"web.mask-identities", kProcess, "", "hide addresses, users and names of failed logins in all that HTTP tells",
       flag([](auto& c) -> auto& { return c.mask_identities; }), Shape::flag},
      taken_by(Reload::sighup,
               {"log.level", kProcess, "", "of the agent's own log on stderr",
                choice([](auto& c) -> auto& { return c.log_level; }, {"debug", "info", "warn", "error"})}),
      taken_by(Reload::sighup, {"log.format", kProcess, "", "of the agent's own log",
                                choice([](auto& c) -> auto& { return c.log_format; }, {"logfmt", "json"})}),
  };
}

std::vector<Option> all_options() {
  std::vector<Option> all = connection_options();
  const auto append = [&all](std::vector<Option> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  };
  append(picture_options());
  append(collect_options());
  append(auth_options());
  append(health_options());
  append(check_options());
  append(push_options());
  append(limit_options());
  append(process_options());
  return all;
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> all = all_options();
  return all;
}

const std::vector<const Option*>& every_option() {
  static const std::vector<const Option*> every = [] {
    std::vector<const Option*> out;
    for (const auto* table : {&options(), &own_options()})
      for (const Option& option : *table) out.push_back(&option);
    return out;
  }();
  return every;
}

std::string environment_name(const std::string& path) {
  std::string name = "LOOKOUT_" + path;
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    const bool lower = c >= 'a' && c <= 'z';
    return lower ? static_cast<char>(c - 'a' + 'A') : (c == '.' || c == '-' ? '_' : c);
  });
  return name;
}

const char* version() {
  return LOOKOUT_VERSION;
}

}  // namespace lookout::cfg

// Config: what the operator asked for, validated. A plain value, made once by parse() at start (and once more on
// SIGHUP), read by every part, changed by none. Secrets stay in files where possible: the transport reads those files
// at every login.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/checks.h"
#include "config/result.h"

namespace lookout {

enum class Command { serve, check, events, config, metrics, checks };
enum class Scope { system, server };
enum class Subjects { automatic, minimal };
enum class Level : std::uint8_t { off, summary, detail };  // how much is asked of an endpoint
enum class LogFormat { logfmt, json };
enum class CheckFormat { text, json, nagios };
enum class CheckColor { automatic, always, never };

// Groups of events that the event log can carry (--events.kinds).
enum class EventGroup : std::uint8_t { auth, lifecycle, health, connections, accounts, jetstream, other };
inline constexpr std::array<const char*, 7> kEventGroupNames{"auth",     "lifecycle", "health", "connections",
                                                             "accounts", "jetstream", "other"};
inline constexpr std::size_t kEventGroups = kEventGroupNames.size();

// What failed authentications can mean together (agent/auth_watch.h).
enum class AuthPattern : std::uint8_t {
  brute_force,
  password_spray,
  distributed_guessing,
  credential_rotation,
  stuck_client,
  leafnode_locked_out,
  system_account,
  success_after_failures,
  outage,
};
inline constexpr std::array<const char*, 9> kAuthPatternNames{
    "brute_force",         "password_spray",         "distributed_guessing",
    "credential_rotation", "stuck_client",           "leafnode_locked_out",
    "system_account",      "success_after_failures", "outage"};
inline constexpr std::size_t kAuthPatterns = kAuthPatternNames.size();

struct AuthLimit {  // that many within that time make the pattern; 0: it is not looked for
  std::uint32_t count = 0;
  std::chrono::milliseconds window{0};

  bool operator==(const AuthLimit&) const = default;
};
using AuthLimits = std::array<AuthLimit, kAuthPatterns>;  // by AuthPattern

struct TlsOptions {
  std::string ca;    // file with trusted certificates; empty: the system's
  std::string cert;  // client certificate chain, PEM; needs key
  std::string key;
  bool first = false;  // TLS handshake before INFO; needs libnats 3.9

  bool operator==(const TlsOptions&) const = default;
};

struct NatsOptions {
  std::vector<std::string> urls{"nats://127.0.0.1:4222"};  // nats:// or tls://, no credentials inside
  std::string user;
  std::string password;
  std::string password_file;  // read at every login; wins over password
  std::string token;
  std::string token_file;  // read at every login
  std::string nkey;        // file with an nkey user seed
  std::string creds;       // .creds file
  TlsOptions tls;
  std::string inbox_prefix = "_INBOX";
  std::chrono::milliseconds timeout{5000};         // one connection attempt: TCP, TLS, INFO, PONG
  std::chrono::milliseconds ping_interval{10000};  // two unanswered pings end the connection
  std::chrono::milliseconds reconnect_wait{250};   // first wait after a failed pass over the URLs; doubles, with jitter
  std::chrono::milliseconds reconnect_wait_max{10000};

  bool operator==(const NatsOptions&) const = default;
};

struct EventOptions {
  Subjects subjects = Subjects::automatic;
  std::string log = "-";  // "-": stdout, "off": none, else a file, reopened on SIGHUP
  std::vector<EventGroup> kinds{EventGroup::auth, EventGroup::lifecycle, EventGroup::health};

  bool operator==(const EventOptions&) const = default;
};

struct ServerOptions {  // when a silent server is lost, and when a gone one is forgotten
  std::chrono::milliseconds lost_after{25000};
  std::chrono::milliseconds drain_limit{
      300000};  // after LAMEDUCK a server is silent by design; after this it counts as stopped
  std::chrono::milliseconds retire_stopped{3600000};
  std::chrono::milliseconds retire_lost{86400000};
  std::chrono::milliseconds retire_nameless{300000};

  bool operator==(const ServerOptions&) const = default;
};

struct CollectOptions {  // of one endpoint
  Level level = Level::summary;
  std::chrono::milliseconds interval{60000};

  bool operator==(const CollectOptions&) const = default;
};

struct CheckOptions {  // of `nats-lookout check`
  CheckFormat format = CheckFormat::text;
  CheckColor color = CheckColor::automatic;  // on a terminal, unless NO_COLOR is set
  std::vector<std::string> only;             // checks; empty: all
  std::vector<std::string> ignored;          // checks

  bool operator==(const CheckOptions&) const = default;
};

struct HttpUrl {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string path;   // as given; may be empty
  std::string query;  // with its question mark; may hold a secret: neither logged nor shown

  bool operator==(const HttpUrl&) const = default;
};

// With brackets around an IPv6 address.
[[nodiscard]] std::string host_and_port(const HttpUrl& url);

// Files of secrets and certificates are read at every post.
struct AlertmanagerOptions {
  std::vector<HttpUrl> urls;  // each gets every alert; empty: none
  std::string ca;             // file with trusted certificates; empty: the system's
  std::string user;
  std::string password_file;
  std::string token_file;
  std::chrono::milliseconds repeat{60000};  // while an alert lasts; it ends by itself three of these after the last

  bool operator==(const AlertmanagerOptions&) const = default;
};

struct WebhookOptions {
  std::vector<HttpUrl> urls;
  std::string ca;
  std::string secret_file;  // bodies are signed with its content; empty: not signed

  bool operator==(const WebhookOptions&) const = default;
};

inline constexpr std::size_t kMaxReceivers = 8;  // Alertmanagers and webhooks together: each has a thread

struct Shard {  // the servers whose name's hash is `index` modulo `count`
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  bool operator==(const Shard&) const = default;
};

[[nodiscard]] AuthLimits default_auth_limits();

struct Config {
  Command command = Command::serve;
  NatsOptions nats;
  Scope scope = Scope::system;
  std::string server_name;  // scope server: the only name accepted; empty: learned at the first login
  EventOptions events;
  ServerOptions servers;
  Shard shard;                                    // --shard=1/3 is {0, 3}
  std::map<std::string, CollectOptions> collect;  // by endpoint ("statsz", "varz"), every one present
  AuthLimits auth = default_auth_limits();
  std::vector<CheckSetting> checks;  // what differs from the defaults of config/checks.h
  CheckOptions check;
  AlertmanagerOptions alertmanager;
  WebhookOptions webhook;
  std::uint32_t max_rows = 10000;          // rows of one table and server that grow with clients: connections, subjects
  std::uint32_t max_accounts = 10000;      // accounts with series of their own; the rest is folded into "other"
  std::uint64_t inbox_bytes = 32U << 20U;  // bound of what waits between NATS and the loop
  std::uint64_t memory_limit = 0;          // bytes; nearing them, less detail is kept; 0: the control group's
  std::string state_dir;                   // where counts are kept over restarts; empty: nowhere
  std::chrono::milliseconds shutdown_linger{0};
  std::string listen_address = ":9422";
  std::string web_config_file;   // config/web_config.h; empty: plain HTTP for everybody
  bool web_page = true;          // the page and /api/v1; without them /metrics, /health and probes
  bool mask_identities = false;  // of failed logins, in what HTTP tells
  std::string log_level = "info";
  LogFormat log_format = LogFormat::logfmt;

  bool operator==(const Config&) const = default;
};

// What the process should do with the command line: run with a Config, or print `text` and exit with `exit_code`
// (0 for --help and --version, 2 with one sentence for anything wrong).
struct CommandLine {
  Config config;
  bool exit = false;
  int exit_code = 0;
  std::string text;
};

// Flags win over environment (LOOKOUT_NATS_URL for --nats.url), environment over the YAML file of --config.file.
// `environment` maps names to values, so that tests need no process environment. Reads the YAML file; touches nothing
// else.
[[nodiscard]] CommandLine parse(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment);

// The effective configuration as YAML that --config.file accepts; secrets are shown as "***".
[[nodiscard]] std::string to_yaml(const Config& config);

// The environment of this process, LOOKOUT_ names only.
[[nodiscard]] std::map<std::string, std::string> environment();

// The whole content of a small text file without its trailing newline (secrets); at most 64 KiB. The error names the
// file.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

}  // namespace lookout

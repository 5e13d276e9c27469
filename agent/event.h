// Event: one server-initiated message of the system account, decoded. A view: it lives as long as the Message and the
// parser it came from. Wire facts: nats-server 2.9 to 2.15, events.go; field by field in collectors/events.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/clock.h"

namespace lookout {

struct Finding;

enum class EventKind : std::uint8_t {
  connect,
  disconnect,
  auth_error,
  account_connections,
  account_connections_legacy,  // $SYS.SERVER.ACCOUNT.<acc>.CONNS: same id as its twin, never applied
  leafnode_connect,            // a repeated hint; counted, nothing else
  leafnode_disconnect,         // documented, sent by no current server
  statsz,
  shutdown,
  lameduck,
  ocsp_peer_reject,
  ocsp_peer_link_invalid,
  claims_update,
  jetstream_advisory,
  foreign,    // other tools' requests and replies, server internals
  unknown,    // under $SYS, but nothing this version knows
  malformed,  // a known subject whose payload is not what it should be
  // Not received but concluded by State; for the event log. `reason` says why.
  server_joined,
  server_restarted,
  server_lost,
  server_returned,  // a lost or stopped one speaks again with its old id
  server_retired,
  auth_pattern,       // failed authentications make a pattern; `reason` says which and why
  auth_pattern_over,  // and no longer do
  // Not received either: what became of `finding`. Those of patterns are told by the two above.
  finding_raised,
  finding_changed,  // its state did
  finding_cleared,
};
inline constexpr std::size_t kEventKinds = 17;  // the received ones
inline constexpr std::array<const char*, kEventKinds + 10> kEventNames{"connect",
                                                                       "disconnect",
                                                                       "auth_error",
                                                                       "account_connections",
                                                                       "account_connections_legacy",
                                                                       "leafnode_connect",
                                                                       "leafnode_disconnect",
                                                                       "statsz",
                                                                       "shutdown",
                                                                       "lameduck",
                                                                       "ocsp_peer_reject",
                                                                       "ocsp_peer_link_invalid",
                                                                       "claims_update",
                                                                       "jetstream_advisory",
                                                                       "foreign",
                                                                       "unknown",
                                                                       "malformed",
                                                                       "server_joined",
                                                                       "server_restarted",
                                                                       "server_lost",
                                                                       "server_returned",
                                                                       "server_retired",
                                                                       "auth_pattern",
                                                                       "auth_pattern_over",
                                                                       "finding_raised",
                                                                       "finding_changed",
                                                                       "finding_cleared"};

// Kind and client type of a connection, bounded for labels. Order = kinds in the tables of event.cpp.
enum class ClientKind : std::uint8_t { client, leafnode, router, gateway, other };
inline constexpr std::array<const char*, 5> kClientKindNames{"client", "leafnode", "router", "gateway", "other"};
enum class ClientType : std::uint8_t { none, nats, websocket, mqtt, other };
inline constexpr std::array<const char*, 5> kClientTypeNames{"", "nats", "websocket", "mqtt", "other"};
enum class Credential : std::uint8_t { none, password, token, nkey, jwt, unknown };
inline constexpr std::array<const char*, 6> kCredentialNames{"none", "password", "token", "nkey", "jwt", "unknown"};
// From the servers' words, "Leafnode" and "mqtt"; empty is none.
[[nodiscard]] ClientKind client_kind(std::string_view wire);
[[nodiscard]] ClientType client_type(std::string_view wire);
[[nodiscard]] Credential credential_of(std::string_view user, bool has_jwt);
// Whether what a server of this version calls the user may be a token: before 2.10.28 and 2.11.2 it stood there as it
// was sent.
[[nodiscard]] bool is_secret(Credential credential, std::string_view version);

// The server block that every message but advisories carries.
struct ServerInfo {
  std::string_view id;
  std::string_view name;
  std::string_view cluster;  // empty: a standalone server
  std::string_view domain;
  std::string_view version;
  std::string_view host;
  bool jetstream = false;
  std::uint64_t seq = 0;
  Wall time{};
};

// What a user's JWT says of itself; nothing of it is verified. Empty where there is none.
struct Claims {
  std::string_view subject;  // the user's public key
  std::string_view name;
  std::string_view account;  // the account's public key: who signed it, or for whom that was done
  Wall expires{};            // the epoch: never
};

struct ClientInfo {
  Wall start{};
  Wall stop{};
  std::uint64_t id = 0;  // cid, unique within one server process
  std::string_view host;
  std::string_view account;       // name, or public key in operator mode; "$G" before authentication
  std::string_view account_name;  // name tag
  std::string_view user;
  std::string_view name;
  std::string_view lang;
  std::string_view version;
  ClientKind kind = ClientKind::other;
  ClientType type = ClientType::none;
  Credential credential = Credential::none;
  Claims claims;                // of AUTH.ERR only
  bool user_is_secret = false;  // token authentication before 2.10.28/2.11.2 puts the raw token into `user`
};

struct Event {
  EventKind kind = EventKind::unknown;
  std::string_view subject;
  bool recovered = false;  // read from the server's ring of closed connections, not received
  bool forged = false;     // the subject names another server than the payload
  ServerInfo server;       // empty id: a JetStream advisory (that may name a server) or a request
  ClientInfo client;
  std::string_view id;  // NUID of a typed event
  Wall timestamp{};     // when the server made the event
  std::string_view reason;
  std::string_view explanation;  // of an auth_error, by State: "the user JWT expired 3h ago"
  // account_connections
  std::string_view account;
  std::string_view account_name;
  std::uint64_t connections = 0;
  std::uint64_t leafnodes = 0;
  // jetstream_advisory: the type's tail, "stream_quorum_lost"; removed_* for server_removed
  std::string_view advisory;
  std::string_view stream;
  std::string_view consumer;
  std::string_view removed_server;
  std::string_view removed_cluster;
  const Finding* finding = nullptr;  // finding_*: as it is now, or was at last
};

// What a disconnect reason means for counting.
enum class Cause : std::uint8_t {
  closed,          // an ordinary end
  auth_twin,       // the $G DISCONNECT that follows an AUTH.ERR: counted there, not here
  auth_error,      // an authentication failure that no AUTH.ERR tells of
  auth_error_end,  // the same of a connection that was open: an authentication error and a disconnect
};

struct Reason {
  const char* wire;  // "Authentication Timeout"
  const char* slug;  // "authentication_timeout", the label value
  Cause cause;
};

// The fixed list of reasons (nats-server's ClosedState texts); the last entry is "other".
[[nodiscard]] std::uint8_t reason_index(std::string_view wire);
[[nodiscard]] const Reason& reason_at(std::uint8_t index);
[[nodiscard]] std::size_t reason_count();

// The reasons that nats_auth_errors_total can have; every one exists at zero for a known server.
[[nodiscard]] bool is_auth_reason(std::uint8_t index);

}  // namespace lookout

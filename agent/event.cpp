#include "agent/event.h"

#include <algorithm>
#include <span>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

// nats-server 2.15 client.go, ClosedState.String(). Servers before 2.12 send nothing for clients that never
// authenticated.
constexpr Reason kReasons[] = {
    {"Client Closed", "client_closed", Cause::closed},
    {"Authentication Timeout", "authentication_timeout", Cause::auth_error},
    {"Authentication Failure", "authentication_failure", Cause::auth_twin},
    {"TLS Handshake Failure", "tls_handshake_failure", Cause::auth_error},
    {"Slow Consumer (Pending Bytes)", "slow_consumer_pending_bytes", Cause::closed},
    {"Slow Consumer (Write Deadline)", "slow_consumer_write_deadline", Cause::closed},
    {"Write Error", "write_error", Cause::closed},
    {"Read Error", "read_error", Cause::closed},
    {"Parse Error", "parse_error", Cause::closed},
    {"Stale Connection", "stale_connection", Cause::closed},
    {"Protocol Violation", "protocol_violation", Cause::closed},
    {"Bad Client Protocol Version", "bad_client_protocol_version", Cause::closed},
    {"Incorrect Port", "incorrect_port", Cause::closed},
    {"Maximum Connections Exceeded", "maximum_connections_exceeded", Cause::auth_error},
    {"Maximum Account Connections Exceeded", "maximum_account_connections_exceeded", Cause::auth_error_end},
    {"Maximum Message Payload Exceeded", "maximum_message_payload_exceeded", Cause::closed},
    {"Maximum Control Line Exceeded", "maximum_control_line_exceeded", Cause::closed},
    {"Maximum Subscriptions Exceeded", "maximum_subscriptions_exceeded", Cause::closed},
    {"Duplicate Route", "duplicate_route", Cause::closed},
    {"Route Removed", "route_removed", Cause::closed},
    {"Server Shutdown", "server_shutdown", Cause::closed},
    {"Authentication Expired", "authentication_expired", Cause::auth_error_end},
    {"Wrong Gateway", "wrong_gateway", Cause::closed},
    {"Missing Account", "missing_account", Cause::closed},
    {"Credentials Revoked", "credentials_revoked", Cause::auth_error_end},
    {"Internal Client", "internal_client", Cause::closed},
    {"Message Header Violation", "message_header_violation", Cause::closed},
    {"No Responders Requires Headers", "no_responders_requires_headers", Cause::closed},
    {"Cluster Name Conflict", "cluster_name_conflict", Cause::closed},
    {"Duplicate Remote LeafNode Connection", "duplicate_remote_leafnode_connection", Cause::closed},
    {"Duplicate Client ID", "duplicate_client_id", Cause::closed},
    {"Duplicate Server Name", "duplicate_server_name", Cause::closed},
    {"Minimum Version Required", "minimum_version_required", Cause::closed},
    {"Cluster Names Identical", "cluster_names_identical", Cause::closed},
    {"Kicked", "kicked", Cause::closed},
    {"Proxy Not Trusted", "proxy_not_trusted", Cause::auth_twin},
    {"Proxy Required", "proxy_required", Cause::auth_twin},
    {"Unknown State", "unknown_state", Cause::closed},
    {"", "other", Cause::closed},
};
constexpr std::span<const Reason> kAll = kReasons;
constexpr std::size_t kOther = kAll.size() - 1;

template <class Enum, std::size_t N>
Enum named(const std::array<std::pair<std::string_view, Enum>, N>& names, std::string_view text, Enum otherwise) {
  for (const auto& [name, value] : names) {
    if (name == text) return value;
  }
  return otherwise;
}

constexpr std::array kKinds{std::pair{std::string_view("Client"), ClientKind::client},
                            std::pair{std::string_view("Leafnode"), ClientKind::leafnode},
                            std::pair{std::string_view("Router"), ClientKind::router},
                            std::pair{std::string_view("Gateway"), ClientKind::gateway}};
constexpr std::array kTypes{std::pair{std::string_view("nats"), ClientType::nats},
                            std::pair{std::string_view("websocket"), ClientType::websocket},
                            std::pair{std::string_view("mqtt"), ClientType::mqtt}};

bool is_nkey(std::string_view user) {
  return user.size() == 56 && user[0] == 'U' &&
         user.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == std::string_view::npos;
}

bool leaks_tokens(std::string_view version) {
  const Version v = parse_version(version);
  return v < Version{2, 10, 28} || (v >= Version{2, 11, 0} && v < Version{2, 11, 2});
}

}  // namespace

ClientKind client_kind(std::string_view wire) {
  return named(kKinds, wire, ClientKind::other);
}

ClientType client_type(std::string_view wire) {
  return wire.empty() ? ClientType::none : named(kTypes, wire, ClientType::other);
}

Credential credential_of(std::string_view user, bool has_jwt) {
  if (has_jwt) return Credential::jwt;
  if (user.empty()) return Credential::none;
  if (user == "[REDACTED]") return Credential::token;
  return is_nkey(user) ? Credential::nkey : Credential::password;
}

bool is_secret(Credential credential, std::string_view version) {
  return credential == Credential::token || (credential == Credential::password && leaks_tokens(version));
}

std::uint8_t reason_index(std::string_view wire) {
  const auto found =
      std::find_if(kAll.begin(), kAll.end() - 1, [&](const Reason& reason) { return wire == reason.wire; });
  return static_cast<std::uint8_t>(found - kAll.begin());
}

const Reason& reason_at(std::uint8_t index) {
  return kAll[std::min<std::size_t>(index, kOther)];
}

std::size_t reason_count() {
  return kAll.size();
}

bool is_auth_reason(std::uint8_t index) {
  return index == kOther || reason_at(index).cause != Cause::closed;
}

}  // namespace lookout

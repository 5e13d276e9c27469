// Which events are logged, and how a line looks.
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "agent/finding.h"
#include "agent/text.h"
#include "exporters/event_log.h"
#include "exporters/mask.h"
#include "exporters/writer.h"

namespace lookout {
namespace {

constexpr std::size_t kMaxSentence = 1024;  // bytes

struct Logged {
  EventKind kind;
  std::optional<EventGroup> group;  // none: never logged
  bool client;                      // carries a ClientInfo
};

constexpr Logged kLogged[] = {
    {EventKind::connect, EventGroup::connections, true},
    {EventKind::disconnect, EventGroup::connections, true},
    {EventKind::auth_error, EventGroup::auth, true},
    {EventKind::account_connections, EventGroup::other, false},
    {EventKind::account_connections_legacy, std::nullopt, false},
    {EventKind::leafnode_connect, EventGroup::connections, false},
    {EventKind::leafnode_disconnect, EventGroup::connections, false},
    {EventKind::statsz, std::nullopt, false},
    {EventKind::shutdown, EventGroup::lifecycle, false},
    {EventKind::lameduck, EventGroup::lifecycle, false},
    {EventKind::ocsp_peer_reject, EventGroup::auth, false},
    {EventKind::ocsp_peer_link_invalid, EventGroup::auth, false},
    {EventKind::claims_update, EventGroup::accounts, false},
    {EventKind::jetstream_advisory, EventGroup::jetstream, false},
    {EventKind::foreign, std::nullopt, false},
    {EventKind::unknown, EventGroup::other, false},
    {EventKind::malformed, EventGroup::other, false},
    {EventKind::server_joined, EventGroup::lifecycle, false},
    {EventKind::server_restarted, EventGroup::lifecycle, false},
    {EventKind::server_lost, EventGroup::lifecycle, false},
    {EventKind::server_returned, EventGroup::lifecycle, false},
    {EventKind::server_retired, EventGroup::lifecycle, false},
    {EventKind::auth_pattern, EventGroup::auth, false},
    {EventKind::auth_pattern_over, EventGroup::auth, false},
    {EventKind::finding_raised, EventGroup::health, false},
    {EventKind::finding_changed, EventGroup::health, false},
    {EventKind::finding_cleared, EventGroup::health, false},
};

constexpr const Logged& logged(EventKind kind) {
  return kLogged[static_cast<std::size_t>(kind)];
}

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kLogged); ++i) {
    if (static_cast<std::size_t>(kLogged[i].kind) != i) return false;
  }
  return std::size(kLogged) == kEventNames.size();
}
static_assert(in_order());

// A failed authentication that only its DISCONNECT tells of.
bool is_auth_disconnect(const Event& event) {
  if (event.kind != EventKind::disconnect) return false;
  const Cause cause = reason_at(reason_index(event.reason)).cause;
  return cause == Cause::auth_error || cause == Cause::auth_error_end;
}

// Appends "key":"value"; an empty value leaves no trace.
void field(std::string& line, const char* key, std::string_view value, std::size_t limit = kMaxText) {
  if (value.empty()) return;
  if (line.size() > 1) line += ',';
  line.append(1, '"').append(key).append("\":\"");
  for (const char c : clean(value, limit)) {  // leaves no control characters
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += '"';
}

void number_field(std::string& line, const char* key, const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return;
  line.append(",\"").append(key).append("\":");
  append_number(line, *value);
}

void client_fields(std::string& line, const ClientInfo& client, bool mask) {
  const auto who = [&](const char* key, std::string_view identity) {
    if (mask)
      field(line, key, masked(identity));
    else
      field(line, key, identity);
  };
  field(line, "account", client.account);
  if (client.account_name != client.account) field(line, "account_name", client.account_name);
  who("address", client.host);
  if (client.id != 0) line.append(line.size() > 1 ? "," : "").append("\"cid\":").append(std::to_string(client.id));
  who("user", client.user_is_secret && !client.user.empty() ? "[REDACTED]" : client.user);
  who("name", client.name);
  who("jwt_user", client.claims.subject);
  who("jwt_name", client.claims.name);
  field(line, "jwt_account", client.claims.account);
  field(line, "jwt_expires", format_time(client.claims.expires));
  field(line, "lang", client.lang);
  field(line, "kind", kClientKindNames[static_cast<std::size_t>(client.kind)]);
}

void finding_fields(std::string& line, EventKind kind, const Finding& finding) {
  const Health state = kind == EventKind::finding_cleared ? Health::ok : finding.state;
  field(line, "check", finding.check);
  field(line, "entity", finding.entity);
  field(line, "state", kHealthNames[static_cast<std::size_t>(state)]);
  field(line, "nats_cluster", finding.cluster);
  field(line, "server", finding.server);
  field(line, "account", finding.account);
  number_field(line, "value", finding.value);
  number_field(line, "threshold", finding.threshold);
  field(line, "sentence", finding.sentence, kMaxSentence);
}

}  // namespace

std::optional<EventGroup> group_of(const Event& event) {
  return is_auth_disconnect(event) ? EventGroup::auth : logged(event.kind).group;
}

bool is_logged(const Event& event, const std::array<bool, kEventGroups>& wanted) {
  const auto group = logged(event.kind).group;
  if (group && wanted[static_cast<std::size_t>(*group)]) return true;
  return wanted[static_cast<std::size_t>(EventGroup::auth)] && is_auth_disconnect(event);
}

std::string event_line(const Event& event, Now now, bool mask) {
  std::string line = "{";
  field(line, "time", format_time(event.timestamp == Wall{} ? now.wall : event.timestamp));
  field(line, "event", kEventNames[static_cast<std::size_t>(event.kind)]);
  field(line, "server", event.server.name.empty() ? event.server.id : event.server.name);
  field(line, "cluster", event.server.cluster);
  if (logged(event.kind).client) {
    client_fields(line, event.client, mask);
  } else {
    field(line, "account", event.account);
    if (event.account_name != event.account) field(line, "account_name", event.account_name);
  }
  field(line, "reason", mask ? without_identities(event.reason) : event.reason);
  field(line, "explanation", event.explanation);
  field(line, "advisory", event.advisory);
  field(line, "stream", event.stream);
  field(line, "consumer", event.consumer);
  field(line, "removed_server", event.removed_server);
  field(line, "removed_cluster", event.removed_cluster);
  if (event.kind == EventKind::unknown || event.kind == EventKind::malformed) field(line, "subject", event.subject);
  if (event.finding != nullptr) finding_fields(line, event.kind, *event.finding);
  if (event.recovered) line += ",\"recovered\":true";
  if (event.forged) line += ",\"forged\":true";
  return line += '}';
}

}  // namespace lookout

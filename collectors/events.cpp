// Server-initiated events. Field lists: nats-server events.go, 2.9 to 2.15; which subject is sent when: reference in
// the README.
#include <array>
#include <span>
#include <string>

#include "agent/credential.h"
#include "agent/json.h"
#include "collectors/collectors.h"

namespace lookout {
namespace {

using json::element;
using json::object;

// Subject shapes: `*` is one token. The first match wins; what matches none is unknown.
struct Pattern {
  std::string_view head;
  std::string_view tail;  // of what follows the one token after head; empty: head is a prefix of anything
  EventKind kind;
};
constexpr Pattern kPatterns[] = {
    {"$SYS.ACCOUNT.", "CONNECT", EventKind::connect},
    {"$SYS.ACCOUNT.", "DISCONNECT", EventKind::disconnect},
    {"$SYS.ACCOUNT.", "SERVER.CONNS", EventKind::account_connections},
    {"$SYS.SERVER.ACCOUNT.", "CONNS", EventKind::account_connections_legacy},
    {"$SYS.ACCOUNT.", "LEAFNODE.CONNECT", EventKind::leafnode_connect},
    {"$SYS.ACCOUNT.", "LEAFNODE.DISCONNECT", EventKind::leafnode_disconnect},
    {"$SYS.SERVER.", "CLIENT.AUTH.ERR", EventKind::auth_error},
    {"$SYS.SERVER.", "STATSZ", EventKind::statsz},
    {"$SYS.SERVER.", "SHUTDOWN", EventKind::shutdown},
    {"$SYS.SERVER.", "LAMEDUCK", EventKind::lameduck},
    {"$SYS.SERVER.", "OCSP.PEER.CONN.REJECT", EventKind::ocsp_peer_reject},
    {"$SYS.SERVER.", "OCSP.PEER.LINK.INVALID", EventKind::ocsp_peer_link_invalid},
    {"$SYS.ACCOUNT.", "CLAIMS.UPDATE", EventKind::claims_update},
    {"$SYS.REQ.ACCOUNT.", "CLAIMS.UPDATE", EventKind::claims_update},
    {"$JS.EVENT.ADVISORY.", "", EventKind::jetstream_advisory},
};

EventKind kind_of(std::string_view subject) {
  if (subject == "$SYS.REQ.CLAIMS.UPDATE") return EventKind::claims_update;
  for (const Pattern& pattern : kPatterns) {
    if (!subject.starts_with(pattern.head)) continue;
    if (pattern.tail.empty()) return pattern.kind;
    const std::string_view rest = subject.substr(pattern.head.size());
    const std::size_t dot = rest.find('.');
    if (dot != std::string_view::npos && rest.substr(dot + 1) == pattern.tail) return pattern.kind;
  }
  return EventKind::unknown;
}

// The server id in `$SYS.SERVER.<id>.…`, or empty.
std::string_view subject_server(std::string_view subject) {
  constexpr std::string_view kHead = "$SYS.SERVER.";
  if (!subject.starts_with(kHead)) return {};
  subject.remove_prefix(kHead.size());
  return subject.substr(0, subject.find('.'));
}

constexpr std::pair<std::string_view, std::string_view ClientInfo::*> kClientTexts[] = {
    {"host", &ClientInfo::host},   {"acc", &ClientInfo::account}, {"name_tag", &ClientInfo::account_name},
    {"user", &ClientInfo::user},   {"name", &ClientInfo::name},   {"lang", &ClientInfo::lang},
    {"ver", &ClientInfo::version},
};

// False only when the field is known and its value has another type.
bool read_client_field(std::string_view key, element value, ClientInfo& client) {
  if (key == "id") return json::get(value, client.id);
  if (key == "start") return json::get(value, client.start);
  if (key == "stop") return json::get(value, client.stop);
  for (const auto& [name, member] : kClientTexts) {
    if (name == key) return json::get(value, client.*member);
  }
  return true;
}

// Before 2.11 an MQTT client's password stands where the JWT does.
bool is_jwt(element value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && text.starts_with("eyJ");
}

bool read_client(object fields, ClientInfo& client) {
  bool ok = true;
  std::string_view kind;
  std::string_view type;
  bool has_jwt = false;
  for (const auto [key, value] : fields) {
    if (key == "kind")
      ok &= json::get(value, kind);
    else if (key == "client_type")
      ok &= json::get(value, type);
    else if (key == "jwt")
      has_jwt = is_jwt(value);  // it is a credential: kept nowhere; what it claims is read for AUTH.ERR
    else
      ok &= read_client_field(key, value, client);
  }
  client.kind = client_kind(kind);
  client.type = client_type(type);
  client.credential = credential_of(client.user, has_jwt);
  return ok && !client.account.empty();
}

// CONNECT, DISCONNECT, AUTH.ERR, OCSP.*, CONNS: TypedEvent plus server, client, or account statistics in one flat
// object.
bool read_typed(object root, Event& event) {
  bool ok = true;
  for (const auto [key, value] : root) {
    object nested;
    if (key == "server")
      ok &= json::get(value, nested) && json::read_server(nested, event.server);
    else if (key == "client")
      ok &= json::get(value, nested) && read_client(nested, event.client);
    else if (key == "id")
      ok &= json::get(value, event.id);
    else if (key == "timestamp")
      ok &= json::get(value, event.timestamp);
    else if (key == "reason")
      ok &= json::get(value, event.reason);
    else if (key == "acc")
      ok &= json::get(value, event.account);
    else if (key == "name")
      ok &= json::get(value, event.account_name);
    else if (key == "conns")
      ok &= json::get(value, event.connections);
    else if (key == "leafnodes")
      ok &= json::get(value, event.leafnodes);
  }
  return ok && !event.server.id.empty();
}

bool read_client_event(object root, Event& event) {
  if (!read_typed(root, event) || event.client.id == 0) return false;
  // Before 2.11 the tag in an event is the user's.
  if (parse_version(event.server.version) < Version{2, 11, 0}) event.client.account_name = {};
  event.client.user_is_secret = is_secret(event.client.credential, event.server.version);
  return true;
}

bool read_conns(object root, Event& event) {
  return read_typed(root, event) && !event.account.empty();
}

bool read_wrapped(object root, Event& event) {  // {server, statsz}, {server, acc}
  object server;
  if (root.at_key("server").get(server) != simdjson::SUCCESS || !json::read_server(server, event.server)) return false;
  element account;
  if (root.at_key("acc").get(account) == simdjson::SUCCESS) json::get(account, event.account);
  return true;
}

bool read_bare(object root, Event& event) {
  return json::read_server(root, event.server);
}  // LAMEDUCK, SHUTDOWN

bool read_advisory(object root, Event& event) {
  std::string_view server;
  std::string_view cluster;
  std::string_view type;
  bool ok = true;
  for (const auto [key, value] : root) {
    if (key == "type")
      ok &= json::get(value, type);
    else if (key == "id")
      ok &= json::get(value, event.id);
    else if (key == "timestamp")
      ok &= json::get(value, event.timestamp);
    else if (key == "account")
      ok &= json::get(value, event.account);
    else if (key == "stream")
      ok &= json::get(value, event.stream);
    else if (key == "consumer")
      ok &= json::get(value, event.consumer);
    else if (key == "server")
      (void)json::get(value, server);
    else if (key == "cluster")
      (void)json::get(value, cluster);
  }
  event.advisory = type.substr(type.rfind('.') + 1);
  if (event.advisory == "server_removed") {
    event.removed_server = server;
    event.removed_cluster = cluster;
  } else {
    event.server.name = server;
    event.server.cluster = cluster;
  }
  return ok && !type.empty();
}

// What stands behind each kind; null: nothing is read.
using Reader = bool (*)(object, Event&);
constexpr std::array<std::pair<EventKind, Reader>, 12> kReaders{{
    {EventKind::connect, read_client_event},
    {EventKind::disconnect, read_client_event},
    {EventKind::auth_error, read_client_event},
    {EventKind::account_connections, read_conns},
    {EventKind::account_connections_legacy, read_conns},
    {EventKind::leafnode_connect, read_wrapped},
    {EventKind::leafnode_disconnect, read_wrapped},
    {EventKind::statsz, read_wrapped},
    {EventKind::shutdown, read_bare},
    {EventKind::lameduck, read_bare},
    {EventKind::ocsp_peer_reject, read_typed},
    {EventKind::ocsp_peer_link_invalid, read_typed},
}};

Reader reader_of(EventKind kind) {
  for (const auto& [key, reader] : kReaders) {
    if (key == kind) return reader;
  }
  return kind == EventKind::jetstream_advisory ? read_advisory : nullptr;
}

Event malformed(std::string_view subject) {
  Event event;
  event.kind = EventKind::malformed;
  event.subject = subject;
  return event;
}

}  // namespace

struct EventDecoder::Parser {
  json::Parser json;
  json::Parser claims_json;  // what it has read must live as long as the event around it

  // The claims of a JWT, as an object of `parser`.
  static bool parse_claims(json::Parser& parser, std::string_view jwt, object& claims) {
    std::string text = jwt_claims(jwt);
    if (text.empty()) return false;
    const std::size_t size = text.size();
    text.resize(size + Batch::kPadding);
    return parser.parse({text.data(), size}, claims);
  }

  // Of the user's JWT in a client event: what explains that it was refused.
  void read_user(object root, Claims& claims) {
    object client;
    object said;
    object nats;
    std::string_view jwt;
    element value;
    if (root.at_key("client").get(client) != simdjson::SUCCESS || client.at_key("jwt").get(jwt) != simdjson::SUCCESS)
      return;
    if (!parse_claims(claims_json, jwt, said)) return;
    if (said.at_key("sub").get(value) == simdjson::SUCCESS) json::get(value, claims.subject);
    if (said.at_key("name").get(value) == simdjson::SUCCESS) json::get(value, claims.name);
    if (said.at_key("iss").get(value) == simdjson::SUCCESS) json::get(value, claims.account);
    // Signed with a signing key, it says whose key that is.
    if (said.at_key("nats").get(nats) == simdjson::SUCCESS &&
        nats.at_key("issuer_account").get(value) == simdjson::SUCCESS)
      json::get(value, claims.account);
    std::int64_t expires = 0;
    if (said.at_key("exp").get(expires) == simdjson::SUCCESS) claims.expires = expiry_at(expires).value_or(Wall{});
  }

  // An account's JWT: its subject and name are read, nothing else is kept.
  bool read_claims(std::string_view jwt, Event& event) {
    object root;
    if (!parse_claims(json, jwt, root)) return false;
    element value;
    if (root.at_key("sub").get(value) == simdjson::SUCCESS) json::get(value, event.account);
    if (root.at_key("name").get(value) == simdjson::SUCCESS) json::get(value, event.account_name);
    return !event.account.empty();
  }
};

EventDecoder::EventDecoder() : parser_(std::make_unique<Parser>()) {}
EventDecoder::~EventDecoder() = default;

const Event& EventDecoder::decode(const Message& message) {
  event_ = Event{};
  event_.subject = message.subject;
  event_.kind = message.traffic == Traffic::foreign ? EventKind::foreign : kind_of(message.subject);
  if (event_.kind == EventKind::claims_update) {
    if (!parser_->read_claims(message.payload, event_)) event_ = malformed(message.subject);
    return event_;
  }
  const Reader reader = reader_of(event_.kind);
  if (reader == nullptr) return event_;
  object root;
  if (!parser_->json.parse(message.payload, root) || !reader(root, event_)) {
    event_ = malformed(message.subject);
    return event_;
  }
  if (event_.kind == EventKind::auth_error) parser_->read_user(root, event_.client.claims);
  const std::string_view told =
      event_.kind == EventKind::account_connections_legacy ? std::string_view() : subject_server(message.subject);
  event_.forged = !told.empty() && told != event_.server.id;
  return event_;
}

}  // namespace lookout

// Failed logins that no event told of, from the servers' rings of closed connections. (server process, cid) is one
// failure, whoever tells of it first.
#include <charconv>
#include <string>
#include <utility>

#include "agent/link.h"
#include "agent/state.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kSlack{2000};          // between a close, its event, and its place in the ring
constexpr Millis kBirth{60000};         // from when PromQL's increase() sees a series grow
constexpr std::size_t kRing = 10000;    // nats-server's max_closed_clients, unless configured
constexpr Version kTellsAll{2, 12, 0};  // events tell of every failure from then on

bool is_failure(std::uint8_t reason) {
  return reason_at(reason).cause != Cause::closed;
}

ClientInfo client_of(const Part& part, std::size_t row, std::string_view version) {
  ClientInfo client;
  const std::string_view cid = part.label(row, ring::cid);
  std::from_chars(cid.data(), cid.data() + cid.size(), client.id);
  client.start = wall_at(part.value(row, ring::start));
  client.stop = wall_at(part.value(row, ring::stop));
  client.host = part.label(row, ring::ip);
  client.account = part.label(row, ring::account);
  if (client.account.empty()) client.account = "$G";
  client.user = part.label(row, ring::user);
  client.name = part.label(row, ring::name);
  client.lang = part.label(row, ring::lang);
  client.version = part.label(row, ring::version);
  client.kind = client_kind(part.label(row, ring::kind));
  client.type = client_type(part.label(row, ring::type));
  client.credential = client.user.empty() ? Credential::unknown : credential_of(client.user, false);
  client.user_is_secret = is_secret(client.credential, version);
  return client;
}

}  // namespace

// Since `since`, events of this server may have been missed.
void State::open_gap(Server& server, Mono since) {
  if (server.ring.gap) return;
  server.ring.gap = since;
  server.dirty = true;  // the journal keeps it
  server.ring.cid_before = server.ring.newest_cid;
}

void State::open_gaps(Mono since) {
  for (const auto& server : roster_.servers()) open_gap(*server, since);
}

// Says to the poller whether the ring is to be read, and how far back.
void State::plan_ring(Server& server) const {
  Ring& ring = server.ring;
  const Version version = parse_version(server.version);
  const auto uptime = server.last_time - server.start;
  // All of its life was in ours. Not by less than what two clocks and the way of a message differ.
  const bool ours = server.start != Wall{} && uptime + kSlack < server.last_heard - began_;
  const bool fresh = ring.known == Wall{} && ours;
  // The agent before this one may have been connected to the same server.
  ring.inherits = ring.known == Wall{} && !ring.gap && !fresh && server.id == first_server_;
  ring.wanted = server.up() && server.start != Wall{} && server.last_time != Wall{} &&
                (version < kTellsAll || ring.gap || fresh || ring.inherits);
  if (!ring.wanted) return;
  const Wall heard = server.last_time;
  const Wall login = heard - (server.last_heard - began_);  // by the server's clock
  if (fresh || ring.inherits)
    ring.until = {};
  else if (version < kTellsAll && ring.known != Wall{})
    ring.until = std::max(ring.known - kSlack, ring.first);
  else if (ring.gap)
    ring.until = heard - (server.last_heard - *ring.gap) - kSlack;
  else
    ring.until = login;
  if (ring.known == Wall{}) ring.first = login;  // what was before the agent is nobody's gap
}

// When the agent before this one lost its connection to the server; `login`, of this one, when the ring knows of none.
Wall State::end_of_predecessor(const Part& part, Wall login) const {
  Wall end{};
  for (std::size_t row = 0; row < part.rows(); ++row) {
    if (part.label(row, ring::name) != kConnectionName || !link_.is_own_account(part.label(row, ring::account)))
      continue;
    if (!is_failure(reason_index(part.label(row, ring::reason))))
      end = std::max(end, wall_at(part.value(row, ring::stop)));
  }
  return end == Wall{} ? login : end;
}

void State::recover(Server& server, const Reply& reply, const Block& block, Now now) {
  Ring& ring = server.ring;
  const Part& part = block.parts.front();
  Wall until = std::exchange(ring.until, {});
  if (std::exchange(ring.inherits, false)) until = ring.first = end_of_predecessor(part, ring.first);
  Wall newest = ring.known == Wall{} ? reply.server.time : ring.known;
  Wall oldest = reply.server.time;
  // Where it is read again and again, events on their way count first, since they need not wait.
  const bool again = parse_version(server.version) < kTellsAll && !ring.gap;
  const Wall settled = again ? reply.server.time - kSlack : reply.server.time;
  std::uint64_t after_gap = 0;
  for (std::size_t row = 0; row < part.rows(); ++row) {
    Event event;
    event.kind = EventKind::auth_error;
    event.server = reply.server;
    event.client = client_of(part, row, reply.server.version);
    event.timestamp = event.client.stop;
    event.reason = part.label(row, ring::reason);
    event.recovered = true;
    newest = std::max(newest, event.client.stop);
    oldest = std::min(oldest, event.client.stop);
    if (event.client.id > ring.cid_before) ++after_gap;
    ring.newest_cid = std::max(ring.newest_cid, event.client.id);
    const bool wanted =
        event.client.stop > until && event.client.stop <= settled && is_failure(reason_index(event.reason));
    if (!wanted || !is_first(server, event, now)) continue;
    ++server.recovered_failures;
    auth_error(event, server, now);
    remember(event, now);
    sink_(event, now);
  }
  // A full ring that does not reach back: what was opened since the gap began and is not in it may have been failures.
  const bool overrun = part.rows() >= kRing && oldest > until && ring.newest_cid > ring.cid_before;
  if (overrun)
    server.possibly_lost += ring.newest_cid - ring.cid_before - std::min(after_gap, ring.newest_cid - ring.cid_before);
  ring.known = std::min(newest, settled);
  ring.gap.reset();
  ring.wanted = false;
  server.dirty = true;
}

EventCounters& State::counters_for(const Event& event, Server& server) const {
  if (!event.recovered) return server.counters;
  const bool old_enough = server.shown_since != Mono{} && now_.mono - server.shown_since >= kBirth;
  if (old_enough) return server.counters;
  if (server.recovered == nullptr) server.recovered = std::make_unique<EventCounters>();
  return *server.recovered;
}

void State::add_recovered(Server& server, Now now) {
  if (server.recovered == nullptr || server.shown_since == Mono{} || now.mono - server.shown_since < kBirth) return;
  server.counters.merge(*server.recovered);
  server.recovered.reset();
  server.dirty = true;
}

}  // namespace lookout

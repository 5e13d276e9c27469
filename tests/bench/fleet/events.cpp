#include "tests/bench/fleet/events.h"

namespace lookout::fleet {
namespace {

void cid(std::string& out, const Scene& scene) {
  number(out, scene.row);
}
void account(std::string& out, const Scene& scene) {
  text(out, scene.world.account_id(scene.inner));
}
void tag(std::string& out, const Scene& scene) {
  text(out, World::account_name(scene.inner));
}
void event_id(std::string& out, const Scene& scene) {
  text(out, "fake" + std::to_string(scene.row));
}
void global(std::string& out, const Scene& /*scene*/) {
  out += "\"$G\"";
}

std::vector<Slot> server_at(bool nested) {
  static const auto seq = [](std::string& out, const Scene& scene) { number(out, scene.server.seq); };
  if (nested) {
    return {{"/server/name", server_name}, {"/server/id", server_id}, {"/server/cluster", cluster},
            {"/server/domain", cluster},   {"/server/seq", seq},      {"/server/time", now},
            {"/timestamp", now},           {"/id", event_id}};
  }
  return {{"/name", server_name}, {"/id", server_id}, {"/cluster", cluster},
          {"/domain", cluster},   {"/seq", seq},      {"/time", now}};
}

struct Kind {
  Say say;
  const char* name;  // as recorded
  const char* head;  // of the subject; the tail follows the server's id or the account's
  const char* tail;
  bool of_server;
  bool nested;
  std::vector<Slot> slots;
};

const std::vector<Slot> kOpened{
    {"/client/start", now}, {"/client/id", cid}, {"/client/acc", account}, {"/client/name_tag", tag}};
const std::vector<Slot> kClosed{{"/client/start", now},
                                {"/client/stop", now},
                                {"/client/id", cid},
                                {"/client/acc", account},
                                {"/client/name_tag", tag}};
const std::vector<Slot> kRefused{
    {"/client/start", now}, {"/client/stop", now}, {"/client/id", cid}, {"/client/acc", global}};
const std::vector<Slot> kConns{
    {"/acc", account}, {"/name", tag}, {"/conns", [](std::string& out, const Scene& scene) {
                                          const auto here = scene.world.accounts(scene.server);
                                          std::size_t place = 0;
                                          while (place + 1 < here.size() && here[place] != scene.inner) ++place;
                                          number(out, scene.world.connections(place));
                                        }}};

const Kind kKinds[] = {
    {Say::connect, "event.ACCOUNT.CONNECT.client-nats.json", "$SYS.ACCOUNT.", ".CONNECT", false, true, kOpened},
    {Say::disconnect, "event.ACCOUNT.DISCONNECT.client-nats-client-closed.json", "$SYS.ACCOUNT.", ".DISCONNECT", false,
     true, kClosed},
    {Say::auth_error, "event.SERVER.CLIENT.AUTH.ERR.bad-password-nats.json", "$SYS.SERVER.", ".CLIENT.AUTH.ERR", true,
     true, kRefused},
    {Say::auth_error_twin, "event.ACCOUNT.DISCONNECT.client-nats-authentication-failure-acc-g.json",
     "$SYS.ACCOUNT.$G.DISCONNECT", nullptr, false, true, kRefused},
    {Say::conns, "event.ACCOUNT.SERVER.CONNS.nonzero.json", "$SYS.ACCOUNT.", ".SERVER.CONNS", false, true, kConns},
    {Say::conns_legacy, "event.SERVER.ACCOUNT.CONNS.nonzero.json", "$SYS.SERVER.ACCOUNT.", ".CONNS", false, true,
     kConns},
    {Say::lameduck, "event.SERVER.LAMEDUCK.w2.json", "$SYS.SERVER.", ".LAMEDUCK", true, false, {}},
    {Say::shutdown, "event.SERVER.SHUTDOWN.e3.json", "$SYS.SERVER.", ".SHUTDOWN", true, false, {}},
};
constexpr const char* kRemovedSubject = "$JS.EVENT.ADVISORY.SERVER.REMOVED";

}  // namespace

Events::Events() {
  for (const Kind& kind : kKinds) {
    std::vector<Slot> slots = server_at(kind.nested);
    slots.insert(slots.end(), kind.slots.begin(), kind.slots.end());
    templates_[static_cast<std::size_t>(kind.say)] = Template(recorded("events", kind.name), slots);
  }
  const std::vector<Slot> removed{{"/timestamp", now},
                                  {"/server", server_name},
                                  {"/server_id", server_id},
                                  {"/cluster", cluster},
                                  {"/domain", cluster}};
  templates_[static_cast<std::size_t>(Say::removed)] =
      Template(recorded("events", "event.JS.ADVISORY.SERVER.REMOVED.json"), removed);
}

void Events::write(Say what, const Scene& scene, std::string& subject, std::string& payload) const {
  subject = kRemovedSubject;
  if (what != Say::removed) {
    const Kind& kind = kKinds[static_cast<std::size_t>(what)];
    subject = kind.head;
    if (kind.tail != nullptr) {
      subject += kind.of_server ? scene.server.id : scene.world.account_id(scene.inner);
      subject += kind.tail;
    }
  }
  payload.clear();
  templates_[static_cast<std::size_t>(what)].write(payload, scene);
}

}  // namespace lookout::fleet

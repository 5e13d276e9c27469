// Tokens of replies, one on each line: whoever sends them, they lead to a collector that exists.
#include "agent/poller.h"
#include "agent/roster.h"
#include "collectors/collectors.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

struct NoTransport final : Transport {
  bool request(std::string_view, std::string_view, std::string_view, bool) override { return true; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  NoTransport transport;
  Poller poller(fuzz::config(), collectors(), transport);
  Roster roster(fuzz::config().servers, collectors().size(), [](EventKind, const Server&, std::string_view) {});
  std::chrono::seconds passed{0};
  poller.connected("A", fuzz::after(passed));
  for (std::string_view rest = fuzz::as_text(data, size); !rest.empty();) {
    const std::string_view token = fuzz::take(rest, "\n");
    poller.tick(
        roster, [](const Server&) { return std::vector<std::string>{"A"}; }, fuzz::after(++passed));
    const auto route = poller.route(token);
    if (!route || route->kind == Route::Kind::user_info) continue;
    must(route->collector < collectors().size(), "a route leads to a collector", token);
    const bool one = route->kind == Route::Kind::page || route->kind == Route::Kind::ping;
    must(!one || !route->server_id.empty(), "a question to one server names it", token);
    if (poller.assembly(*route) == nullptr) continue;
    Reply reply;
    reply.server.id = route->server_id.empty() ? token : route->server_id;
    poller.answered(*route, reply, token.size(), roster, fuzz::after(passed));
    poller.failed(*route);
  }
  return 0;
}

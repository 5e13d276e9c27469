// Tokens of replies, one on each line: whoever sends them, they lead to a collector that exists.
#include "agent/poller.h"
#include "agent/roster.h"
#include "collectors/collectors.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

struct NoTransport final : Transport {
  bool request(std::string_view /*subject*/, std::string_view /*token*/, std::string_view /*body*/) override {
    return true;
  }
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
    poller.tick(roster, fuzz::after(++passed));
    const auto route = poller.route(token);
    if (!route) continue;
    must(route->collector < collectors().size(), "a route leads to a collector", token);
    must(route->kind != Poller::Route::Kind::directed || !route->server_id.empty(), "a directed one has a server",
         token);
    poller.answered(*route, token, fuzz::after(passed));
  }
  return 0;
}

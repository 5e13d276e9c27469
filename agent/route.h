// Route: what a reply's token, the tail of its subject, says it belongs to; and how questions are put. A token is
// "r.<collector>.<round>" for a question to all servers, "p.<collector>.<round>.<page>.<server id>" for one to a single
// server, "d.0.<server id>" for the roster's STATSZ, "u.<n>" for $SYS.REQ.USER.INFO. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/metric.h"
#include "agent/transport.h"

namespace lookout {

struct Route {
  enum class Kind : std::uint8_t {
    round,      // any server may answer
    page,       // the server that was asked for this page
    ping,       // the server that the roster doubts
    user_info,  // the server connected to
    push,       // nobody asked
  };
  Kind kind = Kind::push;
  std::size_t collector = 0;
  std::uint64_t round = 0;
  std::uint64_t page = 0;
  std::string_view server_id{};  // the only server whose answer is accepted; empty: any
};

// Views into `token`. None for what is no token.
[[nodiscard]] std::optional<Route> route_of(std::string_view token);
[[nodiscard]] std::string token_of(const Route& route);

// Asks all servers, or with a route that names one, that one.
bool ask(Transport& transport, const Collector& collector, const Route& route, const Ask& ask);

// Whether the endpoint is a subject of its own, which knows no single servers: those are named in the body.
[[nodiscard]] bool whole_subject(const Collector& collector);

}  // namespace lookout

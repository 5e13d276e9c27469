// Who a client of a failed login is, as patterns tell clients apart and as people may see it. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "agent/event.h"

namespace lookout {

inline constexpr const char* kNobody = "(none)";

// An address as one source: of IPv6 the network, in which a host may take any address.
std::string source_of(std::string_view host);

// The user it claims to be. What may be a secret becomes a name that is the same for the same text while this process
// lives.
std::string user_of(const ClientInfo& client);

}  // namespace lookout

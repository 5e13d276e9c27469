// Ring: which failed logins of one server process are known, and which must still be read from its ring of closed
// connections. Times are the server's own. Owned by Server; loop thread. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "agent/clock.h"

namespace lookout {

namespace ring {
// The columns of collectors/closed.cpp.
enum Text : std::uint8_t { cid, kind, type, ip, account, user, name, lang, version, reason };
inline constexpr std::size_t kTexts = 10;
enum Time : std::uint8_t { stop, start };
inline constexpr std::size_t kTimes = 2;
}  // namespace ring

struct Ring {
  bool wanted = false;           // the poller is to ask for it, back to `until`
  Wall until{};                  // the epoch: all of it
  Wall known{};                  // all that closed until then is counted; the epoch: it was never read
  Wall first{};                  // what closed before the first reading was before the agent
  std::optional<Mono> gap{};     // events may have been missed since then
  bool inherits = false;         // what closed since the agent before this one went is wanted, however far back
  std::uint64_t newest_cid = 0;  // of any connection heard of
  std::uint64_t cid_before = 0;  // the same when the gap began
};

}  // namespace lookout

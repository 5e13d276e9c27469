// Events: what servers say by themselves, made from recorded ones. Read by whoever has locked the World.
#pragma once

#include <string>
#include <string_view>

#include "tests/bench/fleet/replies.h"

namespace lookout::fleet {

enum class Say : std::uint8_t {
  connect,
  disconnect,
  auth_error,
  auth_error_twin,
  conns,
  conns_legacy,
  lameduck,
  shutdown,
  removed,
  count
};

class Events {
 public:
  Events();

  // scene.row is the connection's id, scene.inner the account.
  void write(Say what, const Scene& scene, std::string& subject, std::string& payload) const;

 private:
  std::array<Template, static_cast<std::size_t>(Say::count)> templates_;
};

}  // namespace lookout::fleet

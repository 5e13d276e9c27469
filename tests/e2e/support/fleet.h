// Fleet: clusters east (e1 e2 e3) and west (w1 w2 w3) joined by gateways, with JetStream in one domain, and two
// leaf nodes: l1 binds account APP to e1, l2 binds APP and the system account to w1. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/client.h"
#include "tests/e2e/support/server.h"

namespace lookout::e2e {

inline constexpr const char* kDomain = "hub";

class Fleet {
 public:
  // Returns when all servers know each other and JetStream has a leader.
  explicit Fleet(const TempDir& dir);

  [[nodiscard]] NatsServer& operator[](const std::string& name) const;

  // Those that the system account reaches: all but l1.
  [[nodiscard]] std::vector<NatsServer*> servers() const;
  [[nodiscard]] std::string urls() const;

  // All know all others, and JetStream's meta group has `size` members and a leader.
  [[nodiscard]] bool whole(int size = 6) const { return missing(size).empty(); }
  // What keeps it from being so, for a person; empty when whole.
  [[nodiscard]] std::string missing(int size = 6) const;

 private:
  std::vector<std::unique_ptr<NatsServer>> servers_;
};

// The accounts of a Fleet besides SYS; APP and B have JetStream.
[[nodiscard]] const std::vector<Login>& ordinary_logins();

// `count` connections: every account in turn, then the next server.
[[nodiscard]] std::vector<Client> crowd(const std::vector<NatsServer*>& servers, std::size_t count);

}  // namespace lookout::e2e

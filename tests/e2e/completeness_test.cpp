// Every number that a live server tells is exported or stands in the list of what is left out: the same check that the
// unit tests make on recorded replies, so that a new server version is noticed before anybody records it.
#include "tests/unit/completeness.h"

#include <gtest/gtest.h>

#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/e2e/support/fleet.h"
#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/truth.h"

namespace lookout::e2e {
namespace {

class LiveCompleteness : public testing::Test {
 protected:
  // Asks a server as the agent would, once for each account where it asks for accounts.
  void look_at(const Collector& collector, const std::string& server) {
    for (const char* account : {"", "SYS", "APP", "B"}) {
      if ((*account == '\0') != (collector.reach != Reach::accounts)) continue;
      Ask question;
      question.level = Level::detail;
      question.account = account;
      question.limit = 1000;
      const std::string text = collector.body == nullptr ? "" : collector.body(question);
      const auto body = text.empty() ? nlohmann::json() : nlohmann::json::parse(text);
      const auto reply = truth_.ask(server, collector.endpoint, body);
      if (!reply.is_object()) continue;
      ++replies_[collector.name];
      for (const std::string& leaf : test::forgotten(collector, reply)) {
        ADD_FAILURE() << collector.name << " of " << server << ": " << leaf << " is neither exported nor left out";
      }
    }
  }

  TempDir dir_;
  Fleet servers_{dir_};
  Truth truth_{servers_["e1"].url(), servers_.servers()};
  std::map<std::string, int> replies_;
};

TEST_F(LiveCompleteness, EveryNumberIsExportedOrLeftOutForAReason) {
  const JetStream app(servers_["e1"].url(), kApp);
  app.add({.name = "R1", .subject = "r1.>"});
  app.add({.name = "R3", .replicas = 3, .subject = "r3.>"});
  app.add({.name = "MIRROR", .mirror = "R3"});
  app.add({.name = "SOURCED", .sources = {"R1"}});
  app.add_consumer("R3", "worker");
  app.publish("r3.x", 5);
  app.fetch("R3", "worker", 3, 2);
  const std::vector<Client> clients = crowd(servers_.servers(), 20);
  const Version version = parse_version(servers_["e1"].text("/varz", "/version"));
  for (const Collector& collector : collectors()) {
    if (version < parse_version(collector.since) || collector.ring) continue;
    for (const NatsServer* server : servers_.servers()) look_at(collector, server->name());
    EXPECT_GT(replies_[collector.name], 0) << collector.name << " was never answered";
  }
}

}  // namespace
}  // namespace lookout::e2e

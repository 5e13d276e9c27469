// Drills: disks of JetStream fill up, and files go.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/nats.h"

namespace lookout::e2e {
namespace {

class HealthJetStream : public DrillTest {};

// The server has a disk of its own, in memory, that nobody else sees and that goes with it.
TEST_F(HealthJetStream, AFullDiskIsToldBeforeAndAfter) {
  const std::string disk = dir_ / "disk";
  std::filesystem::create_directory(disk);
  write_file(dir_ / "server",
             "#!/bin/sh\n[ \"$(id -u)\" = 0 ] || user=--map-root-user\n"
             "exec unshare $user --mount sh -c 'mount -t tmpfs -o size=11500k none \"" +
                 disk + "\" && exec \"" + from_environment("LOOKOUT_NATS_SERVER", "nats-server") +
                 "\" \"$@\"' sh \"$@\"\n");
  std::filesystem::permissions(dir_ / "server", std::filesystem::perms::owner_all);
  NatsServer server(dir_, {.accounts = jetstream_accounts(),
                           .extra = "jetstream { store_dir: \"" + disk + "\", max_file_store: 12000000 }\n",
                           .binary = dir_ / "server"});
  server.start();
  JetStream(server.url(), kApp).add({.name = "R1", .subject = "r1.>"});
  watch_with(watch(server.url(), hasty()), 1);
  Client writer(server.port(), kApp);
  const std::string load(50'000, 'x');
  const auto fill = [&](int bytes) {
    EXPECT_TRUE(eventually([&] {
      writer.publish("r1.x", load);
      return writer.flush() && server.number("/varz", "/jetstream/stats/storage") >= bytes;
    }));
  };
  fill(9'100'000);
  drill_->expect("75 %", {"warning server_jetstream_storage n1"});
  fill(10'850'000);
  drill_->expect("90 %", {"critical server_jetstream_storage n1"});
  for (int i = 0; i < 40; ++i) writer.publish("r1.x", load);
  const bool told = eventually([&] { return server.text("/healthz", "/status").empty(); });
  EXPECT_TRUE(told || !server_at_least(15)) << "older servers do not say so";
  // Older servers end JetStream, newer ones the stream.
  const bool ended = server.number("/varz", "/jetstream/stats/storage") < 0;
  Drill::Findings findings{ended ? "critical server_jetstream_disabled n1" : "critical server_jetstream_storage n1"};
  if (told) findings.insert({"warning server_unhealthy n1", "critical server_broken_asset n1"});
  drill_->expect("the disk is full", findings);
  server.stop(SIGTERM);
  server.start();
  drill_->expect("a new disk", {},
                 {kUnanswered, "agent_connection", "warning server_stopped", "server_unhealthy", "server_restarted"});
}

TEST_F(HealthJetStream, AReplicaWhoseFilesAreGoneCatchesUp) {
  Cluster cluster(dir_, 3, "east", small_jetstream(dir_), "", jetstream_accounts());
  const JetStream app(cluster[0].url(), kApp);
  app.add({.name = "R3", .replicas = 3, .subject = "r3.>"});
  app.publish("r3.x", 100);
  watch_with(watch(cluster[0].url(), hasty()), 3);
  cluster[1].stop(SIGTERM);
  ASSERT_GT(std::filesystem::remove_all(dir_ / "js-n2/jetstream/APP/streams/R3"), 0U);
  cluster[1].start();
  const auto messages = [&] {
    return cluster[1].number("/jsz?streams=1", "/account_details/0/stream_detail/0/state/messages");
  };
  EXPECT_TRUE(eventually([&] { return messages() == 100; }, 30s)) << messages();
  drill_->expect("n2 is back", {},
                 {kUnanswered, "warning server_stopped", "warning server_unhealthy", "meta_", "stream_"});
}

}  // namespace
}  // namespace lookout::e2e

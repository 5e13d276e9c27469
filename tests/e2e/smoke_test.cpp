// The least that must work, on three nodes; also run under the sanitizers (tests/run).
#include <gtest/gtest.h>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

class Smoke : public testing::Test {
 protected:
  TempDir dir_;
  Cluster cluster_{dir_, 3};
  Agent agent_{dir_};
};

TEST_F(Smoke, AnAgentSeesAllServersOfACluster) {
  agent_.start(watch(cluster_.urls()));
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  for (const char* name : {"n1", "n2", "n3"}) {
    const Labels server{{"nats_cluster", "east"}, {"server", name}};
    EXPECT_TRUE(agent_.page().is("nats_server_up", server, 1)) << name;
    EXPECT_EQ(agent_.page().count("nats_server_info", server), 1U) << name;
    EXPECT_TRUE(agent_.page().is("nats_server_restarts_total", {{"server", name}, {"cause", "crash"}}, 0)) << name;
    EXPECT_GT(agent_.page().count("nats_auth_errors_total", server), 0U) << name;
    EXPECT_GT(agent_.page().families(server).size(), 20U) << "STATSZ and VARZ series of " << name << " are missing";
  }
}

TEST_F(Smoke, AFailedLoginIsCounted) {
  agent_.start(watch(cluster_.urls()));
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  EXPECT_EQ(agent_.page().sum("nats_auth_errors_total"), 0);
  visit(cluster_[1].port(), {"app", "wrong"});
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "n2"}, {"reason", "authentication_failure"}}, 1))
      << agent_;
  EXPECT_TRUE(eventually([&] { return agent_.events("auth_error").size() == 1; })) << agent_;
}

TEST_F(Smoke, TheEndpointsAnswer) {
  agent_.start(watch(cluster_.urls()));
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  for (const char* path : {"/", "/livez", "/-/healthy", "/readyz", "/-/ready", "/health", "/health?strict=1",
                           "/api/v1/auth", "/metrics"}) {
    EXPECT_EQ(agent_.get(path).status, 200) << path;
  }
  EXPECT_EQ(agent_.get("/nothing").status, 404);
}

TEST_F(Smoke, PromtoolFindsThePageClean) {
  const std::string promtool = from_environment("LOOKOUT_PROMTOOL", "");
  if (promtool.empty()) GTEST_SKIP() << "LOOKOUT_PROMTOOL is not set";
  agent_.start(watch(cluster_.urls()));
  ASSERT_TRUE(agent_.sees(3)) << agent_;
  visit(cluster_[0].port(), {"app", "wrong"});
  visit(cluster_[0].port(), kApp);
  ASSERT_TRUE(agent_.reaches("nats_client_disconnects_total", {{"account", "APP"}}, 1)) << agent_;
  EXPECT_EQ(agent_.page().problem(), "");
  write_file(dir_ / "page", agent_.get("/metrics").body);
  const Finished checked = run({"sh", "-c", "exec \"$0\" check metrics <\"$1\"", promtool, dir_ / "page"});
  EXPECT_EQ(checked.code, 0);
  EXPECT_EQ(checked.output, "");
}

}  // namespace
}  // namespace lookout::e2e

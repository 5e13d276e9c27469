// The README's first command works.
#include <gtest/gtest.h>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

TEST(Demo, RunsOnceAndFindsTheRightNumbers) {
  const Finished demo = run({LOOKOUT_SOURCE "/deploy/demo", "--once"}, {{"LOOKOUT_BINARY", agent_binary()}}, 120s);
  EXPECT_EQ(demo.code, 0) << demo.output;
  EXPECT_NE(demo.output.find("nats_auth_errors_total"), std::string::npos) << demo.output;
}

}  // namespace
}  // namespace lookout::e2e

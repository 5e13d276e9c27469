// The map of the status page, on two clusters with gateways and leaf nodes.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/browser.h"
#include "tests/e2e/support/fleet.h"

namespace lookout::e2e {
namespace {

TEST(PageOfASupercluster, DrawsWhatLinksIt) {
  const TempDir dir;
  const Fleet fleet(dir);
  Agent agent(dir);
  agent.start(watch(fleet.urls()));
  ASSERT_TRUE(agent.sees(fleet.servers().size())) << agent;
  Browser browser(dir);
  browser.open("http://127.0.0.1:" + std::to_string(agent.port()) + '/');
  (void)browser.script("document.getElementById('clusters').scrollIntoView({behavior: 'instant'})");
  const auto drawn = [](const std::string& what, int count) {
    return "document.querySelectorAll('#map " + what + "').length === " + std::to_string(count);
  };
  EXPECT_TRUE(browser.reaches(drawn(".route.up", 6) + " && " + drawn(".gateway.up", 1), 60s))
      << browser.text("#clusters");
  EXPECT_TRUE(browser.reaches(drawn(".leaf-node", 2))) << browser.text("#clusters");
  EXPECT_TRUE(browser.reaches(drawn(".missing", 0))) << browser.text("#clusters");
  EXPECT_TRUE(browser.shows("#links", "no link is missing")) << browser.text("#links");
  browser.picture("supercluster", "clusters");
  fleet["e3"].stop(SIGKILL);
  EXPECT_TRUE(browser.reaches(drawn(".route.missing", 2) + " && " + drawn(".node.critical", 1)))
      << browser.text("#clusters");
  // The same as a table.
  browser.click("#links summary");
  EXPECT_TRUE(browser.shows("#links", "gateway")) << browser.text("#links");
  EXPECT_TRUE(browser.shows("#links", "east/e1")) << browser.text("#links");
  for (const std::string& complaint : browser.complaints()) ADD_FAILURE() << complaint;
}

}  // namespace
}  // namespace lookout::e2e

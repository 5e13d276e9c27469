// The status page in a real browser, on a real cluster of three: what happens is told in time and in words, by itself,
// whoever chose the names.
#include <gtest/gtest.h>

#include <csignal>
#include <iostream>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/browser.h"
#include "tests/e2e/support/drill.h"
#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/proxy.h"

namespace lookout::e2e {
namespace {

constexpr const char* kShortDrain = "lame_duck_grace_period: 2s\nlame_duck_duration: 30s\n";
constexpr const char* kHeadline = "#headline";
constexpr const char* kRow =
    R"([...document.querySelectorAll("#servers tbody tr")].find((row) => row.cells[0].innerText === ")";

class StatusPage : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < cluster_.size(); ++i)
      ASSERT_TRUE(eventually([&] { return cluster_[i].number("/jsz", "/meta_cluster/cluster_size") == 3; }, 30s));
    const JetStream app(cluster_[0].url(), kApp);
    app.add({.name = "ORDERS", .replicas = 3, .subject = "orders.>"});
    app.add({.name = "PAYMENTS", .replicas = 3, .subject = "payments.>"});
    app.publish("orders.x", 20);
    for (int i = 0; i < 9; ++i)
      clients_.emplace_back(cluster_[static_cast<std::size_t>(i % 3)].port(), i < 6 ? kApp : kB);
    start();
  }

  // What nobody provoked is a failure: of a script, of a policy, of a request.
  void TearDown() override {
    for (const std::string& complaint : browser_.complaints()) ADD_FAILURE() << complaint;
  }

  void start() {
    agent_.start(watch(cluster_.urls(), hasty()));
    ASSERT_TRUE(agent_.sees(3)) << agent_;
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(agent_.port()) + '/'; }

  void open(const std::string& at) {
    browser_.open(at);
    ASSERT_TRUE(browser_.shows("#live", "live")) << browser_.text("body");
    ASSERT_TRUE(browser_.shows(kHeadline, "Healthy", 60s)) << browser_.text("body");
    ASSERT_TRUE(browser_.shows("#numbers", "Streams\n2", 60s)) << browser_.text("#numbers");
  }

  void picture(const std::string& name, const std::string& section = "health") { browser_.picture(name, section); }

  [[nodiscard]] bool row_says(const std::string& server, const std::string& text, milliseconds limit) const {
    return browser_.reaches(kRow + server + "\")?.innerText.includes(\"" + text + "\")", limit);
  }

  // axe-core: what stands in the way of people who see little, or steer by keyboard or voice.
  void expect_no_obstacle(const std::string& state) {
    const std::string axe = read_file(from_environment("LOOKOUT_AXE", ""));
    ASSERT_FALSE(axe.empty()) << "LOOKOUT_AXE names no file";
    (void)browser_.script(axe + "; window.axe = axe;");
    const nlohmann::json found = browser_.asynchronous(R"(
        const done = arguments[0];
        const words = (each) => [each.impact, each.id, ...each.nodes.map((node) => node.html + ' ' + node.failureSummary)];
        axe.run().then((result) => done(result.violations.map(words)), (error) => done([['serious', String(error)]]));)");
    for (const nlohmann::json& violation : found) {
      if (violation[0] == "serious" || violation[0] == "critical") ADD_FAILURE() << state << ": " << violation.dump(1);
    }
  }

  TempDir dir_;
  Cluster cluster_{dir_, 3, "east", small_jetstream(dir_) + kShortDrain, "", jetstream_accounts()};
  std::vector<Client> clients_;
  Agent agent_{dir_};
  Browser browser_{dir_};
};

TEST_F(StatusPage, AFailedLoginShowsWithinTwoSeconds) {
  open(url());
  picture("healthy");
  const auto began = std::chrono::steady_clock::now();
  visit(cluster_[1].port(), {"app", "wrong"});
  EXPECT_TRUE(browser_.shows("#events", "auth error", 2s)) << browser_.text("#events") << agent_;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "a failed login showed after " << took.count() << " s\n";
  EXPECT_TRUE(browser_.shows("#numbers", "Failed logins, 1 h\n1", 2s)) << browser_.text("#numbers");
  EXPECT_TRUE(browser_.shows("#auth", "1 failed login in the last hour")) << browser_.text("#auth");
  for (int i = 0; i < 12; ++i) visit(cluster_[0].port(), {i < 8 ? "root" : "admin", "wrong", "guess"});
  EXPECT_TRUE(browser_.shows("#auth", "13 failed logins")) << browser_.text("#auth");
  EXPECT_TRUE(browser_.shows("#auth", "root")) << browser_.text("#auth");
  picture("failed-logins", "auth");
}

TEST_F(StatusPage, AKilledServerTurnsItsRowAndTheHeadline) {
  open(url());
  ASSERT_TRUE(row_says("n2", "up", 5s)) << browser_.text("#servers");
  cluster_[1].stop(SIGKILL);
  const auto began = std::chrono::steady_clock::now();
  // Four seconds of silence are a loss (watch()), which is critical at once; the others are for asking and drawing.
  EXPECT_TRUE(row_says("n2", "lost", 4s + 4s)) << browser_.text("#servers") << agent_;
  EXPECT_TRUE(browser_.shows(kHeadline, "Critical", 2s)) << browser_.text(kHeadline) << agent_;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "a killed server showed after " << took.count() << " s\n";
  EXPECT_EQ(browser_.script("return document.title").get<std::string>(), "Critical · nats-lookout");
  EXPECT_TRUE(browser_.shows("#findings", "n2")) << browser_.text("#findings");
  EXPECT_TRUE(browser_.shows("#meta", "cannot lose one more server")) << browser_.text("#meta");
  picture("server-killed");
  picture("clusters", "clusters");
  picture("events", "events");
  browser_.look({.dark = true});
  picture("dark");
  browser_.look({.width = 390, .height = 844});
  picture("phone");
  browser_.look({});
  cluster_[1].start();
  EXPECT_TRUE(row_says("n2", "up", 20s)) << browser_.text("#servers");
  EXPECT_TRUE(browser_.shows(kHeadline, "Healthy", 60s)) << browser_.text("#health");
}

TEST_F(StatusPage, ALameDuckShowsAsPlanned) {
  open(url());
  cluster_[1].signal(SIGUSR2);
  EXPECT_TRUE(row_says("n2", "draining, planned", 5s)) << browser_.text("#servers") << agent_;
  EXPECT_TRUE(browser_.shows(kHeadline, "Warning")) << browser_.text(kHeadline) << agent_;
  EXPECT_FALSE(browser_.text(kHeadline).find("critical") != std::string::npos) << browser_.text("#health");
  picture("lame-duck");
}

TEST_F(StatusPage, AnAgentThatIsGoneIsToldAndFoundAgain) {
  open(url());
  agent_.process().signal(SIGTERM);
  ASSERT_EQ(agent_.process().wait(10s), 0);
  EXPECT_TRUE(browser_.shows(kHeadline, "the agent has not answered since", 10s)) << browser_.text("body");
  EXPECT_NE(browser_.text(kHeadline).find("Unknown"), std::string::npos) << browser_.text(kHeadline);
  EXPECT_TRUE(browser_.shows("#live", "no answer")) << browser_.text("#live");
  picture("agent-gone");
  expect_no_obstacle("agent gone");
  start();
  EXPECT_TRUE(browser_.shows("#live", "live", 15s)) << browser_.text("#live");
  EXPECT_TRUE(browser_.shows(kHeadline, "Healthy", 60s)) << browser_.text(kHeadline);
  visit(cluster_[1].port(), {"app", "wrong"});
  EXPECT_TRUE(browser_.shows("#events", "auth error", 5s)) << browser_.text("#events");
  // The browser itself tells of every request that found nobody.
  for (const std::string& complaint : browser_.complaints())
    EXPECT_NE(complaint.find("Failed to load resource: net::ERR_"), std::string::npos) << complaint;
}

TEST_F(StatusPage, ItWorksBehindAPathPrefix) {
  const Proxy web(agent_.port(), "/lookout");
  open("http://127.0.0.1:" + std::to_string(web.port()) + "/lookout/");
  EXPECT_TRUE(row_says("n2", "up", 5s)) << browser_.text("#servers");
  visit(cluster_[1].port(), {"app", "wrong"});
  EXPECT_TRUE(browser_.shows("#events", "auth error", 5s)) << browser_.text("#events");
  browser_.open("about:blank");
}

TEST_F(StatusPage, APasswordIsAskedForOnce) {
  agent_.process().signal(SIGTERM);
  ASSERT_EQ(agent_.process().wait(10s), 0);
  // "U*U", a vector of bcrypt's authors.
  write_file(dir_ / "web.yaml",
             "basic_auth_users:\n  someone: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n");
  std::vector<std::string> options = hasty();
  options.push_back("--web.config.file=" + (dir_ / "web.yaml").string());
  agent_.start(watch(cluster_.urls(), options));
  ASSERT_EQ(agent_.get("/api/v1/system").status, 401);
  open("http://someone:U%2AU@127.0.0.1:" + std::to_string(agent_.port()) + '/');
  visit(cluster_[1].port(), {"app", "wrong"});
  EXPECT_TRUE(browser_.shows("#events", "auth error", 5s)) << browser_.text("#events");
}

TEST_F(StatusPage, EventsCanBeFilteredAndPaused) {
  open(url());
  const std::string shown = R"([...document.querySelectorAll("#events li")].filter((row) => !row.hidden).length)";
  visit(cluster_[1].port(), {"somebody", "wrong"});
  ASSERT_TRUE(browser_.shows("#events", "somebody")) << browser_.text("#events");
  const auto filter = [&](const std::string& text) {
    (void)browser_.script("const input = document.querySelector('#events input[type=search]'); input.value = '" + text +
                          "'; input.dispatchEvent(new Event('input'));");
  };
  filter("somebody");
  EXPECT_EQ(browser_.script("return " + shown), 1);
  filter("nobody has this name");
  EXPECT_EQ(browser_.script("return " + shown), 0);
  filter("");
  browser_.click("#events button");
  visit(cluster_[1].port(), {"another", "wrong"});
  EXPECT_TRUE(browser_.shows("#events .tools", "1 new")) << browser_.text("#events");
  EXPECT_EQ(browser_.text("#events").find("another"), std::string::npos);
  browser_.click("#events button");
  EXPECT_TRUE(browser_.shows("#events", "another")) << browser_.text("#events");
  browser_.click("#events input[value=connections]");
  ASSERT_TRUE(browser_.shows("#live", "live"));
  EXPECT_TRUE(eventually([&] {
    visit(cluster_[0].port(), kApp);
    return browser_.text("#events").find("disconnect") != std::string::npos;
  })) << browser_.text("#events");
}

TEST_F(StatusPage, TheAgentSortsAndFilters) {
  open(url());
  const std::string names =
      R"([...document.querySelectorAll("#servers tbody th")].map((cell) => cell.innerText).join())";
  browser_.click("#servers thead button");
  EXPECT_TRUE(browser_.reaches(names + " === 'n1,n2,n3'")) << browser_.text("#servers");
  browser_.click("#servers thead button");
  EXPECT_TRUE(browser_.reaches(names + " === 'n3,n2,n1'")) << browser_.text("#servers");
  EXPECT_EQ(browser_.script("return document.querySelector('#servers th').ariaSort"), "descending");
  (void)browser_.script(
      "const input = document.querySelector('#servers input'); input.value = 'N2'; input.dispatchEvent(new "
      "Event('input'));");
  EXPECT_TRUE(browser_.reaches(names + " === 'n2'")) << browser_.text("#servers");
}

// Clients and servers choose their names; another user of the system account can say anything.
TEST_F(StatusPage, HostileNamesAreText) {
  open(url());
  const std::string markup = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>";
  const std::string quotes = "'`${window.hacked=1}&lt;b&gt;";
  const std::string backwards = "\u202emoc.live\u2066";
  const std::string endless(250, 'W');
  for (const std::string& name : {markup, quotes, backwards, endless}) visit(cluster_[1].port(), {name, "wrong", name});
  Client attacker(cluster_[0].port(), kAdmin);
  const nlohmann::json server{
      {"name", markup}, {"id", "NHOSTILE"}, {"cluster", quotes}, {"ver", "2.15.1"}, {"host", markup}};
  const nlohmann::json statsz{{"server", server}, {"statsz", {{"start", "2026-01-01T00:00:00Z"}, {"connections", 1}}}};
  attacker.publish("$SYS.SERVER.NHOSTILE.STATSZ", statsz.dump());
  ASSERT_TRUE(attacker.flush());
  EXPECT_TRUE(browser_.shows("#events", "<img src=x onerror=")) << browser_.text("#events");
  EXPECT_TRUE(browser_.shows("#servers", "<img src=x onerror=")) << browser_.text("#servers");
  EXPECT_TRUE(browser_.shows("#clusters", "window.hacked=1")) << browser_.text("#clusters");
  EXPECT_TRUE(browser_.shows("#auth", "<script>window.hacked=1</script>")) << browser_.text("#auth");
  EXPECT_TRUE(browser_.shows("#auth", quotes)) << browser_.text("#auth");
  EXPECT_EQ(browser_.script("return window.hacked ?? null"), nullptr);
  EXPECT_EQ(browser_.script("return document.querySelectorAll('main img, main script, main b').length"), 0);
  EXPECT_EQ(
      browser_.script("return [...document.querySelectorAll('bdi')].filter((name) => name.children.length > 0).length"),
      0);
  for (const int width : {1280, 390}) {
    browser_.look({.width = width});
    EXPECT_TRUE(browser_.reaches("document.documentElement.scrollWidth <= innerWidth", 2s)) << width;
  }
  picture("hostile", "auth");
}

TEST_F(StatusPage, NothingStandsInTheWayOfAnybody) {
  open(url());
  cluster_[1].stop(SIGKILL);
  for (int i = 0; i < 3; ++i) visit(cluster_[0].port(), {"app", "wrong"});
  ASSERT_TRUE(browser_.shows(kHeadline, "Critical")) << browser_.text(kHeadline);
  for (const auto& [name, look] : {std::pair<const char*, Browser::Look>{"light", {}},
                                   {"dark", {.dark = true}},
                                   {"phone", {.width = 390, .height = 844}}}) {
    browser_.look(look);
    (void)browser_.script("for (const each of document.querySelectorAll('details')) each.open = true;");
    expect_no_obstacle(name);
  }
}

}  // namespace
}  // namespace lookout::e2e

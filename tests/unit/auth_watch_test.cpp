#include "agent/auth_watch.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include <optional>
#include <string>

#include "support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AuthWatchTest : public testing::Test {
 protected:
  struct Login {
    std::string source = "10.0.0.1";
    std::string user = "app";
    std::string name = {};
    ClientKind kind = ClientKind::client;
    std::string account = "$G";
    Wall expires{};
    std::string claimed = {};
    bool secret = false;
    std::string server = "ID1";
  };

  static Event event(const Login& login, EventKind kind) {
    Event out;
    out.kind = kind;
    out.server.cluster = "east";
    out.server.id = login.server;
    out.client.host = login.source;
    out.client.user = login.user;
    out.client.name = login.name;
    out.client.kind = login.kind;
    out.client.account = login.account;
    out.client.claims.expires = login.expires;
    out.client.claims.account = login.claimed;
    out.client.user_is_secret = login.secret;
    return out;
  }
  void fail(const Login& login) { watch.failed(event(login, EventKind::auth_error), clock.now()); }
  void connect(const Login& login) { watch.connected(event(login, EventKind::connect), clock.now()); }
  void fail_every(const Login& login, int times, Millis pause) {
    for (int i = 0; i < times; ++i) {
      fail(login);
      clock.after(pause);
    }
  }
  // The patterns that hold.
  std::vector<std::string> patterns() {
    std::vector<std::string> out;
    for (const auto& raised : watch.evaluate(clock.now())) {
      if (raised.finding.state != Health::ok) out.push_back(raised.finding.check.substr(5));
    }
    return out;
  }
  Finding finding(const std::string& check) {
    for (const auto& raised : watch.evaluate(clock.now())) {
      if (raised.finding.check == check) return raised.finding;
    }
    return {};
  }
  AuthView view() {
    const auto views = watch.view(clock.now());
    return views.empty() ? AuthView{} : views.front();
  }

  test::Clock clock;
  AuthWatch watch{default_auth_limits()};
};

TEST_F(AuthWatchTest, AClientThatWalksAllServersMakesOneAttempt) {
  for (const char* server : {"ID1", "ID2", "ID3"}) {
    fail({.server = server});
    clock.after(20ms);
  }
  EXPECT_EQ(view().attempts, 1U);
  fail({.server = "ID1"});
  EXPECT_EQ(view().attempts, 2U) << "back at the first server it begins anew";
  fail({.user = "other", .server = "ID2"});
  EXPECT_EQ(view().attempts, 3U) << "another user is another attempt";
  clock.after(3s);
  fail({.server = "ID2"});
  EXPECT_EQ(view().attempts, 4U) << "and so is the same much later";
  EXPECT_EQ(view().sources, 1U);
  EXPECT_EQ(view().users, 2U);
  clock.after(11min);
  EXPECT_EQ(view().sources, 0U);
}

TEST_F(AuthWatchTest, OneSourceInQuickSuccessionIsBruteForce) {
  fail_every({}, 19, 100ms);
  EXPECT_THAT(patterns(), IsEmpty());
  fail({});
  EXPECT_THAT(patterns(), ElementsAre("brute_force"));
  const Finding found = finding("auth_brute_force");
  EXPECT_EQ(found.state, Health::critical);
  EXPECT_EQ(found.cluster, "east");
  EXPECT_EQ(found.evidence.count, 20U);
  EXPECT_THAT(found.evidence.sources, ElementsAre(Tally{"10.0.0.1", 20}));
  EXPECT_THAT(found.evidence.users, ElementsAre(Tally{"app", 20}));
  EXPECT_THAT(found.sentence, HasSubstr("10.0.0.1"));
  EXPECT_THAT(found.advice, HasSubstr("Block"));
  clock.after(6min);
  const auto ended = watch.evaluate(clock.now());
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].finding.state, Health::ok);
  EXPECT_TRUE(ended[0].changes);
  EXPECT_FALSE(watch.evaluate(clock.now())[0].changes) << "it ends once";
  clock.after(3min);
  EXPECT_THAT(watch.evaluate(clock.now()), IsEmpty());
}

TEST_F(AuthWatchTest, AClientThatReconnectsByTheClockIsStuckAndNoAttack) {
  for (int i = 0; i < 20; ++i) {
    fail({});
    clock.after(i % 2 == 0 ? 2000ms : 2100ms);  // jitter
  }
  EXPECT_THAT(patterns(), ElementsAre("stuck_client"));
  EXPECT_EQ(finding("auth_stuck_client").state, Health::warning);
}

TEST_F(AuthWatchTest, OneSourceWithManyUsersSprays) {
  for (int i = 0; i < 4; ++i) fail({.user = "u" + std::to_string(i)});
  EXPECT_THAT(patterns(), IsEmpty());
  fail({.user = "u5"});
  EXPECT_THAT(patterns(), ElementsAre("password_spray"));
}

TEST_F(AuthWatchTest, OneUserFromManySourcesIsGuessed) {
  for (int i = 0; i < 12; ++i) {
    fail({.source = "10.0.0." + std::to_string(i % 4)});
    clock.after(7s);
  }
  EXPECT_THAT(patterns(), ElementsAre("distributed_guessing"));
}

TEST_F(AuthWatchTest, HostsThatCouldLogInBeforeHaveLostTheirCredentials) {
  for (int i = 0; i < 4; ++i) connect({.source = "10.0.0." + std::to_string(i)});
  clock.after(1h);
  for (int i = 0; i < 12; ++i) {
    fail({.source = "10.0.0." + std::to_string(i % 4)});
    clock.after(7s);
  }
  EXPECT_THAT(patterns(), ElementsAre("credential_rotation"));
  EXPECT_EQ(finding("auth_credential_rotation").state, Health::warning);
}

TEST_F(AuthWatchTest, ExpiredClaimsAreARotationThatFailed) {
  for (int i = 0; i < 12; ++i) {
    fail({.source = "10.0.0." + std::to_string(i % 4), .expires = clock.now().wall - 3h});
    clock.after(7s);
  }
  EXPECT_THAT(patterns(), ElementsAre("credential_rotation"));
}

TEST_F(AuthWatchTest, ALeafNodeThatCannotLogInIsLockedOut) {
  for (int i = 0; i < 3; ++i) {
    fail({.user = "", .name = "site-a", .kind = ClientKind::leafnode});
    clock.after(1s);
  }
  EXPECT_THAT(patterns(), ElementsAre("leafnode_locked_out"));
  EXPECT_THAT(finding("auth_leafnode_locked_out").evidence.users, ElementsAre(Tally{"site-a", 3}));
}

TEST_F(AuthWatchTest, WhoClaimsTheSystemAccountIsToldAtOnce) {
  watch.system_account("SYS");
  connect({.source = "10.1.1.1", .user = "admin", .account = "SYS"});
  connect({.source = "10.1.1.2", .user = "app", .account = "APP"});
  fail({.user = "app"});
  EXPECT_THAT(patterns(), IsEmpty());
  fail({.user = "admin"});
  EXPECT_THAT(patterns(), ElementsAre("system_account"));
}

TEST_F(AuthWatchTest, AJwtOfTheSystemAccountIsAClaimToo) {
  watch.system_account("ASYS");
  fail({.user = "", .claimed = "AAPP"});
  EXPECT_THAT(patterns(), IsEmpty());
  fail({.user = "", .claimed = "ASYS"});
  EXPECT_THAT(patterns(), ElementsAre("system_account"));
}

TEST_F(AuthWatchTest, ASuccessAfterFailuresIsSuspectUnlessThePairIsKnown) {
  fail_every({}, 4, 30s);
  connect({});
  EXPECT_THAT(patterns(), IsEmpty()) << "four failures are a typing error";
  fail_every({.source = "10.0.0.2"}, 5, 20s);
  connect({.source = "10.0.0.2"});
  connect({.source = "10.0.0.2"});
  EXPECT_THAT(patterns(), ElementsAre("success_after_failures"));
  EXPECT_EQ(finding("auth_success_after_failures").evidence.count, 5U) << "told once";
  EXPECT_EQ(finding("auth_success_after_failures").state, Health::critical);
  clock.after(11min);
  EXPECT_THAT(patterns(), IsEmpty());
  fail_every({.source = "10.0.0.2"}, 5, 20s);
  connect({.source = "10.0.0.2"});
  EXPECT_EQ(finding("auth_success_after_failures").state, Health::warning) << "it was mended, more likely";
}

TEST_F(AuthWatchTest, MoreFailuresThanLoginsFromManySourcesAreAnOutage) {
  for (int i = 0; i < 24; ++i) {
    fail({.source = "10.0.0." + std::to_string(i), .user = "u" + std::to_string(i)});
    clock.after(1s);
  }
  EXPECT_THAT(patterns(), ElementsAre("outage"));
  for (int i = 0; i < 30; ++i) connect({.source = "10.0.1." + std::to_string(i)});
  EXPECT_THAT(patterns(), IsEmpty());
}

TEST_F(AuthWatchTest, APatternThatIsOffIsNotLookedFor) {
  AuthLimits limits = default_auth_limits();
  limits[static_cast<std::size_t>(AuthPattern::brute_force)] = {};
  watch.~AuthWatch();
  new (&watch) AuthWatch(limits);
  fail_every({}, 50, 100ms);
  EXPECT_THAT(patterns(), IsEmpty());
}

TEST_F(AuthWatchTest, UsersThatMayBeSecretsAreToldApartAndNotShown) {
  for (int i = 0; i < 5; ++i) fail({.user = "token-" + std::to_string(i), .secret = true});
  EXPECT_THAT(patterns(), ElementsAre("password_spray"));
  const Finding found = finding("auth_password_spray");
  EXPECT_EQ(found.sentence.find("token"), std::string::npos) << found.sentence;
  EXPECT_EQ(found.evidence.users.size(), 5U);
  connect({.user = "token-good", .secret = true});
  EXPECT_THAT(patterns(), ElementsAre("password_spray")) << "another one's success";
}

TEST_F(AuthWatchTest, AnAddressMeansItsNetworkInIpv6) {
  fail({.source = "2001:db8:1:2::1"});
  fail({.source = "2001:db8:1:2:ffff::9"});
  EXPECT_EQ(view().sources, 1U);
  fail({.source = "::ffff:10.0.0.1"});
  fail({.source = "10.0.0.1"});
  EXPECT_EQ(view().sources, 2U);
}

TEST_F(AuthWatchTest, AFloodOfNamesGrowsNothingAndHidesNobody) {
  fail_every({}, 20, 100ms);
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 200000; ++i) {
    fail({.source = "host-" + std::to_string(i), .user = "user-" + std::to_string(i), .name = std::string(500, 'x')});
    if (i % 1000 == 0) clock.after(10ms);
  }
  EXPECT_LT(mallinfo2().uordblks - before, 20U << 20U);
  EXPECT_THAT(patterns(), testing::Contains("brute_force"));
  EXPECT_EQ(view().attempts, 200020U);
}

TEST(Window, CountsTheLastMinutes) {
  test::Clock clock;
  Window window;
  window.add(clock.now().mono, 3);
  clock.after(5min);
  window.add(clock.now().mono, 2);
  EXPECT_EQ(window.sum(1min, clock.now().mono), 2U);
  EXPECT_EQ(window.sum(6min, clock.now().mono), 5U);
  clock.after(16min);
  EXPECT_EQ(window.sum(15min, clock.now().mono), 0U);
  window.add(clock.now().mono);
  EXPECT_EQ(window.sum(15min, clock.now().mono), 1U);
}

}  // namespace
}  // namespace lookout

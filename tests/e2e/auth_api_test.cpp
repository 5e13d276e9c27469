// Failed logins on a real server, one by one: at /api/v1/auth and in `events --auth`.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {
namespace {

using nlohmann::json;

// Older servers may tell a token in place of the user.
bool users_are_named() {
  return server_at_least(11) ? server_at_least(11, 2) : server_at_least(10, 28);
}

class AuthApi : public testing::Test {
 protected:
  AuthApi() { server_.start(); }
  // The users of the last failures, as soon as there are `count`.
  [[nodiscard]] bool lists(std::size_t count) {
    return eventually([&] {
      got_ = json::parse(agent_.get("/api/v1/auth").body, nullptr, false);
      return got_.is_object() && got_["last"].size() == count;
    });
  }

  TempDir dir_;
  NatsServer server_{dir_, {}};
  Agent agent_{dir_};
  json got_;
};

TEST_F(AuthApi, FailedLoginsAreListedNewestFirst) {
  agent_.start(watch(server_.url()));
  ASSERT_TRUE(agent_.sees(1)) << agent_;
  EXPECT_TRUE(lists(0));
  EXPECT_EQ(got_["evaluated"], true);
  for (const char* who : {"first", "second", "third"})
    EXPECT_FALSE(visit(server_.port(), {who, "fake-wrong-password", who}));
  ASSERT_TRUE(lists(3)) << agent_;
  const char* const newest_first[] = {"third", "second", "first"};
  for (std::size_t i = 0; i < 3; ++i) {
    const json& failure = got_["last"][i];
    EXPECT_EQ(failure["user"], users_are_named() ? newest_first[i] : "[REDACTED]");
    EXPECT_EQ(failure["address"], "127.0.0.1");
    EXPECT_EQ(failure["server"], "n1");
    EXPECT_EQ(failure["name"], newest_first[i]);
    EXPECT_EQ(failure["kind"], "client");
    EXPECT_EQ(failure["reason"], "Authentication Failure");
    EXPECT_EQ(failure["recovered"], false);
  }
  EXPECT_TRUE(eventually([&] { return lists(3) && got_.value("/top_sources/0/attempts"_json_pointer, 0) == 3; }))
      << got_;
  const std::size_t users = 3;  // told apart also where they are not named
  EXPECT_EQ(got_["top_sources"],
            json::array({{{"cluster", ""}, {"name", "127.0.0.1"}, {"attempts", 3}, {"users", users}}}));
  EXPECT_EQ(got_["top_users"].size(), users);
  EXPECT_EQ(got_["top_servers"], json::parse(R"([{"cluster":"","server":"n1","errors":3}])"));
  EXPECT_EQ(got_["clusters"][0]["attempts"], 3);
  EXPECT_EQ(got_.dump().find("fake-wrong-password"), std::string::npos);
}

TEST_F(AuthApi, EventsOfAuthenticationOnlyArePrintedLive) {
  Process events;
  events.start({agent_binary(), "events", "--auth", "--nats.url=" + server_.url(), "--nats.user=" + kAdmin.user,
                "--nats.password=" + kAdmin.password},
               dir_ / "out", dir_ / "err");
  // One login more for each look, until the first is seen: nothing else tells when it listens.
  EXPECT_TRUE(eventually([&] {
    visit(server_.port(), kApp);
    visit(server_.port(), {"somebody", "wrong", "probe"});
    return read_file(dir_ / "out").find("\"name\":\"probe\"") != std::string::npos;
  })) << read_file(dir_ / "err");
  events.signal(SIGTERM);
  EXPECT_EQ(events.wait(5s), 0) << read_file(dir_ / "err");
  const std::string out = read_file(dir_ / "out");
  for (const char* other : {"server_joined", "\"event\":\"connect\"", "\"event\":\"disconnect\""})
    EXPECT_EQ(out.find(other), std::string::npos) << out;
}

}  // namespace
}  // namespace lookout::e2e

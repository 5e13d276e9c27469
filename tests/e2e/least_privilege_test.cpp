// The user that deploy/nats ships, in both styles of authorization: it is enough for the agent, and for nothing else.
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <set>

#include "agent/text.h"
#include "collectors/collectors.h"
#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/nkey.h"

namespace lookout::e2e {
namespace {

const std::string kFile = "lookout-user.conf";

std::string shipped() {
  return read_file(std::filesystem::path(LOOKOUT_SOURCE) / "deploy/nats" / kFile);
}

// The quoted subjects of one list of the shipped file.
std::vector<std::string> subjects_of(const std::string& list) {
  const std::string text = shipped();
  const std::size_t begin = text.find(list + ": [");
  const std::string part = text.substr(begin, text.find(']', begin) - begin);
  std::vector<std::string> subjects;
  for (std::size_t quote = part.find('"'); quote != std::string::npos; quote = part.find('"', quote + 1)) {
    const std::size_t end = part.find('"', quote + 1);
    subjects.push_back(part.substr(quote + 1, end - quote - 1));
    quote = end;
  }
  return subjects;
}

// A connection of libnats as a user, that tells what the server refuses.
class Tried {
 public:
  Tried(const std::string& url, const std::function<natsStatus(natsOptions*)>& log_in) {
    natsOptions* options = nullptr;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, url.c_str());
    natsStatus status = log_in(options);
    if (status == NATS_OK) status = natsConnection_Connect(&connection_, options);
    natsOptions_Destroy(options);
    if (status != NATS_OK) throw std::runtime_error(url + ": " + natsStatus_GetText(status));
  }
  ~Tried() { natsConnection_Destroy(connection_); }
  Tried(const Tried&) = delete;
  Tried& operator=(const Tried&) = delete;

  [[nodiscard]] bool may_publish(const std::string& subject) const {
    natsConnection_PublishString(connection_, subject.c_str(), "{}");
    return !refused("Publish to \"" + subject + '"');
  }
  [[nodiscard]] bool may_subscribe(const std::string& subject) const {
    natsSubscription* subscription = nullptr;
    natsConnection_SubscribeSync(&subscription, connection_, subject.c_str());
    const bool no = refused("Subscription to \"" + subject + '"');
    natsSubscription_Destroy(subscription);
    return !no;
  }

 private:
  [[nodiscard]] bool refused(const std::string& what) const {
    EXPECT_EQ(natsConnection_Flush(connection_), NATS_OK);
    const char* text = "";
    natsConnection_GetLastError(connection_, &text);
    return text != nullptr && std::string(text).find("Permissions Violation for " + what) != std::string::npos;
  }

  natsConnection* connection_ = nullptr;
};

struct Style {
  const char* name;
  bool jwt;
  const char* scope;
};

std::ostream& operator<<(std::ostream& out, const Style& style) {
  return out << style.name;
}

class LeastPrivilege : public testing::TestWithParam<Style> {
 protected:
  void SetUp() override {
    setenv("LOOKOUT_PASSWORD", password_.c_str(), 1);
    write_file(dir_ / kFile, shipped());
    const UserClaims claims{subjects_of("publish"), subjects_of("subscribe")};
    write_file(dir_ / "user.creds", operator_.user_of_system(claims).creds());
    write_file(dir_ / "app.creds", operator_.app_user());
    servers_ = std::make_unique<Cluster>(dir_, 3, "east", small_jetstream(dir_), "", accounts());
    login_ = GetParam().jwt ? std::vector<std::string>{"--nats.creds=" + creds_}
                            : std::vector<std::string>{"--nats.user=lookout", "--nats.password=" + password_};
  }

  void start_agent() {
    std::vector<std::string> arguments{"--nats.url=" + (*servers_)[0].url(),
                                       "--nats.inbox-prefix=_INBOX_lookout",
                                       "--events.subjects=minimal",
                                       "--events.kinds=all",
                                       "--collect.interval=1s",
                                       "--collect.idz.level=summary",
                                       std::string("--scope=") + GetParam().scope};
    arguments.insert(arguments.end(), login_.begin(), login_.end());
    agent_.start(arguments);
    ASSERT_TRUE(agent_.sees(seen())) << agent_;
  }

  [[nodiscard]] std::size_t seen() const { return std::string(GetParam().scope) == "system" ? servers_->size() : 1; }

  // A connection that logs in and one that does not, to the server that every scope sees.
  void come_and_go() const {
    const int port = (*servers_)[0].port();
    if (GetParam().jwt) {
      const Tried app((*servers_)[0].url(), [this](natsOptions* options) {
        return natsOptions_SetUserCredentialsFromFiles(options, (dir_ / "app.creds").c_str(), nullptr);
      });
    } else {
      EXPECT_TRUE(visit(port, kApp));
    }
    EXPECT_FALSE(visit(port, {"app", "wrong"}));
  }

  [[nodiscard]] Tried log_in() const {
    return Tried((*servers_)[0].url(), [this](natsOptions* options) {
      return GetParam().jwt ? natsOptions_SetUserCredentialsFromFiles(options, creds_.c_str(), nullptr)
                            : natsOptions_SetUserInfo(options, "lookout", password_.c_str());
    });
  }

  TempDir dir_;
  Operator operator_;
  std::unique_ptr<Cluster> servers_;
  Agent agent_{dir_};

 private:
  [[nodiscard]] std::string accounts() const {
    if (GetParam().jwt) return operator_.server_config();
    std::string text = documented_accounts();
    const std::string users = "SYS { users: [";
    return text.insert(text.find(users) + users.size(), "{ include " + kFile + " }, ");
  }

  const std::string password_ = "fake-lookout-password";
  const std::string creds_ = dir_ / "user.creds";
  std::vector<std::string> login_;
};

TEST_P(LeastPrivilege, EverythingIsSeenAndNothingRefused) {
  start_agent();
  const Version version = parse_version((*servers_)[0].text("/varz", "/version"));
  for (const Collector& collector : collectors()) {
    if (collector.ring || version < parse_version(collector.since)) continue;
    const Labels endpoint{{"endpoint", collector.name}};
    EXPECT_TRUE(agent_.reaches([&](const Page& page) {
      const double replies = page.sum("nats_lookout_poll_replies", endpoint);
      return replies > 0 && replies == page.sum("nats_lookout_poll_expected_replies", endpoint);
    })) << collector.name
        << '\n'
        << agent_.page().grep("poll_");
  }
  come_and_go();
  EXPECT_TRUE(agent_.reaches("nats_auth_errors_total", {{"server", "n1"}}, 1)) << agent_.page().grep("auth_errors");
  for (const char* event : {"auth_error", "connect", "disconnect"}) {
    EXPECT_TRUE(eventually([&] { return !agent_.events(event).empty(); })) << event << agent_;
  }
  EXPECT_TRUE(agent_.reaches("nats_lookout_identity", {{"state", "system"}}, 1)) << agent_.page().grep("identity");
  EXPECT_EQ(agent_.page().sum("nats_lookout_nats_permission_errors_total"), 0);
  EXPECT_EQ(agent_.page().count("nats_health_finding", {{"check", "agent_permissions"}}), 0U);
  for (std::size_t i = 0; i < servers_->size(); ++i) {
    EXPECT_EQ((*servers_)[i].log().find("iolation"), std::string::npos) << (*servers_)[i].log();
  }
}

TEST_P(LeastPrivilege, NothingElseIsAllowed) {
  const Tried user = log_in();
  const std::string server = "$SYS.REQ.SERVER." + (*servers_)[0].id();
  for (const char* end : {".RELOAD", ".KICK", ".LDM", ".PROFILEZ"}) EXPECT_FALSE(user.may_publish(server + end)) << end;
  for (const char* subject :
       {"orders", "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.KICK", "$SYS.REQ.CLAIMS.UPDATE",
        "$SYS.REQ.CLAIMS.DELETE", "$SYS.REQ.ACCOUNT.APP.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.APP.CONNZ",
        "$JS.API.META.LEADER.STEPDOWN", "$JS.API.SERVER.REMOVE", "$JS.API.ACCOUNT.PURGE.APP",
        "$SYS.SERVER.X.CLIENT.AUTH.ERR", "$SYS.SERVER.X.SHUTDOWN", "$SYS.ACCOUNT.APP.CONNECT",
        "$JS.EVENT.ADVISORY.SERVER.REMOVED", "_INBOX_lookout.x", "_INBOX.somebody"}) {
    EXPECT_FALSE(user.may_publish(subject)) << subject;
  }
  for (const char* subject : {">", "$SYS.>", "$SYS.REQ.>", "$JS.>", "_INBOX.>", "*"}) {
    EXPECT_FALSE(user.may_subscribe(subject)) << subject;
  }
  // The same questions about what is allowed have the other answer.
  EXPECT_TRUE(user.may_publish(server + ".VARZ"));
  EXPECT_TRUE(user.may_publish("$SYS.REQ.SERVER.PING.JSZ"));
  EXPECT_TRUE(user.may_subscribe("$SYS.SERVER.>"));
}

INSTANTIATE_TEST_SUITE_P(Users, LeastPrivilege,
                         testing::Values(Style{"Configuration", false, "system"}, Style{"Jwt", true, "system"},
                                         Style{"ConfigurationOfASidecar", false, "server"},
                                         Style{"JwtOfASidecar", true, "server"}),
                         [](const auto& style) { return std::string(style.param.name); });

// A new endpoint needs a line in the file, and one that is no longer asked leaves it.
TEST(LeastPrivilegeFile, NamesWhatTheAgentAsksAndNoMore) {
  std::set<std::string> asked{"$SYS.REQ.USER.INFO"};
  for (const Collector& collector : collectors()) {
    const std::string endpoint = collector.endpoint;
    asked.insert(endpoint.starts_with('$') ? endpoint : "$SYS.REQ.SERVER.*." + endpoint);
  }
  const std::vector<std::string> allowed = subjects_of("publish");
  EXPECT_EQ(std::set<std::string>(allowed.begin(), allowed.end()), asked);
}

}  // namespace
}  // namespace lookout::e2e

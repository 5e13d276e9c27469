#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/event.h"
#include "collectors/collectors.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using nlohmann::json;
using test::Held;

constexpr const char* kServer =
    R"("server":{"name":"n1","id":"NID","cluster":"east","ver":"2.15.2","seq":7,"time":"2026-01-01T00:00:00Z"})";

EventKind kind_of(const std::string& subject, const std::string& payload) {
  static EventDecoder decoder;
  const Held held(subject, payload);
  return decoder.decode(held.message()).kind;
}

class EveryEvent : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Recorded, EveryEvent, testing::ValuesIn(test::kVersions), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(EveryEvent, IsRecognised) {
  // What the recorder's file name says the event is.
  const std::vector<std::pair<std::string, EventKind>> kExpected{
      {"ACCOUNT.CONNECT.", EventKind::connect},
      {"ACCOUNT.DISCONNECT.", EventKind::disconnect},
      {"ACCOUNT.SERVER.CONNS.", EventKind::account_connections},
      {"SERVER.ACCOUNT.CONNS.", EventKind::account_connections_legacy},
      {"ACCOUNT.LEAFNODE.CONNECT", EventKind::leafnode_connect},
      {"SERVER.CLIENT.AUTH.ERR", EventKind::auth_error},
      {"SERVER.STATSZ", EventKind::statsz},
      {"SERVER.SHUTDOWN", EventKind::shutdown},
      {"SERVER.LAMEDUCK", EventKind::lameduck},
      {"OCSP.PEER.CONN.REJECT", EventKind::ocsp_peer_reject},
      {"OCSP.PEER.LINK.INVALID", EventKind::ocsp_peer_link_invalid},
      {"CLAIMS.UPDATE", EventKind::claims_update},
      {"JS.ADVISORY", EventKind::jetstream_advisory},
      {"REQ-seen", EventKind::foreign},
      {"_INBOX", EventKind::foreign},
      {"OTHER.", EventKind::foreign},
  };
  EventDecoder decoder;
  std::map<EventKind, int> seen;
  for (const auto& recorded : test::recorded(GetParam(), "events")) {
    const auto expected = std::find_if(kExpected.begin(), kExpected.end(), [&](const auto& item) {
      return recorded.name.find(item.first) != std::string::npos;
    });
    ASSERT_NE(expected, kExpected.end()) << recorded.name;
    const Held held(recorded.subject, recorded.payload);
    const Event& event = decoder.decode(held.message());
    EXPECT_EQ(kEventNames[static_cast<std::size_t>(event.kind)],
              std::string(kEventNames[static_cast<std::size_t>(expected->second)]))
        << recorded.name << " " << recorded.subject;
    EXPECT_FALSE(event.forged) << recorded.name;
    ++seen[event.kind];
  }
  EXPECT_GT(seen[EventKind::connect], 2);
  EXPECT_GT(seen[EventKind::auth_error], 2);
}

TEST_P(EveryEvent, SaysWhatThePayloadSays) {
  EventDecoder decoder;
  for (const auto& recorded : test::recorded(GetParam(), "events")) {
    const Held held(recorded.subject, recorded.payload);
    const Event& event = decoder.decode(held.message());
    if (event.kind != EventKind::connect && event.kind != EventKind::disconnect && event.kind != EventKind::auth_error)
      continue;
    const json truth = json::parse(recorded.payload);
    EXPECT_EQ(event.server.id, truth["server"]["id"].get<std::string>());
    EXPECT_EQ(event.server.seq, truth["server"]["seq"].get<std::uint64_t>());
    EXPECT_EQ(event.client.id, truth["client"]["id"].get<std::uint64_t>());
    EXPECT_EQ(event.client.account, truth["client"]["acc"].get<std::string>());
    EXPECT_EQ(event.reason, truth.value("reason", ""));
    EXPECT_EQ(event.client.credential == Credential::jwt, truth["client"].value("jwt", "").starts_with("eyJ"));
    EXPECT_NE(event.client.start, Wall{});
  }
}

TEST(Events, AuthErrIsToldFromDisconnectByItsSubject) {
  const std::string payload =
      std::string(
          R"({"type":"io.nats.server.advisory.v1.client_disconnect","id":"x","timestamp":"2026-01-01T00:00:00Z",)") +
      kServer + R"(,"client":{"id":5,"acc":"$G","kind":"Client"},"reason":"Authentication Failure"})";
  EXPECT_EQ(kind_of("$SYS.SERVER.NID.CLIENT.AUTH.ERR", payload), EventKind::auth_error);
  EXPECT_EQ(kind_of("$SYS.ACCOUNT.$G.DISCONNECT", payload), EventKind::disconnect);
}

TEST(Events, ATokenInUserIsASecretOnOldServersOnly) {
  const auto secret = [](const std::string& version) {
    EventDecoder decoder;
    const Held held("$SYS.ACCOUNT.A.CONNECT", R"({"server":{"name":"n","id":"N","ver":")" + version +
                                                  R"("},"client":{"id":5,"acc":"A","user":"fake-token"}})");
    return decoder.decode(held.message()).client.user_is_secret;
  };
  EXPECT_TRUE(secret("2.9.10"));
  EXPECT_TRUE(secret("2.10.27"));
  EXPECT_FALSE(secret("2.10.28"));
  EXPECT_TRUE(secret("2.11.1"));
  EXPECT_FALSE(secret("2.11.2"));
  EXPECT_FALSE(secret("2.15.2"));
}

TEST(Events, AForgedServerIdIsTold) {
  EventDecoder decoder;
  const Held honest("$SYS.SERVER.NID.SHUTDOWN", R"({"name":"n1","id":"NID"})");
  EXPECT_FALSE(decoder.decode(honest.message()).forged);
  const Held forged("$SYS.SERVER.OTHER.SHUTDOWN", R"({"name":"n1","id":"NID"})");
  EXPECT_TRUE(decoder.decode(forged.message()).forged);
}

TEST(Events, WhatIsNewIsUnknownNeverFatal) {
  EXPECT_EQ(kind_of("$SYS.SERVER.NID.BRAND.NEW", "{}"), EventKind::unknown);
  EXPECT_EQ(kind_of("$SYS.ACCOUNT.A.KICKED", "{}"), EventKind::unknown);
  EXPECT_EQ(kind_of("$SYS.WHATEVER", "not json"), EventKind::unknown);
  EXPECT_EQ(kind_of("$SYS.ACCOUNT.CLIENT.AUTH.ERR", "{}"), EventKind::unknown) << "a tenant account's own event";
}

TEST(Events, HostilePayloadsAreMalformed) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  const std::string huge =
      R"({"server":{"name":")" + std::string(10 << 20, 'x') + R"(","id":"NID"},"client":{"id":"one"}})";
  for (const std::string& payload :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), deep, huge,
        std::string("{\"server\":null}"),
        std::string(R"({"server":{"id":["x"],"name":"n"},"client":{"id":1,"acc":"A"}})"),
        std::string(R"({"server":{"id":"N 0\r\nPUB a 0","name":"n"},"client":{"id":1,"acc":"A"}})"),
        std::string(R"({"server":{"id":"N.a","name":"n"},"client":{"id":1,"acc":"A"}})"),
        std::string(R"({"server":{"id":"N","name":"n"},"client":7})"),
        std::string(R"({"server":{"id":"N","name":"n"},"client":{"id":-1,"acc":"A"}})"), std::string("\xFF\xFE{}"),
        std::string("{\"server\":{\"id\":\"N\",\"name\":\"a\nb\"}}"),
        std::string(R"({"server":{"id":"N","name":"n"},"client":{"id":1e400,"acc":"A"}})")}) {
    for (const char* subject : {"$SYS.ACCOUNT.A.CONNECT", "$SYS.ACCOUNT.A.DISCONNECT", "$SYS.SERVER.N.CLIENT.AUTH.ERR",
                                "$SYS.ACCOUNT.A.SERVER.CONNS"}) {
      EXPECT_EQ(kind_of(subject, payload), EventKind::malformed) << subject << " " << payload.substr(0, 80);
    }
  }
  for (const char* subject : {"$SYS.SERVER.N.STATSZ", "$SYS.SERVER.N.SHUTDOWN", "$SYS.SERVER.N.LAMEDUCK",
                              "$SYS.REQ.CLAIMS.UPDATE", "$JS.EVENT.ADVISORY.API"}) {
    EXPECT_EQ(kind_of(subject, "nonsense"), EventKind::malformed) << subject;
  }
}

TEST(Events, NoTruncatedEventIsTaken) {
  for (const auto& recorded : test::recorded("2.15.2", "events")) {
    if (recorded.name.find("event.ACCOUNT.CONNECT") == std::string::npos) continue;
    for (std::size_t size = 0; size < recorded.payload.size(); size += 7) {
      EXPECT_EQ(kind_of(recorded.subject, recorded.payload.substr(0, size)), EventKind::malformed);
    }
  }
}

TEST(Events, AClaimsUpdateNamesItsAccountAndNothingElse) {
  // {"alg":"none"} . {"sub":"AFAKE","name":"Fake account","iss":"OFAKE"} . signature
  EventDecoder decoder;
  const Held held("$SYS.REQ.CLAIMS.UPDATE",
                  "eyJhbGciOiJub25lIn0.eyJzdWIiOiJBRkFLRSIsIm5hbWUiOiJGYWtlIGFjY291bnQiLCJpc3MiOiJPRkFLRSJ9.c2ln");
  const Event& event = decoder.decode(held.message());
  EXPECT_EQ(event.kind, EventKind::claims_update);
  EXPECT_EQ(event.account, "AFAKE");
  EXPECT_EQ(event.account_name, "Fake account");
}

TEST(Reasons, EveryWireTextHasASlug) {
  EXPECT_STREQ(reason_at(reason_index("Authentication Timeout")).slug, "authentication_timeout");
  EXPECT_STREQ(reason_at(reason_index("Slow Consumer (Pending Bytes)")).slug, "slow_consumer_pending_bytes");
  EXPECT_STREQ(reason_at(reason_index("Something New")).slug, "other");
  EXPECT_STREQ(reason_at(reason_index("")).slug, "other");
  EXPECT_TRUE(is_auth_reason(reason_index("Authentication Failure")));
  EXPECT_FALSE(is_auth_reason(reason_index("Client Closed")));
}

}  // namespace
}  // namespace lookout

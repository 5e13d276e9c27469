#include "agent/survey.h"

#include <set>

#include "collectors/collectors.h"
#include "tests/unit/fake_poll.h"

namespace lookout {
namespace {

using test::Poll;
using namespace std::chrono_literals;

const test::Levels kConnz{{"statsz", Level::summary}, {"connz", Level::summary}};

class SurveyTest : public Poll {
 protected:
  // A STATSZ of the server connected to, so that the clusters of the mesh are known.
  void mesh() {
    const Route push;
    ASSERT_NE(poller->assembly(push), nullptr);
    Reply reply;
    reply.server.id = "A";
    reply.server.cluster = "east";
    poller->answered(push, reply, 100, roster, clock.now());
  }
  void log_in_meshed() {
    poller->connected("A", clock.now());
    mesh();
    tick();
    for (const auto& server : roster.servers()) answer(last("STATSZ"), server->id);
    for (int i = 0; i < 15; ++i) tick();
  }
  // One request to this endpoint has been sent since the last look.
  Sent one(const std::string& endpoint) {
    const auto sent = take(endpoint);
    EXPECT_EQ(sent.size(), 1U) << endpoint;
    return sent.empty() ? Sent{} : sent.front();
  }
};

TEST_F(SurveyTest, PagesAreAskedUntilOneIsNotFull) {
  use(kConnz);
  join("A");
  log_in_meshed();
  Sent page = one("CONNZ");
  EXPECT_EQ(page.subject, "$SYS.REQ.SERVER.A.CONNZ");
  EXPECT_EQ(page.body, "summary version=2.15.2 rows=0+100");
  EXPECT_TRUE(page.gzip);
  EXPECT_EQ(answer(page, "A", 100).what, What::wait);
  page = one("CONNZ");
  EXPECT_EQ(page.body, "summary version=2.15.2 rows=100+100");
  EXPECT_EQ(answer(page, "A", 100).what, What::wait);
  page = one("CONNZ");
  const auto whole = answer(page, "A", 99);
  EXPECT_EQ(whole.what, What::apply);
  EXPECT_NE(whole.block, nullptr);
  EXPECT_TRUE(take("CONNZ").empty());
  tick();
  EXPECT_EQ(round("connz").rounds_total, 1U);
  EXPECT_EQ(round("connz").answered, 1U);
  EXPECT_TRUE(round("connz").missing.empty());
}

TEST_F(SurveyTest, AFullLastPageIsFollowedByAnEmptyOne) {
  use(kConnz);
  join("A");
  log_in_meshed();
  EXPECT_EQ(answer(one("CONNZ"), "A", 100).what, What::wait);
  EXPECT_EQ(answer(one("CONNZ"), "A", 0).what, What::apply);
}

TEST_F(SurveyTest, BelowItsPagedLevelAnEndpointIsAskedOfAllAtOnce) {
  use({{"statsz", Level::summary}, {"subsz", Level::summary}});
  join("A");
  log_in_meshed();
  EXPECT_EQ(one("SUBSZ").subject, "$SYS.REQ.SERVER.PING.SUBSZ");
  use({{"statsz", Level::summary}, {"subsz", Level::detail}});
  log_in_meshed();
  EXPECT_EQ(one("SUBSZ").body, "detail version=2.15.2 rows=0+100");
}

TEST_F(SurveyTest, APageThatComesTwiceIsTakenOnce) {
  use(kConnz);
  join("A");
  log_in_meshed();
  const Sent page = one("CONNZ");
  EXPECT_EQ(answer(page, "A", 100).what, What::wait);
  EXPECT_EQ(answer(page, "A", 100).what, What::ignore);
  EXPECT_EQ(round("connz").duplicate_total, 1U);
  const Sent next = one("CONNZ");
  EXPECT_EQ(answer(next, "A", 1).what, What::apply);
  EXPECT_EQ(answer(next, "A", 1).what, What::ignore);
  EXPECT_EQ(round("connz").duplicate_total, 2U);
}

TEST_F(SurveyTest, APageOfAnotherServerSpoilsTheAnswer) {
  use(kConnz);
  join("A");
  join("B");
  log_in_meshed();
  const auto asked = take("CONNZ");
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(answer(asked[0], "B", 1).what, What::ignore);
  EXPECT_EQ(answer(asked[1], "B", 1).what, What::apply);
  tick();
  EXPECT_EQ(round("connz").missing, (std::vector<ServerName>{{"east", "name-A"}}));
}

TEST_F(SurveyTest, ARefusalIsAnAnswerButNotInTheMiddle) {
  use(kConnz);
  join("A");
  join("B");
  log_in_meshed();
  Reply refused;
  refused.refused = true;
  const auto asked = take("CONNZ");
  const auto taken = answer(asked[0], "A", refused);
  EXPECT_EQ(taken.what, What::apply);
  EXPECT_EQ(taken.block, nullptr);
  EXPECT_EQ(answer(asked[1], "B", 100).what, What::wait);
  EXPECT_EQ(answer(one("CONNZ"), "B", refused).what, What::ignore);
  tick();
  tick();
  EXPECT_EQ(round("connz").missing, (std::vector<ServerName>{{"east", "name-B"}}));
}

TEST_F(SurveyTest, AServerThatNeverEndsIsGivenUp) {
  use(kConnz);
  join("A");
  log_in_meshed();
  std::size_t pages = 0;
  for (auto sent = take("CONNZ"); !sent.empty() && pages < 2 * Survey::kMaxPages; sent = take("CONNZ"), ++pages)
    answer(sent[0], "A", 100);
  EXPECT_EQ(pages, Survey::kMaxPages);
  tick();
  tick();
  EXPECT_EQ(round("connz").missing.size(), 1U);
}

TEST_F(SurveyTest, FewRingsAreReadAtATime) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"ring", Level::summary}});
  for (std::size_t i = 0; i < 2 * Survey::kRingsAtOnce; ++i) join("R" + std::to_string(i));
  for (const auto& server : roster.servers()) server->ring.wanted = true;
  log_in_meshed();
  std::size_t read = 0;
  for (int turns = 0; turns < 100 && read < 2 * Survey::kRingsAtOnce; ++turns) {
    const auto rings = take("RINGZ");
    ASSERT_LE(rings.size(), Survey::kRingsAtOnce);
    for (const Sent& each : take("CONNZ")) answer(each, std::string(poller->route(each.token)->server_id), 1);
    for (const Sent& each : rings) answer(each, std::string(poller->route(each.token)->server_id), 1);
    read += rings.size();
  }
  EXPECT_EQ(read, 2 * Survey::kRingsAtOnce);
  tick();
  EXPECT_EQ(round("connz").answered, 2 * Survey::kRingsAtOnce) << "others are asked meanwhile";
}

TEST_F(SurveyTest, ARingThatTakesTooLongIsBegunAnew) {
  use({{"statsz", Level::summary}, {"ring", Level::summary}});
  join("A");
  roster.find("A")->ring.wanted = true;
  log_in_meshed();
  Sent page = one("RINGZ");
  for (auto read = Survey::kSlot; read < Survey::kRingTime; read += Survey::kSlot) {
    tick(Survey::kSlot);
    ASSERT_EQ(answer(page, "A", 100).what, What::wait);
    page = one("RINGZ");
  }
  tick(Survey::kSlot);
  EXPECT_EQ(answer(page, "A", 100).what, What::ignore);
  for (int i = 0; i < 60; ++i) tick(1s);
  EXPECT_EQ(one("RINGZ").body, "summary version=2.15.2 rows=0+100");
}

TEST_F(SurveyTest, AServerIsAskedOneHeavyQuestionAtATime) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"subsz", Level::detail}});
  join("A");
  log_in_meshed();
  const Sent connz = one("CONNZ");
  EXPECT_TRUE(take("SUBSZ").empty());
  EXPECT_EQ(answer(connz, "A", 100).what, What::wait);
  EXPECT_TRUE(take("SUBSZ").empty()) << "pages first";
  EXPECT_EQ(answer(one("CONNZ"), "A", 1).what, What::apply);
  EXPECT_EQ(answer(one("SUBSZ"), "A", 1).what, What::apply);
}

TEST_F(SurveyTest, AQuestionThatComesWhileAnotherIsAnsweredWaits) {
  Survey survey(test::kTables, 100, transport);
  join("A");
  const Server& server = *roster.find("A");
  survey.add(server, {test::table("connz"), 1, Level::summary, 100}, clock.now());
  survey.tick(roster, clock.now());
  one("CONNZ");
  survey.add(server, {test::table("subsz"), 1, Level::detail, 100}, clock.now());
  survey.tick(roster, clock.after(1s));
  EXPECT_TRUE(transport.sent.empty());
  EXPECT_TRUE(survey.take_failures().empty());
}

TEST_F(SurveyTest, AQuestionToAServerThatHangsFailsAtOnce) {
  Survey survey(test::kTables, 100, transport);
  join("A");
  const Server& server = *roster.find("A");
  survey.add(server, {test::table("connz"), 1, Level::summary, 100}, clock.now());
  survey.tick(roster, clock.now());
  survey.tick(roster, clock.after(10s));
  ASSERT_EQ(survey.take_failures().size(), 1U);
  survey.add(server, {test::table("subsz"), 1, Level::detail, 100}, clock.now());
  EXPECT_EQ(survey.take_failures().size(), 1U);
}

TEST_F(SurveyTest, AServerThatHasBegunIsFinishedFirst) {
  use(kConnz);
  join("A");
  for (std::size_t i = 0; i < 2 * Survey::kAtOnce; ++i) join("S" + std::to_string(i));
  log_in_meshed();
  const auto asked = take("CONNZ");
  ASSERT_EQ(asked.size(), Survey::kAtOnce);
  answer(asked[0], "A", 100);
  EXPECT_EQ(one("CONNZ").subject, asked[0].subject);
}

TEST_F(SurveyTest, FewServersAreAskedAtATime) {
  use(kConnz);
  for (int i = 0; i < 50; ++i) join("S" + std::to_string(i));
  join("A");
  log_in_meshed();
  std::set<std::string> in_flight;
  std::size_t answered = 0;
  for (auto sent = take("CONNZ"); !sent.empty(); sent = take("CONNZ")) {
    for (const Sent& each : sent) EXPECT_TRUE(in_flight.insert(each.token).second);
    ASSERT_LE(in_flight.size(), Survey::kAtOnce);
    const auto route = *poller->route(*in_flight.begin());
    answer({"", *in_flight.begin(), "", true}, std::string(route.server_id), 1);
    in_flight.erase(in_flight.begin());
    ++answered;
  }
  while (!in_flight.empty()) {
    const auto route = *poller->route(*in_flight.begin());
    answer({"", *in_flight.begin(), "", true}, std::string(route.server_id), 1);
    in_flight.erase(in_flight.begin());
    ++answered;
  }
  tick();
  EXPECT_EQ(answered, 51U);
  EXPECT_EQ(round("connz").answered, 51U);
}

TEST_F(SurveyTest, LostAnswersHoldUpOtherServersForAMoment) {
  use(kConnz);
  for (std::size_t i = 0; i < 2 * Survey::kAtOnce; ++i) join("S" + std::to_string(i));
  log_in_meshed();
  const auto lost = take("CONNZ");
  ASSERT_EQ(lost.size(), Survey::kAtOnce);
  tick(1s);
  EXPECT_TRUE(take("CONNZ").empty());
  tick(1s);
  EXPECT_EQ(take("CONNZ").size(), Survey::kAtOnce);
  EXPECT_EQ(answer(lost[0], std::string(poller->route(lost[0].token)->server_id), 1).what, What::apply) << "late";
}

TEST_F(SurveyTest, AFrozenServerIsNamedAndHoldsUpNobody) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"subsz", Level::detail}});
  for (std::size_t i = 0; i < 2 * Survey::kAtOnce; ++i) join("F" + std::to_string(i));
  join("A");
  log_in_meshed();
  std::set<std::string> done;
  for (int i = 0; i < 400; ++i) {
    for (const char* endpoint : {"CONNZ", "SUBSZ"}) {
      for (const Sent& sent : take(endpoint)) {
        if (sent.subject.find(".A.") != std::string::npos && answer(sent, "A", 1).what == What::apply)
          done.insert(endpoint);
      }
    }
    tick();
  }
  EXPECT_EQ(done.size(), 2U);
  EXPECT_EQ(round("connz").missing.size(), 2 * Survey::kAtOnce);
  EXPECT_EQ(round("subsz").missing.size(), 2 * Survey::kAtOnce)
      << "what waits behind the frozen question fails with it";
  EXPECT_EQ(round("connz").answered, 1U);
  EXPECT_EQ(round("connz").missing[0], (ServerName{"east", "name-F0"}));
}

TEST_F(SurveyTest, ALateAnswerAppliesAndGoesOn) {
  use(kConnz);
  join("A");
  log_in_meshed();
  const Sent page = one("CONNZ");
  tick(10s);
  tick();
  EXPECT_EQ(round("connz").missing.size(), 1U);
  EXPECT_TRUE(take("CONNZ").empty()) << "a server that hangs is not asked again";
  EXPECT_EQ(answer(page, "A", 100).what, What::wait);
  const auto whole = answer(one("CONNZ"), "A", 1);
  EXPECT_EQ(whole.what, What::apply);
  EXPECT_NE(whole.block, nullptr);
  EXPECT_EQ(round("connz").late_total, 1U);
  tick(60s);
  EXPECT_EQ(answer(one("CONNZ"), "A", 1).what, What::apply) << "and the next round is as ever";
}

TEST_F(SurveyTest, ALateAnswerIsCountedEvenWhileOthersAreDue) {
  use(kConnz);
  join("A");
  join("B");
  log_in_meshed();
  const auto asked = take("CONNZ");
  tick(9s);
  EXPECT_EQ(answer(asked[1], "B", 100).what, What::wait);
  tick(2s);
  EXPECT_EQ(answer(asked[0], "A", 1).what, What::apply);
  EXPECT_EQ(round("connz").late_total, 1U);
  EXPECT_EQ(round("connz").rounds_total, 0U);
  EXPECT_EQ(answer(one("CONNZ"), "B", 1).what, What::apply);
  tick();
  EXPECT_TRUE(round("connz").missing.empty());
}

TEST_F(SurveyTest, WhatFailedWithALateAnswerIsNotAskedAfterIt) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"subsz", Level::detail}});
  join("A");
  log_in_meshed();
  const Sent page = one("CONNZ");
  tick(10s);
  tick();
  EXPECT_EQ(answer(page, "A", 1).what, What::apply);
  tick();
  EXPECT_TRUE(take("SUBSZ").empty()) << "its round is over";
  EXPECT_EQ(round("subsz").missing.size(), 1U);
}

TEST_F(SurveyTest, AnswersOfARoundThatIsReplacedAreIgnored) {
  use(kConnz);
  join("A");
  log_in_meshed();
  const Sent lost = one("CONNZ");
  tick(10s);
  tick(60s);
  const Sent fresh = one("CONNZ");
  EXPECT_NE(fresh.token, lost.token);
  EXPECT_EQ(answer(lost, "A", 1).what, What::ignore);
  EXPECT_EQ(answer(fresh, "A", 1).what, What::apply);
}

TEST_F(SurveyTest, ALostAnswerHoldsUpOtherQuestionsOnlyForAWhile) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"subsz", Level::detail}});
  join("A");
  log_in_meshed();
  one("CONNZ");
  for (int i = 0; i < 700; ++i) tick();
  EXPECT_FALSE(take("SUBSZ").empty());
}

TEST_F(SurveyTest, WhoDoesNotListenIsMissingAtOnce) {
  use(kConnz);
  join("A");
  join("B");
  log_in_meshed();
  const auto asked = take("CONNZ");
  poller->failed(*poller->route(asked[0].token));
  EXPECT_EQ(answer(asked[1], "B", 1).what, What::apply);
  tick();
  EXPECT_EQ(round("connz").missing, (std::vector<ServerName>{{"east", "name-A"}}));
}

TEST_F(SurveyTest, WhoStopsWhileHeWaitsIsNotAsked) {
  use(kConnz);
  for (std::size_t i = 0; i < Survey::kAtOnce; ++i) join("S" + std::to_string(i));
  join("Z");
  log_in_meshed();
  const auto asked = take("CONNZ");
  ASSERT_EQ(asked.size(), Survey::kAtOnce);
  roster.stopped(*roster.find("Z"), clock.now().wall, clock.now());
  for (const Sent& sent : asked) answer(sent, std::string(poller->route(sent.token)->server_id), 1);
  EXPECT_TRUE(take("CONNZ").empty());
  tick();
  EXPECT_EQ(round("connz").expected, Survey::kAtOnce);
  EXPECT_TRUE(round("connz").missing.empty());
}

TEST_F(SurveyTest, AfterAReconnectNothingOldIsAwaited) {
  use(kConnz);
  join("A");
  log_in_meshed();
  const Sent old = one("CONNZ");
  poller->disconnected();
  log_in_meshed();
  const Sent fresh = one("CONNZ");
  EXPECT_EQ(answer(old, "A", 1).what, What::ignore);
  EXPECT_EQ(answer(fresh, "A", 1).what, What::apply);
}

// Accounts

TEST_F(SurveyTest, EachSharedAccountIsAskedOfOneServer) {
  use({{"statsz", Level::summary}, {"accountz", Level::summary}});
  join("A");
  join("B");
  join("C");
  accounts = {{"A", {"ACC1", "ACC2"}}, {"B", {"ACC1", "ACC3"}}, {"C", {"ACC2"}}};
  log_in_meshed();
  std::vector<std::string> asked;
  for (auto sent = take("ACCOUNTZ"); !sent.empty(); sent = take("ACCOUNTZ")) {
    for (const Sent& each : sent) {
      asked.push_back(each.subject + " " + each.body);
      answer(each, std::string(poller->route(each.token)->server_id));
    }
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"$SYS.REQ.SERVER.A.ACCOUNTZ summary version=2.15.2 account=ACC1",
                                             "$SYS.REQ.SERVER.B.ACCOUNTZ summary version=2.15.2 account=ACC3",
                                             "$SYS.REQ.SERVER.A.ACCOUNTZ summary version=2.15.2 account=ACC2"}));
  tick();
  EXPECT_EQ(round("accountz").expected, 2U) << "C has nothing to be asked for";
  EXPECT_EQ(round("accountz").answered, 2U);
}

TEST_F(SurveyTest, JetStreamAccountsAreAskedOfEveryServerThatRunsIt) {
  use({{"statsz", Level::summary}, {"raftaz", Level::summary}});
  join("A");
  join("B");
  join("nojs");
  for (const char* id : {"A", "B", "nojs"}) accounts[id] = {"ACC1"};
  log_in_meshed();
  EXPECT_EQ(subjects(take("RAFTZ")), (std::vector<std::string>{"$SYS.REQ.SERVER.A.RAFTZ", "$SYS.REQ.SERVER.B.RAFTZ"}));
}

TEST_F(SurveyTest, TheAnswersOfAllAccountsAreOne) {
  use({{"statsz", Level::summary}, {"accountz", Level::summary}});
  join("A");
  accounts = {{"A", {"ACC1", "ACC2", "ACC3"}}};
  log_in_meshed();
  Reply first;
  first.accounts = {{"ACC1", "one", 0, 0}};
  EXPECT_EQ(answer(one("ACCOUNTZ"), "A", first).what, What::wait);
  Reply refused;
  refused.refused = true;
  EXPECT_EQ(answer(one("ACCOUNTZ"), "A", refused).what, What::wait) << "the others may be answered";

  const Sent sent = one("ACCOUNTZ");
  const auto route = *poller->route(sent.token);
  ASSERT_NE(poller->assembly(route), nullptr);
  Reply third;
  third.server.id = "A";
  third.accounts = {{"ACC3", "three", 0, 0}};
  EXPECT_NE(poller->answered(route, third, 1, roster, clock.now()).block, nullptr);
  ASSERT_EQ(third.accounts.size(), 2U);
  EXPECT_EQ(third.accounts[0].name, "one");
  EXPECT_EQ(third.accounts[1].name, "three");
}

// Leaf node links

const test::Levels kDetail{{"statsz", Level::summary}, {"connz", Level::detail}};

TEST_F(SurveyTest, InTheMeshPagesAreLarge) {
  use(kDetail);
  join("A");
  join("B");
  log_in_meshed();
  for (const Sent& sent : take("CONNZ")) EXPECT_EQ(sent.body, "detail version=2.15.2 rows=0+100");
  EXPECT_TRUE(round("connz").detail_skipped.empty());
}

TEST_F(SurveyTest, BehindALeafLinkPagesAreSmallAndDetailComesSecond) {
  use(kDetail);
  join("A");
  join("L", "site");
  log_in_meshed();
  const auto first = take("CONNZ");
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].body, "detail version=2.15.2 rows=0+100");
  EXPECT_EQ(first[1].body, "summary version=2.15.2 rows=0+25");
  answer(first[0], "A", 1);
  EXPECT_EQ(answer(first[1], "L", 24, 1000).what, What::apply);
  tick();
  EXPECT_EQ(round("connz").detail_skipped, (std::vector<ServerName>{{"site", "name-L"}}));

  tick(60s);
  const auto second = take("CONNZ");
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[1].body, "detail version=2.15.2 rows=0+25");
  for (const Sent& sent : second) answer(sent, std::string(poller->route(sent.token)->server_id), 1);
  tick();
  EXPECT_TRUE(round("connz").detail_skipped.empty());
}

TEST_F(SurveyTest, DetailThatWouldBeTooBigForALeafLinkIsLeftOut) {
  use(kDetail);
  join("L", "site");
  log_in_meshed();
  const auto round_of = [&](std::uint64_t bytes) {
    const Sent sent = one("CONNZ");
    answer(sent, "L", 1, bytes);
    tick(60s);
    return sent.body.substr(0, sent.body.find(' '));
  };
  EXPECT_EQ(round_of(60000), "summary");
  EXPECT_EQ(round_of(40000), "summary") << "ten times as much would not fit";
  EXPECT_EQ(round_of(600000), "detail") << "now it would, but turns out to be bigger than thought";
  EXPECT_EQ(round_of(40000), "summary");
  EXPECT_EQ(round_of(20000), "summary") << "by the ratio that is known now, it does not fit";
  EXPECT_EQ(round_of(20000), "detail");
}

TEST_F(SurveyTest, ALeafServerWhoseSummaryIsTooBigIsLeftAloneForAnHour) {
  use(kConnz);
  join("L", "site");
  log_in_meshed();
  answer(one("CONNZ"), "L", 1, 600000);
  for (int i = 0; i < 58; ++i) {
    hear("L");
    tick(60s);
    EXPECT_TRUE(take("CONNZ").empty());
  }
  EXPECT_EQ(round("connz").detail_skipped.size(), 1U);
  EXPECT_TRUE(round("connz").missing.empty());
  for (int i = 0; i < 4; ++i) tick(60s);
  EXPECT_FALSE(take("CONNZ").empty());
}

TEST_F(SurveyTest, AnAnswerThatALeafLinkSwallowsIsNotAskedForAgain) {
  use(kConnz);
  join("L", "site");
  log_in_meshed();
  for (int i = 0; i < 2; ++i) {
    one("CONNZ");
    tick(9s);
    hear("L");  // it lives, yet the answer does not come; the first time its link may just have been down
    tick(1s);
    tick(60s);
  }
  EXPECT_TRUE(take("CONNZ").empty());
}

TEST_F(SurveyTest, AnAnswerThatUsedToComeIsAskedForAgainUntilItIsLostTooOften) {
  use(kConnz);
  join("L", "site");
  log_in_meshed();
  const auto lose = [&] {
    tick(9s);
    hear("L");
    tick(1s);
    tick(60s);
  };
  answer(one("CONNZ"), "L", 1, 10000);
  tick(60s);
  one("CONNZ");
  lose();  // its link was down for a moment
  answer(one("CONNZ"), "L", 1, 10000);
  tick(60s);
  for (int i = 0; i < 3; ++i) {
    one("CONNZ");
    lose();
  }
  EXPECT_TRUE(take("CONNZ").empty()) << "it has grown";
}

TEST_F(SurveyTest, AFrozenLeafServerIsAskedAgain) {
  use(kConnz);
  join("L", "site");
  log_in_meshed();
  one("CONNZ");
  tick(10s);
  tick(60s);
  EXPECT_FALSE(take("CONNZ").empty());
}

TEST_F(SurveyTest, TheMeshIsReadFromTheRealTable) {
  const Collector& statsz = collectors().front();
  ReplyDecoder decoder;
  Assembly assembly(statsz, Level::summary);
  const test::Held held("token", R"({"server":{"name":"a","id":"A","ver":"2.15.2","time":"2026-01-01T00:00:00Z"},
      "statsz":{"gateways":[{"gwid":1,"name":"west","sent":{"msgs":1,"bytes":1}}]}})");
  ASSERT_TRUE(decoder.decode(held.message(), assembly));
  LeafGuard guard(collectors());
  guard.mesh("east", *assembly.finish());
  Server server;
  server.cluster = "west";
  server.id = "W";
  EXPECT_FALSE(guard.outside(server));
}

TEST_F(SurveyTest, ServersBehindGatewaysAreInTheMesh) {
  Part gateways(1, 1);
  const std::vector<std::string> west{"west"};
  gateways.add(west, std::vector<double>{1});
  Block statsz;
  statsz.parts = {Part(0, 1), gateways};
  LeafGuard guard(test::kTables);
  guard.connected("A", 0);
  Server server;
  server.id = "B";
  server.cluster = "west";
  EXPECT_TRUE(guard.outside(server)) << "nothing is known yet";
  guard.mesh("east", statsz);
  EXPECT_FALSE(guard.outside(server));
  server.cluster = "east";
  EXPECT_FALSE(guard.outside(server));
  server.cluster = "site";
  EXPECT_TRUE(guard.outside(server));
  server.cluster = "";
  EXPECT_TRUE(guard.outside(server)) << "a server without a cluster is reached by a leaf node link";
  server.id = "A";
  EXPECT_FALSE(guard.outside(server));
}

TEST_F(SurveyTest, WhereMemoryIsShortLessIsAsked) {
  use({{"statsz", Level::summary}, {"subsz", Level::detail}});
  join("A");
  join("B");
  log_in_meshed();
  const auto asked = take("SUBSZ");
  ASSERT_EQ(asked.size(), 2U);
  ASSERT_TRUE(poller->can_reduce(test::table("subsz")));
  poller->reduce(test::table("subsz"));
  EXPECT_TRUE(round("subsz").reduced);
  EXPECT_TRUE(round("subsz").polled);
  EXPECT_FALSE(poller->route(asked[0].token)) << "a page of detail is no summary";
  for (int i = 0; i < 700 && poller->rounds()[test::table("subsz")].rounds_total == 0; ++i) {
    tick();
    for (const auto& summary : take("SUBSZ")) {
      EXPECT_EQ(summary.body, "summary");
      for (const char* id : {"A", "B"}) EXPECT_EQ(answer(summary, id).what, What::apply);
    }
    for (const char* id : {"A", "B"}) hear(id);
  }
  EXPECT_EQ(round("subsz").answered, 2U);

  poller->reduce(test::table("subsz"));
  EXPECT_FALSE(round("subsz").polled);
  EXPECT_FALSE(poller->can_reduce(test::table("subsz")));
  EXPECT_FALSE(poller->can_reduce(test::table("statsz"))) << "servers are known by it";
  for (int i = 0; i < 700; ++i) tick();
  EXPECT_TRUE(take("SUBSZ").empty());
}

TEST_F(SurveyTest, OthersGoOnWhenOneIsAskedLess) {
  use({{"statsz", Level::summary}, {"connz", Level::summary}, {"subsz", Level::detail}});
  join("A");
  log_in_meshed();
  const Sent first = one("CONNZ");
  EXPECT_TRUE(take("SUBSZ").empty()) << "one request at a time";
  poller->reduce(test::table("subsz"));
  EXPECT_EQ(answer(first, "A", 100).what, What::wait);
  EXPECT_EQ(answer(one("CONNZ"), "A", 3).what, What::apply);
  tick();
  EXPECT_EQ(round("connz").answered, 1U);
}

}  // namespace
}  // namespace lookout

#include "exporters/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "exporters/reference.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr Metric kServerMetrics[] = {
    {gauge, "nats_server_trial_bytes", "/mem", "Resident memory of the server."},
    {counter, "nats_server_trial_total", "/in", "Messages by direction.", As::number, R"(direction="in")"},
    {counter, "nats_server_trial_total", "/out", "Messages by direction.", As::number, R"(direction="out")"},
};
constexpr Label kBuildLabels[] = {{"go_version", "/go"}, {"git_commit", "/git"}};
constexpr Metric kBuild[] = {{gauge, "nats_server_trial_info", "", "Facts as labels; always 1.", As::one}};
constexpr Label kRouteLabels[] = {{"remote", "/name"}, {"raft_group", "/group", nullptr, true}};
constexpr Metric kRouteMetrics[] = {{gauge, "nats_route_trial_bytes", "/pending", "Bytes that wait for the route."}};
constexpr Label kStreamLabels[] = {{"account", "^/id"}, {"stream", "/name"}};
constexpr Metric kStreams[] = {{gauge, "nats_stream_trial_has_leader", "", "Whether it has one.", As::leads},
                               {gauge, "nats_stream_trial_messages", "/messages", "Messages of the stream."}};
constexpr Section kSections[] = {
    {.path = "/statsz", .labels = {}, .metrics = kServerMetrics},
    {.path = "/statsz", .labels = kBuildLabels, .metrics = kBuild},
    {.path = "/statsz/routes", .labels = kRouteLabels, .metrics = kRouteMetrics},
    {.path = "/statsz/streams/*", .labels = kStreamLabels, .metrics = kStreams, .of = Of::asset, .leader = "/leader"},
    {.path = "/statsz/routes", .labels = kRouteLabels, .metrics = kBuild, .native = false},
};
constexpr Collector kTables[] = {{.name = "statsz", .endpoint = "STATSZ", .sections = kSections}};

const Now kNow{Mono(1000s), Wall(1700000000s)};

std::uint8_t reason(std::string_view wire) {
  return reason_index(wire);
}

using Texts = std::vector<std::string>;
using Values = std::vector<double>;

std::shared_ptr<Block> block(const std::vector<std::pair<Texts, Values>>& routes) {
  auto made = std::make_shared<Block>();
  for (const Section& section : kSections) made->parts.emplace_back(section.labels.size(), section.metrics.size());
  made->parts[0].add(Texts{}, Values{1.5e9, 10, Part::kAbsent});
  made->parts[1].add(Texts{"go1.24", "abc"}, Values{1});
  for (const auto& [labels, values] : routes) made->parts[2].add(labels, values);
  made->parts[4].add(Texts{"hidden", "hidden"}, Values{1});
  made->received = kNow.mono - 7s;
  made->server_time = kNow.wall - 7s;
  return made;
}

std::shared_ptr<ServerView> server(std::string cluster, std::string name) {
  auto view = std::make_shared<ServerView>();
  view->cluster = std::move(cluster);
  view->name = std::move(name);
  view->id = "NAAAA";
  view->version = "2.12.1";
  view->host = "10.0.0.1";
  view->start = Wall(1699990000s + 500ms);
  view->state = Lifecycle::up;
  view->up = true;
  view->blocks = {block({{{"n2", "g1"}, {64}}})};
  return view;
}

Snapshot snapshot() {
  Snapshot made;
  made.taken = kNow;
  made.version = 1;
  made.link = {true, "nats://127.0.0.1:4222", "n1", Identity::system, "", Wall(1699999000s), 1.25};
  auto up = server("east", "n1");
  up->restarts[static_cast<std::size_t>(RestartCause::crash)] = 2;
  up->unseen = 3;
  up->connects = {{1, ClientKind::client, ClientType::nats, 0, 200}, {0, ClientKind::leafnode, ClientType::none, 0, 1}};
  up->disconnects = {{1, ClientKind::client, ClientType::nats, reason("Client Closed"), 150},
                     {1, ClientKind::client, ClientType::nats, reason("Stale Connection"), 2}};
  up->auth_errors.resize(reason_count());
  up->auth_errors[reason("Authentication Failure")] = 50;
  up->auth_error_details = {
      {2, ClientKind::client, ClientType::websocket, Credential::password, reason("Authentication Failure"), 50}};
  up->closed_before_auth.resize(reason_count());
  up->closed_before_auth[reason("Protocol Violation")] = 4;
  up->accounts = {{1, 50, 0}, {2, 1, 1}};
  auto lost = server("", "n2");
  lost->state = Lifecycle::lost;
  lost->up = false;
  lost->blocks.clear();
  made.servers = {lost, up};
  made.accounts =
      std::make_shared<std::vector<Account>>(std::vector<Account>{{"other", "other"}, {"AAPP", "orders"}, {"$G", ""}});
  made.servers_by_state = {0, 1, 0, 0, 1};
  made.events[static_cast<std::size_t>(EventKind::auth_error)] = 50;
  made.rounds = {{2, 1, 0, 0, 9, {{"", "n2"}}, {{"east", "n1"}}}};
  made.auth = {{"", 0, 0, 0, {}}, {"east", 48, 3, 2, {true}}};
  made.findings = {{"server_lost", "n2", Health::critical, Wall(1699999900s), "n2 fell silent."}};
  made.transitions = {{"server_lost", {1, 0, 2, 0}}};
  made.health = Health::critical;
  return made;
}

std::string page(const Snapshot& from) {
  const Instruments instruments;
  return render_fleet(from, Format::text, kTables) + render_agent(from, instruments, kNow, Format::text, kTables);
}

// A strict reader of the text format: series by their text, each family in one piece with HELP and TYPE before its
// samples.
struct Parsed {
  std::map<std::string, std::string> series;
  std::map<std::string, std::string> types;
  std::vector<std::string> faults;
};

std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string tail = suffix;
    if (!name.ends_with(tail)) continue;
    const auto found = types.find(name.substr(0, name.size() - tail.size()));
    if (found != types.end() && found->second == "histogram") return found->first;
  }
  return name;
}

Parsed parse(const std::string& text) {
  static const std::regex kHeader(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
  static const std::regex kSample(
      R"re(([a-z_]+)(\{((?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?[0-9.e+-]+))re");
  Parsed parsed;
  std::string current;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kHeader)) {
      current = match[2];
      if (match[1] == "TYPE" && !parsed.types.emplace(current, match[3]).second)
        parsed.faults.push_back("family twice: " + line);
    } else if (std::regex_match(line, match, kSample)) {
      const std::string family = family_of(match[1], parsed.types);
      if (family != current || !parsed.types.contains(family)) parsed.faults.push_back("outside its family: " + line);
      if (!parsed.series.emplace(match[1].str() + match[2].str(), match[4]).second)
        parsed.faults.push_back("series twice: " + line);
    } else {
      parsed.faults.push_back("unreadable: " + line);
    }
  }
  return parsed;
}

// Without what differs from run to run and release to release.
std::string stable(const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("process_")) continue;
    if (line.starts_with("nats_lookout_build_info"))
      line = R"(nats_lookout_build_info{version="VERSION",revision="REVISION"} 1)";
    kept += line + '\n';
  }
  return kept;
}

TEST(Prometheus, ThePageIsTheGoldenOne) {
  const std::string path = std::string(TEST_DATA) + "/golden/metrics.prom";
  const std::string got = stable(page(snapshot()));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
}

TEST(Prometheus, ThePageIsWellFormed) {
  const Parsed parsed = parse(page(snapshot()));
  EXPECT_THAT(parsed.faults, testing::IsEmpty());
  EXPECT_GT(parsed.series.size(), 100U);
  for (const auto& [name, type] : parsed.types) EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
}

TEST(Prometheus, AnEmptySnapshotIsAValidPage) {
  const Parsed parsed = parse(page(Snapshot{}));
  EXPECT_THAT(parsed.faults, testing::IsEmpty());
  EXPECT_EQ(parsed.series.at("nats_lookout_connected"), "0");
  EXPECT_EQ(parsed.series.at("nats_health_state"), "3");
  EXPECT_EQ(parsed.series.at(R"(nats_lookout_events_total{event="auth_error"})"), "0");
  EXPECT_FALSE(parsed.types.contains("nats_lookout_data_age_seconds"));
}

TEST(Prometheus, HostileNamesNeitherBreakThePageNorMakeASeriesTwice) {
  const std::string huge(10000, 'x');
  Snapshot from = snapshot();
  from.servers.clear();
  for (const std::string& name :
       {std::string("a\"b\\c\nd"), std::string("}\nnats_server_up 0\n"), std::string("\xff"), std::string("\xfe"),
        huge + "1", huge + "2", std::string("nul\0x", 5), std::string("\xc2\x85"), std::string()}) {
    auto hostile = server("c\"\n", name);
    hostile->version = name;
    hostile->host = name;
    hostile->blocks = {block({{{name, ""}, {1}}, {{name, ""}, {2}}, {{"\xfd", ""}, {3}}})};
    hostile->connects = {{1, ClientKind::client, ClientType::nats, 0, 1},
                         {2, ClientKind::client, ClientType::nats, 0, 1},
                         {3, ClientKind::client, ClientType::nats, 0, 1},
                         {99, ClientKind::client, ClientType::nats, 0, 1}};
    from.servers.push_back(hostile);
  }
  from.accounts = std::make_shared<std::vector<Account>>(
      std::vector<Account>{{"other", "other"}, {"other", "real"}, {"\xff", huge}, {"\xfe", "\"\\\n"}});
  from.findings = {{"check", "\xff", Health::warning, {}, ""}, {"check", "\xfe", Health::warning, {}, ""}};
  const std::string text = page(from);
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.faults, testing::IsEmpty());
  EXPECT_THAT(text, HasSubstr(R"(account="other~1",account_name="real")"));
  EXPECT_GT(std::stoi(parsed.series.at("nats_lookout_page_left_out")), 0);
  EXPECT_LT(text.size(), 1000000U);
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= ' ');
}

TEST(Prometheus, AServerThatIsDownKeepsItsCountersAndLosesItsFacts) {
  const Parsed parsed = parse(page(snapshot()));
  EXPECT_EQ(parsed.series.at(R"(nats_server_up{nats_cluster="",server="n2"})"), "0");
  EXPECT_EQ(parsed.series.at(R"(nats_auth_errors_total{nats_cluster="",server="n2",reason="authentication_failure"})"),
            "0");
  EXPECT_EQ(parsed.series.at(R"(nats_server_restarts_total{nats_cluster="",server="n2",cause="crash"})"), "0");
  EXPECT_FALSE(parsed.series.contains(R"(nats_server_trial_bytes{nats_cluster="",server="n2"})"));
  for (const auto& [series, value] : parsed.series) {
    if (series.starts_with("nats_server_info")) {
      EXPECT_THAT(series, Not(HasSubstr(R"(server="n2")")));
    }
  }
}

TEST(Prometheus, EveryReasonOfAFailedLoginExistsAtZero) {
  const std::string text = render_fleet(snapshot(), Format::text, kTables);
  for (std::uint8_t i = 0; i < reason_count(); ++i) {
    const std::string series =
        R"(nats_auth_errors_total{nats_cluster="east",server="n1",reason=")" + std::string(reason_at(i).slug) + "\"} ";
    EXPECT_EQ(text.find(series) != std::string::npos, is_auth_reason(i)) << series;
  }
}

TEST(Prometheus, WhatIsAbsentHasNoSample) {
  const std::string text = render_fleet(snapshot(), Format::text, kTables);
  EXPECT_THAT(text, HasSubstr(R"(nats_server_trial_total{nats_cluster="east",server="n1",direction="in"} 10)"));
  EXPECT_THAT(text, Not(HasSubstr(R"(direction="out")")));
}

TEST(Prometheus, TheDataIsAsOldAsTheOldestReply) {
  Snapshot from = snapshot();
  auto older = server("east", "n3");
  auto stale = block({});
  stale->received = kNow.mono - 42s;
  older->blocks = {stale};
  from.servers.push_back(older);
  EXPECT_EQ(parse(page(from)).series.at(R"(nats_lookout_data_age_seconds{endpoint="statsz"})"), "42");
}

TEST(Prometheus, TheInstrumentsAreWrittenByOurWriter) {
  Instruments instruments;
  instruments.http_requests.Add({{"path", "a\"b\n\xff"}, {"code", "200"}}).Increment();
  instruments.batch_seconds.Observe(0.002);
  instruments.batch_seconds.Observe(100);
  prometheus::BuildGauge()
      .Name("nats_lookout_trial")
      .Help("Two\nlines.")
      .Register(instruments.registry)
      .Add({})
      .Set(0.1 + 0.2);
  const std::string text = render_agent(snapshot(), instruments, kNow, Format::text, kTables);
  const Parsed parsed = parse(text);
  EXPECT_THAT(parsed.faults, testing::IsEmpty());
  EXPECT_THAT(text, HasSubstr("# HELP nats_lookout_trial Two\\nlines.\n"));
  EXPECT_EQ(parsed.series.at("nats_lookout_trial"), "0.30000000000000004");
  EXPECT_EQ(parsed.series.at(R"(nats_lookout_loop_batch_seconds_bucket{le="+Inf"})"), "2");
  EXPECT_EQ(parsed.series.at("nats_lookout_loop_batch_seconds_count"), "2");
  EXPECT_EQ(parsed.types.at("nats_lookout_loop_batch_seconds"), "histogram");
}

TEST(Prometheus, TheProcessIsDescribed) {
  const Parsed parsed = parse(page(Snapshot{}));
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_threads", "process_start_time_seconds"}) {
    ASSERT_TRUE(parsed.series.contains(name)) << name;
  }
  EXPECT_GT(std::stod(parsed.series.at("process_resident_memory_bytes")), 1e6);
  EXPECT_GT(std::stod(parsed.series.at("process_start_time_seconds")), 1.6e9);
  EXPECT_GE(std::stod(parsed.series.at("process_threads")), 1);
}

// A stream that several servers tell of: the leader, the leader before, and one that knows no leader.
TEST(Prometheus, AFactOfSeveralServersAppearsOnce) {
  const auto tells = [](const char* name, Wall when, bool leads, double messages) {
    auto view = server("east", name);
    auto made = block({});
    made->server_time = when;
    made->parts[3].add(Texts{"AAPP", "ORDERS"}, Values{leads ? 1.0 : 0.0, leads ? messages : Part::kAbsent}, leads);
    view->blocks = {made};
    return view;
  };
  const std::string labels = R"({nats_cluster="east",domain="",account="AAPP",account_name="orders",stream="ORDERS"})";
  const Wall t = kNow.wall;
  Snapshot from = snapshot();
  from.servers = {tells("n1", t - 60s, true, 1), tells("n2", t - 30s, true, 2), tells("n3", t - 1s, false, 3)};
  const Parsed leaders = parse(page(from));
  EXPECT_THAT(leaders.faults, testing::IsEmpty());
  EXPECT_EQ(leaders.series.at("nats_stream_trial_messages" + labels), "2") << "the newer leader";
  EXPECT_EQ(leaders.series.at("nats_stream_trial_has_leader" + labels), "1");
  EXPECT_EQ(leaders.series.at("nats_lookout_page_left_out"), "0") << "nothing was lost";
  from.servers = {tells("n2", t - 30s, false, 2), tells("n3", t - 1s, false, 3)};
  const Parsed leaderless = parse(page(from));
  EXPECT_EQ(leaderless.series.at("nats_stream_trial_has_leader" + labels), "0");
  EXPECT_FALSE(leaderless.series.contains("nats_stream_trial_messages" + labels));
}

std::string check_state(const char* check, const char* cluster) {
  return R"(nats_health_check_state{check=")" + std::string(check) + R"(",nats_cluster=")" + cluster + R"("})";
}

TEST(HealthSeries, EveryCheckHasAStateInEveryClusterFromTheStart) {
  Snapshot from = snapshot();
  from.findings[0].cluster = "east";
  from.findings.push_back({"server_cpu", "east/n1", Health::warning, {}, "", "east"});
  from.findings.push_back({"server_cpu", "east/n3", Health::unknown, {}, "", "east"});
  const Parsed parsed = parse(page(from));
  EXPECT_THAT(parsed.faults, testing::IsEmpty());
  EXPECT_EQ(parsed.series.at(check_state("server_lost", "east")), "2");
  EXPECT_EQ(parsed.series.at(check_state("server_lost", "")), "0") << "the cluster of standalone servers";
  EXPECT_EQ(parsed.series.at(check_state("server_cpu", "east")), "1");
  EXPECT_EQ(parsed.series.at(check_state("meta_leader", "east")), "0");
  EXPECT_EQ(parsed.series.at(check_state("auth_outage", "east")), "0");
  EXPECT_EQ(parsed.series.at(check_state("account_expired", "")), "0");
  EXPECT_EQ(parsed.series.at(check_state("agent_connection", "")), "0");
  for (const char* check : {"account_expired", "agent_connection"})
    EXPECT_FALSE(parsed.series.contains(check_state(check, "east"))) << check << " is of no cluster";
  EXPECT_FALSE(parsed.series.contains(check_state("server_auth_not_required", "east"))) << "it is off";
}

TEST(HealthSeries, WhatIsNotCheckedHasNoState) {
  Snapshot from = snapshot();
  from.judging.partial = true;
  from.auth_unseen = "one server does not see them all";
  from.judging.settings = {{CheckSetting::Of::cluster, "east", Check::server_cpu, false, {}, {}, {}}};
  const Parsed parsed = parse(page(from));
  for (const char* check : {"cluster_servers", "account_connections", "auth_outage"})
    EXPECT_FALSE(parsed.series.contains(check_state(check, ""))) << check;
  EXPECT_FALSE(parsed.series.contains(check_state("server_cpu", "east")));
  EXPECT_EQ(parsed.series.at(check_state("server_cpu", "")), "0");
  EXPECT_FALSE(parsed.series.contains(R"(nats_health_transitions_total{check="cluster_servers",state="ok"})"));
}

TEST(HealthSeries, NothingIsOkWhileTheAgentSeesNothing) {
  Snapshot from = snapshot();
  from.link.connected = false;
  EXPECT_EQ(parse(page(from)).series.at(check_state("meta_leader", "east")), "3");
  from.link.connected = true;
  from.rounds[0].rounds_total = 0;
  EXPECT_EQ(parse(page(from)).series.at(check_state("meta_leader", "east")), "3");
  EXPECT_EQ(parse(page(from)).series.at(check_state("agent_permissions", "")), "0");
}

TEST(HealthSeries, TransitionsAreCountedFromZero) {
  const Parsed parsed = parse(page(snapshot()));
  const auto count = [&](const std::string& check, const std::string& state) {
    return parsed.series.at("nats_health_transitions_total{check=\"" + check + "\",state=\"" + state + "\"}");
  };
  EXPECT_EQ(count("server_lost", "critical"), "2");
  EXPECT_EQ(count("server_lost", "ok"), "1");
  EXPECT_EQ(count("stream_leader", "critical"), "0");
  EXPECT_EQ(count("auth_outage", "critical"), "0");
  EXPECT_EQ(parsed.series.at(R"(nats_health_finding_since_timestamp_seconds{check="server_lost",entity="n2"})"),
            "1699999900");
}

TEST(Prometheus, WhatIsKeptForThePeersIsNotOnThePage) {
  EXPECT_THAT(page(snapshot()), Not(HasSubstr("hidden")));
  EXPECT_THAT(page(snapshot()), Not(HasSubstr("raft_group")));
}

TEST(Prometheus, TheReferenceIsCurrent) {
  const std::string path = std::string(TEST_DATA) + "/../docs/metrics.md";
  const std::string got = render_reference();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string held{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(held, got) << "nats-lookout metrics > docs/metrics.md";
}

TEST(Prometheus, NoFamilyOfTheCollectorsCollidesWithAnother) {
  const std::string text = render_fleet(snapshot(), Format::text, kTables);
  std::set<std::string> seen;
  for (const Collector& collector : collectors()) {
    for (const Section& section : collector.sections) {
      std::string last;
      for (const Metric& metric : section.metrics) {
        if (!section.native || metric.name == last) continue;
        last = metric.name;
        EXPECT_TRUE(seen.insert(last).second) << last << " stands in two places";
        EXPECT_THAT(text, Not(HasSubstr("# TYPE " + last + ' '))) << last << " is a native family";
      }
    }
  }
}

}  // namespace
}  // namespace lookout

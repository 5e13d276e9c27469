#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "collectors/collectors.h"
#include "config/options.h"
#include "config/reload.h"
#include "support.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;
using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

Config good(const Arguments& arguments, const Environment& environment = {}) {
  const CommandLine line = parse(arguments, environment);
  EXPECT_FALSE(line.exit) << line.text;
  return line.config;
}

std::string refused(const Arguments& arguments, const Environment& environment = {}) {
  const CommandLine line = parse(arguments, environment);
  EXPECT_TRUE(line.exit) << "was accepted";
  EXPECT_EQ(line.exit_code, 2) << line.text;
  EXPECT_EQ(line.text.find('\n'), std::string::npos) << "more than one line: " << line.text;
  return line.text;
}

// Nests "a.b.c: value" as YAML wants it.
std::string nested(const std::string& path, const std::string& value) {
  std::string yaml;
  std::string indent;
  std::stringstream parts(path);
  for (std::string part; std::getline(parts, part, '.'); indent += "  ")
    yaml += (yaml.empty() ? "" : "\n") + indent + part + ":";
  return yaml + " " + value + "\n";
}

// Two good values of every option, and what else must be given with it.
struct Sample {
  std::string path;
  const char* one;
  const char* other;
  Arguments with;
};
const std::vector<Sample> kSamplesBefore{
    {"nats.url", "nats://a:1,tls://b:2", "c", {}},
    {"nats.user", "ann", "bob", {}},
    {"nats.password", "fake one", "fake: other", {"--nats.user=ann"}},
    {"nats.password-file", "/secrets/a", "b", {"--nats.user=ann"}},
    {"nats.token", "fake-a", "fake-b", {}},
    {"nats.token-file", "a", "b", {}},
    {"nats.nkey", "a.nk", "b.nk", {}},
    {"nats.creds", "a.creds", "b.creds", {}},
    {"nats.tls.ca", "a", "b", {}},
    {"nats.tls.cert", "a", "b", {"--nats.tls.key=k"}},
    {"nats.tls.key", "a", "b", {"--nats.tls.cert=c"}},
    {"nats.tls.first", "true", "false", {}},
    {"nats.inbox-prefix", "_INBOX.a", "in.box", {}},
    {"nats.timeout", "1s", "1500ms", {}},
    {"nats.ping-interval", "1s", "2s", {}},
    {"nats.reconnect-wait", "1s", "2s", {}},
    {"nats.reconnect-wait-max", "20s", "30s", {}},
    {"scope", "server", "system", {}},
    {"server-name", "n1", "n2", {"--scope=server"}},
    {"shard", "2/3", "3/3", {}},
    {"events.subjects", "minimal", "auto", {}},
    {"events.log", "/log/a", "off", {}},
    {"events.kinds", "all", "auth,other", {}},
    {"servers.lost-after", "1s", "2s", {}},
    {"servers.drain-limit", "1s", "2s", {}},
    {"servers.retire-stopped", "1s", "0", {}},
    {"servers.retire-lost", "1s", "2s", {}},
    {"servers.retire-nameless", "1s", "2s", {}},
    {"collect.interval", "1s", "2s", {}},
};
const std::vector<Sample> kSamplesAfter{
    {"auth.brute-force", "off", "30/1m30s", {}},
    {"auth.password-spray", "7/2m", "30/1m30s", {}},
    {"auth.distributed-guessing", "7/2m", "30/1m30s", {}},
    {"auth.credential-rotation", "7/2m", "30/1m30s", {}},
    {"auth.stuck-client", "7/2m", "30/1m30s", {}},
    {"auth.leafnode-locked-out", "7/2m", "30/1m30s", {}},
    {"auth.system-account", "7/2m", "30/1m30s", {}},
    {"auth.success-after-failures", "7/2m", "30/1m30s", {}},
    {"auth.outage", "7/2m", "30/1m30s", {}},
    {"health.checks", "server_cpu=0.7/0.9/2m", "stream_leader=30s,cluster/east/server_cpu=off", {}},
    {"check.color", "always", "never", {}},
    {"check.only", "server_cpu,server_lost", "auth_outage", {}},
    {"check.ignore", "server_cpu,server_lost", "agent_memory", {}},
    {"alertmanager.url", "http://a:1/x,https://b", "http://[::1]", {}},
    {"alertmanager.tls.ca", "a", "b", {"--alertmanager.url=https://a"}},
    {"alertmanager.user", "ann", "bob", {"--alertmanager.url=http://a", "--alertmanager.password-file=f"}},
    {"alertmanager.password-file", "a", "b", {"--alertmanager.url=http://a", "--alertmanager.user=ann"}},
    {"alertmanager.token-file", "a", "b", {"--alertmanager.url=http://a"}},
    {"alertmanager.repeat", "1s", "5m", {}},
    {"webhook.url", "http://a:1/x,https://b", "http://[::1]/y/", {}},
    {"webhook.tls.ca", "a", "b", {"--webhook.url=https://a"}},
    {"webhook.secret-file", "a", "b", {"--webhook.url=http://a"}},
    {"limits.accounts", "1", "2", {}},
    {"limits.rows", "1", "2", {}},
    {"inbox.bytes", "1MiB", "2MiB", {}},
    {"memory.limit", "64MiB", "256MiB", {}},
    {"state.dir", "/state/a", "/state/b", {}},
    {"shutdown.linger", "1s", "2s", {}},
    {"web.listen-address", "127.0.0.1:0", "[::]:1", {}},
    {"web.config.file", "/etc/web.yaml", "web.yaml", {}},
    {"web.page", "off", "on", {}},
    {"web.mask-identities", "true", "false", {}},
    {"log.level", "debug", "error", {}},
    {"log.format", "json", "logfmt", {}},
};

// In the order of the help, with what is asked by default.
struct Polled {
  const char* name;
  std::chrono::milliseconds interval;
  Level level;
  bool detailed;
};
const std::vector<Polled> kPolled{
    {"statsz", 10s, Level::summary, false},
    {"idz", 60s, Level::off, false},
    {"routez", 30s, Level::summary, false},
    {"gatewayz", 30s, Level::summary, true},
    {"leafz", 30s, Level::summary, false},
    {"healthz", 30s, Level::summary, false},
    {"healthz_js_enabled", 60s, Level::summary, false},
    {"healthz_js_server", 60s, Level::summary, false},
    {"healthz_js_meta", 60s, Level::summary, false},
    {"varz", 60s, Level::summary, false},
    {"subsz", 60s, Level::summary, true},
    {"accstatz", 60s, Level::summary, false},
    {"accountz", 300s, Level::summary, false},
    {"jsz", 60s, Level::summary, true},
    {"connz", 60s, Level::summary, true},
    {"closed", 15s, Level::summary, false},
    {"raftz", 60s, Level::summary, true},
    {"ipqueuesz", 60s, Level::summary, false},
};

std::vector<Sample> samples() {
  std::vector<Sample> all = kSamplesBefore;
  for (const Polled& polled : kPolled) {
    const std::string path = "collect." + std::string(polled.name);
    const bool needed = path == "collect.statsz";  // it has one level only
    all.push_back({path + ".interval", "1s", "2s", {}});
    all.push_back({path + ".level", polled.detailed ? "detail" : "summary", needed ? "summary" : "off", {}});
  }
  all.insert(all.end(), kSamplesAfter.begin(), kSamplesAfter.end());
  return all;
}

class EveryOption : public testing::TestWithParam<Sample> {
 protected:
  [[nodiscard]] Arguments with(Arguments more = {}) const {
    more.insert(more.end(), GetParam().with.begin(), GetParam().with.end());
    return more;
  }
  [[nodiscard]] Arguments flag(const std::string& value) const { return with({"--" + GetParam().path + "=" + value}); }
  [[nodiscard]] Environment variable(const std::string& value) const {
    return {{cfg::environment_name(GetParam().path), value}};
  }
  [[nodiscard]] Arguments file(const std::string& value) const {
    return {"--config.file=" + dir_.write("a.yaml", nested(GetParam().path, "'" + value + "'"))};
  }
  const TempDir dir_;
};

TEST_P(EveryOption, MeansTheSameFromEverySource) {
  for (const char* value : {GetParam().one, GetParam().other}) {
    const Config config = good(flag(value));
    EXPECT_EQ(config, good(with(), variable(value)));
    EXPECT_EQ(config, good(with(file(value))));
  }
  const bool same = std::string(GetParam().one) == GetParam().other;
  EXPECT_EQ(good(flag(GetParam().one)) == good(flag(GetParam().other)), same);
}

TEST_P(EveryOption, IsTakenFromFlagThenEnvironmentThenFile) {
  const auto& [path, one, other, needs] = GetParam();
  const Config config = good(flag(one));
  EXPECT_EQ(config, good(flag(one), variable(other)));
  EXPECT_EQ(config, good(with(file(other)), variable(one)));
  Arguments both = file(other);
  both.push_back("--" + path + "=" + one);
  EXPECT_EQ(config, good(with(both), variable(other)));
}

TEST_P(EveryOption, IgnoresAnEmptyEnvironmentVariable) {
  EXPECT_EQ(good(with(file(GetParam().one)), variable("")), good(flag(GetParam().one)));
}

TEST_P(EveryOption, SurvivesThePrintedConfiguration) {
  const Config config = good(flag(GetParam().one));
  const std::string yaml = to_yaml(config);
  Config again = good({"--config.file=" + dir_.write("b.yaml", yaml)});
  EXPECT_EQ(to_yaml(again), yaml);
  again.nats.password = config.nats.password;  // masked
  again.nats.token = config.nats.token;
  EXPECT_EQ(again, config) << yaml;
}

TEST_P(EveryOption, WorksBeforeAndAfterTheCommand) {
  Arguments before = flag(GetParam().one);
  Arguments after{"events"};
  after.insert(after.end(), before.begin(), before.end());
  before.emplace_back("events");
  EXPECT_EQ(good(before), good(after));
  EXPECT_EQ(good(after).command, Command::events);
}

TEST_P(EveryOption, IsInTheHelpAndInTheExample) {
  const std::string path = GetParam().path;
  EXPECT_THAT(parse({"--help"}, {}).text, HasSubstr("  --" + path + " "));
  std::ifstream file(TEST_DATA "/../config/nats-lookout.example.yaml");
  const std::string example{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(std::regex_search(example, std::regex("(^|\\n)#? *" + path.substr(path.rfind('.') + 1) + ": "))) << path;
}

// Of two configurations that differ in it, the second read on SIGHUP.
TEST_P(EveryOption, IsTakenBySighupIfTheTableSaysSo) {
  const Config running = good(flag(GetParam().one));
  const Config fresh = good(flag(GetParam().other));
  const auto option = std::find_if(cfg::options().begin(), cfg::options().end(),
                                   [](const auto& each) { return each.path == GetParam().path; });
  ASSERT_NE(option, cfg::options().end());
  EXPECT_EQ(reloaded(running, fresh), option->reload == cfg::Reload::sighup ? fresh : running);
}

INSTANTIATE_TEST_SUITE_P(Config, EveryOption, testing::ValuesIn(samples()), [](const auto& sample) {
  return std::regex_replace(sample.param.path, std::regex("[.-]"), "_");
});

TEST(OptionTable, HasASampleOfEveryOptionAndNothingElse) {
  std::vector<std::string> sampled;
  for (const auto& sample : samples()) sampled.emplace_back(sample.path);
  std::vector<std::string> known;
  for (const auto& option : cfg::options()) known.push_back(option.path);
  EXPECT_EQ(sampled, known);
}

TEST(OptionTable, HasNoNameThatKubernetesInjectsForAService) {
  const std::regex injected("_PORT$|_PORT_|_SERVICE_HOST$|_SERVICE_PORT");
  std::set<std::string> names;
  for (const auto& option : cfg::options()) {
    const std::string name = cfg::environment_name(option.path);
    EXPECT_FALSE(std::regex_search(name, injected)) << name;
    EXPECT_TRUE(std::regex_match(name, std::regex("LOOKOUT_[A-Z0-9_]+"))) << name;
    EXPECT_TRUE(names.insert(name).second) << "two options have the name " << name;
  }
  EXPECT_EQ(names.count("LOOKOUT_NATS_PASSWORD_FILE"), 1U);
}

TEST(OptionTable, HasNoPathThatIsTheBeginningOfAnother) {
  for (const auto& one : cfg::options()) {
    for (const auto& other : cfg::options()) {
      EXPECT_FALSE(other.path.starts_with(one.path + ".")) << "YAML cannot hold " << one.path << " and " << other.path;
    }
  }
}

TEST(OptionTable, MarksExactlyPasswordAndTokenAsSecret) {
  std::vector<std::string> secrets;
  for (const auto& option : cfg::options()) {
    if (option.secret) secrets.push_back(option.path);
  }
  EXPECT_EQ(secrets, (std::vector<std::string>{"nats.password", "nats.token"}));
}

TEST(OptionTable, KnowsTheFilesOfALogin) {
  const TempDir dir;
  const auto file = [&](const std::string& name) {
    std::ofstream(dir.path(name)) << name;
    return "=" + dir.path(name);
  };
  EXPECT_EQ(login_secrets(good({"--nats.user=ann", "--nats.password-file" + file("p"), "--nats.tls.ca" + file("a"),
                                "--nats.tls.cert" + file("c"), "--nats.tls.key" + file("k"),
                                "--web.config.file" + file("w"), "--alertmanager.url=https://a",
                                "--alertmanager.token-file" + file("t"), "--events.log" + file("e")})),
            (std::vector<std::string>{"p", "a", "c", "k"}));
  for (const char* option : {"--nats.creds", "--nats.nkey", "--nats.token-file"})
    EXPECT_EQ(login_secrets(good({option + file("x")})), std::vector<std::string>{"x"});
}

TEST(OptionTable, SeesThatALargeFileOfALoginHasChanged) {
  const TempDir dir;
  const auto secrets_of = [&](char content) {
    std::ofstream(dir.path("bundle")) << std::string(std::size_t{1} << 20U, content);
    return login_secrets(good({"--nats.tls.ca=" + dir.path("bundle")}));
  };
  EXPECT_NE(secrets_of('a'), secrets_of('b'));
}

TEST(Defaults, AreThoseOfTheHeaderWithEveryEndpoint) {
  Config expected;
  for (const Polled& polled : kPolled) expected.collect[polled.name] = {polled.level, polled.interval};
  EXPECT_EQ(good({}), expected);
}

TEST(Defaults, AreWhatTheExampleSays) {
  EXPECT_EQ(good({"--config.file=" TEST_DATA "/../config/nats-lookout.example.yaml"}), good({}));
}

TEST(Defaults, AreToldByTheHelp) {
  const std::string help = parse({"--help"}, {}).text;
  for (const auto& option : cfg::options()) {
    const auto standard = option.codec.get(Config{});
    if (standard.empty() || standard.front().empty() || option.shape == cfg::Shape::flag) continue;
    EXPECT_TRUE(
        std::regex_search(help, std::regex("--" + option.path + " [^\\n]*(\\n {9}[^\\n]*)?\\(default [^\\n]*\\)")))
        << option.path;
  }
  EXPECT_THAT(help, HasSubstr("(default 24h)"));
  EXPECT_THAT(help, Not(HasSubstr("\n\n\n")));
}

struct Spelling {
  const char* name;
  const char* path;
  const char* given;
  const char* meant;
};
class Spellings : public testing::TestWithParam<Spelling> {};

TEST_P(Spellings, AreUnderstood) {
  const std::string path = GetParam().path;
  const std::string flag = "--" + path;
  const auto option =
      std::find_if(cfg::options().begin(), cfg::options().end(), [&](const auto& o) { return o.path == path; });
  ASSERT_NE(option, cfg::options().end());
  EXPECT_EQ(testing::PrintToString(option->codec.get(good({flag, GetParam().given}))),
            testing::PrintToString(cfg::split_list({GetParam().meant})));
}

INSTANTIATE_TEST_SUITE_P(
    Config, Spellings,
    testing::Values(
        Spelling{"Milliseconds", "nats.timeout", "250ms", "250ms"}, Spelling{"Hours", "nats.timeout", "1h", "1h"},
        Spelling{"SumOfUnits", "nats.timeout", "1m30s", "1m30s"}, Spelling{"Seconds", "nats.timeout", "90s", "1m30s"},
        Spelling{"Fraction", "nats.timeout", "1.5s", "1s500ms"}, Spelling{"Days", "nats.timeout", "2d", "48h"},
        Spelling{"Zero", "shutdown.linger", "0", "0s"}, Spelling{"ZeroSeconds", "shutdown.linger", "0s", "0s"},
        Spelling{"TenYears", "servers.retire-lost", "3650d", "87600h"},
        Spelling{"Mebibytes", "inbox.bytes", "64MiB", "64MiB"}, Spelling{"Kibibytes", "inbox.bytes", "2048KiB", "2MiB"},
        Spelling{"PlainBytes", "inbox.bytes", "1048577", "1048577"},
        Spelling{"Gibibytes", "inbox.bytes", "1GiB", "1GiB"},
        Spelling{"BareHost", "nats.url", "nats-0", "nats://nats-0:4222"},
        Spelling{"HostAndPort", "nats.url", "10.0.0.1:5222", "nats://10.0.0.1:5222"},
        Spelling{"SchemeWithoutPort", "nats.url", "tls://nats.example.com", "tls://nats.example.com:4222"},
        Spelling{"FinalSlash", "nats.url", "nats://a:1/", "nats://a:1"},
        Spelling{"Ipv6", "nats.url", "[::1]", "nats://[::1]:4222"},
        Spelling{"Ipv6WithPort", "nats.url", "tls://[fe80::1]:1", "tls://[fe80::1]:1"},
        Spelling{"ListWithSpaces", "nats.url", "a, b ,c:3", "nats://a:4222,nats://b:4222,nats://c:3"},
        Spelling{"HttpPort", "alertmanager.url", "http://am", "http://am:80"},
        Spelling{"HttpsPortAndPrefix", "alertmanager.url", "https://am/a/b/", "https://am:443/a/b/"},
        Spelling{"HttpIpv6", "alertmanager.url", "http://[::1]:9093", "http://[::1]:9093"},
        Spelling{"QueryIsNotShown", "webhook.url", "http://a/b?key=fake", "http://a:80/b?***"},
        Spelling{"AllKinds", "events.kinds", "all", "auth,lifecycle,health,connections,accounts,jetstream,other"},
        Spelling{"KindsInTheirOrder", "events.kinds", "other,auth,other", "auth,other"},
        Spelling{"AnyHost", "web.listen-address", ":80", ":80"},
        Spelling{"AnyIpv6", "web.listen-address", "[::]:9422", "[::]:9422"},
        Spelling{"NamedHost", "web.listen-address", "localhost:9422", "localhost:9422"},
        Spelling{"StandardOutput", "events.log", "-", "-"}),
    [](const auto& spelling) { return std::string(spelling.param.name); });

TEST(Names, AreTheValuesOfTheEnumerations) {
  EXPECT_EQ(good({}).scope, Scope::system);
  EXPECT_EQ(good({"--scope=server"}).scope, Scope::server);
  EXPECT_EQ(good({"--events.subjects=minimal"}).events.subjects, Subjects::minimal);
  EXPECT_EQ(good({"--events.subjects=auto"}).events.subjects, Subjects::automatic);
  EXPECT_EQ(good({"--log.format=json"}).log_format, LogFormat::json);
  const std::map<std::string, EventGroup> groups{
      {"auth", EventGroup::auth},         {"lifecycle", EventGroup::lifecycle},
      {"health", EventGroup::health},     {"connections", EventGroup::connections},
      {"accounts", EventGroup::accounts}, {"jetstream", EventGroup::jetstream},
      {"other", EventGroup::other}};
  ASSERT_EQ(groups.size(), kEventGroups);
  for (const auto& [name, group] : groups) {
    EXPECT_EQ(good({"--events.kinds", name}).events.kinds, std::vector<EventGroup>{group}) << name;
  }
}

TEST(Flags, AFlagNeedsNoValueAndTakesOne) {
  EXPECT_TRUE(good({"--nats.tls.first"}).nats.tls.first);
  EXPECT_TRUE(good({"--nats.tls.first", "serve"}).nats.tls.first);
  EXPECT_FALSE(good({"--nats.tls.first=false"}).nats.tls.first);
  EXPECT_TRUE(good({}, {{"LOOKOUT_NATS_TLS_FIRST", "1"}}).nats.tls.first);
}

TEST(Flags, AnEmptyValueIsAValueAndDoesNotSwallowTheNextOption) {
  const Config config = good({"--nats.user=", "--nats.tls.ca=ca.pem"}, {{"LOOKOUT_NATS_USER", "ann"}});
  EXPECT_EQ(config.nats.user, "");
  EXPECT_EQ(config.nats.tls.ca, "ca.pem");
}

TEST(Flags, AListMayBeRepeated) {
  EXPECT_EQ(good({"--nats.url=a,b", "--nats.url", "c"}).nats.urls.size(), 3U);
  EXPECT_EQ(good({"--events.kinds=auth", "--events.kinds=other"}).events.kinds.size(), 2U);
}

TEST(Flags, AValueMayLookLikeAnythingElse) {
  for (const char* value :
       {"-secret", "--nats.user", "[a,b]", "{}", "a,b", "serve", "%%", "a=b", " ", "\"q\"", "#x", "!x"}) {
    EXPECT_EQ(good({"--nats.user", "ann", "--nats.password", value}).nats.password, value);
    EXPECT_EQ(good({"--nats.user=ann", "--nats.password=" + std::string(value)}).nats.password, value);
  }
}

TEST(Collect, TheIntervalOfAnEndpointWinsOverThatOfAll) {
  auto expected = good({}).collect;
  for (auto& [name, options] : expected) options.interval = name == "statsz" ? 5s : 7s;
  EXPECT_EQ(good({"--collect.statsz.interval=5s", "--collect.interval=7s"}).collect, expected);
  EXPECT_EQ(good({"--collect.interval=7s"}, {{"LOOKOUT_COLLECT_STATSZ_INTERVAL", "5s"}}).collect, expected);
}

TEST(Collect, ALevelIsOfOneEndpoint) {
  auto expected = good({}).collect;
  expected["jsz"].level = Level::detail;
  expected["connz"].level = Level::off;
  EXPECT_EQ(good({"--collect.jsz.level=detail", "--collect.connz.level=off"}).collect, expected);
}

TEST(Collect, TheExampleHasEveryEndpoint) {
  const auto example = cfg::read_yaml(TEST_DATA "/../config/nats-lookout.example.yaml", cfg::keys_of_options());
  ASSERT_TRUE(example);
  for (const Polled& polled : kPolled) {
    EXPECT_EQ(example->count("collect." + std::string(polled.name) + ".interval"), 1U) << polled.name;
    EXPECT_EQ(example->count("collect." + std::string(polled.name) + ".level"), 1U) << polled.name;
  }
}

TEST(Collect, EveryCollectorCanBeConfigured) {
  const Config config = good({});
  for (const Collector& collector : collectors()) EXPECT_TRUE(config.collect.contains(collector.name));
  EXPECT_EQ(config.collect.size(), collectors().size());
}

// A setting of a check, and as it is printed.
TEST(HealthChecks, AreThresholdsInTheUnitOfTheCheck) {
  constexpr double kNever = Limits::kNever;
  using Of = CheckSetting::Of;
  struct Given {
    const char* text;
    CheckSetting meant;
    const char* printed;
  };
  const std::vector<Given> all{
      {"server_cpu=off", {Of::all, "", Check::server_cpu, false, {}, {}, {}}, "server_cpu=off"},
      {"server_auth_not_required=on",
       {Of::all, "", Check::server_auth_not_required, true, {}, {}, {}},
       "server_auth_not_required=on"},
      {"server_cpu=70%/90%/2m", {Of::all, "", Check::server_cpu, true, 0.7, 0.9, 120s}, "server_cpu=0.7/0.9/2m"},
      {"server_cpu=0.7/0.9/2m/1m",
       {Of::all, "", Check::server_cpu, true, 0.7, 0.9, 120s, 60s},
       "server_cpu=0.7/0.9/2m/1m"},
      {"server_cpu=0.7", {Of::all, "", Check::server_cpu, true, 0.7, {}, {}}, "server_cpu=0.7"},
      {"server_cpu=-/0.99", {Of::all, "", Check::server_cpu, true, kNever, 0.99, {}}, "server_cpu=-/0.99"},
      {"server_cpu=0.7/-/0", {Of::all, "", Check::server_cpu, true, 0.7, kNever, 0s}, "server_cpu=0.7/-/0s"},
      {"server_tls_certificate=14d/2d",
       {Of::all, "", Check::server_tls_certificate, true, 1209600, 172800, {}},
       "server_tls_certificate=1209600/172800"},
      {"route_rtt=250ms/1.5s/1m30s", {Of::all, "", Check::route_rtt, true, 0.25, 1.5, 90s}, "route_rtt=0.25/1.5/1m30s"},
      {"route_pending=1MiB/8388608",
       {Of::all, "", Check::route_pending, true, 1048576, 8388608, {}},
       "route_pending=1048576/8388608"},
      {"server_ha_assets=500/1e3",
       {Of::all, "", Check::server_ha_assets, true, 500, 1000, {}},
       "server_ha_assets=500/1000"},
      {"stream_leader=30s", {Of::all, "", Check::stream_leader, true, {}, {}, 30s}, "stream_leader=30s"},
      {"cluster/east/server_cpu=0.9",
       {Of::cluster, "east", Check::server_cpu, true, 0.9, {}, {}},
       "cluster/east/server_cpu=0.9"},
      {"account/APP/1/stream_bytes=95%/-",
       {Of::account, "APP/1", Check::stream_bytes, true, 0.95, kNever, {}},
       "account/APP/1/stream_bytes=0.95/-"},
  };
  for (const auto& [text, meant, printed] : all) {
    const Config config = good({"--health.checks", text});
    EXPECT_EQ(config.checks, std::vector<CheckSetting>{meant}) << text;
    EXPECT_THAT(to_yaml(config), HasSubstr("\n  checks: [\"" + std::string(printed) + "\"]\n"));
    EXPECT_EQ(good({"--health.checks", printed}), config) << printed;
  }
}

TEST(HealthChecks, TheMoreSpecialSettingWins) {
  const Config config = good({"--health.checks=account/APP/stream_bytes=0.5,cluster/east/stream_bytes=0.6/0.7",
                              "--health.checks=stream_bytes=0.8/0.9/1m, stream_bytes=0.85"});
  const auto of = [&](const char* cluster, const char* account) {
    return limits_of(Check::stream_bytes, config.checks, cluster, account);
  };
  EXPECT_EQ(of("west", "X").warning, 0.85) << "the last of equals";
  EXPECT_EQ(of("west", "X").critical, 0.9);
  EXPECT_EQ(of("west", "X").raise, 1min);
  EXPECT_EQ(of("east", "X").warning, 0.6);
  EXPECT_EQ(of("east", "X").critical, 0.7);
  EXPECT_EQ(of("east", "APP").warning, 0.5);
  EXPECT_EQ(of("east", "APP").critical, 0.7);
  EXPECT_EQ(limits_of(Check::stream_messages, config.checks, "east", "APP"), info_of(Check::stream_messages).limits);
}

TEST(CheckOptions, AreListsOfChecks) {
  EXPECT_EQ(good({"check", "--check.only=server_cpu, meta_leader", "--check.only=auth_outage"}).check.only,
            (std::vector<std::string>{"server_cpu", "meta_leader", "auth_outage"}));
  EXPECT_EQ(good({"--check.ignore=agent_memory"}).check.ignored, std::vector<std::string>{"agent_memory"});
  EXPECT_EQ(good({}).check, CheckOptions());
}

TEST(Shards, AreCountedFromOne) {
  EXPECT_EQ(good({}).shard, (Shard{0, 1}));
  EXPECT_EQ(good({"--shard=1/3"}).shard, (Shard{0, 3}));
  EXPECT_EQ(good({"--shard=3/3"}).shard, (Shard{2, 3}));
  EXPECT_EQ(good({"--shard=1/1", "--scope=server"}).scope, Scope::server) << "the whole is no share";
}

TEST(Commands, ServeIsTheDefault) {
  EXPECT_EQ(good({}).command, Command::serve);
  EXPECT_EQ(good({"serve"}).command, Command::serve);
  EXPECT_EQ(good({"check"}).command, Command::check);
  EXPECT_EQ(good({"events"}).command, Command::events);
  EXPECT_EQ(good({"config"}).command, Command::config);
  EXPECT_EQ(good({"metrics"}).command, Command::metrics);
  EXPECT_EQ(good({"checks"}).command, Command::checks);
}

TEST(Commands, EventsCanBeThoseOfAuthenticationOnly) {
  const std::vector<EventGroup> only{EventGroup::auth};
  EXPECT_EQ(good({"events", "--auth"}).events.kinds, only);
  EXPECT_EQ(good({"--auth", "events", "--scope=server"}).events.kinds, only);
  EXPECT_EQ(good({"events", "--auth"}, {{"LOOKOUT_EVENTS_KINDS", "all"}}).events.kinds, only) << "flags win";
  EXPECT_EQ(good({"events", "--auth"}, {{"LOOKOUT_EVENTS_KINDS", "nonsense"}}).events.kinds, only);
  EXPECT_EQ(good({"events"}).events.kinds.size(), 3U);
  for (const Arguments& arguments : {Arguments{"--auth"}, {"serve", "--auth"}, {"check", "--auth"}})
    EXPECT_EQ(refused(arguments), "--auth needs the command events");
  EXPECT_EQ(refused({"events", "--auth", "--events.kinds=all"}),
            "--auth and --events.kinds exclude each other: give only one of them");
  EXPECT_EQ(refused({"events", "--auth", "--auth"}), "--auth must be given only once");
  EXPECT_EQ(refused({"events", "--auth=false"}), "--auth takes no value");
}

TEST(Commands, CheckHasAFormat) {
  EXPECT_EQ(good({"check"}).check.format, CheckFormat::text);
  EXPECT_EQ(good({"check", "--format", "json"}).check.format, CheckFormat::json);
  EXPECT_EQ(good({"check", "--format=nagios"}).check.format, CheckFormat::nagios);
  EXPECT_EQ(good({"check", "--format=text", "--nats.user=ann"}).nats.user, "ann");
  EXPECT_EQ(refused({"check", "--format=xml"}), "--format must be text, json or nagios, not 'xml'");
  EXPECT_EQ(refused({"events", "--format=json"}), "--format needs the command check");
  EXPECT_EQ(refused({"check", "--format=json", "--format=json"}), "--format must be given only once");
}

TEST(HelpAndVersion, ArePrintedWithExitCodeZeroWhereverTheyStand) {
  for (const Arguments& arguments : {Arguments{"--help"}, {"-h"}, {"check", "--help"}, {"--scope=galaxy", "--help"}}) {
    const CommandLine line = parse(arguments, {});
    EXPECT_TRUE(line.exit);
    EXPECT_EQ(line.exit_code, 0);
    EXPECT_THAT(line.text, HasSubstr("--nats.url URLS"));
  }
  for (const Arguments& arguments : {Arguments{"--version"}, {"serve", "--version"}}) {
    const CommandLine line = parse(arguments, {{"LOOKOUT_SCOPE", "galaxy"}});
    EXPECT_TRUE(line.exit);
    EXPECT_EQ(line.exit_code, 0);
    EXPECT_TRUE(std::regex_match(line.text, std::regex("nats-lookout [0-9]+\\.[0-9]+\\.[0-9]+"))) << line.text;
  }
}

struct Mistake {
  const char* name;
  Arguments arguments;
  const char* sentence;
};
class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldInOneSentence) {
  EXPECT_EQ(refused(GetParam().arguments), GetParam().sentence);
}

std::string name_of(const testing::TestParamInfo<Mistake>& mistake) {
  return mistake.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, Mistakes,
    testing::Values(
        Mistake{"UnknownOption", {"--nats.usr=x"}, "unknown option '--nats.usr', did you mean --nats.user?"},
        Mistake{"UnknownOptionAfterACommand", {"check", "--foo"}, "unknown option '--foo', see --help"},
        Mistake{"OneDash", {"-nats.url=a"}, "unknown option '-n', did you mean --nats.url?"},
        Mistake{"UnknownCommand",
                {"dance"},
                "unknown command 'dance': the commands are serve, check, events, config, metrics, checks, options, "
                "man, completion"},
        Mistake{"TwoCommands",
                {"check", "events"},
                "an argument is no option: the commands are serve, check, events, config, metrics, checks, options, "
                "man, completion"},
        Mistake{"StrayWord",
                {"--nats.user=ann", "x"},
                "an argument is no option: the commands are serve, check, events, config, metrics, checks, options, "
                "man, completion"},
        Mistake{"AfterDashes", {"--", "--scope=server"}, "unknown option '--', see --help"},
        Mistake{"NoValue", {"--scope"}, "--scope must be followed by a value"},
        Mistake{"NoValueAfterACommand", {"check", "--scope"}, "--scope must be followed by a value"},
        Mistake{"Twice", {"--scope=server", "--scope=server"}, "--scope must be given only once"},
        Mistake{"FileTwice", {"--config.file=a", "--config.file=b"}, "--config.file must be given only once"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Values, Mistakes,
    testing::Values(
        Mistake{"Scope", {"--scope=galaxy"}, "--scope must be system or server, not 'galaxy'"},
        Mistake{"EmptyScope", {"--scope="}, "--scope must be system or server, not ''"},
        Mistake{"Level", {"--log.level=trace"}, "--log.level must be debug, info, warn or error, not 'trace'"},
        Mistake{"StatszOff",
                {"--collect.statsz.level=off"},
                "--collect.statsz.level must be summary, not 'off': servers are known by it"},
        Mistake{
            "StatszDetail", {"--collect.statsz.level=detail"}, "--collect.statsz.level must be summary, not 'detail'"},
        Mistake{"NoDetail",
                {"--collect.routez.level=detail"},
                "--collect.routez.level must be off or summary, not 'detail'"},
        Mistake{"CollectLevel",
                {"--collect.jsz.level=all"},
                "--collect.jsz.level must be off, summary or detail, not 'all'"},
        Mistake{"UnknownEndpoint",
                {"--collect.varzz.level=off"},
                "unknown option '--collect.varzz.level', did you mean --collect.varz.level?"},
        Mistake{"LogFormat", {"--log.format=xml"}, "--log.format must be logfmt or json, not 'xml'"},
        Mistake{"Subjects", {"--events.subjects=all"}, "--events.subjects must be auto or minimal, not 'all'"},
        Mistake{"Flag", {"--nats.tls.first=maybe"}, "--nats.tls.first must be true or false, not 'maybe'"},
        Mistake{"Kind",
                {"--events.kinds=auth,foo"},
                "--events.kinds must be all or a list of auth, lifecycle, health, connections, accounts, jetstream, "
                "other, not 'foo'"},
        Mistake{"NoKind",
                {"--events.kinds="},
                "--events.kinds must be all or a list of auth, lifecycle, health, connections, accounts, jetstream, "
                "other, not ''"},
        Mistake{"CheckColor", {"--check.color=yes"}, "--check.color must be auto, always or never, not 'yes'"},
        Mistake{"UnknownCheck",
                {"--check.only=server_cpu,server_lots"},
                "--check.only must be a list of checks that docs/checks.md has, not 'server_lots'"},
        Mistake{"UnknownLimit",
                {"--health.checks=server_cpus=off"},
                "--health.checks must be one of the checks that docs/checks.md lists, not 'server_cpus'"},
        Mistake{"NoEventLog", {"--events.log="}, "--events.log must be - (stdout), off or a file, not ''"},
        Mistake{"Count", {"--limits.accounts=-1"}, "--limits.accounts must be a number from 0 to 4294967295, not '-1'"},
        Mistake{"HugeCount",
                {"--limits.accounts=4294967296"},
                "--limits.accounts must be a number from 0 to 4294967295, not '4294967296'"},
        Mistake{"Bytes",
                {"--inbox.bytes=32MB"},
                "--inbox.bytes must be a number of bytes such as 33554432 or 32MiB, not '32MB'"},
        Mistake{"FewBytes", {"--inbox.bytes=1KiB"}, "--inbox.bytes must be at least 1MiB, not '1KiB'"},
        Mistake{"ManyBytes",
                {"--inbox.bytes=99999999999999GiB"},
                "--inbox.bytes must be at most 64GiB, not '99999999999999GiB'"},
        Mistake{"InboxPrefix",
                {"--nats.inbox-prefix=a.*"},
                "--nats.inbox-prefix must be a subject without wildcards, such as _INBOX or _INBOX.lookout, not 'a.*'"},
        Mistake{
            "InboxGap",
            {"--nats.inbox-prefix=a..b"},
            "--nats.inbox-prefix must be a subject without wildcards, such as _INBOX or _INBOX.lookout, not 'a..b'"},
        Mistake{"LineBreakIsShownHarmless", {"--scope=a\nb\x1b"}, "--scope must be system or server, not 'a?b?'"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Together, Mistakes,
    testing::Values(
        Mistake{"SidecarWithTwoServers",
                {"--scope=server", "--nats.url=a,b"},
                "--scope is server: --nats.url must be exactly one server, not 2"},
        Mistake{"SidecarWithAShare",
                {"--scope=server", "--shard=2/3"},
                "--shard needs --scope=system: a sidecar has one server and nothing to share"},
        Mistake{"ServerNameWithoutScope", {"--server-name=a"}, "--server-name needs --scope=server"},
        Mistake{"PasswordWithoutUser", {"--nats.password=fake"}, "--nats.password needs --nats.user"},
        Mistake{"PasswordFileWithoutUser", {"--nats.password-file=f"}, "--nats.password-file needs --nats.user"},
        Mistake{"PasswordAndFile",
                {"--nats.user=a", "--nats.password=fake", "--nats.password-file=f"},
                "--nats.password and --nats.password-file exclude each other: give only one of nats.password, "
                "nats.password-file"},
        Mistake{"TwoLogins",
                {"--nats.user=a", "--nats.creds=f"},
                "--nats.user and --nats.creds exclude each other: give only one of nats.user, nats.token, "
                "nats.token-file, nats.nkey, nats.creds"},
        Mistake{"TokenAndFile",
                {"--nats.token=fake", "--nats.token-file=f"},
                "--nats.token and --nats.token-file exclude each other: give only one of nats.user, nats.token, "
                "nats.token-file, nats.nkey, nats.creds"},
        Mistake{"CertificateWithoutKey", {"--nats.tls.cert=f"}, "--nats.tls.cert needs --nats.tls.key"},
        Mistake{"KeyWithoutCertificate", {"--nats.tls.key=f"}, "--nats.tls.key needs --nats.tls.cert"},
        Mistake{"AlertmanagerUserWithoutPassword",
                {"--alertmanager.url=http://a", "--alertmanager.user=ann"},
                "--alertmanager.user needs --alertmanager.password-file"},
        Mistake{"AlertmanagerLoginForNothing",
                {"--alertmanager.token-file=f"},
                "--alertmanager.token-file needs --alertmanager.url"},
        Mistake{"TwoAlertmanagerLogins",
                {"--alertmanager.url=http://a", "--alertmanager.user=ann", "--alertmanager.password-file=f",
                 "--alertmanager.token-file=f"},
                "--alertmanager.user and --alertmanager.token-file exclude each other: give only one of "
                "alertmanager.user, alertmanager.token-file"},
        Mistake{"SignedForNobody", {"--webhook.secret-file=f"}, "--webhook.secret-file needs --webhook.url"},
        Mistake{"TooManyReceivers",
                {"--alertmanager.url=http://a,http://b,http://c,http://d", "--webhook.url=http://a,http://b,http://c",
                 "--webhook.url=http://d,http://e"},
                "--webhook.url gives too many receivers: 8 Alertmanagers and webhooks together are the most"},
        Mistake{"WaitsCrossed",
                {"--nats.reconnect-wait=20s"},
                "--nats.reconnect-wait-max must be at least --nats.reconnect-wait, 20s"}),
    name_of);

struct Wrong {
  const char* path;
  std::vector<const char*> values;
  const char* wanted;  // the sentence goes on: ", not '...'"
};
class WrongValues : public testing::TestWithParam<Wrong> {};

TEST_P(WrongValues, AreRefusedWithTheOptionAndWhatWouldBeRight) {
  for (const std::string value : GetParam().values) {
    const std::string option = "--" + std::string(GetParam().path);
    const std::string wrong = refused({option, value});
    EXPECT_THAT(wrong, testing::StartsWith(option + " " + GetParam().wanted + ", not '")) << value;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Config, WrongValues,
    testing::Values(
        Wrong{"nats.timeout",
              {"",    "10",    "1.5", "-1s",  "+1s", "s",   "1 s",  "1s ",   "1x", "1s2",
               "1ss", "1..5s", ".5s", "1e3s", "inf", "nan", "infs", "0x10s", "1S", "1,5s"},
              "must be a duration such as 250ms, 10s, 1m30s or 1h"},
        Wrong{"nats.timeout", {"87601h", "99999999999999999999h"}, "must be at most 87600h"},
        Wrong{"nats.timeout", {"0", "0s", "0ms", "0.1ms"}, "must be at least 1ms"},
        Wrong{"nats.ping-interval", {"0"}, "must be at least 1ms"},
        Wrong{"nats.reconnect-wait", {"0"}, "must be at least 1ms"},
        Wrong{"servers.lost-after", {"0"}, "must be at least 1ms"},
        Wrong{"servers.drain-limit", {"0"}, "must be at least 1ms"},
        Wrong{"collect.interval", {"0", "99ms"}, "must be at least 100ms"},
        Wrong{"collect.varz.interval", {"0"}, "must be at least 100ms"},
        Wrong{"shard",
              {"", "3", "/", "1/", "/3", "0/3", "4/3", "0/0", "1/0", "-1/3", "1/3/3", " 1/3", "1/ 3", "a/b", "1.0/3",
               "1/4294967296"},
              "must be i/n, one of n shares such as 1/3, with i from 1 to n"},
        Wrong{"limits.rows", {"", "-1", "many"}, "must be a number from 0 to 4294967295"},
        Wrong{"nats.url",
              {"http://x",
               "ws://x",
               "NATS://x",
               "://x",
               "nats://",
               "nats:///",
               "a:",
               "a:0",
               "a:65536",
               "a:b",
               "a:1:2",
               "::1",
               "[::1",
               "[::1]x",
               "[]",
               "[x]",
               "[1.2.3.4]:1",
               "a/b",
               "nats://a:1/path",
               "a b",
               "a?x=1",
               "a,http://b",
               "nats://nats://a",
               "a:-1",
               "a:+1",
               "a: 1"},
              "must be nats://host:port, tls://host:port or host:port (IPv6 in brackets)"},
        Wrong{"nats.url", {"", ",", " , "}, "must be one or more of nats://host:port, tls://host:port or host:port"},
        Wrong{"alertmanager.url",
              {"a", "a:9093", "ftp://a", "HTTP://a", "http://", "http:///x", "http://a:0", "http://a:65536",
               "http://a:b", "http://::1", "http://[x]", "http://a b", "http://a/ü", "http://a#b", "http://a,b"},
              "must be http://host:port/prefix or https://host:port/prefix without a query (IPv6 in brackets)"},
        Wrong{"alertmanager.url",
              {"", ","},
              "must be one or more of http://host:port/prefix or https://host:port/prefix without a query (IPv6 in "
              "brackets)"},
        Wrong{"health.checks",
              {"server_cpu",
               "server_cpu=",
               "server_cpu=x",
               "server_cpu=-1",
               "server_cpu=nan",
               "server_cpu=80%/",
               "server_cpu=/0.9",
               "server_cpu=0.8/0.9/",
               "server_cpu=0.8/0.9/5",
               "server_cpu=0.8/0.9/99999999h",
               "server_cpu=0.8/0.9/5m/1",
               "server_cpu=1MiB",
               "server_cpu=5m",
               "server_cpu=OFF",
               "stream_leader=1",
               "stream_leader=80%",
               "stream_leader=1/2/3s",
               "route_pending=80%",
               "route_rtt=1MiB",
               "cluster/server_cpu=off",
               "cluster//server_cpu=off",
               "account/=off"},
              "must be a check with off, on, or thresholds, such as server_cpu=0.8/0.95/5m/1m, stream_leader=30s or "
              "cluster/east/server_cpu=off"},
        Wrong{"health.checks",
              {"=off", "Server_cpu=off", "east/server_cpu=off", "server_lost=off", "cluster/east/=off"},
              "must be one of the checks that docs/checks.md lists"},
        Wrong{"alertmanager.repeat", {"999ms"}, "must be at least 1s"},
        Wrong{"webhook.url",
              {"a", "nats://a"},
              "must be http://host:port/path?query or https://host:port/path?query (IPv6 in brackets)"},
        Wrong{"web.listen-address",
              {"", "9422", "a", "a:", ":", ":x", ":65536", ":-1", "::9422", "[::]", "[::1:9422", "http://a:1", "a:1/",
               "*:9422"},
              "must be host:port, :port or [::]:port"}),
    [](const auto& wrong) {
      return std::regex_replace(std::string(wrong.param.path), std::regex("[.-]"), "_") + "_" +
             std::to_string(wrong.index);
    });

TEST(Urls, CredentialsInsideAreRefusedAndNotRepeated) {
  for (const char* url : {"nats://ann:fake-secret@a:4222", "fake-secret@a", "a,nats://ann:fake,fake-secret@b",
                          "tls://ann:fake-secret@[::1]"}) {
    EXPECT_EQ(refused({"--nats.url", url}),
              "--nats.url must not contain credentials: give them with --nats.user and --nats.password-file");
  }
}

TEST(Urls, SecretsOfReceiversAreRefusedOrNotRepeated) {
  EXPECT_EQ(refused({"--alertmanager.url", "http://ann:fake-secret,x@a"}),
            "--alertmanager.url must not contain credentials, nor any other @ than as %40");
  EXPECT_THAT(refused({"--webhook.url", "http:/a?key=fake-secret"}), Not(HasSubstr("fake-secret")));
  EXPECT_THAT(refused({"--alertmanager.url", "http://a?key=fake-secret"}), Not(HasSubstr("fake-secret")));
  EXPECT_THAT(to_yaml(good({"--webhook.url", "http://a/b?key=fake-secret"})), Not(HasSubstr("fake-secret")));
}

// The source of a value is named, whichever it is.
TEST(Sources, AVariableIsNamed) {
  EXPECT_EQ(refused({}, {{"LOOKOUT_SCOPE", "galaxy"}}), "LOOKOUT_SCOPE must be system or server, not 'galaxy'");
  EXPECT_EQ(refused({"--nats.user=a"}, {{"LOOKOUT_NATS_NKEY", "f"}}),
            "--nats.user and LOOKOUT_NATS_NKEY exclude each other: give only one of nats.user, nats.token, "
            "nats.token-file, nats.nkey, nats.creds");
  EXPECT_EQ(refused({}, {{"LOOKOUT_NATS_TLS_KEY", "f"}}), "LOOKOUT_NATS_TLS_KEY needs --nats.tls.cert");
}

TEST(Sources, AFileIsNamedWithTheLine) {
  const TempDir dir;
  const std::string file = dir.write("a.yaml", "# comment\nnats:\n  user: ann\nscope: galaxy\n");
  EXPECT_EQ(refused({"--config.file", file}), file + ":4: scope must be system or server, not 'galaxy'");
  EXPECT_EQ(good({"--config.file", file, "--scope=server"}).nats.user, "ann")
      << "what a flag replaces is not looked at";
  EXPECT_THAT(refused({"--config.file", file, "--scope=system"}, {{"LOOKOUT_NATS_TOKEN", "fake"}}),
              HasSubstr(file + ":3: nats.user and LOOKOUT_NATS_TOKEN exclude each other"));
}

TEST(Sources, TheFileCanBeNamedByTheEnvironment) {
  const TempDir dir;
  const std::string file = dir.write("a.yaml", "nats: {user: ann}");
  EXPECT_EQ(good({}, {{"LOOKOUT_CONFIG_FILE", file}}).nats.user, "ann");
  EXPECT_EQ(
      good({"--config.file", dir.write("b.yaml", "nats: {user: bob}")}, {{"LOOKOUT_CONFIG_FILE", file}}).nats.user,
      "bob");
}

TEST(Sources, VariablesThatAreNotOursAreIgnored) {
  const Environment kubernetes{{"LOOKOUT_PORT", "tcp://10.0.0.1:80"},
                               {"LOOKOUT_SERVICE_HOST", "10.0.0.1"},
                               {"NATS_URL", "b"},
                               {"LOOKOUT_NATS_SERVICE_PORT", "4222"},
                               {"lookout_scope", "server"}};
  EXPECT_EQ(good({}, kubernetes), good({}));
}

// Whatever is wrong around a secret, the sentence does not hold it.
TEST(Secrets, AreInNoSentence) {
  const TempDir dir;
  const std::string secret = "fake-S3CRET";
  const auto file = [&](const std::string& yaml) { return "--config.file=" + dir.write("a.yaml", yaml); };
  const std::vector<Arguments> mistakes{
      {"--nats.password=" + secret},
      {"--nats.pasword=" + secret},
      {"--nats.pasword", secret},
      {"--nats.pasword:" + secret},
      {"-p" + secret},
      {"--nats.user=a", "--nats.password", "two", secret},
      {"--nats.user=a", "--nats.password=" + secret + "\n"},
      {"--nats.user=a", "--nats.token=" + secret},
      {"--nats.token=" + secret, "--nats.token=" + secret},
      {"--nats.url=nats://ann:" + secret + "@a"},
      {file("nats: {password: *" + secret + "}")},
      {file("nats:\n  password: !" + secret + "\n")},
      {file("nats:\n  password: !!" + secret + " x\n")},
      {file("nats:\n  password: @" + secret + "\n")},
      {file("nats:\n  password: %" + secret + "\n")},
      {file("nats:\n  password: {" + secret + "\n")},
      {file("nats:\n  password: [" + secret + "]\n")},
      {file("nats:\n  password: \"\\q" + secret + "\"\n")},
      {file("nats:\n  password: " + secret + ": x\n")},
      {file("nats:\n  password: \"" + secret + "\\n\"\n  user: a\n")},
      {file("nats:\n  password: " + secret + "\n")},
  };
  for (const Arguments& arguments : mistakes) {
    const std::string sentence = refused(arguments);
    EXPECT_THAT(sentence, Not(HasSubstr("S3CRET")));
  }
  EXPECT_THAT(refused({}, {{"LOOKOUT_NATS_TOKEN", secret + "\r\n"}}), Not(HasSubstr("S3CRET")));
}

TEST(Secrets, AreMaskedInThePrintedConfiguration) {
  const std::string yaml = to_yaml(good({"--nats.user=ann", "--nats.password=fake-S3CRET"}));
  EXPECT_THAT(yaml, HasSubstr("  user: ann\n  password: \"***\"\n"));
  EXPECT_THAT(yaml, Not(HasSubstr("S3CRET")));
  EXPECT_THAT(to_yaml(good({"--nats.token=fake-S3CRET"})), HasSubstr("  token: \"***\"\n"));
}

TEST(PrintedConfiguration, KeepsTextsThatYamlWouldReadAsSomethingElse) {
  const TempDir dir;
  for (const char* text : {"null",  "~",  "true", "yes", "0x1", "1e3", "a: b", "a #b", "-",
                           "- a",   "\"", "'",    "\\",  "{a",  "[a",  "*a",   "&a",   "!a",
                           "%a",    "@a", "`a",   " a ", "a,b", "?",   "|",    ">",    "\xc3\xa9\xe2\x82\xac",
                           "a\\nb", "<<", "..."}) {
    const Config config = good({"--nats.user", text, "--nats.tls.ca", text});
    EXPECT_EQ(good({"--config.file", dir.write("a.yaml", to_yaml(config))}), config) << to_yaml(config);
  }
}

struct Yaml {
  const char* name;
  const char* content;
  const char* sentence;  // after the file's name; empty: fine
};
class YamlFiles : public testing::TestWithParam<Yaml> {};

TEST_P(YamlFiles, AreReadStrictly) {
  const TempDir dir;
  const std::string file = dir.write("a.yaml", GetParam().content);
  if (*GetParam().sentence == '\0') {
    static_cast<void>(good({"--config.file", file}));
  } else {
    EXPECT_EQ(refused({"--config.file", file}), file + GetParam().sentence);
  }
}

INSTANTIATE_TEST_SUITE_P(Good, YamlFiles,
                         testing::Values(Yaml{"Empty", "", ""}, Yaml{"OnlyComments", "# a\n# b\n", ""},
                                         Yaml{"OneDocument", "---\nscope: system\n", ""},
                                         Yaml{"EmptySection", "nats:\n  # user: a\nscope: system\n", ""},
                                         Yaml{"Json", R"({"nats": {"url": ["a", "b"], "tls": {"first": false}}})", ""},
                                         Yaml{"PlainNumber", "limits: {accounts: 5}", ""},
                                         Yaml{"EmptyText", "nats: {user: ''}", ""},
                                         Yaml{"Alias", "nats: {timeout: &t 5s, ping-interval: *t}", ""},
                                         Yaml{"BlockList", "nats:\n  url:\n    - a\n    - b\n", ""},
                                         Yaml{"CommaList", "nats:\n  url: a,b\n", ""},
                                         Yaml{"ByteOrderMark", "\xef\xbb\xbfscope: system\n", ""}),
                         [](const auto& yaml) { return std::string(yaml.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Bad, YamlFiles,
    testing::Values(
        Yaml{"UnknownKey", "scope: system\nnats:\n  usr: a\n",
             ":3: unknown key 'nats.usr' (did you mean 'nats.user'?)"},
        Yaml{"UnknownSection", "foo:\n  bar: 1\n", ":1: unknown key 'foo'"},
        Yaml{"UnknownBelowAnOption", "nats:\n  user:\n    name: a\n",
             ":2: nats.user must be one text or number, in quotes where it begins with a special character"},
        Yaml{"ItselfInAFile", "config: {file: b.yaml}\n", ":1: unknown key 'config'"},
        Yaml{"DottedKey", "nats.url: a\n",
             ":1: key 'nats.url' must be nested: write every part below the one before it"},
        Yaml{"DottedUnknownKey", "nats.foobar: a\n", ":1: unknown key 'nats.foobar'"},
        Yaml{"DottedSection", "nats.tls: {ca: a}\n", ":1: unknown key 'nats.tls'"},
        Yaml{"DuplicateKey", "nats:\n  user: a\n  user: b\n", ":3: key 'nats.user' must be given only once"},
        Yaml{"DuplicateSection", "nats: {user: a}\nscope: system\nnats: {timeout: 1s}\n",
             ":3: key 'nats' must be given only once"},
        Yaml{"MergeKey", "a: &a {user: x}\nnats:\n  <<: *a\n", ":1: unknown key 'a'"},
        Yaml{"SectionIsText", "nats: foo\n", ":1: nats must hold keys"},
        Yaml{"SectionIsList", "nats: [a]\n", ":1: nats must hold keys"},
        Yaml{"FileIsAList", "- a\n", ":1: the file must hold keys"},
        Yaml{"FileIsText", "hello\n", ":1: the file must hold keys"},
        Yaml{"NoValue", "scope: system\nnats:\n  user:\n",
             ":3: nats.user must be one text or number, in quotes where it begins with a special character"},
        Yaml{"ListForText", "nats:\n  user: [a]\n",
             ":2: nats.user must be one text or number, in quotes where it begins with a special character"},
        Yaml{"MapInList", "nats:\n  url: [{a: b}]\n",
             ":2: nats.url must be text or a list of texts, in quotes where it begins with a special character"},
        Yaml{"NullInList", "nats:\n  url: [a, ~]\n",
             ":2: nats.url must be text or a list of texts, in quotes where it begins with a special character"},
        Yaml{"EmptyList", "nats:\n  url: []\n",
             ":2: nats.url must be one or more of nats://host:port, tls://host:port or host:port, not ''"},
        Yaml{"WrongFlag", "nats:\n  tls:\n    first: yes\n", ":3: nats.tls.first must be true or false, not 'yes'"},
        Yaml{"DurationWithoutUnit", "nats:\n  timeout: 5\n",
             ":2: nats.timeout must be a duration such as 250ms, 10s, 1m30s or 1h, not '5'"},
        Yaml{"KeyIsAList", "[a]: b\n", ":1: a key must be a plain word"},
        // yaml-cpp finds documents in it without end.
        Yaml{"DocumentsWithoutEnd", ",:?r: 8s", ":1: a second document begins: one is right"},
        Yaml{"TwoDocuments", "scope: system\n---\nscope: server\n", ":2: a second document begins: one is right"},
        Yaml{"Tab", "nats:\n\tuser: a\n", ":2: not valid YAML: illegal map value"},
        Yaml{"OpenList", "scope: system\nnats:\n  url: [a\n", ":4: not valid YAML: end of sequence flow not found"},
        Yaml{"BadEscape", "nats:\n  user: \"\\q\"\n", ":2: not valid YAML: unknown escape character"},
        Yaml{"BadAlias", "nats:\n  user: *foo\n", ":2: not valid YAML: the referenced anchor is not defined"}),
    [](const auto& yaml) { return std::string(yaml.param.name); });

TEST(YamlFile, ThatCannotBeReadIsNamed) {
  const TempDir dir;
  EXPECT_EQ(refused({"--config.file", dir.path("none")}),
            "file '" + dir.path("none") + "' cannot be read: No such file or directory");
  EXPECT_EQ(refused({"--config.file", dir.path("")}), "file '" + dir.path("") + "' cannot be read: Is a directory");
  EXPECT_EQ(refused({"--config.file="}), "file '' cannot be read: No such file or directory");
  const std::string large = dir.write("large.yaml", std::string((1U << 20U) + 1, '#'));
  EXPECT_EQ(refused({"--config.file", large}), "file '" + large + "' cannot be read: it is larger than 1MiB");
}

TEST(YamlFile, OfGarbageNeitherCrashesNorPasses) {
  const TempDir dir;
  for (const std::string& content :
       {std::string(100'000, '['), std::string(100'000, '{'), std::string("\0\1\2\xff\xfe", 5), std::string("? ? ? ?"),
        std::string("a: &a [*a]"), std::string("nats: &n {tls: *n}"), std::string("%YAML 9.9\n---\na: b")}) {
    EXPECT_NE(refused({"--config.file", dir.write("a.yaml", content)}), "") << content.substr(0, 20);
  }
}

TEST(ReadSecret, GivesTheContentWithoutTheLastLineBreak) {
  const TempDir dir;
  EXPECT_EQ(read_secret(dir.write("a", "fake")).value(), "fake");
  EXPECT_EQ(read_secret(dir.write("a", "fake\n")).value(), "fake");
  EXPECT_EQ(read_secret(dir.write("a", "fake\r\n")).value(), "fake");
  EXPECT_EQ(read_secret(dir.write("a", "a\nb\n\n")).value(), "a\nb\n");
  EXPECT_EQ(read_secret(dir.write("a", " fake ")).value(), " fake ");
  EXPECT_EQ(read_secret(dir.write("a", std::string(64 << 10, 'x'))).value().size(), 64U << 10U);
}

TEST(ReadSecret, NamesTheFileThatItCannotUse) {
  const TempDir dir;
  EXPECT_EQ(read_secret(dir.path("none")).error(),
            "file '" + dir.path("none") + "' cannot be read: No such file or directory");
  EXPECT_EQ(read_secret(dir.path("")).error(), "file '" + dir.path("") + "' cannot be read: Is a directory");
  EXPECT_EQ(read_secret(dir.write("a", "\n")).error(), "file '" + dir.path("a") + "' is empty");
  const std::string large = dir.write("b", std::string((64 << 10) + 1, 'x'));
  EXPECT_EQ(read_secret(large).error(), "file '" + large + "' cannot be read: it is larger than 64KiB");
}

TEST(ProcessEnvironment, HoldsOurNamesOnly) {
  ASSERT_EQ(setenv("LOOKOUT_TEST_ONLY", "a=b", 1), 0);
  const auto ours = environment();
  unsetenv("LOOKOUT_TEST_ONLY");
  EXPECT_EQ(ours.at("LOOKOUT_TEST_ONLY"), "a=b");
  EXPECT_TRUE(
      std::all_of(ours.begin(), ours.end(), [](const auto& entry) { return entry.first.starts_with("LOOKOUT_"); }));
}

}  // namespace
}  // namespace lookout

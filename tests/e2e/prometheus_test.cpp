// Real Prometheus servers scrape the three pages of an agent on a real nats-server: they ask for OpenMetrics, complain
// about nothing and store every value of the text format. Their binaries are $LOOKOUT_PROMETHEUS (2.x) and
// $LOOKOUT_PROMETHEUS_3.
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/support/agent.h"
#include "tests/e2e/support/prometheus.h"

namespace lookout::e2e {
namespace {

const std::vector<ScrapeJob> kJobs{
    {.name = "native"},
    {.name = "surveyor", .path = "/metrics/surveyor"},
    {.name = "exporter", .path = "/metrics/exporter"},
    {.name = "chart", .path = "/metrics/exporter", .prefix = "nats"},
};

std::string url_of(const ScrapeJob& job) {
  return job.path + (job.prefix.empty() ? "" : "?prefix=" + job.prefix);
}

std::vector<ScrapeJob> jobs_of(int port) {
  std::vector<ScrapeJob> jobs = kJobs;
  for (ScrapeJob& job : jobs) job.ports = {port};
  return jobs;
}

std::string get(int port, const std::string& path, const httplib::Headers& headers = {}) {
  httplib::Client client("127.0.0.1", port);
  client.set_read_timeout(5s);
  const httplib::Result result = client.Get(path, headers);
  return result && result->status == 200 ? result->body : std::string();
}

std::string openmetrics(const Agent& agent, const ScrapeJob& job) {
  return get(agent.port(), url_of(job), {{"Accept", "application/openmetrics-text; version=1.0.0"}});
}

// The names of the families of a page.
std::set<std::string> families(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kType = "# TYPE ";
    if (line.starts_with(kType)) names.insert(line.substr(kType.size(), line.find(' ', kType.size()) - kType.size()));
  }
  return names;
}

using Series = std::pair<std::string, Labels>;
using Values = std::map<Series, double>;

// As Prometheus stores it: an empty label is none. Bounds of histograms are spelled differently by each format.
Series stored(std::string name, const Labels& labels) {
  Series series{std::move(name), {}};
  for (const auto& [label, value] : labels) {
    if (label == "le")
      series.second[label] = std::to_string(std::strtod(value.c_str(), nullptr));
    else if (!value.empty())
      series.second[label] = value;
  }
  return series;
}

Values values_of(const std::string& page) {
  const Page parsed(page);
  EXPECT_EQ(parsed.problem(), "");
  Values values;
  for (const std::string& name : parsed.families({})) {
    for (const Sample& sample : parsed.samples(name)) values[stored(name, sample.labels)] = sample.value;
  }
  return values;
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

class Scraper : public Prometheus {
 public:
  Scraper(const TempDir& dir, const std::string& binary, int port) : Prometheus(dir, binary, jobs_of(port)) {}

  // Waits until each target was scraped twice, so that one of the scrapes was begun after this call.
  [[nodiscard]] bool scrapes() const {
    std::map<std::string, std::set<std::string>> times;
    return eventually([&] {
      for (const nlohmann::json& target : ask("targets").value("activeTargets", nlohmann::json::array()))
        times[target["scrapePool"]].insert(target["lastScrape"].get<std::string>());
      return times.size() == std::size(kJobs) &&
             std::all_of(times.begin(), times.end(), [](const auto& target) { return target.second.size() > 2; });
    });
  }

  // The newest sample of every series of a job.
  [[nodiscard]] Values values(const ScrapeJob& job) const {
    Values values;
    const nlohmann::json data = ask("query", {{"query", "{job=\"" + job.name + "\"}"}});
    for (const nlohmann::json& series : data.value("result", nlohmann::json::array())) {
      Labels labels = series["metric"];
      const std::string name = labels["__name__"];
      for (const char* added : {"__name__", "instance", "job"}) labels.erase(added);
      values[stored(name, labels)] = std::strtod(series["value"][1].get<std::string>().c_str(), nullptr);
    }
    return values;
  }

  [[nodiscard]] std::set<std::string> families(const ScrapeJob& job) const {
    std::set<std::string> names;
    for (const nlohmann::json& each : ask("targets/metadata", {{"match_target", "{job=\"" + job.name + "\"}"}}))
      names.insert(each["metric"].get<std::string>());
    return names;
  }
};

// The first series that stood still on the text page around a scrape, and has another value or none in Prometheus.
std::string difference(const Values& before, const Values& scraped, const Values& after) {
  for (const auto& [series, value] : before) {
    const auto later = after.find(series);
    if (later == after.end() || !same(value, later->second)) continue;
    // The test's own connection is one.
    if (series.first == "process_open_fds" || series.first == "nats_lookout_http_connections") continue;
    const auto found = scraped.find(series);
    std::ostringstream text;
    text << series.first << nlohmann::json(series.second) << ": text " << value << ", Prometheus ";
    if (found == scraped.end()) return text.str() + "none";
    if (!same(value, found->second)) return text.str() + std::to_string(found->second);
  }
  return {};
}

// A nats-server with a stream, a client and a failed login, and an agent that has seen all of it.
class Scrape : public testing::Test {
 protected:
  static ServerSpec spec(const TempDir& dir) {
    const std::string user = "users: [{user: \"" + kApp.user + "\", password: \"" + kApp.password + "\"}]";
    ServerSpec spec;
    spec.accounts = "accounts {\n  SYS { users: [{user: \"" + kAdmin.user + "\", password: \"" + kAdmin.password +
                    "\"}] }\n  APP { jetstream: enabled, " + user + " }\n}\nsystem_account: SYS\n";
    spec.extra = "jetstream { store_dir: \"" + (dir / "jetstream").string() + "\" }\n";
    return spec;
  }

  void SetUp() override {
    server_.start();
    client_ = std::make_unique<Client>(server_.port(), kApp);
    client_->publish("$JS.API.STREAM.CREATE.ORDERS", R"({"name": "ORDERS", "subjects": ["orders.*"]})");
    ASSERT_TRUE(eventually([&] { return server_.number("/jsz", "/streams") == 1; }));
    for (int i = 0; i < 7; ++i) client_->publish("orders.new", "e2e");
    ASSERT_TRUE(client_->flush());
    agent_.start(watch(server_.url()));
    ASSERT_TRUE(agent_.sees(1)) << agent_;
    visit(server_.port(), {"app", "wrong"});
    ASSERT_TRUE(agent_.reaches("nats_auth_errors_total", {{"reason", "authentication_failure"}}, 1)) << agent_;
    ASSERT_TRUE(agent_.reaches("nats_stream_messages", {{"stream", "ORDERS"}}, 7)) << agent_;
  }

  void is_right(Scraper& prometheus);
  void is_stored(const Scraper& prometheus, const ScrapeJob& job);

  TempDir dir_;
  NatsServer server_{dir_, spec(dir_)};
  std::unique_ptr<Client> client_;
  Agent agent_{dir_};
};

void Scrape::is_right(Scraper& prometheus) {
  ASSERT_TRUE(prometheus.has("up")) << prometheus.log();
  ASSERT_TRUE(prometheus.scrapes()) << prometheus.log();
  const nlohmann::json targets = prometheus.ask("targets")["activeTargets"];
  ASSERT_EQ(targets.size(), std::size(kJobs));
  for (const nlohmann::json& target : targets) {
    ASSERT_EQ(target["health"], "up") << target;
    ASSERT_EQ(target["lastError"], "") << target;
  }
  for (const ScrapeJob& job : kJobs) is_stored(prometheus, job);
  const Values native = prometheus.values(kJobs[0]);
  EXPECT_TRUE(std::any_of(native.begin(), native.end(), [](const auto& each) {
    return each.first.first == "nats_stream_messages" && each.second == 7;
  }));
  EXPECT_EQ(prometheus.complaints(), "");
}

void Scrape::is_stored(const Scraper& prometheus, const ScrapeJob& job) {
  std::string wrong;
  std::size_t compared = 0;
  EXPECT_TRUE(eventually(  // a value that moves there and back between two pages looks as if it stood still
      [&] {
        const Values before = values_of(agent_.get(url_of(job)).body);
        if (!prometheus.scrapes()) return false;
        const Values scraped = prometheus.values(job);
        const Values after = values_of(agent_.get(url_of(job)).body);
        wrong = difference(before, scraped, after);
        compared = before.size();
        return wrong.empty();
      },
      30s))
      << job.name << ": " << wrong;
  EXPECT_GT(compared, 50U) << job.name;
  // The families of counters have other names than in the text format.
  const std::string page = openmetrics(agent_, job);
  EXPECT_TRUE(page.ends_with("# EOF\n")) << job.name;
  const std::set<std::string> known = prometheus.families(job);
  for (const std::string& name : families(page))
    EXPECT_TRUE(known.contains(name)) << job.name << " was not scraped as OpenMetrics: no family " << name;
}

TEST_F(Scrape, Prometheus2TakesAllPagesAsOpenMetrics) {
  const std::string binary = from_environment("LOOKOUT_PROMETHEUS", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_PROMETHEUS is not set";
  Scraper prometheus(dir_, binary, agent_.port());
  is_right(prometheus);
}

TEST_F(Scrape, Prometheus3TakesAllPagesAsOpenMetrics) {
  const std::string binary = from_environment("LOOKOUT_PROMETHEUS_3", "");
  if (binary.empty()) GTEST_SKIP() << "LOOKOUT_PROMETHEUS_3 is not set";
  Scraper prometheus(dir_, binary, agent_.port());
  is_right(prometheus);
}

// Stricter than Prometheus: names of families, order, suffixes, ranges. Debian's python3-prometheus-client has it.
TEST_F(Scrape, TheReferenceParserOfOpenMetricsTakesAllPages) {
  constexpr const char* kPython = "/usr/bin/python3";
  constexpr const char* kImport = "from prometheus_client.openmetrics.parser import text_string_to_metric_families";
  if (run({kPython, "-c", kImport}).code != 0) GTEST_SKIP() << "there is no python3-prometheus-client";
  for (const ScrapeJob& job : kJobs) {
    write_file(dir_ / job.name, openmetrics(agent_, job));
    const Finished parsed =
        run({kPython, "-c",
             std::string("import sys\n") + kImport +
                 "\nprint(sum(len(f.samples) for f in text_string_to_metric_families(open(sys.argv[1]).read())))",
             dir_ / job.name});
    EXPECT_EQ(parsed.code, 0) << job.name << ": " << parsed.output;
    EXPECT_GT(std::atoi(parsed.output.c_str()), 50) << job.name << ": " << parsed.output;
  }
}

}  // namespace
}  // namespace lookout::e2e

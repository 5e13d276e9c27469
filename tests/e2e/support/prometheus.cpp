#include "tests/e2e/support/prometheus.h"

#include <httplib.h>

#include <sstream>

namespace lookout::e2e {
namespace {

std::string targets(const std::vector<int>& ports) {
  std::string text;
  for (const int port : ports) text += (text.empty() ? "\"127.0.0.1:" : ", \"127.0.0.1:") + std::to_string(port) + '"';
  return "static_configs: [{targets: [" + text + "]}]";
}

std::string scrape(const ScrapeJob& job) {
  const std::string prefix = job.prefix.empty() ? "" : "params: {prefix: [" + job.prefix + "]}, ";
  return "  - {job_name: " + job.name + ", metrics_path: " + job.path + ", " + prefix + targets(job.ports) + "}\n";
}

}  // namespace

Prometheus::Prometheus(const TempDir& dir, const std::string& binary, const std::vector<ScrapeJob>& jobs,
                       int alertmanager)
    : base_(dir / "prometheus") {
  std::string config =
      "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
      "rule_files: [\"" LOOKOUT_SOURCE "/deploy/prometheus/nats-lookout.rules.yaml\"]\n";
  if (alertmanager != 0) config += "alerting: {alertmanagers: [{path_prefix: /am, " + targets({alertmanager}) + "}]}\n";
  config += "scrape_configs:\n";
  for (const ScrapeJob& job : jobs) config += scrape(job);
  write_file(base_.string() + ".yml", config);
  process_.start({binary, "--config.file=" + base_.string() + ".yml", "--storage.tsdb.path=" + base_.string(),
                  "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
                 base_.string() + ".log", base_.string() + ".log");
}

bool Prometheus::has(const std::string& query) const {
  return eventually(
      [&] {
        const nlohmann::json data = ask("query", {{"query", query}});
        return data.is_object() && !data["result"].empty();
      },
      60s);
}

nlohmann::json Prometheus::ask(const std::string& path,
                               const std::multimap<std::string, std::string>& parameters) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(5s);
  const httplib::Result result = client.Get(httplib::append_query_params("/api/v1/" + path, parameters));
  if (!result || result->status != 200) return {};
  const nlohmann::json answer = nlohmann::json::parse(result->body, nullptr, false);
  return answer.is_object() && answer.contains("data") ? answer["data"] : nlohmann::json();
}

std::string Prometheus::complaints() const {
  std::istringstream lines(log());
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    for (const char* level : {"level=warn", "level=WARN", "level=error", "level=ERROR"}) {
      if (line.find(level) != std::string::npos) found += line + '\n';
    }
  }
  return found;
}

}  // namespace lookout::e2e

#include "tests/e2e/support/agent.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace lookout::e2e {

std::string agent_binary() {
  return from_environment("LOOKOUT_BINARY", LOOKOUT_DEFAULT_BINARY);
}

std::vector<std::string> watch(const std::string& urls, std::vector<std::string> more) {
  const std::string name = "--servers.lost-after=";
  const bool own =
      std::any_of(more.begin(), more.end(), [&](const std::string& each) { return each.starts_with(name); });
  if (!own) more.push_back(name + "4s");
  more.insert(more.begin(), {"--nats.url=" + urls, "--nats.user=" + kAdmin.user, "--nats.password=" + kAdmin.password,
                             "--collect.interval=1s"});
  return more;
}

Agent::Agent(const TempDir& dir) : base_(dir / ("agent-" + std::to_string(port_))) {}

void Agent::start(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{agent_binary(), "--web.listen-address=127.0.0.1:" + std::to_string(port_)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_.start(command, base_.string() + ".out", base_.string() + ".err");
  const bool serves = eventually([this] { return get("/livez").status == 200 || !process_.running(); });
  if (!serves || !process_.running()) throw std::runtime_error(agent_binary() + " does not start:\n" + log());
}

Agent::~Agent() {
  if (process_.pid() == 0) return;
  process_.signal(SIGTERM);
  EXPECT_EQ(process_.wait(10s), 0) << "the agent did not end cleanly:\n" << log();
}

Answer Agent::get(const std::string& path, const Access& access) const {
  const std::string scheme = access.ca.empty() ? "http" : "https";
  httplib::Client client(scheme + "://127.0.0.1:" + std::to_string(port_), access.certificate, access.key);
  if (!access.ca.empty()) client.set_ca_cert_path(access.ca.c_str());
  if (!access.user.empty()) client.set_basic_auth(access.user, access.password);
  client.set_connection_timeout(2s);
  client.set_read_timeout(5s);
  const httplib::Result result = client.Get(path);
  if (!result) return {};
  return {result->status, result->body};
}

bool Agent::reaches(const std::function<bool(const Page&)>& condition, milliseconds limit) {
  return eventually(
      [&] {
        page_ = metrics();
        return condition(page_);
      },
      limit);
}

bool Agent::reaches(const std::string& name, const Labels& match, double sum, milliseconds limit) {
  return reaches([&](const Page& page) { return page.count(name, match) > 0 && page.sum(name, match) == sum; }, limit);
}

bool Agent::sees(std::size_t servers) {
  const auto count = static_cast<double>(servers);
  return reaches(
      [&](const Page& page) {
        return page.is("nats_lookout_connected", {}, 1) && page.is("nats_lookout_servers", {{"state", "up"}}, count) &&
               page.is("nats_lookout_poll_replies", {{"endpoint", "statsz"}}, count) &&
               page.is("nats_lookout_poll_replies", {{"endpoint", "varz"}}, count);
      },
      30s);
}

bool Agent::health_says(const std::string& text, milliseconds limit) {
  return eventually([&] { return get("/health").body.find(text) != std::string::npos; }, limit);
}

std::vector<std::string> Agent::events(const std::string& event) const {
  std::istringstream lines(read_file(base_.string() + ".out"));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    if (lines.eof()) break;  // still being written
    const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(entry.is_object()) << "not a JSON line: " << line;
    if (entry.is_object() && entry.value("event", "") == event) found.push_back(line);
  }
  return found;
}

long Agent::memory() const {
  const std::string status = read_file("/proc/" + std::to_string(process_.pid()) + "/status");
  const std::size_t at = status.find("VmRSS:");
  return at == std::string::npos ? -1 : std::stol(status.substr(at + 6));
}

std::ostream& operator<<(std::ostream& out, const Agent& agent) {
  constexpr std::size_t kShown = 4000;
  const std::string log = agent.log();
  return out << "agent's log:\n"
             << log.substr(log.size() > kShown ? log.size() - kShown : 0) << "health: " << agent.get("/health").body
             << '\n';
}

}  // namespace lookout::e2e

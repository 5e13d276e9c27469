#include "tests/e2e/support/drill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace lookout::e2e {
namespace {

// Three seconds, and more for what is so for a moment at every start or election.
constexpr const char* kHasty =
    "server_restarted=0s/10s,server_unhealthy=8s/3s,server_jetstream_disabled=1s/3s,server_connections=0.8/0.95/1s/1s,"
    "server_jetstream_storage=0.75/0.9/1s/3s,server_slow_consumers=1/10/0s/3s,server_slow_links=-/1/0s/3s,"
    "account_slow_consumers=1/10/0s/3s,server_stale_links=1/-/0s/3s,server_clock_skew=1/10/2s/3s,cluster_servers=1s/"
    "3s,cluster_routes=3s/3s,"
    "gateway_outbound=3s/3s,leafnode_missing=3s/3s,meta_leader=5s/3s,meta_quorum=3s/3s,meta_peers=3s/3s,"
    "stream_leader=3s/3s,consumer_leader=3s/3s,stream_replicas=5s/3s,account_connections=0.9/1/1s/"
    "1s,account_expired=0s/1s,"
    // How often a leader changes while servers come and go is their affair.
    "meta_leader_changes=20/-";

std::string listed(const Drill::Findings& findings) {
  std::string text;
  for (const std::string& finding : findings) text += "  " + finding + '\n';
  return text.empty() ? "  none\n" : text;
}

}  // namespace

std::vector<std::string> hasty(const std::vector<std::string>& checks) {
  std::string option = std::string("--health.checks=") + kHasty;
  for (const std::string& check : checks) option += ',' + check;
  return {option};
}

void DrillTest::watch_with(const std::vector<std::string>& options, std::size_t servers,
                           const Drill::Findings& findings) {
  agent_.start(options);
  ASSERT_TRUE(agent_.sees(servers)) << agent_;
  drill_.emplace(agent_);
  drill_->expect("the start", findings);
}

Drill::Drill(const Agent& agent, std::string ignored)
    : agent_(agent), ignored_(std::move(ignored)), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Drill::~Drill() {
  thread_.request_stop();
  thread_.join();
  std::cout << log_;
}

void Drill::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const nlohmann::json health = nlohmann::json::parse(agent_.get("/health").body, nullptr, false);
    Findings found;
    if (!health.is_object()) found.insert("critical no answer from the agent");
    for (const nlohmann::json& each : health.value("findings", nlohmann::json::array())) {
      std::string finding = each.value("state", "") + ' ' + each.value("check", "") + ' ' + each.value("entity", "");
      if (ignored_.empty() || finding.find(ignored_) == std::string::npos) found.insert(std::move(finding));
    }
    {
      const std::lock_guard lock(mutex_);
      if (found != now_) {
        for (const std::string& each : found)
          if (!now_.contains(each)) note("+ " + each);
        for (const std::string& each : now_)
          if (!found.contains(each)) note("- " + each);
        changed_ = std::chrono::steady_clock::now();
        seen_.insert(found.begin(), found.end());
        now_ = std::move(found);
      }
    }
    std::this_thread::sleep_for(50ms);
  }
}

void Drill::note(const std::string& line) {
  std::ostringstream text;
  text.precision(1);
  text << std::fixed << std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count() << " s "
       << line << '\n';
  log_ += text.str();
}

void Drill::expect(const std::string& after, const Findings& findings, const Findings& passing, milliseconds limit,
                   milliseconds steady) {
  const auto start = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    note("--- " + after);
  }
  const bool reached = eventually(
      [&] {
        const std::lock_guard lock(mutex_);
        return now_ == findings && std::chrono::steady_clock::now() - std::max(start, changed_) >= steady;
      },
      limit + steady);
  const std::lock_guard lock(mutex_);
  EXPECT_TRUE(reached) << after << ": not these findings\n" << listed(findings) << "but\n" << listed(now_) << log_;
  Findings strange;
  for (const std::string& each : seen_) {
    const bool allowed = findings.contains(each) || last_.contains(each) ||
                         std::any_of(passing.begin(), passing.end(),
                                     [&](const std::string& part) { return each.find(part) != std::string::npos; });
    if (!allowed) strange.insert(each);
  }
  EXPECT_TRUE(strange.empty()) << after << ": nobody expected, even for a moment,\n" << listed(strange) << log_;
  last_ = findings;
  seen_ = now_;
}

}  // namespace lookout::e2e

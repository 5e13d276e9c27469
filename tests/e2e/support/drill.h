// Drill: what /health tells while something is done to real servers: which findings come, that no other comes even for
// a moment, and that all of them go. Has a thread that reads /health all the time; used by one thread.
#pragma once

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/agent.h"

namespace lookout::e2e {

// Options for the agent: how long a state must last, and be over, for a drill that takes seconds.
[[nodiscard]] std::vector<std::string> hasty(const std::vector<std::string>& checks = {});

class Drill {
 public:
  using Findings = std::set<std::string>;  // "critical server_lost east/n2"

  // Findings that contain `ignored` are of no account. The agent outlives it.
  explicit Drill(const Agent& agent, std::string ignored = {});
  ~Drill();
  Drill(const Drill&) = delete;
  Drill& operator=(const Drill&) = delete;

  // Waits until the findings are exactly these and stay so for `steady`. Since the last call there were no others than
  // these, those of the last call, and those that contain one of `passing`.
  void expect(const std::string& after, const Findings& findings, const Findings& passing = {},
              milliseconds limit = 60s, milliseconds steady = 5s);

 private:
  void watch(const std::stop_token& stop);
  void note(const std::string& line);

  const Agent& agent_;
  const std::string ignored_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  Findings now_;
  Findings seen_;  // since the last expect()
  std::chrono::steady_clock::time_point changed_ = began_;
  std::string log_;  // what came and went, and when
  Findings last_;    // of the last expect()
  std::jthread thread_;
};

// An agent with a drill. The servers are the test's own.
class DrillTest : public testing::Test {
 protected:
  // Starts the agent, and waits until it sees so many servers and finds nothing else wrong than this.
  void watch_with(const std::vector<std::string>& options, std::size_t servers, const Drill::Findings& findings = {});

  TempDir dir_;
  Agent agent_{dir_};
  std::optional<Drill> drill_;
};

// What a passing finding may be while servers come and go.
inline const std::string kUnanswered = "warning collection_incomplete";

}  // namespace lookout::e2e

// Agent: the real nats-lookout binary ($LOOKOUT_BINARY, else the one of this build) and its endpoints. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/support/page.h"
#include "tests/e2e/support/process.h"
#include "tests/e2e/support/server.h"

namespace lookout::e2e {

[[nodiscard]] std::string agent_binary();

// Flags to log in as the system-account user of the tests, with intervals that make a drill short.
[[nodiscard]] std::vector<std::string> watch(const std::string& urls, std::vector<std::string> more = {});

struct Answer {
  int status = 0;  // 0: no answer
  std::string body;
};

// How the endpoints are asked.
struct Access {
  std::string ca{};           // file; empty: plain HTTP
  std::string certificate{};  // file of the client's own, with its key
  std::string key{};
  std::string user{};
  std::string password{};
};

class Agent {
 public:
  explicit Agent(const TempDir& dir);
  // Ends it with SIGTERM if the test has not; a failure if it does not end cleanly, or crashed before.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Returns when it serves HTTP.
  void start(const std::vector<std::string>& arguments);
  [[nodiscard]] Process& process() { return process_; }

  [[nodiscard]] int port() const { return port_; }
  // From now on, also by start().
  void ask_by(Access access) { access_ = std::move(access); }
  [[nodiscard]] const Access& access() const { return access_; }
  [[nodiscard]] Answer get(const std::string& path) const { return get(path, access_); }
  [[nodiscard]] Answer get(const std::string& path, const Access& access) const;
  [[nodiscard]] Page metrics() const { return Page(get("/metrics").body); }

  // Waits until a page satisfies the condition; the newest page is kept in page().
  [[nodiscard]] bool reaches(const std::function<bool(const Page&)>& condition, milliseconds limit = 20s);
  // Waits until one series, or the sum of several, has this value.
  [[nodiscard]] bool reaches(const std::string& name, const Labels& match, double sum, milliseconds limit = 20s);
  [[nodiscard]] const Page& page() const { return page_; }

  // Waits until it is connected and `servers` servers are up and have answered.
  [[nodiscard]] bool sees(std::size_t servers);

  // Waits until /health contains the text.
  [[nodiscard]] bool health_says(const std::string& text, milliseconds limit = 20s);

  // Waits until the strict form of /health has this status.
  [[nodiscard]] bool strict_health_is(int status) const {
    return eventually([&] { return get("/health?strict=1").status == status; });
  }

  // Lines of the event log (JSON) whose "event" is this.
  [[nodiscard]] std::vector<std::string> events(const std::string& event) const;
  // The whole event log (stdout).
  [[nodiscard]] std::string event_log() const { return read_file(base_.string() + ".out"); }
  // The agent's own log (stderr).
  [[nodiscard]] std::string log() const { return read_file(base_.string() + ".err"); }
  // Resident memory in KiB.
  [[nodiscard]] long memory() const;

 private:
  int port_ = free_port();
  std::filesystem::path base_;
  Process process_;
  Access access_;
  Page page_;
};

// For failure messages: the end of the agent's log and what /health says.
std::ostream& operator<<(std::ostream& out, const Agent& agent);

}  // namespace lookout::e2e

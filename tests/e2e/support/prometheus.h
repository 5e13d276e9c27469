// Prometheus: a real one on loopback that scrapes every second. One thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/process.h"

namespace lookout::e2e {

struct ScrapeJob {
  std::string name;
  std::vector<int> ports{};
  std::string path = "/metrics";
  std::string prefix{};  // parameter of the request; empty: none
};

class Prometheus {
 public:
  // `alertmanager`: its port, 0 for none. The rules are those of deploy/prometheus.
  Prometheus(const TempDir& dir, const std::string& binary, const std::vector<ScrapeJob>& jobs, int alertmanager = 0);

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Waits until this query gives something.
  [[nodiscard]] bool has(const std::string& query) const;
  // "data" of what the API answers to a path with parameters; null when it does not.
  [[nodiscard]] nlohmann::json ask(const std::string& path,
                                   const std::multimap<std::string, std::string>& parameters = {}) const;
  // Lines of its log that are a complaint, of a rule too.
  [[nodiscard]] std::string complaints() const;
  [[nodiscard]] std::string log() const { return read_file(base_.string() + ".log"); }

 private:
  const int port_ = free_port();
  const std::filesystem::path base_;
  Process process_;
};

}  // namespace lookout::e2e

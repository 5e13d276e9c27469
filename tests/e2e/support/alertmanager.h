// Alertmanager: a real one on loopback; Receiver: an HTTP server that keeps what is posted to it, by Alertmanager or by
// the agent. Receiver has a thread of its own; both are used by one thread.
#pragma once

#include <httplib.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/process.h"

namespace lookout::e2e {

class Receiver {
 public:
  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  // The posts to this path with this status that have an alert with this label, oldest first.
  [[nodiscard]] std::vector<httplib::Request> posts(const std::string& path, const std::string& status,
                                                    const std::string& label, const std::string& value);
  // The bodies of all posts, one a line.
  [[nodiscard]] std::string everything();

 private:
  int port_ = free_port();
  httplib::Server server_;
  std::mutex mutex_;
  std::vector<httplib::Request> posts_;
  std::thread thread_;
};

class Alertmanager {
 public:
  // `more`: further lines of configuration.
  Alertmanager(const TempDir& dir, std::string binary, const std::string& webhook,
               const std::string& group_by = "[...]", const std::string& more = "");

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/am"; }

  [[nodiscard]] bool start();
  void stop();

  // The alerts that have not ended and have this label.
  [[nodiscard]] std::vector<nlohmann::json> alerts(const std::string& label, const std::string& value) const;
  [[nodiscard]] std::string log() const;

 private:
  [[nodiscard]] std::string get(const std::string& path) const;

  const std::string binary_;
  const int port_ = free_port();
  const std::filesystem::path base_;
  Process process_;
};

}  // namespace lookout::e2e

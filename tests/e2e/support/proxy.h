// Proxy: a TCP relay in front of a port of this machine that a test can cut, for everybody or for those who name
// something when they log in (a server's id, a cluster). Has a thread; used by one thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/process.h"

namespace lookout::e2e {

class Proxy {
 public:
  // With a prefix, as a web server that passes on what is below it: requests whose path begins with it (GET
  // /prefix/...) arrive without, others not at all.
  explicit Proxy(int target, std::string prefix = "");
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] int port() const { return port_; }

  // Ends the connections of those whose first words contain this, and lets none such through until mend().
  void cut(const std::string& who = "");
  void mend();

 private:
  struct Link;

  void relay(const std::stop_token& stop);
  void accept();
  [[nodiscard]] bool is_cut(const Link& link);

  const int target_;
  const std::string prefix_;
  const int port_ = free_port();
  int listener_ = -1;
  std::vector<std::unique_ptr<Link>> links_;
  std::mutex mutex_;
  std::optional<std::string> cut_;
  std::jthread thread_;
};

}  // namespace lookout::e2e

// Workers: the threads that answer requests. One is kept for probes, and a few for clients that have no other request
// under way: one address that takes its answers slowly holds up itself alone. Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exporters/connection.h"

namespace lookout {

class Workers {
 public:
  using Serve = std::function<void(Connection&)>;

  Workers(std::size_t threads, Serve serve);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  static constexpr std::size_t kWaiting = 256;      // requests, probes left out
  static constexpr std::size_t kWaitingOfOne = 64;  // address

  // Who has to go because too many wait: the one of its address that waits longest, or the new one; null: nobody.
  [[nodiscard]] std::unique_ptr<Connection> add(std::unique_ptr<Connection> connection, bool probe);
  // Ends what is being answered and waits for it; what is not begun is dropped.
  void stop();

 private:
  struct Job {
    std::unique_ptr<Connection> connection;
    bool probe = false;
  };
  using Jobs = std::list<Job>;

  void work(bool probes_only);
  [[nodiscard]] Jobs::iterator next(bool probes_only);

  const Serve serve_;
  std::mutex guard_;  // of what follows
  std::condition_variable changed_;
  Jobs jobs_;
  std::set<int> served_;                     // sockets
  std::map<std::string, std::size_t> busy_;  // requests being answered, by address; without the thread for probes
  std::size_t free_;                         // threads, without that for probes
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace lookout

// Simulator: answers for the World on one connection to a real nats-server. libnats' threads answer, one thread of its
// own pushes STATSZ, random events and delayed replies, the caller's thread changes the World; all lock one mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/fleet/events.h"

struct __natsConnection;
struct __natsSubscription;
struct __natsMsg;

namespace lookout::fleet {

struct Link {
  std::string url;
  std::string user;
  std::string password;
  double statsz_interval = 10;  // seconds
  double events_per_second = 0;
};

struct Faults {  // of replies; percent and milliseconds
  double drop = 0;
  double duplicate = 0;
  double truncate = 0;
  int delay = 0;
};

class Simulator {
 public:
  // Subscribed, and every server has told its STATSZ. Throws when it cannot connect.
  Simulator(const Shape& shape, Link link);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  [[nodiscard]] nlohmann::json truth(bool full);
  // Paced, `rate` messages a second; returns when the nats-server has them. Kind: connect, disconnect, auth_error,
  // storm.
  [[nodiscard]] nlohmann::json publish(std::uint64_t count, double rate, const std::string& kind);
  // Cause: crash, shutdown, lameduck. False when there is no such server.
  bool restart(std::size_t index, const std::string& cause);
  bool silence(std::size_t index, bool on);
  bool remove(std::size_t index);
  std::size_t add();
  void freeze(bool on);
  void set_faults(const Faults& faults);
  [[nodiscard]] Faults faults();
  void change_streams(long by);
  void change_accounts(long by);

 private:
  struct Late {
    std::chrono::steady_clock::time_point due;
    std::string subject;
    std::string payload;
  };

  static void on_request(__natsConnection*, __natsSubscription*, __natsMsg* message, void* self);
  void answer(std::string_view subject, std::string_view body, const std::string& reply, bool gzip);
  void answer_one(Server& server, const Template& endpoint, const Ask& ask, const std::string& reply, bool gzip);
  void reply_with(const std::string& reply, std::string payload);
  void send(const std::string& subject, std::string_view payload);
  void push_statsz(Server& server);
  void say(Server& server, Say what, std::uint64_t cid = 0, std::size_t account = 0);
  std::uint64_t event(std::string_view kind);
  void run();
  [[nodiscard]] bool chance(double percent);
  [[nodiscard]] Server* at(std::size_t index);

  std::mutex mutex_;
  World world_;
  const Replies replies_;
  const Events events_;
  const Link link_;
  Faults faults_;
  std::minstd_rand random_;
  std::deque<Late> late_;
  std::string time_;
  std::string subject_;
  std::string payload_;
  std::uint64_t next_cid_ = 1000000;
  std::uint64_t connects_ = 0, disconnects_ = 0, auth_errors_ = 0, replies_sent_ = 0, refused_ = 0;
  nlohmann::json restarts_ = {{"crash", 0}, {"shutdown", 0}, {"lameduck", 0}};
  __natsConnection* connection_ = nullptr;
  std::vector<__natsSubscription*> subscriptions_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace lookout::fleet

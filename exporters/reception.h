// Reception: holds connections until the head of their request is there, with one thread for all of them, so that
// clients that are slow, silent or many keep no worker from its work. Handshakes and heads have a limit of time and
// size; when all places are taken the client that has kept one longest without a request loses it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/instruments.h"
#include "exporters/connection.h"
#include "exporters/web_security.h"

namespace lookout {

class Reception {
 public:
  using Ready = std::function<void(std::unique_ptr<Connection>)>;

  static constexpr std::size_t kPlaces = 512;
  static constexpr std::chrono::seconds kArrival{10};  // for handshake and head

  void count_displaced();  // a connection that had to go after it was received

  // `ready` is called by the reception's own thread and must not wait.
  Reception(const WebSecurity& security, Instruments& instruments, Ready ready);
  ~Reception();
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  void admit(int fd);  // takes the socket over; any thread
  void stop();         // closes all that wait

 private:
  using Clock = std::chrono::steady_clock;
  struct Guest {
    std::unique_ptr<Connection> connection;
    Clock::time_point deadline;
    std::uint32_t events = 0;  // as of epoll
  };
  using Guests = std::map<std::uint64_t, Guest>;  // in the order they came, which is that of their deadlines

  void run();
  void seat(int fd);
  void seat_new();
  void attend(Guests::iterator guest);
  void await(Guests::iterator guest, std::uint32_t events) const;
  // `status` empty: without a word.
  void dismiss(Guests::iterator guest, const char* reason, std::string_view status = {},
               std::string_view sentence = {});
  void dismiss_late();
  [[nodiscard]] int patience() const;  // in milliseconds, as of epoll_wait
  void wake() const;

  const WebSecurity& security_;
  Instruments& instruments_;
  const Ready ready_;
  const int poll_;
  const int bell_;
  std::uint64_t last_ = 0;  // 0 itself is the bell's
  Guests guests_;
  std::mutex guard_;  // of what follows
  std::vector<int> new_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lookout

// FakeNats: a NATS server for tests, good enough for a login, events, replies and every way of misbehaving. One thread;
// on loopback, on a free port.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lookout::testing {

inline constexpr std::chrono::seconds kPatience{20};

// A listening socket on a free loopback port, or on `port`.
inline int listen_on(std::uint16_t port = 0, int backlog = 16) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, backlog) != 0)
    std::abort();
  return fd;
}

inline std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

inline std::string url_of(std::uint16_t port) {
  return "nats://127.0.0.1:" + std::to_string(port);
}

struct Behaviour {
  bool info = true;               // sends INFO to whoever connects
  bool tls = false;               // asks for TLS in it, and then says no more
  bool nonce = true;              // offers one to sign
  bool pong = true;               // answers PING
  bool reads = true;              // else it lets the socket fill up
  bool headers = true;            // says that it takes them
  std::string refusal = {};       // -ERR instead of PONG to the first PING
  std::string must_contain = {};  // CONNECT without this text is refused with an Authorization Violation
  std::map<std::string, std::string> subscription_errors = {};  // by subject
};

class FakeNats {
 public:
  struct Publication {
    std::string subject;
    std::string reply;
    std::string payload;
    std::string headers = {};  // as they are sent
  };

  explicit FakeNats(Behaviour behaviour = {}, std::uint16_t port = 0)
      : behaviour_(std::move(behaviour)), listener_(listen_on(port)), port_(port_of(listener_)) {
    if (::pipe(wake_) != 0) std::abort();
    thread_ = std::thread([this] { run(); });
  }

  ~FakeNats() {
    stop_ = true;
    poke();
    thread_.join();
    for (Client& client : clients_) ::close(client.fd);
    ::close(listener_);
    ::close(wake_[0]);
    ::close(wake_[1]);
  }

  FakeNats(const FakeNats&) = delete;
  FakeNats& operator=(const FakeNats&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return url_of(port_); }

  void behave(const std::function<void(Behaviour&)>& change) {
    {
      const std::lock_guard lock(mutex_);
      change(behaviour_);
    }
    poke();
  }

  // Each waits for at most kPatience. The first: until so many clients have connected in all.
  bool wait_accepted(std::size_t count) {
    return wait([&] { return accepted_ >= count; });
  }
  bool wait_subscribed(const std::string& subject) {
    return wait([&] { return sid_of(subject) >= 0; });
  }
  bool wait_published(std::size_t count) {
    return wait([&] { return publications_.size() >= count; });
  }

  std::vector<std::string> connects() {
    const std::lock_guard lock(mutex_);
    return connects_;
  }
  std::vector<std::string> subscriptions() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> subjects;
    for (const auto& client : clients_) {
      for (const auto& [subject, sid] : client.subscriptions) subjects.push_back(subject);
    }
    return subjects;
  }
  std::vector<Publication> publications() {
    const std::lock_guard lock(mutex_);
    return publications_;
  }

  // To every client, to the first of its subscriptions that matches.
  void deliver(const std::string& subject, const std::string& payload) {
    message("MSG", subject, std::to_string(payload.size()), payload);
  }
  void no_responders(const std::string& subject) {
    const std::string header = "NATS/1.0 503\r\n\r\n";
    const std::string size = std::to_string(header.size());
    message("HMSG", subject, size + " " + size, header);
  }
  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    for (const Client& client : clients_) send_to(client, line + "\r\n");
  }
  void drop_clients() {
    const std::lock_guard lock(mutex_);
    for (const Client& client : clients_) ::shutdown(client.fd, SHUT_RDWR);
  }

 private:
  struct Client {
    int fd = -1;
    std::string buffer = {};
    std::map<std::string, int> subscriptions = {};
    bool refused = false;
  };

  static void send_to(const Client& client, const std::string& text) {
    static_cast<void>(::send(client.fd, text.data(), text.size(), MSG_NOSIGNAL));
  }

  static bool matches(std::string_view pattern, std::string_view subject) {
    if (!pattern.ends_with('>')) return pattern == subject;
    return subject.starts_with(pattern.substr(0, pattern.size() - 1));
  }

  int sid_of(const std::string& subject) const {
    for (const Client& client : clients_) {
      const auto found = client.subscriptions.find(subject);
      if (found != client.subscriptions.end()) return found->second;
    }
    return -1;
  }

  void message(const char* verb, const std::string& subject, const std::string& sizes, const std::string& content) {
    const std::lock_guard lock(mutex_);
    for (const Client& client : clients_) {
      for (const auto& [pattern, sid] : client.subscriptions) {
        if (!matches(pattern, subject)) continue;
        send_to(client, std::string(verb) + " " + subject + " " + std::to_string(sid) + " " + sizes + "\r\n" + content +
                            "\r\n");
        break;
      }
    }
  }

  template <class Ready>
  bool wait(Ready ready) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, ready);
  }

  void poke() { static_cast<void>(::write(wake_[1], "x", 1) < 0); }

  void run() {
    while (!stop_) {
      std::vector<pollfd> fds{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      {
        const std::lock_guard lock(mutex_);
        for (const Client& client : clients_) fds.push_back({client.fd, static_cast<short>(reads() ? POLLIN : 0), 0});
      }
      ::poll(fds.data(), fds.size(), -1);
      const std::lock_guard lock(mutex_);
      if (fds[0].revents != 0) drain();
      if (fds[1].revents != 0) accept_client();
      for (std::size_t i = 2; i < fds.size(); ++i) {
        if (fds[i].revents != 0) read_from(fds[i].fd);
      }
      changed_.notify_all();
    }
  }

  bool reads() const { return behaviour_.reads && !behaviour_.tls; }

  void drain() {
    char bytes[64];
    static_cast<void>(::read(wake_[0], bytes, sizeof bytes) < 0);
  }

  void accept_client() {
    const Client client{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)};
    if (client.fd < 0) return;
    ++accepted_;
    clients_.push_back(client);
    if (!behaviour_.info) return;
    send_to(client, std::string(R"(INFO {"server_id":"NFAKE","server_name":"fake","version":"2.10.27","proto":1,)") +
                        R"("auth_required":true,"max_payload":1048576,)" +
                        (behaviour_.headers ? R"("headers":true,)" : "") +
                        (behaviour_.nonce ? R"("nonce":"bm9uY2U",)" : "") + R"("tls_required":)" +
                        (behaviour_.tls ? "true" : "false") + "} \r\n");
  }

  void read_from(int fd) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i].fd != fd) continue;
      char bytes[65536];
      const ssize_t count = ::recv(fd, bytes, sizeof bytes, 0);
      if (count > 0) {
        clients_[i].buffer.append(bytes, static_cast<std::size_t>(count));
        parse(clients_[i]);
      }
      if (count <= 0 || clients_[i].refused) {
        ::close(fd);
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
      }
      return;
    }
  }

  void parse(Client& client) {
    for (std::size_t end = 0; (end = client.buffer.find("\r\n")) != std::string::npos;) {
      const std::string line = client.buffer.substr(0, end);
      std::size_t used = end + 2;
      if (line.starts_with("PUB ") || line.starts_with("HPUB ")) {
        const std::size_t size = std::stoul(line.substr(line.rfind(' ') + 1));
        if (client.buffer.size() < used + size + 2) return;
        publish(line, client.buffer.substr(used, size));
        used += size + 2;
      } else {
        handle(client, line);
      }
      client.buffer.erase(0, used);
      if (client.refused) return;
    }
  }

  // "PUB subject [reply] size" or "HPUB subject [reply] header-size size".
  void publish(const std::string& line, const std::string& content) {
    std::istringstream words(line);
    const std::vector<std::string> parts{std::istream_iterator<std::string>(words), {}};
    const bool headers = parts[0] == "HPUB";
    const std::size_t size = headers ? std::stoul(parts[parts.size() - 2]) : 0;
    const bool reply = parts.size() > (headers ? 4U : 3U);
    publications_.push_back({parts[1], reply ? parts[2] : "", content.substr(size), content.substr(0, size)});
  }

  void handle(Client& client, const std::string& line) {
    if (line.starts_with("CONNECT ")) {
      connects_.push_back(line.substr(8));
      if (line.find(behaviour_.must_contain) == std::string::npos) refuse(client, "Authorization Violation");
    } else if (line == "PING") {
      if (!behaviour_.refusal.empty())
        refuse(client, behaviour_.refusal);
      else if (behaviour_.pong)
        send_to(client, "PONG\r\n");
    } else if (line.starts_with("SUB ")) {
      const std::string subject = line.substr(4, line.find(' ', 4) - 4);
      const auto error = behaviour_.subscription_errors.find(subject);
      if (error == behaviour_.subscription_errors.end()) {
        client.subscriptions[subject] = std::stoi(line.substr(line.rfind(' ') + 1));
      } else {
        send_to(client, "-ERR '" + error->second + "'\r\n");
      }
    }
  }

  static void refuse(Client& client, const std::string& why) {
    send_to(client, "-ERR '" + why + "'\r\n");
    client.refused = true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Behaviour behaviour_;
  const int listener_;
  const std::uint16_t port_;
  int wake_[2] = {-1, -1};
  std::size_t accepted_ = 0;
  std::vector<Client> clients_;
  std::vector<std::string> connects_;
  std::vector<Publication> publications_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// A port where connections hang: nobody accepts and the backlog is full.
class BlackHole {
 public:
  BlackHole() : listener_(listen_on(0, 0)) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(::connect(fd, reinterpret_cast<sockaddr*>(&address), size));
    }
  }
  ~BlackHole() {
    for (const int fd : fillers_) ::close(fd);
    ::close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  [[nodiscard]] std::string url() const { return url_of(port_of(listener_)); }

 private:
  const int listener_;
  int fillers_[4] = {-1, -1, -1, -1};
};

}  // namespace lookout::testing

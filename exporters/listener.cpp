#include "exporters/listener.h"

#include <poll.h>
#include <sys/socket.h>

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "agent/log.h"
#include "exporters/reception.h"
#include "exporters/workers.h"

namespace lookout {
namespace {

constexpr const char* kSlow = "slow";
// httplib lets five wait: of a hundred that come at once the others would try again seconds later.
constexpr int kBacklog = 1024;

// A connection as httplib sees it.
class Channel final : public httplib::Stream {
 public:
  explicit Channel(Connection& connection) : connection_(connection) {}

  [[nodiscard]] bool is_readable() const override { return connection_.waits_for(POLLIN); }
  [[nodiscard]] bool is_writable() const override { return connection_.wants_more(); }
  ssize_t read(char* data, std::size_t size) override { return connection_.read(data, size); }
  ssize_t write(const char* data, std::size_t size) override { return connection_.write(data, size); }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { tell(connection_.remote(), ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { tell(connection_.local(), ip, port); }
  [[nodiscard]] socket_t socket() const override { return connection_.fd(); }

 private:
  static void tell(const Endpoint& endpoint, std::string& ip, int& port) {
    ip = endpoint.address;
    port = endpoint.port;
  }
  Connection& connection_;
};

// What is protected in httplib, with the arguments that its version takes.
template <class Process>
auto call(Process process, Channel& channel, const Endpoint& remote, const Endpoint& local) {
  bool closed = false;
  const std::function<void(httplib::Request&)> setup;
  if constexpr (std::is_invocable_v<Process, httplib::Stream&, bool, bool&, decltype(setup)&>) {
    return process(channel, true, closed, setup);
  } else {
    return process(channel, remote.address, remote.port, local.address, local.port, true, closed, setup);
  }
}

}  // namespace

// httplib hands every accepted socket to it, on the thread that accepts.
class Listener::Desk final : public httplib::TaskQueue {
 public:
  explicit Desk(Listener& listener)
      : listener_(listener),
        workers_(listener.threads_, [&listener](Connection& connection) { listener.serve(connection); }),
        reception_(listener.security_, listener.instruments_, [this](std::unique_ptr<Connection> connection) {
          const bool probe = listener_.is_probe_(connection->path());
          if (workers_.add(std::move(connection), probe) != nullptr) reception_.count_displaced();
        }) {
    listener_.desk_ = this;
  }

  // void in some versions of httplib, bool in others.
  auto enqueue(std::function<void()> task) -> decltype(std::declval<httplib::TaskQueue>().enqueue(task)) override {
    task();
    return decltype(std::declval<httplib::TaskQueue>().enqueue(task))(true);
  }

  void shutdown() override {
    reception_.stop();
    workers_.stop();
  }

  void admit(int fd) { reception_.admit(fd); }

 private:
  Listener& listener_;
  Workers workers_;
  Reception reception_;
};

Listener::Listener(const WebSecurity& security, Instruments& instruments, std::size_t threads, IsProbe is_probe)
    : security_(security), instruments_(instruments), threads_(threads), is_probe_(std::move(is_probe)) {
  instruments_.http_connections_closed.Add({{"reason", kSlow}});
  new_task_queue = [this] {
    ::listen(svr_sock_, kBacklog);
    return new Desk(*this);
  };
}

bool Listener::process_and_close_socket(socket_t fd) {
  desk_->admit(fd);
  return true;
}

void Listener::serve(Connection& connection) {
  Channel channel(connection);
  const auto process = [this](auto&&... arguments) -> decltype(this->process_request(arguments...)) {
    return process_request(arguments...);
  };
  try {
    call(process, channel, connection.remote(), connection.local());
  } catch (const std::exception& error) {  // of httplib, outside of what it catches itself
    log::error("an answer could not be given", {{"reason", error.what()}});
  }
  connection.end();
  if (connection.stalled()) instruments_.http_connections_closed.Add({{"reason", kSlow}}).Increment();
}

}  // namespace lookout

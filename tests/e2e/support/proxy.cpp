#include "tests/e2e/support/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace lookout::e2e {
namespace {

constexpr std::size_t kFirstWords = 8192;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Empty: the path does not begin with it.
std::string without_prefix(const std::string& request, const std::string& prefix) {
  const std::string wanted = "GET " + prefix + '/';
  return request.starts_with(wanted) ? "GET /" + request.substr(wanted.size()) : "";
}

}  // namespace

struct Proxy::Link {
  int from;
  int to;
  std::string first_words{};  // of who dialled

  Link(int dialler, int target) : from(dialler), to(target) {}
  ~Link() {
    ::close(from);
    ::close(to);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // What one side said; empty at its end.
  std::string read(bool back) {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::recv(back ? to : from, buffer.data(), buffer.size(), 0);
    std::string bytes(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    if (!back && first_words.size() < kFirstWords) first_words += bytes;
    return bytes;
  }
};

Proxy::Proxy(int target, std::string prefix)
    : target_(target), prefix_(std::move(prefix)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port_);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0)
    throw std::runtime_error("no port for a proxy");
  thread_ = std::jthread([this](const std::stop_token& stop) { relay(stop); });
}

Proxy::~Proxy() {
  thread_.request_stop();
  thread_.join();
  ::close(listener_);
}

void Proxy::cut(const std::string& who) {
  const std::lock_guard lock(mutex_);
  cut_ = who;
}

void Proxy::mend() {
  const std::lock_guard lock(mutex_);
  cut_.reset();
}

bool Proxy::is_cut(const Link& link) {
  const std::lock_guard lock(mutex_);
  return cut_ && link.first_words.find(*cut_) != std::string::npos;
}

void Proxy::accept() {
  const int dialler = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (dialler < 0) return;
  auto link = std::make_unique<Link>(dialler, ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(target_);
  if (::connect(link->to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    links_.push_back(std::move(link));
}

void Proxy::relay(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<pollfd> waited{{listener_, POLLIN, 0}};
    for (const auto& link : links_) {
      waited.push_back({link->from, POLLIN, 0});
      waited.push_back({link->to, POLLIN, 0});
    }
    if (::poll(waited.data(), waited.size(), 20) < 0) continue;
    for (std::size_t i = links_.size(); i-- > 0;) {
      Link& link = *links_[i];
      bool open = !is_cut(link);
      for (const bool back : {false, true}) {
        if (!open || waited[2 * i + (back ? 2 : 1)].revents == 0) continue;
        const bool first = link.first_words.empty();
        std::string bytes = link.read(back);
        if (!back && first && !prefix_.empty()) bytes = without_prefix(bytes, prefix_);
        open = !bytes.empty() && !is_cut(link) && send_all(back ? link.from : link.to, bytes);
      }
      if (!open) links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (waited[0].revents != 0) accept();
  }
}

}  // namespace lookout::e2e

#include "exporters/http.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "exporters/accept.h"
#include "exporters/event_stream.h"
#include "exporters/gate.h"
#include "exporters/http_body.h"
#include "exporters/listener.h"
#include "exporters/mask.h"
#include "exporters/page_files.h"
#include "exporters/routes.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kThreads = 16;  // beside those that streams hold
// A connection that is kept open would keep a thread.
constexpr std::size_t kRequestsPerConnection = 1;
constexpr std::size_t kMaxRequestBody = 4096;

struct Address {
  std::string host;  // empty: every interface
  int port = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  int port = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > 65535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Address{std::string(host), port};
}

const char* sentence_of(int status) {
  switch (status) {
    case 401:
      return "A user and a password are needed.\n";
    case 404:
      return "Nothing is here; the endpoints are listed at /.\n";
    case 405:
      return "Only GET and HEAD are answered here.\n";
    case 413:
      return "The request is too large.\n";
    case 500:
      return "The page could not be made.\n";
    case 503:
      return "Too many passwords are being checked; try again.\n";
    default:
      return "The request is not understood.\n";
  }
}

// A list may come in several lines.
std::string list_header(const httplib::Request& request, const char* name) {
  std::string list;
  const auto [begin, end] = request.headers.equal_range(name);
  for (auto header = begin; header != end; ++header) list.append(list.empty() ? "" : ",").append(header->second);
  return list;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Config config, std::unique_ptr<WebSecurity> security, const Cell& cell, Feed& feed, Instruments& instruments,
       Now (*clock)())
      : config_(std::move(config)),
        security_(std::move(security)),
        cell_(cell),
        instruments_(instruments),
        clock_(clock),
        streams_(feed, cell, instruments) {
    renew();
  }

  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::optional<Error> listen(const std::string& listen_address) {
    const auto address = parse_address(listen_address);
    if (!address)
      return Error{"cannot listen on \"" + listen_address + "\": an address looks like :9422 or 127.0.0.1:9422"};
    bool bound = bind(address->host.empty() ? "::" : address->host, address->port);
    // A machine without IPv6.
    if (!bound && address->host.empty() && errno != EADDRINUSE && errno != EACCES)
      bound = bind("0.0.0.0", address->port);
    if (!bound) {
      const std::string why = errno == 0 ? "no such address" : std::generic_category().message(errno);
      return Error{"cannot listen on \"" + listen_address + "\": " + why};
    }
    started_ = clock_().mono;
    thread_ = std::thread([this] { serve(); });
    while (!running() && !finished_) std::this_thread::sleep_for(1ms);
    return std::nullopt;
  }

  void stop() {
    stopping_ = true;
    streams_.stop();
    if (!thread_.joinable()) return;
    while (!finished_) {
      {
        const std::lock_guard lock(renewal_);
        server_->stop();
      }
      std::this_thread::sleep_for(5ms);
    }
    thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] WebSecurity& security() { return *security_; }

 private:
  bool running() {
    const std::lock_guard lock(renewal_);
    return server_->is_running();
  }

  bool bind(const std::string& host, int port) {
    errno = 0;
    host_ = host;
    port_ = port == 0 ? server_->bind_to_any_port(host) : port;
    return port == 0 ? port_ > 0 : server_->bind_to_port(host, port);
  }

  // httplib stops listening for good when accept() fails, be it for lack of memory: then a new one takes its place.
  void serve() {
    server_->listen_after_bind();
    while (!stopping_) {
      std::this_thread::sleep_for(100ms);
      renew();
      if (!stopping_ && server_->bind_to_port(host_, port_)) server_->listen_after_bind();
    }
    finished_ = true;
  }

  void renew() {
    auto server = std::make_unique<Listener>(*security_, instruments_, kThreads + EventStreams::kMost, is_probe);
    server->set_keep_alive_max_count(kRequestsPerConnection);
    server->set_payload_max_length(kMaxRequestBody);
    server->set_tcp_nodelay(true);
    // httplib's default shares the port with whoever else listens on it (SO_REUSEPORT).
    server->set_socket_options([](socket_t fd) {
      const int yes = 1;
      const int no = 0;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    });
    server->set_default_headers({{"Content-Security-Policy", kContentPolicy},
                                 {"X-Content-Type-Options", "nosniff"},
                                 {"Referrer-Policy", "no-referrer"},
                                 {"Cache-Control", "no-store"}});
    set_gate(*server, *security_);
    add_routes(*server);
    const std::lock_guard lock(renewal_);
    server_ = std::move(server);
  }

  void add_routes(httplib::Server& server) {
    for (const Route& route : routes()) {
      if (!is_served(route)) continue;
      server.Get(route.path, [this, &route](const httplib::Request& request, httplib::Response& response) {
        if (route.render == nullptr) return streams_.answer(request, response);
        answer(route, request, response);
      });
    }
    for (const PageFile& file : files()) {
      server.Get(file.path, [&file](const httplib::Request& request, httplib::Response& response) {
        answer_file(file, request, response);
      });
    }
    server.set_error_handler(
        [this](const httplib::Request& request, httplib::Response& response) { refuse(request, response); });
    server.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) { response.status = 500; });
    server.set_logger([this](const httplib::Request& request, const httplib::Response& response) {
      const char* const path = known_path(request.path);
      instruments_.http_requests
          .Add({{"path", path == nullptr ? "other" : path}, {"code", std::to_string(response.status)}})
          .Increment();
    });
  }

  void refuse(const httplib::Request& request, httplib::Response& response) const {
    ignore_ranges(request);
    if (response.has_header("Content-Type")) return;  // an endpoint's own words
    if (response.status == 404 && known_path(request.path) != nullptr) {
      response.status = 405;
      response.set_header("Allow", "GET, HEAD");
    }
    const bool listed = config_.web_page || response.status != 404;
    send_body(response, listed ? sentence_of(response.status) : "Nothing is here.\n", "text/plain; charset=utf-8");
  }

  [[nodiscard]] bool is_served(const Route& route) const { return config_.web_page || !route.of_page; }

  [[nodiscard]] std::span<const PageFile> files() const {
    return config_.web_page ? page_files() : std::span<const PageFile>();
  }

  // The path as a label: bounded, whatever is asked for. Null: nothing is there.
  [[nodiscard]] const char* known_path(const std::string& path) const {
    const auto is_it = [&](const auto& one) { return path == one.path; };
    const auto all = routes();
    const auto route = std::find_if(all.begin(), all.end(), is_it);
    if (route != all.end()) return is_served(*route) ? route->path : nullptr;
    if (std::none_of(files().begin(), files().end(), is_it)) return nullptr;
    return path == "/" ? "/" : "/page/";
  }

  void answer(const Route& route, const httplib::Request& request, httplib::Response& response) {
    const Now now = clock_();
    const auto snapshot = shown();
    const View view{*snapshot, instruments_, config_,        metrics_,
                    now,       started_,     request.params, accepted_format(list_header(request, "Accept"))};
    std::unique_lock turn(page_turn_, std::defer_lock);
    if (route.of_page) turn.lock();
    Rendered rendered = route.render(view);
    if (turn.owns_lock()) turn.unlock();
    response.status = rendered.status;
    response.set_header("Vary", "Accept, Accept-Encoding");
    const char* const type = rendered.type == nullptr ? route.type : rendered.type;
    if (rendered.front != nullptr && accepts_gzip(list_header(request, "Accept-Encoding"))) {
      response.set_header("Content-Encoding", "gzip");
      send_body(response, gzip_with_end(*rendered.front, rendered.body), type);
    } else {
      send_body(response, std::move(rendered.body), type, std::move(rendered.front));
    }
    instruments_.http_seconds.Observe(seconds(clock_().mono - now.mono));
  }

  // The newest one; masked, where that is asked for, once for all who ask.
  std::shared_ptr<const Snapshot> shown() {
    auto snapshot = cell_.get();
    if (!config_.mask_identities) return snapshot;
    const std::lock_guard lock(mask_turn_);
    if (std::exchange(unmasked_, snapshot) != snapshot) masked_ = masked(*snapshot);
    return masked_;
  }

  const Config config_;
  const std::unique_ptr<WebSecurity> security_;
  const Cell& cell_;
  Instruments& instruments_;
  Now (*const clock_)();
  std::mutex renewal_;  // of server_, by its own thread
  std::unique_ptr<httplib::Server> server_;
  MetricsPage metrics_;
  std::mutex page_turn_;  // of what is rendered for the page: however many ask, it takes one core
  std::mutex mask_turn_;  // of the next two
  std::shared_ptr<const Snapshot> unmasked_;
  std::shared_ptr<const Snapshot> masked_;
  EventStreams streams_;
  Mono started_;
  std::string host_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> finished_ = false;
  std::thread thread_;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(const Config& config, std::unique_ptr<WebSecurity> security,
                                                      const Cell& cell, Feed& feed, Instruments& instruments,
                                                      Now (*clock)()) {
  auto impl = std::make_unique<Impl>(config, std::move(security), cell, feed, instruments, clock);
  if (auto error = impl->listen(config.listen_address)) return *std::move(error);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

int HttpServer::port() const {
  return impl_->port();
}
bool HttpServer::reload() {
  return impl_->security().reload();
}
void HttpServer::stop() {
  impl_->stop();
}

}  // namespace lookout

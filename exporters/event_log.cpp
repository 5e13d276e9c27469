#include "exporters/event_log.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

namespace lookout {
namespace {

constexpr std::size_t kQueue = 8192;  // lines
constexpr int kPatienceMs = 100;      // between two looks at whether we are closing

Result<int> open_file(const std::string& path) {
  // Not blocking: a FIFO without a reader is an error, not a wait. Event logs carry user names: not for everybody to
  // read.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd < 0) return Error{"cannot open the event log \"" + path + "\": " + std::generic_category().message(errno)};
  return fd;
}

// Writes lines to a descriptor. A reader that takes nothing holds up this thread alone, and not even that while
// closing.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(int fd, bool owned, Instruments& instruments) : fd_(fd), owned_(owned), instruments_(instruments) {}
  ~Sink() override { close_file(); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void replace(int fd) {
    const std::lock_guard lock(mutex_);
    close_file();
    fd_ = fd;
  }

  void close_soon() { closing_ = true; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.data(), message.payload.size());
    line_ += '\n';
    if (!write_line()) instruments_.event_log_dropped.Increment();
  }
  void flush_() override {}

 private:
  bool write_line() {
    for (std::string_view rest = line_; !rest.empty();) {
      if (!wait_writable()) return false;
      // A pipe that poll() calls writable takes this much without blocking.
      const ssize_t written = ::write(fd_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  bool wait_writable() {
    pollfd wanted{fd_, POLLOUT, 0};
    while (!stalled_) {
      const int ready = poll(&wanted, 1, kPatienceMs);
      if (ready > 0) return true;
      stalled_ = ready == 0 && closing_;
    }
    return false;
  }

  void close_file() const {
    if (owned_) ::close(fd_);
  }

  int fd_;
  const bool owned_;
  Instruments& instruments_;
  std::string line_;
  std::atomic<bool> closing_ = false;
  bool stalled_ = false;  // closing and the reader takes nothing: what is left is dropped
};

}  // namespace

// spdlog's queue and thread, ours alone.
class EventLog::Output {
 public:
  explicit Output(std::shared_ptr<Sink> sink)
      : sink_(std::move(sink)),
        pool_(std::make_shared<spdlog::details::thread_pool>(kQueue, 1)),
        logger_(std::make_shared<spdlog::async_logger>("events", sink_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {}

  void close() {
    sink_->close_soon();
    logger_.reset();
    const auto pool = std::exchange(pool_, nullptr);  // its destructor works off the queue
  }

  void write(std::string_view line) { logger_->log(spdlog::level::info, line); }
  void replace(int fd) { sink_->replace(fd); }
  [[nodiscard]] std::uint64_t drops() const { return pool_->overrun_counter(); }

 private:
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

EventLog::EventLog(const EventOptions& options, Instruments& instruments)
    : instruments_(instruments), path_(options.log) {
  for (const EventGroup group : options.kinds) wanted_[static_cast<std::size_t>(group)] = true;
}

Result<std::unique_ptr<EventLog>> EventLog::open(const EventOptions& options, Instruments& instruments) {
  std::unique_ptr<EventLog> log(new EventLog(options, instruments));
  if (options.log == "off") return log;
  const bool to_file = options.log != "-";
  Result<int> fd = to_file ? open_file(options.log) : Result<int>(STDOUT_FILENO);
  if (!fd) return Error{fd.error()};
  log->output_ = std::make_unique<Output>(std::make_shared<Sink>(*fd, to_file, instruments));
  return log;
}

EventLog::~EventLog() {
  if (!output_) return;
  count_drops();
  output_->close();
}

void EventLog::write(const Event& event, Now now) {
  if (!output_ || !is_logged(event, wanted_)) return;
  output_->write(event_line(event, now));
  count_drops();
}

std::optional<Error> EventLog::reopen() {
  if (!output_ || path_ == "-") return std::nullopt;
  const Result<int> fd = open_file(path_);
  if (!fd) return Error{fd.error()};
  output_->replace(*fd);
  return std::nullopt;
}

void EventLog::count_drops() {
  const std::uint64_t drops = output_->drops();
  if (drops > counted_drops_) instruments_.event_log_dropped.Increment(static_cast<double>(drops - counted_drops_));
  counted_drops_ = drops;
}

}  // namespace lookout

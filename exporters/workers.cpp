#include "exporters/workers.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace lookout {
namespace {

constexpr std::size_t kReserve = 4;  // for addresses without a request under way

}  // namespace

Workers::Workers(std::size_t threads, Serve serve) : serve_(std::move(serve)), free_(threads) {
  for (std::size_t i = 0; i <= threads; ++i) threads_.emplace_back([this, probes = i == 0] { work(probes); });
}

Workers::~Workers() {
  stop();
}

std::unique_ptr<Connection> Workers::add(std::unique_ptr<Connection> connection, bool probe) {
  const std::lock_guard lock(guard_);
  if (stopping_) return nullptr;
  const std::string& address = connection->remote().address;
  const auto of_same = [&](const Job& job) { return !job.probe && job.connection->remote().address == address; };
  std::unique_ptr<Connection> displaced;
  if (!probe && std::count_if(jobs_.begin(), jobs_.end(), of_same) >= static_cast<std::ptrdiff_t>(kWaitingOfOne)) {
    const auto oldest = std::find_if(jobs_.begin(), jobs_.end(), of_same);
    displaced = std::move(oldest->connection);
    jobs_.erase(oldest);
  } else if (!probe && jobs_.size() >= kWaiting) {
    return connection;
  }
  jobs_.push_back({std::move(connection), probe});
  changed_.notify_all();  // not every thread may take it
  return displaced;
}

void Workers::stop() {
  {
    const std::lock_guard lock(guard_);
    stopping_ = true;
    jobs_.clear();
    for (const int socket : served_) shutdown(socket, SHUT_RDWR);  // httplib waits seconds for who takes nothing
  }
  changed_.notify_all();
  threads_.clear();
}

Workers::Jobs::iterator Workers::next(bool probes_only) {
  return std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) {
    if (probes_only) return job.probe;
    return free_ > kReserve || !busy_.contains(job.connection->remote().address);
  });
}

void Workers::work(bool probes_only) {
  std::unique_lock lock(guard_);
  for (;;) {
    auto job = jobs_.end();
    changed_.wait(lock, [&] {
      job = next(probes_only);
      return stopping_ || job != jobs_.end();
    });
    if (stopping_) return;
    std::unique_ptr<Connection> connection = std::move(job->connection);
    jobs_.erase(job);
    const std::string address = connection->remote().address;
    const int socket = connection->fd();
    served_.insert(socket);
    if (!probes_only) {
      --free_;
      ++busy_[address];
    }
    lock.unlock();
    serve_(*connection);
    lock.lock();
    served_.erase(socket);  // before another gets its number
    connection.reset();
    if (probes_only) continue;
    ++free_;
    if (--busy_[address] == 0) busy_.erase(address);
    changed_.notify_all();
  }
}

}  // namespace lookout

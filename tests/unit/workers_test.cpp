#include "exporters/workers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <latch>
#include <semaphore>
#include <set>

namespace lookout {
namespace {

using namespace std::chrono_literals;

// Accepted connections of clients that have addresses of their own.
class Door {
 public:
  Door() {
    const sockaddr_in any = at("127.0.0.1", 0);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
  }
  ~Door() {
    close(listener_);
    for (const int fd : clients_) close(fd);
  }
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  std::unique_ptr<Connection> from(const char* address, Instruments& instruments) {
    sockaddr_in here{};
    socklen_t size = sizeof here;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    const int client = clients_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in source = at(address, 0);
    EXPECT_EQ(bind(client, reinterpret_cast<const sockaddr*>(&source), sizeof source), 0);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    return std::make_unique<Connection>(accept(listener_, nullptr, nullptr), nullptr, instruments);
  }

 private:
  static sockaddr_in at(const char* address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    inet_pton(AF_INET, address, &out.sin_addr);
    return out;
  }
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<int> clients_;
};

class WorkersTest : public testing::Test {
 protected:
  // Whose request is begun next; empty: nobody's.
  std::string next() {
    if (!begun_.try_acquire_for(10s)) return {};
    const std::lock_guard lock(guard_);
    const std::string address = order_.front();
    order_.erase(order_.begin());
    return address;
  }
  // Whether one had to go for it.
  bool add(const char* address, bool probe = false) {
    return workers_.add(door_.from(address, instruments_), probe) != nullptr;
  }

  Instruments instruments_;
  Door door_;
  std::mutex guard_;
  std::vector<std::string> order_;
  std::counting_semaphore<> begun_{0};
  std::counting_semaphore<> may_end_{0};
  Workers workers_{6, [this](Connection& connection) {
                     {
                       const std::lock_guard lock(guard_);
                       order_.push_back(connection.remote().address);
                     }
                     begun_.release();
                     may_end_.acquire();
                   }};
};

TEST_F(WorkersTest, OneAddressHoldsUpItselfAlone) {
  for (int i = 0; i < 5; ++i) add("127.0.0.2");
  EXPECT_EQ(next(), "127.0.0.2");
  EXPECT_EQ(next(), "127.0.0.2");  // the four others are for addresses that have nothing under way
  add("127.0.0.3");
  EXPECT_EQ(next(), "127.0.0.3");
  add("127.0.0.4");
  EXPECT_EQ(next(), "127.0.0.4");
  may_end_.release(4);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(next(), "127.0.0.2");
    may_end_.release();
  }
}

TEST_F(WorkersTest, AProbeWaitsForNobody) {
  for (const char* address : {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"}) {
    add(address);
    EXPECT_EQ(next(), address);
  }
  add("127.0.0.8");
  add("127.0.0.2", true);
  EXPECT_EQ(next(), "127.0.0.2");
  may_end_.release(8);
  EXPECT_EQ(next(), "127.0.0.8");
}

TEST_F(WorkersTest, WhoSendsTooManyLosesTheOldestOfItsOwn) {
  for (int i = 0; i < 2; ++i) {
    add("127.0.0.2");
    EXPECT_EQ(next(), "127.0.0.2");  // the four other threads are for others
  }
  for (std::size_t i = 0; i < Workers::kWaitingOfOne; ++i) EXPECT_FALSE(add("127.0.0.2")) << i;
  EXPECT_TRUE(add("127.0.0.2"));
  EXPECT_FALSE(add("127.0.0.3"));
  EXPECT_EQ(next(), "127.0.0.3");
  EXPECT_FALSE(add("127.0.0.2", true)) << "probes are not counted";
  EXPECT_EQ(next(), "127.0.0.2");
  EXPECT_EQ(instruments_.http_connections.Value(), static_cast<double>(Workers::kWaitingOfOne + 4));
  may_end_.release(Workers::kWaitingOfOne + 10);
}

TEST_F(WorkersTest, NoConnectionIsLeftAtTheEnd) {
  add("127.0.0.2");
  EXPECT_EQ(next(), "127.0.0.2");
  add("127.0.0.2");
  add("127.0.0.2");
  add("127.0.0.2");
  may_end_.release(8);
  workers_.stop();
  EXPECT_EQ(instruments_.http_connections.Value(), 0);
}

}  // namespace
}  // namespace lookout

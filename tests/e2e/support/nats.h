// Nats: a connection of libnats, for what a test asks NATS as an application or an operator would; JetStream: streams
// and consumers by libnats' own API. Neither shares a line with the agent. One thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/client.h"
#include "tests/e2e/support/process.h"

struct __natsConnection;
struct __jsCtx;

namespace lookout::e2e {

class Nats {
 public:
  // Throws when it cannot connect, as no test can go on without.
  Nats(const std::string& url, const Login& login);
  ~Nats();
  Nats(const Nats&) = delete;
  Nats& operator=(const Nats&) = delete;

  // The answer, parsed; null when there is none within the limit.
  [[nodiscard]] nlohmann::json request(const std::string& subject, const nlohmann::json& body = {},
                                       milliseconds limit = 3s) const;

 protected:
  [[nodiscard]] __natsConnection* connection() const { return connection_; }

 private:
  __natsConnection* connection_ = nullptr;
};

struct StreamSpec {
  std::string name;
  int replicas = 1;
  std::string subject{};  // empty for mirrors and sourced streams
  std::string mirror{};
  std::vector<std::string> sources{};
  std::string cluster{};  // where it is placed
};

class JetStream : public Nats {
 public:
  JetStream(const std::string& url, const Login& login);
  ~JetStream();

  // Waits while JetStream elects its leaders.
  void add(const StreamSpec& spec) const;
  void add_consumer(const std::string& stream, const std::string& durable) const;
  void remove(const std::string& stream) const;
  // Each message is acknowledged.
  void publish(const std::string& subject, int count, const std::string& payload = "e2e") const;
  // Asks a consumer for messages and acknowledges `acks` of those `count`.
  void fetch(const std::string& stream, const std::string& durable, int count, int acks) const;

  [[nodiscard]] std::uint64_t messages(const std::string& stream) const;
  [[nodiscard]] std::string leader(const std::string& stream) const;  // empty while there is none
  // Makes the leader step down and waits for another one.
  void move_leader(const std::string& stream) const;

 private:
  __jsCtx* context_ = nullptr;
  mutable int published_ = 0;
};

}  // namespace lookout::e2e

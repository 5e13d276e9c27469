// From the configuration to libnats' options for one attempt at one server. Secrets are read from their files here, so
// that each attempt sees what a rotation left there. Used by the io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/result.h"

struct __natsOptions;  // NOLINT(bugprone-reserved-identifier): libnats' own name; its header stays out of ours

namespace lookout {

// What proves who we are during the login by nkey or .creds; libnats asks for it by callbacks, so it outlives the
// connection.
struct NatsLogin {
  std::string jwt;
  std::string seed;

  NatsLogin() = default;
  ~NatsLogin();
  NatsLogin(const NatsLogin&) = delete;
  NatsLogin& operator=(const NatsLogin&) = delete;
};

struct FreeNatsOptions {
  void operator()(__natsOptions* options) const;
};
using NatsOptionsPtr = std::unique_ptr<__natsOptions, FreeNatsOptions>;

// The error is one plain sentence without any secret. Fills `login`.
[[nodiscard]] Result<NatsOptionsPtr> make_nats_options(const NatsOptions& config, const std::string& url,
                                                       NatsLogin& login);

// libnats pastes user, password, token and name into its CONNECT as they are; this makes them the inside of a JSON
// string.
[[nodiscard]] std::string json_escape(std::string_view text);

[[nodiscard]] bool wants_tls(const NatsOptions& config, std::string_view url);

struct Endpoint {
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 4222;
};
[[nodiscard]] Endpoint endpoint_of(std::string_view url);

// What libnats noted as the calling thread's last error, without its source position; empty when there is none.
[[nodiscard]] std::string last_nats_error();

}  // namespace lookout

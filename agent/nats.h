// Nats: the Transport over nats.c and the only file with its .cpp that knows <nats.h>. libnats never reconnects for us:
// a connection lives once, and whenever it ends the io thread builds the next one with options read afresh, so that
// rotated passwords, tokens, seeds, creds and certificates take effect. One io thread makes every libnats call; a
// watchdog that makes none shuts the sockets down under a call that hangs (libnats 3.4.1 and 3.10.1 can hang for ever
// holding their mutex), and ends the process with code 75 when even that does not help. Delivery threads of libnats
// push into the Inbox and do nothing else. One at a time in a process.
#pragma once

#include <memory>
#include <string_view>

#include "agent/inbox.h"
#include "agent/instruments.h"
#include "agent/transport.h"
#include "config/config.h"

namespace lookout {

class Nats final : public Transport {
 public:
  // Starts connecting at once. `inbox` and `instruments` must outlive it.
  Nats(const Config& config, Inbox& inbox, Instruments& instruments);
  // Closes, waits for libnats' callbacks to end; at most about a second.
  ~Nats() override;

  bool request(std::string_view subject, std::string_view token, std::string_view body, bool gzip) override;

  // The connection is closed and built again with fresh options (SIGHUP, secrets changed). Any thread.
  void rebuild();

 private:
  class Io;
  std::unique_ptr<Io> io_;
};

// The version of libnats this runs with, "3.4.1".
[[nodiscard]] const char* nats_client_version();

}  // namespace lookout

// Instruments: the agent's numbers about itself that are not part of the fleet's picture, kept with prometheus-cpp.
// Thread safe by that library. Owned by main; every part gets a reference. Series exist at zero from the start.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "agent/clock.h"

namespace lookout {

class Instruments {
 public:
  Instruments();

  prometheus::Registry registry;

  // transport
  prometheus::Counter& connects;          // logins that succeeded
  prometheus::Counter& connect_failures;  // attempts that failed for any other reason than the next
  prometheus::Counter& connect_auth_failures;
  prometheus::Counter& disconnects;
  prometheus::Family<prometheus::Counter>& disconnects_by_reason;  // reason: bounded list of the transport
  prometheus::Counter& watchdog_interventions;                     // sockets shut down because libnats hung
  prometheus::Counter& slow_consumer_drops;                        // messages libnats dropped before the Inbox
  prometheus::Counter& requests_sent;
  prometheus::Counter& requests_dropped;  // no connection or full queue
  prometheus::Counter& permission_errors;
  prometheus::Gauge& rtt_seconds;  // of the last measured round trip; NaN while disconnected
  // loop
  prometheus::Histogram& batch_seconds;               // time to work through one batch
  prometheus::Family<prometheus::Gauge>& journal_ok;  // the journal's exist only where there is one
  prometheus::Family<prometheus::Gauge>& journal_bytes;
  prometheus::Counter& config_reloads;
  prometheus::Counter& config_reload_failures;
  prometheus::Counter& event_log_dropped;
  // http
  prometheus::Family<prometheus::Counter>& http_requests;  // labels path, code
  prometheus::Histogram& http_seconds;
  prometheus::Gauge& http_connections;  // open
  prometheus::Counter& http_connections_accepted;
  prometheus::Family<prometheus::Counter>& http_connections_closed;  // label reason: why there was no whole answer
  prometheus::Counter& password_checks;                              // passwords held against a bcrypt hash
  prometheus::Family<prometheus::Counter>& web_reloads;              // label result: loaded, failed
  // push of alerts; label receiver
  prometheus::Family<prometheus::Counter>& notifications;          // posts; label result: sent, failed
  prometheus::Family<prometheus::Counter>& notifications_dropped;  // alerts that found no place in an Outbox
  prometheus::Family<prometheus::Gauge>& notifications_pending;    // alerts

  // Set by the loop at every turn.
  std::atomic<Mono::rep> heartbeat{0};
  static constexpr std::chrono::seconds kHeartbeatLimit{30};

  // The loop makes progress: what /livez says, and the service manager is told. Before its first turn the time since
  // `started` counts: a loop that never turns is found out too.
  [[nodiscard]] bool lives(Mono now, Mono started) const;

  // Who listens to /api/v1/events now.
  std::atomic<std::size_t> page_clients{0};

 private:
  // prometheus-cpp hands out references; these build one metric of one family.
  prometheus::Counter& counter(const std::string& name, const std::string& help);
  prometheus::Gauge& gauge(const std::string& name, const std::string& help);
  prometheus::Histogram& histogram(const std::string& name, const std::string& help);
};

}  // namespace lookout

#include "agent/instruments.h"

#include <limits>

namespace lookout {
namespace {

// From a health probe or a quiet turn of the loop to what endangers a scrape or the heartbeat.
const prometheus::Histogram::BucketBoundaries kBuckets{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05,
                                                       0.1,    0.25,   0.5,   1.0,   2.5,  10.0};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

}  // namespace

Instruments::Instruments()
    : connects(counter("nats_lookout_nats_connects_total", "Logins to NATS that succeeded.")),
      connect_failures(counter("nats_lookout_nats_connect_failures_total",
                               "Attempts to connect to NATS that failed for another reason than the credentials.")),
      connect_auth_failures(counter("nats_lookout_nats_connect_auth_failures_total",
                                    "Attempts to connect to NATS that failed because the server refused the login.")),
      disconnects(counter("nats_lookout_nats_disconnects_total", "Established connections to NATS that ended.")),
      disconnects_by_reason(counters(registry, "nats_lookout_nats_disconnect_reasons_total",
                                     "Established connections to NATS that ended, by reason.")),
      watchdog_interventions(counter("nats_lookout_watchdog_interventions_total",
                                     "Times the client library hung and its sockets were shut down.")),
      slow_consumer_drops(counter("nats_lookout_nats_slow_consumer_drops_total",
                                  "Messages the client library dropped before they reached the inbox.")),
      requests_sent(counter("nats_lookout_nats_requests_sent_total", "Requests sent to NATS.")),
      requests_dropped(counter("nats_lookout_nats_requests_dropped_total",
                               "Requests not sent because there was no connection or the queue was full.")),
      permission_errors(counter("nats_lookout_nats_permission_errors_total",
                                "Subscriptions and publications of the agent that a server refused.")),
      rtt_seconds(gauge("nats_lookout_nats_rtt_seconds",
                        "Last measured round trip to the connected server; NaN while disconnected.")),
      batch_seconds(histogram("nats_lookout_loop_batch_seconds", "Time to work through one batch of messages.")),
      journal_ok(prometheus::BuildGauge()
                     .Name("nats_lookout_journal_ok")
                     .Help("Whether counts are kept over restarts: 0 while the journal cannot be written.")
                     .Register(registry)),
      journal_bytes(
          prometheus::BuildGauge().Name("nats_lookout_journal_bytes").Help("Size of the journal.").Register(registry)),
      config_reloads(counter("nats_lookout_config_reloads_total", "Configuration reloads that succeeded.")),
      config_reload_failures(
          counter("nats_lookout_config_reload_failures_total", "Configuration reloads that failed.")),
      event_log_dropped(
          counter("nats_lookout_event_log_dropped_total", "Events that could not be written to the event log.")),
      http_requests(
          counters(registry, "nats_lookout_http_requests_total", "HTTP requests answered, by path and code.")),
      http_seconds(histogram("nats_lookout_http_request_duration_seconds", "Time to answer an HTTP request.")),
      http_connections(gauge("nats_lookout_http_connections", "HTTP connections that are open.")),
      http_connections_accepted(
          counter("nats_lookout_http_connections_accepted_total", "HTTP connections that were accepted.")),
      http_connections_closed(counters(registry, "nats_lookout_http_connections_closed_total",
                                       "HTTP connections the agent closed without a whole answer, by reason.")),
      password_checks(counter("nats_lookout_http_password_checks_total",
                              "Passwords held against a bcrypt hash; one that was right is not checked again.")),
      web_reloads(counters(registry, "nats_lookout_web_config_reloads_total",
                           "Times the web configuration or a file it names was read again, by result.")),
      notifications(counters(registry, "nats_lookout_notifications_total", "Posts of alerts to receivers, by result.")),
      notifications_dropped(counters(registry, "nats_lookout_notifications_dropped_total",
                                     "Alerts not kept for a receiver, because too many wait or last.")),
      notifications_pending(prometheus::BuildGauge()
                                .Name("nats_lookout_notifications_pending")
                                .Help("Alerts that began or ended and wait to be delivered to a receiver.")
                                .Register(registry)) {
  rtt_seconds.Set(std::numeric_limits<double>::quiet_NaN());
}

bool Instruments::lives(Mono now, Mono started) const {
  const Mono beat{Mono::duration(heartbeat.load())};
  return now - (beat == Mono{} ? started : beat) <= kHeartbeatLimit;
}

prometheus::Counter& Instruments::counter(const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& Instruments::gauge(const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& Instruments::histogram(const std::string& name, const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, kBuckets);
}

}  // namespace lookout

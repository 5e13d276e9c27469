// Loop: the one thread that owns State. It takes what waits in the Inbox, decodes and applies it, lets the poller ask,
// and puts a new Snapshot into the Cell when something changed. Built and joined by main.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "agent/cell.h"
#include "agent/decode.h"
#include "agent/event.h"
#include "agent/inbox.h"
#include "agent/instruments.h"
#include "agent/journal.h"
#include "agent/memory.h"
#include "agent/poller.h"
#include "agent/state.h"
#include "agent/transport.h"
#include "config/config.h"

namespace lookout {

class Loop {
 public:
  // collectors/ depends on agent/, so main hands its two products in: the tables and the event decoder.
  using DecodeEvent = std::function<const Event&(const Message&)>;

  // With --state.dir the first Snapshot, of what was counted before, is in the Cell when it is made.
  Loop(const Config& config, std::span<const Collector> collectors, DecodeEvent decode, State::Sink sink, Inbox& inbox,
       Transport& transport, Cell& cell, Instruments& instruments);

  // Until a stop is asked for. Turns at least four times a second, ten times where an endpoint is asked often.
  void run(const std::stop_token& stop);

  // Thresholds and times of checks and patterns, from the next turn on. Any thread.
  void set_limits(const Config& config);

  // One turn with what `batch` holds; run() is this in circles. For tests.
  void turn(const Batch& batch, Now now);

 private:
  void link(const LinkEvent& event, Now now);
  void message(const Message& message, Now now);
  void event(const Message& message, Now now);
  void reply(const Message& message, Now now);
  void answer(const Route& route, const Message& message, Now now);
  void tick(Now now);
  void watch_agent(Now now);
  void report_rounds(Now now);
  void watch_memory(Now now);
  [[nodiscard]] std::optional<std::size_t> largest_answers() const;
  void tell_findings(Now now);
  void tell(const Finding& finding, const Finding* before, Now now);
  void tell_over(const Finding& finding, Now now);
  void log_event(EventKind kind, const Finding& finding, Now now) const;
  void publish(Now now);
  void restore(Now now);
  void persist(Now now);

  const Millis tick_;
  const std::span<const Collector> collectors_;
  const DecodeEvent decode_;
  const State::Sink sink_;
  ReplyDecoder replies_;
  State state_;
  Poller poller_;
  MemoryGuard memory_;
  std::unique_ptr<Journal> journal_;  // null: nothing is kept
  Mono next_rewrite_{};
  Inbox& inbox_;
  Cell& cell_;
  Instruments& instruments_;
  const NatsOptions nats_;
  std::optional<Expiry> expiry_;
  Mono next_expiry_{};
  std::mutex limits_mutex_;
  std::optional<Config> limits_;  // to be set
  Mono next_tick_{};
  Mono next_publish_{};
  std::uint64_t reported_rounds_ = 0;
  std::string last_failure_;                                     // logged once per change
  std::map<std::pair<std::string, std::string>, Finding> told_;  // by check and entity
  std::uint64_t told_version_ = 0;                               // of the board
};

}  // namespace lookout

// EventLog: the events as JSON lines on stdout or in a file. write() is called by the loop and never blocks: a thread
// of its own does the writing, and when that falls behind the oldest lines go, counted. No JWT and no token is ever
// written. Owned by main.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/instruments.h"
#include "config/config.h"
#include "config/result.h"

namespace lookout {

class EventLog {
 public:
  // The error is one sentence that names the file.
  static Result<std::unique_ptr<EventLog>> open(const EventOptions& options, Instruments& instruments);

  // Writes out what waits, as long as the reader takes it.
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Loop thread.
  void write(const Event& event, Now now);

  // After log rotation (SIGHUP): the file is opened again. On an error the old one stays in use. Any thread.
  std::optional<Error> reopen();

 private:
  class Output;
  EventLog(const EventOptions& options, Instruments& instruments);
  void count_drops();

  Instruments& instruments_;
  std::string path_;
  std::array<bool, kEventGroups> wanted_{};
  std::unique_ptr<Output> output_;  // null: off
  std::uint64_t counted_drops_ = 0;
};

// The group that an event belongs to; none: it is never logged. A failed login that only its DISCONNECT tells of is one
// of auth.
[[nodiscard]] std::optional<EventGroup> group_of(const Event& event);

// Whether an event belongs to one of the wanted groups.
[[nodiscard]] bool is_logged(const Event& event, const std::array<bool, kEventGroups>& wanted);

// One line, without its newline. `mask`: who its client is, or who tried to log in, is hidden (exporters/mask.h).
[[nodiscard]] std::string event_line(const Event& event, Now now, bool mask = false);

}  // namespace lookout

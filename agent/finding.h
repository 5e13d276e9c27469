// Finding: one statement about the health of one thing, with memory. Defined here once; checks of every issue feed the
// same board.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/clock.h"

namespace lookout {

enum class Health : std::uint8_t { ok, warning, critical, unknown };  // the numbers are Nagios' exit codes
inline constexpr const char* kHealthNames[] = {"ok", "warning", "critical", "unknown"};

struct Tally {
  std::string name;
  std::uint64_t count = 0;

  bool operator==(const Tally&) const = default;
};

// What a finding rests on, where it is made of many events. The names are the clients' words: bounded, cleaned.
struct Evidence {
  std::uint64_t count = 0;
  std::vector<Tally> sources;  // addresses, those with most first
  std::vector<Tally> users;

  bool operator==(const Evidence&) const = default;
};

struct Finding {
  std::string check;   // stable id, "agent_connection"
  std::string entity;  // what it is about: "agent", "east/n1"
  Health state = Health::ok;
  Wall since{};              // when it took this state
  std::string sentence;      // for a person; no secrets, bounded
  std::string cluster = {};  // of the entity; empty: it belongs to none
  std::string advice = {};   // what to do now; empty: the sentence says it all
  Evidence evidence = {};
  std::string server = {};               // that it is about; empty: none, or several
  std::string account = {};              // id
  std::optional<double> value = {};      // in base units
  std::optional<double> threshold = {};  // that it passed

  bool operator==(const Finding&) const = default;
};

// How long a violation must last before it is raised, and how long its absence before it is cleared. A warning that
// lasts for `worsen` is critical; 0: never.
struct Hysteresis {
  Millis raise{0};
  Millis clear{0};
  Millis worsen{0};
};

// The board of findings. Owned by State; loop thread. A check that reports `unknown` freezes what is already raised.
class Findings {
 public:
  // What a check sees now. `ok` clears (after `hysteresis.clear`).
  void report(const std::string& check, const std::string& entity, Health state, std::string sentence,
              Hysteresis hysteresis, Now now);
  void report(Finding seen, Hysteresis hysteresis, Now now);  // `since` is of no account

  // Of the checks in `about`, those that were not reported at this time are ok, unless `unknown` says that nobody can
  // tell: those stay as they are.
  void settle(const std::function<std::optional<Hysteresis>(const Finding&)>& about,
              const std::function<bool(const Finding&)>& unknown, Now now);

  // Forgets everything about an entity that no longer exists.
  void forget(const std::string& entity);

  // Grows with every change of what raised() tells.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  // All that is not ok, worst first, then by check and entity.
  [[nodiscard]] std::vector<Finding> raised() const;

 private:
  struct Entry {
    Finding shown;
    Health seen = Health::ok;
    Mono seen_since;
    Mono reported;
  };
  static bool worsens(const Entry& entry, const Hysteresis& hysteresis, Now now);

  std::map<std::pair<std::string, std::string>, Entry> entries_;
  std::uint64_t version_ = 0;
};

// The worst state: critical over warning over unknown over ok.
[[nodiscard]] Health worst(const std::vector<Finding>& findings);

}  // namespace lookout

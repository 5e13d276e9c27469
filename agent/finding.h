// Finding: one statement about the health of one thing, with memory. Defined here once; checks of every issue feed the
// same board.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
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

// How often findings of each check took each state, by check and Health.
using Transitions = std::map<std::string, std::array<std::uint64_t, std::size(kHealthNames)>>;

// The board of findings. Owned by State; loop thread. A check that reports `unknown` freezes what is already raised.
class Findings {
 public:
  // `at_once`: nothing has to last to be raised, for who has one look only.
  explicit Findings(bool at_once = false) : at_once_(at_once) {}

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

  [[nodiscard]] const Transitions& transitions() const { return transitions_; }

 private:
  struct Entry {
    Finding shown;
    Health seen = Health::ok;
    Mono seen_since;
    Mono reported;
  };
  using Entries = std::map<std::pair<std::string, std::string>, Entry>;

  [[nodiscard]] static bool worsens(const Entry& entry, const Hysteresis& hysteresis, Now now);
  [[nodiscard]] bool takes_effect(const Entry& entry, Health state, Hysteresis hysteresis, Now now) const;
  void show(Entries::iterator at, Finding seen, Now now);
  void changed(const std::string& check, Health state);

  const bool at_once_;
  Entries entries_;
  Transitions transitions_;
  std::uint64_t version_ = 0;
};

// Critical over warning over unknown over ok.
[[nodiscard]] bool is_worse(Health state, Health than);

[[nodiscard]] std::size_t count_of(const std::vector<Finding>& findings, Health state);

// The worst state.
[[nodiscard]] Health worst(const std::vector<Finding>& findings);

}  // namespace lookout

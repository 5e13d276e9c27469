#include "agent/poller.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/roster.h"

namespace lookout {
namespace {

constexpr Millis kDeadline{5000};  // of a round; servers behind gateways answer in well under a second
constexpr Millis kStallGap{1000};  // while nobody is known yet, a round ends this long after the last answer

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view next_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

}  // namespace

Poller::Poller(const Config& config, std::span<const Collector> collectors, Transport& transport)
    : scope_(config.scope),
      collectors_(collectors),
      transport_(transport),
      rounds_(collectors.size()),
      views_(collectors.size()) {
  for (const Collector& collector : collectors) intervals_.push_back(config.collect_intervals.at(collector.name));
}

void Poller::connected(std::string_view server_id, Now now) {
  server_id_ = server_id;
  transport_.request("$SYS.REQ.USER.INFO", "u." + std::to_string(++requests_), "");
  // Light endpoints first and spread, so that a fleet does not answer everything at once.
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    rounds_[i].open = false;
    rounds_[i].next = now.mono + i * Millis(200);
  }
}

void Poller::disconnected() {
  server_id_.clear();
  for (Round& round : rounds_) round.open = false;
  for (RoundView& view : views_) view.missing.clear();
}

void Poller::tick(Roster& roster, Now now) {
  const bool connected = !server_id_.empty();
  for (std::size_t i = 0; connected && i < rounds_.size(); ++i) {
    if (rounds_[i].open && complete(rounds_[i], now)) finish(i, roster);
    if (!rounds_[i].open && now.mono >= rounds_[i].next) begin(i, roster, now);
  }
  // Without a connection nobody can answer: the servers fall silent all the same.
  for (const std::string& id : roster.to_ping(now)) {
    if (connected) transport_.request("$SYS.REQ.SERVER." + id + ".STATSZ", "d.0." + id, "");
  }
}

void Poller::begin(std::size_t collector, const Roster& roster, Now now) {
  Round& round = rounds_[collector];
  ++round.number;
  round.open = true;
  round.started = now.mono;
  round.last_answer = now.mono;
  round.next = now.mono + intervals_[collector];
  round.answered.clear();
  round.expected.clear();
  for (const auto& server : roster.servers()) {
    if (server->state == Lifecycle::up) round.expected.insert(server->id);
  }
  ask(collector);
}

void Poller::ask(std::size_t collector) {
  const std::string target = scope_ == Scope::server ? server_id_ : "PING";
  const std::string token = "r." + std::to_string(collector) + "." + std::to_string(rounds_[collector].number);
  transport_.request("$SYS.REQ.SERVER." + target + "." + collectors_[collector].endpoint, token, "");
}

bool Poller::complete(const Round& round, Now now) const {
  if (now.mono - round.started >= kDeadline) return true;
  const bool all =
      std::includes(round.answered.begin(), round.answered.end(), round.expected.begin(), round.expected.end());
  return all && (!round.expected.empty() || (!round.answered.empty() && now.mono - round.last_answer >= kStallGap));
}

void Poller::finish(std::size_t collector, const Roster& roster) {
  Round& round = rounds_[collector];
  RoundView& view = views_[collector];
  round.open = false;
  view.missing.clear();
  std::uint64_t expected = 0;
  for (const auto& server : roster.servers()) {
    // Who left in the meantime is not missing.
    if (!round.expected.contains(server->id) || server->state != Lifecycle::up) continue;
    ++expected;
    if (!round.answered.contains(server->id))
      view.missing.push_back(server->cluster.empty() ? server->name : server->cluster + "/" + server->name);
  }
  view.answered = round.answered.size();
  view.expected = std::max(expected, view.answered);
  ++view.rounds_total;
  changed_ = true;
}

std::optional<Poller::Route> Poller::route(std::string_view token) const {
  const std::string_view kind = next_part(token);
  if (kind == "u") return Route{Route::Kind::user_info, 0, 0, {}};
  const auto collector = number(next_part(token));
  if (!collector || *collector >= collectors_.size()) return std::nullopt;
  if (kind == "d" && !token.empty()) return Route{Route::Kind::directed, *collector, 0, token};
  const auto round = number(token);
  if (kind != "r" || !round) return std::nullopt;
  return Route{Route::Kind::round, *collector, *round, {}};
}

bool Poller::answered(const Route& route, std::string_view server_id, Now now) {
  if (route.kind != Route::Kind::round) return true;
  Round& round = rounds_[route.collector];
  RoundView& view = views_[route.collector];
  if (route.round != round.number) {
    ++view.late_total;
    changed_ = true;
    return true;
  }
  if (!round.answered.emplace(server_id).second) {
    ++view.duplicate_total;
    changed_ = true;
    return false;
  }
  round.last_answer = now.mono;
  if (!round.open) {
    ++view.late_total;
    changed_ = true;
  }
  return true;
}

}  // namespace lookout

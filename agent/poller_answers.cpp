// What the poller makes of answers.
#include <utility>

#include "agent/poller.h"

namespace lookout {
namespace {

constexpr std::size_t kMaxHeard = 2 * Roster::kMaxServers;  // in one round, forged ids included

}  // namespace

std::optional<Route> Poller::route(std::string_view token) const {
  auto route = route_of(token);
  if (!route || route->kind == Route::Kind::user_info) return route;
  if (route->kind == Route::Kind::ping && route->collector == kStatsz) return route;
  if (route->collector >= collectors_.size()) return std::nullopt;
  const Question& question = questions_[route->collector];
  return question.level != Level::off && route->round >= question.first_round ? route : std::nullopt;
}

bool Poller::vital(const Route& route) const {
  if (route.collector != kStatsz) return false;
  return route.kind == Route::Kind::round || (route.kind == Route::Kind::page && route.server_id == server_id_);
}

bool Poller::by_survey(const Route& route) const {
  return route.kind == Route::Kind::page && questions_[route.collector].heavy;
}

Assembly* Poller::assembly(const Route& route) {
  if (!by_survey(route)) {
    single_.emplace(collectors_[route.collector], questions_[route.collector].level, max_rows_);
    return &*single_;
  }
  Assembly* page = survey_.awaits(route);
  if (page == nullptr && route.round == rounds_[route.collector].number) {
    ++views_[route.collector].duplicate_total;
    changed_ = true;
  }
  return page;
}

Poller::Answer Poller::answered(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now) {
  if (by_survey(route)) return surveyed(route, reply, bytes, roster, now);
  if (!route.server_id.empty() && route.server_id != reply.server.id) {
    // Before 2.12 a name in the body asks every server in whose name it occurs.
    return {whole_subject(collectors_[route.collector]) ? Answer::What::wait : Answer::What::ignore};
  }
  // A server that is too old may answer all the same, but not what was asked. IDZ says no version.
  const bool old =
      !reply.server.version.empty() && parse_version(reply.server.version) < questions_[route.collector].since;
  if (old) return {Answer::What::wait};
  const bool in_round = route.kind == Route::Kind::round || route.kind == Route::Kind::page;
  if (in_round && !take(route, reply.server.id, now)) return {};
  Answer answer{Answer::What::apply, nullptr, single_->rows_left_out()};
  if (reply.refused) return answer;
  answer.block = single_->finish();
  if (route.collector == kStatsz && reply.server.id == server_id_) guard_.mesh(reply.server.cluster, *answer.block);
  return answer;
}

Poller::Answer Poller::surveyed(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now) {
  const Survey::Answer answer = survey_.answered(route, reply, bytes, roster, now);
  if (answer.what == Survey::Answer::What::nothing) return {};
  if (answer.what == Survey::Answer::What::page) return {Answer::What::wait};
  guard_.answered(route.collector, route.server_id, answer.level, answer.largest);
  take(route, route.server_id, now);
  return {Answer::What::apply, answer.block, answer.rows_left_out};
}

// False for a second answer of the same server to the same round.
bool Poller::take(const Route& route, std::string_view server_id, Now now) {
  Round& round = rounds_[route.collector];
  RoundView& view = views_[route.collector];
  if (route.round != round.number) {
    ++view.late_total;
    changed_ = true;
    return true;
  }
  if (round.servers.size() >= kMaxHeard) return false;
  const auto [server, first] = round.servers.try_emplace(std::string(server_id), Status::answered);
  const Status before = first ? Status::due : std::exchange(server->second, Status::answered);
  if (before == Status::answered) {
    ++view.duplicate_total;
    changed_ = true;
    return false;
  }
  if (!first && before == Status::due) --round.due;
  round.last_answer = now.mono;
  if (!round.open || before == Status::missing) {
    ++view.late_total;
    changed_ = true;
  }
  return true;
}

void Poller::failed(const Route& route) {
  if (by_survey(route))
    survey_.failed(route);
  else if (route.kind == Route::Kind::page)
    miss(route.collector, route.round, route.server_id);
}

void Poller::miss(std::size_t collector, std::uint64_t number, std::string_view server_id) {
  Round& round = rounds_[collector];
  const auto server = round.servers.find(std::string(server_id));
  if (round.number != number || server == round.servers.end() || server->second != Status::due) return;
  server->second = Status::missing;
  --round.due;
}

}  // namespace lookout

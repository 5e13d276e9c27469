#include "agent/poller.h"

#include <algorithm>
#include <tuple>

namespace lookout {
namespace {

constexpr Millis kDeadline{5000};      // of a light question; servers behind gateways answer in well under a second
constexpr Millis kStallGap{1000};      // while nobody is known yet, a round ends this long after the last answer
constexpr Millis kBetweenStarts{100};  // a login does not ask everything at once
constexpr Millis kAccounts{1500};      // until the servers have told which they have
constexpr std::size_t kAskAtOnce = 256;
constexpr Millis kAskAgain{1000};  // when the transport's queue was full

bool is_heavy(const Collector& collector, Level level) {
  return collector.reach != Reach::all && level >= collector.paged_from;
}

bool is_up(const Server& server) {
  return server.state == Lifecycle::up;
}

}  // namespace

Poller::Poller(const Config& config, std::span<const Collector> collectors, Transport& transport)
    : scope_(config.scope),
      sharded_(config.shard.count > 1),
      max_rows_(config.max_rows),
      collectors_(collectors),
      transport_(transport),
      survey_(collectors, config.max_rows, transport),
      guard_(collectors),
      rounds_(collectors.size()),
      views_(collectors.size()) {
  for (const Collector& collector : collectors) {
    const CollectOptions& options = config.collect.at(collector.name);
    views_[questions_.size()].polled = options.level != Level::off;
    views_[questions_.size()].level = options.level;
    questions_.push_back(
        {options.level, options.interval, is_heavy(collector, options.level), parse_version(collector.since)});
  }
  // Light ones first, and accounts when somebody has told of them. Later rounds are spread over half of their interval.
  const auto polled = std::count_if(questions_.begin(), questions_.end(),
                                    [](const Question& question) { return question.level != Level::off; });
  int place = 0;
  for (const bool heavy : {false, true}) {
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      Question& question = questions_[i];
      if (question.heavy != heavy || question.level == Level::off) continue;
      question.start =
          place * kBetweenStarts + (heavy && collectors[i].reach == Reach::accounts ? kAccounts : Millis(0));
      question.spread = question.interval * place / (2 * polled);
      ++place;
    }
  }
}

void Poller::connected(std::string_view server_id, Now now, std::uint64_t max_payload) {
  server_id_ = server_id;
  login_ = now.mono;
  discovered_ = questions_.empty() || questions_[kStatsz].level == Level::off;
  guard_.connected(server_id, max_payload);
  survey_.clear();
  Route user;
  user.kind = Route::Kind::user_info;
  user.round = ++requests_;
  transport_.request("$SYS.REQ.USER.INFO", token_of(user), "", false);
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    rounds_[i].open = false;
    rounds_[i].first = true;
    rounds_[i].next = now.mono + questions_[i].start;
  }
}

void Poller::disconnected() {
  server_id_.clear();
  survey_.clear();
  for (std::size_t i = 0; i < rounds_.size(); ++i) abandon(i);
}

// Nobody is missing in a round that does not go on.
void Poller::abandon(std::size_t collector) {
  rounds_[collector].open = false;
  rounds_[collector].to_ask.clear();
  views_[collector].missing.clear();
  ++ended_;
}

void Poller::reduce(std::size_t collector) {
  Question& question = questions_[collector];
  question.level = static_cast<Level>(static_cast<std::uint8_t>(question.level) - 1);
  question.heavy = is_heavy(collectors_[collector], question.level);
  question.first_round = ++rounds_[collector].number;
  abandon(collector);
  survey_.drop(collector);
  views_[collector].polled = question.level != Level::off;
  views_[collector].level = question.level;
  views_[collector].reduced = true;
  changed_ = true;
}

void Poller::tick(Roster& roster, const AccountsOf& accounts, Now now) {
  const bool connected = !server_id_.empty();
  if (connected) {
    survey_.tick(roster, now);
    take_failures(roster, now);
    for (std::size_t i = 0; i < rounds_.size(); ++i) turn(i, roster, accounts, now);
    survey_.tick(roster, now);
    ask_each(roster, now);
  }
  // Without a connection nobody can answer: the servers fall silent all the same.
  for (const std::string& id : roster.to_ping(now)) {
    if (connected) ask(transport_, collectors_[kStatsz], {Route::Kind::ping, kStatsz, 0, 0, id}, {});
  }
}

void Poller::turn(std::size_t collector, Roster& roster, const AccountsOf& accounts, Now now) {
  const Round& round = rounds_[collector];
  if (questions_[collector].level == Level::off) return;
  if (round.open && complete(collector, now)) finish(collector, roster);
  if (!round.open && now.mono >= round.next) begin(collector, roster, accounts, now);
}

bool Poller::to_all(std::size_t collector) const {
  if (questions_[collector].heavy || scope_ == Scope::server) return false;
  return !sharded_ || (collector == kStatsz && !discovered_);
}

std::vector<const Server*> Poller::expected(std::size_t collector, const Roster& roster) const {
  std::vector<const Server*> out;
  for (const auto& server : roster.servers()) {
    if (collectors_[collector].ring && !server->ring.wanted) continue;
    if (is_up(*server) && parse_version(server->version) >= questions_[collector].since) out.push_back(server.get());
  }
  return out;
}

void Poller::begin(std::size_t collector, Roster& roster, const AccountsOf& accounts, Now now) {
  const bool all = to_all(collector);
  if (!all && collector != kStatsz && !discovered_) return;
  const std::vector<const Server*> servers = expected(collector, roster);
  // Who has just been discovered may have to be told from its namesake first.
  const bool expects_some = !all && collector != kStatsz && !collectors_[collector].ring;
  if (expects_some && servers.empty() && now.mono - login_ < kDeadline) return;
  open(collector, now);
  if (questions_[collector].heavy) {
    guard_.prune(roster);
    survey_.prune(roster);
    survey(collector, servers, accounts, now);
    return;
  }
  for (const Server* server : servers) expect(collector, server->id);
  if (all) return ask_all(collector, !servers.empty(), roster);
  if (scope_ == Scope::server && collector == kStatsz) expect(collector, server_id_);
  for (const auto& server : rounds_[collector].servers) rounds_[collector].to_ask.push_back(server.first);
}

void Poller::open(std::size_t collector, Now now) {
  Round& round = rounds_[collector];
  ++round.number;
  round.open = true;
  round.next = now.mono + questions_[collector].interval;
  if (std::exchange(round.first, false)) round.next -= questions_[collector].spread;
  round.settling = false;
  round.asked = now.mono;
  round.last_answer = Mono{};
  round.servers.clear();
  round.due = 0;
  round.to_ask.clear();
  round.skipped.clear();
}

void Poller::expect(std::size_t collector, const std::string& server_id) {
  Round& round = rounds_[collector];
  if (round.servers.emplace(server_id, Status::due).second) ++round.due;
}

void Poller::ask_all(std::size_t collector, bool known, const Roster& roster) {
  // An endpoint that no server has yet is not asked for.
  const auto& all = roster.servers();
  if (!known && discovered_ && std::any_of(all.begin(), all.end(), [](const auto& server) { return is_up(*server); }))
    return;
  Round& round = rounds_[collector];
  round.settling = !discovered_ || !known;
  Ask question;
  question.level = questions_[collector].level;
  if (!ask(transport_, collectors_[collector], {Route::Kind::round, collector, round.number, 0, {}}, question)) {
    round.open = false;  // nobody was asked, so nobody is missing
    round.next = round.asked + kAskAgain;
  }
}

void Poller::ask_each(Roster& roster, Now now) {
  std::size_t left = kAskAtOnce;
  for (std::size_t i = 0; i < rounds_.size(); ++i) {
    Round& round = rounds_[i];
    for (; left > 0 && !round.to_ask.empty(); --left) {
      const std::string id = std::move(round.to_ask.back());
      round.to_ask.pop_back();
      Ask question;
      question.level = questions_[i].level;
      if (const Server* server = roster.find(id)) {
        question.version = server->version;
        if (whole_subject(collectors_[i])) question.server = server->base_name;
      }
      if (!ask(transport_, collectors_[i], {Route::Kind::page, i, round.number, 0, id}, question)) {
        round.to_ask.push_back(id);
        return;
      }
      round.asked = now.mono;
    }
  }
}

bool Poller::complete(std::size_t collector, Now now) const {
  const Round& round = rounds_[collector];
  if (!questions_[collector].heavy && now.mono - round.asked >= kDeadline) return true;
  if (!round.to_ask.empty()) return false;
  if (round.due > 0) return false;
  return !round.settling || (round.last_answer != Mono{} && now.mono - round.last_answer >= kStallGap);
}

void Poller::finish(std::size_t collector, Roster& roster) {
  Round& round = rounds_[collector];
  RoundView& view = views_[collector];
  round.open = false;
  round.to_ask.clear();
  if (collector == kStatsz) discovered_ = true;
  view.answered = 0;
  view.missing.clear();
  for (const auto& [id, status] : round.servers) {
    // Who left in the meantime is not missing, and who belongs to another shard does not count.
    const Server* server = roster.find(id);
    if (server == nullptr || server->id != id) continue;
    if (status == Status::answered)
      ++view.answered;
    else if (is_up(*server))
      view.missing.push_back({server->cluster, server->name});
  }
  std::sort(view.missing.begin(), view.missing.end(), [](const ServerName& a, const ServerName& b) {
    return std::tie(a.cluster, a.name) < std::tie(b.cluster, b.name);
  });
  view.expected = view.answered + view.missing.size();
  view.detail_skipped = std::move(round.skipped);
  ++view.rounds_total;
  ++ended_;
  changed_ = true;
}

}  // namespace lookout

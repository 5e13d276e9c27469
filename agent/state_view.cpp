// What State gives out: findings, the views of servers, snapshots.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "agent/state.h"

namespace lookout {
namespace {

constexpr std::chrono::seconds kLossShown{60};
constexpr Millis kPatternClears{60000};
constexpr Millis kComesBack{300000};  // a server that is shut down to be started again

const char* why_not_evaluated(const Config& config) {
  if (config.scope == Scope::server)
    return "patterns and attempts are not evaluated here: one server does not see them all";
  return config.shard.index > 0 ? "patterns and attempts are not evaluated here: the first shard tells them for all"
                                : "";
}

}  // namespace

void State::report(Now now) {
  link_.report(findings_, now);
  const bool losing = last_drop_ != Mono{} && now.mono - last_drop_ < kLossShown;
  if (!losing) recently_dropped_ = 0;
  findings_.report("agent_lost_messages", "agent", losing ? Health::warning : Health::ok,
                   std::to_string(recently_dropped_) + " messages were dropped because the agent could not keep up", {},
                   now);
  report_servers(now);
}

// A pattern is told when it begins, and when it is over.
void State::report_auth(Now now) {
  for (AuthWatch::Raised& raised : auth_.evaluate(now)) {
    Finding& finding = raised.finding;
    const bool begins = finding.state != Health::ok;
    if (raised.changes) {
      Event event;
      event.kind = begins ? EventKind::auth_pattern : EventKind::auth_pattern_over;
      event.server.cluster = finding.cluster;
      event.timestamp = now.wall;
      const std::string said = kAuthPatternNames[static_cast<std::size_t>(raised.pattern)] +
                               (begins ? ": " + finding.sentence : std::string());
      event.reason = said;
      sink_(event, now);
    }
    changed_ = true;
    // It stays until Prometheus has seen the end as well: what is pushed silences what its rules say.
    findings_.report(std::move(finding), {Millis(0), kPatternClears}, now);
  }
}

bool State::has_twin(const Server& server) const {
  if (server.name == server.base_name || !server.up()) return false;
  const auto& all = roster_.servers();
  return std::any_of(all.begin(), all.end(), [&](const auto& other) {
    return other.get() != &server && other->up() && other->cluster == server.cluster &&
           other->base_name == server.base_name;
  });
}

void State::report_servers(Now now) {
  // Blind, the agent knows nothing of them.
  const Health lost = link_.settled(now) ? Health::critical : Health::unknown;
  for (const auto& server : roster_.servers()) {
    const bool faulty = server->state != Lifecycle::up || server->nameless() || has_twin(*server);
    if (server->joining() || !(std::exchange(server->faulty, faulty) || faulty)) continue;
    const std::string entity = server->entity();
    const auto say = [&](const char* check, bool bad, Health state, const char* sentence, Millis worsen = Millis(0)) {
      findings_.report({.check = check,
                        .entity = entity,
                        .state = bad ? state : Health::ok,
                        .sentence = bad ? "server " + entity + " " + sentence : std::string(),
                        .cluster = server->cluster,
                        .server = server->name},
                       {Millis(0), Millis(0), worsen}, now);
    };
    say("server_lost", server->state == Lifecycle::lost, lost, "went silent without having announced it");
    say("server_stopped", server->state == Lifecycle::stopped, Health::warning, "was shut down", kComesBack);
    say("server_draining", server->state == Lifecycle::draining, Health::warning,
        "is in lame duck mode: it is about to stop");
    say("server_name_duplicate", has_twin(*server), Health::warning,
        "has the cluster and name of another live server; give every server a server_name of its own");
    say("server_without_name", server->nameless(), Health::warning,
        "has no server_name: its series start anew at every restart");
  }
}

std::shared_ptr<const ServerView> State::view_of(Server& server) const {
  if (!server.dirty && server.view != nullptr) return server.view;
  auto view = std::make_shared<ServerView>();
  view->cluster = server.cluster;
  view->name = server.name;
  view->id = server.id;
  view->version = server.version;
  view->host = server.host;
  view->domain = server.domain;
  view->jetstream = server.jetstream;
  view->start = server.start;
  view->state = server.state;
  view->state_since = server.state_since;
  view->up = server.up();
  view->last_heard = server.last_heard;
  view->unseen = server.unseen_before + server.seq.unseen();
  view->restarts = server.restarts;
  view->recovered_failures = server.recovered_failures;
  view->possibly_lost = server.possibly_lost;
  server.counters.fill(*view);
  for (const auto& [account, state] : server.accounts) {
    if (state.shown) view->accounts.push_back({account, state.clients, state.leafnodes});
  }
  view->blocks = server.blocks;
  server.view = view;
  server.dirty = false;
  return view;
}

// Every cluster of which a server is known has an entry, so that counters begin at zero.
std::vector<AuthView> State::auth_view(Now now) const {
  std::map<std::string, AuthView> out;
  for (const auto& server : roster_.servers()) {
    if (!server->joining()) out[server->cluster].cluster = server->cluster;
  }
  for (AuthView& view : auth_.view(now)) {
    const auto found = out.find(view.cluster);
    if (found != out.end())
      found->second = std::move(view);
    else if (config_.shard.count > 1)  // whose servers other shards know
      out.emplace(view.cluster, std::move(view));
  }
  std::vector<AuthView> views;
  views.reserve(out.size());
  for (auto& [cluster, view] : out) views.push_back(std::move(view));
  return views;
}

void State::add_counts(Snapshot& out) const {
  out.events = events_;
  out.dropped = dropped_;
  out.repeated_connects = repeated_connects_;
  out.forged = forged_;
  out.dedup_overflow = recent_.overflows();
  out.folded = accounts_.folded();
  out.refused = refused_;
  out.rows_left_out = rows_left_out_;
  out.ignored_replies = ignored_replies_;
}

std::shared_ptr<const Snapshot> State::snapshot(std::vector<RoundView> rounds, Now now) {
  report(now);  // so that findings and facts agree
  auto out = std::make_shared<Snapshot>();
  out->taken = now;
  out->version = ++versions_;
  if (changed_ || told_findings_ != findings_.version()) content_ = versions_;
  out->content = content_;
  out->link = link_.view(now);
  const bool hidden = link_.identity() == Identity::wrong_server;
  for (const auto& server : roster_.sorted()) {
    if (hidden) break;
    ++out->servers_by_state[static_cast<std::size_t>(server->state)];
    if (server->joining()) continue;
    if (server->shown_since == Mono{}) server->shown_since = now.mono;
    out->servers.push_back(view_of(*server));
  }
  out->accounts = accounts_.share();
  add_counts(*out);
  out->rounds = std::move(rounds);
  out->auth_unseen = why_not_evaluated(config_);
  if (watches_auth_ && !hidden) {
    out->auth = auth_view(now);
    out->auth_tops = auth_.tops();
  }
  if (!hidden) out->auth_failures = last_failures_.share(now);
  if (!hidden) out->auth_history = auth_history_.view(now);
  out->judging = judging_;
  out->judged = judged_;
  out->findings = findings_.raised();
  out->transitions = findings_.transitions();
  told_findings_ = findings_.version();
  const bool nothing_known = out->servers.empty() && out->findings.empty();
  out->health = nothing_known ? Health::unknown : worst(out->findings);
  changed_ = false;
  return out;
}

}  // namespace lookout

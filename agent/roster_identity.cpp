// What a new process is: a server that joins, the next process of a known one, or a second server of its name.
#include <algorithm>
#include <utility>

#include "agent/roster.h"

namespace lookout {
namespace {

constexpr Millis kBlindEnough{2000};  // a shorter gap of our own connection hides no announcement

}  // namespace

// A message of the process before the current one. Late ones change nothing; one that is younger than the current
// process shows that both live: two servers of one name.
void Roster::resurrect(Server& current, const ServerInfo& info, Now now) {
  if (current.start == Wall{} || info.time <= current.start + std::chrono::seconds(1)) return;
  current.previous_id.clear();
  by_id_.erase(std::string(info.id));
  Server* second = make(info, now);
  lives(*second, info, now);
}

void Roster::started(Server& server, Wall start, Now now) {
  if (server.start != start && start != Wall{}) {
    server.start = start;
    server.dirty = true;
  }
  if (server.joining()) settle(server, now);
}

std::vector<Server*> Roster::namesakes(const Server& joining) const {
  std::vector<Server*> out;
  for (const auto& server : servers_) {
    if (!server->joining() && server->cluster == joining.cluster && server->base_name == joining.base_name)
      out.push_back(server.get());
  }
  return out;
}

void Roster::settle(Server& joining, Now now) {
  const std::vector<Server*> rivals = namesakes(joining);
  if (rivals.empty() || joining.nameless()) {
    adopt(joining, joining.base_name, now);
    return;
  }
  // A process that said something after this one started is another server.
  const auto outlived = [&](const Server* rival) { return rival->last_time > joining.start; };
  for (Server* rival : rivals) {
    if (rival->state != Lifecycle::up && !outlived(rival)) {
      restart(*rival, joining, now);
      return;
    }
  }
  if (joining.challenge == Mono{}) joining.challenge = now.mono;
  if (now.mono - joining.challenge < kChallenge) {
    for (Server* rival : rivals) rival->challenged = rival->state == Lifecycle::up;
    return;
  }
  for (Server* rival : rivals) {
    const bool answered = rival->last_heard > joining.challenge;
    if (!answered && !outlived(rival)) {
      restart(*rival, joining, now);
      return;
    }
  }
  adopt(joining, joining.base_name + "~" + joining.id.substr(0, 8), now);
}

void Roster::adopt(Server& joining, std::string name, Now now) {
  joining.name = std::move(name);
  sorted_ = false;
  arrive(joining, now);
  observer_(EventKind::server_joined, joining, "");
}

// Its identity is settled. It may have announced its end already.
void Roster::arrive(Server& server, Now now) {
  const bool leaves = server.announced.has_value();
  const Lifecycle left = server.announced == RestartCause::lame_duck ? Lifecycle::draining : Lifecycle::stopped;
  set_state(server, leaves ? left : Lifecycle::up, now);
  if (server.state == Lifecycle::stopped) silence(server);
}

// `joining` is the next process of `old`: everything it has so far moves there.
void Roster::restart(Server& old, Server& joining, Now now) {
  const RestartCause cause = cause_of(old);
  ++old.restarts[static_cast<std::size_t>(cause)];
  old.last_cause = cause;
  by_id_.erase(old.previous_id);
  old.previous_id = std::exchange(old.id, joining.id);
  old.unseen_before += old.seq.unseen();
  old.counters.merge(joining.counters);
  old.version = joining.version;
  old.host = joining.host;
  old.domain = joining.domain;
  old.jetstream = joining.jetstream;
  old.previous_process = std::exchange(old.process, joining.process);
  old.start = joining.start;
  old.first_heard = joining.first_heard;
  old.last_heard = joining.last_heard;
  old.last_time = joining.last_time;
  old.ahead = joining.ahead;
  old.left_time = joining.left_time;
  old.announced = joining.announced;
  old.unanswered = 0;
  old.challenged = false;
  old.removed = Mono{};
  old.seq = joining.seq;
  old.ring = joining.ring;
  old.accounts = std::move(joining.accounts);
  old.blocks = std::move(joining.blocks);
  old.last_blocks = std::move(joining.last_blocks);
  old.judged = std::move(joining.judged);
  by_id_[old.id] = &old;
  std::erase_if(servers_, [&](const auto& server) { return server.get() == &joining; });
  arrive(old, now);
  observer_(EventKind::server_restarted, old, kRestartCauseNames[static_cast<std::size_t>(cause)]);
}

RestartCause Roster::cause_of(const Server& old) const {
  if (old.announced) return *old.announced;
  // What it announced while we were not listening, nobody knows; but a server takes its own clients' connections with
  // it.
  const bool blind = blind_end_ > old.last_heard && blind_end_ - blind_begin_ > kBlindEnough && blind_server_ != old.id;
  return blind ? RestartCause::unknown : RestartCause::crash;
}

}  // namespace lookout

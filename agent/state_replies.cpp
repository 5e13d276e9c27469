// What State takes from replies, and how long it believes them.
#include <algorithm>
#include <string>
#include <utility>

#include "agent/carry.h"
#include "agent/state.h"

namespace lookout {
namespace {

constexpr Millis kAccountSilence{75000};  // 2.5 heartbeats of SERVER.CONNS

}  // namespace

void State::set_lifetimes() {
  account_silence_ = kAccountSilence;
  for (const Collector& collector : collectors_) {
    const CollectOptions& options = config_.collect.at(collector.name);
    lifetimes_.push_back(3 * options.interval + config_.servers.lost_after / 2);
    if (collector.account_stats && options.level != Level::off)
      account_silence_ = std::max(account_silence_, 3 * options.interval);
  }
}

void State::connections(Server& server, AccountIndex index, const AccountState& said) {
  if (index == 0 || !(server.up() || server.joining())) return;  // "other" has no one number; a stopped server has none
  AccountState& account = server.accounts[index];
  if (said.server_time < account.server_time) return;
  const bool shown = account.shown || said.shown;
  account = said;
  account.shown = shown;
  server.dirty = true;
}

// All accounts that have or may have connections on this server: one that is not listed has none.
void State::account_stats(const Reply& reply, Server& server, Now now) {
  const Wall time = reply.server.time;
  for (const AccountStat& stat : reply.accounts) {
    const bool shown = stat.connections + stat.leafnodes > 0;  // an account that never had one here has no series
    connections(server, accounts_.learn(stat.id, stat.name), {stat.connections, stat.leafnodes, time, now.mono, shown});
  }
  std::erase_if(server.accounts,
                [time](const auto& item) { return item.second.server_time < time && !item.second.shown; });
  for (auto& [index, account] : server.accounts) {
    if (account.server_time < time) account = {0, 0, time, now.mono, true};
  }
  server.dirty = true;
}

void State::apply(const Reply& reply, std::shared_ptr<const Block> block, std::size_t collector, Now now) {
  now_ = now;
  Server* const found = heard(reply.server, now);
  if (found == nullptr) return;
  Server& server = *found;
  auto& held = server.blocks[collector];
  // Late answers of a process that is gone or has said goodbye, and those older than what is held; IDZ has no time.
  const Wall time = reply.server.time;
  const bool gone = server.id != reply.server.id || !(server.up() || server.joining());
  if (gone || (held != nullptr && time != Wall{} && held->server_time >= time)) {
    ++ignored_replies_;
    return;
  }
  if (collectors_[collector].ring) {
    if (block != nullptr) recover(server, reply, *block, now);
    return;
  }
  if (block != nullptr && collectors_[collector].account_stats)
    account_stats(reply, server, now);
  else
    for (const AccountStat& account : reply.accounts) accounts_.learn(account.id, account.name);
  server.dirty = server.dirty || held != block;
  judge_.look(server, collector, block.get());
  auto& last = server.last_blocks[collector];
  held = carry_over(collectors_[collector], last.get(), std::move(block));
  if (held != nullptr) last = held;
  changed_ = true;
  if (reply.start != Wall{}) started(server, reply, now);
}

// Who looks once does not wait for others to have noticed a server: they had the time since its start.
void State::started(Server& server, const Reply& reply, Now now) {
  roster_.started(server, reply.start, now);
  Server* const settled = judging_.once ? roster_.find(reply.server.id) : nullptr;
  if (settled != nullptr) settled->state_mono = now.mono - std::max(now.wall - reply.start, Wall::duration(0));
}

std::vector<std::string> State::accounts_of(const Server& server) const {
  std::vector<std::string> ids;
  for (const auto& [index, account] : server.accounts) ids.push_back(accounts_.id(index));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::uint64_t State::memory_of(std::size_t collector) const {
  std::uint64_t bytes = 0;
  for (const auto& server : roster_.servers()) {
    if (const auto& block = server->last_blocks[collector]) bytes += block->memory();
  }
  return bytes;
}

void State::forget(std::size_t collector) {
  for (const auto& server : roster_.servers()) {
    server->blocks[collector].reset();
    server->last_blocks[collector].reset();
    server->dirty = true;
  }
  changed_ = true;
}

// A server may go on talking while one of its endpoints hangs: what that endpoint said is gone after three intervals.
void State::sweep(Now now) {
  for (const auto& server : roster_.servers()) {
    server->seq.check();
    plan_ring(*server);
    add_recovered(*server, now);
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
      auto& block = server->blocks[i];
      if (block == nullptr || now.mono - block->received <= lifetimes_[i]) continue;
      block.reset();
      server->dirty = true;
    }
    const auto gone = std::erase_if(server->accounts, [&](const auto& item) {
      const AccountState& account = item.second;
      return account.clients + account.leafnodes > 0 && now.mono - account.heard > account_silence_;
    });
    if (gone > 0) server->dirty = true;
  }
}

}  // namespace lookout

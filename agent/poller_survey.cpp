// How the poller hands heavy questions to the Survey.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "agent/poller.h"

namespace lookout {
namespace {

constexpr std::uint32_t kLeafShare = 4;  // pages that may pass a leaf node link are that much smaller

}  // namespace

void Poller::survey(std::size_t collector, std::span<const Server* const> servers, const AccountsOf& accounts,
                    Now now) {
  const Collector& table = collectors_[collector];
  if (table.reach != Reach::accounts) {
    for (const Server* server : servers) visit(collector, *server, {}, now);
    return;
  }
  std::unordered_set<std::string> asked;
  for (const Server* server : servers) {
    if (table.accounts == Accounts::jetstream && !server->jetstream) continue;
    std::vector<std::string> ids = accounts(*server);
    // Every server would say the same of a shared one.
    if (table.accounts == Accounts::shared)
      std::erase_if(ids, [&](const std::string& id) { return !asked.insert(id).second; });
    if (!ids.empty()) visit(collector, *server, std::move(ids), now);
  }
}

void Poller::visit(std::size_t collector, const Server& server, std::vector<std::string> accounts, Now now) {
  const Collector& table = collectors_[collector];
  Round& round = rounds_[collector];
  Visit out{.collector = collector,
            .round = round.number,
            .level = questions_[collector].level,
            .ring = table.ring,
            .until = table.ring ? server.ring.until : Wall{},
            .accounts = std::move(accounts)};
  out.level = guard_.level(collector, server, out.level, now);
  if (out.level < questions_[collector].level) round.skipped.push_back({server.cluster, server.name});
  if (out.level == Level::off) return;
  if (out.level < table.paged_from)
    out.accounts.clear();
  else if (table.page > 0)
    out.limit = guard_.outside(server) ? std::max<std::uint32_t>(table.page / kLeafShare, 1) : table.page;
  expect(collector, server.id);
  survey_.add(server, std::move(out), now);
}

void Poller::take_failures(Roster& roster, Now now) {
  for (const Survey::Failure& failure : survey_.take_failures()) {
    miss(failure.collector, failure.round, failure.server_id);
    // One that speaks but does not send this answer cannot get it through.
    const Server* server = failure.asked == Mono{} ? nullptr : roster.find(failure.server_id);
    if (server != nullptr && server->last_heard > failure.asked && guard_.outside(*server))
      guard_.lost(failure.collector, failure.server_id, failure.level, now);
  }
}

}  // namespace lookout

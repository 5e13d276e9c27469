#include "agent/survey.h"

#include <algorithm>
#include <iterator>

namespace lookout {

Survey::Survey(std::span<const Collector> collectors, std::uint32_t max_rows, Transport& transport)
    : collectors_(collectors), max_rows_(max_rows), transport_(transport) {}

void Survey::add(const Server& server, Visit visit, Now now) {
  const auto lane = lanes_.try_emplace(server.id).first;
  auto& works = lane->second.works;
  if (lane->second.overdue && now.mono - lane->second.since >= kGiveUp) lane->second = {};
  const bool busy =
      std::any_of(works.begin(), works.end(), [&](const Work& work) { return work.collector == visit.collector; });
  if (busy || lane->second.overdue) {
    fail(server.id, visit, {});
    return;
  }
  if (visit.accounts.size() > kMaxAccounts) visit.accounts.resize(kMaxAccounts);
  works.push_back(Work{std::move(visit)});
  if (!lane->second.asked) queue(*lane, false);
}

void Survey::tick(Roster& roster, Now now) {
  expire(now);
  pump(roster, now);
}

void Survey::expire(Now now) {
  const auto late = std::stable_partition(flying_.begin(), flying_.end(), [&](const std::string& id) {
    return now.mono - lanes_.at(id).since < kPatience;
  });
  const std::vector<std::string> ids(std::make_move_iterator(late), std::make_move_iterator(flying_.end()));
  flying_.erase(late, flying_.end());
  for (const std::string& id : ids) {
    Lane& lane = lanes_.at(id);
    lane.overdue = true;
    fail(id, lane.works.front(), lane.since);
    for (std::size_t i = 1; i < lane.works.size(); ++i) fail(id, lane.works[i], {});
    lane.works.erase(lane.works.begin() + 1, lane.works.end());
  }
}

// Those asked long ago have probably lost their answers.
std::size_t Survey::free_slots(Now now) const {
  const auto fresh = std::find_if(flying_.begin(), flying_.end(),
                                  [&](const std::string& id) { return now.mono - lanes_.at(id).since < kSlot; });
  const auto taken = static_cast<std::size_t>(flying_.end() - fresh);
  return kAtOnce - std::min(taken, kAtOnce);
}

// Rings go first: few are allowed at once.
std::deque<std::string>* Survey::next_ready() {
  const auto reading =
      std::count_if(flying_.begin(), flying_.end(), [&](const std::string& id) { return reads_ring(lanes_.at(id)); });
  if (!rings_.empty() && static_cast<std::size_t>(reading) < kRingsAtOnce) return &rings_;
  return ready_.empty() ? nullptr : &ready_;
}

void Survey::pump(Roster& roster, Now now) {
  for (std::size_t free = free_slots(now); free > 0;) {
    std::deque<std::string>* const ready = next_ready();
    if (ready == nullptr) return;
    const auto lane = lanes_.find(ready->front());
    ready->pop_front();
    if (lane == lanes_.end() || !std::exchange(lane->second.queued, false)) continue;
    const Server* server = roster.find(lane->first);
    const bool there = server != nullptr && server->id == lane->first && server->state == Lifecycle::up;
    if (there && send(*lane, *server, now)) {
      --free;
    } else {
      fail_all(*lane);
      lanes_.erase(lane);
    }
  }
}

bool Survey::send(Lanes::value_type& lane, const Server& server, Now now) {
  Work& work = lane.second.works.front();
  const Collector& collector = collectors_[work.collector];
  if (work.page == 0) work.begun = now.mono;
  if (work.assembly == nullptr) work.assembly = std::make_unique<Assembly>(collector, work.level, max_rows_);
  Ask question;
  question.level = work.level;
  question.version = server.version;
  if (whole_subject(collector)) question.server = server.base_name;
  if (work.accounts.empty()) {
    question.limit = work.limit;
    question.offset = work.page * work.limit;
  } else {
    question.account = work.accounts[work.page];
  }
  const Route route{Route::Kind::page, work.collector, work.round, work.page, lane.first};
  if (!ask(transport_, collector, route, question)) return false;
  lane.second.asked = true;
  lane.second.since = now.mono;
  flying_.push_back(lane.first);
  return true;
}

Survey::Lanes::iterator Survey::find(const Route& route) {
  const auto lane = lanes_.find(route.server_id);
  if (lane == lanes_.end() || !lane->second.asked) return lanes_.end();
  const Work& work = lane->second.works.front();
  const bool awaited = work.collector == route.collector && work.round == route.round && work.page == route.page;
  return awaited ? lane : lanes_.end();
}

Assembly* Survey::awaits(const Route& route) {
  const auto lane = find(route);
  return lane == lanes_.end() ? nullptr : lane->second.works.front().assembly.get();
}

// What a page means for its visit. What stays incomplete is never told: of a server that refuses to go on, or never
// ends. A ring that takes too long is asked for anew.
Survey::Step Survey::step(const Work& work, const Reply& reply, Now now) {
  const std::uint64_t next = work.page + 1;
  if (!work.accounts.empty()) return next == work.accounts.size() ? Step::last : Step::next;
  if (reply.refused) return work.page == 0 ? Step::last : Step::broken;
  if (work.limit == 0 || reply.page_rows < work.limit) return Step::last;
  if (work.until != Wall{} && work.assembly->last_time() <= work.until) return Step::last;
  if (work.ring && now.mono - work.begun > kRingTime) return Step::broken;
  return next < kMaxPages ? Step::next : Step::broken;
}

Survey::Answer Survey::answered(const Route& route, Reply& reply, std::uint64_t bytes, Roster& roster, Now now) {
  const auto lane = find(route);
  if (lane == lanes_.end()) return {};
  std::vector<Work>& works = lane->second.works;
  Work& work = works.front();
  const Step found = step(work, reply, now);
  if (found == Step::broken || reply.server.id != route.server_id) {
    failed(route);
    return {};
  }
  landed(*lane);
  work.any = work.any || !reply.refused;
  work.largest = std::max(work.largest, bytes);
  std::move(reply.accounts.begin(), reply.accounts.end(), std::back_inserter(work.told));
  Answer answer;
  if (found == Step::last) {
    answer = {Answer::What::whole, nullptr, work.assembly->rows_left_out(), work.level, work.largest};
    reply.accounts = std::move(work.told);
    if (work.any) answer.block = work.assembly->finish();
    drop_first(*lane);
  } else {
    answer.what = Answer::What::page;
    ++work.page;
    // Pages are asked in one go; a long list of accounts lets others through.
    const bool pages = work.accounts.empty();
    if (!pages) std::rotate(works.begin(), works.begin() + 1, works.end());
    queue(*lane, pages);
  }
  pump(roster, now);
  return answer;
}

void Survey::failed(const Route& route) {
  const auto lane = find(route);
  if (lane == lanes_.end()) return;
  landed(*lane);
  fail(lane->first, lane->second.works.front(), {});
  drop_first(*lane);
}

void Survey::queue(Lanes::value_type& lane, bool first) {
  if (std::exchange(lane.second.queued, true)) return;
  auto& ready = reads_ring(lane.second) ? rings_ : ready_;
  if (first)
    ready.push_front(lane.first);
  else
    ready.push_back(lane.first);
}

void Survey::landed(Lanes::value_type& lane) {
  lane.second.asked = false;
  lane.second.overdue = false;
  std::erase(flying_, lane.first);
}

void Survey::drop_first(Lanes::value_type& lane) {
  lane.second.works.erase(lane.second.works.begin());
  if (lane.second.works.empty())
    lanes_.erase(std::string(lane.first));
  else
    queue(lane, false);
}

void Survey::fail(const std::string& server_id, const Visit& visit, Mono asked) {
  failures_.push_back({visit.collector, visit.round, server_id, visit.level, asked});
}

void Survey::fail_all(Lanes::value_type& lane) {
  for (const Work& work : lane.second.works) fail(lane.first, work, {});
}

void Survey::drop(std::size_t collector) {
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    auto& works = lane->second.works;
    const auto waiting = works.begin() + (lane->second.asked ? 1 : 0);
    works.erase(std::remove_if(waiting, works.end(), [&](const Work& work) { return work.collector == collector; }),
                works.end());
    lane = works.empty() ? lanes_.erase(lane) : std::next(lane);
  }
}

void Survey::prune(Roster& roster) {
  std::erase_if(lanes_, [&](const auto& lane) {
    if (!lane.second.overdue) return false;
    const Server* server = roster.find(lane.first);
    return server == nullptr || server->id != lane.first;
  });
}

void Survey::clear() {
  lanes_.clear();
  ready_.clear();
  rings_.clear();
  flying_.clear();
  failures_.clear();
}

}  // namespace lookout

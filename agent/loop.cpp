#include "agent/loop.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "agent/log.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kTick{100};
constexpr Millis kPublish{250};                     // snapshots are at most this old while something changes
constexpr Millis kRefresh{1000};                    // and this old otherwise
constexpr std::chrono::microseconds kGather{1000};  // events are worked off in batches: one wake-up for many

}  // namespace

Loop::Loop(const Config& config, std::span<const Collector> collectors, DecodeEvent decode, State::Sink sink,
           Inbox& inbox, Transport& transport, Cell& cell, Instruments& instruments)
    : collectors_(collectors),
      decode_(std::move(decode)),
      state_(config, collectors, std::move(sink)),
      poller_(config, collectors, transport),
      inbox_(inbox),
      cell_(cell),
      instruments_(instruments) {}

void Loop::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { inbox_.wake(); });
  Batch batch;
  Mono taken{};
  while (!stop.stop_requested()) {
    std::this_thread::sleep_until(taken + kGather);
    inbox_.take(batch, std::max(next_tick_, read_clock().mono));
    taken = read_clock().mono;
    turn(batch, read_clock());
  }
}

void Loop::turn(const Batch& batch, Now now) {
  instruments_.heartbeat = now.mono.time_since_epoch().count();
  for (const LinkEvent& event : batch.links) link(event, now);
  for (const Message& each : batch.messages) message(each, now);
  if (!batch.messages.empty()) instruments_.batch_seconds.Observe(seconds(read_clock().mono - now.mono));
  if (now.mono >= next_tick_) tick(now);
  if (now.mono >= next_publish_ || (!batch.links.empty() && state_.changed())) publish(now);
}

void Loop::link(const LinkEvent& event, Now now) {
  state_.apply(event, now);
  switch (event.kind) {
    case LinkEvent::Kind::connected:
      log::info("connected to NATS", {{"url", event.url}, {"server_id", event.server_id}});
      last_failure_.clear();
      poller_.connected(event.server_id, now);
      break;
    case LinkEvent::Kind::disconnected:
      log::warn("disconnected from NATS", {{"url", event.url}, {"reason", event.text}});
      poller_.disconnected();
      break;
    case LinkEvent::Kind::connect_failed:
      if (std::exchange(last_failure_, event.url + event.text) != event.url + event.text) {
        log::warn("cannot log in to NATS, trying again", {{"url", event.url}, {"reason", event.text}});
      }
      break;
    case LinkEvent::Kind::permission:
      log::error("the server refused a permission", {{"reason", event.text}});
      break;
    case LinkEvent::Kind::slow_consumer:
      log::warn("libnats dropped messages", {{"count", std::to_string(event.dropped)}});
      break;
  }
}

void Loop::message(const Message& message, Now now) {
  if (message.traffic == Traffic::reply)
    reply(message, now);
  else
    event(message, now);
}

void Loop::event(const Message& message, Now now) {
  const Event& event = decode_(message);
  state_.apply(event, now);
  if (event.kind != EventKind::statsz || event.forged) return;
  // A pushed STATSZ is the same body as an asked one.
  const auto statsz = replies_.decode(collectors_.front(), message);
  if (statsz)
    state_.apply(*statsz, 0, now);
  else
    state_.ignored_reply();
}

void Loop::reply(const Message& message, Now now) {
  const auto route = poller_.route(message.subject);
  if (!route) return state_.ignored_reply();
  if (message.no_responders) {
    if (route->kind == Poller::Route::Kind::round) state_.no_responders();
    return;
  }
  if (route->kind == Poller::Route::Kind::user_info) {
    const auto user = replies_.decode_user(message);
    if (user) state_.account_is(user->account);
    return;
  }
  const auto decoded = replies_.decode(collectors_[route->collector], message);
  const bool expected = decoded && (route->server_id.empty() || route->server_id == decoded->server.id);
  if (!expected || !poller_.answered(*route, decoded->server.id, now)) return state_.ignored_reply();
  state_.apply(*decoded, route->collector, now);
}

void Loop::tick(Now now) {
  next_tick_ = now.mono + kTick;
  for (std::size_t i = 0; i < kTraffics; ++i)
    state_.dropped(static_cast<Traffic>(i), inbox_.dropped(static_cast<Traffic>(i)), now);
  poller_.tick(state_.roster(), now);
  state_.tick(now);
  report_rounds(now);
}

// A finding is told when it comes, changes its state, and goes.
void Loop::log_findings() {
  std::map<std::string, Health> raised;
  for (const Finding& finding : state_.findings().raised()) {
    const std::string key = finding.check + " " + finding.entity;
    raised[key] = finding.state;
    const auto before = told_.find(key);
    if (finding.state == Health::unknown || (before != told_.end() && before->second == finding.state)) continue;
    const auto tell = finding.state == Health::critical ? log::error : log::warn;
    tell(finding.sentence, {{"check", finding.check}, {"entity", finding.entity}});
  }
  for (const auto& [key, state] : told_) {
    if (state != Health::unknown && !raised.contains(key)) log::info("resolved", {{"finding", key}});
  }
  told_ = std::move(raised);
}

void Loop::report_rounds(Now now) {
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    const RoundView& round = poller_.rounds()[i];
    const std::string endpoint = collectors_[i].name;
    std::string names;
    for (const std::string& name : round.missing) names += (names.empty() ? "" : ", ") + name;
    state_.findings().report("collection_incomplete", endpoint, round.missing.empty() ? Health::ok : Health::warning,
                             "no answer to " + endpoint + " from " + clean(names, kMaxText * 2), {}, now);
  }
}

void Loop::publish(Now now) {
  const bool changed = poller_.take_changed() || state_.changed();
  if (!changed && now.mono - cell_.get()->taken.mono < kRefresh) return;
  next_publish_ = now.mono + kPublish;
  cell_.put(state_.snapshot(poller_.rounds(), now));
  log_findings();
}

}  // namespace lookout

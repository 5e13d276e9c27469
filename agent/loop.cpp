#include "agent/loop.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "agent/log.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kShortTick{100};
constexpr Millis kLongTick{250};
constexpr Millis kPublish{250};   // snapshots are at most this old while something changes
constexpr Millis kRefresh{1000};  // and this old otherwise
constexpr const char* kIncomplete = "collection_incomplete";
constexpr Millis kRewrite{10000};  // between two attempts to write the journal anew
constexpr Millis kExpiry{60000};   // between two looks at the agent's own credentials
constexpr Millis kAsking{10};      // the pause between turns while servers wait to be asked

// As many as a sentence can hold.
std::string names_of(const std::vector<ServerName>& servers) {
  std::string out;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (out.size() > kMaxText) return out.append(" and ").append(std::to_string(servers.size() - i)).append(" more");
    if (i > 0) out.append(", ");
    if (!servers[i].cluster.empty()) out.append(servers[i].cluster).append("/");
    out.append(servers[i].name);
  }
  return out;
}

// A tenth of the shortest interval: each turn of an idle agent costs more by the wake-up than by its work.
Millis tick_for(const std::map<std::string, CollectOptions>& collect) {
  Millis shortest = kLongTick * 10;
  for (const auto& [endpoint, options] : collect) shortest = std::min(shortest, options.interval);
  return std::clamp(shortest / 10, kShortTick, kLongTick);
}

// Whose counts a journal holds.
std::string owner_of(const Config& config) {
  if (config.scope == Scope::server) return "scope server " + config.server_name;
  return "shard " + std::to_string(config.shard.index + 1) + "/" + std::to_string(config.shard.count);
}

}  // namespace

Loop::Loop(const Config& config, std::span<const Collector> collectors, DecodeEvent decode, State::Sink sink,
           Inbox& inbox, Transport& transport, Cell& cell, Instruments& instruments)
    : tick_(tick_for(config.collect)),
      collectors_(collectors),
      decode_(std::move(decode)),
      sink_(std::move(sink)),
      state_(config, collectors, sink_),
      poller_(config, collectors, transport),
      memory_(config.memory_limit),
      inbox_(inbox),
      cell_(cell),
      instruments_(instruments),
      nats_(config.nats) {
  if (config.state_dir.empty()) return;
  journal_ = std::make_unique<Journal>(config.state_dir, owner_of(config));
  restore(read_clock());
}

void Loop::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { inbox_.wake(); });
  Batch batch;
  while (!stop.stop_requested()) {
    const Mono soon = read_clock().mono + kAsking;
    inbox_.take(batch, poller_.asking() ? std::min(soon, next_tick_) : next_tick_);
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
      poller_.connected(event.server_id, now, event.max_payload);
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
  // A pushed STATSZ is the same body as an asked one. Those of servers that are not ours are many.
  const bool ours = state_.roster().find(event.server.id) != nullptr;
  if (ours || event.server.id == poller_.server_id()) answer({}, message, now);
}

void Loop::reply(const Message& message, Now now) {
  const auto route = poller_.route(message.subject);
  if (!route) return state_.ignored_reply();
  if (message.no_responders) {
    if (poller_.vital(*route)) state_.no_responders();
    poller_.failed(*route);
    return;
  }
  if (route->kind == Route::Kind::user_info) {
    const auto user = replies_.decode_user(message);
    if (user) state_.account_is(user->account);
    return;
  }
  // Users of every account may ask for the statistics of their own: such an answer does not tell which account this is.
  if (!collectors_[route->collector].account_stats)
    state_.answered();
  else if (state_.link().identity() != Identity::system)
    return state_.ignored_reply();
  answer(*route, message, now);
}

void Loop::answer(const Route& route, const Message& message, Now now) {
  Assembly* const page = poller_.assembly(route);
  if (page == nullptr) return state_.ignored_reply();
  auto reply = replies_.decode(message, *page);
  if (!reply) {
    poller_.failed(route);
    return state_.ignored_reply();
  }
  const Poller::Answer answer = poller_.answered(route, *reply, message.payload.size(), state_.roster(), now);
  if (answer.what == Poller::Answer::What::ignore) return state_.ignored_reply();
  if (answer.what == Poller::Answer::What::wait) return;
  state_.rows_left_out(answer.rows_left_out);
  state_.apply(*reply, answer.block, route.collector, now);
}

void Loop::tick(Now now) {
  next_tick_ = now.mono + tick_;
  for (std::size_t i = 0; i < kTraffics; ++i)
    state_.dropped(static_cast<Traffic>(i), inbox_.dropped(static_cast<Traffic>(i)), now);
  poller_.tick(
      state_.roster(), [this](const Server& server) { return state_.accounts_of(server); }, now);
  watch_agent(now);
  state_.tick(now);
  watch_memory(now);
  report_rounds(now);
}

void Loop::set_limits(const Config& config) {
  const std::lock_guard lock(limits_mutex_);
  limits_ = config;
}

void Loop::watch_agent(Now now) {
  if (now.mono >= next_expiry_) {
    next_expiry_ = now.mono + kExpiry;
    expiry_ = first_expiry(nats_);
  }
  const double rtt = instruments_.rtt_seconds.Value();
  state_.about_agent({std::isnan(rtt) ? std::nullopt : std::optional(rtt), expiry_});
  const std::lock_guard lock(limits_mutex_);
  if (limits_) state_.set(*std::exchange(limits_, std::nullopt));
}

// The collector whose answers take the most memory, of those that can do with less.
std::optional<std::size_t> Loop::largest_answers() const {
  std::optional<std::size_t> largest;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    const std::uint64_t bytes = poller_.can_reduce(i) ? state_.memory_of(i) : 0;
    if (bytes <= most) continue;
    largest = i;
    most = bytes;
  }
  return largest;
}

// Of what takes the most, less is kept and asked from now on: a part of the picture instead of a killed process.
void Loop::watch_memory(Now now) {
  if (!memory_.exceeded(now.mono)) return;
  const std::optional<std::size_t> largest = largest_answers();
  if (!largest) return;
  poller_.reduce(*largest);
  state_.forget(*largest);
  const auto megabytes = [](std::uint64_t bytes) { return std::to_string(bytes >> 20U); };
  state_.findings().report("agent_memory", collectors_[*largest].name, Health::warning,
                           std::string("less is asked by ").append(collectors_[*largest].name) + ": the agent holds " +
                               megabytes(resident_bytes()) + " MiB of " + megabytes(memory_.limit()) + " MiB",
                           {}, now);
  publish(now);  // the last snapshot holds it too
  malloc_trim(0);
}

// A finding is told when it comes, changes its state, and goes.
void Loop::tell_findings(Now now) {
  const Findings& findings = state_.findings();
  if (std::exchange(told_version_, findings.version()) == findings.version()) return;
  std::map<std::pair<std::string, std::string>, Finding> raised;
  for (Finding& finding : findings.raised()) {
    const auto before = told_.find({finding.check, finding.entity});
    tell(finding, before == told_.end() ? nullptr : &before->second, now);
    auto name = std::pair(finding.check, finding.entity);
    raised.emplace(std::move(name), std::move(finding));
  }
  for (const auto& [key, finding] : told_) {
    if (!raised.contains(key)) tell_over(finding, now);
  }
  told_ = std::move(raised);
}

void Loop::tell(const Finding& finding, const Finding* before, Now now) {
  const bool names = finding.check == kIncomplete;  // who does not answer
  if (before != nullptr && before->state == finding.state && !(names && before->sentence != finding.sentence)) return;
  log_event(before == nullptr ? EventKind::finding_raised : EventKind::finding_changed, finding, now);
  if (finding.state == Health::unknown) return;
  const auto say = finding.state == Health::critical ? log::error : log::warn;
  say(finding.sentence, {{"check", finding.check}, {"entity", finding.entity}});
}

void Loop::tell_over(const Finding& finding, Now now) {
  log_event(EventKind::finding_cleared, finding, now);
  if (finding.state != Health::unknown)
    log::info("resolved", {{"check", finding.check}, {"entity", finding.entity}, {"was", finding.sentence}});
}

// Patterns of failed logins have events of their own.
void Loop::log_event(EventKind kind, const Finding& finding, Now now) const {
  if (finding.check.starts_with("auth_")) return;
  Event event;
  event.kind = kind;
  event.timestamp = now.wall;
  event.finding = &finding;
  sink_(event, now);
}

void Loop::report_rounds(Now now) {
  if (std::exchange(reported_rounds_, poller_.ended()) == poller_.ended()) return;
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    const auto& missing = poller_.rounds()[i].missing;
    const std::string endpoint = collectors_[i].name;
    const std::string sentence =
        missing.empty() ? std::string() : "no answer to " + endpoint + " from " + names_of(missing);
    state_.findings().report(kIncomplete, endpoint, missing.empty() ? Health::ok : Health::warning, sentence, {}, now);
  }
}

// What was counted before is shown from the start.
void Loop::restore(Now now) {
  const std::vector<Journal::Batch> batches = journal_->load();
  if (!journal_->ok()) log::warn(journal_->problem());
  if (!state_.restore(batches, now)) log::warn("the journal is of another version: not all of it could be read");
  publish(now);
}

void Loop::persist(Now now) {
  if (journal_ == nullptr) return;
  if (!journal_->wants_rewrite()) {
    journal_->append(state_.changes(now));
  } else if (now.mono >= next_rewrite_) {
    next_rewrite_ = now.mono + kRewrite;
    journal_->rewrite(state_.whole(now));
  } else {
    (void)state_.changes(now);  // is in the next whole
  }
  instruments_.journal_ok.Add({}).Set(journal_->ok() ? 1 : 0);
  instruments_.journal_bytes.Add({}).Set(static_cast<double>(journal_->bytes()));
  state_.findings().report("agent_journal", "agent", journal_->ok() ? Health::ok : Health::warning,
                           "counts would not survive a restart: " + journal_->problem(), {}, now);
}

void Loop::publish(Now now) {
  const bool changed = poller_.take_changed() || state_.changed();
  if (!changed && now.mono - cell_.get()->taken.mono < kRefresh) return;
  next_publish_ = now.mono + kPublish;
  persist(now);  // first: what is shown can no longer be lost with the process
  cell_.put(state_.snapshot(poller_.rounds(), now));
  tell_findings(now);
}

}  // namespace lookout

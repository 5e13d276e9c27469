// What one event, one reply and one page cost, without network and threads.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "agent/decode.h"
#include "agent/inbox.h"
#include "agent/judge.h"
#include "agent/state.h"
#include "collectors/collectors.h"
#include "exporters/gzip.h"
#include "exporters/metrics_page.h"
#include "exporters/prometheus.h"
#include "tests/bench/connect_events.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

constexpr std::size_t kBatch = 100;  // messages of one turn of the loop
constexpr std::size_t kInboxBytes = 32U << 20U;

const Config& config() {
  static const Config defaults = parse({}, {}).config;
  return defaults;
}

Message event_message(const std::string& payload, Mono now) {
  return {traffic_of(bench::kConnectSubject), false, now, bench::kConnectSubject, payload};
}

State make_state() {
  return State(config(), collectors(), [](const Event&, Now) {});
}

void per_event(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatch));
}

void Inbox_(benchmark::State& state) {
  bench::ConnectEvents events;
  const std::string payload = events.next();
  Inbox inbox(kInboxBytes);
  Batch batch;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatch; ++i) inbox.push(event_message(payload, read_clock().mono));
    inbox.take(batch, Mono{});
    benchmark::DoNotOptimize(batch.messages.data());
  }
  per_event(state);
}

void Decode(benchmark::State& state) {
  bench::ConnectEvents events;
  const test::Held held(bench::kConnectSubject, events.next());
  const Message message = held.message();
  EventDecoder decoder;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatch; ++i) benchmark::DoNotOptimize(decoder.decode(message).client.id);
  }
  per_event(state);
}

void Apply(benchmark::State& state) {
  bench::ConnectEvents events;
  const test::Held held(bench::kConnectSubject, events.next());
  EventDecoder decoder;
  Event event = decoder.decode(held.message());
  State fleet = make_state();
  test::Clock clock;
  for (auto _ : state) {
    const Now now = clock.after(std::chrono::milliseconds(1));
    for (std::size_t i = 0; i < kBatch; ++i) {
      ++event.client.id;
      ++event.server.seq;
      event.server.time += std::chrono::microseconds(10);
      fleet.apply(event, now);
    }
  }
  per_event(state);
}

// The way of an event from the callback of the client library to the counters.
void CallbackToCounters(benchmark::State& state) {
  bench::ConnectEvents events;
  Inbox inbox(kInboxBytes);
  Batch batch;
  EventDecoder decoder;
  State fleet = make_state();
  test::Clock clock;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatch; ++i) inbox.push(event_message(events.next(), read_clock().mono));
    inbox.take(batch, Mono{});
    const Now now = clock.after(std::chrono::milliseconds(1));
    for (const Message& message : batch.messages) fleet.apply(decoder.decode(message), now);
  }
  per_event(state);
}

void StatszReply(benchmark::State& state) {
  const test::Held held("r.0.1", bench::recorded_as("statsz", "req.PING.STATSZ.1.json", "n1", bench::kServerId));
  const Message message = held.message();
  ReplyDecoder decoder;
  for (auto _ : state) {
    Assembly assembly(collectors()[0], Level::summary);
    benchmark::DoNotOptimize(decoder.decode(message, assembly));
    benchmark::DoNotOptimize(assembly.finish());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void apply_reply(State& fleet, ReplyDecoder& decoder, std::size_t collector, const Message& message, Now now) {
  Assembly assembly(collectors()[collector], Level::summary);
  const auto reply = decoder.decode(message, assembly);
  fleet.apply(*reply, assembly.finish(), collector, now);
}

// What a server says of `count` streams with three replicas that it leads.
std::string jsz_of(const std::string& name, const std::string& id, int count) {
  using nlohmann::json;
  json streams = json::array();
  for (int i = 0; i < count; ++i) {
    json replicas = json::array();
    for (const char* peer : {"server-a", "server-b"})
      replicas.push_back({{"name", peer}, {"current", true}, {"active", 1000}});
    streams.push_back({{"name", name + "-" + std::to_string(i)},
                       {"config", {{"num_replicas", 3}, {"max_msgs", 1000}, {"discard", "new"}}},
                       {"state", {{"messages", i}, {"bytes", i}}},
                       {"cluster", {{"leader", name}, {"replicas", replicas}}}});
  }
  return json{
      {"server", {{"name", name}, {"id", id}, {"cluster", "C1"}, {"ver", "2.15.1"}, {"time", "2026-01-01T00:00:00Z"}}},
      {"data", {{"account_details", {{{"id", "APP"}, {"stream_detail", streams}}}}}}}
      .dump();
}

// All checks of 1,000 servers and 50,000 streams: numbers of every answer, and what takes several servers to see.
void Judge_(benchmark::State& state) {
  const auto servers = static_cast<int>(state.range(0));
  constexpr int kStreams = 50;
  State fleet = make_state();
  ReplyDecoder replies;
  test::Clock clock;
  fleet.apply(LinkEvent{.kind = LinkEvent::Kind::connected, .server_id = "N1000000"}, clock.now());
  for (int i = 0; i < servers; ++i) {
    const std::string name = "server-" + std::to_string(i);
    const std::string id = "N" + std::to_string(1000000 + i);
    for (const auto& [collector, record] :
         {std::pair{"statsz", "req.PING.STATSZ.1.json"}, std::pair{"varz", "req.PING.VARZ.1.json"}}) {
      const test::Held held("r.0.1", bench::recorded_as(collector, record, name, id));
      apply_reply(fleet, replies, index_of(collector), held.message(clock.now().mono), clock.now());
    }
    const test::Held jsz("r.0.1", jsz_of(name, id, kStreams));
    apply_reply(fleet, replies, index_of("jsz"), jsz.message(clock.now().mono), clock.now());
  }
  Judge judge({}, collectors());
  Findings findings;
  for (auto _ : state) {
    for (const auto& server : fleet.roster().servers())
      for (std::size_t i = 0; i < collectors().size(); ++i)
        if (server->blocks[i] != nullptr) judge.look(*server, i, server->blocks[i].get());
    judge.evaluate(fleet.roster(), {}, fleet.link(), {}, findings, clock.after(std::chrono::seconds(1)));
  }
  state.SetLabel("findings=" + std::to_string(findings.raised().size()) + " ");
}

// Servers as alike as those of one fleet: recorded STATSZ and VARZ, one client, one failed login each.
std::shared_ptr<const Snapshot> fleet_of(int servers) {
  State fleet = make_state();
  ReplyDecoder replies;
  EventDecoder events;
  test::Clock clock;
  const Now now = clock.now();
  for (int i = 0; i < servers; ++i) {
    const std::string name = "server-" + std::to_string(i);
    const std::string id = "N" + std::to_string(1000000 + i);
    const test::Held statsz("r.0.1", bench::recorded_as("statsz", "req.PING.STATSZ.1.json", name, id));
    const test::Held varz("r.1.1", bench::recorded_as("varz", "req.PING.VARZ.1.json", name, id));
    apply_reply(fleet, replies, 0, statsz.message(), now);
    apply_reply(fleet, replies, 1, varz.message(), now);
    for (const auto& [subject, record] :
         {std::pair{"$SYS.ACCOUNT.A.CONNECT", "event.ACCOUNT.CONNECT.client-nats.json"},
          std::pair{"$SYS.ACCOUNT.A.DISCONNECT", "event.ACCOUNT.DISCONNECT.client-nats-client-closed.json"}}) {
      const test::Held held(subject, bench::recorded_as("events", record, name, id));
      fleet.apply(events.decode(held.message()), now);
    }
  }
  return fleet.snapshot({collectors().size(), RoundView{}}, now);
}

void per_series(benchmark::State& state, const std::string& page, std::size_t kept = 0) {
  const auto lines = std::count(page.begin(), page.end(), '\n');
  std::int64_t comments = 0;
  for (std::size_t at = page.find("\n#"); at != std::string::npos; at = page.find("\n#", at + 1)) ++comments;
  const std::int64_t series = lines - comments - 1;
  state.SetLabel("series=" + std::to_string(series) + " kept=" + std::to_string(kept) + " ");  // bytes
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * series);
}

void Render(benchmark::State& state) {
  const auto snapshot = fleet_of(static_cast<int>(state.range(0)));
  const Instruments instruments;
  const Now now = snapshot->taken;
  std::string page;
  for (auto _ : state) {
    page = render_fleet(*snapshot, Format::text) + render_agent(*snapshot, instruments, now, Format::text);
    benchmark::DoNotOptimize(page.data());
  }
  per_series(state, page);
}

void Compress(benchmark::State& state) {
  const std::string page = render_fleet(*fleet_of(static_cast<int>(state.range(0))), Format::text);
  for (auto _ : state) benchmark::DoNotOptimize(deflate_part(page));
  per_series(state, page);
}

// A page as it is made for the first scrape after a change, and as it is served again.
void Page(benchmark::State& state, bool changed) {
  const auto snapshot = fleet_of(static_cast<int>(state.range(0)));
  const Instruments instruments;
  auto pages = std::make_unique<MetricsPage>();
  std::string gzip;
  for (auto _ : state) {
    if (changed) pages = std::make_unique<MetricsPage>();
    const MetricsPage::Page page = pages->page({}, *snapshot, instruments, snapshot->taken);
    gzip = gzip_with_end(*page.fleet, page.end);
    benchmark::DoNotOptimize(gzip.data());
  }
  per_series(state, render_fleet(*snapshot, Format::text), gzip.size());
}
void MadePage(benchmark::State& state) {
  Page(state, true);
}
void KeptPage(benchmark::State& state) {
  Page(state, false);
}

BENCHMARK(Inbox_)->Name("inbox");
BENCHMARK(Decode)->Name("decode");
BENCHMARK(Apply)->Name("apply");
BENCHMARK(CallbackToCounters)->Name("callback_to_counters");
BENCHMARK(StatszReply)->Name("statsz");
BENCHMARK(Judge_)->Name("judge")->Arg(1000)->Unit(benchmark::kNanosecond);
constexpr int kMillionSeries = 8700;  // servers of this kind have it
BENCHMARK(Render)->Name("render")->Arg(3)->Arg(1000)->Arg(kMillionSeries);
BENCHMARK(Compress)->Name("compress")->Arg(1000);
BENCHMARK(MadePage)->Name("made_page")->Arg(kMillionSeries);
BENCHMARK(KeptPage)->Name("kept_page")->Arg(kMillionSeries);

}  // namespace
}  // namespace lookout

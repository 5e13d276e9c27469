// JSZ, RAFTZ and the meta group. Each cluster is a JetStream domain of its own.
#include <algorithm>

#include "tests/bench/fleet/replies.h"

namespace lookout::fleet {
namespace {

using Json = nlohmann::ordered_json;
using Streams = std::vector<std::uint32_t>;

struct Totals {
  std::uint64_t led = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};
Totals totals(const Scene& scene) {
  Totals out;
  for (const std::uint32_t stream : scene.world.hosted(scene.server)) {
    out.led += scene.world.leader(stream) == &scene.server ? 1 : 0;
    out.messages += scene.world.messages(stream);
    out.bytes += scene.world.stream_bytes(stream);
  }
  return out;
}

// A server's accounts with streams, in the order of hosted().
std::vector<std::size_t> accounts(const Scene& scene) {
  std::vector<std::size_t> out;
  for (const std::uint32_t stream : scene.world.hosted(scene.server)) {
    const std::size_t account = scene.world.account_of(stream);
    if (out.empty() || out.back() != account) out.push_back(account);
  }
  return out;
}

Streams streams(const Scene& scene, std::size_t account) {
  Streams out;
  for (const std::uint32_t stream : scene.world.hosted(scene.server)) {
    if (scene.world.account_of(stream) == account) out.push_back(stream);
  }
  return out;
}

void account_rows(std::string& out, const Scene& scene) {
  const std::vector<std::size_t> all = accounts(scene);
  const auto first = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(scene.ask.offset, all.size()));
  const auto size = static_cast<std::ptrdiff_t>(all.size());
  const auto limit = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(scene.ask.limit, all.size()));
  const std::vector<std::size_t> page(all.begin() + first, all.begin() + std::min(size, first + limit));
  out += '[';
  list(out, page, [&](std::string& to, std::size_t account) {
    Scene row = scene;
    row.row = account;
    write_row(to, row, Row::jsz_account);
  });
  out += ']';
}

void stream_rows(std::string& out, const Scene& scene) {
  out += '[';
  if (scene.ask.streams) {
    list(out, streams(scene, scene.row), [&](std::string& to, std::uint32_t stream) {
      Scene row = scene;
      row.row = stream;
      write_row(to, row, Row::stream);
    });
  }
  out += ']';
}

void consumer_rows(std::string& out, const Scene& scene) {
  out += '[';
  const std::size_t count = scene.ask.consumers ? scene.world.shape().consumers : 0;
  for (Scene row = scene; row.inner < count; ++row.inner) {
    if (row.inner > 0) out += ',';
    write_row(out, row, Row::consumer);
  }
  out += ']';
}

void leader(std::string& out, const Scene& scene) {
  const Server* server = scene.world.leader(scene.row);
  text(out, server == nullptr ? "" : server->name);
}

void followers(std::string& out, const Scene& scene) {
  std::vector<std::size_t> others = scene.world.replicas(scene.row);
  std::erase(others, scene.server.index);
  out += '[';
  list(out, others, [&](std::string& to, std::size_t server) {
    to += R"({"name":)";
    text(to, scene.world.servers()[server].name);
    to += R"(,"current":true,"active":100000000})";
  });
  out += ']';
}

void stream_name(std::string& out, const Scene& scene) {
  text(out, "STREAM-" + std::to_string(scene.row));
}
void stream_group(std::string& out, const Scene& scene) {
  text(out, "S-R3F-" + std::to_string(scene.row));
}
void consumer_name(std::string& out, const Scene& scene) {
  text(out, "consumer-" + std::to_string(scene.inner));
}
void consumer_group(std::string& out, const Scene& scene) {
  text(out, "C-R3F-" + std::to_string(scene.row) + "-" + std::to_string(scene.inner));
}
void messages(std::string& out, const Scene& scene) {
  number(out, scene.world.messages(scene.row));
}
void stream_bytes(std::string& out, const Scene& scene) {
  number(out, scene.world.stream_bytes(scene.row));
}
void replicas(std::string& out, const Scene& scene) {
  number(out, scene.world.replicas(scene.row).size());
}
void hosted(std::string& out, const Scene& scene) {
  number(out, scene.world.hosted(scene.server).size());
}
void consumers(std::string& out, const Scene& scene) {
  number(out, scene.world.hosted(scene.server).size() * scene.world.shape().consumers);
}

const std::vector<Slot> kJsz{
    {"/data/api/total", counter<Count::api>},
    {"/data/streams", hosted},
    {"/data/streams_leader", [](std::string& out, const Scene& scene) { number(out, totals(scene).led); }},
    {"/data/consumers", consumers},
    {"/data/messages", [](std::string& out, const Scene& scene) { number(out, totals(scene).messages); }},
    {"/data/bytes", [](std::string& out, const Scene& scene) { number(out, totals(scene).bytes); }},
    {"/data/meta_cluster", meta},
    {"/data/account_details", account_rows},
    {"/data/total", [](std::string& out, const Scene& scene) { number(out, accounts(scene).size()); }},
};

const std::vector<Slot> kStream{
    {"/name", stream_name},
    {"/cluster/name", cluster},
    {"/cluster/raft_group", stream_group},
    {"/cluster/leader", leader},
    {"/cluster/replicas", followers},
    {"/config/name", stream_name},
    {"/config/num_replicas", replicas},
    {"/state/messages", messages},
    {"/state/bytes", stream_bytes},
    {"/state/last_seq", messages},
    {"/state/last_ts", now},
    {"/state/consumer_count", [](std::string& out, const Scene& scene) { number(out, scene.world.shape().consumers); }},
    {"/consumer_detail", consumer_rows},
    {"/stream_raft_group", stream_group},
};

const std::vector<Slot> kConsumer{
    {"/stream_name", stream_name},
    {"/name", consumer_name},
    {"/config/durable_name", consumer_name},
    {"/config/name", consumer_name},
    {"/delivered/consumer_seq", messages},
    {"/delivered/stream_seq", messages},
    {"/ack_floor/consumer_seq", messages},
    {"/ack_floor/stream_seq", messages},
    {"/cluster/name", cluster},
    {"/cluster/raft_group", consumer_group},
    {"/cluster/leader", leader},
    {"/cluster/replicas", followers},
    {"/ts", now},
};

// Without an account the meta group, with one the groups of its streams.
void raft_groups(std::string& out, const Scene& scene) {
  out += R"({"SYS":{)";
  if (scene.ask.account.empty()) {
    out += R"("_meta_":)";
    write_row(out, scene, Row::raft_group);
  } else {
    out.resize(out.size() - 7);
    text(out, scene.ask.account);
    out += ":{";
    Streams of;
    for (const std::uint32_t stream : scene.world.hosted(scene.server)) {
      if (scene.world.account_id(scene.world.account_of(stream)) == scene.ask.account) of.push_back(stream);
    }
    list(out, of, [&](std::string& to, std::uint32_t stream) {
      Scene row = scene;
      row.row = stream;
      stream_group(to, row);
      to += ':';
      write_row(to, row, Row::raft_group);
    });
  }
  out += "}}";
}

}  // namespace

void meta(std::string& out, const Scene& scene) {
  const bool leads = scene.world.meta_leader(scene.server.cluster) == &scene.server;
  write_row(out, scene, leads ? Row::meta_leader : Row::meta_follower);
}

void add_jetstream_replies(Replies& replies) {
  const std::vector<Slot> group{
      {"/leader",
       [](std::string& out, const Scene& scene) { text(out, scene.world.meta_leader(scene.server.cluster)->name); }},
      {"/cluster_size",
       [](std::string& out, const Scene& scene) { number(out, scene.world.members(scene.server.cluster).size()); }}};
  std::vector<Slot> led = group;
  led.push_back({"/replicas", [](std::string& out, const Scene& scene) {
                   auto others = scene.world.members(scene.server.cluster);
                   std::erase(others, scene.server.index);
                   out += '[';
                   list(out, others, [&](std::string& to, std::size_t server) {
                     to += R"({"name":)";
                     text(to, scene.world.servers()[server].name);
                     to += R"(,"current":true,"active":532498395})";
                   });
                   out += ']';
                 }});
  replies.add_row(Row::meta_leader, recorded("statsz", "req.PING.STATSZ.5.json")["statsz"]["jetstream"]["meta"], led);
  replies.add_row(Row::meta_follower, recorded("statsz", "req.PING.STATSZ.4.json")["statsz"]["jetstream"]["meta"],
                  group);

  const Json jsz = recorded("jsz", "req.PING.JSZ.full.1.json");
  replies.add("JSZ", jsz, kJsz);
  const Json account = jsz["data"]["account_details"][0];
  replies.add_row(Row::jsz_account, account,
                  {{"/name", [](std::string& out, const Scene& scene) { text(out, World::account_name(scene.row)); }},
                   {"/id", [](std::string& out, const Scene& scene) { text(out, scene.world.account_id(scene.row)); }},
                   {"/stream_detail", stream_rows}});
  Json orders = account["stream_detail"][4];  // with consumers
  orders.erase("consumer_raft_groups");
  replies.add_row(Row::stream, orders, kStream);
  replies.add_row(Row::consumer, orders["consumer_detail"][0], kConsumer);

  const Json raftz = recorded("raftz", "req.PING.RAFTZ.1.json");
  replies.add("RAFTZ", raftz, {{"/data", raft_groups}});
  replies.add_row(Row::raft_group, raftz["data"]["SYS"]["_meta_"], {});
}

}  // namespace lookout::fleet

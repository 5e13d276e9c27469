#include "exporters/api_streams.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "exporters/api.h"
#include "exporters/api_facts.h"
#include "exporters/api_list.h"

namespace lookout::api {
namespace {

// Labels of the streams' table, and of their replicas'.
struct Columns {
  Rows streams{"nats_stream_messages"};
  std::size_t account = streams.label("account");
  std::size_t name = streams.label("stream");
  Rows peers{"nats_stream_replica_current"};
  std::size_t peer_account = peers.label("account");
  std::size_t peer_stream = peers.label("stream");
  std::size_t peer = peers.label("peer");
  std::size_t current = peers.metric("nats_stream_replica_current");
  std::size_t offline = peers.metric("nats_stream_replica_offline");
  std::size_t lag = peers.metric("nats_stream_replica_lag");
};

const Columns& columns() {
  static const Columns all;
  return all;
}

std::size_t hash_of(const StreamItem& item) {
  constexpr std::hash<std::string_view> kHash;
  constexpr std::size_t kFactor = 1099511628211U;
  std::size_t hash = kHash(item.server->cluster);
  for (const std::string_view text : {std::string_view(item.server->domain), item.account, item.name})
    hash = hash * kFactor ^ kHash(text);
  return hash;
}

bool is_same(const StreamItem& a, const StreamItem& b) {
  return a.name == b.name && a.account == b.account && a.server->cluster == b.server->cluster &&
         a.server->domain == b.server->domain;
}

// The leader is believed, and of two the one who spoke last.
bool is_better(const StreamItem& a, const StreamItem& b) {
  return a.led != b.led ? a.led : a.block->server_time > b.block->server_time;
}

class Collecting {
 public:
  Collecting(const Snapshot& snapshot, const FindingIndex& findings) : snapshot_(snapshot), findings_(findings) {
    if (snapshot.accounts != nullptr)
      for (const Account& account : *snapshot.accounts) names_.emplace(account.id, account.name);
    for (const auto& server : snapshot.servers)
      if (server->state != Lifecycle::up) gone_.insert(key_of(server->cluster, server->name));
  }

  std::vector<StreamItem> all() {
    for (const auto& server : snapshot_.servers) {
      const Block* const block = columns().streams.block(*server);
      if (block != nullptr) add(*server, *block);
    }
    return std::move(items_);
  }

 private:
  void add(const ServerView& server, const Block& block) {
    const Part& streams = *columns().streams.of(server);
    std::size_t peer = 0;
    for (std::size_t row = 0; row < streams.rows(); ++row) {
      StreamItem item{.server = &server, .block = &block, .part = &streams, .row = row, .led = streams.led(row)};
      item.account = streams.label(row, columns().account);
      item.name = streams.label(row, columns().name);
      if (item.led) replicas(item, peer);
      note(item);
    }
  }

  // Streams and replicas come in the order of the answer: the replicas of a stream stand together.
  void replicas(StreamItem& item, std::size_t& peer) const {
    const Columns& at = columns();
    const Part* const peers = at.peers.of(*item.server);
    item.online = item.current = 1;
    item.lag = 0;
    const auto belongs = [&] {
      return peers != nullptr && peer < peers->rows() && peers->label(peer, at.peer_stream) == item.name &&
             peers->label(peer, at.peer_account) == item.account;
    };
    for (; belongs(); ++peer) {
      const std::string_view name = peers->label(peer, at.peer);
      const bool away = peers->value(peer, at.offline) == 1 || is_gone(item.server->cluster, name);
      item.online = *item.online + (away ? 0 : 1);
      item.current = *item.current + (!away && peers->value(peer, at.current) == 1 ? 1 : 0);
      item.lag = std::max(*item.lag, present(peers->value(peer, at.lag)).value_or(0));
      if (away) worsen(item, findings_.of_replicas_on(item.server->cluster, name));
    }
  }

  [[nodiscard]] bool is_gone(std::string_view cluster, std::string_view server) const {
    return !gone_.empty() && gone_.contains(key_of(cluster, server));
  }

  static void worsen(StreamItem& item, const Finding* finding) {
    if (finding == nullptr) return;
    if (item.worst == nullptr || is_worse(finding->state, item.worst->state)) item.worst = finding;
  }

  void note(StreamItem& item) {
    const auto [range, end] = seen_.equal_range(hash_of(item));
    const auto same = std::find_if(range, end, [&](const auto& each) { return is_same(items_[each.second], item); });
    if (same != end && !is_better(item, items_[same->second])) return;
    finish(item);
    if (same != end) {
      items_[same->second] = item;
      return;
    }
    seen_.emplace(hash_of(item), items_.size());
    items_.push_back(item);
  }

  void finish(StreamItem& item) {
    worsen(item, findings_.of_stream(item.account, item.name));
    item.health = findings_.health(item.worst);
    if (last_account_ != item.account) {
      last_account_ = item.account;
      const auto known = names_.find(item.account);
      last_name_ = known == names_.end() || known->second.empty() ? item.account : known->second;
    }
    item.account_name = last_name_;
  }

  const Snapshot& snapshot_;
  const FindingIndex& findings_;
  std::unordered_map<std::string_view, std::string_view> names_;  // of accounts, by id
  std::unordered_set<std::string> gone_;
  std::vector<StreamItem> items_;
  std::unordered_multimap<std::size_t, std::size_t> seen_;  // places in items_, by hash
  std::string_view last_account_;                           // of the item before, which is mostly the same
  std::string_view last_name_;
};

template <Name name>
Fact told(const StreamItem& item) {
  static const std::size_t metric = columns().streams.metric(name.text);
  return fact_of(item.led ? present(item.part->value(item.row, metric)) : std::nullopt);
}

constexpr std::array<const char*, 2> kFlags{"0", "1"};

constexpr Field<StreamItem> kFields[] = {
    {"account", [](const StreamItem& item) -> Fact { return item.account; }, kSorts | kSearched | kExact | kKey},
    {"account_name", [](const StreamItem& item) -> Fact { return item.account_name; }, kSearched},
    {"name", [](const StreamItem& item) -> Fact { return item.name; }, kSorts | kSearched | kKey},
    {"cluster", [](const StreamItem& item) { return fact_of(item.server->cluster); }, kSorts | kExact | kKey},
    {"leader", [](const StreamItem& item) { return item.led ? fact_of(item.server->name) : Fact(std::string_view()); }},
    {"replicas", told<"nats_stream_replicas">, kSorts},
    {"replicas_online", [](const StreamItem& item) { return fact_of(item.online); }, kSorts},
    {"replicas_current", [](const StreamItem& item) { return fact_of(item.current); }, kSorts},
    {"lag", [](const StreamItem& item) { return fact_of(item.lag); }, kSorts},
    {"messages", told<"nats_stream_messages">, kSorts},
    {"bytes", told<"nats_stream_bytes">, kSorts},
    {"consumers", told<"nats_stream_consumers">, kSorts},
    {"health", [](const StreamItem& item) { return fact_of(item.health); }, kSorts | kExact, kHealthNames},
    {"sentence",
     [](const StreamItem& item) -> Fact { return Json(item.worst == nullptr ? "" : item.worst->sentence); }},
    {"unhealthy", [](const StreamItem& item) -> Fact { return std::string_view(kFlags[item.is_unhealthy() ? 1 : 0]); },
     kExact | kHidden, kFlags},
};

}  // namespace

bool StreamItem::is_unhealthy() const {
  static const std::size_t metric = columns().streams.metric("nats_stream_replicas");
  const double wanted = part->value(row, metric);
  return worst != nullptr || !led || online.value_or(0) < wanted || current.value_or(0) < wanted;
}

std::vector<StreamItem> streams_of(const Snapshot& snapshot, const FindingIndex& findings) {
  return Collecting(snapshot, findings).all();
}

Rendered render_streams(const View& view) {
  return render_list("/api/v1/streams", view, kFields,
                     [&] { return streams_of(view.snapshot, FindingIndex(view.snapshot)); });
}

}  // namespace lookout::api

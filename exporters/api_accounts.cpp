// /api/v1/accounts.
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exporters/api.h"
#include "exporters/api_facts.h"
#include "exporters/api_list.h"
#include "exporters/api_streams.h"

namespace lookout::api {
namespace {

struct AccountItem {
  std::string_view id;
  std::string_view name;
  std::uint64_t connections = 0;
  std::uint64_t leafnodes = 0;
  std::uint64_t auth_errors = 0;
  std::optional<double> subscriptions = {};
  std::optional<double> slow_consumers = {};
  std::optional<double> streams = {};
  std::optional<double> storage = {};
  std::optional<double> memory = {};
  Health health = Health::unknown;
};

class Accounts {
 public:
  explicit Accounts(const Snapshot& snapshot) : snapshot_(snapshot) {
    // The first is "other", into which those beyond the limit are folded.
    const std::size_t count = snapshot.accounts == nullptr ? 0 : snapshot.accounts->size();
    for (std::size_t i = 1; i < count; ++i) {
      const Account& account = (*snapshot.accounts)[i];
      index_.emplace(account.id, i);
      items_.push_back({.id = account.id, .name = account.name.empty() ? account.id : account.name});
    }
  }

  std::vector<AccountItem> all() {
    for (const auto& server : snapshot_.servers) count(*server);
    add_up("nats_account_subscriptions", &AccountItem::subscriptions);
    add_up("nats_account_slow_consumers_total", &AccountItem::slow_consumers);
    use("nats_account_jetstream_storage_bytes", &AccountItem::storage);
    use("nats_account_jetstream_memory_bytes", &AccountItem::memory);
    const FindingIndex findings(snapshot_);
    for (const StreamItem& stream : streams_of(snapshot_, findings)) {
      AccountItem* const item = find(stream.account);
      if (item != nullptr) item->streams = item->streams.value_or(0) + 1;
    }
    for (AccountItem& item : items_) {
      item.health = findings.health(findings.of_account(item.id));
      if (item.storage) item.streams = item.streams.value_or(0);  // it has JetStream
    }
    return std::move(items_);
  }

 private:
  AccountItem* at(std::size_t index) { return index == 0 || index > items_.size() ? nullptr : &items_[index - 1]; }
  AccountItem* find(std::string_view id) {
    const auto found = index_.find(id);
    return found == index_.end() ? nullptr : at(found->second);
  }

  void count(const ServerView& server) {
    for (const AccountConnections& open : server.accounts) {
      AccountItem* const item = at(open.account);
      if (item == nullptr) continue;
      item->connections += open.clients;
      item->leafnodes += open.leafnodes;
    }
    for (const AuthErrorDetail& detail : server.auth_error_details) {
      AccountItem* const item = at(detail.account);
      if (item != nullptr) item->auth_errors += detail.value;
    }
  }

  // Each server tells its part.
  void add_up(const char* name, std::optional<double> AccountItem::*member) {
    const Rows rows(name);
    const std::size_t metric = rows.metric(name);
    const std::size_t account = rows.label("account");
    each_row(snapshot_, rows, [&](const ServerView&, const Part& part, std::size_t row) {
      AccountItem* const item = find(part.label(row, account));
      const auto value = present(part.value(row, metric));
      if (item != nullptr && value) item->*member = (item->*member).value_or(0) + *value;
    });
  }

  // Each server of a domain tells the same, and who spoke last knows best.
  void use(const char* name, std::optional<double> AccountItem::*member) {
    const Rows rows(name);
    const std::size_t metric = rows.metric(name);
    const std::size_t account = rows.label("account");
    struct Told {
      Wall at{};
      double value = 0;
    };
    std::unordered_map<std::string_view, std::unordered_map<const AccountItem*, Told>> domains;
    each_row(snapshot_, rows, [&](const ServerView& server, const Part& part, std::size_t row) {
      AccountItem* const item = find(part.label(row, account));
      const auto value = present(part.value(row, metric));
      if (item == nullptr || !value) return;
      Told& told = domains[server.domain][item];
      const Wall when = rows.block(server)->server_time;
      if (when < told.at) return;
      item->*member = (item->*member).value_or(0) - told.value + *value;
      told = {when, *value};
    });
  }

  const Snapshot& snapshot_;
  std::unordered_map<std::string_view, std::size_t> index_;  // by id
  std::vector<AccountItem> items_;                           // of accounts from 1
};

template <auto member>
Fact of(const AccountItem& item) {
  return fact_of(item.*member);
}

constexpr Field<AccountItem> kFields[] = {
    {"id", [](const AccountItem& item) -> Fact { return item.id; }, kSorts | kSearched | kKey},
    {"name", [](const AccountItem& item) -> Fact { return item.name; }, kSorts | kSearched},
    {"connections", of<&AccountItem::connections>, kSorts},
    {"leafnodes", of<&AccountItem::leafnodes>, kSorts},
    {"subscriptions", of<&AccountItem::subscriptions>, kSorts},
    {"slow_consumers", of<&AccountItem::slow_consumers>, kSorts},
    {"streams", of<&AccountItem::streams>, kSorts},
    {"jetstream_storage_bytes", of<&AccountItem::storage>, kSorts},
    {"jetstream_memory_bytes", of<&AccountItem::memory>, kSorts},
    {"auth_errors", of<&AccountItem::auth_errors>, kSorts},
    {"health", of<&AccountItem::health>, kSorts},
};

}  // namespace

Rendered render_accounts(const View& view) {
  return render_list("/api/v1/accounts", view, kFields, [&] { return Accounts(view.snapshot).all(); });
}

}  // namespace lookout::api

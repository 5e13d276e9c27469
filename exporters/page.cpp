#include "exporters/page.h"

#include <unordered_set>

namespace lookout {
namespace {

// Two names can become equal by repair and cut, and an account can be called "other": the later one gets its number
// behind it.
std::vector<std::string> label_accounts(const std::vector<Account>& accounts) {
  std::vector<std::string> texts;
  texts.reserve(accounts.size());
  std::unordered_set<std::string> seen;
  for (const Account& account : accounts) {
    std::string id;
    append_label(id, "account", account.id);
    if (!seen.insert(id).second) {
      id.insert(id.size() - 1, '~' + std::to_string(texts.size()));
      seen.insert(id);
    }
    append_label(id, "account_name", account.name.empty() ? account.id : account.name);
    texts.push_back(std::move(id));
  }
  return texts;
}

}  // namespace

Page::Page(std::string& text, Format format, const Snapshot& from, std::span<const Collector> tables, Drain drain)
    : out(text, format, std::move(drain)), snapshot(from), collectors(tables) {
  std::unordered_set<std::string> seen;
  for (const auto& view : from.servers) {
    Server server{view.get(), {}};
    append_label(server.labels, "nats_cluster", view->cluster);
    append_label(server.labels, "server", view->name);
    if (seen.insert(server.labels).second) {
      servers.push_back(std::move(server));
    } else {
      ++left_out;
    }
  }
  if (!from.accounts) return;
  accounts = label_accounts(*from.accounts);
  for (std::size_t i = 1; i < accounts.size(); ++i) account_index_.emplace((*from.accounts)[i].id, i);
}

void Page::append_account(std::string& labels, std::string_view id) const {
  const auto known = account_index_.find(id);
  if (known == account_index_.end()) {
    append_label(labels, "account", id);
    append_label(labels, "account_name", id);
    return;
  }
  if (!labels.empty()) labels += ',';
  labels += accounts[known->second];
}

std::string_view Page::labels(std::string_view base,
                              std::initializer_list<std::pair<const char*, std::string_view>> more) {
  scratch_ = base;
  for (const auto& [name, value] : more) append_label(scratch_, name, value);
  return scratch_;
}

}  // namespace lookout

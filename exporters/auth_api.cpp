#include "exporters/auth_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>
#include <utility>

#include "agent/text.h"
#include "exporters/finding_json.h"

namespace lookout {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTopServers = 10;
constexpr const char* kAuthCheck = "auth_";

Json patterns_of(const Snapshot& snapshot, const std::string& cluster) {
  Json out = Json::array();
  for (const Finding& finding : snapshot.findings) {
    if (finding.cluster == cluster && finding.check.starts_with(kAuthCheck)) out.push_back(finding_json(finding));
  }
  return out;
}

Json clusters_of(const Snapshot& snapshot) {
  Json out = Json::array();
  for (const AuthView& view : snapshot.auth) {
    out.push_back({{"cluster", view.cluster},
                   {"attempts", view.attempts},
                   {"sources", view.sources},
                   {"users", view.users},
                   {"patterns", patterns_of(snapshot, view.cluster)}});
  }
  return out;
}

Json tops_of(const std::vector<AuthTop>& tops, const char* peers) {
  Json out = Json::array();
  for (const AuthTop& top : tops)
    out.push_back({{"cluster", top.cluster}, {"name", top.name}, {"attempts", top.attempts}, {peers, top.peers}});
  return out;
}

// Those with most failures since the agent started.
Json top_servers(const Snapshot& snapshot) {
  using Counted = std::pair<std::uint64_t, const ServerView*>;
  std::vector<Counted> all;
  for (const auto& server : snapshot.servers) {
    const auto& errors = server->auth_errors;
    const std::uint64_t sum = std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
    if (sum > 0) all.emplace_back(sum, server.get());
  }
  const std::size_t shown = std::min(all.size(), kTopServers);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    [](const Counted& a, const Counted& b) {
                      return std::tie(b.first, a.second->cluster, a.second->name) <
                             std::tie(a.first, b.second->cluster, b.second->name);
                    });
  Json out = Json::array();
  for (std::size_t i = 0; i < shown; ++i)
    out.push_back({{"cluster", all[i].second->cluster}, {"server", all[i].second->name}, {"errors", all[i].first}});
  return out;
}

Json failure_of(const AuthFailure& failure) {
  return {{"time", format_time(failure.time)},
          {"server", failure.server},
          {"cluster", failure.cluster},
          {"address", failure.address},
          {"user", failure.user},
          {"name", failure.name},
          {"jwt_user", failure.jwt_user},
          {"jwt_name", failure.jwt_name},
          {"kind", kClientKindNames[static_cast<std::size_t>(failure.kind)]},
          {"reason", failure.reason},
          {"explanation", failure.explanation},
          {"recovered", failure.recovered}};
}

Json history_of(const Snapshot& snapshot) {
  Json out = Json::array();
  for (const AuthMinute& minute : snapshot.auth_history)
    out.push_back({{"time", format_time(minute.time)}, {"errors", minute.errors}});
  return out;
}

}  // namespace

std::string render_auth(const Snapshot& snapshot) {
  const AuthTops tops = snapshot.auth_tops == nullptr ? AuthTops{} : *snapshot.auth_tops;
  Json last = Json::array();
  if (snapshot.auth_failures != nullptr) {
    for (const AuthFailure& failure : *snapshot.auth_failures) last.push_back(failure_of(failure));
  }
  Json out{{"time", format_time(snapshot.taken.wall)}, {"evaluated", snapshot.auth_unseen.empty()}};
  if (!snapshot.auth_unseen.empty()) out["sentence"] = snapshot.auth_unseen;
  out["clusters"] = clusters_of(snapshot);
  out["top_sources"] = tops_of(tops.sources, "users");
  out["top_users"] = tops_of(tops.users, "sources");
  out["top_servers"] = top_servers(snapshot);
  out["history"] = history_of(snapshot);
  out["last"] = std::move(last);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lookout

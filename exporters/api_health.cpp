#include "exporters/api_health.h"

#include <utility>

#include "exporters/health.h"

namespace lookout::api {
namespace {

template <class Map>
const Finding* find(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

// "APP/ORDERS" of what a check says of it, of its consumer "APP/ORDERS/worker", or of its source "APP/ORDERS from A":
// names of streams and consumers have neither slash nor space.
std::string_view stream_of(const Finding& finding) {
  const std::string_view entity = finding.entity;
  if (finding.check.starts_with("consumer_")) return entity.substr(0, entity.rfind('/'));
  return finding.check.starts_with("stream_") ? entity.substr(0, entity.rfind(" from ")) : std::string_view();
}

bool is_of_cluster(const Finding& finding) {
  return !finding.cluster.empty() || !finding.server.empty() || finding.check.starts_with("auth_");
}

}  // namespace

std::string key_of(std::string_view first, std::string_view second) {
  return concat({first, std::string_view("\0", 1), second});
}

FindingIndex::FindingIndex(const Snapshot& snapshot)
    : at_best_(snapshot.link.connected && has_answers(snapshot) ? Health::ok : Health::unknown) {
  for (const Finding& finding : snapshot.findings) add(finding);
}

void FindingIndex::add(const Finding& finding) {
  const auto note = [&finding](Worst& of, std::string key) {
    const Finding*& worst = of.try_emplace(std::move(key), &finding).first->second;
    if (is_worse(finding.state, worst->state)) worst = &finding;
  };
  const std::string_view stream = stream_of(finding);
  const bool replicas = finding.check == "stream_replicas" && !finding.server.empty();
  if (is_of_cluster(finding)) note(clusters_, finding.cluster);
  if (!finding.account.empty()) note(accounts_, finding.account);
  if (replicas)
    note(replicas_, key_of(finding.cluster, finding.server));
  else if (!finding.server.empty())
    note(servers_, key_of(finding.cluster, finding.server));
  if (!stream.empty() && !replicas) note(streams_, std::string(stream));
}

const Finding* FindingIndex::of_server(const ServerView& server) const {
  return servers_.empty() ? nullptr : find(servers_, key_of(server.cluster, server.name));
}
const Finding* FindingIndex::of_cluster(std::string_view cluster) const {
  return find(clusters_, cluster);
}
const Finding* FindingIndex::of_account(std::string_view account) const {
  return find(accounts_, account);
}
const Finding* FindingIndex::of_stream(std::string_view account, std::string_view stream) const {
  return streams_.empty() ? nullptr : find(streams_, concat({clean(account), "/", clean(stream)}));
}
const Finding* FindingIndex::of_replicas_on(std::string_view cluster, std::string_view server) const {
  return replicas_.empty() ? nullptr : find(replicas_, key_of(cluster, server));
}

}  // namespace lookout::api

// SUBSZ: the subscription index of a server, all accounts together; at level detail the subscriptions themselves, by
// account, subject and queue group. nats-server Subsz, SublistStats, SubDetail.
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Metric kIndex[] = {
    {gauge, "nats_server_sublist_subscriptions", "/num_subscriptions",
     "Subscriptions in the server's indexes, those of other servers that it knows of included."},
    {gauge, "nats_server_sublist_cached_subjects", "/num_cache", "Subjects whose subscribers are cached."},
    {counter, "nats_server_sublist_inserts_total", "/num_inserts", "Subscriptions added."},
    {counter, "nats_server_sublist_removes_total", "/num_removes", "Subscriptions removed."},
    {counter, "nats_server_sublist_matches_total", "/num_matches", "Subjects matched against the indexes."},
    {gauge, "nats_server_sublist_cache_hit_ratio", "/cache_hit_rate", "Part of the matches answered by the cache."},
    {gauge, "nats_server_sublist_max_fanout", "/max_fanout", "Most subscribers of one cached subject."},
    {gauge, "nats_server_sublist_average_fanout", "/avg_fanout", "Average of subscribers of the cached subjects."},
};

constexpr Label kSubject[] = {{"account", "/account"}, {"subject", "/subject"}, {"queue", "/qgroup"}};
constexpr Metric kSubscriptions[] = {
    {gauge, "nats_subject_subscriptions", "", "Subscriptions to the subject on this server.", As::one},
    {gauge, "nats_subject_delivered_messages", "/msgs", "Messages delivered to the subscriptions that are open."},
};

constexpr Section kSections[] = {
    {.path = "/data", .labels = {}, .metrics = kIndex},
    {.path = "/data/subscriptions_list",
     .labels = kSubject,
     .metrics = kSubscriptions,
     .level = Level::detail,
     .fold = true,
     .rows = kMaxRows},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  if (ask.level != Level::detail) return {};
  return nlohmann::json{{"subscriptions", true}, {"offset", ask.offset}, {"limit", ask.limit}}.dump();
}

}  // namespace

const Collector kSubsz{.name = "subsz",
                       .endpoint = "SUBSZ",
                       .sections = kSections,
                       .body = body,
                       .reach = Reach::pages,
                       .paged_from = Level::detail,
                       .rows = "/data/subscriptions_list",
                       .page = 512};

}  // namespace lookout

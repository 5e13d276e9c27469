// ACCOUNTZ of one account: its state and, in operator mode, what its JWT allows. nats-server AccountInfo; jwt
// AccountClaims. The same at every server that has the account, but for connections and subscriptions, which
// ACCOUNT STATZ tells. The JWT itself is never read.
#include <nlohmann/json.hpp>

#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Label kAccount[] = {{"account", "/account_name"}};
constexpr Metric kAccounts[] = {
    {gauge, "nats_account_expired", "/expired", "1 when the account's claims have expired.", As::flag},
    {gauge, "nats_account_complete", "/complete", "0 while the account lacks another one that it imports from.",
     As::flag},
    {gauge, "nats_account_is_system", "/is_system", "1 for the system account.", As::flag_or_0},
    {gauge, "nats_account_jetstream_enabled", "/jetstream_enabled", "1 when the account has JetStream.", As::flag},
    {gauge, "nats_account_updated_timestamp_seconds", "/update_time", "When the account was last set up or changed.",
     As::timestamp},
};

// 0 is what nats-server leaves out of the claims. Where it means that there is no such limit, absent is right; where it
// means that nothing is allowed, there is nothing to count against it.
constexpr Label kClaimsAccount[] = {{"account", "//data/account_detail/account_name"}};
constexpr Metric kClaims[] = {
    {gauge, "nats_account_claims_issued_timestamp_seconds", "/iat", "When the account's claims were signed.",
     As::unix_time},
    {gauge, "nats_account_claims_expiry_timestamp_seconds", "/exp",
     "When the account's claims expire; absent when they do not.", As::unix_time},
    {gauge, "nats_account_claims_issues", "//data/account_detail/validation_result_jwt",
     "Faults found in the account's claims; absent when there are none.", As::count},
};
constexpr Metric kLimits[] = {
    {gauge, "nats_account_max_connections", "/conn", "Connections the account may have; absent when unlimited.",
     As::limit},
    {gauge, "nats_account_max_leafnodes", "/leaf", "Leaf nodes the account may have; absent when unlimited.",
     As::limit},
    {gauge, "nats_account_max_subscriptions", "/subs", "Subscriptions the account may have; absent when unlimited.",
     As::limit},
    {gauge, "nats_account_max_data_bytes", "/data", "Data the account may move; absent when unlimited.", As::limit},
    {gauge, "nats_account_max_payload_bytes", "/payload",
     "Largest message the account may send; absent when unlimited.", As::limit},
    {gauge, "nats_account_max_imports", "/imports", "Imports the account may have; absent when unlimited.", As::limit},
    {gauge, "nats_account_max_exports", "/exports", "Exports the account may have; absent when unlimited.", As::limit},
    {gauge, "nats_account_wildcard_exports_allowed", "/wildcards", "1 when the account may export wildcards.",
     As::flag_or_0},
    {gauge, "nats_account_bearer_tokens_disallowed", "/disallow_bearer",
     "1 when the account's users may not have bearer tokens.", As::flag_or_0},
    {gauge, "nats_account_jetstream_max_memory_bytes", "/mem_storage",
     "Memory the account's streams may use; absent when unlimited or none.", As::limit},
    {gauge, "nats_account_jetstream_max_storage_bytes", "/disk_storage",
     "Disk the account's streams may use; absent when unlimited or none.", As::limit},
    {gauge, "nats_account_jetstream_max_streams", "/streams", "Streams the account may have; absent when unlimited.",
     As::limit},
    {gauge, "nats_account_jetstream_max_consumers", "/consumer",
     "Consumers the account may have; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_max_ack_pending", "/max_ack_pending",
     "Messages that may wait to be acknowledged in a stream of the account; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_max_memory_stream_bytes", "/mem_max_stream_bytes",
     "Largest stream in memory; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_max_storage_stream_bytes", "/disk_max_stream_bytes",
     "Largest stream on disk; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_max_bytes_required", "/max_bytes_required",
     "1 when the account's streams must have a byte limit.", As::flag_or_0},
};

constexpr Label kTier[] = {{"account", "//data/account_detail/account_name"}, {"tier", kKey}};
constexpr Metric kTiers[] = {
    {gauge, "nats_account_jetstream_tier_max_memory_bytes", "/mem_storage",
     "Memory the account's streams of the tier may use; absent when unlimited or none.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_storage_bytes", "/disk_storage",
     "Disk the account's streams of the tier may use; absent when unlimited or none.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_streams", "/streams",
     "Streams of the tier that the account may have; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_consumers", "/consumer",
     "Consumers of the tier that the account may have; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_ack_pending", "/max_ack_pending",
     "Messages that may wait to be acknowledged in a stream of the tier; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_memory_stream_bytes", "/mem_max_stream_bytes",
     "Largest stream of the tier in memory; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_storage_stream_bytes", "/disk_max_stream_bytes",
     "Largest stream of the tier on disk; absent when unlimited.", As::limit},
    {gauge, "nats_account_jetstream_tier_max_bytes_required", "/max_bytes_required",
     "1 when the account's streams of the tier must have a byte limit.", As::flag_or_0},
};

constexpr Section kSections[] = {
    {.path = "/data/account_detail", .labels = kAccount, .metrics = kAccounts, .of = Of::deployment, .rows = 20000},
    {.path = "/data/account_detail/decoded_jwt",
     .labels = kClaimsAccount,
     .metrics = kClaims,
     .of = Of::deployment,
     .rows = 20000},
    {.path = "/data/account_detail/decoded_jwt/nats/limits",
     .labels = kClaimsAccount,
     .metrics = kLimits,
     .of = Of::deployment,
     .rows = 20000},
    {.path = "/data/account_detail/decoded_jwt/nats/limits/tiered_limits",
     .labels = kTier,
     .metrics = kTiers,
     .of = Of::deployment,
     .map = true,
     .rows = 20000},
};
static_assert(well_formed(kSections));

std::string body(const Ask& ask) {
  return nlohmann::json{{"account", ask.account}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const Collector kAccountz{.name = "accountz",
                          .endpoint = "ACCOUNTZ",
                          .sections = kSections,
                          .body = body,
                          .reach = Reach::accounts,
                          .accounts = Accounts::shared,
                          .account_id = "/data/account_detail/account_name",
                          .account_name = "/data/account_detail/name_tag"};

}  // namespace lookout

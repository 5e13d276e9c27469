// HEALTHZ: what a server says of its own health, whole and in three parts. nats-server HealthStatus. An unhealthy
// server answers with data, not with an error. Details (2.10.0) tell what failed by kind; before, `error` is one text.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Metric kHealth[] = {
    {gauge, "nats_server_healthy", "/status", "1 when the server's own health check passes, streams included.", As::ok},
    {gauge, "nats_server_health_status_code", "/status_code", "HTTP status code of the health check.", As::number, "",
     "2.10.0"},
};
constexpr Label kType[] = {{"type", "/type"}};
constexpr Metric kErrors[] = {
    {gauge, "nats_server_health_errors", "", "Faults the server's health check found, by what they concern.", As::one,
     "", "2.10.0"},
};
// One by one, for what a person is told.
constexpr Label kError[] = {{"type", "/type"}, {"error", "/error"}};
constexpr Metric kEachError[] = {
    {gauge, "nats_server_health_error", "", "One fault the server's health check found.", As::one, "", "2.10.0"},
};
constexpr Metric kEnabled[] = {
    {gauge, "nats_server_healthy_jetstream_enabled", "/status",
     "1 when JetStream is enabled where it is configured, and the server accepts connections.", As::ok},
};
constexpr Metric kServer[] = {
    {gauge, "nats_server_healthy_server", "/status", "1 when the server accepts connections.", As::ok},
};
constexpr Metric kMeta[] = {
    {gauge, "nats_server_healthy_meta", "/status", "1 when the server also follows the meta group.", As::ok},
};

// What the peers' schemas show of a status text.
constexpr Label kStatus[] = {{"status", "/status"}};
constexpr Metric kFullStatus[] = {{gauge, "nats_server_health_status", "/status", "1 for ok.", As::ok}};
constexpr Metric kEnabledStatus[] = {{gauge, "nats_server_health_enabled_status", "/status", "1 for ok.", As::ok}};
constexpr Metric kServerStatus[] = {{gauge, "nats_server_health_server_status", "/status", "1 for ok.", As::ok}};

constexpr Section kFullSections[] = {
    {.path = "/data", .labels = {}, .metrics = kHealth},
    {.path = "/data/errors", .labels = kType, .metrics = kErrors, .fold = true},
    {.path = "/data/errors", .labels = kError, .metrics = kEachError, .rows = 100, .native = false},
    {.path = "/data", .labels = kStatus, .metrics = kFullStatus, .native = false},
};
constexpr Section kEnabledSections[] = {
    {.path = "/data", .labels = {}, .metrics = kEnabled},
    {.path = "/data", .labels = kStatus, .metrics = kEnabledStatus, .native = false},
};
constexpr Section kServerSections[] = {
    {.path = "/data", .labels = {}, .metrics = kServer},
    {.path = "/data", .labels = kStatus, .metrics = kServerStatus, .native = false},
};
constexpr Section kMetaSections[] = {{.path = "/data", .labels = {}, .metrics = kMeta}};
static_assert(well_formed(kFullSections) && well_formed(kEnabledSections) && well_formed(kServerSections) &&
              well_formed(kMetaSections));

}  // namespace

const Collector kHealthz{
    .name = "healthz", .endpoint = "HEALTHZ", .sections = kFullSections, .body = [](const Ask&) -> std::string {
      return R"({"details":true})";
    }};
const Collector kHealthzJsEnabled{.name = "healthz_js_enabled",
                                  .endpoint = "HEALTHZ",
                                  .sections = kEnabledSections,
                                  .body = [](const Ask&) -> std::string { return R"({"js-enabled-only":true})"; },
                                  .since = "2.9.10"};
const Collector kHealthzJsServer{.name = "healthz_js_server",
                                 .endpoint = "HEALTHZ",
                                 .sections = kServerSections,
                                 .body = [](const Ask&) -> std::string { return R"({"js-server-only":true})"; }};
const Collector kHealthzJsMeta{.name = "healthz_js_meta",
                               .endpoint = "HEALTHZ",
                               .sections = kMetaSections,
                               .body = [](const Ask&) -> std::string { return R"({"js-meta-only":true})"; },
                               .since = "2.11.0"};

}  // namespace lookout

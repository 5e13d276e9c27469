#include "exporters/routes.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "exporters/api.h"
#include "exporters/api_list.h"
#include "exporters/auth_api.h"
#include "exporters/health.h"
#include "exporters/health_query.h"

namespace lookout {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kJson = "application/json";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr std::size_t kMaxPrefix = 64;
using Schema = MetricsPage::Schema;

// ?prefix=
std::string prefix_of(const View& view) {
  const auto given = view.parameters.find("prefix");
  return given == view.parameters.end() ? std::string() : given->second;
}

template <Schema schema>
Rendered render_metrics(const View& view) {
  const MetricsPage::Kind kind{schema, view.format, schema == Schema::exporter ? prefix_of(view) : std::string()};
  const char* const type = view.format == Format::openmetrics ? kOpenMetrics : kMetrics;
  MetricsPage::Page page = view.metrics.page(kind, view.snapshot, view.instruments, view.now);
  return {std::move(page.end), 200, type, std::move(page.fleet)};
}

// It goes into every name of the page.
bool valid_prefix(std::string_view prefix) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return prefix.size() <= kMaxPrefix && !digit(prefix.front()) &&
         std::all_of(prefix.begin(), prefix.end(), [&](char c) { return letter(c) || digit(c); });
}

Rendered render_exporter_page(const View& view) {
  const std::string prefix = prefix_of(view);
  if (prefix.empty() || valid_prefix(prefix)) return render_metrics<Schema::exporter>(view);
  return {"A prefix is made of letters, digits and underscores, does not begin with a digit and is at most 64 long.\n",
          400, kText};
}

Rendered render_health_page(const View& view) {
  const Result<HealthRequest> request = read_health_request(view.parameters);
  if (!request) return {request.error() + "\n", 400, kText};
  const bool failed = request->strict && health_of(view.snapshot, request->query) == Health::critical;
  return {render_health(view.snapshot, request->query), failed ? 503 : 200};
}

Rendered render_auth_page(const View& view) {
  if (auto refused = api::refuse_parameters("/api/v1/auth", view.parameters)) return *std::move(refused);
  return {render_auth(view.snapshot)};
}

Rendered render_alive(const View& view) {
  if (view.instruments.lives(view.now.mono, view.started)) return {"ok\n"};
  return {"The loop has made no progress for more than 30 seconds.\n", 503};
}

constexpr auto kReady = [](const View&) -> Rendered { return {"ok\n"}; };

constexpr Route kRoutes[] = {
    {"/metrics", kMetrics, render_metrics<Schema::native>},
    {"/metrics/surveyor", kMetrics, render_metrics<Schema::surveyor>},
    {"/metrics/exporter", kMetrics, render_exporter_page},
    {"/livez", kText, render_alive},
    {"/-/healthy", kText, render_alive},
    {"/readyz", kText, kReady},
    {"/-/ready", kText, kReady},
    {"/health", kJson, render_health_page},
    {"/api/v1/system", kJson, api::render_system, true},
    {"/api/v1/servers", kJson, api::render_servers, true},
    {"/api/v1/clusters", kJson, api::render_clusters, true},
    {"/api/v1/accounts", kJson, api::render_accounts, true},
    {"/api/v1/streams", kJson, api::render_streams, true},
    {"/api/v1/findings", kJson, api::render_findings, true},
    {"/api/v1/auth", kJson, render_auth_page, true},
    {"/api/v1/agent", kJson, api::render_agent, true},
    {"/api/v1/events", "text/event-stream", nullptr, true},
};

constexpr std::string_view kProbes[] = {"/livez", "/-/healthy", "/readyz", "/-/ready"};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

bool is_probe(std::string_view path) {
  return std::find(std::begin(kProbes), std::end(kProbes), path) != std::end(kProbes);
}

}  // namespace lookout

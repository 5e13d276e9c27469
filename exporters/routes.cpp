#include "exporters/routes.h"

#include <chrono>

#include "exporters/health.h"
#include "exporters/landing.h"

namespace lookout {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr std::chrono::seconds kHeartbeatLimit{30};

Rendered render_metrics_page(const View& view) {
  if (view.gzip) return {view.metrics.gzip(view.snapshot, view.instruments, view.now), 200, true};
  return {view.metrics.text(view.snapshot, view.instruments, view.now)};
}

Rendered render_alive(const View& view) {
  const Mono beat{Mono::duration(view.instruments.heartbeat.load())};
  // Before the loop's first turn the server's own start counts: a loop that never turns is found out too.
  const Mono last = beat == Mono{} ? view.started : beat;
  if (view.now.mono - last <= kHeartbeatLimit) return {"ok\n"};
  return {"The loop has made no progress for more than 30 seconds.\n", 503};
}

constexpr auto kReady = [](const View&) -> Rendered { return {"ok\n"}; };

constexpr Route kRoutes[] = {
    {"/", "text/html; charset=utf-8", [](const View& view) -> Rendered { return {render_landing(view.snapshot)}; }},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", render_metrics_page},
    {"/livez", kText, render_alive},
    {"/-/healthy", kText, render_alive},
    {"/readyz", kText, kReady},
    {"/-/ready", kText, kReady},
    {"/health", "application/json",
     [](const View& view) -> Rendered {
       return {render_health(view.snapshot), view.strict && health_of(view.snapshot) == Health::critical ? 503 : 200};
     }},
};

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace lookout

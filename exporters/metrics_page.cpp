#include "exporters/metrics_page.h"

#include "exporters/prometheus.h"

namespace lookout {

std::shared_ptr<MetricsPage::Fleet> MetricsPage::fleet(const Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  if (!fleet_ || fleet_->version < snapshot.version) {
    auto fresh = std::make_shared<Fleet>();
    fresh->version = snapshot.version;
    fresh->text = render_fleet(snapshot);
    fleet_ = std::move(fresh);
  }
  return fleet_;
}

std::string MetricsPage::text(const Snapshot& snapshot, const Instruments& instruments, Now now) {
  return fleet(snapshot)->text + render_agent(snapshot, instruments, now);
}

std::string MetricsPage::gzip(const Snapshot& snapshot, const Instruments& instruments, Now now) {
  const std::shared_ptr<Fleet> part = fleet(snapshot);
  std::call_once(part->compress, [&] { part->deflated = deflate_part(part->text); });
  const Deflated agent = deflate_part(render_agent(snapshot, instruments, now));
  return gzip_join({&part->deflated, &agent});
}

}  // namespace lookout

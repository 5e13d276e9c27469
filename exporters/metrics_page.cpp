#include "exporters/metrics_page.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "exporters/peers.h"
#include "exporters/prometheus.h"

namespace lookout {
namespace {

constexpr std::chrono::minutes kIdle{5};  // a page that nobody asks for is let go

std::string render(const MetricsPage::Kind& kind, const Snapshot& snapshot, const Instruments& instruments, Now now,
                   const Drain& drain) {
  switch (kind.schema) {
    case MetricsPage::Schema::native:
      return render_fleet(snapshot, kind.format, collectors(), drain);
    case MetricsPage::Schema::surveyor:
      return render_surveyor(snapshot, instruments, now, kind.format, drain);
    case MetricsPage::Schema::exporter:
      return render_exporter(snapshot, kind.prefix, now, kind.format, drain);
  }
  return {};
}

// What is written every time.
std::string render_end(const MetricsPage::Kind& kind, const Snapshot& snapshot, const Instruments& instruments,
                       Now now) {
  std::string text;
  if (kind.schema == MetricsPage::Schema::native) text = render_agent(snapshot, instruments, now, kind.format);
  if (kind.format == Format::openmetrics) text += kOpenMetricsEnd;
  return text;
}

}  // namespace

std::shared_ptr<MetricsPage::Kept> MetricsPage::find(const Kind& kind, Mono now) {
  const std::lock_guard lock(mutex_);
  auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& each) { return each->kind == kind; });
  if (found == kept_.end()) {
    found = kept_.insert(found, std::make_shared<Kept>());
    (*found)->kind = kind;
  }
  (*found)->used = now;
  std::rotate(kept_.begin(), found, found + 1);
  if (kept_.size() > kMaxKept) kept_.pop_back();
  while (now - kept_.back()->used > kIdle) kept_.pop_back();
  return kept_.front();
}

std::shared_ptr<const MetricsPage::Body> MetricsPage::make(const Kind& kind, const Snapshot& snapshot,
                                                           const Instruments& instruments, Now now) {
  auto body = std::make_shared<Body>();
  body->version = snapshot.version;
  Deflater deflater;
  const auto compress = [&deflater](std::string_view piece) { deflater.add(piece); };
  compress(render(kind, snapshot, instruments, now, compress));
  body->deflated = deflater.finish();
  return body;
}

MetricsPage::Page MetricsPage::page(const Kind& kind, const Snapshot& snapshot, const Instruments& instruments,
                                    Now now) {
  const std::shared_ptr<Kept> kept = find(kind, now.mono);
  std::shared_ptr<const Body> body;
  {
    const std::lock_guard lock(kept->mutex);
    if (!kept->body || kept->body->version < snapshot.version) kept->body = make(kind, snapshot, instruments, now);
    body = kept->body;
  }
  return {{body, &body->deflated}, render_end(kind, snapshot, instruments, now)};
}

}  // namespace lookout

// MetricsPage: the pages of metrics for any number of scrapers. What changes only with the Snapshot is rendered once
// for it and kept compressed, a twentieth of its text; the agent's own part of /metrics every time. Owned by
// HttpServer; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/clock.h"
#include "agent/instruments.h"
#include "agent/snapshot.h"
#include "exporters/gzip.h"
#include "exporters/writer.h"

namespace lookout {

class MetricsPage {
 public:
  enum class Schema : std::uint8_t { native, surveyor, exporter };

  struct Kind {
    Schema schema = Schema::native;
    Format format = Format::text;
    std::string prefix;  // of names, Schema::exporter only
    bool operator==(const Kind&) const = default;
  };

  struct Page {
    std::shared_ptr<const Deflated> fleet;
    std::string end;
  };
  [[nodiscard]] Page page(const Kind& kind, const Snapshot& snapshot, const Instruments& instruments, Now now);

 private:
  static constexpr std::size_t kMaxKept = 8;

  struct Body {
    std::uint64_t version = 0;
    Deflated deflated;
  };
  struct Kept {
    Kind kind;
    Mono used;
    std::mutex mutex;  // held while rendering: a second scraper waits for the page instead of making it again
    std::shared_ptr<const Body> body;
  };
  std::shared_ptr<Kept> find(const Kind& kind, Mono now);
  static std::shared_ptr<const Body> make(const Kind& kind, const Snapshot& snapshot, const Instruments& instruments,
                                          Now now);

  std::mutex mutex_;
  std::vector<std::shared_ptr<Kept>> kept_;  // the one used last first
};

}  // namespace lookout

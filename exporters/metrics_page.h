// MetricsPage: the /metrics page for any number of scrapers. The fleet's part is rendered, and compressed, once per
// Snapshot; the agent's own part every time. Owned by HttpServer; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "agent/instruments.h"
#include "agent/snapshot.h"
#include "exporters/gzip.h"

namespace lookout {

class MetricsPage {
 public:
  [[nodiscard]] std::string text(const Snapshot& snapshot, const Instruments& instruments, Now now);
  [[nodiscard]] std::string gzip(const Snapshot& snapshot, const Instruments& instruments, Now now);

 private:
  struct Fleet {
    std::uint64_t version = 0;
    std::string text;
    std::once_flag compress;
    Deflated deflated;
  };
  std::shared_ptr<Fleet> fleet(const Snapshot& snapshot);

  std::mutex mutex_;  // held while rendering: a second scraper waits for the page instead of making it again
  std::shared_ptr<Fleet> fleet_;
};

}  // namespace lookout

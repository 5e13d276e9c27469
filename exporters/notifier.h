// Notifier: tells Alertmanagers and webhooks what the findings of the newest Snapshot say. Each receiver has a thread
// and an Outbox of its own: none waits for another, and nothing else waits for any. Without receivers there is no
// thread. Owned by main; Cell and Instruments must outlive it.
#pragma once

#include <memory>
#include <vector>

#include "agent/cell.h"
#include "agent/instruments.h"
#include "config/config.h"

namespace lookout {

class Notifier {
 public:
  Notifier(const Config& config, const Cell& cell, Instruments& instruments);
  // Within a second, also while receivers hang: nothing is told any more, alerts that last end by themselves.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

 private:
  class Line;
  std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace lookout

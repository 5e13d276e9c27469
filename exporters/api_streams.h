// The streams as their leaders tell of them, for the answers of /api/v1. A pure function of a Snapshot.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "exporters/api_health.h"

namespace lookout::api {

struct StreamItem {
  const ServerView* server = nullptr;  // that tells of it
  const Block* block = nullptr;
  const Part* part = nullptr;
  std::size_t row = 0;
  bool led = false;  // by that server; else nobody knows a leader
  std::string_view account = {};
  std::string_view name = {};
  std::string_view account_name = {};
  // As the leader sees its replicas, itself included.
  std::optional<double> online = {};
  std::optional<double> current = {};
  std::optional<double> lag = {};
  const Finding* worst = nullptr;
  Health health = Health::unknown;

  [[nodiscard]] bool is_unhealthy() const;
};

// Each stream once, in no order. Views of the Snapshot.
[[nodiscard]] std::vector<StreamItem> streams_of(const Snapshot& snapshot, const FindingIndex& findings);

}  // namespace lookout::api

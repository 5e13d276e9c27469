// What a request for /api/v1/events asks for: ?kind=, ?server= and ?account=, each a list, and a place to go on from.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"
#include "exporters/feed.h"
#include "exporters/parameters.h"

namespace lookout {

struct FeedQuery {
  EventGroups kinds{};
  std::vector<std::string> servers{};   // empty: all
  std::vector<std::string> accounts{};  // ids
  std::optional<std::uint64_t> place{};
};

// `last_event_id`: the header, empty where there is none; it wins. The error is one sentence.
[[nodiscard]] Result<FeedQuery> read_feed_query(const Parameters& parameters, const std::string& last_event_id);

[[nodiscard]] bool selects(const FeedQuery& query, const Feed::Line& line);

}  // namespace lookout

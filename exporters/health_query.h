// What a request for /health asks for: ?cluster=, ?server=, ?account=, ?check= and ?strict=1. A pure function.
#pragma once

#include <map>
#include <string>

#include "config/result.h"
#include "exporters/health.h"

namespace lookout {

using Parameters = std::multimap<std::string, std::string>;  // of a request, decoded

struct HealthRequest {
  HealthQuery query;
  bool strict = false;  // 503 when that part is critical
};

// The error is one sentence.
[[nodiscard]] Result<HealthRequest> read_health_request(const Parameters& parameters);

}  // namespace lookout

// What a request for /health asks for: ?cluster=, ?server=, ?account=, ?check= and ?strict=1. A pure function.
#pragma once

#include "config/result.h"
#include "exporters/health.h"
#include "exporters/parameters.h"

namespace lookout {

struct HealthRequest {
  HealthQuery query;
  bool strict = false;  // 503 when that part is critical
};

// The error is one sentence.
[[nodiscard]] Result<HealthRequest> read_health_request(const Parameters& parameters);

}  // namespace lookout

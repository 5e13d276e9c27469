// The answers of /api/v1, which the page shows (docs/openapi.yaml). Pure functions of a View; any thread.
#pragma once

#include "exporters/routes.h"

namespace lookout::api {

[[nodiscard]] Rendered render_system(const View& view);
[[nodiscard]] Rendered render_servers(const View& view);
[[nodiscard]] Rendered render_clusters(const View& view);
[[nodiscard]] Rendered render_accounts(const View& view);
[[nodiscard]] Rendered render_streams(const View& view);
[[nodiscard]] Rendered render_findings(const View& view);
[[nodiscard]] Rendered render_agent(const View& view);

}  // namespace lookout::api

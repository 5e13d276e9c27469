// Routes: the endpoints as a table {path, content type, render}. A new endpoint is one line in routes.cpp. Any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agent/clock.h"
#include "agent/instruments.h"
#include "agent/snapshot.h"
#include "config/config.h"
#include "exporters/gzip.h"
#include "exporters/metrics_page.h"
#include "exporters/parameters.h"
#include "exporters/writer.h"

namespace lookout {

// What an endpoint may look at.
struct View {
  const Snapshot& snapshot;
  const Instruments& instruments;
  const Config& config;
  MetricsPage& metrics;
  Now now;
  Mono started;                  // of the HTTP server
  const Parameters& parameters;  // of the request
  Format format = Format::text;  // of metrics, that the client likes best
};

struct Rendered {
  std::string body;
  int status = 200;
  const char* type = nullptr;               // where it is not the route's
  std::shared_ptr<const Deflated> front{};  // comes before the body
};

struct Route {
  const char* path;
  const char* type;
  Rendered (*render)(const View& view);  // null: a stream (exporters/event_stream.h)
  bool of_page = false;                  // --web.page=off removes it
};

[[nodiscard]] std::span<const Route> routes();

// Those that tell whether this process lives: open to all, whatever the web configuration says.
[[nodiscard]] bool is_probe(std::string_view path);

}  // namespace lookout

// docs/peers.md.
#include <string_view>

#include "exporters/peers.h"

namespace lookout {
namespace {

constexpr const char* kIntro = R"(# The peers' schemas

Made from the tables in exporters/surveyor.cpp and exporters/exporter.cpp; a test fails when it is not current.

The agent gives its picture of the deployment also under the names, types and labels of two other programs, so that their
dashboards and alert rules keep working while one moves to `/metrics`:

| path | names of |
| --- | --- |
| `/metrics/surveyor` | nats-surveyor 0.9.9 |
| `/metrics/exporter` | prometheus-nats-exporter 0.20.1, as `gnatsd_…` and `jetstream_…`; with `?prefix=nats` (the Helm chart's) as `nats_…` |

Scrape one of them besides or instead of `/metrics`, under the old job name. Where their values are wrong, these are right,
and listed as differences. What an endpoint does not tell, because it is switched off or the server is too old, is absent.
In OpenMetrics a counter whose name does not end in `_total` is of type unknown, because that format has no such counters.
Their own dashboards on these pages, panel by panel: [grafana.md](grafana.md#the-dashboards-of-the-peers).

Of all series: a server that is down has none, and no two series are the same (both programs answer 500 then). Labels that
change with every restart (`server_id`) or election (leaders) are those programs'; `/metrics` has none of them.
)";

void append_differences(std::string& out, const peers::Schema& schema) {
  out += "\n### Differences\n\n| names | what |\n| --- | --- |\n";
  for (const peers::Deviation& each : schema.deviations)
    out.append("| ").append(each.names).append(" | ").append(each.what).append(" |\n");
}

void append_absent(std::string& out, const peers::Schema& schema) {
  out += "\n### Not given\n\n| name | why |\n| --- | --- |\n";
  for (const peers::Absent& each : schema.absent)
    out.append("| `").append(each.name).append("` | ").append(each.reason).append(" |\n");
}

std::string native_of(const peers::Source& source) {
  if (source.is_function()) return "computed";
  std::string out("`");
  out += source.metric;
  std::string labels(source.label);
  if (*source.row_value != '\0') append_label(labels, source.row_label, source.row_value);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  return out += '`';
}

// What one would query instead; the name alone where it is read for the peers only.
void append_names(std::string& out, const peers::Schema& schema) {
  out += "\n### Names\n\n| name | type | from |\n| --- | --- | --- |\n";
  std::string_view last;
  for (const peers::PeerFamily& family : schema.families) {
    if (family.name == last) continue;
    last = family.name;
    out.append("| `").append(family.name).append("` | ").append(family.type).append(" | ");
    out.append(native_of(family.source)).append(" |\n");
  }
}

}  // namespace

std::string render_peers_reference() {
  std::string out = kIntro;
  for (const peers::Schema* schema : {&peers::surveyor(), &peers::exporter()}) {
    out.append("\n## ").append(schema->title).append(": `").append(schema->path).append("`\n");
    append_differences(out, *schema);
    append_absent(out, *schema);
    append_names(out, *schema);
  }
  return out;
}

}  // namespace lookout

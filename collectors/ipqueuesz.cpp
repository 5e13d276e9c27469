// IPQUEUESZ: the server's internal queues that are not empty. nats-server IpqueueszStatus. Queues of accounts and Raft
// groups have their names in their own: those are taken out, and what remains is added up.
#include "collectors/collectors.h"

namespace lookout {
namespace {

// "[ACC:A] RAFT 'S-R3F-leA1xO1D' appendEntry" -> "RAFT appendEntry".
std::string queue(std::string_view name) {
  std::string out;
  bool quoted = false;
  for (const char c : name.substr(name.starts_with('[') ? name.find(']') + 1 : 0)) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (!quoted && (c != ' ' || (!out.empty() && out.back() != ' '))) {
      out += c;
    }
  }
  return out;
}

constexpr Label kQueue[] = {{"queue", kKey, queue}};
constexpr Metric kQueues[] = {
    {gauge, "nats_server_queue_pending", "/pending", "Entries waiting in the server's internal queues of this kind."},
    {gauge, "nats_server_queue_in_progress", "/in_progress", "Entries of these queues in work.", As::number_or_0},
};
constexpr Section kSections[] = {
    {.path = "/data", .labels = kQueue, .metrics = kQueues, .fold = true, .map = true, .rows = 256},
};
static_assert(well_formed(kSections));

}  // namespace

const Collector kIpqueuesz{.name = "ipqueuesz", .endpoint = "IPQUEUESZ", .sections = kSections, .since = "2.10.26"};

}  // namespace lookout

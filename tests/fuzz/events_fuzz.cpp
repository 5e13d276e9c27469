// One event: the first line is its subject, the rest its payload. Decoded, counted twice, told to the event log.
#include <nlohmann/json.hpp>
#include <numeric>

#include "agent/state.h"
#include "collectors/collectors.h"
#include "exporters/event_log.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

void check_line(const Event& event, Now now) {
  const std::string line = event_line(event, now);
  must(fuzz::showable(line), "a line of the event log is clean text", line);
  must(nlohmann::json::accept(line), "a line of the event log is JSON", line);
  must(line.find("eyJ0eXAi") == std::string::npos || event.kind != EventKind::claims_update, "no JWT is logged", line);
}

std::uint64_t sum(const std::vector<ClientCount>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                         [](std::uint64_t all, const ClientCount& one) { return all + one.value; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static EventDecoder decoder;
  std::string_view payload = fuzz::as_text(data, size);
  const std::string_view subject = fuzz::take(payload, "\n");
  const fuzz::Padded padded(payload);
  const Now now = fuzz::after(std::chrono::seconds(0));
  const Message message{traffic_of(subject), false, now.mono, subject, padded.text()};

  State state(fuzz::config(), collectors(), check_line);
  for (int i = 0; i < 2; ++i) {
    const Event& event = decoder.decode(message);
    must(static_cast<std::size_t>(event.kind) < kEventKinds, "what is received is a received kind");
    check_line(event, now);
    state.apply(event, now);
  }
  const Now later = fuzz::after(std::chrono::seconds(6));  // a server that says nothing more is taken as it is
  state.tick(later);
  const auto snapshot = state.snapshot({}, later);
  for (const auto& server : snapshot->servers) {
    must(fuzz::showable(server->name) && fuzz::showable(server->cluster), "names are clean", server->name);
    must(sum(server->connects) <= 1, "a connection counts once");
  }
  return 0;
}

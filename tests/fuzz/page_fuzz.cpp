// A whole day of an agent: messages separated by an empty line, each a subject (or a reply's token) and a payload. They
// go through Inbox, Loop and State; then every page must be one that a Prometheus takes. "after <seconds>" as a subject
// moves the clock.
#include <nlohmann/json.hpp>

#include "agent/cell.h"
#include "agent/log.h"
#include "agent/loop.h"
#include "collectors/collectors.h"
#include "exporters/health.h"
#include "exporters/prometheus.h"
#include "tests/e2e/support/page.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

constexpr std::string_view kAfter = "after ";

struct CheckingTransport final : Transport {
  bool request(std::string_view subject, std::string_view token, std::string_view body, bool /*gzip*/) override {
    must(fuzz::showable(subject) && subject.find(' ') == std::string_view::npos, "a request has a subject", subject);
    must(fuzz::showable(token) && token.find(' ') == std::string_view::npos, "a request has a token", token);
    must(fuzz::showable(body), "a request has a body", body);
    return true;
  }
};

struct Agent {
  Agent()
      : loop(
            fuzz::config(), collectors(),
            [this](const Message& message) -> const Event& { return decoder.decode(message); },
            [](const Event&, Now) {}, inbox, transport, cell, instruments) {
    log::configure("error", LogFormat::logfmt);
    inbox.push(LinkEvent{.kind = LinkEvent::Kind::connected, .url = "nats://a:4222", .server_id = "A"});
  }

  void message(std::string_view subject, std::string_view payload) {
    if (subject.starts_with(kAfter)) {
      pass(std::chrono::seconds(std::min(std::atoi(std::string(subject.substr(kAfter.size())).c_str()), 100000)));
      return;
    }
    const bool reply = !subject.starts_with('$');
    inbox.push({reply ? Traffic::reply : traffic_of(subject), payload == "503", now.mono, subject, payload});
    pass(std::chrono::milliseconds(300));
  }

  void pass(std::chrono::nanoseconds time) {
    passed += std::max(time, std::chrono::nanoseconds(0));
    now = fuzz::after(passed);
    inbox.take(batch, Mono{});
    loop.turn(batch, now);
  }

  void check() const {
    const auto snapshot = cell.get();
    const std::string text =
        render_fleet(*snapshot, Format::text) + render_agent(*snapshot, instruments, now, Format::text);
    std::string lines = text;
    std::replace(lines.begin(), lines.end(), '\n', ' ');
    must(fuzz::showable(lines), "the page is clean text", text);
    const e2e::Page page(text);
    must(page.problem().empty(), "the page is valid", page.problem());
  }

  Inbox inbox{1U << 20U};
  Batch batch;
  EventDecoder decoder;
  CheckingTransport transport;
  Cell cell;
  Instruments instruments;
  std::chrono::nanoseconds passed{0};
  Now now = fuzz::after(passed);
  Loop loop;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = fuzz::as_text(data, size);
  Agent agent;
  for (int count = 0; !rest.empty() && count < 64; ++count) {
    std::string_view payload = fuzz::take(rest, "\n\n");
    const std::string_view subject = fuzz::take(payload, "\n");
    agent.message(subject, payload);
  }
  agent.check();
  agent.pass(std::chrono::seconds(7));
  agent.check();
  return 0;
}

#include "tests/bench/connect_events.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>

#include "agent/text.h"
#include "tests/unit/support.h"

namespace lookout::bench {
namespace {

constexpr int kWidth = 10;
constexpr std::uint64_t kFirst = 1000000000;

[[noreturn]] void fail(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::exit(2);
}

// 2026-11-23T09:39:56.696788937Z: what happens in a recorded message happens now. Nine digits everywhere.
std::string happening_now(const std::string& what, const std::string& name) {
  std::string now = format_time(std::chrono::system_clock::now());
  now.replace(now.size() - 1, 1, "000000Z");
  static const std::regex time(R"re("20\d\d-\d\d-\d\dT[^"]*Z")re");
  for (const test::Recorded& record : test::recorded("2.15.2", what)) {
    if (record.name == name) return std::regex_replace(record.payload, time, '"' + now + '"');
  }
  fail("there is no recorded message " + name);
}

// The text behind the first `before` from `from` on, up to its closing quote, becomes `value`.
void replace_value(std::string& json, const std::string& before, const std::string& value, std::size_t from = 0) {
  const std::size_t at = json.find(before, from);
  if (at == std::string::npos) fail("a recorded message has no " + before);
  const std::size_t begin = at + before.size();
  json.replace(begin, json.find('"', begin) - begin, value);
}

}  // namespace

std::string recorded_as(const std::string& what, const std::string& name, const std::string& server_name,
                        const std::string& server_id) {
  static std::map<std::string, std::string> known;
  std::string& record = known[name];
  if (record.empty()) record = happening_now(what, name);
  std::string out = record;
  replace_value(out, R"("server":{"name":")", server_name);
  replace_value(out, R"(","id":")", server_id, out.find(R"("server":{)"));
  return out;
}

ConnectEvents::ConnectEvents()
    : payload_(recorded_as("events", "event.ACCOUNT.CONNECT.client-nats.json", kServerName, kServerId)) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = payload_.find(from);
    if (at == std::string::npos) fail("the recorded CONNECT has no " + from);
    payload_.replace(at, from.size(), to);
  };
  const std::string first = std::to_string(kFirst);
  replace(R"("id":28)", R"("id":)" + first);
  replace(R"("seq":26)", R"("seq":)" + first);
  replace(R"("acc":"A")", R"("acc":"APP")");
  const std::size_t nuid = payload_.find(R"("id":")") + 6;
  payload_.replace(nuid, kWidth, first);
  const std::size_t nanos = payload_.find(R"("time":")") + std::string(R"("time":"2026-11-23T09:39:56.)").size();
  changing_ = {{nuid, kWidth, 1, kFirst},
               {payload_.find(R"("seq":)") + 6, kWidth, 1, kFirst},
               {payload_.find(R"("id":)" + first) + 5, kWidth, 1, kFirst},
               {nanos, 9, 97, 0}};
}

const std::string& ConnectEvents::next() {
  for (Digits& digits : changing_) {
    digits.value += digits.step;
    std::uint64_t rest = digits.value;
    for (int i = digits.width - 1; i >= 0; --i, rest /= 10) {
      payload_[digits.at + static_cast<std::size_t>(i)] = static_cast<char>('0' + rest % 10);
    }
  }
  return payload_;
}

}  // namespace lookout::bench

// The endpoints that servers are asked: --collect.<name>.interval and --collect.<name>.level.
#include <algorithm>
#include <array>
#include <string_view>

#include "config/options.h"

namespace lookout::cfg {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Endpoint {
  const char* name;
  milliseconds interval;
  const char* what;         // summary
  const char* detail = "";  // what detail adds; empty: it has no such level
  Level level = Level::summary;
};
// Safe as they are: no answer grows with the number of connections or subscriptions. The first one cannot be off.
constexpr std::array<Endpoint, 18> kEndpoints{{
    {"statsz", seconds{10}, "load and traffic of servers; never off"},
    {"idz", seconds{60}, "names and ids of servers", "", Level::off},
    {"routez", seconds{30}, "routes"},
    {"gatewayz", seconds{30}, "gateways", "interest of accounts"},
    {"leafz", seconds{30}, "leaf nodes"},
    {"healthz", seconds{30}, "health of servers"},
    {"healthz_js_enabled", seconds{60}, "whether JetStream is on where it should be"},
    {"healthz_js_server", seconds{60}, "health of JetStream without its streams and consumers"},
    {"healthz_js_meta", seconds{60}, "health of JetStream's meta group"},
    {"varz", seconds{60}, "everything about servers"},
    {"subsz", seconds{60}, "subscription totals", "by account and subject"},
    {"accstatz", seconds{60}, "connections and traffic of accounts"},
    {"accountz", seconds{300}, "limits of accounts"},
    {"jsz", seconds{60}, "JetStream's accounts and streams", "consumers too"},
    {"connz", seconds{60}, "sums over connections", "every connection"},
    {"closed", seconds{15}, "failed logins that no event told of: of servers before 2.12, and after a gap"},
    {"raftz", seconds{60}, "the meta group", "all Raft groups"},
    {"ipqueuesz", seconds{60}, "queues inside servers"},
}};
constexpr milliseconds kShortestInterval{100};
constexpr std::array<const char*, 3> kLevels{"off", "summary", "detail"};  // in the order of Level

bool needed(const Endpoint& endpoint) {
  return endpoint.name == std::string_view(kEndpoints.front().name);
}

CollectOptions shown(const Config& config, const Endpoint& endpoint) {
  const auto found = config.collect.find(endpoint.name);
  return found == config.collect.end() ? CollectOptions{endpoint.level, endpoint.interval} : found->second;
}

Codec interval(const Endpoint& endpoint) {
  const auto set = [name = endpoint.name](Config& config, const Texts& texts) {
    const auto read = read_duration(texts.front(), kShortestInterval);
    if (!read) return read.error();
    config.collect[name].interval = *read;
    return std::string{};
  };
  return {set, [endpoint](const Config& config) { return Texts{write_duration(shown(config, endpoint).interval)}; }};
}

// Set before the endpoints' own, which thereby win.
Codec interval_of_all() {
  const auto set = [](Config& config, const Texts& texts) {
    for (const auto& endpoint : kEndpoints) {
      if (auto wrong = interval(endpoint).set(config, texts); !wrong.empty()) return wrong;
    }
    return std::string{};
  };
  return {set, [](const Config&) { return Texts{}; }};
}

Texts levels_of(const Endpoint& endpoint) {
  return {kLevels.begin() + (needed(endpoint) ? 1 : 0), kLevels.end() - (*endpoint.detail == '\0' ? 1 : 0)};
}

Codec level(const Endpoint& endpoint) {
  const auto set = [endpoint](Config& config, const Texts& texts) {
    const Texts levels = levels_of(endpoint);
    const auto found = std::find(levels.begin(), levels.end(), texts.front());
    if (found == levels.end()) {
      const char* why = needed(endpoint) && texts.front() == "off" ? ": servers are known by it" : "";
      return must_be(alternatives(levels), texts.front()).what + why;
    }
    const auto index = std::find(kLevels.begin(), kLevels.end(), *found) - kLevels.begin();
    config.collect[endpoint.name].level = static_cast<Level>(index);
    return std::string{};
  };
  const auto get = [endpoint](const Config& config) {
    return Texts{kLevels.at(static_cast<std::size_t>(shown(config, endpoint).level))};
  };
  return {set, get, levels_of(endpoint)};
}

}  // namespace

std::vector<Option> collect_options() {
  constexpr const char* kCollect = "Polling";
  std::vector<Option> out{{"collect.interval", kCollect, "DURATION",
                           "of all endpoints whose own interval is not set, in place of their defaults",
                           interval_of_all()}};
  for (const Endpoint& endpoint : kEndpoints) {
    const std::string name(endpoint.name);
    out.push_back({"collect." + name + ".interval", kCollect, "DURATION", "how often servers are asked " + name,
                   interval(endpoint)});
    const std::string detail(endpoint.detail);
    out.push_back({"collect." + name + ".level", kCollect, "",
                   endpoint.what + (detail.empty() ? "" : "; detail: " + detail), level(endpoint)});
  }
  return out;
}

Config defaults() {
  Config config;
  for (const Endpoint& endpoint : kEndpoints) config.collect[endpoint.name] = shown(config, endpoint);
  return config;
}

}  // namespace lookout::cfg

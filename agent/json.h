// Reading untrusted JSON: the few helpers that decode.cpp and collectors/events.cpp share. With walk.h the only
// header that knows simdjson; included by those alone. Strings are views into the parser and live until its next
// document.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "agent/event.h"
#include "agent/inbox.h"
#include "agent/text.h"

namespace lookout::json {

static_assert(Batch::kPadding >= simdjson::SIMDJSON_PADDING);

using simdjson::dom::element;
using simdjson::dom::object;

// A parser that gives back the memory of an unusually large document when the next one comes.
class Parser {
 public:
  // False when the payload is not one JSON object. `payload` has Batch::kPadding readable bytes after it.
  bool parse(std::string_view payload, element& root) {
    if (large_) parser_ = simdjson::dom::parser();
    large_ = payload.size() > kLarge;
    return parser_.parse(payload.data(), payload.size(), false).get(root) == simdjson::SUCCESS && root.is_object();
  }
  bool parse(std::string_view payload, object& root) {
    element any;
    return parse(payload, any) && any.get(root) == simdjson::SUCCESS;
  }

 private:
  static constexpr std::size_t kLarge = 1U << 20U;
  simdjson::dom::parser parser_;
  bool large_ = false;
};

// The getters below leave `out` as it is and return false when the value has another type.
inline bool get(element value, std::string_view& out) {
  return value.get(out) == simdjson::SUCCESS;
}
inline bool get(element value, std::uint64_t& out) {
  return value.get(out) == simdjson::SUCCESS;
}
inline bool get(element value, bool& out) {
  return value.get(out) == simdjson::SUCCESS;
}
inline bool get(element value, object& out) {
  return value.get(out) == simdjson::SUCCESS;
}
inline bool get(element value, Wall& out) {
  std::string_view text;
  if (!get(value, text)) return false;
  const auto time = parse_time(text);
  if (time) out = *time;
  return true;
}

// Whether a server's id can be one token of a subject, for it becomes one when that server is asked: whoever invents an
// id with a space or a line break in it would else write into our protocol stream.
inline bool is_token(std::string_view id) {
  constexpr std::size_t kLongest = 128;  // real ones have 56
  const auto plain = [](char c) { return c > ' ' && c < '\x7F' && c != '.' && c != '*' && c != '>'; };
  return !id.empty() && id.size() <= kLongest && std::all_of(id.begin(), id.end(), plain);
}

// ServerInfo, nats-server events.go. False when a field has the wrong type or there is no usable id.
inline bool read_server(object fields, ServerInfo& server) {
  bool ok = true;
  for (const auto [key, value] : fields) {
    if (key == "id")
      ok &= get(value, server.id);
    else if (key == "name")
      ok &= get(value, server.name);
    else if (key == "cluster")
      ok &= get(value, server.cluster);
    else if (key == "domain")
      ok &= get(value, server.domain);
    else if (key == "ver")
      ok &= get(value, server.version);
    else if (key == "host")
      ok &= get(value, server.host);
    else if (key == "jetstream")
      ok &= get(value, server.jetstream);
    else if (key == "seq")
      ok &= get(value, server.seq);
    else if (key == "time")
      ok &= get(value, server.time);
  }
  return ok && is_token(server.id) && !server.name.empty();
}

}  // namespace lookout::json

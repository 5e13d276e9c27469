#include "agent/route.h"

#include <array>
#include <charconv>

namespace lookout {
namespace {

constexpr std::size_t kMaxId = 256;  // bytes; real ones have 56

struct Shape {  // how a token reads behind its kind
  Route::Kind kind;
  char letter;
  std::size_t numbers;
  bool server;
};
constexpr std::array<Shape, 4> kShapes{{{Route::Kind::round, 'r', 2, false},
                                        {Route::Kind::page, 'p', 3, true},
                                        {Route::Kind::ping, 'd', 1, true},
                                        {Route::Kind::user_info, 'u', 1, false}}};

const Shape* shape_of(std::string_view letter) {
  for (const Shape& shape : kShapes) {
    if (letter.size() == 1 && letter[0] == shape.letter) return &shape;
  }
  return nullptr;
}

bool read(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view next_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

// One token of a subject: an id that came from a server goes into subjects.
bool single_token(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && id.find_first_of(".*> \t\r\n") == std::string_view::npos;
}

}  // namespace

std::optional<Route> route_of(std::string_view token) {
  const Shape* shape = shape_of(next_part(token));
  if (shape == nullptr) return std::nullopt;
  std::array<std::uint64_t, 3> numbers{};
  for (std::size_t i = 0; i < shape->numbers; ++i) {
    if (!read(next_part(token), numbers[i])) return std::nullopt;
  }
  if (shape->server != single_token(token) || (!shape->server && !token.empty())) return std::nullopt;
  return Route{shape->kind, numbers[0], numbers[1], numbers[2], token};
}

std::string token_of(const Route& route) {
  std::string out;
  for (const Shape& shape : kShapes) {
    if (shape.kind != route.kind) continue;
    out += shape.letter;
    const std::array<std::uint64_t, 3> numbers{route.collector, route.round, route.page};
    for (std::size_t i = 0; i < shape.numbers; ++i) out.append(".").append(std::to_string(numbers[i]));
    if (shape.server) out.append(".").append(route.server_id);
  }
  return out;
}

bool whole_subject(const Collector& collector) {
  return std::string_view(collector.endpoint).starts_with("$SYS");
}

bool ask(Transport& transport, const Collector& collector, const Route& route, const Ask& ask) {
  if (!route.server_id.empty() && !single_token(route.server_id)) return false;
  const std::string_view endpoint = collector.endpoint;
  std::string subject;
  if (!whole_subject(collector))
    subject.append("$SYS.REQ.SERVER.").append(route.server_id.empty() ? "PING" : route.server_id).append(".");
  subject.append(endpoint);
  const std::string body = collector.body == nullptr ? std::string() : collector.body(ask);
  const bool gzip = endpoint != "STATSZ";  // which servers never compress
  return transport.request(subject, token_of(route), body, gzip);
}

}  // namespace lookout

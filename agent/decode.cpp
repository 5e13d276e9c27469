#include "agent/decode.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "agent/json.h"

namespace lookout {
namespace {

using json::element;
using json::object;

constexpr double kUnlimitedUnsigned = 18446744073709551615.0;

double number(element value) {
  double out = Row::kAbsent;
  return value.get(out) == simdjson::SUCCESS ? out : Row::kAbsent;  // get<double> takes integers too
}

double timestamp(element value) {
  Wall time{};
  if (!json::get(value, time) || time == Wall{}) return Row::kAbsent;
  return seconds(time.time_since_epoch());
}

double sample(element value, As as) {
  switch (as) {
    case As::number:
    case As::number_or_0:
      return number(value);
    case As::nanoseconds:
      return number(value) / 1e9;
    case As::percent:
      return number(value) / 100;
    case As::timestamp:
      return timestamp(value);
    case As::flag:
    case As::flag_or_0:
      return value.is_bool() ? (bool(value) ? 1 : 0) : Row::kAbsent;
    case As::count:
      return value.is_array() ? static_cast<double>(simdjson::dom::array(value).size()) : Row::kAbsent;
    case As::text:
      return Row::kAbsent;
    case As::limit: {
      const double limit = number(value);
      return limit < 0 || limit >= kUnlimitedUnsigned ? Row::kAbsent : limit;
    }
  }
  return Row::kAbsent;
}

std::string label_text(element value) {
  std::string_view text;
  if (json::get(value, text)) return clean(text);
  if (value.is_int64() || value.is_uint64() || value.is_bool()) return simdjson::minify(value);
  return {};
}

double absent(As as) {
  return as == As::number_or_0 || as == As::flag_or_0 ? 0 : Row::kAbsent;
}

Row read_row(const Section& section, element row, std::string_view key) {
  Row out;
  const auto at = [&](const char* path) { return row.at_pointer(path); };
  for (const Label& label : section.labels) {
    element value;
    if (label.path == std::string_view(kKey)) {
      out.labels.push_back(clean(key));
      continue;
    }
    out.labels.push_back(at(label.path).get(value) == simdjson::SUCCESS ? label_text(value) : std::string());
  }
  out.values.reserve(section.metrics.size());
  for (const Metric& metric : section.metrics) {
    element value;
    const bool present = at(metric.path).get(value) == simdjson::SUCCESS;
    out.values.push_back(present ? sample(value, metric.as) : absent(metric.as));
    if (metric.as == As::text) out.texts.push_back(present ? label_text(value) : std::string());
  }
  return out;
}

// Adds `row` to the one with the same labels; absent values do not erase present ones.
void fold_into(std::vector<Row>& rows, Row row) {
  const auto same =
      std::find_if(rows.begin(), rows.end(), [&](const Row& other) { return other.labels == row.labels; });
  if (same == rows.end()) {
    rows.push_back(std::move(row));
    return;
  }
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    double& sum = same->values[i];
    sum = std::isnan(sum) ? row.values[i] : std::isnan(row.values[i]) ? sum : sum + row.values[i];
  }
}

// Adds a row while there is room.
void add_row(const Section& section, Row row, std::vector<Row>& rows, std::uint64_t& left_out) {
  if (rows.size() >= kMaxRows)
    ++left_out;
  else if (section.fold)
    fold_into(rows, std::move(row));
  else
    rows.push_back(std::move(row));
}

std::vector<Row> read_section(const Section& section, element root, std::uint64_t& left_out) {
  std::vector<Row> rows;
  element found;
  if (root.at_pointer(section.path).get(found) != simdjson::SUCCESS) return rows;
  if (section.map && found.is_object()) {
    for (const auto [key, value] : object(found)) add_row(section, read_row(section, value, key), rows, left_out);
  } else if (found.is_object()) {
    rows.push_back(read_row(section, found, {}));
  } else if (found.is_array()) {
    for (const element item : simdjson::dom::array(found)) {
      if (item.is_object()) add_row(section, read_row(section, item, {}), rows, left_out);
    }
  }
  return rows;
}

// The server's {error:{code,description}}, or none.
std::string error_of(element root) {
  std::string_view description;
  element error;
  if (root["error"].get(error) != simdjson::SUCCESS) return {};
  if (error.at_pointer("/description").get(description) != simdjson::SUCCESS) return "the server reports an error";
  return clean(description);
}

}  // namespace

struct ReplyDecoder::Parser {
  json::Parser json;
};

ReplyDecoder::ReplyDecoder() : parser_(std::make_unique<Parser>()) {}
ReplyDecoder::~ReplyDecoder() = default;

Result<Reply> ReplyDecoder::decode(const Collector& collector, const Message& message) {
  element root;
  object server;
  Reply reply;
  if (!parser_->json.parse(message.payload, root)) return Error{"not a JSON object"};
  if (root["server"].get(server) != simdjson::SUCCESS || !json::read_server(server, reply.server)) {
    return Error{"no server block"};
  }
  if (std::string error = error_of(root); !error.empty()) return Error{std::move(error)};

  auto block = std::make_shared<Block>();
  block->server_time = reply.server.time;
  block->received = message.received;
  for (const Section& section : collector.sections)
    block->parts.push_back(read_section(section, root, reply.rows_left_out));
  if (block->parts.empty() || block->parts.front().empty())
    return Error{std::string("no ") + collector.sections[0].path};
  reply.block = std::move(block);

  const std::string body = collector.sections[0].path;
  element start;
  if (root.at_pointer(body + "/start").get(start) == simdjson::SUCCESS) json::get(start, reply.start);
  return reply;
}

Result<UserInfo> ReplyDecoder::decode_user(const Message& message) {
  object root;
  if (!parser_->json.parse(message.payload, root)) return Error{"not a JSON object"};
  UserInfo user;
  std::string_view account;
  if (root.at_pointer("/data/account").get(account) != simdjson::SUCCESS) return Error{"no account"};
  user.account = clean(account);
  std::string_view name;
  if (root.at_pointer("/data/account_name").get(name) == simdjson::SUCCESS) user.account_name = clean(name);
  return user;
}

}  // namespace lookout

#include "agent/decode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "agent/inflate.h"
#include "agent/json.h"
#include "agent/walk.h"

namespace lookout {
namespace {

using json::element;
using json::object;

constexpr double kUnlimitedUnsigned = 18446744073709551615.0;
constexpr double kAbsent = Part::kAbsent;

double number(element value) {
  double out = kAbsent;
  return value.get(out) == simdjson::SUCCESS ? out : kAbsent;  // get<double> takes integers too
}

std::string_view text(element value) {
  std::string_view out;
  json::get(value, out);
  return out;
}

double number_in(std::string_view digits) {
  double out = kAbsent;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} && end == digits.data() + digits.size() && std::isfinite(out) ? out : kAbsent;
}

double from_text(element value, As as) {
  if (as == As::ok) return value.is_string() ? (text(value) == "ok" ? 1 : 0) : kAbsent;
  if (as == As::text_number) return number_in(text(value));
  if (as == As::go_duration) {
    const auto duration = parse_duration(text(value));
    return duration && *duration > 0 ? *duration : kAbsent;
  }
  Wall time{};
  return json::get(value, time) && time != Wall{} ? seconds(time.time_since_epoch()) : kAbsent;
}

double from_number(element value, As as) {
  const double out = number(value);
  switch (as) {
    case As::nanoseconds:
      return out < 0 ? kAbsent : out / 1e9;
    case As::time_limit:
      return out > 0 ? out / 1e9 : kAbsent;
    case As::percent:
      return out / 100;
    case As::unix_time:
      return out > 0 ? out : kAbsent;
    case As::limit_or_0:
      return out <= 0 || out >= kUnlimitedUnsigned ? kAbsent : out;
    case As::limit:
      return out < 0 || out >= kUnlimitedUnsigned ? kAbsent : out;
    default:
      return out;
  }
}

double sample(element value, As as) {
  switch (as) {
    case As::timestamp:
    case As::text_number:
    case As::go_duration:
    case As::ok:
      return from_text(value, as);
    case As::flag:
    case As::flag_or_0:
      return value.is_bool() ? (bool(value) ? 1 : 0) : kAbsent;
    case As::count:
      return value.is_array() ? static_cast<double>(simdjson::dom::array(value).size()) : kAbsent;
    default:
      return from_number(value, as);
  }
}

double absent(As as) {
  return as == As::number_or_0 || as == As::flag_or_0 ? 0 : kAbsent;
}

double read_metric(const Metric& metric, const walk::Row& row, bool led) {
  if (metric.as == As::leads) return led ? 1 : 0;
  if (metric.as == As::one) return 1;
  const auto value = walk::find(row, metric.path);
  return value ? sample(*value, metric.as) : absent(metric.as);
}

std::string label_text(element value) {
  std::string_view out;
  if (json::get(value, out)) return clean(out);
  if (value.is_int64() || value.is_uint64() || value.is_bool()) return simdjson::minify(value);
  return {};
}

std::string read_label(const Label& label, const walk::Row& row) {
  std::string out;
  if (const auto key = walk::key(row, label.path)) {
    out = clean(*key);
  } else if (const auto value = walk::find(row, label.path)) {
    out = label_text(*value);
  }
  return label.shown == nullptr ? out : label.shown(out);
}

enum class Leader { here, elsewhere, unknown };

Leader leader_of(const Section& section, const walk::Row& row, std::string_view server) {
  if (*section.leader == '\0') return Leader::here;
  if (*section.standalone != '\0' && !walk::find(row, section.standalone)) return Leader::here;
  const auto name = walk::find(row, section.leader);
  if (!name || text(*name).empty()) return Leader::unknown;
  return text(*name) == server ? Leader::here : Leader::elsewhere;
}

bool tells_of_leaders(const Section& section) {
  return std::any_of(section.metrics.begin(), section.metrics.end(),
                     [](const Metric& metric) { return metric.as == As::leads; });
}

// Whether this server is the one to tell of a row.
bool tells(const Section& section, Leader leader) {
  if (leader == Leader::here || section.followers) return true;
  return leader == Leader::unknown && tells_of_leaders(section);
}

// The server's {error:{code,description}}.
bool has_error(element root) {
  element error;
  return root["error"].get(error) == simdjson::SUCCESS && error.is_object();
}

bool is_payload(const Collector& collector, element root) {
  const std::string_view path = collector.sections.front().path;
  if (path.empty()) return true;  // the reply is the payload
  element payload;
  const std::string_view member = path.substr(1, path.find('/', 1) - 1);
  return root[member].get(payload) == simdjson::SUCCESS && payload.is_object();
}

void read_number(element from, const char* path, std::uint64_t& out) {
  element value;
  if (from.at_pointer(path).get(value) == simdjson::SUCCESS) json::get(value, out);
}

std::vector<AccountStat> read_accounts(const Collector& collector, element root) {
  std::vector<AccountStat> out;
  if (*collector.account_id == '\0') return out;
  const auto [rows, id] = walk::split_last(collector.account_id);
  const auto [same_rows, name] = walk::split_last(collector.account_name);
  walk::each(root, rows, false, [&, id = id, name = name](const walk::Row& row) {
    AccountStat stat;
    if (const auto value = walk::find(row, id)) stat.id = label_text(*value);
    if (const auto value = walk::find(row, name)) stat.name = label_text(*value);
    if (stat.id.empty()) return;
    if (collector.account_stats) {
      read_number(row.value, "/conns", stat.connections);
      read_number(row.value, "/leafnodes", stat.leafnodes);
    }
    out.push_back(std::move(stat));
  });
  return out;
}

// Adds a row to the one that has the same labels; absent values do not erase present ones.
void merge(const Section& section, std::span<double> row, std::span<const double> more) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const Metric& metric = section.metrics[i];
    const bool sum = metric.merge == Merge::sum && metric.as != As::leads;
    if (std::isnan(row[i]))
      row[i] = more[i];
    else if (!std::isnan(more[i]))
      row[i] = sum ? row[i] + more[i] : std::max(row[i], more[i]);
  }
}

std::size_t length_at(element root, const char* path) {
  element rows;
  if (*path == '\0' || root.at_pointer(path).get(rows) != simdjson::SUCCESS || !rows.is_array()) return 0;
  return simdjson::dom::array(rows).size();
}

}  // namespace

Assembly::Assembly(const Collector& collector, Level level, std::uint32_t max_rows)
    : collector_(&collector),
      level_(level),
      max_rows_(max_rows),
      block_(std::make_shared<Block>()),
      folded_(collector.sections.size()) {
  for (const Section& section : collector.sections)
    block_->parts.emplace_back(section.labels.size(), section.metrics.size());
}

void Assembly::add(std::size_t section, std::span<const std::string> labels, std::span<const double> values, bool led) {
  const Section& table = collector_->sections[section];
  Part& part = block_->parts[section];
  std::string key;
  if (table.fold) {
    for (const std::string& label : labels) (key += label) += '\x1F';
    const auto known = folded_[section].find(key);
    if (known != folded_[section].end()) return merge(table, part.change(known->second), values);
  }
  const std::size_t bound = table.rows == kMaxRows ? max_rows_ : table.rows;
  if (part.rows() >= bound && table.top != 0) cut(section);
  if (part.rows() >= bound) {
    ++left_out_;
    return;
  }
  if (table.fold) folded_[section].emplace(std::move(key), part.rows());
  part.add(labels, values, led);
}

// Leaves the rows with the largest first value.
void Assembly::cut(std::size_t section) {
  const Section& table = collector_->sections[section];
  if (table.top == 0) return;
  const Part& all = block_->parts[section];
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < all.rows(); ++row) {
    if (all.value(row, 0) > 0) order.push_back(row);
  }
  const auto keep = std::min<std::size_t>(table.top, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(),
                    [&all](std::size_t a, std::size_t b) { return all.value(a, 0) > all.value(b, 0); });
  Part top(table.labels.size(), table.metrics.size());
  std::vector<std::string> labels(table.labels.size());
  for (std::size_t i = 0; i < keep; ++i) {
    for (std::size_t label = 0; label < labels.size(); ++label) labels[label] = all.label(order[i], label);
    top.add(labels, all.values(order[i]), all.led(order[i]));
  }
  block_->parts[section] = std::move(top);
}

Wall Assembly::last_time() const {
  const Part& part = block_->parts.front();
  return part.empty() ? Wall{} : wall_at(part.value(part.rows() - 1, 0));
}

std::shared_ptr<const Block> Assembly::finish() {
  for (std::size_t i = 0; i < collector_->sections.size(); ++i) cut(i);
  return std::move(block_);
}

struct ReplyDecoder::Parser {
  json::Parser json;
  std::vector<char> unpacked;
  std::vector<std::string> labels;
  std::vector<double> values;

  bool parse(std::string_view payload, element& root) {
    if (is_gzip(payload)) payload = inflate(payload, kMaxBytes, Batch::kPadding, unpacked);
    return !payload.empty() && json.parse(payload, root);
  }

  // One section of one page.
  void read(std::size_t index, element root, std::string_view server, Assembly& into) {
    const Section& section = into.collector_->sections[index];
    const bool repeated = into.pages_ > 0 && into.collector_->reach == Reach::pages;
    walk::each(root, section.path, section.map, [&](const walk::Row& row) {
      if (repeated && !row.many) return;  // what does not belong to the pages' rows stands on every page
      const Leader leader = leader_of(section, row, server);
      if (!tells(section, leader)) return;
      const bool here = leader == Leader::here;
      read_row(section, row, here, leader != Leader::unknown || section.followers);
      into.add(index, labels, values, here);
    });
  }

  // Of a row whose leader nobody knows (`known` is false) only that.
  void read_row(const Section& section, const walk::Row& row, bool led, bool known) {
    labels.clear();
    values.clear();
    for (const Label& label : section.labels) labels.push_back(read_label(label, row));
    for (const Metric& metric : section.metrics)
      values.push_back(known || metric.as == As::leads ? read_metric(metric, row, led) : kAbsent);
  }
};

ReplyDecoder::ReplyDecoder() : parser_(std::make_unique<Parser>()) {}
ReplyDecoder::~ReplyDecoder() = default;

Result<Reply> ReplyDecoder::decode(const Message& message, Assembly& into) {
  const Collector& collector = *into.collector_;
  element root;
  object server;
  Reply reply;
  if (!parser_->parse(message.payload, root)) return Error{"not a JSON object"};
  const bool bare = *collector.sections.front().path == '\0';  // IDZ is nothing but the server
  if ((bare ? root.get(server) : root["server"].get(server)) != simdjson::SUCCESS ||
      !json::read_server(server, reply.server)) {
    return Error{"no server block"};
  }
  if (!bare && has_error(root)) {
    reply.refused = true;
    return reply;
  }
  if (!is_payload(collector, root)) return Error{"no data"};

  for (std::size_t i = 0; i < collector.sections.size(); ++i) {
    if (collector.sections[i].level <= into.level_) parser_->read(i, root, reply.server.name, into);
  }
  ++into.pages_;
  Block& block = *into.block_;
  block.server_time = reply.server.time;
  block.received = message.received;
  block.bytes += message.payload.size();
  reply.page_rows = length_at(root, collector.rows);
  reply.accounts = read_accounts(collector, root);
  element start;
  if (root.at_pointer(std::string(collector.sections.front().path) + "/start").get(start) == simdjson::SUCCESS)
    json::get(start, reply.start);
  return reply;
}

Result<UserInfo> ReplyDecoder::decode_user(const Message& message) {
  element root;
  if (!parser_->parse(message.payload, root)) return Error{"not a JSON object"};
  UserInfo user;
  std::string_view account;
  if (root.at_pointer("/data/account").get(account) != simdjson::SUCCESS) return Error{"no account"};
  user.account = clean(account);
  std::string_view name;
  if (root.at_pointer("/data/account_name").get(name) == simdjson::SUCCESS) user.account_name = clean(name);
  return user;
}

}  // namespace lookout

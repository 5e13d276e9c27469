#include "exporters/api_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "agent/text.h"

namespace lookout::api {
namespace {

constexpr std::size_t kMostItems = 1000;
constexpr double kMostExact = 9007199254740992;  // 2^53

// "limit, offset, sort, filter, cluster and state"
std::string names_of(std::span<const ListField> fields) {
  std::string names = "limit, offset, sort, filter";
  for (const ListField& field : fields)
    if ((field.use & kExact) != 0) names.append(", ").append(field.name);
  const auto last = names.rfind(", ");
  return names.replace(last, 2, " and ");
}

std::string choices(std::span<const char* const> values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i)
    text.append(i == 0 ? "" : i + 1 == values.size() ? " or " : ", ").append(values[i]);
  return text;
}

std::optional<std::size_t> field_of(std::span<const ListField> fields, std::string_view name, Use use) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const ListField& each) { return (each.use & use) != 0 && each.name == name; });
  if (found == fields.end()) return std::nullopt;
  return static_cast<std::size_t>(found - fields.begin());
}

std::optional<std::size_t> number_of(const std::string& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Each takes a value; what is wrong is the rest of a sentence that begins with the parameter's name.
using Fields = std::span<const ListField>;

std::string take_limit(ListRequest& request, const std::string& value, [[maybe_unused]] Fields fields) {
  const auto number = number_of(value);
  if (!number || *number < 1 || *number > kMostItems) return "must be a number from 1 to 1000, not " + quoted(value);
  request.limit = *number;
  return {};
}

std::string take_offset(ListRequest& request, const std::string& value, [[maybe_unused]] Fields fields) {
  const auto number = number_of(value);
  if (!number) return "must be a number from 0, not " + quoted(value);
  request.offset = *number;
  return {};
}

std::string take_sort(ListRequest& request, const std::string& value, Fields fields) {
  request.descending = value.starts_with('-');
  request.sort = field_of(fields, std::string_view(value).substr(request.descending ? 1 : 0), kSorts);
  if (request.sort) return {};
  std::vector<const char*> names;
  for (const ListField& field : fields)
    if ((field.use & kSorts) != 0) names.push_back(field.name);
  if (names.empty()) return "is not for this list, which has an order of its own";
  return "must be one of " + choices(names) + ", with - before it for the opposite order, not " + quoted(value);
}

std::string take_filter(ListRequest& request, const std::string& value, [[maybe_unused]] Fields fields) {
  request.filter = value;
  return {};
}

struct Parameter {
  const char* name;
  std::string (*take)(ListRequest& request, const std::string& value, Fields fields);
};
constexpr std::array<Parameter, 4> kParameters{
    {{"limit", take_limit}, {"offset", take_offset}, {"sort", take_sort}, {"filter", take_filter}}};

std::string take_exact(ListRequest& request, std::size_t field, const std::string& value, Fields fields) {
  const auto values = fields[field].values;
  const bool known = std::any_of(values.begin(), values.end(), [&](const char* each) { return value == each; });
  if (!values.empty() && !known) return "must be " + choices(values) + ", not " + quoted(value);
  request.exact.emplace_back(field, value);
  return {};
}

// None: there is no such parameter.
std::optional<std::string> take(ListRequest& request, const std::string& name, const std::string& value,
                                Fields fields) {
  const auto* const known =
      std::find_if(kParameters.begin(), kParameters.end(), [&](const Parameter& each) { return each.name == name; });
  if (known != kParameters.end()) return known->take(request, value, fields);
  const auto field = field_of(fields, name, kExact);
  return field ? std::optional(take_exact(request, *field, value, fields)) : std::nullopt;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

std::string_view text_of(const Fact& fact) {
  if (const auto* const text = std::get_if<std::string_view>(&fact)) return *text;
  if (const auto* const ranked = std::get_if<Ranked>(&fact)) return ranked->text;
  return {};
}

struct Key {  // of an item, to compare it with others
  std::size_t row = 0;
  bool absent = true;
  double number = 0;
  std::string_view text = {};
};

Key key_of(std::size_t row, const Fact& fact) {
  if (const auto* const number = std::get_if<double>(&fact)) return {row, false, *number, {}};
  if (const auto* const text = std::get_if<std::string_view>(&fact)) return {row, false, 0, *text};
  if (const auto* const ranked = std::get_if<Ranked>(&fact)) return {row, false, ranked->rank, {}};
  return {row, true, 0, {}};
}

int compare(const Key& a, const Key& b) {
  if (a.number != b.number) return a.number < b.number ? -1 : 1;
  return a.text.compare(b.text);
}

class Order {
 public:
  Order(const ListRequest& request, std::span<const ListField> fields, const Facts& facts)
      : descending_(request.descending), facts_(facts) {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if ((fields[i].use & kKey) != 0) ties_.push_back(i);
  }

  // What is absent comes last, in both directions.
  bool operator()(const Key& a, const Key& b) const {
    if (a.absent != b.absent) return b.absent;
    const int order = a.absent ? 0 : compare(a, b);
    if (order != 0) return descending_ ? order > 0 : order < 0;
    for (const std::size_t field : ties_) {
      const int tie = compare(key_of(a.row, facts_(a.row, field)), key_of(b.row, facts_(b.row, field)));
      if (tie != 0) return tie < 0;
    }
    return a.row < b.row;
  }
  [[nodiscard]] std::optional<std::size_t> first() const {
    return ties_.empty() ? std::nullopt : std::optional(ties_.front());
  }

 private:
  const bool descending_;
  const Facts& facts_;
  std::vector<std::size_t> ties_;
};

bool passes(const ListRequest& request, std::span<const ListField> fields, std::size_t row, const Facts& facts) {
  for (const auto& [field, value] : request.exact)
    if (text_of(facts(row, field)) != value) return false;
  if (request.filter.empty()) return true;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if ((fields[i].use & kSearched) != 0 && contains(text_of(facts(row, i)), request.filter)) return true;
  return false;
}

Json item_of(std::size_t row, std::span<const ListField> fields, const Facts& facts) {
  Json item = Json::object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if ((fields[i].use & kHidden) != 0) continue;
    Json value = json_of(facts(row, i));
    if ((fields[i].use & kMembers) != 0)
      item.update(value);
    else
      item[fields[i].name] = std::move(value);
  }
  return item;
}

}  // namespace

Result<ListRequest> read_list_request(const char* path, const Parameters& parameters,
                                      std::span<const ListField> fields) {
  ListRequest request;
  for (const auto& [name, value] : parameters) {
    std::optional<std::string> wrong = take(request, name, value, fields);
    if (!wrong)
      return Error{std::string(path) + " has the parameters " + names_of(fields) + ", not " + quoted(name) + "."};
    if (parameters.count(name) > 1) wrong = "must be given only once";
    if (!wrong->empty()) return Error{"The parameter " + name + " " + *wrong + "."};
  }
  return request;
}

Selected select(const ListRequest& request, std::span<const ListField> fields, std::size_t count, const Facts& facts) {
  const Order order(request, fields, facts);
  const auto sort = request.sort ? request.sort : order.first();
  std::vector<Key> keys;
  for (std::size_t row = 0; row < count; ++row)
    if (passes(request, fields, row, facts)) keys.push_back(sort ? key_of(row, facts(row, *sort)) : Key{.row = row});
  const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(std::min(request.offset, keys.size()));
  const auto end =
      begin + static_cast<std::ptrdiff_t>(std::min(request.limit, static_cast<std::size_t>(keys.end() - begin)));
  if (begin != keys.end()) {
    std::nth_element(keys.begin(), begin, keys.end(), order);  // what is on pages before needs no order
    std::partial_sort(begin, end, keys.end(), order);
  }
  Selected out{keys.size(), {}};
  for (auto key = begin; key != end; ++key) out.rows.push_back(key->row);
  return out;
}

Json json_of(const Fact& fact) {
  if (const auto* const json = std::get_if<Json>(&fact)) return *json;
  const auto* const number = std::get_if<double>(&fact);
  if (number == nullptr) return fact.index() == 0 ? Json() : Json(clean(text_of(fact)));
  if (!std::isfinite(*number)) return {};
  if (std::trunc(*number) == *number && std::abs(*number) <= kMostExact) return static_cast<std::int64_t>(*number);
  return *number;
}

Json answer_of(const Snapshot& snapshot) {
  return {{"time", format_time(snapshot.taken.wall)}};
}

Rendered rendered(const Json& answer) {
  return {answer.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'};
}

Rendered refused(const std::string& sentence) {
  return {sentence + "\n", 400, "text/plain; charset=utf-8"};
}

std::optional<Rendered> refuse_parameters(const char* path, const Parameters& parameters) {
  if (parameters.empty()) return std::nullopt;
  return refused(std::string(path) + " has no parameters, and so not " + quoted(parameters.begin()->first) + ".");
}

Rendered render_selected(const Snapshot& snapshot, const ListRequest& request, std::span<const ListField> fields,
                         const Selected& selected, const Facts& facts) {
  Json items = Json::array();
  for (const std::size_t row : selected.rows) items.push_back(item_of(row, fields, facts));
  Json answer = answer_of(snapshot);
  answer["total"] = selected.total;
  answer["offset"] = request.offset;
  answer["limit"] = request.limit;
  answer["items"] = std::move(items);
  return rendered(answer);
}

Fact fact_of(Health health) {
  constexpr std::array<double, 4> kRanks{0, 2, 3, 1};  // as is_worse() has it
  return Ranked{kHealthNames[static_cast<std::size_t>(health)], kRanks[static_cast<std::size_t>(health)]};
}

}  // namespace lookout::api

// What the lists of /api/v1 have in common: a list is a table of fields, and paging, sorting and filtering follow from
// it. A new field is one line. JSON is made of what is on the page only. Included by the api_*.cpp; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/finding.h"
#include "agent/snapshot.h"
#include "config/result.h"
#include "exporters/parameters.h"
#include "exporters/routes.h"

namespace lookout::api {

using Json = nlohmann::ordered_json;

struct Ranked {  // a word that has a place of its own among others
  std::string_view text;
  double rank = 0;
};

// What a field says of an item. Absent is null. Json cannot be compared.
using Fact = std::variant<std::monostate, double, std::string_view, Ranked, Json>;

// What a field is for beside being shown; several may be added up.
using Use = std::uint8_t;
inline constexpr Use kShown = 0;
inline constexpr Use kSorts = 1;     // ?sort=
inline constexpr Use kSearched = 2;  // ?filter=
inline constexpr Use kExact = 4;     // a parameter of its name
inline constexpr Use kHidden = 8;    // in no item
inline constexpr Use kKey = 16;      // the order where nothing else is asked for, and of what is equal
inline constexpr Use kMembers = 32;  // an object, whose members stand in the item

template <class Item>
struct Field {
  const char* name;
  Fact (*read)(const Item& item);
  Use use = kShown;
  std::span<const char* const> values = {};  // kExact: those that there are; none: any text
};

struct ListField {  // the same without its reader
  const char* name;
  Use use;
  std::span<const char* const> values;
};

struct ListRequest {
  std::size_t offset = 0;
  std::size_t limit = 100;
  std::optional<std::size_t> sort = {};  // a field
  bool descending = false;
  std::string filter = {};
  std::vector<std::pair<std::size_t, std::string>> exact = {};  // field and value
};

// The error is one sentence.
[[nodiscard]] Result<ListRequest> read_list_request(const char* path, const Parameters& parameters,
                                                    std::span<const ListField> fields);

// The fact of a field about the item at this place.
using Facts = std::function<Fact(std::size_t row, std::size_t field)>;

struct Selected {
  std::size_t total = 0;          // items that pass the filters
  std::vector<std::size_t> rows;  // those on the page, in order
};
[[nodiscard]] Selected select(const ListRequest& request, std::span<const ListField> fields, std::size_t count,
                              const Facts& facts);

[[nodiscard]] Json json_of(const Fact& fact);
[[nodiscard]] inline Json json_of(double value) {
  return json_of(Fact(value));
}

// An answer begins with the time of the snapshot.
[[nodiscard]] Json answer_of(const Snapshot& snapshot);
[[nodiscard]] Rendered rendered(const Json& answer);
[[nodiscard]] Rendered refused(const std::string& sentence);
// For an endpoint that has none.
[[nodiscard]] std::optional<Rendered> refuse_parameters(const char* path, const Parameters& parameters);

[[nodiscard]] Rendered render_selected(const Snapshot& snapshot, const ListRequest& request,
                                       std::span<const ListField> fields, const Selected& selected, const Facts& facts);

// `items` makes what is listed; it is not called for a bad request.
template <class Item, std::size_t N, class Items>
Rendered render_list(const char* path, const View& view, const Field<Item> (&fields)[N], const Items& items) {
  std::vector<ListField> columns;
  for (const Field<Item>& field : fields) columns.push_back({field.name, field.use, field.values});
  const Result<ListRequest> request = read_list_request(path, view.parameters, columns);
  if (!request) return refused(request.error());
  const auto& all = items();
  const Facts facts = [&](std::size_t row, std::size_t field) { return fields[field].read(all[row]); };
  return render_selected(view.snapshot, *request, columns, select(*request, columns, all.size(), facts), facts);
}

[[nodiscard]] Fact fact_of(Health health);
[[nodiscard]] inline Fact fact_of(std::uint64_t count) {
  return static_cast<double>(count);
}
[[nodiscard]] inline Fact fact_of(const std::string& text) {
  return std::string_view(text);
}
[[nodiscard]] inline Fact fact_of(const std::optional<double>& value) {
  return value ? Fact(*value) : Fact();
}

}  // namespace lookout::api

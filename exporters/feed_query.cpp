#include "exporters/feed_query.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>

#include "agent/text.h"

namespace lookout {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    out.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// Each takes a value; what is wrong is the rest of a sentence that begins with the parameter's name.
std::string take_kinds(FeedQuery& query, const std::string& value) {
  query.kinds = {};
  for (const std::string& kind : split(value)) {
    const auto* const known = std::find(kEventGroupNames.begin(), kEventGroupNames.end(), kind);
    if (known == kEventGroupNames.end())
      return "must be a list of auth, lifecycle, health, connections, accounts, jetstream and other, not " +
             quoted(value);
    query.kinds[static_cast<std::size_t>(known - kEventGroupNames.begin())] = true;
  }
  return {};
}

template <std::vector<std::string> FeedQuery::*member>
std::string take_names(FeedQuery& query, const std::string& value) {
  query.*member = split(value);
  return {};
}

std::string take_place(FeedQuery& query, const std::string& value) {
  std::uint64_t place = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), place);
  if (error != std::errc() || end != value.data() + value.size())
    return "must be the id of an event, not " + quoted(value);
  query.place = place;
  return {};
}

struct Parameter {
  const char* name;
  std::string (*take)(FeedQuery& query, const std::string& value);
};
constexpr Parameter kParameters[] = {
    {"kind", take_kinds},
    {"server", take_names<&FeedQuery::servers>},
    {"account", take_names<&FeedQuery::accounts>},
    {"last_event_id", take_place},
};

bool is_in(const std::vector<std::string>& list, const std::string& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Result<FeedQuery> read_feed_query(const Parameters& parameters, const std::string& last_event_id) {
  FeedQuery query;
  for (const EventGroup group : {EventGroup::auth, EventGroup::lifecycle, EventGroup::health})
    query.kinds[static_cast<std::size_t>(group)] = true;
  for (const auto& [name, value] : parameters) {
    const auto* const known = std::find_if(std::begin(kParameters), std::end(kParameters),
                                           [&, name = name](const Parameter& each) { return each.name == name; });
    if (known == std::end(kParameters))
      return Error{"/api/v1/events has the parameters kind, server, account and last_event_id, not " + quoted(name) +
                   "."};
    std::string wrong = value.empty() ? "must not be empty" : known->take(query, value);
    if (parameters.count(name) > 1) wrong = "must be given only once";
    if (!wrong.empty()) return Error{concat({"The parameter ", name, " ", wrong, "."})};
  }
  if (last_event_id.empty()) return query;
  if (const std::string wrong = take_place(query, last_event_id); !wrong.empty())
    return Error{"The header Last-Event-ID " + wrong + "."};
  return query;
}

bool selects(const FeedQuery& query, const Feed::Line& line) {
  return is_in(query.servers, line.server) && is_in(query.accounts, line.account);
}

}  // namespace lookout

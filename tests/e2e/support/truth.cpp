#include "tests/e2e/support/truth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <optional>
#include <sstream>

namespace lookout::e2e {
namespace {

using nlohmann::json;
using Values = std::map<std::string, Series>;

constexpr double kUnlimited = 18446744073709551615.0;

std::array<int, 3> version_of(const std::string& text) {
  std::array<int, 3> parts{};
  if (std::sscanf(text.c_str(), "%d.%d.%d", &parts[0], &parts[1], &parts[2]) != 3) return {};
  return parts;
}

struct Row {
  const json* value;
  std::string key;
  const Row* parent = nullptr;  // the element of the "*" around it
};

template <class Use>
void each_row(const json& at, const std::string& path, const std::string& key, const Row* parent, const Use& use) {
  const std::size_t star = path.find("/*");
  const json::json_pointer before(path.substr(0, star));
  if (!at.contains(before)) return;
  const json& found = at.at(before);
  if (star == std::string::npos) {
    use(Row{&found, key, parent});
    return;
  }
  const std::string rest = path.substr(star + 2);
  for (const auto& [member, value] : found.items()) {
    const Row row{&value, member, parent};
    if (rest.empty()) {
      use(row);
    } else {
      each_row(value, rest, member, &row, use);
    }
  }
}

const json* find(const Row& row, std::string pointer) {
  const Row* from = &row;
  for (; pointer.starts_with('^'); pointer.erase(0, 1)) {
    if (from->parent == nullptr) return nullptr;
    from = from->parent;
  }
  const json::json_pointer at(pointer);
  return from->value->contains(at) ? &from->value->at(at) : nullptr;
}

std::string text(const Row& row, const std::string& pointer) {
  if (pointer.ends_with("@key")) {
    const Row* from = &row;
    for (char step : pointer) from = step == '^' && from->parent != nullptr ? from->parent : from;
    return from->key;
  }
  const json* value = find(row, pointer);
  if (value == nullptr) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<double> unix_time(const json& value) {
  std::tm parts{};
  const std::string said = value.is_string() ? value.get<std::string>() : "";
  const char* rest = strptime(said.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || parts.tm_year < 71) return std::nullopt;
  char* end = nullptr;
  const double fraction = *rest == '.' ? std::strtod(rest, &end) : 0;
  double offset = 0;
  if (const std::string zone = end == nullptr ? rest : end; zone != "Z" && zone.size() == 6) {
    offset = (zone[0] == '-' ? -1 : 1) * (std::stod(zone.substr(1, 2)) * 3600 + std::stod(zone.substr(4)) * 60);
  }
  return static_cast<double>(timegm(&parts)) + fraction - offset;
}

std::optional<double> number(const json* value, Read read, const std::string& server) {
  if (read == Read::one) return 1;
  if (value == nullptr) return read == Read::or_zero || read == Read::flag ? std::optional<double>(0) : std::nullopt;
  if (read == Read::time) return unix_time(*value);
  if (read == Read::ok) return *value == "ok" ? 1 : 0;
  if (read == Read::own_name) return *value == server ? 1 : 0;
  if (read == Read::duration) return *value == "0s" ? std::nullopt : std::optional<double>(0);
  if (value->is_boolean()) return value->get<bool>() ? 1 : 0;
  if (!value->is_number()) return std::nullopt;
  const double found = value->get<double>();
  if (read == Read::nanoseconds) return found < 0 ? std::nullopt : std::optional(found / 1e9);
  if (read == Read::time_limit) return found <= 0 ? std::nullopt : std::optional(found / 1e9);
  if (read == Read::percent) return found / 100;
  if (read == Read::limit && (found < 0 || found >= kUnlimited)) return std::nullopt;
  return found;
}

Labels identity(const json& server, Whose whose) {
  Labels labels;
  if (whose == Whose::server || whose == Whose::asset) labels["nats_cluster"] = server.value("cluster", "");
  if (whose == Whose::server) labels["server"] = server.value("name", "");
  if (whose == Whose::asset || whose == Whose::domain) labels["domain"] = server.value("domain", "");
  return labels;
}

void join(Series& series, const Labels& labels, double value, Join how) {
  const auto [at, fresh] = series.try_emplace(labels, Range{value, value});
  if (fresh) return;
  Range& range = at->second;
  if (how == Join::sum) range = {range.low + value, range.high + value};
  if (how == Join::highest) range = {std::max(range.low, value), std::max(range.high, value)};
  if (how == Join::any) range = {std::min(range.low, value), std::max(range.high, value)};
}

// A row whose cluster is not there at all is not replicated.
bool leads(const Row& row, const std::string& pointer, const std::string& server) {
  if (pointer.empty() || text(row, pointer) == server) return true;
  return find(row, pointer.substr(0, pointer.rfind('/'))) == nullptr;
}

void read_rows(const Source& source, const json& answer, Values& values) {
  const json& server = answer.at("server");
  const std::string name = server.value("name", "");
  each_row(answer, source.rows, "", nullptr, [&](const Row& row) {
    if (!leads(row, source.leader, name)) return;
    Labels labels = identity(server, source.whose);
    for (const auto& [label, pointer] : source.labels) labels[label] = text(row, pointer);
    for (const Fact& fact : source.facts) {
      const auto value = number(find(row, fact.value), fact.read, name);
      if (!value) continue;
      Labels all = labels;
      all.insert(fact.label.begin(), fact.label.end());
      join(values[fact.family], all, *value, source.join);
    }
  });
}

std::string shown(const std::string& family, const Labels& labels) {
  std::string text = family + '{';
  for (const auto& [name, value] : labels) text.append(name).append("=").append(value).append(" ");
  return text + '}';
}

// The family's series with no labels but those that the truth has.
std::map<Labels, double> on_page(const Page& page, const std::string& family, const Labels& like, Join how) {
  std::map<Labels, double> found;
  for (const Sample& sample : page.samples(family)) {
    Labels labels;
    for (const auto& [name, value] : sample.labels) {
      if (like.contains(name)) labels[name] = value;
    }
    const auto [at, fresh] = found.try_emplace(labels, sample.value);
    if (!fresh) at->second = how == Join::highest ? std::max(at->second, sample.value) : at->second + sample.value;
  }
  return found;
}

bool within(double value, Range range) {
  const double slack = 1e-9 * std::max(std::abs(range.low), std::abs(range.high));
  return value >= range.low - slack && value <= range.high + slack;
}

// The series and their bounds: those that were there all the time, and those that may be there.
struct Expected {
  Series always;
  Series possible;
};

Expected expected(const Series& before, const Series& after) {
  Expected result{{}, after};
  for (const auto& [labels, range] : before) {
    const auto [at, fresh] = result.possible.try_emplace(labels, range);
    if (fresh) continue;
    at->second = {std::min(at->second.low, range.low), std::max(at->second.high, range.high)};
    result.always.insert(*at);
  }
  return result;
}

const Series& of(const Values& values, const std::string& family) {
  static const Series none;
  const auto found = values.find(family);
  return found == values.end() ? none : found->second;
}

bool holds(const Fact& fact, double value, const Range& range) {
  if (fact.when == When::moving) return std::isfinite(value);
  if (fact.when == When::lasting) return value >= range.low;
  return within(value, range);
}

void compare_family(const Page& page, const Fact& fact, Join how, const Expected& wanted,
                    std::vector<std::string>& problems) {
  if (fact.when == When::passing) return;
  const Labels like = wanted.possible.empty() ? Labels{} : wanted.possible.begin()->first;
  const auto found = on_page(page, fact.family, like, how);
  for (const auto& [labels, range] : wanted.always) {
    const bool may_be_absent = fact.read == Read::if_any && range.low == 0;
    if (!found.contains(labels) && !may_be_absent) problems.push_back("missing: " + shown(fact.family, labels));
  }
  for (const auto& [labels, value] : found) {
    const auto known = wanted.possible.find(labels);
    std::ostringstream line;
    line.precision(17);
    if (known == wanted.possible.end()) {
      line << "too much: " << shown(fact.family, labels) << ' ' << value;
    } else if (!holds(fact, value, known->second)) {
      line << "wrong: " << shown(fact.family, labels) << ' ' << value << ", the servers say " << known->second.low
           << " to " << known->second.high;
    }
    if (!line.str().empty()) problems.push_back(line.str());
  }
}

}  // namespace

Truth::Truth(const std::string& url, const std::vector<NatsServer*>& servers) : nats_(url, kAdmin) {
  set_servers(servers);
}

void Truth::set_servers(const std::vector<NatsServer*>& servers) {
  servers_.clear();
  for (const NatsServer* server : servers) servers_[server->name()] = {server->id(), server->text("/varz", "/version")};
}

json Truth::ask(const std::string& server, const std::string& endpoint, const json& body) const {
  if (!endpoint.starts_with("$SYS"))
    return nats_.request("$SYS.REQ.SERVER." + servers_.at(server).id + '.' + endpoint, body);
  json filtered = body.is_null() ? json::object() : body;
  filtered["server_name"] = server;
  return nats_.request(endpoint, filtered);
}

Values Truth::values(const std::vector<Source>& sources) const {
  Values values;
  std::map<std::string, json> answers;  // by server, endpoint and body
  for (const auto& [server, asked] : servers_) {
    for (const Source& source : sources) {
      if (version_of(asked.version) < version_of(source.since)) continue;
      const auto [at, fresh] = answers.try_emplace(server + ' ' + source.endpoint + ' ' + source.body.dump());
      if (fresh) at->second = ask(server, source.endpoint, source.body);
      if (at->second.is_object() && at->second.contains("server")) read_rows(source, at->second, values);
    }
  }
  return values;
}

std::vector<std::string> compare(const Page& page, const std::vector<Source>& sources, const Values& before,
                                 const Values& after) {
  std::vector<std::string> problems;
  std::set<std::string> seen;
  for (const Source& source : sources) {
    for (const Fact& fact : source.facts) {
      if (!seen.insert(fact.family).second) continue;
      compare_family(page, fact, source.join, expected(of(before, fact.family), of(after, fact.family)), problems);
    }
  }
  return problems;
}

std::set<std::string> without_truth(const Page& page, const std::vector<Source>& sources, const std::string& prefix) {
  std::set<std::string> names = page.families({});
  for (const Source& source : sources) {
    for (const Fact& fact : source.facts) names.erase(fact.family);
  }
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(prefix); });
  return names;
}

}  // namespace lookout::e2e

#include "exporters/health_query.h"

#include <algorithm>
#include <iterator>

#include "config/fixed_checks.h"

namespace lookout {
namespace {

// Takes a value; what is wrong is the rest of a sentence that begins with the parameter's name.
struct Parameter {
  const char* name;
  std::string (*take)(HealthRequest& request, const std::string& value);
};

template <std::string HealthQuery::*member>
std::string take_name(HealthRequest& request, const std::string& value) {
  request.query.*member = value;
  return {};
}

std::string take_check(HealthRequest& request, const std::string& value) {
  if (!is_check(value)) return "must be one of the checks of docs/checks.md, not " + quoted(value);
  request.query.only = {value};
  return {};
}

std::string take_strict(HealthRequest& request, const std::string& value) {
  if (value != "0" && value != "1") return "must be 0 or 1, not " + quoted(value);
  request.strict = value == "1";
  return {};
}

constexpr Parameter kParameters[] = {
    {"cluster", take_name<&HealthQuery::cluster>},
    {"server", take_name<&HealthQuery::server>},
    {"account", take_name<&HealthQuery::account>},
    {"check", take_check},
    {"strict", take_strict},
};

}  // namespace

Result<HealthRequest> read_health_request(const Parameters& parameters) {
  HealthRequest request;
  for (const auto& [name, value] : parameters) {
    const auto* const known = std::find_if(std::begin(kParameters), std::end(kParameters),
                                           [&, name = name](const Parameter& each) { return each.name == name; });
    if (known == std::end(kParameters))
      return Error{"/health has the parameters cluster, server, account, check and strict, not " + quoted(name) + "."};
    std::string wrong;
    if (parameters.count(name) > 1)
      wrong = "must be given only once";
    else
      wrong = value.empty() ? "must not be empty" : known->take(request, value);
    if (!wrong.empty()) return Error{std::string("The parameter ").append(name).append(" ").append(wrong).append(".")};
  }
  return request;
}

}  // namespace lookout

#include "exporters/health_query.h"

#include <algorithm>
#include <iterator>

#include "agent/text.h"
#include "config/fixed_checks.h"

namespace lookout {
namespace {

constexpr std::size_t kShown = 64;  // bytes of what was given

std::string quoted(const std::string& text) {
  return "'" + clean(text, kShown) + "'";
}

// Takes a value; the rest of a sentence that begins with the parameter's name says what is wrong.
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
    if (parameters.count(name) > 1) return Error{"The parameter " + name + " must be given only once."};
    if (value.empty()) return Error{"The parameter " + name + " must not be empty."};
    if (const std::string wrong = known->take(request, value); !wrong.empty())
      return Error{"The parameter " + name + " " + wrong + "."};
  }
  return request;
}

}  // namespace lookout

// /api/v1/findings.
#include <vector>

#include "exporters/api.h"
#include "exporters/api_list.h"
#include "exporters/finding_json.h"

namespace lookout::api {
namespace {

template <std::string Finding::*member>
Fact text(const Finding& finding) {
  return fact_of(finding.*member);
}

// In the order of the board: the worst first.
constexpr Field<Finding> kFields[] = {
    {"finding", [](const Finding& finding) -> Fact { return finding_json(finding); }, kMembers},
    {"cluster", text<&Finding::cluster>, kHidden | kSearched | kExact},
    {"server", text<&Finding::server>, kHidden | kSearched | kExact},
    {"account", text<&Finding::account>, kHidden | kSearched | kExact},
    {"check", text<&Finding::check>, kHidden | kSearched | kExact},
    {"entity", text<&Finding::entity>, kHidden | kSearched},
    {"state", [](const Finding& finding) { return fact_of(finding.state); }, kHidden | kExact,
     std::span(kHealthNames).subspan(1)},
};

}  // namespace

Rendered render_findings(const View& view) {
  return render_list("/api/v1/findings", view, kFields,
                     [&]() -> const std::vector<Finding>& { return view.snapshot.findings; });
}

}  // namespace lookout::api

// IDZ: who a server is. nats-server ServerID: nothing but name, host and id, without the envelope of the others. STATSZ
// tells more, so this one is off by default.
#include "collectors/collectors.h"

namespace lookout {
namespace {

constexpr Label kIdentity[] = {{"server_id", "/id"}, {"host", "/host"}};
constexpr Metric kOne[] = {
    {gauge, "nats_server_identity_info", "", "What the server says it is, as labels; always 1.", As::one}};
constexpr Section kSections[] = {{.path = "", .labels = kIdentity, .metrics = kOne}};
static_assert(well_formed(kSections));

}  // namespace

const Collector kIdz{.name = "idz", .endpoint = "IDZ", .sections = kSections, .since = "2.10.0"};

}  // namespace lookout

// Content negotiation: what a client takes, by its Accept headers (RFC 9110, section 12.5). Pure functions.
#pragma once

#include <string_view>

#include "exporters/writer.h"

namespace lookout {

// The format for an Accept header: OpenMetrics where it is named in a version that is written here, and weighs no less
// than plain text.
[[nodiscard]] Format accepted_format(std::string_view accept);

// Whether an Accept-Encoding header takes gzip; "gzip;q=0" does not.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace lookout

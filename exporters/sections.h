// The collectors' families: what the tables say about the Blocks of all servers, in the native schema.
#pragma once

#include "exporters/page.h"

namespace lookout {

void write_sections(Page& page);

}  // namespace lookout

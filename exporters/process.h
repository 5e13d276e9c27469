// The standard process_* metrics of this process, read from /proc. What cannot be read is absent. Any thread.
#pragma once

#include "exporters/writer.h"

namespace lookout {

void write_process(Writer& out);

}  // namespace lookout

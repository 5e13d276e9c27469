// The series of findings and checks: lines of the table in native.cpp. HTTP threads.
#pragma once

#include "exporters/page.h"

namespace lookout {

void emit_check_states(Page& page);
void emit_finding_counts(Page& page);
void emit_findings(Page& page);
void emit_finding_times(Page& page);
void emit_transitions(Page& page);

}  // namespace lookout

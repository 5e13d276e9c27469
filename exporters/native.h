// The families that are not a collector's: one table line each, written from the Snapshot alone. A new one is one line
// in native.cpp.
#pragma once

#include <span>

#include "exporters/page.h"

namespace lookout {

struct NativeFamily {
  const char* name;
  Type type;
  const char* labels;  // comma list, for the reference
  const char* source;  // what it is made of, for the reference
  const char* help;
  void (*emit)(Page& page);
};

[[nodiscard]] std::span<const NativeFamily> native_families();

// What changes only with the Snapshot.
void write_native(Page& page);

// What changes with time alone.
void write_ages(Page& page, Now now);

}  // namespace lookout

// The families that are not a collector's: one table line each, written from the Snapshot alone. A new one is one line
// in native.cpp.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/snapshot.h"
#include "exporters/writer.h"

namespace lookout {

// What one render works with; lives for one page.
struct Page {
  struct Server {
    const ServerView* view;
    std::string labels;
  };

  Page(std::string& text, const Snapshot& from, std::span<const Collector> tables);

  // Label text for one sample, valid until the next call.
  std::string_view labels(std::string_view base, std::initializer_list<std::pair<const char*, std::string_view>> more);

  Writer out;
  const Snapshot& snapshot;
  std::span<const Collector> collectors;
  std::vector<Server> servers;
  std::vector<std::string> accounts;  // label texts, by AccountIndex
  std::size_t left_out =
      0;  // servers and rows whose labels equal another's: a second series of one name voids the page

 private:
  std::string scratch_;
};

// What changes only with the Snapshot.
void write_native(Page& page);

// What changes with time alone.
void write_ages(Page& page, Now now);

}  // namespace lookout

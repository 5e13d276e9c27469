// Page: one page of metrics while it is rendered. HTTP threads; lives for one page.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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

  Page(std::string& text, Format format, const Snapshot& from, std::span<const Collector> tables, Drain drain = {});

  // Label text for one sample, valid until the next call.
  std::string_view labels(std::string_view base, std::initializer_list<std::pair<const char*, std::string_view>> more);

  // Appends account and account_name of the account with this id.
  void append_account(std::string& labels, std::string_view id) const;

  Writer out;
  const Snapshot& snapshot;
  std::span<const Collector> collectors;
  std::vector<Server> servers;
  std::vector<std::string> accounts;  // label texts, by AccountIndex
  std::size_t left_out =
      0;  // servers and rows whose labels equal another's: a second series of one name voids the page

 private:
  std::string scratch_;
  std::unordered_map<std::string_view, std::size_t> account_index_;  // by id, which the Snapshot keeps
};

}  // namespace lookout

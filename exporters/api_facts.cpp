#include "exporters/api_facts.h"

#include "collectors/collectors.h"

namespace lookout::api {
namespace {

const Section& section_of(const Column& at) {
  return collectors()[at.collector].sections[at.section];
}

}  // namespace

Rows::Rows(std::string_view metric) : at_(columns_of(collectors(), metric).at(0)) {}

const Block* Rows::block(const ServerView& server) const {
  return at_.collector < server.blocks.size() ? server.blocks[at_.collector].get() : nullptr;
}

const Part* Rows::of(const ServerView& server) const {
  const Block* const found = block(server);
  return found == nullptr || at_.section >= found->parts.size() ? nullptr : &found->parts[at_.section];
}

std::size_t Rows::label(std::string_view name) const {
  return label_of(section_of(at_), name);
}

std::size_t Rows::metric(std::string_view name) const {
  return metric_of(section_of(at_), name);
}

}  // namespace lookout::api

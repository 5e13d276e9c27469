#include "tests/bench/fleet/replies.h"

namespace lookout::fleet {
namespace {

constexpr Slot kServer[] = {
    {"/server/name", server_name},
    {"/server/id", server_id},
    {"/server/cluster", cluster},
    {"/server/domain", cluster},
    {"/server/seq", [](std::string& out, const Scene& scene) { number(out, scene.server.seq); }},
    {"/server/time", now},
};

}  // namespace

Replies::Replies() {
  add_server_replies(*this);
  add_account_replies(*this);
  add_jetstream_replies(*this);
}

void Replies::add(const std::string& name, nlohmann::ordered_json recorded, std::vector<Slot> slots) {
  if (recorded.contains("server")) slots.insert(slots.end(), std::begin(kServer), std::end(kServer));
  if (recorded.contains(nlohmann::ordered_json::json_pointer("/data/server_id"))) {
    slots.push_back({"/data/server_id", server_id});
    slots.push_back({"/data/now", now});
  }
  endpoints_[name] = Template(std::move(recorded), slots);
}

const Template* Replies::endpoint(std::string_view name) const {
  const auto found = endpoints_.find(name);
  return found == endpoints_.end() ? nullptr : &found->second;
}

}  // namespace lookout::fleet

// Replies: what each endpoint answers, a table of templates. Built once; read by whoever has locked the World.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tests/bench/fleet/template.h"

namespace lookout::fleet {

// Parts of replies that repeat, and those that are there or not.
enum class Row : std::uint8_t {
  meta_leader,
  meta_follower,
  statsz_route,
  statsz_gateway,
  route,
  outbound,
  inbound,
  subscription,
  account_stat,
  connection,
  jsz_account,
  stream,
  consumer,
  raft_group,
  count
};

class Replies {
 public:
  Replies();

  // Null when no server has such an endpoint.
  [[nodiscard]] const Template* endpoint(std::string_view name) const;
  [[nodiscard]] const Template& row(Row row) const { return rows_[static_cast<std::size_t>(row)]; }

 private:
  friend void add_server_replies(Replies&);
  friend void add_account_replies(Replies&);
  friend void add_jetstream_replies(Replies&);

  // With the slots of the server block.
  void add(const std::string& name, nlohmann::ordered_json recorded, std::vector<Slot> slots);
  void add_row(Row row, const nlohmann::ordered_json& recorded, const std::vector<Slot>& slots) {
    rows_[static_cast<std::size_t>(row)] = Template(recorded, slots);
  }

  std::map<std::string, Template, std::less<>> endpoints_;
  std::array<Template, static_cast<std::size_t>(Row::count)> rows_;
};

void add_server_replies(Replies& replies);
void add_account_replies(Replies& replies);
void add_jetstream_replies(Replies& replies);

// Appends the row for another scene.
inline void write_row(std::string& out, const Scene& scene, Row row) {
  scene.replies.row(row).write(out, scene);
}

// The meta group as this server tells of it.
void meta(std::string& out, const Scene& scene);

}  // namespace lookout::fleet

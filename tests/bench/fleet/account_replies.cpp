// ACCOUNT STATZ, ACCOUNTZ and CONNZ.
#include <algorithm>

#include "tests/bench/fleet/replies.h"

namespace lookout::fleet {
namespace {

using Json = nlohmann::ordered_json;

void account_id(std::string& out, const Scene& scene) {
  text(out, scene.world.account_id(scene.row));
}
void account_name(std::string& out, const Scene& scene) {
  text(out, World::account_name(scene.row));
}
// The same name as everywhere: the agent shows what it heard last.
void asked_name(std::string& out, const Scene& scene) {
  for (std::size_t account = 0; account < scene.world.account_count(); ++account) {
    if (scene.world.account_id(account) == scene.ask.account) return text(out, World::account_name(account));
  }
  text(out, scene.ask.account);
}
void open_here(std::string& out, const Scene& scene) {
  number(out, scene.world.connections(scene.inner));
}

void account_stats(std::string& out, const Scene& scene) {
  out += '[';
  Scene row = scene;
  list(out, scene.world.accounts(scene.server), [&](std::string& to, std::size_t account) {
    row.row = account;
    write_row(to, row, Row::account_stat);
    ++row.inner;
  });
  out += ']';
}

// The account at that place among a server's own that connection `row` belongs to: the first ones belong to the first.
std::size_t account_of(const Scene& scene) {
  const auto here = scene.world.accounts(scene.server);
  std::uint64_t before = 0;
  for (std::size_t place = 0; place < here.size(); ++place) {
    before += scene.world.connections(place);
    if (scene.row < before) return here[place];
  }
  return here.empty() ? 0 : here.back();
}

std::uint64_t page_rows(const Scene& scene) {
  const std::uint64_t all = scene.world.shape().connections;
  return std::min(scene.ask.limit, all - std::min(all, scene.ask.offset));
}

void connections(std::string& out, const Scene& scene) {
  out += '[';
  Scene row = scene;
  for (std::uint64_t i = 0; i < page_rows(scene); ++i) {
    if (i > 0) out += ',';
    row.row = scene.ask.offset + i;
    write_row(out, row, Row::connection);
  }
  out += ']';
}

const std::vector<Slot> kConnz{
    {"/data/num_connections", [](std::string& out, const Scene& scene) { number(out, page_rows(scene)); }},
    {"/data/total", [](std::string& out, const Scene& scene) { number(out, scene.world.shape().connections); }},
    {"/data/offset", [](std::string& out, const Scene& scene) { number(out, scene.ask.offset); }},
    {"/data/limit", [](std::string& out, const Scene& scene) { number(out, scene.ask.limit); }},
    {"/data/connections", connections},
};

const std::vector<Slot> kConnection{
    {"/cid", [](std::string& out, const Scene& scene) { number(out, 100 + scene.row); }},
    {"/port", gauge<20000, 30000>},
    {"/start", start},
    {"/last_activity", now},
    {"/pending_bytes", gauge<0, 1000>},
    {"/in_msgs", counter<Count::connection>},
    {"/in_bytes", bytes<Count::connection>},
    {"/out_msgs", counter<Count::connection>},
    {"/out_bytes", bytes<Count::connection>},
    {"/subscriptions", gauge<1, 9>},
    {"/name", [](std::string& out, const Scene& scene) { text(out, "app-" + std::to_string(scene.row % 20)); }},
    {"/account", [](std::string& out, const Scene& scene) { text(out, scene.world.account_id(account_of(scene))); }},
    {"/name_tag", [](std::string& out, const Scene& scene) { text(out, World::account_name(account_of(scene))); }},
};

}  // namespace

void add_account_replies(Replies& replies) {
  const Json statz = recorded("accstatz", "req.ACCOUNT.PING.STATZ.unused.1.json");
  replies.add("STATZ", statz, {{"/data/account_statz", account_stats}});
  replies.add_row(Row::account_stat, statz["data"]["account_statz"][0],
                  {{"/acc", account_id},
                   {"/name", account_name},
                   {"/conns", open_here},
                   {"/leafnodes", [](std::string& out, const Scene& /*scene*/) { out += '0'; }},
                   {"/total_conns", open_here},
                   {"/sent/msgs", counter<Count::account>},
                   {"/sent/bytes", bytes<Count::account>},
                   {"/received/msgs", counter<Count::account>},
                   {"/received/bytes", bytes<Count::account>}});
  const std::vector<Slot> account{
      {"/data/account_detail/account_name", [](std::string& out, const Scene& scene) { text(out, scene.ask.account); }},
      {"/data/account_detail/name_tag", asked_name},
      {"/data/account_detail/update_time", start}};
  replies.add("ACCOUNTZ", recorded("accountz", "req.PING.ACCOUNTZ.account.3.json"), account);
  replies.add("INFO", recorded("accountz", "req.PING.ACCOUNTZ.account.3.json"), account);
  const Json connz = recorded("connz", "req.PING.CONNZ.auth-subs.2.json");
  replies.add("CONNZ", connz, kConnz);
  Json connection = connz["data"]["connections"][2];
  connection.erase("subscriptions_list");
  replies.add_row(Row::connection, connection, kConnection);
}

}  // namespace lookout::fleet

#include "tests/e2e/support/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace lookout::e2e {
namespace {

std::string binary() {
  return from_environment("LOOKOUT_NATS_SERVER", "nats-server");
}

nlohmann::json at(const std::string& body, const std::string& pointer) {
  const nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
  const nlohmann::json::json_pointer where(pointer);
  return document.contains(where) ? document.at(where) : nlohmann::json();
}

std::string user(const Login& login, const std::string& password) {
  return "users: [{user: \"" + login.user + "\", password: \"" + password + "\"}]";
}

}  // namespace

bool server_at_least(int minor, int patch) {
  static const auto version = [] {
    int major = 0;
    int found_minor = 0;
    int found_patch = 0;
    const std::string said = run({binary(), "-v"}).output;
    const std::size_t start = said.rfind('v');
    if (start == std::string::npos ||
        std::sscanf(said.c_str() + start, "v%d.%d.%d", &major, &found_minor, &found_patch) != 3) {
      ADD_FAILURE() << binary() << " -v says: " << said;
    }
    return std::pair{found_minor, found_patch};
  }();
  return version >= std::pair{minor, patch};
}

std::string small_jetstream(const TempDir& dir, const std::string& domain) {
  return "jetstream { store_dir: \"" + (dir / "js-{name}").string() + "\", max_memory_store: 16MB, " +
         "max_file_store: 64MB" + (domain.empty() ? "" : ", domain: " + domain) + " }\n";
}

std::string documented_accounts(const std::string& admin_password, const std::string& more) {
  return "accounts {\n  SYS { " + user(kAdmin, admin_password) + " }\n  APP { " + user(kApp, kApp.password) +
         " }\n  B { " + user(kB, kB.password) + " }\n" + more + "}\nsystem_account: SYS\n";
}

std::string jetstream_accounts() {
  std::string text = documented_accounts();
  const std::string app = "  APP { ";
  return text.insert(text.find(app) + app.size(), "jetstream: enabled, ");
}

NatsServer::NatsServer(const TempDir& dir, ServerSpec spec)
    : spec_(std::move(spec)), base_(dir / ("server-" + std::to_string(port_))) {
  constexpr std::string_view kName = "{name}";
  for (std::size_t at = spec_.extra.find(kName); at != std::string::npos; at = spec_.extra.find(kName)) {
    spec_.extra.replace(at, kName.size(), spec_.name);
  }
}

void NatsServer::start() {
  write_config();
  const std::string program = spec_.binary.empty() ? binary() : spec_.binary;
  process_.start({program, "-c", base_.string() + ".conf"}, base_.string() + ".log", base_.string() + ".log");
  const bool serves = eventually(
      [this] { return !process_.running() || (!id().empty() && Client(port_, kAdmin).error() != "no connection"); });
  if (!serves || !process_.running()) {
    throw std::runtime_error(program + " does not start:\n" + read_file(base_.string() + ".conf") +
                             read_file(base_.string() + ".log"));
  }
}

void NatsServer::stop(int signal) {
  process_.signal(signal);
  EXPECT_TRUE(process_.wait(30s)) << spec_.name << " did not end on signal " << signal;
}

void NatsServer::reload(const std::string& accounts) {
  const std::string before = text("/varz", "/config_load_time");
  spec_.accounts = accounts;
  write_config();
  process_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return text("/varz", "/config_load_time") != before; }))
      << read_file(base_.string() + ".log");
}

int NatsServer::number(const std::string& path, const std::string& pointer) const {
  const nlohmann::json value = at(get(path), pointer);
  return value.is_number() ? value.get<int>() : -1;
}

std::string NatsServer::text(const std::string& path, const std::string& pointer) const {
  const nlohmann::json value = at(get(path), pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

int NatsServer::connections(const std::string& account) const {
  const std::map<std::string, int> all = connections_by_account();
  const auto found = all.find(account);
  return found == all.end() ? 0 : found->second;
}

std::map<std::string, int> NatsServer::connections_by_account() const {
  std::map<std::string, int> result;
  for (const nlohmann::json& account : at(get("/accstatz?unused=1"), "/account_statz")) {
    result[account.value("acc", "")] = account.value("conns", -1);
  }
  return result;
}

void NatsServer::write_config() const {
  std::ostringstream text;
  if (!spec_.name.empty()) text << "server_name: \"" << spec_.name << "\"\n";
  text << "listen: 127.0.0.1:" << port_ << "\nhttp: 127.0.0.1:" << http_port_ << "\npid_file: \"" << base_.string()
       << ".pid\"\n"
       << spec_.accounts << spec_.extra;
  if (!spec_.cluster.empty()) {
    text << "\ncluster {\n  name: " << spec_.cluster << "\n  listen: 127.0.0.1:" << cluster_port_ << "\n  routes: [";
    for (const int route : routes_) text << " \"nats://127.0.0.1:" << route << "\",";
    text << " ]\n" << spec_.routing << "}\n";
  }
  write_file(base_.string() + ".conf", text.str());
}

std::string NatsServer::get(const std::string& path) const {
  httplib::Client client("127.0.0.1", http_port_);
  client.set_read_timeout(2s);
  const httplib::Result result = client.Get(path);
  return result && result->status == 200 ? result->body : std::string();
}

Cluster::Cluster(const TempDir& dir, int size, const std::string& cluster, const std::string& extra,
                 const std::string& routing, const std::string& accounts) {
  std::vector<int> ports;
  for (int index = 1; index <= size; ++index) {
    servers_.push_back(
        std::make_unique<NatsServer>(dir, ServerSpec{.name = std::string("n").append(std::to_string(index)),
                                                     .cluster = cluster,
                                                     .accounts = accounts,
                                                     .extra = extra,
                                                     .routing = routing}));
    ports.push_back(servers_.back()->cluster_port());
  }
  for (const auto& server : servers_) {
    server->set_routes(ports);
    server->start();
  }
  if (!eventually([this] { return whole(); }, 30s)) throw std::runtime_error("the cluster did not form");
}

std::string Cluster::urls() const {
  std::string urls;
  for (const auto& server : servers_) urls += (urls.empty() ? "" : ",") + server->url();
  return urls;
}

bool Cluster::whole() const {
  for (const auto& server : servers_) {
    if (server->number("/varz", "/remotes") != static_cast<int>(servers_.size()) - 1) return false;
  }
  return true;
}

}  // namespace lookout::e2e

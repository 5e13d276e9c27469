#include "tests/e2e/support/fleet.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace lookout::e2e {
namespace {

const std::string kLoopback = "127.0.0.1:";

std::string account(const std::string& name, const Login& login, bool jetstream) {
  return "  " + name + " { " + (jetstream ? "jetstream: enabled, " : "") + "users: [{user: \"" + login.user +
         "\", password: \"" + login.password + "\"}] }\n";
}

std::string accounts(bool jetstream) {
  return "accounts {\n" + account("SYS", kAdmin, false) + account("APP", kApp, jetstream) +
         account("B", kB, jetstream) + account("C", kC, false) + account("D", kD, false) + account("E", kE, false) +
         "}\nsystem_account: SYS\n";
}

std::string remote(int port, const Login& login, const std::string& account) {
  return "{ url: \"nats-leaf://" + login.user + ":" + login.password + "@" + kLoopback + std::to_string(port) +
         "\", account: " + account + " }";
}

// What every server's gateway block says of the remote clusters.
std::string remotes(const std::map<std::string, std::vector<int>>& ports) {
  std::string text = "gateways: [";
  for (const auto& [cluster, cluster_ports] : ports) {
    text += " { name: " + cluster + ", urls: [";
    for (const int port : cluster_ports) text += " \"nats://" + kLoopback + std::to_string(port) + "\",";
    text += " ] },";
  }
  return text + " ]";
}

}  // namespace

Fleet::Fleet(const TempDir& dir) {
  const std::vector<std::string> clusters{"east", "west"};
  std::map<std::string, std::vector<int>> gateway_ports;
  for (const std::string& cluster : clusters) gateway_ports[cluster] = {free_port(), free_port(), free_port()};
  std::vector<int> leaf_ports;
  for (const std::string& cluster : clusters) {
    std::vector<int> routes;
    leaf_ports.push_back(free_port());
    for (int index = 1; index <= 3; ++index) {
      const std::string name = std::string(1, cluster[0]).append(std::to_string(index));
      const int gateway_port = gateway_ports[cluster][static_cast<std::size_t>(index) - 1];
      std::string extra = small_jetstream(dir, kDomain) + "gateway { name: " + cluster + ", listen: \"" + kLoopback +
                          std::to_string(gateway_port) + "\", " + remotes(gateway_ports) + " }\n";
      if (index == 1) extra += "leafnodes { listen: \"" + kLoopback + std::to_string(leaf_ports.back()) + "\" }\n";
      servers_.push_back(std::make_unique<NatsServer>(dir, ServerSpec{name, cluster, accounts(true), extra}));
      routes.push_back(servers_.back()->cluster_port());
    }
    for (std::size_t index = servers_.size() - 3; index < servers_.size(); ++index) servers_[index]->set_routes(routes);
  }
  const std::string app = remote(leaf_ports[0], kApp, "APP");
  const std::string both = remote(leaf_ports[1], kApp, "APP") + ", " + remote(leaf_ports[1], kAdmin, "SYS");
  servers_.push_back(std::make_unique<NatsServer>(
      dir, ServerSpec{"l1", "", accounts(false), "leafnodes { remotes: [ " + app + " ] }\n"}));
  servers_.push_back(std::make_unique<NatsServer>(
      dir, ServerSpec{"l2", "", accounts(false), "leafnodes { remotes: [ " + both + " ] }\n"}));
  // The leaf nodes come last: nats-server 2.10 sometimes left a server out of the meta group that formed beside them.
  const auto leaf = servers_.end() - 2;
  std::for_each(servers_.begin(), leaf, [](const auto& server) { server->start(); });
  const bool formed = eventually([this] { return whole(); }, 60s);
  std::for_each(leaf, servers_.end(), [](const auto& server) { server->start(); });
  if (!formed || !eventually([this] { return whole(); }, 60s))
    throw std::runtime_error("no supercluster: " + missing());
}

NatsServer& Fleet::operator[](const std::string& name) const {
  const auto found =
      std::find_if(servers_.begin(), servers_.end(), [&](const auto& server) { return server->name() == name; });
  if (found == servers_.end()) throw std::runtime_error("no server " + name);
  return **found;
}

std::vector<NatsServer*> Fleet::servers() const {
  std::vector<NatsServer*> found;
  for (const auto& server : servers_) {
    if (server->name() != "l1") found.push_back(server.get());
  }
  return found;
}

std::string Fleet::urls() const {
  std::string urls;
  for (const auto& server : servers_) {
    if (server->name()[0] != 'l') urls += (urls.empty() ? "" : ",") + server->url();
  }
  return urls;
}

std::string Fleet::missing(int size) const {
  for (const auto& server : servers_) {
    if (!server->process().running()) continue;
    const std::string& name = server->name();
    if (name[0] == 'l') {
      if (server->number("/varz", "/leafnodes") != (name == "l1" ? 1 : 2)) return name + " is not bound";
      continue;
    }
    const std::string other = name[0] == 'e' ? "west" : "east";
    if (server->number("/gatewayz", "/outbound_gateways/" + other + "/connection/cid") < 0)
      return name + " has no gateway to " + other;
    const auto members = server->number("/jsz", "/meta_cluster/cluster_size");
    if (members != size) return name + " knows " + std::to_string(members) + " members of the meta group";
    if (server->text("/jsz", "/meta_cluster/leader").empty()) return name + " knows no meta leader";
  }
  return {};
}

const std::vector<Login>& ordinary_logins() {
  static const std::vector<Login> all{kApp, kB, kC, kD, kE};
  return all;
}

std::vector<Client> crowd(const std::vector<NatsServer*>& servers, std::size_t count) {
  std::vector<Client> clients;
  clients.reserve(count);
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t accounts = ordinary_logins().size();
    const NatsServer& server = *servers[index / accounts % servers.size()];
    clients.emplace_back(server.port(), ordinary_logins()[index % accounts]);
    if (!clients.back().ok()) throw std::runtime_error(server.name() + ": " + clients.back().error());
  }
  return clients;
}

}  // namespace lookout::e2e

// NatsServer and Cluster: real nats-servers on loopback with generated configuration; their monitoring port is the
// truth that the agent is compared with. The binary is $LOOKOUT_NATS_SERVER. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/client.h"
#include "tests/e2e/support/process.h"

namespace lookout::e2e {

// Is the server under test at least this 2.x version?
[[nodiscard]] bool server_at_least(int minor, int patch = 0);

// JetStream with little room; {name} as in Cluster.
[[nodiscard]] std::string small_jetstream(const TempDir& dir, const std::string& domain = "");

// The accounts block of the NATS documentation: SYS (kAdmin), APP (kApp) and B (kB). `more` goes into the block.
[[nodiscard]] std::string documented_accounts(const std::string& admin_password = kAdmin.password,
                                              const std::string& more = "");
// The same, and APP has JetStream.
[[nodiscard]] std::string jetstream_accounts();

struct ServerSpec {
  std::string name = "n1";  // empty: no server_name, so that the name is the id
  std::string cluster{};    // empty: standalone
  std::string accounts = documented_accounts();
  std::string extra{};    // further lines of configuration
  std::string binary{};   // empty: the server under test
  std::string routing{};  // further lines of the cluster block
};

class NatsServer {
 public:
  NatsServer(const TempDir& dir, ServerSpec spec);

  // Returns when it serves; throws when it cannot, as no test can go on without.
  void start();
  void stop(int signal);  // sends it and waits for the end
  void signal(int number) const { process_.signal(number); }
  [[nodiscard]] Process& process() { return process_; }

  // Writes the configuration with other accounts and waits until the server has loaded it.
  void reload(const std::string& accounts);
  void set_routes(std::vector<int> cluster_ports) { routes_ = std::move(cluster_ports); }
  void set_name(const std::string& name) { spec_.name = name; }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int cluster_port() const { return cluster_port_; }
  [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] const std::string& name() const { return spec_.name; }

  [[nodiscard]] std::string log() const { return read_file(base_.string() + ".log"); }

  // What the monitoring port says now.
  [[nodiscard]] std::string id() const { return text("/varz", "/server_id"); }
  [[nodiscard]] int number(const std::string& path, const std::string& pointer) const;
  [[nodiscard]] std::string text(const std::string& path, const std::string& pointer) const;
  [[nodiscard]] int connections(const std::string& account) const;
  [[nodiscard]] std::map<std::string, int> connections_by_account() const;

 private:
  void write_config() const;
  [[nodiscard]] std::string get(const std::string& path) const;

  ServerSpec spec_;
  int port_ = free_port();
  int http_port_ = free_port();
  int cluster_port_ = free_port();
  std::filesystem::path base_;
  std::vector<int> routes_;
  Process process_;
};

// Servers n1..n<size> of one cluster, started and all connected to each other. `{name}` in the extra configuration
// stands for each one's name.
class Cluster {
 public:
  Cluster(const TempDir& dir, int size, const std::string& cluster = "east", const std::string& extra = "",
          const std::string& routing = "", const std::string& accounts = documented_accounts());

  [[nodiscard]] NatsServer& operator[](std::size_t index) { return *servers_[index]; }
  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  [[nodiscard]] std::string urls() const;

  // All servers know all others.
  [[nodiscard]] bool whole() const;

 private:
  std::vector<std::unique_ptr<NatsServer>> servers_;
};

}  // namespace lookout::e2e

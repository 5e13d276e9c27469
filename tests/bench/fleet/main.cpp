// fleet_sim: a fleet of synthetic servers behind one real nats-server. Says `ready`, then answers each line of stdin
// with one line; ends with it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>

#include "tests/bench/fleet/simulator.h"

namespace {

using lookout::fleet::Simulator;

constexpr const char* kCommands =
    "Commands: truth [full] | events N RATE connect|disconnect|auth_error|storm | restart I [crash|shutdown|lameduck] |"
    " silent I | speak I | remove I | add | drop P | duplicate P | truncate P | delay MS | freeze on|off |"
    " streams +N|-N | accounts +N|-N | quit";

bool set_fault(Simulator& simulator, const std::string& what, double value) {
  auto faults = simulator.faults();
  if (what == "drop")
    faults.drop = value;
  else if (what == "duplicate")
    faults.duplicate = value;
  else if (what == "truncate")
    faults.truncate = value;
  else if (what == "delay")
    faults.delay = static_cast<int>(value);
  else
    return false;
  simulator.set_faults(faults);
  return true;
}

std::string obey(Simulator& simulator, const std::string& line) {
  std::istringstream words(line);
  std::string what, option;
  double number = 0;
  words >> what;
  if (what == "truth") return words >> option, simulator.truth(option == "full").dump();
  if (what == "add") return nlohmann::json{{"server", simulator.add()}}.dump();
  if (what == "freeze") return words >> option, simulator.freeze(option == "on"), "ok";
  words >> number;
  if (!words) return "error: " + line;
  const auto index = static_cast<std::size_t>(std::max(number, 0.0));
  const auto done = [](bool well) { return std::string(well ? "ok" : "error: no such server or cause"); };
  if (what == "events") {
    double rate = 0;
    words >> rate >> option;
    return simulator.publish(index, rate, option).dump();
  }
  if (what == "restart") return words >> option, done(simulator.restart(index, option.empty() ? "crash" : option));
  if (what == "silent" || what == "speak") return done(simulator.silence(index, what == "silent"));
  if (what == "remove") return done(simulator.remove(index));
  if (what == "streams") return simulator.change_streams(static_cast<long>(number)), "ok";
  if (what == "accounts") return simulator.change_accounts(static_cast<long>(number)), "ok";
  return set_fault(simulator, what, number) ? "ok" : "error: " + line;
}

int serve(const lookout::fleet::Shape& shape, const lookout::fleet::Link& link) {
  Simulator simulator(shape, link);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";)
    std::cout << obey(simulator, line) << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  lookout::fleet::Shape shape;
  lookout::fleet::Link link{"nats://127.0.0.1:4222", "admin", "fake-admin-password"};
  CLI::App app("A fleet of synthetic nats-servers behind a real one.");
  app.footer(kCommands);
  app.add_option("--url", link.url, "the real nats-server");
  app.add_option("--user", link.user, "of its system account");
  app.add_option("--password", link.password, "of that user");
  app.add_option("--statsz-interval", link.statsz_interval, "seconds");
  app.add_option("--events-per-second", link.events_per_second, "random events");
  app.add_option("--servers", shape.servers, "synthetic servers")->check(CLI::Range(1, 20000));
  app.add_option("--clusters", shape.clusters, "0: one for every 50 servers");
  app.add_option("--accounts", shape.accounts, "in all");
  app.add_option("--accounts-per-server", shape.accounts_per_server, "with connections there");
  app.add_option("--streams", shape.streams, "in all");
  app.add_option("--replicas", shape.replicas, "of each stream");
  app.add_option("--consumers", shape.consumers, "of each stream");
  app.add_option("--connections", shape.connections, "of each server");
  app.add_option("--peers", shape.peers, "routes of each server");
  app.add_option("--gateways", shape.gateways, "remote clusters of each server, at most");
  app.add_option("--seed", shape.seed, "of all numbers");
  CLI11_PARSE(app, argc, argv);
  try {
    return serve(shape, link);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

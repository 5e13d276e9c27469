// The peers' schemas over recorded deployments of every server version, and their completeness: every name that a peer
// has, with its type and labels, is given or listed with its reason.
#include "exporters/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/decode.h"
#include "tests/unit/support.h"

namespace lookout {
namespace {

using peers::From;
using peers::PeerFamily;
using peers::Schema;
using test::Held;
using test::kVersions;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

const Now kNow{Mono(1000s), Wall(1795428000s)};  // 2026-11-23T10:00:00Z, after the recordings
const std::vector<const Schema*> kSchemas{&peers::surveyor(), &peers::exporter()};

// A name of a peer as its documentation has it: tests/fixtures/<peer>.names holds "name type label,label" or "-".
struct Known {
  std::string name;
  std::string type;
  std::string labels;
  auto operator<=>(const Known&) const = default;
};

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(TEST_DATA "/fixtures/" + file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  EXPECT_FALSE(out.empty()) << file;
  return out;
}

std::vector<Known> names_of(const Schema& schema) {
  std::vector<Known> out;
  const std::string file = &schema == &peers::surveyor() ? "surveyor.names" : "exporter.names";
  for (const std::string& line : lines_of(file)) {
    Known known;
    std::istringstream(line) >> known.name >> known.type >> known.labels;
    out.push_back(known);
  }
  return out;
}

// Sorted and joined by commas; "-": none.
std::string labels_of(const PeerFamily& family) {
  std::set<std::string> names;
  for (const auto& label : family.labels) names.insert(label.name);
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ",").append(name);
  return out.empty() ? "-" : out;
}

// The replies of one moment of the recorded deployment: by collector the start of their names, before a number.
const std::map<std::string, std::string> kMoment{{"statsz", "req.PING.STATSZ."},
                                                 {"varz", "req.PING.VARZ."},
                                                 {"healthz", "req.PING.HEALTHZ.details."},
                                                 {"healthz_js_enabled", "req.PING.HEALTHZ.js-enabled-only."},
                                                 {"healthz_js_server", "req.PING.HEALTHZ.js-server-only."},
                                                 {"routez", "req.PING.ROUTEZ."},
                                                 {"gatewayz", "req.PING.GATEWAYZ."},
                                                 {"leafz", "req.PING.LEAFZ."},
                                                 {"subsz", "req.PING.SUBSZ."},
                                                 {"accstatz", "req.ACCOUNT.PING.STATZ.unused."},
                                                 {"raftz", "req.PING.RAFTZ."},
                                                 {"accountz", "req.PING.ACCOUNTZ.account."},
                                                 {"connz", "req.PING.CONNZ.auth-subs."},
                                                 {"jsz", "req.PING.JSZ.full."}};

std::vector<std::string> replies(const std::string& version, const std::string& collector) {
  const std::string& start = kMoment.at(collector);
  std::vector<std::string> out;
  for (const auto& reply : test::recorded(version, collector)) {
    if (reply.name.starts_with(start) && std::isdigit(static_cast<unsigned char>(reply.name[start.size()])) != 0)
      out.push_back(reply.payload);
  }
  return out;
}

// A deployment as its servers described it.
class Fleet {
 public:
  explicit Fleet(const std::string& version) {
    for (const auto& [collector, start] : kMoment) {
      for (const std::string& payload : replies(version, collector)) add(collector, payload);
    }
    link.server_name = "e1";
  }

  Snapshot snapshot() {
    Snapshot out;
    out.taken = kNow;
    out.version = 1;
    out.link = link;
    for (const auto& [name, view] : servers_) out.servers.push_back(std::make_shared<ServerView>(view));
    out.accounts = std::make_shared<std::vector<Account>>(
        std::vector<Account>{{"other", "other"}, {"A", "team a"}, {"SYS", ""}, {"$G", "$G"}});
    out.rounds.resize(collectors().size());
    out.rounds.front().expected = 6;
    out.rounds.front().answered = 5;
    return out;
  }

  // The same with a 1 wherever a value is absent, and a row in every table that has none.
  Snapshot complete() {
    for (auto& [name, view] : servers_) {
      for (std::size_t i = 0; i < view.blocks.size(); ++i) {
        auto block = view.blocks[i] ? std::make_shared<Block>(*view.blocks[i]) : std::make_shared<Block>();
        complete(*block, collectors()[i]);
        view.blocks[i] = block;
      }
    }
    return snapshot();
  }

  ServerView& server(const std::string& name) { return servers_.at(name); }
  void keep(const std::set<std::string>& names) {
    std::erase_if(servers_, [&](const auto& each) { return !names.contains(each.first); });
  }

  LinkView link{true, "nats://127.0.0.1:4222", {}, Identity::system, {}, {}, 0};

 private:
  void add(const std::string& collector, const std::string& payload) {
    const auto all = collectors();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].name != collector) continue;
      Assembly assembly(all[i], Level::detail);
      const Held held("reply", payload);
      const Result<Reply> reply = decoder_.decode(held.message(kNow.mono), assembly);
      ASSERT_TRUE(reply) << collector << ": " << reply.error();
      if (!reply->refused) describe(*reply).blocks.at(i) = assembly.finish();
    }
  }

  static void complete(Block& block, const Collector& collector) {
    for (std::size_t s = 0; s < collector.sections.size(); ++s) {
      const Section& section = collector.sections[s];
      if (block.parts.size() <= s) block.parts.emplace_back(section.labels.size(), section.metrics.size());
      Part& part = block.parts[s];
      for (const char* path : {"/", "/accountz", "/accstatz", "/connz", "/gatewayz", "/healthz", "/leafz", "/routez",
                               "/subsz", "memory", "file"}) {
        part.add(std::vector<std::string>(section.labels.size(), path), std::vector<double>(section.metrics.size(), 1));
      }
      for (std::size_t row = 0; row < part.rows(); ++row) {
        for (double& value : part.change(row)) value = std::isnan(value) ? 1 : value;
      }
    }
  }

  ServerView& describe(const Reply& reply) {
    ServerView& view = servers_[std::string(reply.server.name)];
    view.blocks.resize(collectors().size());
    if (!view.up) {
      view.cluster = reply.server.cluster;
      view.name = reply.server.name;
      view.id = reply.server.id;
      view.version = reply.server.version;
      view.host = reply.server.host;
      view.domain = reply.server.domain;
      view.jetstream = reply.server.jetstream;
      view.state = Lifecycle::up;
      view.up = true;
      view.accounts = {{1, 3, 1}, {2, 1, 0}};
    }
    if (reply.start != Wall{}) view.start = reply.start;
    return view;
  }

  ReplyDecoder decoder_;
  std::map<std::string, ServerView> servers_;
};

// A page as its families and series.
struct Parsed {
  std::map<std::string, std::string> types;
  std::map<std::string, double> series;
  std::map<std::string, std::set<std::string>> labels;  // by name: the sorted label names of its series, "-" for none
  std::vector<std::string> faults;
};

std::string label_names(std::string labels) {
  static const std::regex kLabel(R"re(([a-z_]+)="(?:[^"\\]|\\["\\n])*",?)re");
  std::set<std::string> names;
  for (std::sregex_iterator it(labels.begin(), labels.end(), kLabel), end; it != end; ++it) names.insert((*it)[1]);
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ",").append(name);
  return out.empty() ? "-" : out;
}

Parsed parse(const std::string& text) {
  static const std::regex kType(R"(# TYPE ([a-z0-9_]+) ([a-z]+))");
  static const std::regex kSample(
      R"re(([a-z0-9_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|-?[0-9.e+-]+))re");
  Parsed out;
  std::string family;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (line.starts_with("# HELP ")) continue;
    if (std::regex_match(line, match, kType)) {
      family = match[1];
      if (!out.types.emplace(family, match[2]).second) out.faults.push_back("family twice: " + line);
    } else if (std::regex_match(line, match, kSample)) {
      if (!match[1].str().starts_with(family)) out.faults.push_back("outside its family: " + line);
      if (!out.series.emplace(line.substr(0, line.rfind(' ')), std::stod(match[3])).second)
        out.faults.push_back("series twice: " + line);
      out.labels[family].insert(label_names(match[2]));
    } else {
      out.faults.push_back("unreadable: " + line);
    }
  }
  return out;
}

std::string page(const Schema& schema, const Snapshot& snapshot, Format format = Format::text) {
  if (&schema == &peers::exporter()) return render_exporter(snapshot, {}, kNow, format);
  const Instruments instruments;
  instruments.rtt_seconds.Set(0.0015);
  return render_surveyor(snapshot, instruments, kNow, format);
}

double value(const Parsed& parsed, const std::string& series) {
  const auto found = parsed.series.find(series);
  if (found != parsed.series.end()) return found->second;
  ADD_FAILURE() << "no " << series;
  return -1;
}

// Sum over the series of a name whose labels have this text.
double sum(const Parsed& parsed, const std::string& name, const std::string& having = "") {
  double out = 0;
  for (const auto& [series, number] : parsed.series) {
    if (series.starts_with(name + '{') && series.find(having) != std::string::npos) out += number;
  }
  return out;
}

TEST(Peers, EveryNameIsGivenOrHasAReason) {
  for (const Schema* schema : kSchemas) {
    std::map<std::string, std::string> absent;
    for (const auto& each : schema->absent) {
      EXPECT_TRUE(absent.emplace(each.name, each.reason).second) << each.name;
      EXPECT_TRUE(std::string(each.reason).ends_with('.')) << each.name;
    }
    std::set<Known> given;
    for (const PeerFamily& family : schema->families) given.insert({family.name, family.type, labels_of(family)});
    std::set<Known> missing;
    std::set<std::string> known;
    for (const Known& name : names_of(*schema)) {
      known.insert(name.name);
      EXPECT_NE(given.contains(name), absent.contains(name.name))
          << name.name << ' ' << name.type << ' ' << name.labels;
    }
    for (const Known& name : given) EXPECT_TRUE(known.contains(name.name)) << name.name << " is no name of the peer";
    for (const auto& [name, reason] : absent) EXPECT_TRUE(known.contains(name)) << name << " is no name of the peer";
    const std::vector<Known> all = names_of(*schema);
    EXPECT_EQ(given.size() + absent.size(), std::set<Known>(all.begin(), all.end()).size());
  }
}

// By the dashboards that the peers ship and by the alert rules in circulation.
TEST(Peers, WhatDashboardsAndAlertsQueryIsGiven) {
  for (const auto& [schema, file] :
       {std::pair{&peers::surveyor(), "surveyor.queried"}, std::pair{&peers::exporter(), "exporter.queried"}}) {
    std::set<std::string> given;
    for (const PeerFamily& family : schema->families) given.insert(family.name);
    for (const std::string& name : lines_of(file)) {
      // Measured in the accounts of services; the system account does not hear of it.
      EXPECT_NE(given.contains(name), name.starts_with("nats_latency_")) << name;
    }
  }
}

TEST(Peers, EverySourceIsALineOfTheTables) {
  for (const Schema* schema : kSchemas) {
    const auto places = peers::find_all(schema->families);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const PeerFamily& family = schema->families[i];
      EXPECT_NE(places[i].has_value(), family.source.is_function()) << family.name << " from " << family.source.metric;
      if (!places[i]) continue;
      for (const char* part : family.minus) EXPECT_TRUE(peers::metric_index(places[i]->of(), part)) << part;
      for (const auto& label : family.labels) {
        if (label.from != From::tier) continue;
        EXPECT_TRUE(peers::metric_index(places[i]->of(), label.of)) << family.name;
      }
    }
  }
}

TEST(Peers, LinesOfOneNameStandTogether) {
  for (const Schema* schema : kSchemas) {
    std::set<std::string> seen;
    std::string last;
    for (const PeerFamily& family : schema->families) {
      EXPECT_NE(seen.insert(family.name).second, family.name == last) << family.name;
      last = family.name;
    }
  }
}

TEST(Peers, TheDocumentIsCurrent) {
  const std::string path = std::string(TEST_DATA) + "/../docs/peers.md";
  const std::string got = render_peers_reference();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
  std::ifstream file(path);
  const std::string held{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(got, held) << "UPDATE_GOLDEN=1 accepts the change";
}

TEST(Peers, PagesOfEveryVersionHaveThePeersNamesTypesAndLabels) {
  for (const std::string& version : kVersions) {
    for (const Schema* schema : kSchemas) {
      std::map<std::string, std::set<std::string>> labels;
      std::map<std::string, std::string> types;
      for (const Known& name : names_of(*schema)) {
        labels[name.name].insert(name.labels);
        types[name.name] = name.type;
      }
      const Parsed parsed = parse(page(*schema, Fleet(version).snapshot()));
      EXPECT_THAT(parsed.faults, IsEmpty()) << version;
      EXPECT_GT(parsed.types.size(), 80U) << version;
      for (const auto& [name, type] : parsed.types) {
        EXPECT_EQ(type, types[name]) << name;
        for (const std::string& set : parsed.labels.at(name)) EXPECT_THAT(labels[name], testing::Contains(set)) << name;
      }
    }
  }
}

// Every line works. What the recorded servers do not tell, because nothing sets it there, is made up.
TEST(Peers, EveryLineGivesItsName) {
  for (const Schema* schema : kSchemas) {
    std::set<std::string> seen;
    for (const auto& [name, type] : parse(page(*schema, Fleet("2.15.2").complete())).types) seen.insert(name);
    for (const PeerFamily& family : schema->families) EXPECT_TRUE(seen.contains(family.name)) << family.name;
  }
}

TEST(Peers, ThePagesAreTheGoldenOnes) {
  for (const auto& [schema, name] :
       {std::pair{&peers::surveyor(), "surveyor"}, std::pair{&peers::exporter(), "exporter"}}) {
    const std::string path = std::string(TEST_DATA) + "/golden/" + name + ".prom";
    Fleet fleet("2.15.2");
    fleet.keep({"e2", "w2"});
    const std::string got = page(*schema, fleet.snapshot());
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << got;
    std::ifstream file(path);
    const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(got, golden) << "UPDATE_GOLDEN=1 accepts the change";
  }
}

// Of all streams in the JSZ replies, as the server that leads each says: {account, name} to the stream.
std::map<std::pair<std::string, std::string>, nlohmann::json> streams_of(const std::string& version) {
  std::map<std::pair<std::string, std::string>, nlohmann::json> out;
  for (const std::string& payload : replies(version, "jsz")) {
    const auto json = nlohmann::json::parse(payload);
    if (!json.contains("data")) continue;
    for (const auto& account : json["data"].value("account_details", nlohmann::json::array())) {
      for (const auto& stream : account.value("stream_detail", nlohmann::json::array())) {
        if (stream.value("cluster", nlohmann::json::object()).value("leader", "") == json["server"].value("name", ""))
          out[{account["id"], stream["name"]}] = stream;
      }
    }
  }
  EXPECT_GE(out.size(), 5U) << version;
  return out;
}

TEST(Peers, AStreamIsToldOnceByItsLeader) {
  for (const std::string& version : kVersions) {
    double messages = 0;
    double consumers = 0;
    double replicas = 0;
    const auto streams = streams_of(version);
    for (const auto& [key, stream] : streams) {
      messages += stream["state"]["messages"].get<double>();
      consumers += stream["state"]["consumer_count"].get<double>();
      replicas += stream["config"]["num_replicas"].get<double>();
    }
    const Snapshot snapshot = Fleet(version).snapshot();
    const Parsed surveyor = parse(page(peers::surveyor(), snapshot));
    const Parsed exporter = parse(page(peers::exporter(), snapshot));
    EXPECT_EQ(sum(surveyor, "nats_stream_total_messages"), messages) << version;
    EXPECT_EQ(sum(exporter, "jetstream_stream_total_messages"), messages) << version;
    EXPECT_EQ(sum(surveyor, "nats_stream_consumer_count"), consumers) << version;
    EXPECT_GT(consumers, 0) << version;
    EXPECT_EQ(sum(surveyor, "nats_core_account_jetstream_consumer_count"), consumers) << version;
    EXPECT_EQ(sum(surveyor, "nats_core_account_jetstream_replica_count"), replicas) << version;
    EXPECT_EQ(sum(surveyor, "nats_core_account_jetstream_stream_count"), static_cast<double>(streams.size()))
        << version;
  }
}

TEST(Peers, TiersAddUpTheirStreams) {
  std::map<std::string, double> used;
  for (const auto& [key, stream] : streams_of("2.15.2")) {
    const std::string storage = stream["config"]["storage"] == "file" ? "storage" : "memory";
    used["nats_core_account_jetstream_tiered_" + storage + "_used{account=\"" + key.first +
         "\",account_name=\"team a\",tier=\"R" + stream["config"]["num_replicas"].dump() + "\"}"] +=
        stream["state"]["bytes"].get<double>();
  }
  const Parsed parsed = parse(page(peers::surveyor(), Fleet("2.15.2").snapshot()));
  EXPECT_GE(used.size(), 2U);
  for (const auto& [series, bytes] : used) EXPECT_EQ(value(parsed, series), bytes) << series;
}

TEST(Peers, LabelsHoldWhatTheirNamesSay) {
  Fleet fleet("2.15.2");
  const std::string id = fleet.server("e1").id;
  const Parsed surveyor = parse(page(peers::surveyor(), fleet.snapshot()));
  EXPECT_GT(value(surveyor,
                  "nats_core_raftz_meta_committed{server_id=\"" + id + "\",server_name=\"e1\",cluster_name=\"east\"}"),
            0);
  const Parsed exporter = parse(page(peers::exporter(), fleet.snapshot()));
  const std::string leader = "meta_leader=\"e2\",is_meta_leader=\"true\"";
  EXPECT_EQ(sum(exporter, "jetstream_server_jetstream_disabled", leader), 0);
  std::size_t leaders = 0;
  for (const auto& [series, number] : exporter.series) {
    leaders += series.starts_with("jetstream_server_total_streams{") &&
               series.find("is_meta_leader=\"true\"") != std::string::npos;
  }
  EXPECT_EQ(leaders, 1U);
}

TEST(Peers, UnitsAreThePeers) {
  Fleet fleet("2.15.2");
  ServerView& server = fleet.server("e1");
  server.start = kNow.wall - 90s;
  const std::string id = server.id;
  const Snapshot snapshot = fleet.snapshot();
  const Parsed surveyor = parse(page(peers::surveyor(), snapshot));
  const std::string labels = "{server_cluster=\"east\",server_name=\"e1\",server_id=\"" + id + "\"}";
  EXPECT_EQ(value(surveyor, "nats_core_uptime" + labels), 90);
  EXPECT_EQ(value(surveyor, "nats_core_start_time" + labels), 1795427910e9);
  EXPECT_EQ(value(surveyor, "nats_core_rtt_nanoseconds" + labels), 1500000);
  EXPECT_EQ(surveyor.series.count("nats_core_rtt_nanoseconds{server_cluster=\"east\",server_name=\"e2\",server_id=\"" +
                                  fleet.server("e2").id + "\"}"),
            0U);
  const Parsed exporter = parse(page(peers::exporter(), snapshot));
  const std::string of = "{server_id=\"" + id + "\"}";
  EXPECT_EQ(value(exporter, "gnatsd_varz_start" + of), 1795427910e3);
  EXPECT_EQ(value(exporter, "gnatsd_varz_write_deadline" + of), 10e9);
  EXPECT_EQ(value(exporter, "gnatsd_varz_ping_interval" + of), 20e9);
  EXPECT_EQ(value(exporter, "gnatsd_healthz_status" + of), 0);
}

TEST(Peers, APrefixReplacesTheFirstWordOfEveryName) {
  const Snapshot snapshot = Fleet("2.15.2").snapshot();
  const Parsed plain = parse(render_exporter(snapshot, {}, kNow, Format::text));
  const Parsed renamed = parse(render_exporter(snapshot, "nats", kNow, Format::text));
  EXPECT_THAT(renamed.faults, IsEmpty());
  EXPECT_EQ(renamed.series.size(), plain.series.size());
  EXPECT_TRUE(renamed.types.contains("nats_varz_connections"));
  EXPECT_TRUE(renamed.types.contains("nats_stream_total_messages"));
  for (const auto& [name, type] : renamed.types) EXPECT_TRUE(name.starts_with("nats_")) << name;
}

TEST(Peers, InOpenMetricsNamesStay) {
  for (const Schema* schema : kSchemas) {
    const Snapshot snapshot = Fleet("2.15.2").snapshot();
    const Parsed text = parse(page(*schema, snapshot));
    const std::string om = page(*schema, snapshot, Format::openmetrics);
    EXPECT_THAT(om, Not(HasSubstr(" untyped\n")));
    EXPECT_THAT(om, Not(HasSubstr(" counter\n")));
    EXPECT_EQ(parse(om).series, text.series);
  }
}

TEST(Peers, AServerThatIsDownHasNoSeries) {
  Fleet fleet("2.15.2");
  ServerView& server = fleet.server("e2");
  const std::string id = server.id;
  server.up = false;
  server.state = Lifecycle::lost;
  server.blocks.clear();
  server.accounts.clear();
  for (const Schema* schema : kSchemas)
    EXPECT_THAT(page(*schema, fleet.snapshot()), Not(HasSubstr("server_id=\"" + id)));
}

TEST(Peers, TheAgentIsUpOnlyInTheSystemAccount) {
  Fleet fleet("2.15.2");
  EXPECT_EQ(value(parse(page(peers::surveyor(), fleet.snapshot())), "nats_up"), 1);
  fleet.link.identity = Identity::outside;
  EXPECT_EQ(value(parse(page(peers::surveyor(), fleet.snapshot())), "nats_up"), 0);
  EXPECT_EQ(value(parse(page(peers::surveyor(), Snapshot{})), "nats_up"), 0);
  EXPECT_EQ(page(peers::exporter(), Snapshot{}), "");
}

TEST(Peers, HostileNamesMakeNoSeriesTwice) {
  Fleet fleet("2.15.2");
  for (const char* name : {"e1", "e2", "e3"}) {
    fleet.server(name).id = "\xff\"\n";
    fleet.server(name).name = "}\n\\";
    fleet.server(name).cluster = "";
  }
  for (const Schema* schema : kSchemas) EXPECT_THAT(parse(page(*schema, fleet.snapshot())).faults, IsEmpty());
}

// A stream whose leader moved between two answers is told of by two servers for a while.
TEST(Peers, TheNewestOfTwoLeadersIsBelieved) {
  Fleet fleet("2.15.2");
  const Parsed before = parse(page(peers::surveyor(), fleet.snapshot()));
  ServerView& old = fleet.server("e3");
  old.blocks = fleet.server("e1").blocks;
  const auto place = peers::find("nats_stream_messages", {});
  ASSERT_TRUE(place);
  auto later = std::make_shared<Block>(*old.blocks[place->collector]);
  later->server_time += 1s;
  old.blocks[place->collector] = later;
  const Parsed after = parse(page(peers::surveyor(), fleet.snapshot()));
  EXPECT_GT(sum(before, "nats_stream_last_seq", "server_name=\"e1\""), 0);
  EXPECT_EQ(sum(after, "nats_stream_last_seq", "server_name=\"e1\""), 0);
  EXPECT_EQ(sum(after, "nats_stream_last_seq", "server_name=\"e3\""),
            sum(before, "nats_stream_last_seq", "server_name=\"e1\""));
}

}  // namespace
}  // namespace lookout

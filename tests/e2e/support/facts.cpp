#include "tests/e2e/support/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace lookout::e2e {

std::vector<Source> facts(const std::vector<std::string>& accounts) {
  std::vector<Source> all;
  add_server_facts(all);
  add_link_facts(all);
  add_account_facts(all, accounts);
  add_jetstream_facts(all);
  add_raft_facts(all, accounts);
  return all;
}

std::vector<std::string> detailed() {
  return {"--collect.jsz.level=detail", "--collect.raftz.level=detail"};
}

void connections_closed(std::vector<Source>& sources) {
  for (Source& source : sources) {
    for (Fact& fact : source.facts) {
      const std::string_view name = fact.family;
      const bool summed = name.starts_with("nats_route_") || name.starts_with("nats_gateway_inbound_") ||
                          name.starts_with("nats_gateway_sent_") || name.starts_with("nats_gateway_received_") ||
                          name.starts_with("nats_leafnode_");
      if (summed && name.ends_with("_total")) fact.when = When::lasting;
    }
  }
}

const std::set<std::string>& made_by_the_agent() {
  static const std::set<std::string> names{
      "nats_auth_attempts_total",
      "nats_auth_errors_possibly_lost_total",
      "nats_auth_errors_recovered_total",
      "nats_auth_pattern",
      "nats_auth_sources",
      "nats_auth_users_failing",
      "nats_auth_error_details_total",
      "nats_auth_errors_total",
      "nats_client_closed_before_auth_total",
      "nats_client_connects_total",
      "nats_client_disconnects_total",
      "nats_meta_failures_tolerated",
      "nats_server_info",
      "nats_server_restarts_total",
      "nats_server_state",
      "nats_server_unseen_messages_total",
      "nats_server_up",
      "nats_stream_failures_tolerated",
  };
  return names;
}

void expect_truth(Agent& agent, const Truth& truth, const std::vector<Source>& sources) {
  constexpr std::size_t kShown = 60;
  constexpr auto kPatience = 10s;  // then something has changed for good
  const auto now = [] { return std::chrono::steady_clock::now(); };
  std::vector<std::string> problems;
  auto before = truth.values(sources);
  auto taken = now();
  const bool same = agent.reaches(
      [&](const Page& page) {
        problems = compare(page, sources, before, truth.values(sources));
        if (!page.problem().empty()) problems.push_back(page.problem());
        if (!problems.empty() && now() - taken > kPatience) {
          before = truth.values(sources);
          taken = now();
        }
        return problems.empty();
      },
      90s);
  if (same) return;
  std::string text;
  for (std::size_t index = 0; index < std::min(problems.size(), kShown); ++index) text += problems[index] + '\n';
  ADD_FAILURE() << problems.size() << " problems:\n" << text << agent;
}

}  // namespace lookout::e2e

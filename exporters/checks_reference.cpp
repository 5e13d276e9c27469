#include "exporters/checks_reference.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <iterator>

#include "agent/row_checks.h"
#include "config/fixed_checks.h"

namespace lookout {
namespace {

constexpr const char* kIntro = R"(# Checks

Made by `nats-lookout checks`; a test fails when it is not current. The ids are stable: findings of `/health` have them as
`check`, metrics as label `check`, pushed alerts as `alertname` (`server_lost` is `NatsServerLost`, in
[runbooks.md](runbooks.md)), `?check=` and `--check.only` take them.

`--health.checks=LIST` changes thresholds: `server_cpu=70%/90%/2m/1m` (warning, critical, for, clears after),
`stream_leader=30s` (of a check without thresholds the times only), `server_cpu=-/90%` (no warning), `cluster_versions=off`,
`server_auth_not_required=on`. With `cluster/NAME/` in front it concerns that cluster only, with `account/ID/` that
account; an account's settings win over its cluster's, those over general ones.

A finding comes when what is wrong has lasted `for`, and goes when it has been over for `clears after`. `maintenance`: what
becomes of it while servers of its cluster were announced to go (lame duck, shut down) or have just come back: `warning`
means that it is never worse. What is not made with `--scope=server` is not made with `--shard` either; `/health` names it
in `not_evaluated`. One look (`nats-lookout check`) judges at once, and does not show what is marked with *.

## With thresholds or times of their own

)";
constexpr const char* kHead =
    "| check | what | warning | critical | for | clears after | maintenance | asked of |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
constexpr const char* kFixedIntro = R"(
## Without

They come at once. Patterns of failed logins are set by their own options (`--auth.*`); with `--scope=server`, and in all
shards but the first, nobody looks for them. Agent findings belong to every part of the health that is asked for.

)";
constexpr const char* kFixedHead = "| check | what | state |\n| --- | --- | --- |\n";

struct States {  // of a check without thresholds
  Check check;
  const char* warning;
  const char* critical;
};
constexpr States kStates[] = {
    {Check::server_restarted, "nobody knows why, or it is of another version", "it crashed"},
    {Check::server_unhealthy, "always", "after 5 min, or it concerns connections or JetStream as a whole"},
    {Check::server_broken_asset, "", "always"},
    {Check::server_jetstream_disabled, "", "always"},
    {Check::server_out_of_storage, "", "always"},
    {Check::server_jetstream_api_limit, "", "always"},
    {Check::server_auth_not_required, "always (off by default)", ""},
    {Check::cluster_servers, "", "more than half of them"},
    {Check::cluster_routes, "always", "after 2 min, or a server has none"},
    {Check::cluster_versions, "always", ""},
    {Check::gateway_outbound, "always", "after 2 min, or no server of the cluster has one"},
    {Check::gateway_inbound, "always", ""},
    {Check::gateway_config, "always", ""},
    {Check::leafnode_missing, "always", ""},
    {Check::meta_leader, "", "always"},
    {Check::meta_quorum, "it can lose no other", "it has lost too many"},
    {Check::meta_peers, "always", "after 10 min"},
    {Check::meta_ghost_peers, "always", ""},
    {Check::meta_rescue, "always", "after 10 min"},
    {Check::stream_leader, "", "always"},
    {Check::stream_replicas, "always", "after 10 min"},
    {Check::stream_metadata, "by a `-warn` threshold", "by a `-critical` threshold"},
    {Check::consumer_leader, "", "always"},
    {Check::consumer_metadata, "", "always"},
    {Check::account_expired, "", "always"},
};

std::string line(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out.append(" ").append(cell).append(" |");
  return out + '\n';
}

std::string duration(std::chrono::milliseconds time) {
  return time.count() == 0 ? "at once" : said(Unit::seconds, seconds(time));
}

std::string threshold(const CheckInfo& info, double value) {
  return value == Limits::kNever ? std::string() : said(info.unit, value);
}

std::string check_line(Check check) {
  const CheckInfo& info = info_of(check);
  const Limits& limits = info.limits;
  const auto* const states =
      std::find_if(std::begin(kStates), std::end(kStates), [&](const States& each) { return each.check == check; });
  const bool fixed = states != std::end(kStates);
  std::string what = info.what;
  if (!info.anywhere) what += " Not with `--scope=server`.";
  return line({std::string("`") + info.id + "`" + (info.history ? "*" : ""), what,
               fixed ? states->warning : threshold(info, limits.warning),
               fixed ? states->critical : threshold(info, limits.critical), duration(limits.raise),
               duration(limits.clear), info.planned == Planned::downgrade ? "warning" : "",
               std::string(info.endpoint) + (info.detail ? " (detail)" : "")});
}

}  // namespace

std::string render_checks_reference() {
  std::string out = std::string(kIntro) + kHead;
  for (std::size_t i = 0; i < kChecks; ++i) out += check_line(static_cast<Check>(i));
  out.append(kFixedIntro).append(kFixedHead);
  for (const FixedCheck& check : fixed_checks())
    out += line({std::string("`") + check.id + "`" + (check.history ? "*" : ""), check.what, check.states});
  return out;
}

}  // namespace lookout

// What there is to say beside the options, in the reference and in the man page.
#include "config/commands.h"
#include "config/reference.h"

namespace lookout::cfg {
namespace {

// "; takes `--format`": the options that only this command has.
std::string own_options_of(const Mode& mode) {
  Texts names;
  for (const Option& option : own_options())
    if (option.command == mode.name) names.push_back("`--" + option.path + "`");
  return names.empty() ? "" : "; takes " + join(names, ", ");
}

std::vector<Row> commands() {
  std::vector<Row> rows;
  for (const Mode& mode : modes()) {
    const bool argument = !mode.arguments.empty();
    rows.push_back({mode.name + (argument ? " " : "") + mode.argument,
                    mode.help + (argument ? ": " + verbatim_alternatives(mode.arguments) : "") + own_options_of(mode)});
  }
  return rows;
}

Topic values() {
  return {"Values",
          {"A value that is not understood ends the start with one sentence that says which and where it stands."},
          {{"flag", "needs no value on the command line; elsewhere `true` or `false`"},
           {"duration", "a number with `ms`, `s`, `m`, `h` or `d`, or several: `250ms`, `10s`, `1m30s`, `1.5h`, `7d`"},
           {"bytes", "a number, alone or with `KiB`, `MiB` or `GiB`: `32MiB`"},
           {"list", "parts with commas between them, an option given several times, or a sequence in YAML"},
           {"urls",
            "a server: `nats://host:port`, `tls://host:port` or `host:port` (receivers of alerts: "
            "`http://` or `https://`); IPv6 addresses in brackets; no credentials inside"},
           {"file, directory", "a path; if it is relative, from where the agent was started"},
           {"n/duration", "how many within what time, from 30s to 15m: `20/5m`; or `off`"},
           {"checks",
            "names of checks, which `nats-lookout checks` lists, and for `--health.checks` their thresholds and times: "
            "`server_cpu=70%/90%/2m/1m`, `cluster_versions=off`"}}};
}

Topic environment() {
  return {
      "Environment",
      {"The variable of an option is its name in capitals, with `_` for dots and dashes, after `LOOKOUT_`: "
       "`LOOKOUT_NATS_TLS_CA` for `--nats.tls.ca`. An empty variable counts as none, one that belongs to no option is "
       "not looked at."},
      {{"NO_COLOR", "if it is not empty, `check` colors nothing unless `--check.color=always`"},
       {"NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID",
        "set by systemd: whom `serve` tells that it is ready and that it lives"}}};
}

Topic files() {
  return {"Files",
          {"No file is read unless an option names it. In the YAML file of `--config.file` a key is the option's name, "
           "taken apart at its dots: `--nats.tls.ca` is `ca` below `tls` below `nats`. Unknown keys are errors. The "
           "file holds 1 MiB at most."}};
}

Topic secrets() {
  return {
      "Secrets",
      {"Process lists show the command line, and often the environment: prefer files to `--nats.password` and "
       "`--nats.token`. A file of a secret holds 64 KiB at most; a line break at its end does not count. "
       "`nats-lookout config` shows `***` in the place of passwords, tokens and queries of webhooks, and no message "
       "repeats them."}};
}

Topic changes() {
  return {"Changes",
          {"On SIGHUP the agent reads its options again. What is wrong in them changes nothing: the log says why and "
           "`nats_lookout_config_reload_failures_total` counts it. An option that says `file` needs a restart, what is "
           "in its "
           "file does not."},
          {{taken(Reload::restart), "a new start; the log says so if SIGHUP finds such a change"},
           {taken(Reload::sighup), "SIGHUP takes it"},
           {taken(Reload::file_login), "the file is read at every login; SIGHUP logs in again if one has changed"},
           {taken(Reload::file_post), "the file is read whenever something is sent"},
           {taken(Reload::file_sighup),
            "SIGHUP reads the file again, and opens the event log again; the web "
            "configuration and what it names are also watched"}}};
}

Topic exit_status() {
  return {
      "Exit status",
      {},
      {{"0", "it was told to end, or printed what it was asked for; of `check`: NATS is well"},
       {"1", "an error that nobody foresaw; of `check`: warning"},
       {"2", "an option is wrong, or the start failed, for example at a port that is taken; of `check` also: critical"},
       {"3", "of `check` only: unknown"},
       {"75", "the connection to NATS hung and could not be freed: start it again"}}};
}

Topic signals() {
  return {"Signals",
          {},
          {{"SIGTERM, SIGINT", "end the agent, after `--shutdown.linger`; a second one ends it at once"},
           {"SIGHUP", "reads options again, as said above; ends `events` and `check`"}}};
}

Topic examples() {
  return {
      "Examples",
      {},
      {},
      "nats-lookout --nats.url=nats://nats:4222 --nats.user=lookout --nats.password-file=/run/secrets/nats-password\n"
      "nats-lookout check --format=nagios --config.file=/etc/nats-lookout/nats-lookout.yaml\n"
      "nats-lookout events --auth --nats.creds=lookout.creds\n"
      "nats-lookout completion bash > /usr/share/bash-completion/completions/nats-lookout\n"};
}

}  // namespace

std::vector<Topic> topics_before_options() {
  return {
      {"Description",
       {"Watches a NATS deployment through its system account and tells Prometheus, people and logs what it sees: as "
        "metrics, as a health state and as an event log. It only reads.",
        "An option can come from the command line (`--nats.url=URLS` or `--nats.url URLS`), from the environment "
        "(`LOOKOUT_NATS_URL`) or from the YAML file that `--config.file` names (`url` below `nats`). The command line "
        "wins over the environment, the environment over the file. A few belong to the command line alone. "
        "`nats-lookout config` prints what is in effect, as such a file."}},
      {"Commands", {"A command may stand before or after options."}, commands()},
  };
}

std::vector<Topic> topics_after_options() {
  return {values(), environment(), files(), secrets(), changes(), exit_status(), signals(), examples()};
}

}  // namespace lookout::cfg

#!/usr/bin/env python3
"""Whether each rule of deploy/prometheus says what a person needs, has a runbook, a test in which it fires and one in which it does not,
and asks for what exists; whether every check of the agent becomes exactly one alert. --write makes docs/alerts.md, which must be current."""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNBOOKS = "https://github.com/nats-lookout/nats-lookout/blob/main/docs/runbooks.md#"
BY_CHECK = RUNBOOKS + 'nats{{ reReplaceAll "_" "" $labels.check }}'
PLANNED = set()  # metrics of rules that come before them
BESIDES = {"process_start_time_seconds"}  # of every exporter

# Checks that have an alert of their own under another name than theirs.
TOLD_BY = {
    "server_draining": "NatsServerStopped",
    "server_restart_loop": "NatsServerRestarting",
    "agent_connection": "NatsLookoutDisconnected",
    "agent_identity": "NatsLookoutIdentity",
    "agent_lost_messages": "NatsLookoutLosingMessages",
    "agent_journal": "NatsLookoutJournalFailing",
    "collection_incomplete": "NatsLookoutCollectionIncomplete",
}

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
MATCHER = re.compile(r'(nats_\w+)\{([^}]*)\}')
COMPARISON = re.compile(r'(?:==|>=|<=|>|<) *[\d.]+(?: [+*] [\d.]+)*')


def text_of(*patterns):
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def yaml_of(pattern):
    return [yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob(pattern))]


def rules():
    return [rule for file in yaml_of("deploy/prometheus/*.rules.yaml") for group in file["groups"] for rule in group["rules"]]


def recorded():
    return {rule["record"] for rule in rules() if "record" in rule}


def documented_metrics():
    return set(re.findall(r'^\| `(\w+)`', text_of("docs/metrics.md"), re.M))


def checks():
    return re.findall(r'^\| `(\w+)`', text_of("docs/checks.md"), re.M)


def metrics_of(expr):
    """Metrics of NATS, and what rules record."""
    bare = re.sub(r'\b(by|on|without|ignoring|group_left|group_right) *\([^)]*\)', "", STRING.sub("", expr))
    names = re.findall(r'(?<![\w:])[a-z_][\w:]*(?= *[^\w: (])|(?<![\w:])[a-z_][\w:]*$', re.sub(r'\{[^}]*\}', "{}", bare))
    return {name for name in names if name.startswith("nats_") or ":" in name}


def values_of(expr):
    """Each metric with the label values it is asked for; a pattern of values is none."""
    for metric, matchers in MATCHER.findall(expr):
        for value in STRING.findall(matchers):
            if re.fullmatch(r'"[\w|]*"', value):
                yield from ((metric, each) for each in value.strip('"').split("|"))


def name_of(check):
    return "Nats" + "".join(word.capitalize() for word in check.split("_"))


def spoken(rule, headings):
    """What an alert does not say to people."""
    name, annotations = rule["alert"], rule.get("annotations", {})
    if rule.get("labels", {}).get("severity") not in ("warning", "critical"):
        yield "has no severity warning or critical"
    if "source" in rule.get("labels", {}):
        yield "has a source, as only alerts that the agent sends have"
    for wanted in ("summary", "description"):
        if not annotations.get(wanted):
            yield f"has no {wanted}"
    if "{{" in annotations.get("summary", ""):
        yield "has values in its summary"
    if annotations.get("runbook_url") == BY_CHECK:
        return
    if annotations.get("runbook_url") != RUNBOOKS + name.lower():
        yield f"does not lead to {RUNBOOKS}{name.lower()}"
    if name not in headings:
        yield "has no heading in docs/runbooks.md"


def asked(rule, known, sources):
    """What a rule asks for and nobody gives."""
    for metric in sorted(metrics_of(rule["expr"]) - known):
        yield f"asks for {metric}, which docs/metrics.md does not know"
    for metric, value in values_of(rule["expr"]):
        if metric not in PLANNED and f'"{value}"' not in sources:
            yield f'asks {metric} for "{value}", which no source file knows'


class Tests:
    """In which tests alerts and records are there, and in which they are looked for and not there."""

    def __init__(self, every):
        self.fires, self.silent = set(), set()
        for file in yaml_of("deploy/prometheus/tests/*.test.yaml"):
            for group in file["tests"]:
                given = {re.match(r'[\w:]+', series["series"]).group() for series in group["input_series"]}
                # A rule that lacks what it asks for is no test of it, but of absent().
                concerned = [rule for rule in every if given & (metrics_of(rule["expr"]) | BESIDES)]
                for test in group.get("alert_rule_test", []):
                    self.alert(test, concerned)
                for test in group.get("promql_expr_test", []):
                    self.expression(test, concerned)

    def alert(self, test, concerned):
        labels = [each["exp_labels"] for each in test.get("exp_alerts", [])]
        self.note([(test["alertname"], each.get("severity")) for each in labels],
                  [rule for rule in concerned if rule.get("alert") == test["alertname"]])

    def expression(self, test, concerned):
        samples = [each["labels"] for each in test.get("exp_samples", [])]
        if "ALERTS" in test["expr"]:
            matcher = re.search(r'alertname(=~?)"([^"]*)"', test["expr"])
            chosen = [rule for rule in concerned if "alert" in rule and (not matcher or re.fullmatch(matcher[2], rule["alert"]))]
            found = [dict(re.findall(r'(\w+)="([^"]*)"', each)) for each in samples]
            self.note([(each.get("alertname"), each.get("severity")) for each in found], chosen)
        for rule in concerned:
            if rule.get("record", "-") in test["expr"]:
                (self.fires if samples else self.silent).add((rule["record"], None))

    def note(self, found, chosen):
        self.fires |= set(found)
        for rule in chosen:
            name, severity = rule["alert"], rule["labels"]["severity"]
            if not {(name, severity), (name, None)} & set(found):
                self.silent.add((name, severity))

    def missing(self, rule):
        key = (rule["record"], None) if "record" in rule else (rule["alert"], rule["labels"]["severity"])
        if not {key, (key[0], None)} & self.fires:
            yield "has no test in which it is there"
        if key not in self.silent:
            yield "has no test in which it is not there"


def chosen_checks(rule):
    """The checks whose findings a rule takes by patterns."""
    found = re.search(r'nats_health_finding\{check=~"([^"]*)"(?:,check!~"([^"]*)")?\}', rule["expr"])
    if not found:
        return set()
    return {check for check in checks() if re.fullmatch(found[1], check) and not re.fullmatch(found[2] or "", check)}


def told_otherwise(every):
    """Checks that do not become an alert exactly once of each severity."""
    names = {rule["alert"] for rule in every if "alert" in rule}
    for check in checks():
        own = TOLD_BY.get(check, name_of(check)) in names
        for severity in ("warning", "critical"):
            times = sum(check in chosen_checks(rule) for rule in every if rule.get("labels", {}).get("severity") == severity)
            if own + times != 1:
                yield f"the check {check} becomes {own + times} alerts of severity {severity}"


def reference(every):
    """docs/alerts.md."""
    alerts = [rule for rule in every if "alert" in rule]
    lines = ["# Alerts and recording rules", "", "Made by `tests/tools/check_rules.py --write` from deploy/prometheus; a test fails when it is not current.",
             "What each alert means and what to do: [runbooks.md](runbooks.md).", "",
             "Nothing needs to be edited. To change a threshold that the table gives to the agent, set its option; the agent reads it again at",
             "SIGHUP. To change one that stands in a rule, edit your copy of the file, or silence the alert for the cluster or server in Alertmanager.",
             "`for` and `severity` are changed in the same way. `critical` is for waking somebody, `warning` for the next day.", "",
             "Alerts about NATS do not keep the job, since any agent may tell of a server. So of several deployments in one Prometheus the names of",
             "clusters, JetStream domains, and servers without a cluster must differ, or one hides the other's alerts; accounts and streams of the same",
             "name (such as `$G`) raise one alert for all. Where that will not do, give each deployment a Prometheus of its own.", "",
             "| alert | severity | for | what | threshold |", "| --- | --- | --- | --- | --- |"]
    for rule in alerts:
        name = rule["alert"]
        link = name if rule["annotations"]["runbook_url"] == BY_CHECK else f"[{name}](runbooks.md#{name.lower()})"
        lines.append(f"| {link} | {rule['labels']['severity']} | {rule.get('for', 'at once')} | "
                     f"{rule['annotations']['summary']} | {threshold(rule)} |")
    lines += ["", "## Recording rules", "", "| name | expression |", "| --- | --- |"]
    lines += [f"| `{rule['record']}` | `{' '.join(rule['expr'].split())}` |" for rule in every if "record" in rule]
    return "\n".join(lines) + "\n"


def threshold(rule):
    pattern = re.search(r'nats_auth_pattern\{pattern="(\w+)"', rule["expr"])
    if pattern:
        return f"the agent's `--auth.{pattern[1].replace('_', '-')}`"
    if "nats_health_finding" in rule["expr"]:
        return "the agent's `--health.checks`, defaults in [checks.md](checks.md)"
    found = [each for each in COMPARISON.findall(STRING.sub("", rule["expr"]).replace("\n", " ")) if not each.startswith("==")]
    return "rule: " + ", ".join(f"`{each}`" for each in found) if found else "none"


def main():
    every = rules()
    known = documented_metrics() | recorded() | PLANNED
    headings = set(re.findall(r'^#+ (\w+)$', text_of("docs/runbooks.md"), re.M))
    sources = text_of("agent/*.cpp", "agent/*.h", "config/*.cpp", "config/*.h", "exporters/*.cpp")
    tests = Tests(every)
    found = [f"{metric} is in docs/metrics.md: take it out of PLANNED" for metric in sorted(PLANNED & documented_metrics())]
    names = set()
    for rule in every:
        name = rule.get("alert") or rule["record"]
        faults = [*asked(rule, known, sources), *tests.missing(rule), *(spoken(rule, headings) if "alert" in rule else ())]
        found += [f"{name} {fault}" for fault in faults]
        key = (name, rule.get("labels", {}).get("severity"))
        found += [f"{name} is there twice"] if key in names else []
        names.add(key)
    found += told_otherwise(every)
    found += [f"the check {check} has no heading {name_of(check)} in docs/runbooks.md" for check in checks() if name_of(check) not in headings]
    page = ROOT / "docs/alerts.md"
    if "--write" in sys.argv:
        page.write_text(reference(every))
    elif not page.exists() or page.read_text() != reference(every):
        found.append("docs/alerts.md is not current: check_rules.py --write")
    print("\n".join(found) or f"{len(names)} rules")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())

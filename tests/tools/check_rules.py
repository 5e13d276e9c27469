#!/usr/bin/env python3
"""Whether each alert of deploy/prometheus says what a person needs, has a runbook and a test, and asks for what exists."""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNBOOKS = "https://github.com/nats-lookout/nats-lookout/blob/main/docs/runbooks.md#"
PLANNED = set()  # metrics of rules that come before them
NEVER_CRITICAL = {"server_auth_not_required", "cluster_versions", "leafnode_missing", "meta_ghost_peers"}  # and so not pushed

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
MATCHER = re.compile(r'(nats_\w+)\{([^}]*)\}')


def text_of(*patterns):
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


def metrics_of(expr):
    return set(re.findall(r'\bnats_\w+', re.sub(r'\b(by|on|without|ignoring) *\([^)]*\)', "", STRING.sub("", expr))))


def values_of(expr):
    """Each metric with the label values it is asked for."""
    for metric, matchers in MATCHER.findall(expr):
        for value in STRING.findall(matchers):
            for each in value.strip('"').split("|"):
                yield metric, each


def faults(rule, documented, headings, tests, sources):
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
    if annotations.get("runbook_url") != RUNBOOKS + name.lower():
        yield f"does not lead to {RUNBOOKS}{name.lower()}"
    if name not in headings:
        yield "has no heading in docs/runbooks.md"
    if not re.search(rf'alertname(="|: ){name}\b', tests):
        yield "has no test in deploy/prometheus/tests"
    for metric in sorted(metrics_of(rule["expr"]) - documented - PLANNED):
        yield f"asks for {metric}, which docs/metrics.md does not know"
    for metric, value in values_of(rule["expr"]):
        if metric not in PLANNED and f'"{value}"' not in sources:
            yield f'asks {metric} for "{value}", which no source file knows'


def sent_by_the_agent():
    """Names of the alerts that the findings of the agent become."""
    fixed = re.findall(r'\{"(\w+)", Of::\w+, "[^"]*"', text_of("config/fixed_checks.cpp"))
    checks = re.findall(r'\brow\("(\w+)"', text_of("config/checks.cpp"))
    checks = fixed + [check for check in checks if check not in NEVER_CRITICAL]
    if not fixed or len(fixed) == len(checks):
        sys.exit("the tables of checks are not where they were")
    return {"Nats" + "".join(word.capitalize() for word in check.split("_")) for check in checks}


def main():
    documented = set(re.findall(r'^\| `(\w+)`', text_of("docs/metrics.md"), re.M))
    headings = set(re.findall(r'^#+ (\w+)$', text_of("docs/runbooks.md"), re.M))
    tests = text_of("deploy/prometheus/tests/*.test.yaml")
    sources = text_of("agent/*.cpp", "agent/*.h", "config/*.h", "exporters/*.cpp")
    found = [f"{metric} is in docs/metrics.md: take it out of PLANNED" for metric in sorted(PLANNED & documented)]
    names = set()
    for path in sorted(ROOT.glob("deploy/prometheus/*.rules.yaml")):
        for rule in [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"] if "alert" in rule]:
            found += [f"{rule['alert']} {fault}" for fault in faults(rule, documented, headings, tests, sources)]
            if rule["alert"] in names:
                found.append(f"{rule['alert']} is there twice")
            names.add(rule["alert"])
    found += [f"{name}, which the agent sends, has no heading in docs/runbooks.md" for name in sorted(sent_by_the_agent() - headings)]
    print("\n".join(found) or f"{len(names)} alerts")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())

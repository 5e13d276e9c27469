#!/usr/bin/env python3
"""Runs every query of dashboards against a Prometheus: run_dashboards.py [--wait SECONDS] [--server VERSION] [--show] URL FILE...

Prints the queries of panels and variables that give nothing, asked again and again until SECONDS are over, and legends that name no label;
--show prints what the others give. Ends with 1 when something gave nothing, unless docs/metrics.md says that nats-servers of VERSION do not tell it."""
import argparse
import json
import math
import pathlib
import re
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT_IN = {"__rate_interval": "15s", "__range": "5m", "__interval": "5s", "__interval_ms": "5000", "__range_s": "300"}
SPAN, STEP = 120, 5  # seconds of a graph


def number(version):
    return tuple(int(part) for part in version.split("."))


def untold(server):
    """Metrics that nats-servers of this version do not tell."""
    lines = re.findall(r"^\| `(\w+)` .* \| ([\d.]+) \|$", (ROOT / "docs/metrics.md").read_text(), re.M)
    return {metric for metric, since in lines if server and number(since) > number(server)}


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/") + "/api/v1/"

    def ask(self, path, **parameters):
        """What the API answers; for a query it refuses, the reason as a string."""
        try:
            with urllib.request.urlopen(self.url + path + "?" + urllib.parse.urlencode(parameters), timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            return json.load(error)["error"]

    def values_of(self, text):
        """Of label_values(METRIC, LABEL), label_values(LABEL) or query_result(EXPRESSION), as variables have them."""
        if text.startswith("query_result("):
            data = self.ask("query", query=text.removeprefix("query_result(").removesuffix(")"))
            return data if isinstance(data, str) else [series["value"][1] for series in data["result"]]
        metric, label = re.fullmatch(r"label_values\((?:(.*),)?\s*(\w+)\s*\)", text.strip(), re.S).groups()
        return self.ask(f"label/{label}/values", **({"match[]": metric.strip()} if metric else {}))


def substituted(text, values):
    """The text with $name, ${name}, ${name:format} and [[name]] replaced."""
    def value(match):
        name = next(filter(None, match.groups()))
        return values.get(name, match.group(0))
    return re.sub(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)(?::\w+)?\]\]", value, text)


def query_of(variable):
    query = variable.get("query", "")
    return query.get("query", "") if isinstance(query, dict) else query


def read_variables(dashboard, prometheus):
    """Values to put in place of variables, and faults: those of queries that give nothing."""
    values, faults = dict(BUILT_IN), []
    for variable in dashboard.get("templating", {}).get("list", []):
        name, current = variable["name"], variable.get("current", {}).get("value", "")
        if variable["type"] == "query":
            query = substituted(query_of(variable), values)
            found = prometheus.values_of(query)
            if not found or isinstance(found, str):
                faults.append(f"variable {name}: {found or 'nothing'}: {query}")
            whole = variable.get("includeAll") or variable.get("multi")
            values[name] = variable.get("allValue") or ".*" if whole else (found or [""])[0]
        else:
            values[name] = current[0] if isinstance(current, list) and current else str(current or query_of(variable))
    return values, faults


def panels_of(dashboard):
    """All panels, those within rows too, also of the layout of early versions."""
    for panel in dashboard.get("panels", []) + [panel for row in dashboard.get("rows", []) for panel in row["panels"]]:
        yield panel
        yield from panel.get("panels", [])


def has_number(series):
    points = series.get("values") or [series["value"]]
    return any(not math.isnan(float(value)) for _, value in points)


def run(target, values, prometheus):
    """The series a target gives, or why it gives none."""
    expression = substituted(target["expr"], values)
    now = time.time()
    if target.get("instant"):
        data = prometheus.ask("query", query=expression, time=now)
    else:
        data = prometheus.ask("query_range", query=expression, start=now - SPAN, end=now, step=STEP)
    return data if isinstance(data, str) else [series for series in data["result"] if has_number(series)]


def legend(target, series):
    text = target.get("legendFormat") or ""
    labels = series["metric"]
    named = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: labels.get(match.group(1), ""), text)
    last = series["values"][-1] if "values" in series else series["value"]
    return f"    {named if text and target.get('format') != 'table' else labels}: {last[1]}"


def nameless(target, series):
    """A label of the legend that no series has."""
    wanted = re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat") or "")
    return [label for label in wanted if not any(label in each["metric"] for each in series)]


class Report:
    """What the queries of one dashboard give."""

    def __init__(self, path, prometheus, without):
        dashboard = json.loads(path.read_text())
        self.name, self.shown, self.without = path.name, [], without
        self.values, self.faults = read_variables(dashboard, prometheus)
        self.queries = 0
        for panel in panels_of(dashboard):
            for target in panel.get("targets", []):
                if target.get("expr"):
                    self.add(panel, target, run(target, self.values, prometheus))

    def add(self, panel, target, found):
        self.queries += 1
        place = f"{panel.get('title', '')!r} {target.get('refId', '')}"
        if not found and self.without & set(re.findall(r"\w+", target["expr"])):
            self.shown.append(f"{place}: nothing, as is right with this server")
        elif not found or isinstance(found, str):
            self.faults.append(f"{place}: {found or 'nothing'}: {substituted(target['expr'], self.values)}")
        elif nameless(target, found):
            self.faults.append(f"{place}: no series has {nameless(target, found)} of its legend")
        else:
            unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "")
            self.shown += [f"{place} [{unit}] {len(found)} series", *(legend(target, series) for series in found[:6])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", type=float, default=0)
    parser.add_argument("--server", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("url")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    prometheus, end, failed = Prometheus(options.url), time.monotonic() + options.wait, False
    for path in options.files:
        report, late = Report(path, prometheus, untold(options.server)), []
        while report.faults and time.monotonic() < end:
            late = report.faults
            time.sleep(1)
            report = Report(path, prometheus, untold(options.server))
        failed = failed or bool(report.faults) or not report.queries
        lines = report.faults + (report.shown if options.show else [])
        lines += [f"waited for {fault}" for fault in late if not report.faults]
        print(f"{report.name}: {report.queries} queries, {len(report.faults)} faults", *lines, sep="\n  ")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

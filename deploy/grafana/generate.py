#!/usr/bin/env python3
"""Makes deploy/grafana/*.json from deploy/grafana/source/*.yaml and the tables below: generate.py [DIRECTORY]

An expression of the source is PromQL with some words more, which add the selectors of the dashboard's variables to a metric and the
labels of docs/metrics.md to an aggregation:
  one(METRIC{...})                    max by (its own labels): replicas of the agent tell the same, and each series is taken once
  per_second(METRIC{...})             the same of its rate
  added(METRIC{...}, RANGE)           of its increase
  slope(METRIC{...}, RANGE)           of how fast a gauge changes
  ahead(METRIC{...}, RANGE, SECONDS)  of what it will be
  agent(METRIC{...})                  the series as they are, each agent for itself
"""
import json
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

# Colours that people who see red and green alike can tell apart (Okabe and Ito); every state also has its word.
GOOD, NOTICE, BAD, UNKNOWN, PLAIN = "#0072B2", "#E69F00", "#D55E00", "#999999", "text"
MAPPINGS = {
    "health": {0: ("ok", GOOD), 1: ("warning", NOTICE), 2: ("critical", BAD), 3: ("unknown", UNKNOWN)},
    "up": {0: ("down", BAD), 1: ("up", GOOD)},
    "wanted": {0: ("no", BAD), 1: ("yes", GOOD)},
    "unwanted": {0: ("no", GOOD), 1: ("yes", BAD)},
    "flag": {0: ("no", PLAIN), 1: ("yes", PLAIN)},
}
# Thresholds: the colour from a value on.
LEVELS = {
    "plain": [(None, PLAIN)],
    "none wanted": [(None, GOOD), (1, NOTICE)],
    "none allowed": [(None, GOOD), (1, BAD)],
    "some wanted": [(None, BAD), (1, GOOD)],
    "share": [(None, GOOD), (0.75, NOTICE), (0.9, BAD)],
    "expiry": [(None, BAD), (2 * 86400, NOTICE), (14 * 86400, GOOD)],
}

# name: label it selects by, label on the screen, what its values are read from
VARIABLES = {
    "job": ("job", "Job", "nats_lookout_connected"),
    "instance": ("instance", "Agent", "nats_lookout_connected"),
    "cluster": ("nats_cluster", "Cluster", "nats_server_up"),
    "server": ("server", "Server", "nats_server_up"),
    "account": ("account_name", "Account", "nats_account_connections"),
    "stream": ("stream", "Stream", "nats_stream_has_leader"),
}
AGENT_LABELS = ("job", "instance")


def labels_of_metrics():
    text = (HERE.parents[1] / "docs/metrics.md").read_text()
    return {name: [label.strip() for label in labels.split(",") if label.strip()]
            for name, labels in re.findall(r"^\| `(\w+)` \| \w+ \| ([^|]*)\|", text, re.M)}


LABELS = labels_of_metrics()


def selector(metric, matchers, variables, labels):
    """The metric with its own matchers and those of the variables whose label it has."""
    chosen = [matchers.strip("{}")] if matchers else []
    chosen += [f'{VARIABLES[name][0]}=~"${name}"' for name in variables if VARIABLES[name][0] in labels]
    return metric + "{" + ",".join(chosen) + "}"


WORDS = {
    "one": "{}",
    "per_second": "rate({}[$__rate_interval])",
    "added": "increase({}[{}])",
    "slope": "deriv({}[{}])",
    "ahead": "predict_linear({}[{}], {})",
}


def expand(text, variables):
    """PromQL of an expression of the source."""
    def word(match):
        kind, metric, matchers, arguments = match.groups()
        if kind == "agent":
            return selector(metric, matchers, variables, AGENT_LABELS)
        if metric not in LABELS:
            sys.exit(f"docs/metrics.md does not know {metric}")
        chosen = selector(metric, matchers, variables, ["job", *LABELS[metric]])
        inner = WORDS[kind].format(chosen, *filter(None, re.split(", *", arguments or "")))
        return f"max by ({', '.join(LABELS[metric])}) ({inner})"
    return re.sub(rf"\b(agent|{'|'.join(WORDS)})\((\w+)(\{{[^}}]*\}})?((?:, *[\w$]+)*)\)", word, " ".join(text.split()))


def variable(name, variables):
    label, title, metric = VARIABLES[name]
    earlier = variables[:variables.index(name)]
    query = f"label_values({selector(metric, '', earlier, ['job', *LABELS[metric]])}, {label})"
    return {"name": name, "label": title, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "hide": 0,
            "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}


def datasource_variable():
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1, "hide": 0}


def look(spec):
    """Unit, mappings and thresholds of a panel or of a column."""
    fields = {"unit": spec.get("unit", "none")}
    if "decimals" in spec:
        fields["decimals"] = spec["decimals"]
    if "map" in spec:
        options = {str(value): {"text": word, "color": colour, "index": value}
                   for value, (word, colour) in MAPPINGS[spec["map"]].items()}
        fields["mappings"] = [{"type": "value", "options": options}]
    steps = [{"value": value, "color": colour} for value, colour in LEVELS[spec.get("levels", "plain")]]
    fields["thresholds"] = {"mode": "absolute", "steps": steps}
    return fields


def coloured(spec):
    return "map" in spec or "levels" in spec


def stat(spec):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "auto",
               "textMode": spec.get("text", "auto"), "colorMode": "background" if coloured(spec) else "none",
               "graphMode": "none", "justifyMode": "auto"}
    defaults = look(spec) | {"color": {"mode": "thresholds"}}
    return {"options": options, "fieldConfig": {"defaults": defaults, "overrides": []}}


def series(spec):
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if spec.get("stack") else "none", "group": "A"}}
    defaults = look(spec) | {"color": {"mode": "palette-classic"}, "custom": custom, "min": spec.get("min", 0)}
    if spec.get("min") == "auto":
        del defaults["min"]
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return {"options": options, "fieldConfig": {"defaults": defaults, "overrides": []}}


def timeline(spec):
    options = {"mergeValues": True, "showValue": "never", "alignValue": "left", "rowHeight": 0.8,
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "single", "sort": "none"}}
    defaults = look(spec) | {"color": {"mode": "thresholds"}, "custom": {"fillOpacity": 80, "lineWidth": 0}}
    return {"options": options, "fieldConfig": {"defaults": defaults, "overrides": []}}


def table(spec):
    """One row for each set of labels; every query is a column."""
    columns = list(spec["queries"])
    overrides = []
    for name in columns:
        column = spec.get("columns", {}).get(name, {})
        properties = [{"id": key, "value": value} for key, value in look(column).items()]
        if coloured(column):
            properties += [{"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}},
                           {"id": "color", "value": {"mode": "thresholds"}}]
        overrides.append({"matcher": {"id": "byName", "options": name}, "properties": properties})
    refs = [chr(ord("A") + index) for index in range(len(columns))]
    values = ["Value"] if len(columns) == 1 else [f"Value #{ref}" for ref in refs]
    renamed = dict(zip(values, columns)) | spec.get("rename", {})
    order = {name: index for index, name in enumerate(spec.get("labels", []) + values)}
    hidden = {name: True for name in ["Time", *spec.get("hide", [])]}
    transformations = [] if len(columns) == 1 else [{"id": "merge", "options": {}}]
    transformations.append({"id": "organize", "options": {"excludeByName": hidden, "indexByName": order, "renameByName": renamed}})
    options = {"showHeader": True, "cellHeight": "sm"}
    if "sort" in spec:
        options["sortBy"] = [{"displayName": spec["sort"], "desc": True}]
    defaults = look(spec) | {"custom": {"align": "auto", "filterable": True}}
    return {"options": options, "fieldConfig": {"defaults": defaults, "overrides": overrides}, "transformations": transformations}


# kind: its type in Grafana, how it is made, width, height
KINDS = {
    "stat": ("stat", stat, 4, 4),
    "series": ("timeseries", series, 12, 8),
    "timeline": ("state-timeline", timeline, 12, 8),
    "table": ("table", table, 24, 8),
}


def targets(spec, variables):
    at_once = spec["kind"] in ("table", "stat")
    for index, (legend, text) in enumerate(spec["queries"].items()):
        target = {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": expand(text, variables),
                  "legendFormat": legend, "instant": at_once, "range": not at_once}
        if spec["kind"] == "table":
            target["format"] = "table"
        yield target


def panel(spec, variables):
    kind, make, _, _ = KINDS[spec["kind"]]
    return {"type": kind, "title": spec["title"], "description": spec["about"], "datasource": DATASOURCE,
            "targets": list(targets(spec, variables)), **make(spec)}


def placed(rows, variables):
    """The panels of all rows with their places: from left to right, and below when there is no room."""
    y, number = 0, 0
    for row in rows:
        number += 1
        yield {"type": "row", "id": number, "title": row["row"], "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}}
        y, x, tallest = y + 1, 0, 0
        for spec in row["panels"]:
            _, _, width, height = KINDS[spec["kind"]]
            width, height = spec.get("width", width), spec.get("height", height)
            if x + width > 24:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            yield {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel(spec, variables)}
            x, tallest = x + width, max(tallest, height)
        y += tallest


def dashboard(name, source):
    variables = source["variables"]
    links = [{"type": "dashboards", "title": "NATS", "tags": ["nats-lookout"], "asDropdown": True, "includeVars": True,
              "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "The other dashboards of nats-lookout", "url": ""}]
    return {"uid": f"nats-lookout-{name}", "title": source["title"], "description": source["about"], "tags": ["nats", "nats-lookout"],
            "schemaVersion": 38, "version": 1, "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
            "time": {"from": "now-3h", "to": "now"}, "links": links, "annotations": {"list": []},
            "templating": {"list": [datasource_variable(), *(variable(each, variables) for each in variables)]},
            "panels": list(placed(source["rows"], variables))}


def dashboards():
    """Name and text of each file."""
    for path in sorted((HERE / "source").glob("*.yaml")):
        made = dashboard(path.stem, yaml.safe_load(path.read_text()))
        yield f"{path.stem}.json", json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def main():
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, text in dashboards():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Whether deploy/grafana is as generated, says what a person needs and asks for what exists: check_dashboards.py [SDK]

SDK is where the Python package grafana-foundation-sdk was unpacked: its types, made from Grafana's schemas, must know every field."""
import importlib.util
import json
import pathlib
import re
import sys

from check_rules import ROOT, documented_metrics, metrics_of, recorded

GRAFANA = ROOT / "deploy/grafana"
# Names that docs/metrics.md does not have, or has only the stem of.
BESIDES = {"nats_lookout_data_age_seconds", "nats_lookout_build_info", "nats_lookout_loop_batch_seconds_bucket",
           "nats_lookout_http_request_duration_seconds_bucket"}


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", GRAFANA / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def panel_faults(panel, known, datasource):
    for wanted in ("title", "description"):
        if not panel.get(wanted, "").strip():
            yield f"has no {wanted}"
    defaults = panel["fieldConfig"]["defaults"]
    speaks = panel["type"] == "table" or defaults.get("mappings") or panel["options"].get("textMode") == "name"
    if defaults.get("unit", "none") == "none" and not speaks:
        yield "has no unit, and no words for its values"
    if not panel["targets"]:
        yield "asks for nothing"
    for place in (panel, *panel["targets"]):
        if place.get("datasource") != datasource:
            yield "has a data source of its own"
    for target in panel["targets"]:
        for metric in sorted(metrics_of(target["expr"]) - known):
            yield f"asks for {metric}, which docs/metrics.md does not know"
        if re.search(r"\brate\((?![^()]*\[\$__rate_interval\])", target["expr"]):
            yield "has a rate over another time than $__rate_interval"


def overlaps(panels):
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if cells & taken or place["x"] + place["w"] > 24:
            yield panel["title"]
        taken |= cells


def dashboard_faults(dashboard, known, datasource):
    variables = dashboard["templating"]["list"]
    if [each["name"] for each in variables if each["type"] == "datasource"] != ["datasource"]:
        yield "has no variable datasource"
    for variable in variables:
        if not variable.get("label"):
            yield f"variable {variable['name']} has no label"
        if variable["type"] == "query" and variable["datasource"] != datasource:
            yield f"variable {variable['name']} has a data source of its own"
    panels = dashboard["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        yield "has two panels with the same id"
    for title in overlaps(panels):
        yield f"panel {title!r} lies over another or beyond the edge"
    for panel in panels:
        if panel["type"] != "row":
            yield from (f"panel {panel['title']!r} {fault}" for fault in panel_faults(panel, known, datasource))


def lost(before, after, path=""):
    """What of a value is not in the other one."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from lost(value, after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (left, right) in enumerate(zip(before, after)):
            yield from lost(left, right, f"{path}[{index}]")
    elif before != after:
        yield path


def unknown_to_grafana(dashboard):
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard
    register_default_plugins()
    return lost(dashboard, json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard))))


def main():
    generator, found, uids, panels = load_generator(), [], {}, 0
    made = dict(generator.dashboards())
    known = documented_metrics() | recorded() | BESIDES
    files = {path.name: path.read_text() for path in sorted(GRAFANA.glob("*.json"))}
    found += [f"{name} is not as generated: run deploy/grafana/generate.py" for name in made if files.get(name) != made[name]]
    found += [f"{name} has no source" for name in files if name not in made]
    for name, text in files.items():
        dashboard = json.loads(text)
        panels += len(dashboard["panels"])
        found += [f"{name} {fault}" for fault in dashboard_faults(dashboard, known, generator.DATASOURCE)]
        if len(sys.argv) > 1:
            sys.path.insert(0, sys.argv[1])
            found += [f"{name} has {place}, which Grafana does not know" for place in unknown_to_grafana(dashboard)]
        if dashboard["uid"] in uids:
            found.append(f"{name} has the uid of {uids[dashboard['uid']]}")
        uids[dashboard["uid"]] = name
    print("\n".join(found) or f"{len(files)} dashboards, {panels} panels and rows")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())

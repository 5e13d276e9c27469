#!/usr/bin/python3
"""Whether answers of /api/v1 are what docs/openapi.yaml says, and nothing else: check_openapi.py [ENDPOINT=FILE...]

ENDPOINT is the path's tail ("servers=/tmp/answer.json"); `events` takes lines of an event log or a recorded stream. Without
arguments the golden answers are looked at. The document lets fields be added. Here it does not: what the agent tells stands in it."""
import json
import pathlib
import sys

import jsonschema
import yaml

from check_health_schema import closed

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/openapi.yaml"
GOLDEN = ROOT / "tests/golden"
PATHS = "/api/v1/"
OTHER_EVENTS = {"lost": "Lost", "snapshot": "SnapshotEvent"}


def references(node):
    if isinstance(node, list):
        for each in node:
            yield from references(each)
    elif isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)


def resolve(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


class Contract:
    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text())
        self.closed = closed(self.document)

    def own_faults(self):
        """Of the document: references that lead nowhere, schemas that are none, objects that require what they do not name."""
        for reference in references(self.document):
            try:
                resolve(self.document, reference)
            except KeyError:
                yield f"{DOCUMENT.name}: {reference} leads nowhere"
        for name, schema in self.document["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for missing in set(schema.get("required", [])) - set(schema.get("properties", {})):
                yield f"{DOCUMENT.name}: {name} requires {missing}, which it does not name"
        for path, operations in self.document["paths"].items():
            names = [resolve(self.document, each["$ref"])["name"] if "$ref" in each else each["name"]
                     for each in operations["get"].get("parameters", [])]
            if len(names) != len(set(names)):
                yield f"{DOCUMENT.name}: {path} has a parameter twice"

    def faults(self, schema, value):
        resolver = jsonschema.RefResolver("", self.closed)
        for error in jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(value):
            yield f"{error.json_path}: {error.message}"

    def answer_faults(self, endpoint, text):
        operation = self.closed["paths"][PATHS + endpoint]["get"]
        return self.faults(operation["responses"]["200"]["content"]["application/json"]["schema"], json.loads(text))

    def event_faults(self, text):
        """Of a stream, or of lines that are events each."""
        kind = ""
        for line in text.splitlines():
            field, _, value = line.partition(": ")
            if line.startswith("{"):
                field, value = "data", line
            if field == "event":
                kind = value
            elif field == "data":
                schema = self.closed["components"]["schemas"][OTHER_EVENTS.get(kind, "Event")]
                yield from self.faults(schema, json.loads(value))


def golden():
    answers = [f"{path.stem.removeprefix('api_')}={path}" for path in sorted(GOLDEN.glob("api_*.json"))]
    return answers + [f"auth={GOLDEN}/auth.json", f"events={GOLDEN}/events.log"]


def main():
    contract = Contract()
    found = list(contract.own_faults())
    arguments = sys.argv[1:] or golden()
    for argument in arguments:
        endpoint, path = argument.split("=", 1)
        text = pathlib.Path(path).read_text()
        faults = contract.event_faults(text) if endpoint == "events" else contract.answer_faults(endpoint, text)
        found += [f"{path}: {fault}" for fault in faults]
    print("\n".join(found) or f"{len(arguments)} answers")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Whether answers of /health are what docs/health.schema.json says, and nothing else: check_health_schema.py FILE...

The schema lets fields be added. Here it does not: what the agent tells stands in it."""
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/health.schema.json"


def closed(schema):
    """The same, where an object has no other fields than those it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object":
        made["additionalProperties"] = False
    return made


def faults(schema, path):
    for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(pathlib.Path(path).read_text())):
        yield f"{path}: {error.json_path}: {error.message}"


def main():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = [fault for path in sys.argv[1:] for fault in faults(closed(schema), path)]
    print("\n".join(found) or f"{len(sys.argv) - 1} answers")
    return 1 if found or len(sys.argv) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())

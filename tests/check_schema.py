#!/usr/bin/python3
"""Checks the scenario schema against the scenarios, and both against the JSON Schema standard.

The program decodes scenarios by hand, for good messages; the schema is for editors. This is what
keeps the two from drifting apart: every scenario of the library must be valid, by an independent
validator. Usage: check_schema.py PROGRAM [FOLDER]
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

ERRORS_SHOWN_MAX = 5


def scenario_files(folder):
    """All scenarios: every .json file but real images' parts and schemas."""
    for path in sorted(folder.rglob("*.json")):
        if path.relative_to(folder).parts[0] == "images" or path.name.endswith(".schema.json"):
            continue
        yield path


def main():
    program = sys.argv[1]
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "scenarios")
    schema = json.loads(subprocess.run([program, "schema"], check=True, capture_output=True).stdout)
    if "$schema" not in schema:
        sys.exit("the schema doesn't say which draft it is written in ($schema)")
    kind = jsonschema.validators.validator_for(schema, default=None)
    if kind is None:
        sys.exit(f"unknown draft {schema['$schema']}")
    kind.check_schema(schema)
    validator = kind(schema)

    file_count = error_count = 0
    for path in scenario_files(folder):
        file_count += 1
        errors = sorted(validator.iter_errors(json.loads(path.read_text("utf-8"))), key=str)
        error_count += len(errors)
        for error in errors[:ERRORS_SHOWN_MAX]:
            pointer = "".join(f"/{part}" for part in error.absolute_path)
            print(f"{path}: {pointer or '/'}: {error.message[:300]}", file=sys.stderr)
    print(f"schema ({kind.__name__}): {file_count} scenarios, {error_count} errors")
    if file_count == 0:
        sys.exit(f"no scenarios in {folder}")
    sys.exit(1 if error_count else 0)


if __name__ == "__main__":
    main()

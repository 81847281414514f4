#!/usr/bin/python3
"""Writes docs/scenario-reference.md and the tables of docs/containerd.md from what the program prints, or
checks that they are up to date.

usage: docs/make-reference.py PROGRAM [--check]
"""
import json
import pathlib
import subprocess
import sys

REFERENCE = pathlib.Path(__file__).with_name("scenario-reference.md")
RULES = pathlib.Path(__file__).with_name("containerd.md")

HEAD = """# Scenario reference

A scenario is one JSON file: what it shows, its world, its steps, and what must be true. This page is made from the
schema that `sweepcheck schema` prints, by `docs/make-reference.py`; `./dev test` checks that the two agree.

## Names

Blobs, chains and diff IDs are named by aliases, wherever a digest could stand:

| alias | what it names |
|---|---|
| `layer:NAME`, `config:IMAGE`, `manifest:IMAGE`, `index:IMAGE` | a blob of a declared image |
| `schema1:IMAGE` | the manifest in Docker's first format of an image with `"media_types": "schema1"`; what it becomes is `manifest:IMAGE` |
| `chain:L1+L2` | the chain ID of these layers, which is the key of their snapshot |
| `diff:NAME` | the diff ID of a layer (the lowest layer's is its chain ID, too) |
| `blob:NAME` | what an `ingest` or `add-file` step made up |
| `tar:NAME` | a layer as a docker archive holds it, uncompressed |
| `HOST/REPOSITORY@manifest:IMAGE` | a reference by digest |

A reference has its host, and a tag or a digest: `HOST/REPOSITORY:TAG`. Where one has none, ctr and the client library ask no registry and
fail as containerd does: `object required`, or without a host `invalid port` if what follows the last `:` is no number. CRI takes
`docker.io` and `latest` for granted, also for its containers and pods. It opens an image by whichever of its references comes first.
What is not a valid reference at all (`app:`, `lib/App:1`, `lib/app:1:2`) is refused where a registry, CRI or a new record gets it; ctr finds a
record that is there by any name.

CRI's record by image id is the image called `config:IMAGE`. Leases that clients make for one operation are `lease-1`,
`lease-2`; extraction snapshots are `extract-1 chain:base`. The keys of snapshots on another snapshotter are written
`native/chain:base`.

## Stopping in the middle

Every operation is a sequence of atomic steps, whose names `--trace` prints. `"until": "commit content layer:a1"` stops an
operation before that step, `"as"` gives it a handle, and later steps `resume` it or `kill` its client.
"""


# What `present`, `absent` and `exactly` may ask for; the keys must be the schema's own.
KINDS = {
    "content": "content records, by the blob's alias",
    "snapshots": "snapshot records, by key; the lowest layer's key is its `chain:NAME`",
    "images": "image records, by name",
    "leases": "leases, by id",
    "ingests": "downloads that were not committed, by ref: \"layer-layer:base\"",
    "containers": "container records, those of CRI's pods among them, by id",
    "sandboxes": "sandbox records (1.7+), by id; `labels_of` calls one a `sandbox`",
    "namespaces": "namespaces, by name",
    "files": "files of blobs on the disk, which all namespaces share, whatever the records say",
    "directories": "directories of snapshots on the disk, by the key that they were made for; a later one for a key whose"
    " old directory is still there is \"KEY#2\"",
}


def help_of(schema):
    return schema.get("description", "").replace("|", "\\|")


def values_of(schema, definitions):
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        merged = dict(definitions[name])
        return values_of(merged, definitions) if "enum" in merged else name
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if list(schema.get("properties", ())) == list(KINDS):
        return "names by kind"
    if schema.get("properties"):
        return "object of " + ", ".join(f"`{key}`" for key in schema["properties"])
    kind = schema.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else kind


def table(properties, definitions, required=()):
    rows = ["| key | value | meaning |", "|---|---|---|"]
    for name, schema in properties.items():
        mark = " (required)" if name in required else ""
        rows.append(f"| `{name}`{mark} | {values_of(schema, definitions)} | {help_of(schema)} |")
    return "\n".join(rows) + "\n"


def reference(schema, operations):
    definitions = schema["$defs"]
    parts = [HEAD, "## The file\n"]
    parts.append(table(schema["properties"], definitions, schema.get("required", ())))
    for name in ("layer", "image", "member", "registry", "node", "cri", "scheduler-keys", "archive"):
        parts.append(f"### {name}\n")
        definition = definitions[name]
        parts.append(table(definition["properties"], definitions, definition.get("required", ())))
    parts.append("## Steps\n")
    common = set.intersection(
        *(set(definitions[f"step-{row['name']}"]["properties"]) for row in operations))
    parts.append("Keys that every operation has:\n")
    first = definitions[f"step-{operations[0]['name']}"]["properties"]
    parts.append(table({key: first[key] for key in first if key in common}, definitions))
    verbs = [(row["name"], row["help"]) for row in operations]
    known = {name for name, _ in verbs}
    for name in definitions:
        if name.startswith("step-") and name[5:] not in known:
            verbs.append((name[5:], ""))
    for verb, text in verbs:
        definition = definitions[f"step-{verb}"]
        own = {key: value for key, value in definition["properties"].items() if key not in common}
        parts.append(f"### {verb}\n")
        if text:
            parts.append(text[0].upper() + text[1:] + ".\n")
        parts.append(table(own, definitions, definition.get("required", ())))
    parts.append("## Failures\n")
    parts.append(table(definitions["failure"]["properties"], definitions))
    parts.append("## Expectations\n")
    parts.append(table(definitions["expectation"]["properties"], definitions))
    parts.append("The kinds of objects in `present`, `absent` and `exactly`:\n")
    kinds = definitions["expectation"]["properties"]["present"]["properties"]
    if list(kinds) != list(KINDS):
        sys.exit("the schema's kinds of objects are not those that make-reference.py describes")
    parts.append("| kind | what it is |\n|---|---|")
    parts.extend(f"| `{name}` | {text} |" for name, text in KINDS.items())
    parts.append("\n### labelled\n")
    parts.append(table(definitions["labelled"]["properties"], definitions,
                       definitions["labelled"].get("required", ())))
    parts.append("## Notes for conformance\n")
    parts.append("The file's `conform` is one of these, or a list of them; [conformance](conformance.md) tells more.\n")
    parts.append(table(definitions["conform-note"]["properties"], definitions))
    parts.append("## What a counterexample was found by\n")
    parts.append("`sweepcheck check --failures DIR` writes it, and replays the file first when it runs again.\n")
    parts.append(table(definitions["found-by"]["properties"], definitions, definitions["found-by"]["required"]))
    return "\n".join(parts)


def code(text):
    return f"`{text}`" if text else ""


def kinds_table(rows):
    lines = ["| kind | a root by itself | collected | source | scenario |", "|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['name']} | {row['root']} | {row['collected']} | {row['source']} | {code(row['scenario'])} |")
    return lines


def meanings_table(rows):
    lines = ["| fact | rule | owners | keeps | what it names | releases | source | scenario |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        name = code(row["key"]) or row["name"]
        keeps = row["keeps"] + (", flat" if row["from_flat_lease"] else "")
        owners = ", ".join(row["owners"]) or "any"
        lines.append(f"| {name} | {row['help']} | {owners} | {keeps} | {', '.join(row['names'])} | {row['releases']} "
                     f"| {row['source']} | {code(row['scenario'])} |")
    return lines


def behaviours_table(rows):
    lines = ["| field | rule | releases | source | scenario |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "" if row["exact"] else "~ "
        lines.append(f"| {code(row['name'])} | {row['help']} | {mark}{row['releases']} | {row['source']} "
                     f"| {code(row['scenario'])} |")
    return lines


def with_tables(text, program):
    """The page with each table between its markers made anew."""
    for topic, make in (("kinds", kinds_table), ("meanings", meanings_table), ("behaviours", behaviours_table)):
        rows = json.loads(subprocess.check_output([program, "list", topic, "--json"]))["rows"]
        start, end = f"<!-- {topic} -->\n", "<!-- end -->"
        before, rest = text.split(start)
        text = before + start + "\n".join(make(rows)) + "\n" + end + rest.split(end, 1)[1]
    return text


def main():
    program = sys.argv[1]
    schema = json.loads(subprocess.check_output([program, "schema"]))
    listed = json.loads(subprocess.check_output([program, "list", "operations", "--json"]))
    pages = {REFERENCE: reference(schema, listed["rows"]), RULES: with_tables(RULES.read_text(), program)}
    for page, text in pages.items():
        if sys.argv[2:] != ["--check"]:
            page.write_text(text)
        elif page.read_text() != text:
            sys.exit(f"{page.name} is not what the program says; run docs/make-reference.py {program}")
        else:
            print(f"{page.name} agrees with the program")


main()

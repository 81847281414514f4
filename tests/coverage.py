#!/usr/bin/env python3
"""Line coverage by room of what ran in build/coverage, from gcov's own JSON.

A line counts once, however many objects have it (headers, templates), and as covered if any of them
ran it. gcovr can't be used: threads that count at once leave negative counts, which it refuses.

usage: tests/coverage.py [FILES]    with FILES, the files with most uncovered lines, too
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOMS = ("model", "properties", "input", "reports", "conformance", "runner")
SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build" / "coverage"


def lines_of(data_file):
    """Yields (file, line, covered) of one object's data."""
    result = subprocess.run(["gcov", "--json-format", "--stdout", data_file], cwd=BUILD,
                            capture_output=True, text=True, check=True)
    for unit in filter(None, result.stdout.splitlines()):
        for file in json.loads(unit)["files"]:
            path = os.path.relpath(os.path.join(BUILD, file["file"]), SOURCE)
            for line in file["lines"]:
                yield path, line["line_number"], line["count"] != 0


def main():
    covered = collections.defaultdict(dict)
    for data_file in sorted(BUILD.rglob("*.gcda")):
        for path, line, ran in lines_of(data_file):
            if path.split("/")[0] in ROOMS:
                covered[path][line] = covered[path].get(line, False) or ran
    if not covered:
        sys.exit("no data in build/coverage: build that preset and run its tests first")
    for room in ROOMS:
        flags = [ran for path, lines in covered.items() if path.startswith(room + "/")
                 for ran in lines.values()]
        print(f"{room:12} {100 * sum(flags) / len(flags):5.1f} %  {sum(flags)} of {len(flags)}")
    left = sorted(((len(lines) - sum(lines.values()), path) for path, lines in covered.items()),
                  reverse=True)
    for count, path in left[:int(sys.argv[1])] if len(sys.argv) > 1 else []:
        print(f"{count:5} {path}")


main()

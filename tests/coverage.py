#!/usr/bin/env python3
"""Line coverage by room of what ran in build/coverage, from gcov's own JSON.

A line counts once, however many objects have it (headers, templates), and as covered if any of them
ran it. gcovr can't be used: threads that count at once leave negative counts, which it refuses.
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOMS = ("model", "properties", "input", "reports", "conformance", "runner")
SOURCE = pathlib.Path(__file__).resolve().parent.parent
BUILD = SOURCE / "build" / "coverage"


def fail(message):
    print(f"coverage.py: {message}", file=sys.stderr)
    sys.exit(2)


def lines_of(data_file):
    """Yields (file, line, covered) of one object's data."""
    try:
        result = subprocess.run(["gcov", "--json-format", "--stdout", data_file], cwd=BUILD,
                                capture_output=True, text=True, check=True)
    except FileNotFoundError:
        fail("gcov is not installed: it comes with gcc, and must be of the version that built "
             "build/coverage")
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or f"it ended with {error.returncode}").splitlines()[0]
        fail(f"gcov can't read {data_file}: {reason}; build the coverage preset anew")
    for unit in filter(None, result.stdout.splitlines()):
        for file in json.loads(unit)["files"]:
            path = os.path.relpath(os.path.join(BUILD, file["file"]), SOURCE)
            for line in file["lines"]:
                yield path, line["line_number"], line["count"] != 0


def file_count(text):
    """A number of files, 1 or more."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number, 1 or more, found {text!r}")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("files", metavar="FILES", nargs="?", type=file_count, default=0,
                        help="name so many files, too: those with most uncovered lines")
    arguments = parser.parse_args()
    covered = collections.defaultdict(dict)
    for data_file in sorted(BUILD.rglob("*.gcda")):
        for path, line, ran in lines_of(data_file):
            if path.split("/")[0] in ROOMS:
                covered[path][line] = covered[path].get(line, False) or ran
    if not covered:
        fail(f"no data in {BUILD}: build the coverage preset and run its tests first "
             "(docs/hacking.md)")
    for room in ROOMS:
        flags = [ran for path, lines in covered.items() if path.startswith(room + "/")
                 for ran in lines.values()]
        share = f"{100 * sum(flags) / len(flags):5.1f} %" if flags else "    -  "
        print(f"{room:12} {share}  {sum(flags)} of {len(flags)}")
    left = sorted(((len(lines) - sum(lines.values()), path) for path, lines in covered.items()),
                  reverse=True)
    for count, path in left[:arguments.files]:
        print(f"{count:5} {path}")


main()

#!/usr/bin/env python3
"""Runs the commands that the documents show, and compares what they print.

    docs/check-examples.py PROGRAM FILE.md...

In a code block, a line "$ COMMAND" is run by bash in the project's folder, or, after "$ cd PLACE",
in that place; it is compared with the lines below it, up to the next "$ " or the end of the block.
A line "..." stands for any lines. Links to files must lead somewhere. Blocks marked `console no-run` are
left alone. All is done in a copy of what git has, so that a document may change files.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands_in(block):
    """The commands of a block, each with the lines that it prints."""
    out = []
    for line in block.splitlines():
        if line.startswith("$ "):
            out.append((line[2:], []))
        elif out:
            out[-1][1].append(line)
    return out


def matches(shown, printed):
    """True if the lines are the same, "..." standing for any."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def copy_of_project(folder):
    """What git has, and the program where the documents say that it is."""
    names = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def check_commands(document, folder):
    failures = 0
    for fence in FENCE.finditer(document.read_text()):
        info, block = fence.groups()
        if "no-run" in info:
            continue
        for command, shown in commands_in(block):
            while shown and not shown[-1]:
                shown.pop()
            ran = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
            printed = [line.rstrip() for line in ran.stdout.rstrip("\n").split("\n")]
            if not ran.stdout.strip():
                printed = []
            if matches(shown, printed):
                continue
            failures += 1
            line = document.read_text()[: fence.start()].count("\n") + 1
            print(f"{document}:{line}: this command prints something else:\n$ {command}")
            print("\n".join(printed))
    return failures


def check_links(document):
    failures = 0
    for link in LINK.findall(document.read_text()):
        if "://" not in link and not (document.parent / link).exists():
            failures += 1
            print(f"{document}: {link} is not there")
    return failures


def main():
    program, *documents = sys.argv[1:]
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / ROOT.name
        copy_of_project(folder)
        place = folder / "build/release/bin/sweepcheck"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(pathlib.Path(program).resolve())
        os.environ.update(NO_COLOR="1", LC_ALL="C.UTF-8")
        for document in map(pathlib.Path, documents):
            failures += check_commands(document, folder) + check_links(document)
    print(f"{len(documents)} documents, {failures} differences", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

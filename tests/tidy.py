#!/usr/bin/python3
"""What the house style says and a program can see: lengths, includes, folders, citations.

usage: tidy.py [FOLDER]      checks the repository, prints what is wrong, one line each
       tidy.py --self-test   checks that each rule can fail

Files come from `git ls-files`, so that nothing that is built is looked at. An exception is a line
in tests/tidy-exceptions.txt, with its reason; one that is no longer needed is wrong, too.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

COLUMN_COUNT_MAX = 100
LINE_COUNT_MAX = 500
TEST_LINE_COUNT_MAX = 800
FUNCTION_LINE_COUNT_MAX = 70
FOLDER_FILE_COUNT_MAX = 25

# Who may include whom: a room those above it, never one below it or beside it.
ROOMS = {
    "model": [],
    "input": ["model"],
    "properties": ["model"],
    "reports": [],
    "replay": ["model", "input", "properties", "reports"],
    "conformance": ["model", "input", "properties", "reports", "replay"],
    "runner": ["model", "input", "properties", "reports", "replay", "conformance"],
}

# The shelves of a room, lowest first: files on the room's own floor have the name "". A shelf may
# include those before it. "a|b" stand beside each other, and don't include one another.
SHELVES = {
    "input": ["", "image", "config", "scenario"],
    "properties": ["facts", "", "builtin", "search"],
    "conformance": ["host", "daemon", "stops", "perform", "compare", "random"],
    "runner": ["cli", "check|conform|dump|list|run|try|validate", ""],
}
# The properties' vocabulary, which lies on the floor beside those who use it, is below all shelves.
GROUND = {"properties/property.hpp"}

# Fields that differ between versions, but are about one thing alone: nobody may read them to learn
# which version it is. For each, the files that may read it.
FIELD_READERS = {
    "has_sandboxes": {
        "model/profile.hpp",
        "model/profile.cpp",
        "model/operations/container.cpp",
        "model/operations/records.cpp",
        "conformance/daemon/daemon_configuration.cpp",
        "conformance/perform/perform_pods.cpp",
    },
}

# Sheets and machines that a reader of the repository doesn't have.
FOREIGN = re.compile(r"\(facts \d|hazard [A-Z]\d|(?<![\w.])/work/|\.\./shared/")

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
# A path in a text: with a folder, and an ending that files of ours have.
PATH = re.compile(r"(?<![\w./*$<>{}~:-])((?:[\w.-]+/)+[\w.-]+\.(?:cpp|hpp|md|py|json|txt|cmake"
                  r"|sh|toml|proto|go))\b(?![\w*{(])")
# In a comment, a header or source that is named without its folder.
NAME = re.compile(r"(?<![\w./*-])([a-z][a-z_0-9]*\.(?:hpp|cpp))\b")
FUNCTION_BEGIN = re.compile(
    r"(?!(?:namespace|using|class|struct|enum|union|extern|typedef|static_assert)\b)[A-Za-z_~\[]")
COMMENT = re.compile(r"//+.*")


def is_cpp(path):
    return path.endswith((".cpp", ".hpp"))


def is_own_cpp(path):
    return is_cpp(path) and not path.startswith("docs/")


def columns(path, text):
    """Lines of C++ have 100 columns at most."""
    if is_cpp(path):
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > COLUMN_COUNT_MAX:
                yield f"{path}:{number}: {len(line)} columns; {COLUMN_COUNT_MAX} at most"


def file_length(path, text):
    """Files of C++ have 500 lines at most, 800 if they are tests or tables."""
    if is_cpp(path):
        count = text.count("\n")
        table = path.startswith("tests/") or re.search(r"_tables?\.[ch]pp$", path)
        limit = TEST_LINE_COUNT_MAX if table else LINE_COUNT_MAX
        if count > limit:
            yield f"{path}: {count} lines; {limit} at most"


def function_length(path, text):
    """Functions have 70 lines at most, from the line of their name to the brace that ends them."""
    if not is_cpp(path):
        return
    # As clang-format leaves it, a function begins at column 0 and ends with a brace there, and what
    # ends with a semicolon before there is a brace is a declaration.
    begin = None
    opened = False
    for number, line in enumerate(text.split("\n"), 1):
        if begin is None and FUNCTION_BEGIN.match(line):
            begin, opened = number, False
        if begin is None:
            continue
        opened = opened or "{" in line
        if opened and line.startswith("}") or not opened and line.endswith(";"):
            length = number - begin + 1
            if line == "}" and length > FUNCTION_LINE_COUNT_MAX:
                yield (f"{path}:{begin}: a function of {length} lines; "
                       f"{FUNCTION_LINE_COUNT_MAX} at most")
            begin = None
        elif number == begin and line.endswith("}"):
            begin = None


def place_of(path):
    """The room and shelf of a file: ("model", "catalog")."""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def level_of(room, shelf):
    for level, names in enumerate(SHELVES.get(room, [])):
        if shelf in names.split("|"):
            return level
    return None


def include_direction(path, text):
    """No include runs upwards: neither between rooms, nor between the shelves of a room."""
    room, shelf = place_of(path)
    if not is_cpp(path) or room not in ROOMS:
        return
    for match in INCLUDE.finditer(text):
        included = match[1]
        number = text.count("\n", 0, match.start()) + 1
        other, other_shelf = place_of(included)
        if other == "tests" or (other in ROOMS and other != room and other not in ROOMS[room]):
            yield f"{path}:{number}: {room} includes {included}, which is above it or beside it"
        if other != room or room not in SHELVES or included in GROUND or shelf == other_shelf:
            continue
        own, theirs = level_of(room, shelf), level_of(room, other_shelf)
        if own is None or theirs is None:
            yield f"{path}:{number}: a shelf that tests/tidy.py doesn't know"
        elif theirs >= own:
            yield (f"{path}:{number}: {shelf or 'the floor'} of {room} includes {included}, "
                   "which is above it or beside it")


def foreign_words(path, text):
    """Nothing cites what isn't in the repository."""
    if path in ("tests/tidy.py", "LICENSE"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = FOREIGN.search(line)
        if match:
            yield f"{path}:{number}: cites what isn't here: {match[0]}"


def version_by_proxy(path, text):
    """A field that stands for one rule of containerd is read where that rule is."""
    if not is_own_cpp(path):
        return
    for field, readers in FIELD_READERS.items():
        if path in readers:
            continue
        for match in re.finditer(rf"\b{field}\b", text):
            number = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{number}: reads {field}, which stands for another rule"


def crowded_folders(files):
    """No folder has more than 25 files, but model's own."""
    counts = {}
    for path in files:
        folder = os.path.dirname(path)
        if place_of(path)[0] in ROOMS:
            counts[folder] = counts.get(folder, 0) + (1 if is_cpp(path) else 0)
    for folder, count in sorted(counts.items()):
        if folder != "model" and count > FOLDER_FILE_COUNT_MAX:
            yield f"{folder}: {count} files; {FOLDER_FILE_COUNT_MAX} at most"


def cited_files(path, text, files):
    """A file of ours that a comment or a document names is there."""
    if not (is_cpp(path) or path.endswith(".md")) or path.startswith("tests/data/"):
        return
    tops = {name.split("/")[0] for name in files if "/" in name}
    names = {os.path.basename(name) for name in files}
    for number, line in enumerate(text.split("\n"), 1):
        if is_cpp(path):
            comment = COMMENT.search(line)
            line = comment[0] if comment else ""
        for match in PATH.finditer(line):
            cited = match[1]
            if re.search(r"(^|[/-])NAME\.", cited):
                continue
            here = os.path.normpath(os.path.join(os.path.dirname(path), cited))
            if cited.startswith("../"):
                cited = here
            # containerd's own sources are cited by their paths, too; ours begin with our folders.
            if cited.split("/")[0] in tops and cited not in files and here not in files:
                yield f"{path}:{number}: there is no {cited}"
        for match in NAME.finditer(line):
            if match[1] not in names:
                yield f"{path}:{number}: there is no file named {match[1]}"


FILE_RULES = [columns, file_length, function_length, include_direction, foreign_words,
              version_by_proxy]


def complaints(files):
    """All complaints about these files, {path: text}, in order: (rule's name, line)."""
    out = []
    for path, text in sorted(files.items()):
        for rule in FILE_RULES:
            out += [(rule.__name__, line) for line in rule(path, text)]
        out += [("cited_files", line) for line in cited_files(path, text, files)]
    out += [("crowded_folders", line) for line in crowded_folders(files)]
    return out


def without_exceptions(found, exceptions):
    """What of it no exception covers, and the exceptions that cover nothing. An exception is a
    rule, and the path that a complaint begins with: "function_length model/x.cpp"."""
    used = set()
    left = []
    for rule, line in found:
        key = f"{rule} {line.split(':')[0]}"
        if key in exceptions:
            used.add(key)
        else:
            left.append(f"{line} [{rule}]")
    for key in exceptions:
        if key not in used:
            left.append(f"tests/tidy-exceptions.txt: is no longer needed: {key}")
    return left


def read_exceptions(text):
    """{"RULE PATH": reason}, from lines "RULE PATH: reason"."""
    out = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            key, colon, reason = line.partition(": ")
            if not colon or not reason.strip() or len(key.split()) != 2:
                sys.exit(f"tests/tidy-exceptions.txt: expected 'RULE PATH: reason': {line}")
            out[key] = reason
    return out


def read_files(folder):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=folder, check=True,
        capture_output=True, text=True).stdout.split("\n")
    out = {}
    for path in filter(None, listed):
        try:
            out[path] = (Path(folder) / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            out[path] = ""  # an archive, or a file that was just deleted: its name counts
    return out


# For each rule, files that break it and files that nearly do.
LONG_BODY = "  f();\n"
SELF_TESTS = [
    ("columns", {"model/a.cpp": "x" * 101}, {"model/a.cpp": "x" * 100, "docs/a.md": "x" * 200}),
    ("file_length", {"model/a.cpp": "\n" * 501}, {"model/a.cpp": "\n" * 500}),
    ("file_length", {"tests/unit/a_test.cpp": "\n" * 801},
     {"tests/unit/a_test.cpp": "\n" * 800, "model/meaning_table.cpp": "\n" * 800}),
    ("function_length", {"model/a.cpp": "void f() {\n" + LONG_BODY * 69 + "}\n"},
     {"model/a.cpp": "void f() {\n" + LONG_BODY * 68 + "}\n" + "int g();\n" * 80 + "}\n",
      "model/b.cpp": "namespace {\n" + "int x;\n" * 90 + "}  // namespace\n"}),
    ("function_length",
     {"model/a.cpp": "int\nname(int a,\n     int b) {\n" + LONG_BODY * 68 + "}\n"},
     {"model/a.cpp": "const int kTable[] = {\n" + "    1,\n" * 90 + "};\n"}),
    ("include_direction", {"model/a.cpp": '#include "properties/judge.hpp"\n'},
     {"properties/search/a.cpp": '#include "model/world.hpp"\n#include "properties/judge.hpp"\n'}),
    ("include_direction", {"input/a.cpp": '#include "properties/judge.hpp"\n'},
     {"replay/a.cpp": '#include "properties/judge.hpp"\n#include "input/a.hpp"\n'}),
    ("include_direction", {"properties/facts/a.hpp": '#include "properties/search/search.hpp"\n'},
     {"properties/facts/a.hpp": '#include "properties/property.hpp"\n'}),
    ("include_direction", {"conformance/host/a.cpp": '#include "conformance/daemon/api.hpp"\n'},
     {"conformance/random/a.cpp": '#include "conformance/host/process.hpp"\n'}),
    ("include_direction", {"runner/run/a.cpp": '#include "runner/check/check_command.hpp"\n'},
     {"runner/run/a.cpp": '#include "runner/cli/options.hpp"\n#include "runner/run/b.hpp"\n'}),
    ("include_direction", {"conformance/attic/a.cpp": '#include "conformance/host/a.hpp"\n'}, {}),
    ("include_direction", {"model/a.cpp": '#include "tests/unit/a.hpp"\n'},
     {"tests/unit/model/a_test.cpp": '#include "tests/unit/a.hpp"\n'}),
    ("foreign_words", {"model/a.cpp": "// as it was seen (facts 12)\n"},
     {"model/a.cpp": "// image_facts (12 of them)\n"}),
    ("foreign_words", {"docs/a.md": "see hazard G2"}, {"docs/a.md": "a hazard, and G2"}),
    ("foreign_words", {"dev": "cd /work/main"}, {"dev": "cd build/work/main; cd /workspace"}),
    ("version_by_proxy", {"properties/builtin/a.cpp": "return profile.has_sandboxes;\n"},
     {"model/operations/records.cpp": "return profile.has_sandboxes;\n"}),
    ("crowded_folders", {f"input/image/a{i}.cpp": "" for i in range(26)},
     {**{f"input/image/a{i}.cpp": "" for i in range(25)},
      **{f"model/a{i}.cpp": "" for i in range(40)}}),
    ("cited_files", {"model/a.cpp": "// as docs/lost.md says\n", "docs/a.md": ""},
     {"model/a.cpp": "// as docs/a.md and core/metadata/gc.go say, in a.cpp\n", "docs/a.md": ""}),
    ("cited_files", {"model/a.cpp": "// as lost_file.hpp says\n"},
     {"model/a.cpp": 'f("lost_file.hpp");  // in a.cpp\n'}),
    ("cited_files", {"docs/a.md": "see [x](../model/lost.cpp)", "model/a.cpp": ""},
     {"docs/a.md": "see [x](../model/a.cpp) and `model/a.cpp`", "model/a.cpp": ""}),
]


def self_test():
    failures = []
    tested = set()
    for rule, bad, good in SELF_TESTS:
        tested.add(rule)
        if rule not in {name for name, _ in complaints(bad)}:
            failures.append(f"{rule} accepts {sorted(bad)[0]}: {next(iter(bad.values()))[:60]!r}")
        failures += [f"refuses what is right: {line} [{name}]" for name, line in complaints(good)]
    rules = {rule.__name__ for rule in FILE_RULES} | {"cited_files", "crowded_folders"}
    failures += [f"no test of {rule}" for rule in sorted(rules - tested)]
    found = complaints({"model/a.cpp": "x" * 101})
    if without_exceptions(found, read_exceptions("# why\ncolumns model/a.cpp: a reason\n")):
        failures.append("an exception covers nothing")
    if not without_exceptions(found, {}) or not without_exceptions([], {"columns a": "b"}):
        failures.append("what has no exception, or an exception that nothing needs, is accepted")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        (Path(folder) / "a.cpp").write_text("x" * 101)
        if len(complaints(read_files(folder))) != 1:
            failures.append("a file in a repository is not read")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    exceptions_file = folder / "tests/tidy-exceptions.txt"
    exceptions = read_exceptions(exceptions_file.read_text()) if exceptions_file.exists() else {}
    left = without_exceptions(complaints(read_files(folder)), exceptions)
    for line in left:
        print(line)
    if left:
        print(f"{len(left)} complaints of tests/tidy.py", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

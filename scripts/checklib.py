# SPDX-License-Identifier: Apache-2.0
"""What the check-*.py scripts share: the list of files, and how findings are reported."""
import argparse
import pathlib
import re
import subprocess
import sys

SKIPPED = ("tests/vectors/", "tests/fuzz/corpus/", "build")


def arguments(doc, *extra):
    """Parses --root and the given (flags, options) pairs. The module's text is the help."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--root", type=pathlib.Path, default=here, help="project to check")
    for flags, options in extra:
        parser.add_argument(*flags, **options)
    return parser.parse_args()


def files(root, *suffixes):
    """Our own files below root, as paths relative to it: what git knows or would add."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(
        pathlib.PurePath(n) for n in set(names)
        if not n.startswith(SKIPPED) and (root / n).is_file()
        and (not suffixes or n.endswith(suffixes)))


def text(root, path):
    """The file's lines, or None for a binary file."""
    try:
        return (root / path).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        return None


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(source):
    """C source with comments and the inside of literals blanked; line numbers stay."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)
    return TOKEN.sub(blank, source)


class Findings:
    """Collects errors (fail the check) and warnings (are shown)."""

    def __init__(self, name):
        self.name = name
        self.errors = []
        self.warnings = []

    def error(self, where, what):
        self.errors.append(f"{where}: {what}")

    def warn(self, where, what):
        self.warnings.append(f"{where}: {what}")

    def report(self, looked_at):
        """Prints everything and ends the program."""
        for line in self.warnings:
            print("warning:", line)
        for line in self.errors:
            print("error:", line)
        print(f"{self.name}: {looked_at}, {len(self.errors)} errors, "
              f"{len(self.warnings)} warnings")
        sys.exit(1 if self.errors else 0)

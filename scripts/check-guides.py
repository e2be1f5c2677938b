#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that guides show code which compiles and layouts that hold; --fix writes both anew.

A comment <!-- code=PATH#NAME --> stands above a block of C: it is the part of that file, which every
build compiles, from /* [NAME] */ to /* [end] */. <!-- kits --> stands above the table of layouts,
which comes from boards/.
Every other block of C stands below <!-- file: NAME -->: tests/e2e/test_docs.py writes it there, and the
page compiles it.
"""
import json
import re

import checklib

CODE = re.compile(r"(<!-- code=(\S+)#(\w+) -->\n```c\n)(.*?)(^```$)", re.M | re.S)
LOOSE = re.compile(r"^(?!<!-- (?:code=|file: )).*\n```c$", re.M)
KITS = re.compile(r"(<!-- kits -->\n)((?:\|.*\n)*)")
PLACES = ("internal-copy", "internal-swap", "external-copy", "external-swap")
AREAS = ("primary", "secondary", "status", "scratch", "journal")


def part(root, path, name):
    """Text of the part, or None."""
    file = root / path
    text = file.read_text() if file.is_file() else ""
    found = re.search(rf"/\* \[{name}\] \*/\n(.*?)/\* \[end\] \*/\n", text, re.S)
    return found.group(1) if found else None


def place(board, name):
    area = board["areas"].get(name)
    if not area:
        return "-"
    address = int(board["devices"][area["device"]]["base"], 0) + int(area["offset"], 0)
    return f"0x{address:08X}, 0x{int(area['size'], 0):X}"


def kits(root, found):
    """The table; an error if the kits differ, since it has one row for all of them."""
    rows = ["| layout | " + " | ".join(AREAS) + " | mode | sectors | align |",
            "| --- " * (len(AREAS) + 4) + "|"]
    for name in PLACES:
        lines = set()
        for path in sorted((root / "boards").glob(f"CY8C*-{name}.json")):
            board = json.loads(path.read_text())
            boot = board["boot"]
            lines.add(f"| `{name}` | " + " | ".join(place(board, a) for a in AREAS)
                      + f" | `{boot['mode']}` | {boot['max_sectors']} | {boot['align']} |")
        if len(lines) != 1:
            found.error(f"boards/CY8C*-{name}.json", "the kits differ; docs/psoc6.md has one row")
        rows += sorted(lines)
    return "\n".join(rows) + "\n"


def main():
    args = checklib.arguments(__doc__, (("--fix",), {"action": "store_true", "help": "write anew"}))
    found, count = checklib.Findings("check-guides"), 0
    for path in [args.root / "README.md", *sorted((args.root / "docs").glob("*.md"))]:
        before = path.read_text()
        where = path.relative_to(args.root)

        def code(match):
            want = part(args.root, match.group(2), match.group(3))
            if want is None:
                found.error(where, f"{match.group(2)} has no part [{match.group(3)}]")
                return match.group(0)
            return match.group(1) + want + match.group(5)
        after, n = CODE.subn(code, before)
        if after.count("<!-- code=") != n:
            found.error(where, "a <!-- code= --> without a block of C below it")
        if LOOSE.search(before):
            found.error(where, "a block of C that nothing compiles: <!-- code=PATH#NAME --> above it")
        after, tables = KITS.subn(lambda m: m.group(1) + kits(args.root, found), after)
        count += n + tables
        if after != before and args.fix:
            path.write_text(after)
        elif after != before:
            found.error(where, "shows other code or layouts than the files: run "
                        "scripts/check-guides.py --fix")
    found.report(f"{count} parts")


main()

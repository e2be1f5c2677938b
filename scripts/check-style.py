#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of CONTRIBUTING.md that a formatter and a compiler do not know.

Errors: functions over 100 lines, files over 1000, functions that must not be used, marks of
unfinished work, typedefs of structs, // comments, tabs, blanks at line ends, a missing licence
line, paths that exist on one machine only. Warnings (--warnings shows them): functions over 60
lines, files over 600, more than 5 parameters.
"""
import json
import re
import subprocess

import checklib

FUNCTION_WARN, FUNCTION_MAX = 60, 100
FILE_WARN, FILE_MAX = 600, 1000
PARAMS_WARN = 5

BANNED = {
    "strcpy": "memcpy with a checked length, or ota_out_text",
    "strcat": "ota_out_text", "strncpy": "memcpy with a checked length",
    "strncat": "ota_out_text", "stpcpy": "ota_out_text",
    "sprintf": "snprintf in tools, ota_out_* in the core", "vsprintf": "vsnprintf",
    "strtok": "a cursor with its limit", "strtok_r": "a cursor with its limit",
    "atoi": "strtoul with its errors looked at", "atol": "strtoul with its errors looked at",
    "atof": "strtod with its errors looked at",
    "gets": "fgets", "alloca": "a buffer of the caller", "tmpnam": "mkstemp", "mktemp": "mkstemp",
    "system": "posix_spawn", "rand": "getrandom", "srand": "getrandom",
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
MACHINE = re.compile(r"(?<![\w.])/(home|root|work|farm|Users)/|[.][.]/(shared)\b")
# The names there are the originals' and vendors'.
NAMED_BY_OTHERS = (("include", "compat"), ("tests", "psoc6"), ("tests", "freertos"),
                   ("tests", "zephyr"))
TYPEDEF = re.compile(r"\btypedef\s+(struct|enum|union)\b")
SOURCES = (".c", ".h")
LICENSED = (".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", ".js", ".css", ".in", ".1")
UNLICENSED = ("LICENSE", ".json", ".md", ".gitignore", ".clang-format", ".editorconfig")


def check_text(found, path, lines):
    name = str(path)
    for n, line in enumerate(lines, 1):
        where = f"{path}:{n}"
        if line.endswith((" ", "\t")):
            found.error(where, "blanks at the end of the line: remove them")
        if "\t" in line and not name.endswith((".mk", "Makefile", ".1", ".patch")):
            found.error(where, "tab: indent with blanks")
        if UNFINISHED.search(line) and not name.startswith("LICENSE"):
            found.error(where, "mark of unfinished work: do it, or say it in the issue")
        if MACHINE.search(line):
            found.error(where, "path of one machine: users do not have it")
    needs = name.endswith(LICENSED) or lines[0].startswith("#!")
    if needs and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:4]):
        found.error(path, "no SPDX line: begin it with SPDX-License-Identifier: Apache-2.0")


def check_c(found, path, lines):
    source = checklib.code_only("\n".join(lines))
    for n, (line, raw) in enumerate(zip(source.split("\n"), lines), 1):
        where = f"{path}:{n}"
        for call in CALL.findall(line):
            found.error(where, f"{call}() is not used here: {BANNED[call]}")
        if TYPEDEF.search(line) and "(" not in line and path.parts[:2] not in NAMED_BY_OTHERS:
            found.error(where, "typedef of a struct, union or enum: write its tag")
        if re.search(r"(?<!:)//", raw) and not re.search(r'["*].*//|/\*', raw):
            found.error(where, "// comment: write /* */")
    if len(lines) > FILE_MAX:
        found.error(path, f"{len(lines)} lines: split it (at most {FILE_MAX})")
    elif len(lines) > FILE_WARN:
        found.warn(path, f"{len(lines)} lines (aim below {FILE_WARN})")


def functions(root, paths):
    """Tags of all functions, with file, start, end and signature."""
    listing = "\n".join(str(root / p) for p in paths)
    out = subprocess.run(
        ["ctags", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=+neS",
         "--output-format=json", "-f", "-", "-L", "-"],
        input=listing, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def check_functions(found, root, paths):
    count = 0
    for tag in functions(root, paths):
        if "end" not in tag:
            continue
        count += 1
        path = checklib.pathlib.Path(tag["path"]).relative_to(root)
        where, length = f"{path}:{tag['line']}", tag["end"] - tag["line"] + 1
        if length > FUNCTION_MAX:
            found.error(where, f"{tag['name']} has {length} lines: split it (at most "
                        f"{FUNCTION_MAX})")
        elif length > FUNCTION_WARN:
            found.warn(where, f"{tag['name']} has {length} lines (stop at {FUNCTION_WARN})")
        params = re.sub(r"\([^()]*\)", "", tag.get("signature", "()")[1:-1]).count(",") + 1
        if params > PARAMS_WARN:
            found.warn(where, f"{tag['name']} has {params} parameters (at most {PARAMS_WARN})")
    return count


def main():
    args = checklib.arguments(
        __doc__, (("--warnings",), {"action": "store_true", "help": "show warnings too"}))
    root = args.root.resolve()
    found = checklib.Findings("check-style")
    paths = checklib.files(root)
    for path in paths:
        lines = checklib.text(root, path)
        if lines is None:
            continue
        check_text(found, path, lines)
        if path.suffix in SOURCES:
            check_c(found, path, lines)
    count = check_functions(found, root, [p for p in paths if p.suffix in SOURCES])
    shown = len(found.warnings)
    if not args.warnings:
        found.warnings = []
    found.report(f"{len(paths)} files, {count} functions, {shown} near the limits")


main()

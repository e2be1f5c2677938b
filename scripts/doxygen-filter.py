#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows headers to Doxygen: copies them to a folder with their comments in the form that Doxygen takes for
documentation, so that the headers themselves stay plain text.

  /* above something */        documents what follows
  something; /* behind it */   documents what it stands behind
  the comment below the licence line is that of the file
  ---- banners ----            are left out; with the word "private" also what is between them and
                               the next one, or the end of the structure that they stand in
  lines that are set in by two blanks or more are shown as they are
  an enum that is made from a list (X-macro) is written out

usage: doxygen-filter.py FOLDER HEADER... (relative to the working directory, as the copies are to FOLDER)
"""
import pathlib
import re
import sys

COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*(.*?)\*/', re.S)
BANNER = re.compile(r"\s*----")
PRIVATE = re.compile(r"^/\* ---- [^\n]*private.*?(?=^/\* ----)"
                     r"|^ +/\* ---- [^\n]*private.*?(?=^\};)", re.M | re.S | re.I)
LIST = re.compile(r"#define (\w+_MAP)\(X\)[ \\]*\n((?: *X\(.*\)[ \\]*\n)+)")
ENTRY = re.compile(r'X\((\w+), (\d+), "([^"]*)"\)')
ENUM = re.compile(r"#define (\w+)\(name, number, text\) (\w+)##name = (-?)\(number\),\n"
                  r" *(\w+_MAP)\(\1\)\n#undef \1\n")


def blank(match):
    return "\n" * match.group(0).count("\n")


def write_out_enums(source):
    lists = {name: ENTRY.findall(entries) for name, entries in LIST.findall(source)}

    def enum(match):
        _, prefix, sign, name = match.groups()
        return "".join(f"    {prefix}{entry} = {sign}{number}, /* {text} */\n"
                       for entry, number, text in lists[name])
    return ENUM.sub(enum, source)


def escaped(line):
    return re.sub(r"([<>@#%\\&])", r"\\\1", line).replace("...", "…")


def body(text):
    """The lines of a comment without its frame; what is set in becomes a block of its own."""
    lines = [re.sub(r"^ *\* ?", "", line).rstrip() for line in text.strip().split("\n")]
    out, is_block, is_list = [], False, False
    for line in lines:
        is_list = bool(re.match(r" *- ", line)) or (is_list and line.startswith("  "))
        sets_in = line.startswith("  ") and not is_list
        if sets_in != is_block and (line or is_block):
            if line:
                out.append("@verbatim" if sets_in else "@endverbatim")
                is_block = sets_in
        out.append(line if is_block else escaped(line))
    if is_block:
        out.append("@endverbatim")
    return "\n".join(out)


def converted(source):
    seen = []

    def comment(match):
        text = match.group(1)
        if text is None:
            return match.group(0)
        seen.append(text)
        if len(seen) == 1:
            return match.group(0)
        if BANNER.match(text):
            return blank(match)
        if len(seen) == 2:
            return f"/** @file\n{body(text)}\n*/"
        before = source[source.rfind("\n", 0, match.start()) + 1:match.start()]
        return f"/**{'<' if before.strip() else ''} {body(text)} */"
    return COMMENT.sub(comment, source)


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    for name in sys.argv[2:]:
        source = PRIVATE.sub(blank, pathlib.Path(name).read_text(encoding="utf-8"))
        copy = pathlib.Path(sys.argv[1]) / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(converted(write_out_enums(source)), encoding="utf-8")


main()

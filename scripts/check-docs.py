#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the documents: relative links of Markdown files lead to files that exist, every error has
its row in docs/troubleshooting.md, and every tool agrees with its manual page (docs/man/TOOL.1):
mandoc accepts the page, each long option that --help shows is described and the other way round,
--version and a wrong option behave.
"""
import re
import subprocess

import checklib

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def check_links(found, root):
    paths = checklib.files(root, ".md")
    for path in paths:
        for n, line in enumerate(checklib.text(root, path), 1):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:", target) or (root / path.parent / target).exists():
                    continue
                found.error(f"{path}:{n}", f"link to {target}, which does not exist")
    return len(paths)


def check_errors(found, root):
    """docs/troubleshooting.md has each error of include/ota/err.h, with number and text."""
    source = (root / "include" / "ota" / "err.h").read_text()
    page = (root / "docs" / "troubleshooting.md").read_text()
    errors = re.findall(r'X\((\w+), (\d+), "([^"]*)"\)', source)
    rows = set(re.findall(r"^\| `OTA_E(\w+)` \| (\d+) \| ([^|]*) \|", page, re.M))
    for name, number, text in sorted(set(errors) - rows):
        found.error("docs/troubleshooting.md", f"no row for OTA_E{name}, {number}, '{text}'")
    for name, _, text in sorted(rows - set(errors)):
        found.error("docs/troubleshooting.md", f"include/ota/err.h has no OTA_E{name}, '{text}'")
    for name in sorted(set(re.findall(r"\bOTA_E([A-Z]+)\b", page)) - {e[0] for e in errors}):
        found.error("docs/troubleshooting.md", f"there is no OTA_E{name}")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20,
                          stdin=subprocess.DEVNULL)


def check_tool(found, tool, page):
    shown = run(tool, "--help")
    if shown.returncode != 0 or not shown.stdout.startswith(("usage:", "Usage:")):
        found.error(tool, f"--help must print 'usage: ...' on standard output and exit with 0 "
                    f"(exit {shown.returncode})")
    version = run(tool, "--version")
    if version.returncode != 0 or not re.search(r"\d+\.\d+\.\d+", version.stdout):
        found.error(tool, "--version must print the version and exit with 0")
    wrong = run(tool, "--no-such-option")
    if wrong.returncode != 2 or not wrong.stderr.strip():
        found.error(tool, f"a wrong option must be named on standard error, with exit 2 "
                    f"(exit {wrong.returncode})")
    help_text = shown.stdout
    for command in re.findall(r"^  ([a-z]+)  ", shown.stdout, re.M):
        help_text += run(tool, command, "--help").stdout
    plain = run("mandoc", "-Tutf8", page)
    text = re.sub(r".\x08", "", plain.stdout).replace("\u2010", "-").replace("\u2212", "-")
    text = re.sub(r"-\n\s+", "-", text)
    helped, described = set(OPTION.findall(help_text)), set(OPTION.findall(text))
    for option in sorted(helped - described - {"--help", "--version"}):
        found.error(page, f"{option} is in --help but not described here")
    for option in sorted(described - helped - {"--help", "--version"}):
        found.error(page, f"{option} is described here but not in --help")


def main():
    args = checklib.arguments(
        __doc__, (("--bin",), {"type": checklib.pathlib.Path, "help": "folder of the built tools"}))
    found = checklib.Findings("check-docs")
    count = check_links(found, args.root)
    if (args.root / "docs" / "troubleshooting.md").exists():
        check_errors(found, args.root)
    pages = sorted((args.root / "docs" / "man").glob("*.1"))
    for page in pages:
        lint = run("mandoc", "-Tlint", "-Wwarning", page)
        for line in lint.stdout.splitlines():
            found.error(page.name, line)
        tool = args.bin / page.stem if args.bin else None
        if tool and tool.exists():
            check_tool(found, tool, page)
        elif tool:
            found.error(page, f"there is no program {tool}")
    if args.bin:
        for tool in sorted(args.bin.glob("ota-*")):
            if not (args.root / "docs" / "man" / f"{tool.name}.1").exists():
                found.error(tool, f"has no manual page docs/man/{tool.name}.1")
    found.report(f"{count} documents, {len(pages)} manual pages")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what the archives of the device core need and define.

Nothing but memcpy, memmove, memset, memcmp, strlen and compiler helpers may be left undefined: no heap, no stdio, no clock.
There are no writable variables: all state is the caller's. Global names begin with ota_.
"""
import re
import subprocess

import checklib

ALLOWED = re.compile(
    r"^(mem(cpy|move|set|cmp)|strlen"
    r"|__assert_fail|__assert_func"  # assert(), in builds with assertions only
    r"|_GLOBAL_OFFSET_TABLE_|__stack_chk_(fail|guard)"
    r"|__(u?div|u?mod|mul|ashl|lshr|ashr|clz|ctz|popcount|bswap|u?cmp)[a-z]*[sd]i[234]?"
    r"|__aeabi_\w+|__gnu_thumb\w*)$")
WRITABLE = re.compile(r"^(\.data(?!\.rel\.ro)|\.bss|\.tdata|\.tbss|\*COM\*|\.sdata|\.sbss)")


def symbols(objdump, archive):
    """(member, flags, section, name) of each symbol of an archive."""
    out = subprocess.run([objdump, "-t", archive], capture_output=True, text=True, check=True)
    member = "?"
    for line in out.stdout.splitlines():
        head = re.match(r"^(\S+):\s+file format", line)
        if head:
            member = head.group(1)
        match = re.match(r"^[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if match:
            yield member, match.group(1), match.group(2), int(match.group(3), 16), match.group(4)


def main():
    args = checklib.arguments(
        __doc__,
        (("archives",), {"nargs": "+", "help": "libota.a and what is built upon it"}),
        (("--objdump",), {"default": "objdump", "help": "objdump for the target"}))
    found = checklib.Findings("check-symbols")
    needed, defined = {}, set()
    for archive in args.archives:
        name = archive.rsplit("/", 1)[-1]
        for member, flags, section, size, symbol in symbols(args.objdump, archive):
            where = f"{name}({member})"
            is_global = flags[0] in "gu!"
            if section == "*UND*":
                needed.setdefault(symbol, where)
                continue
            if WRITABLE.match(section) and size > 0:
                found.error(where, f"writable variable {symbol} in {section}: move it into a "
                            "context of the caller, or make it const")
            if is_global or section == "*COM*":
                defined.add(symbol)
                if not symbol.startswith("ota_"):
                    found.error(where, f"global name {symbol}: make it static or begin it with "
                                "ota_")
    for symbol, where in sorted(needed.items()):
        if symbol not in defined and not ALLOWED.match(symbol):
            found.error(where, f"needs {symbol}: the core has no such function on a device; pass "
                        "it in through a port interface")
    found.report(f"{len(defined)} global symbols in {len(args.archives)} archives")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the device core on a Cortex-M4 (-Os): code per module, deepest stack frame, contexts.

Builds the size preset with arm-none-eabi-gcc and writes docs/size.md. With --check it writes
nothing and fails if a module has grown by more than 5 % and 64 bytes over what docs/size.md says,
or if the small build has grown at all.
"""
import json
import pathlib
import re
import subprocess
import sys

import checklib
import stackdepth

BUILD = "build-size"
GROWTH, SLACK = 0.05, 64
CONTEXT_MIN = 16  # bytes; smaller structs are no news

# What a device that uses the library so links: flags, functions it calls.
FETCHES = "ota_init ota_poll ota_check ota_stop ota_confirm ota_state"
IS_PUSHED = ("ota_init ota_ble_init ota_ble_connected ota_ble_disconnected ota_ble_mtu ota_ble_write "
             "ota_ble_read ota_ble_confirmed ota_ble_poll ota_stop ota_confirm ota_state")
LINKED = (
    ("MQTT, HTTP and BLE", "", FETCHES + " " + IS_PUSHED),
    ("MQTT and HTTP", "", FETCHES),
    ("MQTT only", "-DOTA_CONFIG_HTTP=0", FETCHES),
    ("HTTP only", "-DOTA_CONFIG_MQTT=0", FETCHES),
    ("BLE only", "-DOTA_CONFIG_MQTT=0 -DOTA_CONFIG_HTTP=0", IS_PUSHED),
    ("MQTT only, small build", "-include {root}/examples/small/ota_config.h", FETCHES),
)

# What the small build is to come down to: text, and memory without one block of an image. It may
# not grow at all on the way.
BUDGET_TEXT, BUDGET_RAM = 12288, 2048
BUDGETED = ("small build, text", "small build, memory without a block")

INTRO = """# Size

Written by `scripts/size.py`; `./test.sh` compares. arm-none-eabi-gcc {version}, `-mcpu=cortex-m4
-mthumb -Os`, bytes. Text includes constants. The stack is that of one function, the deepest of its
module, without its callees. A device links the modules that it uses; cryptography and the network
client are its own.
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"size: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def modules(build):
    """{(archive, module): [text, data, bss, stack, function]} from the object files."""
    table = {}
    for unit in json.loads((build / "compile_commands.json").read_text()):
        obj = build / re.search(r" -o (\S+) ", unit["command"]).group(1)
        archive, _, rest = str(obj.relative_to(build)).partition(".dir/")
        archive = archive.rsplit("/", 1)[-1]
        module = rest.split("/")[0] if "/" in rest else "boot"
        row = table.setdefault((archive, module), [0, 0, 0, 0, ""])
        numbers = run("arm-none-eabi-size", obj).splitlines()[1].split()
        for i in range(3):
            row[i] += int(numbers[i])
        for line in obj.with_suffix(".su").read_text().splitlines():
            where, stack, _ = line.split("\t")
            if int(stack) > row[3]:
                row[3], row[4] = int(stack), where.rsplit(":", 1)[-1]
    return table


def contexts(root):
    """[(struct, header, bytes)] of the public structs on the device."""
    found = []
    for header in sorted((root / "include" / "ota").glob("*.h")):
        for name in re.findall(r"^struct (ota_\w+) \{", header.read_text(), re.M):
            found.append((name, header.name))
    source = "".join(f'#include "ota/{h}"\n' for h in sorted({h for _, h in found}))
    source += "".join(f"char s_{name}[sizeof(struct {name})];\n" for name, _ in found)
    source += "char s_work[OTA_WORK_LEN(8) - OTA_CHUNK_LEN];\n"
    obj = root / BUILD / "contexts.o"
    run("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c99", f"-I{root}/include",
        "-xc", "-", "-c", "-o", obj, input=source)
    listed = re.findall(r"^\w+ (\w+) \w s_(\w+)$", run("arm-none-eabi-nm", "-S", obj), re.M)
    sizes = {name: int(size, 16) for size, name in listed}
    rows = [(name, header, sizes[name]) for name, header in found + [("work", None)]]
    return [r for r in rows if r[2] >= CONTEXT_MIN and not r[0].endswith("_ops")]


def linked(root):
    """[(what, bytes of text)]: without the code that a build leaves out and nobody calls."""
    found = []
    for what, flags, roots in LINKED:
        build = root / f"{BUILD}-{len(found)}"
        run("cmake", "--preset", "size", "-B", build, "-DCMAKE_C_FLAGS=-Os -g -fstack-usage "
            "-fcallgraph-info=su " + flags.format(root=root), cwd=root)
        run("cmake", "--build", build, cwd=root)
        names = roots.split()
        elf = build / "linked.elf"
        run("arm-none-eabi-ld", "--gc-sections", "--unresolved-symbols=ignore-all", "-e", names[0],
            *(part for name in names for part in ("-u", name)), build / "src" / "libota.a", "-o",
            elf)
        size = int(run("arm-none-eabi-size", elf).splitlines()[1].split()[0])
        graph = stackdepth.read(build, root)
        found.append((what, size, *stackdepth.deepest("ota_poll", *graph)))
    return found


def budget(rows, links):
    """[(figure of BUDGETED, bytes, budget)]: the agent, its work buffer, no static data."""
    sizes = {name: size for name, _, size in rows}
    return [(BUDGETED[0], links[-1][1], BUDGET_TEXT),
            (BUDGETED[1], sizes["ota_agent"] + sizes["work"], BUDGET_RAM)]


def report(table, rows, links):
    version = run("arm-none-eabi-gcc", "-dumpfullversion").strip()
    out = [INTRO.format(version=version)]
    out += ["| archive | module | text | data | bss | stack | in function |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for (archive, module), (text, data, bss, stack, function) in sorted(table.items()):
        out.append(f"| lib{archive}.a | {module} | {text} | {data} | {bss} | {stack} | "
                   f"`{function}` |")
    for archive in sorted({a for a, _ in table}):
        total = [sum(r[i] for (a, _), r in table.items() if a == archive) for i in range(3)]
        out.append(f"| lib{archive}.a | **total** | {total[0]} | {total[1]} | {total[2]} | | |")
    out += ["", "What a device links of it, by how its updates come (a linker that drops what nobody "
            "calls;", "C library, cryptography and clients are its own):", "",
            "| updates over | text | deepest stack |", "| --- | ---: | ---: |"]
    out += [f"| {what} | {size} | {depth if 'BLE' not in what else ''} |"
            for what, size, depth, _ in links]
    out += ["", "All but the last have everything that `ota/config.h` can leave out, but for the "
            "links. The", "small build is `examples/small/ota_config.h`: no HTTP, BLE, archives, "
            "texts and log; with job", "and direct flow, hook, verification, resume after a reset, "
            "revert and reports. A test updates", "with it (`e2e.update_small`).", "",
            "The stack is the sum of the frames along the deepest chain of calls below `ota_poll`, "
            "without", "those of clients, flash, cryptography and hook, which are the device's own. "
            "For the small build:", "",
            " → ".join(f"`{name}`" for name in links[-1][3]), "",
            "What the small build is to come down to. It does not grow: the check fails then.", "",
            "| figure | bytes | aim | over it |", "| --- | ---: | ---: | ---: |"]
    out += [f"| {what} | {size} | {aim} | {max(0, size - aim)} |"
            for what, size, aim in budget(rows, links)]
    out += ["", "Memory is the agent and its work buffer for rows of 8 bytes; the library has no "
            "variables of its", "own. The stack comes on top."]
    out += ["", "What the caller provides, by type (public structs from "
            f"{CONTEXT_MIN} bytes on):", "", "| struct | header | bytes |", "| --- | --- | ---: |"]
    out += [f"| `{name}` | ota/{header} | {size} |" for name, header, size in rows if header]
    return "\n".join(out) + "\n"


def figures(text):
    """{what: number} of a report, for comparison."""
    found = {}
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| lib"):
            found[f"{cells[0]} {cells[1]} text"] = int(cells[2])
            if cells[5]:
                found[f"{cells[0]} {cells[1]} stack"] = int(cells[5])
        elif cells[0] in BUDGETED:
            found[cells[0]] = int(cells[1])
        elif len(cells) == 3 and cells[1].isdigit():
            found[f"linked, {cells[0]}"] = int(cells[1])
            if cells[2]:
                found[f"stack, {cells[0]}"] = int(cells[2])
        elif line.startswith("| `ota_"):
            found[cells[0].strip("`")] = int(cells[2])
    return found


def check(page, now):
    if not page.exists():
        sys.exit(f"size: no {page}: run scripts/size.py")
    before, after, bad = figures(page.read_text()), figures(now), 0
    for what, size in after.items():
        known = before.get(what)
        if known is None:
            print(f"new: {what} {size}")
        elif what in BUDGETED and size > known:
            bad += 1
            print(f"error: {what} must not grow and has, from {known} to {size}")
        elif size > known * (1 + GROWTH) and size > known + SLACK:
            bad += 1
            print(f"error: {what} has grown from {known} to {size}")
    if bad:
        sys.exit("size: if the growth is worth it, run scripts/size.py and commit docs/size.md")
    print(f"size: {len(after)} figures, none has grown much")


def main():
    args = checklib.arguments(
        __doc__, (("--check",), {"action": "store_true", "help": "compare with docs/size.md"}))
    root = args.root.resolve()
    run("cmake", "--preset", "size", cwd=root)
    run("cmake", "--build", "--preset", "size", cwd=root)
    text = report(modules(root / BUILD), contexts(root), linked(root))
    page = pathlib.Path(root / "docs" / "size.md")
    if args.check:
        check(page, text)
        return
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
    print(text)


main()

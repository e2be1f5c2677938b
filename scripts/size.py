#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the device core on a Cortex-M4 (-Os): code per module, deepest stack frame, contexts.

Builds the size preset with arm-none-eabi-gcc and writes docs/size.md. With --check it writes
nothing and fails if a module has grown by more than 5 % and 64 bytes over what docs/size.md says.
Either way it fails if a small build is larger than its limit (LIMITS below).
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
    ("MQTT only, smallest build", "-include {root}/examples/smallest/ota_config.h", FETCHES),
    ("MQTT only, smallest build, linked with -flto",
     "-include {root}/examples/smallest/ota_config.h -flto", FETCHES),
)

# What the builds of examples/ may have of text, and of memory without one block of an image. These
# are limits, not measurements: they change when somebody decides so.
LIMITS = {"small": (16640, 2688), "smallest": (12288, 2048)}

INTRO = """# Size

Written by `scripts/size.py`; `./test.sh` compares. arm-none-eabi-gcc {version}, `-mcpu=cortex-m4
-mthumb -Os`, bytes. Text includes constants. The stack is that of one function, the deepest of its
module, without its callees. A device links the modules that it uses; cryptography and the network
client are its own. A whole firmware with both is in [firmware-size.md](firmware-size.md).
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


def sizes_of(root, config, types):
    """{name: bytes} of C expressions {name: type}, as an application with this configuration sees
    them."""
    headers = sorted((root / "include" / "ota").glob("*.h"))
    source = "".join(f'#include "ota/{h.name}"\n' for h in headers)
    source += "".join(f"char s_{name}[{size}];\n" for name, size in types.items())
    obj = root / BUILD / "contexts.o"
    run("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c99", f"-I{root}/include",
        *(("-include", config) if config else ()), "-xc", "-", "-c", "-o", obj, input=source)
    listed = re.findall(r"^\w+ (\w+) \w s_(\w+)$", run("arm-none-eabi-nm", "-S", obj), re.M)
    return {name: int(size, 16) for size, name in listed}


def contexts(root):
    """[(struct, header, bytes)] of the public structs on the device."""
    found = []
    for header in sorted((root / "include" / "ota").glob("*.h")):
        for name in re.findall(r"^struct (ota_\w+) \{", header.read_text(), re.M):
            found.append((name, header.name))
    sizes = sizes_of(root, None, {name: f"sizeof(struct {name})" for name, _ in found})
    rows = [(name, header, sizes[name]) for name, header in found]
    return [r for r in rows if r[2] >= CONTEXT_MIN and not r[0].endswith("_ops")]


def objects(page):
    """{object: bytes of text} from a linker's map."""
    found, section = {}, None
    for line in page.read_text().partition("Linker script and memory map")[2].splitlines():
        head = re.match(r" (\.(?:text|rodata)\S*)\s*(.*)$", line)
        part = re.match(r"\s*0x\w+\s+0x(\w+)\s+\S*?(\w+)\.c\.o", head[2] if head else line)
        if part and (head or section):
            found[part[2]] = found.get(part[2], 0) + int(part[1], 16)
        section = head[1] if head and not head[2] else None
    return found


def linked(root):
    """[(what, bytes of text, deepest stack, its functions, {object: bytes})]: without the code that
    a build leaves out and nobody calls."""
    found = []
    for what, flags, roots in LINKED:
        build = root / f"{BUILD}-{len(found)}"
        whole = "-flto" in flags
        # A compiler cache keeps objects, but not the call graph.
        run("cmake", "--preset", "size", "-B", build, "-DCMAKE_C_COMPILER_LAUNCHER=",
            "-DCMAKE_C_FLAGS=-Os -g -fstack-usage -fcallgraph-info=su " + flags.format(root=root),
            cwd=root)
        run("cmake", "--build", build, "--target", "ota", cwd=root)
        names = roots.split()
        elf, page = build / "linked.elf", build / "linked.map"
        run("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-Os", "-nostdlib",
            *(("-flto",) if whole else ()), "-Wl,--gc-sections,--unresolved-symbols=ignore-all",
            f"-Wl,-e,{names[0]},-Map,{page}", *(f"-Wl,-u,{name}" for name in names),
            build / "src" / "libota.a", "-o", elf)
        size = int(run("arm-none-eabi-size", elf).splitlines()[1].split()[0])
        depth = (0, ()) if whole else stackdepth.deepest("ota_poll", *stackdepth.read(build, root))
        found.append((what, size, *depth, {} if whole else objects(page)))
    return found


def budget(root, links):
    """[(build, figure, bytes, limit)] of the builds of examples/: the agent, its work buffer for
    rows of 8 bytes, no static data."""
    found = []
    for name, (text, memory) in LIMITS.items():
        config = root / "examples" / name / "ota_config.h"
        sizes = sizes_of(root, config, {"agent": "sizeof(struct ota_agent)",
                                        "work": "OTA_WORK_LEN(8) - OTA_CHUNK_LEN"})
        size = next(l[1] for l in links if l[0] == f"MQTT only, {name} build")
        found += [(name, "text", size, text),
                  (name, "memory without a block", sizes["agent"] + sizes["work"], memory)]
    return found


LINKED_INTRO = """
What a device links of it, by how its updates come (a linker that drops what nobody calls; C library,
cryptography and clients are its own):

| updates over | text | deepest stack |
| --- | ---: | ---: |"""

BUILDS = """
The first five have everything that `ota/config.h` can leave out, but for the links. Two are built and
updated in the tests: the small build is `examples/small/ota_config.h`, without HTTP, BLE, archives,
encrypted images, texts and log; with job and direct flow, hook, verification, resume after a reset,
revert and reports (`e2e.update_small`). The smallest one, `examples/smallest/ota_config.h`, also does
without record log, hook, jobs that lead to another server, and requests for whole images
(`e2e.update_smallest`): agent, MQTT link, slot and verification.

The stack is the sum of the frames along the deepest chain of calls below `ota_poll`, without those
of clients, flash, cryptography and hook, which are the device's own. For the smallest build:
"""

LIMITS_INTRO = """
What they may have at most; the build fails above it. Memory is the agent and its work buffer for rows
of 8 bytes; the library has no variables of its own. The stack comes on top.

| build | figure | bytes | limit |
| --- | --- | ---: | ---: |"""


def objects_table(links):
    small, smallest = (next(l[4] for l in links if l[0] == f"MQTT only, {name} build")
                       for name in ("small", "smallest"))
    rows = sorted(small, key=lambda name: -small[name])
    return ["", "Their objects, in bytes as linked:", "", "| object | small | smallest |",
            "| --- | ---: | ---: |",
            *(f"| {name}.c | {small[name]} | {smallest.get(name, 0)} |" for name in rows)]


def report(table, rows, links, limits):
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
    out.append(LINKED_INTRO)
    out += [f"| {what} | {size} | {depth if depth and 'BLE' not in what else ''} |"
            for what, size, depth, _, _ in links]
    chain = next(l[3] for l in links if l[0] == "MQTT only, smallest build")
    out += [BUILDS, " → ".join(f"`{name}`" for name in chain), LIMITS_INTRO]
    out += [f"| {name} | {what} | {size} | {limit} |" for name, what, size, limit in limits]
    out += objects_table(links)
    out += ["", "What the caller provides, by type (public structs from "
            f"{CONTEXT_MIN} bytes on):", "", "| struct | header | bytes |", "| --- | --- | ---: |"]
    out += [f"| `{name}` | ota/{header} | {size} |" for name, header, size in rows]
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
        elif len(cells) == 3 and cells[1].isdigit() and not cells[0].endswith(".c"):
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
    links = linked(root)
    limits = budget(root, links)
    text = report(modules(root / BUILD), contexts(root), links, limits)
    page = pathlib.Path(root / "docs" / "size.md")
    over = [f"{name} build: {what} is {size} bytes, its limit {limit}"
            for name, what, size, limit in limits if size > limit]
    if args.check:
        check(page, text)
    else:
        page.parent.mkdir(exist_ok=True)
        page.write_text(text)
        print(text)
    if over:
        sys.exit("size: " + "; ".join(over) + ": leave something out, or decide about LIMITS")


main()

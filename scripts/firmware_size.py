#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the firmware of ports/qemu as scripts/qemu.sh build has made it.

usage: firmware_size.py [--check]

Writes docs/firmware-size.md: code and memory by part, from the linker's maps; deepest stack by
painting, heap and times, from an update over HTTPS in QEMU. --check writes nothing, runs nothing,
and fails if a part has grown by more than 5 % and 256 bytes over what the page says.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build-qemu"
PAGE = ROOT / "docs" / "firmware-size.md"
GROWTH, SLACK = 0.05, 256
IMAGES = (("bootloader", "Bootloader"), ("application-1.0.0", "Application"))
# Builds of the application for TLS records up to so many bytes, and an update over HTTPS with each.
RECORDS = ((4096, "application-1.0.0", "Https.test_update_with_both_sides_known"),
           (16384, "application-1.0.0-tls16k",
            "Https.test_build_for_large_records_does_not_ask_for_small_ones"))

# The first pattern that a file's name in the map has says what it belongs to.
PARTS = (
    (r"libotaboot\.a", "bootloader core (`boot/`)"),
    (r"libota\.a", "device core (`src/`)"),
    (r"liblwip_clients_\d+\.a", "MQTT, HTTP and TLS clients (`ports/lwip`)"),
    (r"psa/crypto", "cryptography over PSA (`ports/psa`)"),
    (r"board_(boot|app_\d+)\.dir", "board (`ports/qemu`)"),
    (r"examples/firmware", "program (`examples/firmware`)"),
    (r"liblwip_\d+\.a", "lwIP"),
    (r"libmbedtls_\w+\.a", "mbedTLS"),
    (r"", "C library, alignment"),
)
OUTPUT = {".text": 0, ".ARM.exidx": 0, ".data": 1, ".bss": 2, ".noinit": 2}

INTRO = """# Size of the firmware

Written by `scripts/firmware_size.py` after `scripts/qemu.sh build`; `./test.sh` compares. The
firmware of [firmware.md](firmware.md): arm-none-eabi-gcc {version}, `-mcpu=cortex-m4 -mthumb -Os`,
newlib-nano, `--gc-sections`, bytes. Text includes constants. The stack is that of one function, the
deepest of its part that is linked, without its callees; room for the stack is not in bss. A text that
several parts share counts for each. What the core takes without TLS, TCP/IP and cryptography is in
[size.md](size.md).
"""


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False,
                          cwd=ROOT, **options)
    if done.returncode != 0:
        sys.exit(f"firmware_size: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def part_of(name):
    return next(part for pattern, part in PARTS if re.search(pattern, name))


def sizes(image):
    """{part: [text, data, bss]} and the functions that are linked, from a map."""
    text = (BUILD / "ports" / "qemu" / f"{image}.map").read_text()
    text = text.split("Linker script and memory map", 1)[1].replace("\n                ", " ")
    table = {part: [0, 0, 0] for _, part in PARTS}
    functions = set()
    column = None
    for line in text.splitlines():
        output = re.match(r"(\.[\w.]+)", line)
        if output:
            column = OUTPUT.get(output.group(1))
        found = re.match(r" (\S+) +0x([0-9a-f]+) +0x([0-9a-f]+)(?: (\S.*))?$", line)
        if column is None or not found:
            continue
        section, address, size, name = found.groups()
        if int(address, 16) == 0 and section != "*fill*":
            continue
        if section.startswith(".text."):
            functions.add(section[len(".text."):])
        table[part_of(name or "")][column] += int(size, 16)
    return {part: row for part, row in table.items() if any(row)}, functions


def stacks(functions):
    """{part: (bytes, function)}: the deepest of the linked functions."""
    deepest = {}
    for path in BUILD.rglob("*.su"):
        if re.search(r"conformance\.dir|_16384\.dir", str(path)):
            continue  # in neither image
        where = str(path.relative_to(BUILD)).replace("src/CMakeFiles/ota.dir", "libota.a").replace(
            "boot/CMakeFiles/otaboot.dir", "libotaboot.a")
        where = re.sub(r"ports/qemu/CMakeFiles/(lwip_\w+|mbedtls_\w+)\.dir", r"lib\1.a", where)
        if "application-" in where:
            where = "examples/firmware"
        if part_of(where) == PARTS[-1][1]:
            continue  # ports that are compiled and not linked
        for line in path.read_text().splitlines():
            place, size, _ = line.split("\t")
            name = place.rsplit(":", 1)[-1]
            if name in functions and int(size) > deepest.get(part_of(where), (0, ""))[0]:
                deepest[part_of(where)] = int(size), name
    return deepest


def table_of(image, title):
    parts, functions = sizes(image)
    deepest = stacks(functions)
    yield f"\n## {title}\n\n| part | text | data | bss | stack | in function |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for part, row in parts.items():
        size, name = deepest.get(part, ("", ""))
        yield f"| {part} | {' | '.join(map(str, row))} | {size} | {f'`{name}`' if name else ''} |"
    total = [sum(column) for column in zip(*parts.values())]
    yield f"| **total** | {' | '.join(map(str, total))} | | |"


def test(name, case):
    """What a test in QEMU prints."""
    return run(sys.executable, ROOT / "tests" / "qemu" / f"test_{name}.py", ROOT / "build" / "bin",
               BUILD, case, env={**os.environ, "FIGURES": "are being written"})


def update_of(case):
    """Bytes, seconds of the download and of all, stack, heap, turns of an update over HTTPS."""
    return re.search(
        r"(\d+) bytes: download ([\d.]+) s, session to confirmed ([\d.]+) s; (\d+) bytes of stack, "
        r"(\d+) of heap at most\n(?:longest turns: (\d+) and (\d+))?", test("http", case)).groups()


def memory_of(image):
    """Data and bss."""
    return [sum(row[i] for row in sizes(image)[0].values()) for i in (1, 2)]


def measured():
    """What QEMU says: updates over HTTPS, and starts of the board."""
    updates = [update_of(case) for _, _, case in RECORDS]
    boot = test("boot", "Boot.test_reaches_the_application_in_time")
    size, load, took, stack, heap, handshake, signature = updates[0]
    start, boot_stack = re.search(r"start: ([\d.]+) s.*; (\d+) bytes of stack", boot).groups()
    yield "\n## In QEMU\n"
    yield f"An update of {size} bytes over HTTPS with certificates on both sides, on the machine that wrote"
    yield "this page; the tests print theirs (`./test.sh --qemu`, build/logs). They check these limits: 2 s"
    yield "to the application, 30 s for the update, and for the other figures what stands here and 5 % and"
    yield "256 more. Instructions are QEMU's (`-icount shift=0`).\n"
    yield "| | |"
    yield "| --- | ---: |"
    yield f"| start of QEMU to the application's first line, s | {start} |"
    yield f"| download, s | {load} |"
    yield f"| session to the new version confirmed, s | {took} |"
    yield f"| deepest stack of the application, by painting, bytes | {stack} |"
    yield f"| deepest stack of the bootloader, by painting, bytes | {boot_stack} |"
    yield f"| most of lwIP's heap in use, TLS included, bytes | {heap} |"
    yield f"| longest turn of the main loop in TLS handshakes, thousand instructions | {handshake} |"
    yield ("| longest turn of the main loop with the check of a signature, thousand instructions | "
           f"{signature} |")
    yield "\nThe heap is `MEM_SIZE` of `ports/qemu/lwip/lwipopts.h`, most of the application's bss."
    yield "\n## TLS records\n"
    yield "What the largest TLS record that the application takes costs (`OTA_FIRMWARE_TLS_RECORD`,"
    yield "[firmware.md](firmware.md#tls-records-of-16-kib)), in the same update.\n"
    yield "| records up to | data | bss | heap in use | download, s |"
    yield "| ---: | ---: | ---: | ---: | ---: |"
    for (record, image, _), (_, load, _, _, heap, *_) in zip(RECORDS, updates):
        data, bss = memory_of(image)
        yield f"| {record} | {data} | {bss} | {heap} | {load} |"


def has_grown(new, old):
    return new > old * (1 + GROWTH) and new > old + SLACK


def check():
    """Compares the numbers of each part with those of the page."""
    bad = []
    page = PAGE.read_text()
    for record, image, _ in RECORDS:
        known = re.search(rf"^\| {record} \| (\d+) \| (\d+) ", page, re.M)
        for what, new, old in zip(("data", "bss"), memory_of(image),
                                  map(int, known.groups()) if known else (0, 0)):
            if has_grown(new, old):
                bad.append(f"with records of {record}: {what} {old} -> {new}")
    for image, title in IMAGES:
        section = page.split(f"## {title}\n", 1)[-1].split("\n## ", 1)[0]
        for part, row in sizes(image)[0].items():
            known = re.search(rf"^\| {re.escape(part)} \| (\d+) \| (\d+) \| (\d+) ", section, re.M)
            for what, new, old in zip(("text", "data", "bss"), row,
                                      map(int, known.groups()) if known else (0, 0, 0)):
                if has_grown(new, old):
                    bad.append(f"{title}, {part}: {what} {old} -> {new}")
    for line in bad:
        print(f"firmware_size: {line}", file=sys.stderr)
    if bad:
        sys.exit("firmware_size: if that is meant, run scripts/firmware_size.py and commit the page")


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    if sys.argv[1:]:
        check()
        return
    version = run("arm-none-eabi-gcc", "-dumpversion").strip()
    lines = [INTRO.format(version=version).rstrip("\n")]
    for image, title in IMAGES:
        lines += table_of(image, title)
    lines += measured()
    PAGE.write_text("\n".join(lines) + "\n")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs updates in every mode on modelled flash and writes what they cost to docs/costs.md.

Needs the built tools. With --check it writes nothing and fails if the page would be another.
"""
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import checklib

KIB = 1024
PAYLOADS = (300 * KIB, 310 * KIB)  # bytes of the old and of the new application
HEADER = 1024
BOARD = "CY8CKIT_062S2_43012"  # the kit that the PSoC 6 rows are of

INTERNAL = {"size": 4 << 20, "erase": 4096, "write": 8, "erased": "0xff",
            "timing": {"erase_us": 25000, "write_ns_per_byte": 10000}}
EXTERNAL = {"size": 4 << 20, "erase": 65536, "write": 1, "erased": "0xff",
            "timing": {"erase_us": 150000, "write_ns_per_byte": 1560}}

INTRO = """# What an update costs the flash

Written by `scripts/costs.py`; `./test.sh` compares. `ota-boot` does a boot on flash files and counts;
its JSON line (`operations`) and `--verbose` say the same of your board and your images:

<!-- setup:
ota-imgtool keygen -k key.pem -t ecdsa-p256
ota-imgtool getpub -k key.pem -e pem -o pub.pem
for v in 1 2; do
    head -c 30000 /dev/urandom >app.bin
    ota-imgtool sign -k key.pem -v $v.0.0 -H 1024 --pad-header -S 0x380000 --align 8 app.bin v$v.bin
done
-->
```sh
ota-board program --board boards/generic-swap.json --flash device --slot primary v1.bin
ota-board program --board boards/generic-swap.json --flash device --slot secondary --mark test v2.bin
ota-boot --board boards/generic-swap.json --flash device --key pub.pem --verbose
```

An application of 300 KiB is updated to one of 310 KiB, and where the mode can, goes back.

- *erases*: of one erase unit each. *writes*: calls of at most 1 KiB. On flash whose rows are rewritten
  whole (PSoC 6), a write erases and programs.
- *wear*: how often the most worn erase unit is erased, or a row in it replaced. A part that is good for
  100,000 cycles lasts 100,000 / wear updates.
- *time*: erasing and programming by the `timing` of the board file ([boards.md](boards.md)).
  Reading, hashing and the check of signatures come on top; they are the same in all modes.
"""

TIMING = """
The timings: 4 KiB sectors, 25 ms an erase and 10 µs a byte, as microcontrollers with NOR inside have it;
64 KiB blocks of a serial NOR, 150 ms and 0.4 ms for 256 bytes; PSoC 6: 11 ms an erase and 16 ms a row of
512 bytes (its data sheet's limit), and the kit's serial NOR, 520 ms for 256 KiB and 664 ns a byte.
Where yours differs, put its figures into a board file.
"""

READING = """
How to read it:

- `overwrite` copies the whole slot, whatever the image needs; `overwrite-fast` only the image, and costs
  least. Neither can go back.
- `swap-scratch` moves everything three times, and wears its scratch area: once for every chunk that it
  holds. A larger scratch area wears less. It is the one for slots whose sectors differ in size.
- `swap-move` shifts the old image one sector up, then exchanges the two: no scratch, and little wear.
- `swap-offset` expects the new image one sector up, so that each image is copied once: the least work
  and wear of those that can go back.
- `swap-status-scratch` is what the PSoC 6 kits use: its progress lies in a partition of its own, whose
  rows are the most worn. Inside, the kit's rows take 16 ms each, which is nearly all of the time.
"""

VERSUS = """
## Compared with MCUboot

The same boots of the same images on the same flash, all that were recorded of MCUboot (the
configurations are in `tests/vectors/mcuboot`; each boot is compared by `unit.boot_vectors`). Ours takes
more only where it does more on purpose: one operation to remove a request that cannot be served, two
to make an image final that has nothing to go back to.

| configuration | erases | MCUboot | writes | MCUboot |
| --- | ---: | ---: | ---: | ---: |
"""


def slots(first, second, size, spare_first=0, spare_second=0):
    """Areas of equal slots on one device or two, with room for a sector more in one of them."""
    second_off = size + 65536 if first == second else 0
    return {
        "primary": {"device": first, "offset": 0, "size": size + spare_first},
        "secondary": {"device": second, "offset": second_off, "size": size + spare_second}}


def plain(mode, areas, devices, scratch=0):
    """A board file of MCUboot 2.4.0 without keys."""
    if scratch:
        areas = dict(areas, scratch={"device": "internal", "offset": 3 << 20, "size": scratch})
    return {"name": "costs", "board": "COSTS", "header_size": HEADER, "watchdog_ms": 4000,
            "devices": devices, "areas": areas,
            "boot": {"mode": mode, "version": "2.4.0", "align": 8, "max_sectors": 256,
                     "validate_primary": True, "signature": "none", "keys": []}}


def kit(root, place, mode):
    """A board file of the kit, without keys."""
    kind = "swap" if mode == "swap-status-scratch" else "copy"
    board = json.loads((root / f"boards/{BOARD}-{place}-{kind}.json").read_text())
    board["boot"].update(mode=mode, signature="none")
    return board


def tables(root):
    """[(heading, [(name of the row, board file)])]"""
    one, two = {"internal": INTERNAL}, {"internal": INTERNAL, "external": EXTERNAL}
    half, apart = slots("internal", "internal", 512 * KIB), slots("internal", "external", 512 * KIB)
    spare = slots("internal", "internal", 512 * KIB, spare_second=4096)
    kits = ("overwrite", "overwrite-fast", "swap-status-scratch")
    return [
        ("Microcontroller, both slots inside: sectors of 4 KiB, slots of 512 KiB", [
            ("overwrite", plain("overwrite", half, one)),
            ("overwrite-fast", plain("overwrite-fast", half, one)),
            ("swap-scratch, scratch of 4 KiB", plain("swap-scratch", half, one, 4 * KIB)),
            ("swap-scratch, scratch of 64 KiB", plain("swap-scratch", half, one, 64 * KIB)),
            ("swap-move", plain("swap-move", half, one)),
            ("swap-offset", plain("swap-offset", spare, one))]),
        ("Primary slot inside, secondary in a serial NOR: 4 KiB and 64 KiB", [
            ("overwrite", plain("overwrite", apart, two)),
            ("overwrite-fast", plain("overwrite-fast", apart, two)),
            ("swap-scratch, scratch of 64 KiB", plain("swap-scratch", apart, two, 64 * KIB))]),
        ("PSoC 6 kit, both slots inside: rows of 512 bytes",
         [(mode, kit(root, "internal", mode)) for mode in kits]),
        ("PSoC 6 kit, secondary slot in its serial NOR: rows of 512 bytes, and 256 KiB",
         [(mode, kit(root, "external", mode)) for mode in kits]),
    ]


class Device:
    """A board on flash files, with the old image in it."""

    def __init__(self, tools, work, board):
        self.tools, self.erased = tools, board["devices"]["internal"]["erased"]
        self.slot = board["areas"]["primary"]["size"]
        self.file, self.flash = work / "board.json", work / "flash"
        self.file.write_text(json.dumps(board))
        for number, size in enumerate(PAYLOADS, 1):
            self.sign(work, number, size)
        self.program("primary", work / "1.bin", "--erase-all")

    def run(self, tool, *args):
        done = subprocess.run([self.tools / tool, *map(str, args)], capture_output=True, text=True,
                              check=False, timeout=60)
        if done.returncode != 0:
            sys.exit(f"costs: {tool} {' '.join(map(str, args))} failed:\n{done.stderr}")
        return done.stdout

    def sign(self, work, number, size):
        (work / "payload").write_bytes(random.Random(number).randbytes(size))
        self.run("ota-imgtool", "sign", "--version", f"{number}.0.0", "--header-size", HEADER,
                 "--pad-header", "--align", 8, "--slot-size", self.slot, "--max-sectors", 4096,
                 "--overwrite-only", "--erased-val", self.erased,
                 work / "payload", work / f"{number}.bin")

    def program(self, slot, image, *options):
        self.run("ota-board", "program", "--board", self.file, "--flash", self.flash, "--slot", slot,
                 *options, image)

    def boot(self):
        return json.loads(self.run("ota-boot", "--board", self.file, "--flash", self.flash))


def cells(operations):
    return (str(operations["erases"]), str(operations["writes"]),
            f"{operations['bytes_written'] / KIB:.0f}", str(operations["wear"]),
            f"{operations['time_us'] / 1e6:.1f}")


def measure(tools, name, board):
    """A line of a table: an update, and the way back if there is one."""
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        device = Device(tools, work, board)
        device.program("secondary", work / "2.bin", "--mark", "test")
        there = device.boot()
        back = device.boot()
    if not there["version"].startswith("2.0.0"):
        sys.exit(f"costs: {name} did not install the new image: {there}")
    is_swap = board["boot"]["mode"].startswith("swap")
    if back["version"].startswith("1.0.0") != is_swap:
        sys.exit(f"costs: {name} started {back['version']} afterwards")
    last = cells(back["operations"])[4] if is_swap else "-"
    mode, comma, rest = name.partition(",")
    return f"| `{mode}`{comma}{rest} | " + " | ".join((*cells(there["operations"]), last)) + " |"


def versus(tools):
    """Lines of the comparison with MCUboot, from what the test prints."""
    told = subprocess.run([tools / "test_boot_vectors"], capture_output=True, text=True,
                          check=True, timeout=100)
    found = re.findall(r"^operations (\S+) +(\d+) erases \(MCUboot +(\d+)\), +(\d+) writes "
                       r"\(MCUboot +(\d+)\)$", told.stdout + told.stderr, re.M)
    if len(found) < 2:
        sys.exit("costs: test_boot_vectors tells no operations")
    return [f"| {name} | {' | '.join(figures)} |" for name, *figures in found]


def page(root, tools):
    out = [INTRO]
    for heading, rows in tables(root):
        out += [f"## {heading}", "",
                "| mode | erases | writes | KiB written | wear | time, s | back again, s |",
                "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
        out += [measure(tools, name, board) for name, board in rows] + [""]
    out[-1] = TIMING.rstrip("\n")
    return "\n".join(out) + "\n" + READING + VERSUS + "\n".join(versus(tools)) + "\n"


def main():
    args = checklib.arguments(
        __doc__, (["--check"], {"action": "store_true", "help": "compare with docs/costs.md"}),
        (["--tools"], {"type": pathlib.Path, "help": "folder of the built programs "
                       "(default: build/bin)"}))
    tools = (args.tools or args.root / "build" / "bin").resolve()
    path, text = args.root / "docs" / "costs.md", page(args.root, tools)
    if not args.check:
        path.write_text(text)
        return
    if not path.exists() or path.read_text() != text:
        work = pathlib.Path(tempfile.mkdtemp()) / "costs.md"
        work.write_text(text)
        sys.exit(f"costs: docs/costs.md says other things than {work}; run scripts/costs.py")
    print("costs: docs/costs.md is as measured")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures bootloaders on a Cortex-M4 (-Os), one per mode: what a linker leaves of the libraries.

Builds the size preset with arm-none-eabi-gcc, links a loader for each configuration, and writes
docs/boot-size.md. With --check it writes nothing, and fails if a loader has grown by more than 64 bytes
over what docs/boot-size.md says; by any if it misses its aim.
"""
import re
import subprocess
import sys
import tempfile

import checklib

SLACK = 64

MODES = ("overwrite", "overwrite_fast", "swap_scratch", "swap_move", "swap_offset",
         "swap_status_scratch")
# Lines of the loader that switch something on, by the name of its column.
OPTIONS = (
    ("plain", ""),
    ("+ counter", "ota_boot_counter_init(&counter); config.counter = &counter;"),
    ("+ encryption", "(void)ota_boot_encryption_init(&encryption, &cipher, 16); "
                     "config.encryption = &encryption;"),
)
# An aim that is missed does not grow: the check then holds the page's figure.
AIMS = {("swap_scratch", "plain"): 8192}

LOADER = """
#include "ota/boot.h"

extern const struct ota_flash flash;
extern const struct ota_trust trust;
extern const struct ota_cipher cipher;
extern void start(uint32_t entry);
int reset(void);

static uint8_t buf[1024];
struct ota_boot_counter counter;
struct ota_boot_encryption encryption;
static struct ota_boot boot;
static struct ota_boot_config config;

int reset(void)
{
    int rc;

    config.mode = &ota_boot_%s;
    config.primary.flash = config.secondary.flash = config.scratch.flash = &flash;
    config.trust = &trust;
    config.buf = buf;
    config.buf_len = sizeof buf;
    %s
    rc = ota_boot_init(&boot, &config);
    rc = rc == 0 ? ota_boot_run(&boot) : rc;
    if (rc == 0) {
        start(boot.result.entry_off);
    }
    return rc;
}
"""

INTRO = """# Size of a bootloader

Written by `scripts/boot_size.py`; `./test.sh` compares. arm-none-eabi-gcc {version}, `-mcpu=cortex-m4
-mthumb -Os`, `--gc-sections`, bytes of text with constants: all of
`libotaboot` and `libota` that a loader of this mode needs to check ECDSA-P256 or any other kind of
signature, install, revert and resume. Its `main`, flash driver, cryptographic library, `memcpy` and
its like and start-up code are the board's.

RAM: the copy buffer of the caller's choice, one `struct ota_boot` ({boot} bytes), its configuration
({config} bytes), and on the stack what [size.md](size.md) says.
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"boot_size: {' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def link(root, work, mode, option):
    """Bytes of text that one loader links of the libraries."""
    obj, elf = work + "/loader.o", work + "/loader.elf"
    run("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c99", "-ffunction-sections",
        "-fdata-sections", f"-I{root}/include", "-xc", "-", "-c", "-o", obj,
        input=LOADER % (mode, option))
    run("arm-none-eabi-ld", "--gc-sections", "--unresolved-symbols=ignore-all", "-e", "reset", obj,
        root / "build-size" / "boot" / "libotaboot.a", root / "build-size" / "src" / "libota.a",
        "-o", elf)
    texts = [int(line.split()[0]) for line in run("arm-none-eabi-size", elf, obj).splitlines()[1:]]
    return texts[0] - texts[1]


def contexts(root, work):
    obj = work + "/contexts.o"
    run("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=c99", f"-I{root}/include", "-xc",
        "-", "-c", "-o", obj, input='#include "ota/boot.h"\nchar s_boot[sizeof(struct ota_boot)];\n'
        "char s_config[sizeof(struct ota_boot_config)];\n")
    listed = re.findall(r"^\w+ (\w+) \w s_(\w+)$", run("arm-none-eabi-nm", "-S", obj), re.M)
    return {name: int(size, 16) for size, name in listed}


def measure(root, work):
    return {(mode, name): link(root, work, mode, line) for mode in MODES for name, line in OPTIONS}


def report(root, work, sizes):
    out = [INTRO.format(version=run("arm-none-eabi-gcc", "-dumpfullversion").strip(),
                        **contexts(root, work))]
    out.append("| mode | " + " | ".join(name for name, _ in OPTIONS) + " |")
    out.append("| --- |" + " ---: |" * len(OPTIONS))
    for mode in MODES:
        cells = [str(sizes.get((mode, name), "-")) for name, _ in OPTIONS]
        out.append(f"| `{mode}` | " + " | ".join(cells) + " |")
    for (mode, name), aim in AIMS.items():
        over = sizes[mode, name] - aim
        out += ["", f"Aim: `{mode}` {name} in {aim:,} bytes; "
                + (f"missed by {over}." if over > 0 else "kept.")]
    return "\n".join(out) + "\n"


def figures(text):
    """{(mode, column): bytes} of a page."""
    found = {}
    for line in text.splitlines():
        cells = [c.strip(" `") for c in line.strip("|").split("|")]
        if cells[0] in MODES:
            found.update({(cells[0], OPTIONS[i][0]): int(c) for i, c in enumerate(cells[1:])
                          if c.isdigit()})
    return found


def check(page, sizes):
    known, bad = figures(page.read_text()) if page.exists() else {}, 0
    for what, size in sizes.items():
        slack = 0 if what in AIMS and size > AIMS[what] else SLACK
        if what not in known or size > known[what] + slack:
            bad += 1
            print(f"error: {' '.join(what)}: {size} bytes, was {known.get(what, 'not measured')}")
    if bad:
        sys.exit("boot_size: if the growth is worth it, run scripts/boot_size.py and commit "
                 "docs/boot-size.md")
    print(f"boot_size: {len(sizes)} loaders, none has grown")


def main():
    args = checklib.arguments(
        __doc__, (("--check",), {"action": "store_true", "help": "compare with docs/boot-size.md"}))
    root = args.root.resolve()
    run("cmake", "--preset", "size", cwd=root)
    run("cmake", "--build", "--preset", "size", cwd=root)
    page = root / "docs" / "boot-size.md"
    with tempfile.TemporaryDirectory() as work:
        sizes = measure(root, work)
        if args.check:
            check(page, sizes)
            return
        text = report(root, work, sizes)
    page.write_text(text)
    print(text)


main()

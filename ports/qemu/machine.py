#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The board in QEMU: makes its flash, and runs it.

usage: machine.py flash FLASH BOOTLOADER.bin [IMAGE] [NAME=VALUE | NAME=@FILE]...
       machine.py run FLASH [QEMU-OPTION]...

flash: a new flash file with a bootloader, a signed image in the primary slot, and settings.
run:   QEMU on it; the console is standard output. Ends with QEMU.
"""
import json
import os
import pathlib
import subprocess
import sys

BOARD = json.loads((pathlib.Path(__file__).resolve().parents[2] / "boards" / "qemu-mps2.json")
                   .read_text())
SIZE = int(BOARD["devices"]["flash"]["size"], 0)


def area(name):
    """Offset and size of an area of the board file."""
    return int(BOARD["areas"][name]["offset"], 0), int(BOARD["areas"][name]["size"], 0)


def program(flash, name, data):
    """What a debug probe does: erases an area and writes its beginning."""
    offset, size = area(name)
    if len(data) > size:
        raise ValueError(f"{len(data)} bytes do not fit into {name}, which has {size}")
    with open(flash, "r+b") as f:
        f.seek(offset)
        f.write(data.ljust(size, b"\xff"))


def make_flash(flash, bootloader, image=None, settings=None):
    with open(flash, "wb") as f:
        f.write(b"\xff" * SIZE)
    program(flash, "bootloader", pathlib.Path(bootloader).read_bytes())
    if image:
        program(flash, "primary", pathlib.Path(image).read_bytes())
    if settings:
        program(flash, "settings", b"".join(
            f"{name}={value}".encode() + b"\0" for name, value in settings.items()))


def command(flash):
    base = BOARD["devices"]["flash"]["base"]
    return ["qemu-system-arm", "-M", "mps2-an386,memory-backend=flash",
            "-object", f"memory-backend-file,id=flash,mem-path={flash},size={SIZE},share=on",
            "-global", f"armv7m.init-nsvtor={base}", "-nodefaults", "-display", "none",
            "-serial", "stdio", "-monitor", "none",
            "-semihosting-config", "enable=on,target=native", "-nic", "user,model=lan9118"]


def run(flash, *more, **options):
    """Starts QEMU, with more of its options; it ends if the caller sees to it."""
    return subprocess.Popen([*command(flash), *more], stdin=subprocess.DEVNULL, **options)


def setting(text):
    name, value = text.split("=", 1)
    return name, pathlib.Path(value[1:]).read_text() if value.startswith("@") else value


def main(arguments):
    if arguments[:1] == ["run"] and len(arguments) >= 2:
        line = command(arguments[1]) + arguments[2:]
        os.execvp(line[0], line)
    if arguments[:1] == ["flash"] and len(arguments) >= 3:
        files = [a for a in arguments[2:] if "=" not in a]
        make_flash(arguments[1], *files, settings=dict(map(setting, arguments[2 + len(files):])))
        return 0
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

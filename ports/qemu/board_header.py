#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the firmware's board header of a board file, so that host tools and firmware agree.

usage: board_header.py BOARD.json HEADER.h

For C and for linker scripts, therefore nothing but macros with numbers and texts.
"""
import json
import sys


def number(value):
    return int(value, 0) if isinstance(value, str) else value


def lines(board):
    device_name, device = next(iter(board["devices"].items()))
    yield "BOARD_NAME", f'"{board.get("board", board["name"])}"'
    yield "BOARD_HEADER_SIZE", board["header_size"]
    yield "BOARD_WATCHDOG_MS", board["watchdog_ms"]
    for key in ("base", "size", "erase", "write"):
        yield f"BOARD_FLASH_{key.upper()}", hex(number(device[key]))
    for name, area in board["areas"].items():
        if area["device"] != device_name:
            sys.exit(f"board_header: area {name} is not in {device_name}, the only device here")
        yield f"BOARD_{name.upper()}_OFF", hex(number(area["offset"]))
        yield f"BOARD_{name.upper()}_SIZE", hex(number(area["size"]))
    yield "BOARD_MAX_SECTORS", board["boot"]["max_sectors"]
    yield "BOARD_ALIGN", board["boot"]["align"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        board = json.load(f)
    with open(sys.argv[2], "w") as f:
        f.write(f"/* Made from the board file {board['name']}. */\n"
                "#ifndef BOARD_LAYOUT_H\n#define BOARD_LAYOUT_H\n")
        f.writelines(f"#define {name} {value}\n" for name, value in lines(board))
        f.write("#endif\n")


main()

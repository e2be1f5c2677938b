#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Settings out of their ranges do not compile, as with the original, and those in them do.

usage: compat_limits.py SOURCE_DIR C_COMPILER
"""
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(sys.argv[1]).resolve()
YEAR = 60 * 60 * 24 * 365
# Setting, and the values around its ends: refused, taken, ..., refused.
INTERVALS = ("CY_OTA_INITIAL_CHECK_SECS", "CY_OTA_NEXT_CHECK_INTERVAL_SECS",
             "CY_OTA_RETRY_INTERVAL_SECS")
CASES = [(name, value, 5 <= value <= YEAR)
         for name in INTERVALS for value in (0, 4, 5, YEAR, YEAR + 1)]
CASES += [(name, value, value <= YEAR)
          for name in ("CY_OTA_CHECK_TIME_SECS", "CY_OTA_PACKET_INTERVAL_SECS")
          for value in (0, YEAR, YEAR + 1)]
CASES += [("CY_OTA_API_VERSION", value, 2 <= value <= 5) for value in (1, 2, 5, 6)]


def compiles(name, value):
    include = SOURCE / "include"
    return subprocess.run(
        [sys.argv[2], "-x", "c", "-std=c99", "-fsyntax-only", "-DCOMPONENT_OTA_MQTT",
         "-DCY_TARGET_BOARD=BOARD", f"-D{name}={value}", f"-I{include}", f"-I{include / 'compat'}",
         f"-I{include / 'compat' / 'platform'}", "-"], input='#include "cy_ota_api.h"\n', text=True,
        stderr=subprocess.PIPE, check=False)


def main():
    wrong = 0
    for name, value, is_fine in CASES:
        done = compiles(name, value)
        if (done.returncode == 0) != is_fine or (not is_fine and name not in done.stderr):
            print(f"{name}={value}: {'refused' if is_fine else 'taken'}\n{done.stderr}")
            wrong += 1
    print(f"{len(CASES)} settings, {wrong} wrong")
    return wrong != 0


sys.exit(main())

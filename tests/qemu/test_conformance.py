#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The board's flash driver under the conformance test of ports/template, run on the board."""
import pathlib
import tempfile
import unittest

import bench
import machine

SECTOR = 4096


class Conformance(unittest.TestCase):
    def test_driver_keeps_every_rule(self):
        with tempfile.TemporaryDirectory() as folder:
            flash = pathlib.Path(folder) / "flash.bin"
            machine.make_flash(flash, bench.FIRMWARE / "bin" / "conformance.bin")
            before = flash.read_bytes()
            with bench.Board(flash) as board:
                broken = board.wait_for("^flash: (.*)").group(1)
            after = flash.read_bytes()
        self.assertEqual(broken, "0 rules broken")
        start, size = machine.area("secondary")
        changed = {i // SECTOR for i in range(0, len(before), SECTOR)
                   if before[i:i + SECTOR] != after[i:i + SECTOR]}
        # Three sectors of patterns; the end of the slot was marked and is erased again.
        self.assertLessEqual({start // SECTOR, start // SECTOR + 2}, changed)
        self.assertLessEqual(changed, {start // SECTOR + i for i in range(3)} |
                             {(start + size) // SECTOR - 1})


bench.main()

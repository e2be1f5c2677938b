#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bootloader and the application start, whatever is in the flash."""
import time

import bench
import machine

BOOT_LIMIT_S = 2.0


class Boot(bench.Case):
    def boot_time(self):
        start = time.monotonic()
        with self.board:
            self.stack = self.board.wait_for("^boot: starting .*, (.* of stack)").group(1)
            self.board.wait_for("^application 1.0.0")
            return time.monotonic() - start

    def test_reaches_the_application_in_time(self):
        best = min(self.boot_time() for _ in range(3))
        print(f"power-on to application, with QEMU's own start: {best:.2f} s; {self.stack}")
        self.assertLess(best, BOOT_LIMIT_S)
        self.expect_figure("deepest stack of the bootloader, by painting",
                           int(self.stack.split()[0]))

    def test_image_with_a_flipped_bit_is_not_started(self):
        offset, _ = machine.area("primary")
        with open(self.flash, "r+b") as f:
            f.seek(offset + 5000)
            byte = f.read(1)
            f.seek(offset + 5000)
            f.write(bytes([byte[0] ^ 1]))
        with self.board:
            self.board.wait_for("^boot: nothing to start: image hash does not match")

    def test_empty_board_waits_for_an_image(self):
        machine.program(self.flash, "primary", b"")
        with self.board:
            self.board.wait_for("^boot: nothing to start: slot holds no image")
            self.board.wait_for("^boot: watchdog")
            machine.program(self.flash, "primary", self.old.read_bytes())
            self.board.wait_for("^confirmed 1.0.0")


bench.main()

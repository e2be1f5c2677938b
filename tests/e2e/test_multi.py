#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boards that start from either slot, and boards with two images.

usage: test_multi.py BIN_DIR BOARDS_DIR [TEST...]
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()
HEADER = 1024
XIP = "generic-direct-xip"
TWO = "CY8CKIT_064B0S2_4343W-two-images"


def tool(name, *args, expect=0):
    done = subprocess.run([BIN / name, *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    if done.returncode != expect:
        raise AssertionError(f"{name} {args}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temp.name)
        cls.key = cls.folder / "key.pem"
        tool("ota-imgtool", "keygen", "-k", cls.key, "-t", "ecdsa-p256")
        cls.app = cls.folder / "app"
        subprocess.run(["strip", "-o", cls.app, BIN / "board_app"], check=True)
        cls.blob = cls.folder / "blob"
        cls.blob.write_bytes(bytes(i * 7 & 0xff for i in range(9000)))

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def setUp(self):
        self.flash = pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def sign(self, payload, version, *options, slot=0x80000, erased="0xff"):
        out = self.flash / f"{payload.name}-{version}.img"
        tool("ota-imgtool", "sign", "-k", self.key, "-v", version, "-H", HEADER, "--pad-header",
             "--align", 8, "-S", slot, "-R", erased, "-M", 3584, "--overwrite-only", *options,
             payload, out)
        return out

    def common(self, board):
        return ["--board", BOARDS / f"{board}.json", "--flash", self.flash]

    def program(self, board, slot, image, *options, expect=0):
        tool("ota-board", "program", *self.common(board), "--slot", slot, *options, image,
             expect=expect)

    def boot(self, board, *options, expect=0):
        return json.loads(tool("ota-boot", *self.common(board), "--key", self.key, "--json",
                               *options, expect=expect))

    def run_board(self, board, *args):
        return tool("ota-board", "run", *self.common(board), "--key", self.key, "--", *args)


class DirectXip(Case):
    def install(self):
        self.program(XIP, "primary", self.sign(self.app, "1.0.0", slot=0x380000), "--mark",
                     "permanent")
        self.program(XIP, "secondary", self.sign(self.app, "2.0.0", slot=0x380000), "--mark", "test")

    def test_newest_is_started_where_it_is_and_reverted(self):
        self.install()
        log = self.run_board(XIP, "2=reset", "1=exit:0")
        self.assertIn("starting 2.0.0 at 0x00390400", log)
        self.assertIn("starting 1.0.0 at 0x00010400", log)
        self.assertIn("revert installation done", log)
        self.assertIsNone(self.boot(XIP)["slots"]["secondary"]["version"])

    def test_application_confirms_the_slot_that_it_runs_from(self):
        self.install()
        self.run_board(XIP, "2=confirm,exit:0")
        self.assertEqual(self.boot(XIP)["slot"], "secondary")
        self.assertEqual(self.boot(XIP)["version"], "2.0.0")


class TwoImages(Case):
    """The application needs version 2 of TF-M, and that the application's."""

    def install(self, ask=("secondary", "secondary2")):
        self.program(TWO, "primary", self.sign(self.app, "1.0.0", erased="0x00"))
        self.program(TWO, "primary2", self.sign(self.blob, "1.0.0", erased="0x00"))
        for slot, payload, other in (("secondary", self.app, 1), ("secondary2", self.blob, 0)):
            image = self.sign(payload, "2.0.0", "-d", f"({other},2.0.0)")
            mark = ("--mark", "test") if slot in ask else ()
            self.program(TWO, slot, image, *mark)

    def versions(self, **options):
        result = self.boot(TWO, **options)
        return result["version"], result["second"]["version"]

    def test_both_are_tried_and_reverted(self):
        self.install()
        self.assertEqual(self.versions(), ("2.0.0", "2.0.0"))
        self.assertEqual(self.versions(), ("1.0.0", "1.0.0"))

    def test_both_are_confirmed_by_the_application(self):
        self.install()
        log = self.run_board(TWO, "2=confirm,exit:0", "1=exit:0")
        self.assertIn("second image is 2.0.0", log)
        self.assertEqual(self.versions(), ("2.0.0", "2.0.0"))

    def test_one_alone_is_not_installed(self):
        self.install(ask=("secondary",))
        result = self.boot(TWO)
        self.assertEqual(result["version"], "1.0.0")
        self.assertEqual(result["refused"]["error"], "OTA_EDEPENDS")

    def test_power_cuts_leave_both_or_none(self):
        self.install()
        for cut in (40, 400, 900):
            self.boot(TWO, "--cut-after", f"{cut}:torn", expect=1)
        first, second = self.versions()
        self.assertEqual(first, second)

    def test_slots_are_shown(self):
        self.install()
        info = json.loads(tool("ota-board", "info", *self.common(TWO), "--key", self.key, "--json"))
        self.assertEqual(info["secondary2"]["image"]["version"], "2.0.0")
        self.assertEqual(info["next_boot"]["version"], "2.0.0")

    def test_second_slot_of_a_board_that_has_none(self):
        self.program(XIP, "secondary2", self.sign(self.blob, "1.0.0"), expect=1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

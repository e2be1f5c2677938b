#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every tool tells more with -v, on standard error or, for a board, on its console.

usage: test_verbose.py BIN_DIR BOARDS_DIR
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto  # noqa: E402
from radio import Device, Files, Radio  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()
STAMP = r"(?m)^\d\d:\d\d:\d\d|^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"


def run(*command, env=None, expect=0):
    """Standard output and standard error."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False, env=env)
    if done.returncode != expect:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


class VerboseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = Files(BIN, cls.temp.name)
        cls.image = cls.files.image("1.0.0")

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def folder(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.temp.name))

    def test_imgtool(self):
        sign = ["sign", "-k", self.files.key, "-v", "1.2.3", "-H", 1024, "--pad-header", "-S",
                0x380000, self.files.folder / "app-1.0.0", self.files.folder / "out.img"]
        self.assertEqual(run(BIN / "ota-imgtool", *sign)[1], "")
        for option in ("-v", "--verbose"):
            told = run(BIN / "ota-imgtool", option, *sign)[1]
            self.assertRegex(told, r"app-1\.0\.0: \d+ bytes\n")
            self.assertRegex(told, r"out\.img: header 1024 bytes, image \d+ bytes .*signed")

    def program(self):
        common = ["--board", BOARDS / "generic-swap.json", "--flash", self.folder()]
        run(BIN / "ota-board", "program", *common, "--slot", "primary", self.image)
        return common

    def test_boot(self):
        boot = [BIN / "ota-boot", *self.program(), "--key", self.files.key]
        self.assertEqual(run(*boot)[1], "")
        for option in ("-v", "--verbose"):
            out, told = run(*boot, option)
            self.assertIn("swap type none", told)
            self.assertRegex(told, r"\d+ erases, \d+ writes of \d+ bytes, at most \d+ on one "
                                   r"erase unit: \d+ ms on the hardware")
            self.assertEqual(out.count("\n"), 1)  # the JSON line stays alone

    def test_board(self):
        command = [BIN / "ota-board", "run", *self.program(), "--key", self.files.key,
                   "--max-resets", 1]
        options = ["--", "--no-such-option"]  # the application fails; the board has booted
        quiet = "".join(run(*command, *options, expect=1))
        loud = "".join(run(*command, "-v", *options, expect=1))
        self.assertNotIn("ms on the hardware", quiet)
        self.assertIn("ms on the hardware", loud)

    def test_ble(self):
        radio = Radio(BIN, self.folder())
        self.addCleanup(radio.stop)
        device = Device(BIN, BOARDS, radio, self.files)
        self.addCleanup(device.stop)
        device.ready()
        told = run(BIN / "ota-ble", "-v", "-q", "update", self.files.image("2.0.0"),
                   env=radio.env)[1]
        for line in ("command 01", "command 02", "command 03", "answer 00", "blocks of 244 bytes"):
            self.assertIn(line, told)
        self.assertRegex(told, STAMP)

    def test_publisher_and_subscriber(self):
        broker = Mosquitto(self.temp.name).start()
        self.addCleanup(broker.stop)
        for option, is_stamped in (("-v", True), ("-l", True), (None, False)):
            extra = [option] if option else []
            publisher = subprocess.Popen(
                [BIN / "ota-publisher", "-b", f"127.0.0.1:{broker.port}", "-k", "GENERIC", "-f",
                 self.image, *extra], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(publisher.stdout.readline(), "ready\n")
            told = run(BIN / "ota-subscriber", "-b", f"127.0.0.1:{broker.port}", "-k", "GENERIC",
                       "-f", self.folder() / "got", *extra)[1]
            publisher.terminate()
            published = publisher.communicate(timeout=20)[1]
            for text in (told, published):
                (self.assertRegex if is_stamped else self.assertNotRegex)(text, STAMP)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

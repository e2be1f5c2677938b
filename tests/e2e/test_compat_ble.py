#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An application of the original on an emulated board, updated by ota-ble over the virtual radio.

usage: test_compat_ble.py BIN_DIR BOARDS_DIR
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from radio import Device, Files, Radio, run  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()


class CompatBleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = Files(BIN, cls.temp.name)
        run("strip", "-o", cls.files.folder / "app", BIN / "example-compat-ble")

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def setUp(self):
        self.radio = Radio(BIN, tempfile.mkdtemp(dir=self.temp.name))
        self.addCleanup(self.radio.stop)
        self.device = Device(BIN, BOARDS, self.radio, self.files, image=self.image("1.0.0"))
        self.addCleanup(self.device.stop)
        self.device.ready()

    def image(self, version, *options, name=""):
        return self.files.image(version, *options, name=f"compat{name}-{version}",
                                payload=self.files.folder / "app")

    def update(self, *args, expect=0):
        done = subprocess.run([BIN / "ota-ble", "--json", *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                              env=self.radio.env)
        self.assertEqual(done.returncode, expect,
                         done.stdout + done.stderr + self.device.console())
        return json.loads(done.stdout)

    def expect(self, version):
        self.device.stop()
        self.assertEqual(self.device.version(), version)

    def test_update_is_installed_and_confirmed(self):
        self.assertEqual(self.update("update", self.image("2.0.0"))["result"], "installed")
        self.device.ready(2)
        shown = self.device.console()
        for line in ("OTA STATE Storage Open", "OTA STATE Start Update",
                     "OTA STATE Downloading Data", "OTA STATE Verifying",
                     "OTA STATE Session complete", "update complete: restarting"):
            self.assertIn(line, shown)
        self.assertEqual(shown.count("self-test passed"), 2)
        self.expect("2.0.0")

    def test_writes_with_response_work_as_the_originals_peers_do(self):
        self.update("--with-response", "--block", 256, "--from-start", "update",
                    self.image("2.0.0"))
        self.device.ready(2)
        self.expect("2.0.0")

    def test_old_version_is_refused(self):
        self.update("update", self.image("1.0.0"), expect=1)
        self.assertIn("OTA STATE Downloading Data: OTA ERROR Job has invalid version",
                      self.device.console())
        self.expect("1.0.0")

    def test_image_for_another_board_is_refused_and_the_right_one_taken(self):
        self.update("--force", "update", self.image("2.0.0", "--board", "OTHER", name="-other"),
                    expect=1)
        self.update("update", self.image("2.0.0"))
        self.device.ready(2)
        self.expect("2.0.0")

    def test_update_after_a_lost_connection(self):
        self.radio.tell("DropAfter", 100)
        self.update("update", self.image("2.0.0"), expect=1)
        self.device.wait_for("peer is gone")
        self.update("update", self.image("2.0.0"))
        self.device.ready(2)
        self.expect("2.0.0")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-ble updates the example application on an emulated board, through BlueZ's interfaces.

usage: test_ble.py BIN_DIR BOARDS_DIR [CLASS[.TEST]...]
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from radio import ADDRESS, Device, Files, Radio  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()


class BleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = Files(BIN, cls.temp.name)

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def setUp(self):
        self.radio = Radio(BIN, tempfile.mkdtemp(dir=self.temp.name))
        self.addCleanup(self.radio.stop)
        self.device = None

    def start(self, *options):
        self.device = Device(BIN, BOARDS, self.radio, self.files, *options)
        self.addCleanup(self.device.stop)
        self.device.ready()

    def ble(self, *args, expect=0):
        done = subprocess.run([BIN / "ota-ble", *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                              env=self.radio.env)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr + self.console())
        return done

    def console(self):
        return self.device.console() if self.device else ""

    def update(self, *args, expect=0):
        done = self.ble("--json", *args, expect=expect)
        return json.loads(done.stdout)

    def expect_new(self, boots=2):
        self.device.ready(boots)
        self.assertIn("self-test passed: 2.0.0 is confirmed", self.console())
        self.device.stop()
        self.assertEqual(self.device.version(), "2.0.0")

    def expect_old(self):
        self.device.stop()
        self.assertEqual(self.device.version(), "1.0.0")

    def test_scan_lists_the_device(self):
        self.start()
        found = json.loads(self.ble("--json", "--time", 1, "scan").stdout)
        self.assertIn(found[0].pop("rssi"), (-50, -51))
        self.assertEqual(found, [{"address": ADDRESS, "name": "test board", "secure": False}])
        self.assertIn("test board", self.ble("--time", 1, "scan").stdout)

    def test_without_a_device_there_is_nothing_to_update(self):
        self.assertEqual(json.loads(self.ble("--json", "--time", 1, "scan").stdout), [])
        done = self.ble("--time", 1, "info", expect=1)
        self.assertIn("no device that takes updates", done.stderr)

    def test_info_tells_what_the_device_is(self):
        self.start()
        info = json.loads(self.ble("--json", "info").stdout)
        self.assertEqual((info["board"], info["version"], info["mtu"]), ("GENERIC", "1.0.0", 247))
        self.assertIn("board        GENERIC", self.ble("info").stdout)

    def test_update_installs_and_starts_the_new_version(self):
        self.start()
        image = self.files.image("2.0.0", "--board", "GENERIC", name="board")
        result = self.update("update", image)
        self.assertEqual(result["version"], "2.0.0")
        self.assertEqual(result["resumed_at"], 0)
        self.assertEqual(result["block"], 244)
        self.assertEqual(result["waits"], 1)
        packets, size, commands, notified, _ = self.radio.stats()
        self.assertEqual(size, result["bytes"])
        self.assertEqual(packets, -(-size // 244))
        self.assertEqual((commands, notified), (3, 3))
        self.expect_new()

    def test_update_shows_progress_and_the_rate(self):
        self.start()
        done = self.ble("--device", "test board", "update", self.files.image("2.0.0"))
        self.assertIn("100 %", done.stderr)
        self.assertRegex(done.stdout, r"2\.0\.0 is verified .* kB/s")
        self.expect_new()

    def test_writes_with_response_work_as_the_originals_peers_do(self):
        self.start()
        result = self.update("--with-response", "--block", 256, "--from-start", "update",
                             self.files.image("2.0.0"))
        self.assertEqual(result["block"], 256)
        self.expect_new()

    def test_a_signed_transfer_is_for_the_secure_service(self):
        self.start("--ble-secure")
        image = self.files.image("2.0.0")
        self.assertIn("--sign", self.update("update", image, expect=1)["reason"])
        result = self.update("--sign", self.files.key, "update", image)
        self.assertEqual(result["result"], "installed")
        self.expect_new()

    def test_a_transfer_signed_by_another_key_is_refused(self):
        self.start("--ble-secure")
        other = self.files.folder / "other.pem"
        subprocess.run([BIN / "ota-imgtool", "keygen", "-k", other, "-t", "ecdsa-p256"], check=True)
        result = self.update("--sign", other, "update", self.files.image("2.0.0"), expect=1)
        self.assertIn("signature is wrong", result["reason"])
        self.expect_old()

    def test_a_lost_connection_is_gone_on_with(self):
        self.start()
        image = self.files.image("2.0.0")
        self.radio.tell("DropAfter", 100)
        result = self.update("update", image, expect=1)
        self.assertEqual(result["error"], "OTA_EDROPPED")
        self.device.wait_for("failed while downloading the image: connection lost")
        result = self.update("update", image)
        self.assertEqual(result["resumed_at"], 100 * 244 // 4096 * 4096)
        self.assertEqual(result["waits"], 2)
        self.expect_new()

    def test_another_image_does_not_go_on_with_it(self):
        self.start()
        first = self.files.image("2.0.0")
        other = self.files.image("2.1.0", payload=self.files.folder / "app-2.0.0")
        self.radio.tell("DropAfter", 100)
        self.update("update", other, expect=1)
        result = self.update("update", first)
        self.assertEqual(result["resumed_at"], 0)
        self.expect_new()

    def test_an_image_for_another_board_is_not_sent(self):
        self.start()
        image = self.files.image("2.0.0", "--board", "OTHER", name="other")
        self.assertIn("made for OTHER", self.update("update", image, expect=1)["reason"])
        self.assertEqual(self.radio.stats()[0], 0)
        result = self.update("--force", "update", image, expect=1)
        self.assertIn("another board", result["reason"])
        self.expect_old()

    def test_an_old_version_is_refused_with_the_reason(self):
        self.start()
        result = self.update("update", self.files.image("1.0.0"), expect=1)
        self.assertIn("not newer", result["reason"])
        self.expect_old()

    def test_a_file_that_is_no_image_is_not_sent(self):
        self.start()
        done = self.ble("update", self.files.key, expect=1)
        self.assertIn("ota-imgtool", done.stderr)
        self.ble("update", expect=2)
        self.ble("frobnicate", expect=2)
        self.assertIn("Usage", self.ble("--help").stdout)

    def test_ctrl_c_aborts_the_transfer(self):
        self.start()
        self.radio.tell("SetPacketTime", 20000)
        process = subprocess.Popen([BIN / "ota-ble", "update", self.files.image("2.0.0")],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=self.radio.env)
        self.device.wait_for("writing|downloading|bytes")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 1)
        self.device.wait_for("waiting for a peer")
        self.radio.tell("SetPacketTime", 0)
        info = json.loads(self.ble("--json", "info").stdout)
        self.assertEqual(info["last_error"], "OTA_ESTOPPED")
        self.assertEqual(info["stored"], 0)
        self.ble("abort")
        self.expect_old()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The web page in a real browser: page, Chromium, BlueZ's interfaces, virtual radio, libota, flash,
restart, new version.

usage: test_web.py BIN_DIR BOARDS_DIR WEB_DIR BROWSER_SCRIPT MODULES_DIR [CLASS[.TEST]...]

With SHOTS=DIR the tests leave a picture of every state there, wide and narrow, light and dark.
"""
import functools
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from radio import Device, Files, Radio, run  # noqa: E402

BIN, BOARDS, WEB, SCRIPT, MODULES = [pathlib.Path(a).resolve() for a in sys.argv[1:6]]
SHOTS = os.environ.get("SHOTS")
PATIENCE = 60


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Browser:
    def __init__(self, env, folder):
        self.process = subprocess.Popen(
            ["node", SCRIPT, tempfile.mkdtemp(dir=folder), MODULES], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        if "ready" not in self.process.stdout.readline():
            raise AssertionError("the browser does not start")

    def __call__(self, do, **arguments):
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{do} {arguments}: {answer['error']}")
        return answer.get("value")

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class WebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = Files(BIN, cls.temp.name)
        cls.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=WEB))
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://localhost:{cls.server.server_address[1]}/index.html"

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.temp.cleanup()

    def setUp(self):
        self.radio = Radio(BIN, tempfile.mkdtemp(dir=self.temp.name))
        self.addCleanup(self.radio.stop)
        self.browser = Browser(self.radio.env, self.temp.name)
        self.addCleanup(self.browser.stop)
        self.browser("open", url=self.url)

    def start(self, *options):
        self.device = Device(BIN, BOARDS, self.radio, self.files, *options)
        self.addCleanup(self.device.stop)
        self.device.ready()

    def shot(self, name):
        """A picture; and nothing may be wider than the window."""
        for width in (360, 760) if SHOTS else (360,):
            for dark in (False, True) if SHOTS else (False,):
                path = pathlib.Path(SHOTS or self.temp.name) / (
                    f"{name}-{width}-{'dark' if dark else 'light'}.png")
                self.assertTrue(self.browser("shot", path=str(path), width=width, dark=dark),
                                f"{name} is wider than {width} pixels")

    def wait(self, element, pattern):
        try:
            self.browser("wait", id=element, pattern=pattern, seconds=PATIENCE)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\npage: {self.text('log')}\n"
                                 f"device: {self.device.console()}") from problem

    def text(self, element):
        return self.browser("state", id=element)["text"]

    def click(self, element):
        self.browser("click", id=element)

    def connect(self):
        self.click("connect")
        self.wait("device-name", "test board")

    def expect_new(self, boots=2):
        self.device.ready(boots)
        self.device.stop()
        self.assertEqual(self.device.version(), "2.0.0")
        self.assertEqual(self.browser("errors"), [])

    def expect_old(self):
        self.device.stop()
        self.assertEqual(self.device.version(), "1.0.0")

    def test_an_update_from_page_to_new_version(self):
        self.start()
        self.shot("1-empty")
        self.assertFalse(self.browser("state", id="start")["enabled"])
        self.browser("file", path=str(self.files.image("2.0.0", "--board", "GENERIC",
                                                          name="board")))
        self.wait("image-version", "^2\\.0\\.0$")
        self.assertEqual(self.text("image-board"), "GENERIC")
        self.assertEqual(self.text("image-signature"), "ECDSA P-256")
        self.shot("2-image")
        self.connect()
        self.assertEqual(self.text("device-board"), "GENERIC")
        self.assertEqual(self.text("device-version"), "1.0.0")
        self.shot("3-connected")
        self.radio.tell("SetPacketTime", 8000)
        self.click("start")
        self.wait("rate", "kB/s")
        self.shot("4-sending")
        self.radio.tell("SetPacketTime", 0)
        self.wait("result", "^Done: test board has verified 2\\.0\\.0")
        self.click("log-title")
        self.shot("5-done")
        packets, size, commands, notified, _ = self.radio.stats()
        self.assertEqual(packets, -(-size // 244))
        self.assertEqual((commands, notified), (3, 3))
        self.expect_new()

    def test_an_image_for_another_board_is_not_sent(self):
        self.start()
        self.browser("file", path=str(self.files.image("2.0.0", "--board", "OTHER", name="other")))
        self.connect()
        self.wait("hint", "made for OTHER, the device is a GENERIC")
        self.assertFalse(self.browser("state", id="start")["enabled"])
        self.shot("6-other-board")
        self.assertEqual(self.radio.stats()[0], 0)
        self.expect_old()

    def test_an_old_version_is_not_sent(self):
        self.start()
        self.browser("file", path=str(self.files.image("1.0.0")))
        self.connect()
        self.wait("hint", "not newer")
        self.assertFalse(self.browser("state", id="start")["enabled"])
        self.expect_old()

    def test_files_that_are_no_image_are_refused(self):
        good = self.files.image("2.0.0").read_bytes()
        damaged = pathlib.Path(self.temp.name) / "damaged.img"
        damaged.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
        cut = pathlib.Path(self.temp.name) / "cut.img"
        cut.write_bytes(good[:len(good) // 2])
        for path, pattern in ((self.files.key, "no signed image"), (damaged, "hash does not match"),
                              (cut, "missing or damaged")):
            self.browser("file", path=str(path))
            self.browser("wait", id="image-note", pattern=pattern, seconds=PATIENCE)
            self.assertFalse(self.browser("state", id="start")["enabled"])
        self.shot("7-damaged")

    def test_an_encrypted_image_is_taken_as_far_as_it_can_be_read(self):
        key = pathlib.Path(self.temp.name) / "enc.pem"
        run(BIN / "ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256")
        clear = self.files.image("2.0.0", "-E", key, "--clear", name="clear")
        self.browser("file", path=str(clear))
        self.browser("wait", id="image-note", pattern="in the clear", seconds=PATIENCE)
        self.browser("file", path=str(self.files.image("2.0.0", "-E", key,
                                                            name="encrypted")))
        self.browser("wait", id="image-hash", pattern="the device checks it", seconds=PATIENCE)
        self.assertEqual(self.browser("state", id="image-version")["text"], "2.0.0")

    def test_a_lost_connection_is_gone_on_with(self):
        self.start()
        self.browser("file", path=str(self.files.image("2.0.0")))
        self.connect()
        self.radio.tell("DropAfter", 60)
        self.click("start")
        self.wait("result", "connection is lost")
        self.shot("8-lost")
        self.connect()
        self.click("start")
        self.wait("result", "^Done")
        self.assertRegex(self.text("log"), r"has the first 12288 bytes")
        self.expect_new()

    def test_an_abort_leaves_the_device_as_it_is(self):
        self.start()
        self.browser("file", path=str(self.files.image("2.0.0")))
        self.connect()
        self.radio.tell("SetPacketTime", 10000)
        self.click("start")
        self.wait("rate", "kB/s")
        self.click("abort")
        self.wait("result", "^Aborted")
        self.radio.tell("SetPacketTime", 0)
        self.shot("9-aborted")
        self.expect_old()

    def test_what_the_device_refuses_is_told_with_the_reason(self):
        self.start()
        other = Files(BIN, tempfile.mkdtemp(dir=self.temp.name))
        self.browser("file", path=str(other.image("2.0.0")))
        self.connect()
        self.click("start")
        self.wait("result", "The device refuses: image carries no signature by a known key")
        self.shot("10-refused")
        self.expect_old()

    def test_a_device_that_wants_signed_transfers_gets_one(self):
        self.start("--ble-secure")
        image = self.files.image("2.0.0")
        self.browser("file", path=str(image))
        self.connect()
        self.wait("hint", "signed transfer")
        self.shot("11-secure")
        signed = pathlib.Path(self.temp.name) / "signed.img"
        signed.write_bytes(image.read_bytes() + self.raw_signature(image))
        self.browser("file", path=str(signed))
        self.wait("image-version", "2.0.0")
        self.click("start")
        self.wait("result", "^Done")
        self.expect_new()

    def raw_signature(self, path):
        """r | s, as the original's signing tool puts it behind the image."""
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.files.key, path],
                             stdout=subprocess.PIPE, check=True).stdout
        raw, off = b"", 2
        for _ in range(2):
            length = der[off + 1]
            raw += der[off + 2:off + 2 + length][-32:].rjust(32, b"\0")
            off += 2 + length
        return raw

    def test_the_page_knows_every_error_of_the_device(self):
        header = (WEB.parent / "include" / "ota" / "err.h").read_text()
        table = (WEB / "errors.js").read_text()
        errors = re.findall(r'X\(\w+, (\d+), "([^"]+)"\)', header)
        self.assertGreater(len(errors), 40)
        self.assertEqual(errors, re.findall(r'^ {4}(\d+): "([^"]+)",$', table, re.M))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[6:]], verbosity=2)

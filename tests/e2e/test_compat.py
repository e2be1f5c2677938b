#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An application of the original on an emulated board, updated over a real broker and web server.

usage: test_compat.py BIN_DIR BOARDS_DIR
"""
import functools
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()
KIT = "GENERIC"
SLOT = 0x380000
PATIENCE = 60


def tool(name, *args):
    return subprocess.run([BIN / name, *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=True).stdout


class Console:
    """A board that is powered on until `last` has been shown so many times."""

    def __init__(self, command, env):
        self.text = ""
        self.process = subprocess.Popen(
            [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **env}, start_new_session=True)

    def until(self, last, times=1):
        alarm = threading.Timer(PATIENCE, self.power_off)
        alarm.start()
        for line in self.process.stdout:
            self.text += line
            times -= last in line
            if times == 0:
                break
        alarm.cancel()
        self.power_off()
        if times != 0:
            raise AssertionError(f"'{last}' does not come:\n{self.text}")
        return self.text

    def power_off(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        self.process.stdout.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        self.server.results.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


class CompatTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temp.name)
        cls.key = cls.folder / "key.pem"
        tool("ota-imgtool", "keygen", "-k", cls.key, "-t", "ecdsa-p256")
        for kind in ("mqtt", "http", "broken"):
            subprocess.run(["strip", "-o", cls.folder / kind, BIN / f"example-compat-{kind}"],
                           check=True)
        cls.broker = Mosquitto(cls.temp.name).start()
        cls.n_boards = 0

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()
        cls.temp.cleanup()

    def image(self, kind, version):
        path = self.folder / f"{kind}-{version}.img"
        if not path.exists():
            tool("ota-imgtool", "sign", "-k", self.key, "-v", version, "-H", 1024, "--pad-header",
                 "--align", 8, "-S", SLOT, self.folder / kind, path)
        return path

    def board(self, kind):
        type(self).n_boards += 1
        self.common = ["--board", BOARDS / "generic-swap.json", "--flash",
                       self.folder / f"flash-{self.n_boards}"]
        tool("ota-board", "program", *self.common, "--slot", "primary", self.image(kind, "1.0.0"))

    def publish(self, image):
        process = subprocess.Popen(
            [BIN / "ota-publisher", "-b", f"127.0.0.1:{self.broker.port}", "-k", KIT, "-f", image],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def stop():
            process.terminate()
            process.wait(20)
            process.stdout.close()

        self.addCleanup(stop)
        self.assertEqual(process.stdout.readline(), b"ready\n")

    def run_board(self, last, times=1, port=None, **settings):
        console = Console([BIN / "ota-board", "run", *self.common, "--key", self.key, "--max-resets",
                           5, "--"],
                          {"EXAMPLE_PORT": str(port or self.broker.port),
                           **{f"EXAMPLE_{k.upper()}": v for k, v in settings.items()}})
        return console.until(last, times)

    def info(self):
        return json.loads(tool("ota-board", "info", *self.common, "--key", self.key, "--json"))

    def expect(self, version, next_boot="none"):
        info = self.info()
        self.assertEqual(info["primary"]["image"]["version"].split("+")[0], version)
        self.assertEqual(info["next_boot"]["swap_type"], next_boot)

    def test_job_flow_over_mqtt_updates_and_confirms(self):
        self.board("mqtt")
        self.publish(self.image("mqtt", "2.0.0"))
        shown = self.run_board("self-test passed", 2)
        self.assertIn("OTA STATE Connecting for Job\n", shown)
        self.assertIn("session over: OTA NO Errors\n", shown)
        self.expect("2.0.0")

    def test_direct_flow_over_mqtt_updates(self):
        self.board("mqtt")
        self.publish(self.image("mqtt", "2.0.0"))
        shown = self.run_board("self-test passed", 2, flow="direct")
        self.assertNotIn("OTA STATE Connecting for Job\n", shown)
        self.expect("2.0.0")

    def test_same_version_is_no_update(self):
        self.board("mqtt")
        self.publish(self.image("mqtt", "1.0.0"))
        self.run_board("session over")
        self.expect("1.0.0")

    def test_callback_stops_a_session(self):
        self.board("mqtt")
        self.publish(self.image("mqtt", "2.0.0"))
        shown = self.run_board("session over", answer="stop")
        self.assertIn("OTA STATE Downloading Data: OTA ERROR Application callback stopped OTA\n",
                      shown)
        self.expect("1.0.0")

    def test_callback_stores_the_image(self):
        self.board("mqtt")
        self.publish(self.image("mqtt", "2.0.0"))
        self.run_board("self-test passed", 2, answer="store")
        self.expect("2.0.0")

    def test_application_that_fails_its_test_goes_back(self):
        self.board("mqtt")
        self.publish(self.image("broken", "2.0.0"))
        shown = self.run_board("self-test passed", 2)
        self.assertIn("self-test failed: not confirmed\n", shown)
        self.expect("1.0.0")

    def serve(self, image):
        folder = self.folder / f"www-{self.n_boards}"
        folder.mkdir()
        (folder / "anycloud-ota.bin").write_bytes(image.read_bytes())
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        server.results = []
        (folder / "ota_update.json").write_text(json.dumps({
            "Message": "Update Available", "Board": KIT, "Version": "2.0.0", "Connection": "HTTP",
            "Server": "127.0.0.1", "Port": str(server.server_port), "File": "/anycloud-ota.bin"}))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server

    def test_job_flow_over_http_updates_and_reports(self):
        self.board("http")
        server = self.serve(self.image("http", "2.0.0"))
        self.run_board("self-test passed", 2, port=server.server_port)
        self.assertEqual(json.loads(server.results[0])["Message"], "Success")
        self.expect("2.0.0")

    def test_direct_flow_over_http_updates(self):
        self.board("http")
        server = self.serve(self.image("http", "2.0.0"))
        self.run_board("self-test passed", 2, port=server.server_port, flow="direct")
        self.assertEqual(server.results, [])
        self.expect("2.0.0")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

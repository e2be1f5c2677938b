# SPDX-License-Identifier: Apache-2.0
"""What the tests of the firmware share: images, a board in QEMU, a publisher.

usage of each test: test_NAME.py BIN_DIR FIRMWARE_DIR [TEST...]
BIN_DIR has the tools of this machine, FIRMWARE_DIR what scripts/qemu.sh build has made.
"""
import os
import pathlib
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "ports" / "qemu"), str(HERE.parent / "e2e")]
import machine  # noqa: E402
from mosquitto import Mosquitto  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
FIRMWARE = pathlib.Path(sys.argv[2]).resolve()
KIT = machine.BOARD["board"]
LIMIT_S = int(os.environ.get("LIMIT_S", "60"))  # of any one wait
SIZE = 300 * 1024  # of the image that is downloaded
UPDATE_LIMIT_S = 30.0
PAGE = (HERE.parents[1] / "docs" / "firmware-size.md").read_text()
COUNTED = ("-icount", "shift=0")  # for QEMU: an instruction takes a nanosecond


def sign(folder, version, size=0, key=None, build=None):
    """A signed image of the application, or of a build of it, filled up to size bytes. Its path."""
    payload = (FIRMWARE / "bin" / f"application-{build or version}.bin").read_bytes()
    payload += random.Random(version).randbytes(max(0, size - len(payload)))
    binary, image = folder / f"{version}.bin", folder / f"{version}-{size}.img"
    binary.write_bytes(payload)
    board = machine.BOARD
    subprocess.run(
        [BIN / "ota-imgtool", "sign", "-k", key or FIRMWARE / "keys" / "key.pem", "-v", version,
         "--pad-header", "--board", KIT, "-H", str(board["header_size"]),
         "-S", board["areas"]["primary"]["size"], "--align", str(board["boot"]["align"]),
         "-M", str(board["boot"]["max_sectors"]), binary, image],
        check=True, stdout=subprocess.DEVNULL)
    return image


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder, name):
        self.folder, self.key, self.cert = folder, folder / f"{name}.key", folder / f"{name}.crt"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-days", 2, "-subj", f"/CN={name}",
                "-out", self.cert)

    def issue(self, name, names, days=2):
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", cert)
        return cert, key


class Publisher:
    """The real one; `options` say how devices reach it."""

    def __init__(self, folder, image, *options):
        self.log = open(folder / "publisher.log", "w+")
        self.process = subprocess.Popen([BIN / "ota-publisher", "-k", KIT, "-f", image, *options],
                                        stdout=subprocess.PIPE, stderr=self.log)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError("the publisher does not start:\n" + self.text())

    def text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()


class Board:
    """QEMU on a flash file. The console is read by a thread; wait_for takes lines from it."""

    def __init__(self, flash):
        self.flash = flash
        self.options = ()  # of QEMU
        self.process = None
        self.lines = None
        self.seen = []

    def start(self):
        self.process = machine.run(self.flash, *self.options, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace")
        self.lines = queue.Queue()
        self.seen.append("---- power on")
        threading.Thread(target=self.read, args=(self.process.stdout, self.lines),
                         daemon=True).start()
        return self

    @staticmethod
    def read(stream, lines):
        with stream:
            for line in stream:
                lines.put(line.rstrip("\n"))
        lines.put(None)

    def wait_for(self, pattern):
        """The match of the next line that has the pattern; lines before it are passed over."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no {pattern!r} on the console:\n" +
                                     "\n".join(self.seen[-60:]))
            self.seen.append(line)
            match = re.search(pattern, line)
            if match:
                return match

    def kill(self):
        """The power goes: SIGKILL. What the emulator has written is in the file."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.kill()

    def info(self):
        """What the host's tools say of the same flash."""
        folder = pathlib.Path(self.flash).parent
        done = subprocess.run(
            [BIN / "ota-boot", "-n", "-j", "-B", HERE.parents[1] / "boards" / "qemu-mps2.json",
             "-F", folder, "-k", FIRMWARE / "keys" / "key.pub.pem"],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"the board does not boot: {done.stdout}{done.stderr}")
        return done.stdout


def make_board(flash, image, **settings):
    """A new board that runs an image."""
    machine.make_flash(flash, FIRMWARE / "bin" / "bootloader.bin", image,
                       {"broker": "10.0.2.2", "check_s": 1, **settings})


class Case(unittest.TestCase):
    """A test with a folder, a broker and a new board that runs 1.0.0."""
    broker_settings = ""
    board_settings = {}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.broker = self.enterContext(Mosquitto(str(self.folder), self.broker_settings))
        self.old = sign(self.folder, "1.0.0")
        self.flash = self.folder / "flash.bin"
        self.board = Board(self.flash)
        self.addCleanup(self.board.kill)
        self.new_board()

    def new_board(self, **settings):
        make_board(self.flash, self.old, **{"port": self.broker.port, **settings})

    def publish(self, image, *options):
        """Over MQTT."""
        return self.enterContext(Publisher(self.folder, image, "-b",
                                           f"127.0.0.1:{self.broker.port}", *options))

    def expect_figure(self, what, value):
        """What the page of sizes says is not exceeded by 5 % and 256, unless it is being written."""
        known = re.search(rf"^\| {re.escape(what)}, [a-z ]+ \| (\d+) \|$", PAGE, re.M)
        if "FIGURES" not in os.environ:
            self.assertIsNotNone(known, what)
            self.assertLessEqual(value, int(known.group(1)) * 1.05 + 256, f"{what}: if that is "
                                 "meant, run scripts/firmware_size.py and commit the page")

    def update(self, version="2.0.0"):
        """
        From power-on to a confirmed version; tells how long it took, and gives the most memory in
        use: stack, heap; and the longest turns of the main loop: before and since the job, in us.
        """
        with self.board:
            self.board.wait_for("starting an update session")
            start = time.monotonic()
            self.board.wait_for("downloading the image")
            loading = time.monotonic()
            self.board.wait_for("closing the secondary slot")
            loaded = time.monotonic()
            memory = self.board.wait_for("^memory: (([0-9]+) .* ([0-9]+) of heap.*)")
            self.board.wait_for("^boot: test")
            self.board.wait_for(f"^confirmed {version}")
            took = time.monotonic() - start
            self.board.wait_for("session complete")  # the server has heard that it is confirmed
        print(f"{SIZE} bytes: download {loaded - loading:.2f} s, session to confirmed {took:.2f} s;"
              f" {memory.group(1)}", flush=True)
        self.assertIn(f'"{version}', self.board.info())
        self.assertLess(took, UPDATE_LIMIT_S)
        turns = re.findall("longest turn .* ([0-9]+) us", "\n".join(self.board.seen))
        return [int(n) for n in (*memory.group(2, 3), *turns[:2])]


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)

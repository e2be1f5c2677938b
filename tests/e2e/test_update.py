#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example application on an emulated board, updated over a real broker: by ota-publisher, by a
publisher as the original's scripts behave, and by ones that lie.

usage: test_update.py BIN_DIR BOARDS_DIR [CLASS[.TEST]...]

CUTS sets the number of power cuts (default 30), APPS the folder of the application's versions if it
is not BIN_DIR.
"""
import http.server
import json
import math
import os
import pathlib
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto, free_port  # noqa: E402
from mqtt_client import Client  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()
KIT = "GENERIC"
LISTEN = f"anycloud/{KIT}/publish_notify"
SLOT = 0x380000
CUTS = int(os.environ.get("CUTS", "30"))
APPS = pathlib.Path(os.environ.get("APPS", BIN))
EHASH, ENOSIG, ETRANSPORT = 14, 15, 32  # ota/err.h
PATIENCE = "3" if "SANITIZED" not in os.environ else "20"


def tool(name, *args, expect=0, timeout=120):
    done = subprocess.run([BIN / name, *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{name} {args}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


class Files:
    """Keys and images that all tests share: made once."""

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "key.pem"
        self.wrong = folder / "wrong.pem"
        for key in (self.key, self.wrong):
            tool("ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256")
        for version in ("1.0.0", "2.0.0", "3.0.0"):
            stripped = folder / f"app-{version}"
            subprocess.run(["strip", "-o", stripped, APPS / f"example-app-{version}"], check=True)

    def image(self, version, *options, key=None, payload=None, name=None):
        path = self.folder / f"{name or version}.img"
        if not path.exists():
            tool("ota-imgtool", "sign", "-k", key or self.key, "-v", version, "-H", 1024,
                 "--pad-header", "--align", 8, "-S", SLOT, *options,
                 payload or self.folder / f"app-{version}", path)
        return path


class Board:
    """A board with 1.0.0 in its primary slot."""

    def __init__(self, files, mode="swap-scratch"):
        self.files = files
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=files.folder))
        layout = json.loads((BOARDS / "generic-swap.json").read_text())
        layout["boot"]["mode"] = mode
        if mode == "swap-offset":
            del layout["areas"]["scratch"]
        file = self.folder / "board.json"
        file.write_text(json.dumps(layout))
        self.common = ["--board", file, "--flash", self.folder / "flash"]
        tool("ota-board", "program", *self.common, "--slot", "primary", files.image("1.0.0"))

    def command(self, port, *args):
        return [BIN / "ota-board", "run", *self.common, "--key", self.files.key, "--", "-b",
                f"127.0.0.1:{port}", "--now", "--once", "--timeout", PATIENCE, *args]

    def run(self, port, *args):
        """Power on until the application leaves; what the console showed."""
        done = subprocess.run([*map(str, self.command(port, *args))], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
        if done.returncode != 0:
            raise AssertionError(f"exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def info(self):
        return json.loads(tool("ota-board", "info", *self.common, "--key", self.files.key,
                               "--json"))

    def version(self):
        return self.info()["primary"]["image"]["version"].split("+")[0]

    def next_boot(self):
        return self.info()["next_boot"]["swap_type"]

    def slots(self):
        """Content of both slots, without the record log."""
        board = json.loads((BOARDS / "generic-swap.json").read_text())
        flash = next((self.folder / "flash").iterdir()).read_bytes()
        return [flash[int(str(board["areas"][n]["offset"]), 0):][:SLOT]
                for n in ("primary", "secondary")]


class Publisher:
    """The real one."""

    def __init__(self, port, image, *options, log=None):
        self.process = subprocess.Popen(
            [BIN / "ota-publisher", "-b", f"127.0.0.1:{port}", "-k", KIT, "-f", image, *options],
            stdout=subprocess.PIPE, stderr=log or subprocess.DEVNULL)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError("ota-publisher does not get ready")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


def chunk(image, offset, size, version=(2, 0, 0), lies=None):
    """One message of the original's publisher: 32 bytes of header, then data."""
    data = image[offset:offset + size]
    f = {"magic": b"OTAImage", "data_off": 32, "kind": 0, "total": len(image), "offset": offset,
         "size": len(data), "count": math.ceil(len(image) / size), "index": offset // size,
         **(lies or {})}
    return struct.pack("<8s5H2I3H", f["magic"], f["data_off"], f["kind"], *version, f["total"],
                       f["offset"], f["size"], f["count"] & 0xffff, f["index"] & 0xffff) + data


class Scripted(threading.Thread):
    """A publisher in this process: `job` is its answer, `lie` may change a chunk."""

    def __init__(self, port, image, job=None, lie=None):
        super().__init__(daemon=True)
        self.image = pathlib.Path(image).read_bytes() if image else b""
        self.job, self.lie = job, lie
        self.results, self.sent, self.whole, self.chunks = [], 0, 0, 0
        self.client = Client(port, LISTEN, timeout=60)
        self.ended = False
        self.start()

    def send_chunk(self, topic, offset, size):
        message = chunk(self.image, offset, size)
        if self.lie:
            message = self.lie(offset, size, message)
        if message is not None:
            self.sent += len(message) - 32
            self.client.publish(topic, message, wait=False)

    def answer(self, request):
        topic = request["UniqueTopicName"]
        kind = request["Message"]
        if kind == "Update Availability":
            job = self.job if self.job is not None else json.dumps(
                {"Message": "Update Available", "Board": KIT, "Version": "2.0.0",
                 "Connection": "MQTT", "Broker": "", "Port": "0", "UniqueTopicName": topic})
            self.client.publish(topic, job, wait=False)
        elif kind == "Request Update":
            self.whole += 1
            for offset in range(0, len(self.image), 4096):
                self.send_chunk(topic, offset, 4096)
        elif kind == "Request Data Chunk":
            self.chunks += 1
            self.send_chunk(topic, int(request["Offset"]), int(request["Size"]))
        else:
            self.results.append(request)

    def run(self):
        while not self.ended:
            try:
                self.answer(json.loads(self.client.next(0.2).payload))
            except TimeoutError:
                pass
            except (ConnectionError, OSError):
                return

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.ended = True
        self.join(70)
        self.client.close()


class WebServer(http.server.ThreadingHTTPServer):
    """Job and image over HTTP, with ranges; notes where each download begins."""

    daemon_threads = True

    def __init__(self, image):
        super().__init__(("127.0.0.1", 0), WebHandler)
        self.image = pathlib.Path(image).read_bytes()
        self.begins, self.cut, self.cut_at = [], threading.Event(), 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a device whose power goes does not say goodbye

    def __exit__(self, *exception):
        self.shutdown()
        super().__exit__(*exception)


class WebHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(204, b"")

    def do_GET(self):
        server = self.server
        if self.path == "/ota_update.json":
            body = json.dumps({"Board": KIT, "Version": "2.0.0", "Connection": "HTTP", "Port":
                               server.server_address[1], "File": "/image.bin"}).encode()
            self.answer(200, body)
            self.wfile.write(body)
            return
        first = int(self.headers["Range"].split("=")[1].split("-")[0])
        size = len(server.image)
        server.begins.append(first)
        self.answer(206, server.image[first:],
                    ("Content-Range", f"bytes {first}-{size - 1}/{size}"))
        for at in range(first, size, 4096):
            self.wfile.write(server.image[at:at + 4096])
            time.sleep(0.001)
            if at >= server.cut_at:
                server.cut.set()


class Case(unittest.TestCase):
    kind_of_files = Files

    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = cls.kind_of_files(pathlib.Path(cls.temp.name))
        cls.broker = Mosquitto(cls.temp.name).start()
        cls.port = cls.broker.port

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()
        cls.temp.cleanup()

    def expect_update(self, board, console):
        self.assertIn("self-test passed: 2.0.0 is confirmed", console)
        self.assertEqual(board.version(), "2.0.0")
        self.assertEqual(board.next_boot(), "none")

    def expect_no_change(self, board, before, console, *words):
        for word in words:
            self.assertIn(word, console)
        self.assertEqual(board.version(), "1.0.0")
        self.assertEqual(board.next_boot(), "none")
        if before is not None:
            self.assertEqual(board.slots(), before)


class FlowTest(Case):
    """Good updates."""

    def check_flow(self, *args):
        board = Board(self.files)
        with Publisher(self.port, self.files.image("2.0.0")):
            self.expect_update(board, board.run(self.port, *args))

    def test_job_flow(self):
        self.check_flow("--flow", "job")

    def test_direct_flow(self):
        self.check_flow("--flow", "direct")

    def test_job_flow_with_one_request(self):
        self.check_flow("--flow", "job", "--whole")

    def test_direct_flow_with_one_request(self):
        self.check_flow("--flow", "direct", "--whole")

    def test_broken_image_goes_back_and_is_not_fetched_again(self):
        board = Board(self.files)
        with Publisher(self.port, self.files.image("3.0.0")):
            console = board.run(self.port)
        self.assertIn("self-test failed", console)
        self.assertIn("previous one is back", console)
        self.assertEqual(console.count("downloading the image"), 1)
        self.assertEqual(board.version(), "1.0.0")

    def test_a_spare_unit_before_the_new_image(self):
        """Swap using offset: there and back, and there again, past what the swaps have left."""
        board = Board(self.files, "swap-offset")
        with Publisher(self.port, self.files.image("3.0.0")):
            console = board.run(self.port)
        self.assertIn("self-test failed", console)
        self.assertIn("previous one is back", console)
        self.assertEqual(board.version(), "1.0.0")
        for version in ("4.0.0", "5.0.0"):
            image = self.files.image(version, payload=self.files.folder / "app-2.0.0")
            with Publisher(self.port, image):
                console = board.run(self.port)
            self.assertIn(f"self-test passed: {version} is confirmed", console)
            self.assertNotIn("refused", console)  # then a second download would install it
            self.assertEqual(console.count("downloading the image"), 1)
            self.assertEqual(board.version(), version)
            self.assertEqual(board.next_boot(), "none")

    def test_outcome_reaches_the_server_after_the_reset(self):
        board = Board(self.files)
        with Scripted(self.port, self.files.image("2.0.0")) as p:
            self.expect_update(board, board.run(self.port))
        self.assertEqual([r["Message"] for r in p.results[:2]], ["Success", "Success"])
        self.assertEqual(p.results[1]["Outcome"], "confirmed")
        self.assertEqual(p.results[1]["Version"], "2.0.0")

    def test_broken_image_goes_back_and_is_reported(self):
        board = Board(self.files)
        image = self.files.image("2.0.0", payload=self.files.folder / "app-3.0.0", name="broken")
        with Scripted(self.port, image) as p:
            console = board.run(self.port)
        self.assertIn("self-test failed", console)
        self.assertEqual(p.results[1]["Outcome"], "reverted")
        self.assertEqual(board.version(), "1.0.0")

    # ---- As the original's publisher answers ----------------------------------------------------

    def test_publisher_of_the_original_in_chunks(self):
        board = Board(self.files)
        with Scripted(self.port, self.files.image("2.0.0")) as p:
            self.expect_update(board, board.run(self.port))
            self.assertEqual(p.chunks, math.ceil(len(p.image) / 4096))
            self.assertEqual(p.whole, 0)

    def test_publisher_of_the_original_with_the_whole_image(self):
        board = Board(self.files)
        with Scripted(self.port, self.files.image("2.0.0")) as p:
            self.expect_update(board, board.run(self.port, "--whole"))
            self.assertEqual((p.whole, p.chunks), (1, 0))

    def test_lost_and_repeated_chunks(self):
        dropped = set()

        def lie(offset, size, message):
            if offset % (7 * 4096) == 0 and offset not in dropped:
                dropped.add(offset)
                return None
            return message

        board = Board(self.files)
        with Scripted(self.port, self.files.image("2.0.0"), lie=lie):
            self.expect_update(board, board.run(self.port))
        self.assertGreater(len(dropped), 3)


class BrokerTest(Case):
    """Trouble with the broker."""

    def test_no_broker(self):
        board = Board(self.files)
        before = board.slots()
        console = board.run(free_port())
        self.expect_no_change(board, before, console, "OTA_ECONNECT")

    def test_silent_broker(self):
        board = Board(self.files)
        before = board.slots()
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen(8)
            console = board.run(s.getsockname()[1])
        self.expect_no_change(board, before, console, "OTA_ETIMEOUT")

    def test_no_publisher(self):
        board = Board(self.files)
        before = board.slots()
        self.expect_no_change(board, before, board.run(self.port),
                              "failed while getting the job document", "OTA_ETIMEOUT")

    def test_broker_that_asks_for_a_password(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pw"), "w") as f:
                os.chmod(f.name, 0o644)
            subprocess.run(["mosquitto_passwd", "-b", f.name, "user", "secret"], check=True)
            os.chmod(f.name, 0o644)
            os.chmod(folder, 0o755)
            with Mosquitto(folder, f"password_file {f.name}") as broker:
                with open(broker.config) as c:
                    text = c.read().replace("allow_anonymous true", "allow_anonymous false")
                broker.stop()
                with open(broker.config, "w") as c:
                    c.write(text)
                broker.start()
                board = Board(self.files)
                before = board.slots()
                console = board.run(broker.port)
        self.expect_no_change(board, before, console, "OTA_EAUTH")

    def test_broker_restart_during_the_download(self):
        board = Board(self.files)
        with tempfile.TemporaryDirectory() as folder, Mosquitto(folder) as broker:
            with Publisher(broker.port, self.files.image("2.0.0")):
                with subprocess.Popen([*map(str, board.command(broker.port))],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True) as run:
                    console = ""
                    for line in run.stdout:
                        console += line
                        if "  5 %" in line:
                            broker.stop()
                            broker.start()
                    self.assertEqual(run.wait(), 0, console)
        self.expect_update(board, console)


class JobTest(Case):
    """Bad jobs."""

    def check_job(self, job, *words):
        board = Board(self.files)
        before = board.slots()
        with Scripted(self.port, None, job=job) as p:
            console = board.run(self.port)
        self.expect_no_change(board, before, console, *words)
        return p.results

    def test_jobs_that_are_none(self):
        good = {"Board": KIT, "Version": "2.0.0", "Connection": "MQTT"}
        deep = '{"a":' * 200 + "1" + "}" * 200
        for job in ("", "x", "[]", '{"Board":', deep, json.dumps({**good, "x": "y" * 2000}),
                    '{"Board":"%s","Board":"%s","Version":"2.0.0"}' % (KIT, KIT),
                    json.dumps({**good, "Version": 2}), json.dumps({**good, "Port": "99999"}),
                    json.dumps({**good, "Connection": "FTP"}),
                    json.dumps({**good, **{f"k{i}": 1 for i in range(60)}})):
            with self.subTest(job=job[:60]):
                results = self.check_job(job, "failed while")
                self.assertTrue(all(r["Message"] == "Failure" for r in results))

    def test_job_for_another_board(self):
        results = self.check_job('{"Board":"OTHER","Version":"2.0.0"}', "OTA_EBOARD")
        self.assertEqual(results[0]["Reason"], "19")

    def test_job_with_an_old_version(self):
        self.check_job('{"Board":"%s","Version":"1.0.0"}' % KIT, "OTA_EVERSION")

    def test_job_that_says_there_is_none(self):
        results = self.check_job('{"Message":"No Update Available"}', "up to date")
        self.assertEqual(results, [])

    def test_job_that_points_to_nowhere(self):
        self.check_job(json.dumps({"Board": KIT, "Version": "2.0.0", "Connection": "MQTT",
                                   "Broker": "127.0.0.1", "Port": free_port()}), "OTA_ECONNECT")
        self.check_job(json.dumps({"Board": KIT, "Version": "2.0.0", "Connection": "MQTT",
                                   "Broker": "no-such-host.invalid", "Port": "1883"}),
                       "failed while connecting for the image")


class ImageTest(Case):
    """Bad images."""

    def check_image(self, image, *words, untouched=False):
        board = Board(self.files)
        before = board.slots() if untouched else None
        with Scripted(self.port, image) as p:
            console = board.run(self.port)
        self.expect_no_change(board, before, console, *words)
        self.assertEqual(p.results[-1]["Message"], "Failure")
        # It boots as before.
        self.assertIn("example application 1.0.0", board.run(free_port()))

    def changed(self, name, change):
        data = bytearray(self.files.image("2.0.0").read_bytes())
        data = change(data) or data
        path = self.files.folder / f"{name}.bad"
        path.write_bytes(data)
        return path

    def test_damaged_image(self):
        def flip(data):
            data[len(data) // 2] ^= 1
        self.check_image(self.changed("flip", flip), "OTA_EHASH")

    def test_truncated_image(self):
        self.check_image(self.changed("short", lambda d: d[:-100]), "failed while")

    def test_image_without_an_end(self):
        self.check_image(self.changed("cut", lambda d: d[:8000]), "OTA_ESIZE", untouched=True)

    def test_image_of_another_key(self):
        self.check_image(self.files.image("2.0.0", key=self.files.wrong, name="wrongkey"),
                         "OTA_ENOSIG")

    def test_image_without_a_signature(self):
        path = self.files.folder / "unsigned.img"
        tool("ota-imgtool", "sign", "-v", "2.0.0", "-H", 1024, "--pad-header", "--align", 8, "-S",
             SLOT, self.files.folder / "app-2.0.0", path)
        self.check_image(path, "OTA_ENOSIG")

    def test_image_for_another_board(self):
        self.check_image(self.files.image("2.0.0", "--board", "OTHER", name="other"), "OTA_EBOARD")

    def test_image_that_is_older_than_its_job_says(self):
        image = self.files.image("1.0.0", payload=self.files.folder / "app-2.0.0", name="old")
        self.check_image(image, "OTA_EVERSION", untouched=True)

    def test_image_larger_than_the_slot(self):
        self.check_image(self.changed("large", lambda d: d + bytes(SLOT)), "OTA_ESIZE",
                         untouched=True)

    def test_what_is_no_image(self):
        self.check_image(self.changed("noise", lambda d: b"noise" * 4000), "OTA_EMAGIC",
                         untouched=True)

    def test_chunk_headers_that_lie(self):
        image = self.files.image("2.0.0")
        data = image.read_bytes()
        lies = ({"size": 5000}, {"total": 100}, {"offset": 1 << 31}, {"data_off": 60000},
                {"index": 9, "count": 9}, {"total": 0}, {"size": 0})
        for fields in lies:
            with self.subTest(**fields):
                board = Board(self.files)
                before = board.slots()
                with Scripted(self.port, image, lie=lambda o, s, m, f=fields:
                              chunk(data, o, s, lies=f)):
                    console = board.run(self.port)
                self.expect_no_change(board, before, console, "OTA_EPROTO")


class PowerTest(Case):
    """Power cuts: SIGKILL of board and application; the flash files are what is left."""

    def start(self, board, *args):
        return subprocess.Popen([*map(str, board.command(self.port, *args))],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)

    def kill(self, run):
        try:
            os.killpg(run.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        run.stdout.read()
        run.wait()
        run.stdout.close()

    def test_power_cuts_during_downloads(self):
        """At random bytes of the image: every download ends installed, and none fetches more than
        one block again for a cut."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        done = updates = sent = size = 0
        while done < CUTS:
            board = Board(self.files)
            cut = threading.Event()
            at = [0]

            def watch(offset, length, message):
                if offset >= at[0]:
                    cut.set()
                return message

            with Scripted(self.port, self.files.image("2.0.0"), lie=watch) as p:
                size = len(p.image)
                places = sorted(rng.randrange(size - 4096) for _ in range(min(8, CUTS - done)))
                for at[0] in places:
                    cut.clear()
                    run = self.start(board, "--window", "1")
                    self.assertTrue(cut.wait(60), f"seed {seed}")
                    time.sleep(rng.uniform(0, 0.005))
                    self.kill(run)
                at[0] = size
                self.expect_update(board, board.run(self.port, "--window", "1"))
                self.assertLessEqual(p.sent, size + 4096 * len(places), f"seed {seed}")
                sent += p.sent
            done += len(places)
            updates += 1
        print(f"{done} cuts in {updates} updates: {sent / updates:.0f} bytes fetched for an image "
              f"of {size}, at most one block more per cut")

    def test_power_cuts_during_downloads_over_http(self):
        """As over MQTT. What is fetched again is what the slot holds already."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        done = updates = again = 0
        while done < CUTS:
            board = Board(self.files)
            with WebServer(self.files.image("2.0.0")) as web:
                where = ("--transport", "http", "--http", f"127.0.0.1:{web.server_address[1]}")
                size = len(web.image)
                places = sorted(rng.randrange(size - 4096) for _ in range(min(8, CUTS - done)))
                for web.cut_at in places:
                    web.cut.clear()
                    run = self.start(board, *where)
                    self.assertTrue(web.cut.wait(60), f"seed {seed}")
                    time.sleep(rng.uniform(0, 0.005))
                    self.kill(run)
                    stored = board.slots()[1]
                    there = next((i for i in range(size) if stored[i] != web.image[i]), size)
                    web.cut_at = size
                    probe = len(web.begins)
                    run = self.start(board, *where)
                    while len(web.begins) == probe:
                        self.assertIsNone(run.poll(), f"seed {seed}")
                        time.sleep(0.002)
                    self.kill(run)
                    self.assertLessEqual(there - web.begins[probe], 4096, f"seed {seed}")
                    again += max(0, there - web.begins[probe])
                web.cut_at = size
                self.expect_update(board, board.run(self.port, *where))
            done += 2 * len(places)
            updates += 1
        print(f"{done} cuts in {updates} updates over HTTP: {again} bytes fetched again, at most "
              f"one block for a cut")

    def test_download_begun_over_mqtt_ends_over_http(self):
        image = self.files.image("2.0.0")
        board = Board(self.files)
        cut = threading.Event()

        def watch(offset, length, message):
            if offset >= 65536:
                cut.set()
            return message

        with Scripted(self.port, image, lie=watch), WebServer(image) as web:
            run = self.start(board)
            self.assertTrue(cut.wait(60))
            self.kill(run)
            web.cut_at = len(web.image)
            self.expect_update(board, board.run(self.port, "--transport", "http", "--http",
                                                f"127.0.0.1:{web.server_address[1]}"))
            self.assertGreater(web.begins[0], 16384)

    def test_power_cuts_at_any_time(self):
        """Before, during and after the swap, too: the device always comes back."""
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        board = Board(self.files)
        with Publisher(self.port, self.files.image("2.0.0")):
            for _ in range(CUTS):
                run = self.start(board)
                time.sleep(rng.uniform(0.02, 0.5))
                self.kill(run)
                self.assertTrue(board.info()["next_boot"]["boots"], f"seed {seed}")
            board.run(self.port)
        self.assertIn(board.version(), ("1.0.0", "2.0.0"), f"seed {seed}")
        self.assertEqual(board.next_boot(), "none")


class Once(Scripted):
    """Offers its image only once."""

    def answer(self, request):
        super().answer(request)
        if request["Message"] == "Update Availability":
            self.job = json.dumps({"Message": "No Update Available"})


class SmallestTest(Case):
    """A core without record log and hook, whose application sees nothing of its sessions: what the
    server and the flash know is what counts."""

    def test_flows(self):
        for flow in ("job", "direct"):
            board = Board(self.files)
            with Publisher(self.port, self.files.image("2.0.0")):
                self.expect_update(board, board.run(self.port, "--flow", flow))

    def test_bad_images_stay_out(self):
        def flip(image):
            data = bytearray(image.read_bytes())
            data[len(data) // 2] ^= 1
            path = self.files.folder / "smallest-flip.bad"
            path.write_bytes(data)
            return path

        wrong = self.files.image("2.0.0", key=self.files.wrong, name="wrongkey")
        for image, reason in ((flip(self.files.image("2.0.0")), EHASH), (wrong, ENOSIG)):
            board = Board(self.files)
            with Scripted(self.port, image) as p:
                console = board.run(self.port)
            self.expect_no_change(board, None, console)
            self.assertEqual((p.results[-1]["Message"], p.results[-1]["Reason"]),
                             ("Failure", str(reason)))

    def test_broken_image_goes_back(self):
        board = Board(self.files)
        image = self.files.image("2.0.0", payload=self.files.folder / "app-3.0.0", name="broken")
        with Once(self.port, image):
            console = board.run(self.port)
        self.assertIn("self-test failed", console)
        self.expect_no_change(board, None, console)

    def test_job_that_leads_elsewhere(self):
        board = Board(self.files)
        job = json.dumps({"Board": KIT, "Version": "2.0.0", "Server": "elsewhere.invalid"})
        with Scripted(self.port, self.files.image("2.0.0"), job=job) as p:
            console = board.run(self.port)
        self.expect_no_change(board, None, console)
        self.assertEqual(p.results[-1]["Reason"], str(ETRANSPORT))

    def test_power_cuts(self):
        seed = random.randrange(1 << 32)
        rng = random.Random(seed)
        board = Board(self.files)
        with Publisher(self.port, self.files.image("2.0.0")):
            for _ in range(CUTS):
                run = PowerTest.start(self, board)
                time.sleep(rng.uniform(0.02, 0.5))
                PowerTest.kill(self, run)
                self.assertTrue(board.info()["next_boot"]["boots"], f"seed {seed}")
            board.run(self.port)
        self.assertEqual(board.version(), "2.0.0", f"seed {seed}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

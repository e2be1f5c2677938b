#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates of two images in one archive: made by ota-imgtool, offered by ota-publisher over a real
broker and over HTTP, pushed by ota-ble, and by publishers that lie, to the example application on
an emulated board with room for both.

usage: test_archive.py BIN_DIR BOARDS_DIR [CLASS[.TEST]...]
"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import radio  # noqa: E402
from mosquitto import Mosquitto, free_port  # noqa: E402
from test_update import (BIN, BOARDS, KIT, PATIENCE, Publisher, Scripted,  # noqa: E402
                         WebServer, tool)
from web import Nginx  # noqa: E402

SLOTS = (0x140000, 0x80000)
BLOCK = 4096


class Files:
    """Keys, images and archives, made once. Image 0 is the application, image 1 stands for TF-M."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.wrong = folder / "key.pem", folder / "wrong.pem"
        for key in (self.key, self.wrong):
            tool("ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256")
        for version in ("1.0.0", "2.0.0", "3.0.0"):
            subprocess.run(["strip", "-o", folder / f"app-{version}",
                            BIN / f"example-app-{version}"], check=True)
        self.blob = folder / "blob"
        self.blob.write_bytes(bytes(i * 7 & 0xff for i in range(150000)))
        layout = json.loads((BOARDS / "CY8CKIT_064B0S2_4343W-two-images.json").read_text())
        layout["board"] = KIT
        self.board = folder / "board.json"
        self.board.write_text(json.dumps(layout))

    def image(self, number, version, *options, name=None, key=None, payload=None, erased="0xff"):
        path = self.folder / f"{name or ('app', 'tfm')[number]}-{version}.bin"
        if not path.exists():
            payload = payload or (self.folder / f"app-{version}", self.blob)[number]
            tool("ota-imgtool", "sign", "-k", key or self.key, "-v", version, "-H", 1024,
                 "--pad-header", "--align", 8, "-S", SLOTS[number], "-M", 3584, "--overwrite-only",
                 "-R", erased, *options, payload, path)
        return path

    def application(self, version="2.0.0", **options):
        return self.image(0, version, "-d", "(1, 2.0.0)", **options)

    def archive(self, name="update.tar", app=None, second=None):
        path = self.folder / name
        if not path.exists():
            tool("ota-imgtool", "archive", "-k", self.key, "-s", second or
                 self.image(1, "2.0.0"), app or self.application(), path)
        return path

    def lie(self, name, app=None, second=None, kind="SPE", listed=None, members=None):
        """An archive as no tool of ours makes it."""
        app, second = app or self.application(), second or self.image(1, "2.0.0")
        files = [(app, "NSPE"), (second, kind)]
        entries = [{"fileName": "components.json", "fileType": "component_list"}]
        entries += [{"fileName": f.name, "fileType": k, "fileSize": str(f.stat().st_size)}
                    for f, k in files]
        entries[2]["fileName"] = listed or second.name
        text = self.folder / "components.json"
        text.write_text(json.dumps({"numberOfComponents": "3", "version": "2.0.0",
                                    "files": entries}))
        path = self.folder / name
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for file in (text, *(members if members is not None else (app, second))):
                tar.add(file, file.name)
        return path


class Board:
    """A board with version 1.0.0 of both images."""

    def __init__(self, files):
        self.files = files
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=files.folder))
        self.common = ["--board", files.board, "--flash", self.folder / "flash"]
        for number, slot in enumerate(("primary", "primary2")):
            image = files.image(number, "1.0.0", name=f"first{number}", erased="0x00")
            tool("ota-board", "program", *self.common, "--slot", slot, image)

    def command(self, *args, options=()):
        return [*map(str, [BIN / "ota-board", "run", *self.common, "--key", self.files.key,
                           *options, "--", "--now", "--once", "--timeout", PATIENCE, *args])]

    def run(self, *args, options=()):
        done = subprocess.run(self.command(*args, options=options), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
        if done.returncode != 0:
            raise AssertionError(f"exit {done.returncode}\n{done.stdout}")
        return done.stdout

    def info(self):
        return json.loads(tool("ota-board", "info", *self.common, "--key", self.files.key,
                               "--json"))

    def versions(self):
        info = self.info()
        return tuple(info[slot]["image"]["version"].split("+")[0]
                     for slot in ("primary", "primary2"))

    def marks(self):
        info = self.info()
        return tuple(info[slot]["trailer"]["magic"] for slot in ("secondary", "secondary2"))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temp.name)
        cls.folder.chmod(0o755)
        cls.files = Files(cls.folder)
        cls.broker = Mosquitto(cls.temp.name).start()
        cls.mqtt = ("-b", f"127.0.0.1:{cls.broker.port}")

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()
        cls.temp.cleanup()

    def publish(self, archive, *options, **more):
        return Publisher(self.broker.port, archive, *options, **more)

    def expect_update(self, board, console):
        self.assertIn("self-test passed: 2.0.0 is confirmed", console)
        self.assertIn("second image is 2.0.0", console)
        self.assertEqual(board.versions(), ("2.0.0", "2.0.0"))
        self.assertEqual(board.info()["next_boot"]["swap_type"], "none")


class FlowTest(Case):
    """Good archives over everything that carries an image."""

    def check(self, *args, **options):
        board = Board(self.files)
        self.expect_update(board, board.run(*args, **options))

    def test_mqtt(self):
        with self.publish(self.files.archive()):
            self.check(*self.mqtt)
            self.check(*self.mqtt, "--flow", "direct")
            self.check(*self.mqtt, "--whole")

    def test_http_of_the_publisher(self):
        port = free_port()
        web = ("--transport", "http", "--http", f"127.0.0.1:{port}")
        with self.publish(self.files.archive(), "--http", f"127.0.0.1:{port}"):
            self.check(*web)
            self.check(*web, "--flow", "direct")

    def test_nginx_after_a_job_over_mqtt(self):
        root = self.folder / "web" / "root"
        root.mkdir(parents=True)
        shutil.copy(self.files.archive(), root / "update.tar")
        with Nginx(root) as web, self.publish(
                self.files.archive(), "--data-url", f"http://127.0.0.1:{web.port}/update.tar"):
            self.check(*self.mqtt, "--http", f"127.0.0.1:{web.port}")

    def test_application_that_fails_takes_both_back(self):
        app = self.files.application(name="broken", payload=self.files.folder / "app-3.0.0")
        archive = self.files.archive("broken.tar", app=app)
        board = Board(self.files)
        with self.publish(archive):
            console = board.run(*self.mqtt)
        self.assertIn("self-test failed", console)
        self.assertIn("second image is 2.0.0", console)
        self.assertIn("previous one is back", console)
        self.assertEqual(board.versions(), ("1.0.0", "1.0.0"))
        self.assertEqual(console.count("downloading the image"), 1)

    def test_application_alone(self):
        archive = self.folder / "alone.tar"
        tool("ota-imgtool", "archive", self.files.image(0, "2.0.0", name="alone"), archive)
        board = Board(self.files)
        with self.publish(archive):
            self.assertIn("2.0.0 is confirmed", board.run(*self.mqtt))
        self.assertEqual(board.versions(), ("2.0.0", "1.0.0"))

    def test_subscriber_checks_both_images(self):
        out = self.folder / "got.tar"
        fetch = ("ota-subscriber", "-b", f"127.0.0.1:{self.broker.port}", "-k", KIT, "-f", out)
        with self.publish(self.files.archive()):
            tool(*fetch, "--verify-key", self.files.key)
            self.assertEqual(out.read_bytes(), self.files.archive().read_bytes())
            self.assertIn("holds app-2.0.0.bin", tool(*fetch, "--verify-key", self.files.wrong,
                                                       expect=1))

    def test_bluetooth(self):
        air = radio.Radio(BIN, tempfile.mkdtemp(dir=self.temp.name))
        self.addCleanup(air.stop)
        board = Board(self.files)
        log = open(board.folder / "console", "w+b")
        command = board.command("--transport", "ble", "--ble", "kit")
        command.remove("--once")
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=air.env)
        device = radio.Device.__new__(radio.Device)
        device.folder, device.process, device.log = board.folder, process, log
        self.addCleanup(device.stop)
        device.ready()
        result = json.loads(radio.run(BIN / "ota-ble", "--json", "update", self.files.archive(),
                                      env=air.env))
        self.assertEqual((result["result"], result["version"]), ("installed", "2.0.0"))
        device.ready(2)
        console = device.console()
        device.stop()
        self.expect_update(board, console)


class PowerTest(Case):
    """Power cuts in the download: SIGKILL of board and application. What is in the slots stays; at
    most three blocks are fetched again for a cut."""

    def places(self, archive):
        """In the first image, where the second begins, in it, and in its end."""
        with tarfile.open(archive) as tar:
            _, first, second = (m.offset_data for m in tar.getmembers())
            size = tar.getmembers()[2].size
        return (first + 100000, second + 1, second + size // 2, second + size - BLOCK)

    def kill(self, run):
        os.killpg(run.pid, signal.SIGKILL)
        run.stdout.read()
        run.wait()
        run.stdout.close()

    def start(self, board, *args):
        return subprocess.Popen(board.command(*args), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, start_new_session=True)

    def test_download_over_mqtt_goes_on(self):
        board, archive = Board(self.files), self.files.archive()
        cut, at = threading.Event(), [0]

        def watch(offset, length, message):
            if offset >= at[0]:
                cut.set()
            return message

        places = self.places(archive)
        with Scripted(self.broker.port, archive, lie=watch) as p:
            for at[0] in places:
                cut.clear()
                run = self.start(board, *self.mqtt, "--window", "1")
                self.assertTrue(cut.wait(60))
                self.kill(run)
                self.assertEqual(board.marks(), ("unset", "unset"))
            at[0] = len(p.image)
            self.expect_update(board, board.run(*self.mqtt, "--window", "1"))
            self.assertLessEqual(p.sent, len(p.image) + 3 * BLOCK * len(places))

    def test_download_begun_over_mqtt_ends_over_http(self):
        board, archive = Board(self.files), self.files.archive()
        cut = threading.Event()
        place = self.places(archive)[2]

        def watch(offset, length, message):
            if offset >= place:
                cut.set()
            return message

        with Scripted(self.broker.port, archive, lie=watch), WebServer(archive) as web:
            run = self.start(board, *self.mqtt, "--window", "1")
            self.assertTrue(cut.wait(60))
            self.kill(run)
            web.cut_at = len(web.image)
            self.expect_update(board, board.run("--transport", "http", "--http",
                                                f"127.0.0.1:{web.server_address[1]}"))
            self.assertGreater(web.begins[0], place - 3 * BLOCK)
            self.assertEqual(len(web.begins), 1)

    def test_cuts_while_it_is_verified_marked_and_installed(self):
        """At flash operations around them: the device always comes back with a set that fits."""
        board = Board(self.files)
        with self.publish(self.files.archive()):
            for cut in (3, 30, 120, 40, 200, 90):
                board.run(*self.mqtt, options=("--cut-after", f"{cut}:torn",
                                               "--power-off-at-cut"))
                info = board.info()
                self.assertTrue(info["next_boot"]["boots"])
            board.run(*self.mqtt)
            board.run(*self.mqtt)
        self.assertEqual(board.versions(), ("2.0.0", "2.0.0"))


class BadTest(Case):
    """One thing is wrong: none of the images is marked, and the console says why."""

    def check(self, archive, *words):
        board = Board(self.files)
        with Scripted(self.broker.port, archive):
            console = board.run(*self.mqtt)
        for word in words:
            self.assertIn(word, console)
        self.assertEqual(board.marks(), ("unset", "unset"))
        self.assertEqual(board.versions(), ("1.0.0", "1.0.0"))
        self.assertEqual(board.info()["next_boot"]["swap_type"], "none")
        return console

    def refuse(self, archive, word):
        """What the publisher says about it."""
        text = tool("ota-publisher", "-b", f"127.0.0.1:{self.broker.port}", "-k", KIT, "-f",
                    archive, expect=1)
        self.assertIn(word, text)

    def changed(self, name, how):
        path = self.folder / name
        path.write_bytes(how(bytearray(self.files.archive().read_bytes())))
        return path

    def test_hash(self):
        second = bytearray(self.files.image(1, "2.0.0").read_bytes())
        second[50000] ^= 1
        path = self.folder / "tfm-hash.bin"
        path.write_bytes(second)
        archive = self.files.lie("hash.tar", second=path)
        self.check(archive, "OTA_EHASH")
        self.refuse(archive, "tfm-hash.bin")

    def test_signature(self):
        second = self.files.image(1, "2.0.0", name="stranger", key=self.files.wrong)
        self.check(self.files.lie("key.tar", second=second), "OTA_ENOSIG")

    def test_missing_member(self):
        archive = self.files.lie("missing.tar", members=[self.files.application()])
        self.check(archive, "OTA_EINCOMPLETE")
        self.refuse(archive, "ends before tfm-2.0.0.bin")

    def test_truncated(self):
        archive = self.changed("cut.tar", lambda d: d[:-40000])
        self.check(archive, "OTA_EINCOMPLETE")
        self.refuse(archive, "ends before tfm-2.0.0.bin")

    def test_name_that_is_not_listed(self):
        archive = self.files.lie("name.tar", listed="other.bin")
        self.check(archive, "OTA_EFORMAT")
        self.refuse(archive, "at or behind tfm-2.0.0.bin")

    def test_unknown_component(self):
        archive = self.files.lie("kind.tar", kind="MODEM")
        self.check(archive, "OTA_EFORMAT")
        self.refuse(archive, "no usable list")

    def test_member_larger_than_its_slot(self):
        payload = self.folder / "large"
        payload.write_bytes(bytes(SLOTS[1]))
        second = self.files.image(1, "2.0.0", "-S", 4 * SLOTS[1], name="large", payload=payload)
        self.check(self.files.lie("large.tar", second=second), "OTA_ESIZE")

    def test_second_image_of_another_board(self):
        second = self.files.image(1, "2.0.0", "--board", "OTHER", name="foreign")
        archive = self.files.lie("board.tar", second=second)
        self.check(archive, "OTA_EBOARD")
        self.refuse(archive, "made for board OTHER")

    def test_dependency_that_is_not_met(self):
        app = self.files.image(0, "2.0.0", "-d", "(1, 2.1.0)", name="needs")
        archive = self.files.lie("needs.tar", app=app)
        self.check(archive, "OTA_EDEPENDS")
        self.refuse(archive, "needs image 1 in version 2.1.0")

    def test_version_of_the_list_is_the_applications(self):
        text = self.files.archive().read_bytes().replace(b'"version":"2.0.0"', b'"version":"2.5.0"')
        archive = self.folder / "version.tar"
        archive.write_bytes(text)
        self.refuse(archive, "2.5.0 in its list, and 2.0.0")


class MakerTest(Case):
    """ota-imgtool archive."""

    def test_same_images_give_the_same_bytes(self):
        first, again = self.files.archive(), self.folder / "again.tar"
        for image in (self.files.application(), self.files.image(1, "2.0.0")):
            os.utime(image, (0, 0))
        tool("ota-imgtool", "archive", "--second", self.files.image(1, "2.0.0"),
             self.files.application(), again)
        self.assertEqual(hashlib.sha256(first.read_bytes()).digest(),
                         hashlib.sha256(again.read_bytes()).digest())
        self.assertEqual(first.stat().st_size % 10240, 0)

    def test_tar_reads_it(self):
        for option, magic in ((), b"ustar  \0"), (("--posix",), b"ustar\00000"):
            archive = self.folder / "read.tar"
            tool("ota-imgtool", "archive", *option, "-s", self.files.image(1, "2.0.0"),
                 self.files.application(), archive)
            self.assertEqual(archive.read_bytes()[257:265], magic)
            out = tempfile.mkdtemp(dir=self.folder)
            subprocess.run(["tar", "-xf", archive, "-C", out], check=True)
            for image in (self.files.application(), self.files.image(1, "2.0.0")):
                self.assertEqual((pathlib.Path(out) / image.name).read_bytes(),
                                 image.read_bytes())

    def test_what_the_originals_script_makes_of_one_image(self):
        app, archive = self.files.image(0, "2.0.0", name="alone"), self.folder / "one.tar"
        tool("ota-imgtool", "archive", app, archive)
        with tarfile.open(archive) as tar:
            text = tar.extractfile("components.json").read().decode()
        self.assertEqual(text, '{"numberOfComponents":"2","version":"2.0.0","files":[\n'
                         '{"fileName":"components.json","fileType": "component_list"},\n'
                         '{"fileName":"alone-2.0.0.bin","fileType": "NSPE",'
                         f'"fileSize":"{app.stat().st_size}"}}]}}\n')

    def test_what_devices_would_refuse_is_not_made(self):
        app, second = self.files.application(), self.files.image(1, "2.0.0")
        out = self.folder / "never.tar"
        twin = self.folder / "twin" / app.name
        twin.parent.mkdir()
        shutil.copy(second, twin)
        quoted = self.folder / 'a"b.bin'
        shutil.copy(second, quoted)
        foreign = self.files.image(1, "2.0.0", "--board", "OTHER", name="foreign")
        other = self.files.image(0, "2.0.0", "--board", KIT, name="kit")
        for args, word in (
                ((self.files.blob, out), "ota-imgtool sign"), ((app, out, "-s", twin), "both images"),
                ((app, out, "-s", quoted), "cannot be listed"),
                ((other, out, "-s", foreign), "two boards"),
                ((app, out, "-k", self.files.wrong), "refuses"),
                ((self.folder / "nothing", out), "nothing")):
            self.assertIn(word, tool("ota-imgtool", "archive", *args, expect=1))
        self.assertFalse(out.exists())
        tool("ota-imgtool", "archive", app, expect=2)
        self.assertIn("usage:", tool("ota-imgtool", "archive", "--help"))
        self.assertIn('-d "(1, 2.0.0)"', tool("ota-imgtool", "archive", "-s", second, other, out))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)

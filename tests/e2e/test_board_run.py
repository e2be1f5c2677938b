#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-board from power-on to power-off, with board_app as the application.

usage: test_board_run.py BIN_DIR BOARDS_DIR [TEST...]
"""
import contextlib
import hashlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(sys.argv[1]).resolve()
BOARDS = pathlib.Path(sys.argv[2]).resolve()
HEADER = 1024
SLOT = 0x380000  # of the generic boards


def tool(name, *args, expect=0):
    done = subprocess.run([BIN / name, *map(str, args)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    if done.returncode != expect:
        raise AssertionError(f"{name} {args}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


class Files:
    """Keys and images that all tests share: they are made once."""

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "key.pem"
        self.wrong = folder / "wrong.pem"
        for key in (self.key, self.wrong):
            tool("ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256")
        self.app = folder / "app"
        subprocess.run(["strip", "-o", self.app, BIN / "board_app"], check=True)

    def image(self, version, slot_size=SLOT, erased="0xff", key=None):
        path = self.folder / f"{version}-{slot_size:x}-{erased}-{(key or self.key).stem}.img"
        if not path.exists():
            tool("ota-imgtool", "sign", "-k", key or self.key, "-v", version, "-H", HEADER,
                 "--pad-header", "--align", 8, "-S", slot_size, "-R", erased, "-M", 512,
                 self.app, path)
        return path


class Board:
    """A board with empty flash."""

    def __init__(self, files, name="generic-swap", **changes):
        self.files = files
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=files.folder))
        self.flash = self.folder / "flash"
        board = json.loads((BOARDS / f"{name}.json").read_text())
        board.update(changes)
        self.file = self.folder / "board.json"
        self.file.write_text(json.dumps(board))
        self.common = ["--board", self.file, "--flash", self.flash]

    def program(self, slot, image, *options, expect=0):
        return tool("ota-board", "program", *self.common, "--slot", slot, *options, image,
                    expect=expect)

    def run(self, *args, options=(), key=None, expect=0):
        return tool("ota-board", "run", *self.common, "--key", key or self.files.key, *options,
                    "--", *args, expect=expect)

    @contextlib.contextmanager
    def start(self, *args):
        """A board that runs on its own until the caller has seen enough."""
        with subprocess.Popen(
                [BIN / "ota-board", "run", *map(str, self.common), "--key", self.files.key, "--",
                 *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def info(self, key=None):
        return json.loads(tool("ota-board", "info", *self.common, "--key", key or self.files.key,
                               "--json"))

    def digests(self):
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
                for p in self.flash.iterdir()}


def versions(console):
    """Major versions in the order in which they ran."""
    return [int(line.split()[2].split(".")[0]) for line in console.splitlines()
            if line.startswith("app: version")]


class BoardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.files = Files(pathlib.Path(cls.temp.name))

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def with_image(self, name="generic-swap", **changes):
        board = Board(self.files, name, **changes)
        board.program("primary", self.files.image("1.0.0"))
        return board

    # ---- Boots ------------------------------------------------------------------------------

    def test_power_on_starts_the_application(self):
        board = self.with_image()
        console = board.run("1=confirm")
        self.assertIn("[boot] starting 1.0.0 at 0x00010400", console)
        self.assertIn("app: version 1.0.0 on GENERIC", console)
        self.assertIn("[board] power off: application ended", console)

    def test_an_empty_board_refuses_to_boot(self):
        board = Board(self.files)
        self.assertIn("refuses to boot", board.run(expect=1))

    def test_the_wrong_key_refuses_to_boot(self):
        board = self.with_image()
        self.assertIn("refuses to boot", board.run(key=self.files.wrong, expect=1))
        self.assertNotIn("app:", board.run(key=self.files.wrong, expect=1))

    def test_a_new_image_of_the_wrong_key_is_not_installed(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0", key=self.files.wrong),
                      "--mark", "test")
        console = board.run()
        self.assertIn("[boot] secondary image refused", console)
        self.assertEqual(versions(console), [1])

    def test_a_confirmed_image_stays(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        self.assertEqual(board.info()["next_boot"]["swap_type"], "test")
        self.assertEqual(versions(board.run("2=confirm,first:reset")), [2, 2])
        self.assertEqual(versions(board.run()), [2])
        info = board.info()
        self.assertEqual(info["next_boot"]["swap_type"], "none")
        self.assertEqual(info["primary"]["trailer"]["image_ok"], "set")
        self.assertEqual(info["secondary"]["image"]["version"], "1.0.0")

    def test_an_unconfirmed_image_is_reverted_at_the_next_reset(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        self.assertEqual(versions(board.run("2=reset")), [2, 1])

    def test_an_unconfirmed_image_is_reverted_at_the_next_power_on(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        self.assertEqual(versions(board.run()), [2])
        self.assertEqual(versions(board.run()), [1])

    def test_a_permanent_image_is_not_reverted(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "permanent")
        self.assertEqual(versions(board.run("2=first:reset")), [2, 2])

    def test_overwrite_does_not_revert(self):
        board = self.with_image("generic-overwrite")
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        self.assertEqual(versions(board.run("2=first:reset")), [2, 2])

    def check_kit(self, place, secondary_erased, slot_size):
        board = Board(self.files, f"CY8CPROTO_062_4343W-{place}-swap")
        board.program("primary", self.files.image("1.0.0", slot_size, "0x00"))
        board.program("secondary", self.files.image("2.0.0", slot_size, secondary_erased),
                      "--mark", "test")
        console = board.run("2=reset")
        self.assertEqual(versions(console), [2, 1])
        self.assertIn("app: version 2.0.0 on CY8CPROTO_062_4343W", console)
        board.program("secondary", self.files.image("3.0.0", slot_size, secondary_erased),
                      "--mark", "test")
        self.assertEqual(versions(board.run("3=confirm,first:reset")), [3, 3])
        self.assertEqual(versions(board.run()), [3])

    def test_a_kit_with_a_status_partition_reverts_and_confirms(self):
        self.check_kit("internal", "0x00", 0xee000)

    def test_a_kit_with_external_flash_reverts_and_confirms(self):
        self.check_kit("external", "0xff", 0x1c0000)

    # ---- Resets -----------------------------------------------------------------------------

    def test_a_hang_is_ended_by_the_watchdog(self):
        board = self.with_image(watchdog_ms=3000)
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        console = board.run("2=hang")
        self.assertEqual(versions(console), [2, 1])
        self.assertIn("[board] reset: watchdog was not kicked for 3000 ms", console)

    def test_a_kicked_watchdog_does_not_reset(self):
        board = self.with_image(watchdog_ms=3000)
        self.assertEqual(versions(board.run("1=kick:4000")), [1])

    def test_a_crash_is_a_reset(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        console = board.run("2=crash")
        self.assertEqual(versions(console), [2, 1])
        self.assertIn("[board] reset: application", console)

    def test_a_failure_is_a_reset(self):
        board = self.with_image()
        console = board.run("1=first:exit:7")
        self.assertEqual(versions(console), [1, 1])
        self.assertIn("application failed with exit code 7", console)

    def test_a_reset_loop_is_bounded(self):
        board = self.with_image()
        console = board.run("1=reset", options=["--max-resets", "3"], expect=1)
        self.assertEqual(versions(console), [1, 1, 1, 1])
        self.assertIn("gave up after 3 resets", console)

    # ---- Power ------------------------------------------------------------------------------

    def test_a_swap_that_was_cut_is_completed(self):
        for cut in ("0", "1:torn", "40", "41:torn", "120"):
            with self.subTest(cut=cut):
                board = self.with_image()
                board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
                console = board.run("2=confirm", options=["--cut-after", cut])
                self.assertIn("[board] power cut at flash operation", console)
                self.assertEqual(console.count("[board] power on"), 2)
                self.assertEqual(versions(console), [2])
                self.assertEqual(board.info()["secondary"]["image"]["version"], "1.0.0")

    def test_a_second_cut_meets_the_recovery(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        console = board.run("2=confirm", options=["--cut-after", "50:torn", "--cut-after", "3"])
        self.assertEqual(console.count("[board] power on"), 3)
        self.assertEqual(versions(console), [2])

    def test_a_cut_in_the_application_is_no_crash(self):
        board = self.with_image()
        console = board.run("1=erase:10", options=["--cut-after", "4"])
        self.assertIn("[board] power cut at flash operation 4", console)
        self.assertNotIn("reset", console)
        self.assertEqual(versions(console), [1, 1])

    def test_the_power_can_stay_off_after_a_cut(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        options = ["--cut-after", "60", "--power-off-at-cut"]
        self.assertEqual(versions(board.run(options=options)), [])
        self.assertTrue(board.info()["next_boot"]["resumes"])
        self.assertEqual(versions(board.run()), [2])

    def test_a_cut_by_time_ends_the_application(self):
        board = self.with_image(watchdog_ms=3000)
        console = board.run("1=first:hang", options=["--cut-after-ms", "700"])
        self.assertIn("[board] power cut after 700 ms", console)
        self.assertEqual(console.count("[board] power on"), 2)

    def wait_for(self, process, text):
        for line in process.stdout:
            if text in line:
                return line
        self.fail(f"the board ended without '{text}'")

    def test_a_signal_switches_the_power_off(self):
        board = self.with_image(watchdog_ms=0)
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number), board.start("1=hang") as process:
                self.wait_for(process, "app: hang")
                process.send_signal(number)
                rest = process.stdout.read()
                self.assertEqual(process.wait(30), 0)
                self.assertIn("[board] power off: switched off", rest)

    def test_the_application_does_not_outlive_its_board(self):
        board = self.with_image(watchdog_ms=0)
        with board.start("1=spawn,hang") as process:
            number = int(self.wait_for(process, "app: process").split()[-1])
            process.kill()
            process.stdout.read()  # ends when the application is gone
            process.wait(30)
        self.assertFalse(pathlib.Path(f"/proc/{number}/exe").exists())
        self.assertEqual(versions(board.run()), [1])

    def test_two_boards_do_not_share_flash(self):
        board = self.with_image(watchdog_ms=0)
        with board.start("1=hang") as process:
            self.wait_for(process, "app: hang")
            self.assertIn("another board is running", board.run(expect=1))
            process.terminate()
            process.stdout.read()

    # ---- program, info, command line --------------------------------------------------------

    def test_info_changes_nothing(self):
        board = self.with_image()
        board.program("secondary", self.files.image("2.0.0"), "--mark", "test")
        before = board.digests()
        self.assertEqual(board.info()["next_boot"]["version"], "2.0.0")
        self.assertEqual(board.info(self.files.wrong)["primary"]["check"], "OTA_ENOSIG")
        self.assertEqual(board.digests(), before)

    def test_info_tells_people_the_same(self):
        board = self.with_image()
        text = tool("ota-board", "info", *board.common, "-k", self.files.key)
        self.assertIn("primary    1.0.0", text)
        self.assertIn("next boot  none, starts 1.0.0", text)

    def test_program_refuses_what_cannot_run(self):
        board = self.with_image()
        before = board.digests()
        garbage = board.folder / "garbage"
        garbage.write_bytes(b"no image" * 100)
        self.assertIn("sign it with ota-imgtool", board.program("primary", garbage, expect=1))
        large = board.folder / "large"
        large.write_bytes(bytes(SLOT + 1))
        self.assertIn("larger than the slot", board.program("primary", large, expect=1))
        self.assertIn("No such file", board.program("primary", board.folder / "none", expect=1))
        self.assertEqual(board.digests(), before)
        board.program("primary", garbage, "--raw")
        self.assertIn("refuses to boot", board.run(expect=1))

    def test_an_application_for_another_machine_is_refused(self):
        board = Board(self.files)
        text = board.folder / "text"
        text.write_text("this is no executable\n" * 50)
        image = board.folder / "text.img"
        tool("ota-imgtool", "sign", "-k", self.files.key, "-v", "1.0.0", "-H", HEADER,
             "--pad-header", "--align", 8, "-S", SLOT, text, image)
        board.program("primary", image)
        self.assertIn("not an executable of this machine", board.run(expect=1))

    def test_flash_of_another_board_is_refused(self):
        board = self.with_image()
        (board.flash / "flash.bin").write_bytes(b"\xff" * 4096)
        self.assertIn("has 4096 bytes", board.run(expect=1))

    def test_wrong_command_lines_are_named(self):
        for args, words in ((["fly"], "not a command"), (["run"], "needs --board"),
                            (["info", "-B", "x", "-F", "y", "-c", "1"], "does not take -c"),
                            (["run", "-c", "x"], "--cut-after takes"),
                            (["run", "-r", "-1"], "--max-resets takes"),
                            (["program", "-s", "third"], "--slot is"), ([], "usage:")):
            with self.subTest(args=args):
                self.assertIn(words, tool("ota-board", *args, expect=2))
        board = Board(self.files)
        self.assertIn("names no key", tool("ota-board", "run", *board.common, expect=1))


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main()

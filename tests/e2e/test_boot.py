#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-boot as its users see it: recorded boots on flash files, cuts, keys, exit codes.

usage: test_boot.py TOOL VECTORS [unittest arguments]
"""
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(sys.argv[1]).resolve()
VECTORS = pathlib.Path(sys.argv[2]).resolve()
BOOTS = VECTORS / "boots"
SAMPLE = ("overwrite-240-512int-64kext", "scratch-240-512-w1", "scratch-172-4k-w8",
          "scratch-240-4kint-64kext", "cypress-status-int", "cypress-status-ext-256k")


def full(version):
    return version if "+" in version else version + "+0"


class Device:
    """Flash files of a recorded scenario."""

    def __init__(self, case, configuration, scenario):
        self.dir = BOOTS / configuration / scenario
        self.result = json.loads((self.dir / "result.json").read_text())
        self.flash = pathlib.Path(tempfile.mkdtemp())
        case.addCleanup(shutil.rmtree, self.flash)

    def load(self, files):
        for device, name in files.items():
            data = gzip.decompress((self.dir / name).read_bytes())
            (self.flash / f"{device}.bin").write_bytes(data)

    def bytes(self):
        return {p.name: p.read_bytes() for p in self.flash.iterdir()}

    def boot(self, *args):
        done = subprocess.run(
            [TOOL, "--board", self.dir / "layout.json", "--flash", self.flash, *args],
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, json.loads(done.stdout), done.stderr


class Recorded(unittest.TestCase):
    def check(self, device, want, *args):
        code, line, _ = device.boot(*args)
        self.assertEqual((code, line["result"]), (0, "boots"))
        self.assertEqual(full(line["version"]), want["booted_version"])
        self.assertEqual(line["entry_offset"], int(want["entry_offset"], 16))
        for name in ("primary", "secondary"):
            state = want["state"][name]
            trailer = state["trailer"].get("partition", state["trailer"])
            for field, value in line["slots"][name]["trailer"].items():
                self.assertEqual(value, trailer[field], f"{name} {field}")
            image = state["image"]
            version = line["slots"][name]["version"]
            self.assertEqual(version and full(version), image and image["version"])
        return line

    def test_upgrade_and_revert(self):
        for configuration in SAMPLE:
            with self.subTest(configuration):
                device = Device(self, configuration, "test-revert")
                device.load(device.result["before"])
                for step in device.result["steps"]:
                    line = self.check(device, step)
                    self.assertLessEqual(line["operations"]["total"], step["flash_ops"]["total"])

    def test_cut_by_the_real_bootloader(self):
        for configuration in SAMPLE:
            device = Device(self, configuration, "cut-upgrade")
            for cut in device.result["cuts"][:4]:
                with self.subTest(configuration, k=cut["k"]):
                    device.load(cut["files"])
                    self.check(device, cut["next_boot"])

    def test_cut_by_the_option(self):
        device = Device(self, "scratch-240-512-w1", "permanent")
        for cut in ("0", "7", "60:torn", "150:torn", "290"):
            with self.subTest(cut):
                device.load(device.result["before"])
                code, line, words = device.boot("--cut-after", cut)
                self.assertEqual((code, line["result"], line["version"]), (1, "cut", None))
                self.assertIn("power cut", words)
                self.check(device, device.result["steps"][0])


class Options(unittest.TestCase):
    def setUp(self):
        self.device = Device(self, "scratch-240-4kint-64kext", "permanent")
        self.device.load(self.device.result["before"])

    def test_dry_run_changes_nothing(self):
        before = self.device.bytes()
        _, dry, _ = self.device.boot("--dry-run")
        self.assertEqual(self.device.bytes(), before)
        _, wet, _ = self.device.boot()
        self.assertEqual(dry, wet)
        self.assertNotEqual(self.device.bytes(), before)

    def test_dry_run_needs_no_directory(self):
        shutil.rmtree(self.device.flash)
        code, line, _ = self.device.boot("--dry-run")
        self.assertEqual((code, line["error"]["error"]), (1, "OTA_ENOIMAGE"))
        self.assertFalse(self.device.flash.exists())
        self.device.flash.mkdir()

    def test_key_of_the_command_line_replaces_those_of_the_board(self):
        keys = VECTORS / "keys"
        code, line, _ = self.device.boot("--dry-run", "--key", keys / "ec256.pub.pem")
        self.assertEqual((code, line["swap_type"]), (0, "permanent"))
        code, line, words = self.device.boot("--dry-run", "--key", keys / "wrong-ec256.pub.pem")
        self.assertEqual((code, line["refused"]["error"]), (1, "OTA_ENOSIG"))
        self.assertIn("not installed", words)
        code, line, words = self.device.boot("--dry-run", "--json", "--key",
                                             keys / "wrong-ec256.pub.pem")
        self.assertEqual((code, words), (1, ""))
        code, line, _ = self.device.boot("--dry-run", "--key", keys / "wrong-ec256.pub.pem",
                                         "--key", keys / "ec256.pub.pem")
        self.assertEqual((code, line["swap_type"]), (0, "permanent"))

    def test_wrong_usage_is_told_apart_from_failure(self):
        for args, code in (((), 2), (("--no-such",), 2), (("--board", "x"), 2),
                           (("--board", "x", "--flash", "y", "--cut-after", "-1"), 2),
                           (("--board", "x", "--flash", "y", "--cut-after", "1:half"), 2),
                           (("--board", "x", "--flash", "y", "more"), 2),
                           (("--board", "/nonexistent.json", "--flash", "y"), 1)):
            with self.subTest(args):
                done = subprocess.run([TOOL, *args], capture_output=True, text=True, timeout=20,
                                      check=False)
                self.assertEqual(done.returncode, code)
                self.assertTrue(done.stderr.startswith("ota-boot: ") or "ota-boot" in done.stderr)
                self.assertEqual(done.stdout, "")


unittest.main(argv=sys.argv[:1] + sys.argv[3:])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted images from end to end: signed and encrypted, offered over MQTT and HTTP, verified by
the application, decrypted by the bootloader, and encrypted again on the way back.

usage: test_update_encrypted.py BIN_DIR BOARDS_DIR [CLASS[.TEST]...]
"""
import json
import re
import subprocess
import sys
import unittest

from mosquitto import free_port
from test_update import KIT, Board, Case, Files, Publisher, tool

PIECE = 64  # bytes of an application that are looked for; with more than 16 different ones


class EncryptedBoard(Board):
    """1.0.0 in the clear in its primary slot, with a key for the day it is swapped out."""

    def __init__(self, files, key, *options, mode="swap-scratch"):
        super().__init__(files, mode)
        self.decrypt = [] if key is None else ["--decrypt", key, *options]

    def command(self, port, *args):
        whole = [str(part) for part in super().command(port, *args)]
        at = whole.index("--")
        return [*whole[:at], *map(str, self.decrypt), *whole[at:]]

    def info(self):
        return json.loads(tool("ota-board", "info", *self.common, "--key", self.files.key,
                                    "--json", *self.decrypt))

    def cut(self, port, after):
        """The device off at flash operation `after`, and on again."""
        command = self.command(port)
        at = command.index("--")
        done = subprocess.run([*command[:at], "--cut-after", f"{after}:torn", *command[at:]],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, timeout=150, check=True)
        return done.stdout


class EncryptedFiles(Files):
    def __init__(self, folder):
        super().__init__(folder)
        self.enc, self.other_enc = folder / "enc.pem", folder / "other-enc.pem"
        for key in (self.enc, self.other_enc):
            tool("ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256")
        self.enc_pub = folder / "enc.pub.pem"
        tool("ota-imgtool", "getpub", "-k", self.enc, "-e", "pem", "-o", self.enc_pub)

    def image(self, version, *options, key=None, payload=None, name=None):
        """As a build machine does it, which has the public half only."""
        how = ["-E", self.enc_pub, *(["--clear"] if version == "1.0.0" else [])]
        return super().image(version, *how, *options, key=key, payload=payload, name=name)

    def is_hidden(self, stored, *versions):
        """True if nothing of these applications is to be read in what is stored."""
        payloads = [(self.folder / f"app-{version}").read_bytes() for version in versions]
        pieces = {p[at:at + PIECE] for p in payloads for at in range(0, len(p) - PIECE, 4099)}
        return not any(piece in stored for piece in pieces if len(set(piece)) > 16)


class EncryptedTest(Case):
    kind_of_files = EncryptedFiles

    def expect_encrypted_update(self, board, image, console):
        """2.0.0 runs in the clear; what was sent and what ran before lie there encrypted."""
        self.expect_update(board, console)
        primary, secondary = board.slots()
        old = self.files.image("1.0.0").read_bytes()
        sent = image.read_bytes()
        self.assertFalse(self.files.is_hidden(primary, "2.0.0"))
        self.assertTrue(self.files.is_hidden(secondary, "1.0.0", "2.0.0"))
        self.assertTrue(self.files.is_hidden(sent, "2.0.0"))
        self.assertEqual(primary[:1024], sent[:1024])
        self.assertEqual(secondary[:1024], old[:1024])
        info = board.info()
        self.assertEqual((info["secondary"]["check"], info["secondary"]["image"]["encrypted"]),
                         ("OTA_OK", True))

    def test_over_mqtt_and_over_http(self):
        image = self.files.image("2.0.0")
        for transport in ("mqtt", "http"):
            with self.subTest(transport):
                board = EncryptedBoard(self.files, self.files.enc)
                web = free_port()
                log = open(board.folder / "publisher.log", "w+")
                with log, Publisher(self.port, image, "--http", f"127.0.0.1:{web}", log=log):
                    self.expect_encrypted_update(
                        board, image, board.run(self.port, "--transport", transport, "--http",
                                                f"127.0.0.1:{web}"))
                    log.seek(0)
                    self.assertRegex(log.read(), r"offering version 2\.0\.0 .*, encrypted")

    def test_aes_256_and_the_other_swaps(self):
        image = self.files.image("2.0.0", "--encrypt-keylen", "256", name="2.0.0-256")
        self.files.image("1.0.0")
        for mode in ("swap-move", "swap-offset"):
            with self.subTest(mode):
                board = EncryptedBoard(self.files, self.files.enc, "--encrypt-keylen", "256",
                                       mode=mode)
                with Publisher(self.port, image):
                    self.expect_update(board, board.run(self.port))

    def test_a_bad_image_goes_back_encrypted(self):
        board = EncryptedBoard(self.files, self.files.enc)
        image = self.files.image("3.0.0")
        with Publisher(self.port, image):
            console = board.run(self.port)
        self.assertIn("self-test failed", console)
        self.assertIn("previous one is back", console)
        primary, secondary = board.slots()
        self.assertEqual(board.version(), "1.0.0")
        old, sent = self.files.image("1.0.0").read_bytes(), image.read_bytes()
        self.assertEqual(primary[:len(old)], old)
        self.assertEqual(secondary[:len(sent)], sent)

    def test_cuts_while_it_is_swapped(self):
        board = EncryptedBoard(self.files, self.files.enc)
        image = self.files.image("2.0.0")
        with Publisher(self.port, image):
            console = board.run(self.port, "-v")
            steps = int(re.search(r"test installation done, (\d+) flash", console)[1])
            for share in (0.2, 0.5, 0.9):
                with self.subTest(share):
                    board = EncryptedBoard(self.files, self.files.enc)
                    tool("ota-board", "program", *board.common, "--slot", "secondary", "--mark",
                         "test", image)
                    console = board.cut(self.port, int(steps * share))
                    self.assertIn("installation completed after an interruption", console)
                    self.expect_encrypted_update(board, image, console)

    def test_what_the_device_cannot_decrypt_is_not_marked(self):
        good = self.files.image("2.0.0").read_bytes()
        damaged = bytearray(good)
        damaged[-20] ^= 1  # in the TLV of the key, which is the last one
        wrong = self.files.folder / "damaged.img"
        wrong.write_bytes(damaged)
        long_key = self.files.image("2.0.0", "--encrypt-keylen", "256", name="2.0.0-256")
        changed = bytearray(good)
        changed[5000] ^= 1
        payload = self.files.folder / "changed.img"
        payload.write_bytes(changed)
        for image, key, error in ((good, self.files.other_enc, "OTA_EDECRYPT"),
                                  (wrong, self.files.enc, "OTA_EDECRYPT"),
                                  (payload, self.files.enc, "OTA_EHASH"),
                                  (long_key, self.files.enc, "OTA_ENOTSUP"),
                                  (good, None, "OTA_ENOTSUP")):
            path = self.files.image("2.0.0") if image is good else image
            with self.subTest(error, path=path.name):
                board = EncryptedBoard(self.files, key)
                if key is None:  # a bootloader without a key starts no such image
                    tool("ota-board", "program", *board.common, "--slot", "primary",
                         super(EncryptedFiles, self.files).image("1.0.0", name="plain"))
                with Publisher(self.port, path):
                    console = board.run(self.port)
                self.expect_no_change(board, None, console, error)

    def test_what_is_in_the_clear_is_not_offered(self):
        image = self.files.image("2.0.0", "--clear", name="2.0.0-clear")
        console = tool("ota-publisher", "-b", f"127.0.0.1:{self.port}", "-k", KIT, "-f", image,
                       expect=1)
        self.assertIn("in the clear", console)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

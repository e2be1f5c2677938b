#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encrypted images from ota-imgtool through ota-boot, recomputed with openssl and Python.

usage: test_boot_encrypted.py IMGTOOL BOOT [unittest arguments]
"""
import hashlib
import hmac
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

IMGTOOL, BOOT = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
UNIT, SLOT, SCRATCH = 4096, 65536, 8192
SECTORS, HEADER = 32, 0x200
STATUS = 12 * 512
MODES = ("overwrite", "overwrite-fast", "swap-scratch", "swap-move", "swap-offset",
         "swap-status-scratch")
# SubjectPublicKeyInfo of a P-256 point, before the point.
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def command(*args, data=None, check=True):
    return subprocess.run([str(arg) for arg in args], input=data, capture_output=True, check=check,
                          timeout=60)


def openssl(*args, data=b""):
    return command("openssl", *args, data=data).stdout


def hkdf(secret, info, length):
    """RFC 5869 without salt."""
    prk = hmac.digest(bytes(32), secret, "sha256")
    out, block = b"", b""
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def aes_ctr(key, data):
    return openssl("enc", f"-aes-{8 * len(key)}-ctr", "-K", key.hex(), "-iv", "0" * 32, data=data)


class Encrypted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory(prefix="boot-encrypted-")
        cls.dir = pathlib.Path(cls.tmp.name)
        cls.key, cls.enc = cls.dir / "key.pem", cls.dir / "enc.pem"
        for key in (cls.key, cls.enc):
            command(IMGTOOL, "keygen", "-k", key, "-t", "ecdsa-p256")
        cls.old = cls.sign("1.0.0", 9001, "--clear")
        cls.new = cls.sign("2.0.0", 20003)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    @classmethod
    def sign(cls, version, size, *extra):
        payload = hashlib.shake_256(version.encode()).digest(size)
        source, out = cls.dir / "payload.bin", cls.dir / f"{version}.bin"
        source.write_bytes(payload)
        command(IMGTOOL, "sign", "-k", cls.key, "-v", version, "-H", HEADER, "--pad-header", "-S",
                SLOT, "--align", "8", "-M", SECTORS, "-E", cls.enc, *extra, source, out)
        return out.read_bytes()

    def setUp(self):
        self.flash = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        self.addCleanup(shutil.rmtree, self.flash)

    # ---- Independently -------------------------------------------------------------------------

    def end(self, image):
        """First byte behind the payload."""
        return HEADER + int.from_bytes(image[12:16], "little")

    def image_key(self, image):
        """From the last TLV, by ECIES."""
        point, tag, sealed = image[-113:-48], image[-48:-16], image[-16:]
        peer = self.flash / "peer.der"
        peer.write_bytes(P256_SPKI + point)
        shared = openssl("pkeyutl", "-derive", "-inkey", self.enc, "-peerkey", peer, "-peerform",
                         "DER")
        peer.unlink()
        keys = hkdf(shared, b"MCUBoot_ECIES_v1", 48)
        self.assertEqual(hmac.digest(keys[16:], sealed, "sha256"), tag)
        return aes_ctr(keys[:16], sealed)

    def turned(self, image):
        """The image encrypted if it is plain, and the reverse."""
        end = self.end(image)
        return image[:HEADER] + aes_ctr(self.image_key(image), image[HEADER:end]) + image[end:]

    # ---- A device ------------------------------------------------------------------------------

    def device(self, mode, secondary=None):
        self.offset = UNIT if mode == "swap-offset" else 0
        areas = {"primary": (0, SLOT), "secondary": (SLOT, SLOT), "scratch": (2 * SLOT, SCRATCH)}
        devices = {"flash": {"base": "0x0", "size": hex(2 * SLOT + SCRATCH), "erase": UNIT,
                             "write": 8, "erased": "0xff"}}
        places = {name: {"device": "flash", "offset": hex(off), "size": hex(size)}
                  for name, (off, size) in areas.items()}
        if mode == "swap-status-scratch":
            devices["rows"] = {"base": "0x1000000", "size": STATUS, "erase": 512, "write": 512,
                               "erased": "0xff", "row_write": True}
            places["status"] = {"device": "rows", "offset": "0x0", "size": STATUS}
            (self.flash / "rows.bin").write_bytes(b"\xff" * STATUS)
        board = {
            "name": mode, "board": "TEST", "header_size": HEADER,
            "devices": devices, "areas": places,
            "boot": {"mode": mode, "version": "2.4.0", "align": 8, "max_sectors": SECTORS,
                     "validate_primary": True, "signature": "ec256", "keys": []},
        }
        (self.flash / "board.json").write_text(json.dumps(board))
        flash = bytearray(b"\xff" * (2 * SLOT + SCRATCH))
        image = self.new if secondary is None else secondary
        flash[:len(self.old)] = self.old
        flash[SLOT + self.offset:SLOT + self.offset + len(image)] = image
        flash[2 * SLOT - 16:2 * SLOT] = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")
        (self.flash / "flash.bin").write_bytes(flash)

    def boot(self, *args, key=True):
        decrypt = ["-E", self.enc] if key is True else ["-E", key] if key else []
        done = command(BOOT, "--board", self.flash / "board.json", "--flash", self.flash, "--key",
                       self.key, "--json", *decrypt, *args, check=False)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def slot(self, i, image, off=0):
        return (self.flash / "flash.bin").read_bytes()[i * SLOT + off:][:len(image)]

    def never_plain(self):
        """Neither the secondary slot nor scratch holds anything of a plain payload."""
        rest = (self.flash / "flash.bin").read_bytes()[SLOT:]
        plain_new = self.turned(self.new)
        for image in (self.old, plain_new):
            for at in range(HEADER, self.end(image) - 64, 997):
                self.assertNotIn(image[at:at + 32], rest)

    # ---- Tests ---------------------------------------------------------------------------------

    def test_an_upgrade_decrypts_and_a_revert_encrypts(self):
        for mode in MODES:
            with self.subTest(mode):
                self.device(mode)
                line = self.boot()
                self.assertEqual((line["result"], line["version"]), ("boots", "2.0.0"), line)
                self.assertEqual(self.slot(0, self.new), self.turned(self.new))
                if mode.startswith("overwrite"):
                    continue
                self.assertEqual(self.slot(1, self.old), self.turned(self.old))
                self.never_plain()
                line = self.boot()
                self.assertEqual((line["result"], line["version"]), ("boots", "1.0.0"), line)
                self.assertEqual(self.slot(0, self.old), self.old)
                self.assertEqual(self.slot(1, self.new, self.offset), self.new)
                self.never_plain()

    def test_cut_swaps_go_on_with_the_keys_of_the_trailer(self):
        for mode in MODES[2:]:
            for cut in range(3, 200, 7):
                self.device(mode)
                line = self.boot("--cut-after", f"{cut}:torn")
                if line["result"] == "boots":
                    break
                with self.subTest(mode, cut=cut):
                    self.never_plain()
                    line = self.boot()
                    self.assertEqual((line["result"], line["version"]), ("boots", "2.0.0"), line)
                    self.assertEqual(self.slot(0, self.new), self.turned(self.new))
                    self.assertEqual(self.slot(1, self.old), self.turned(self.old))
            self.assertGreater(cut, 50)

    def test_the_trailer_holds_the_keys_where_mcuboot_has_them(self):
        for mode, fields in (("swap-scratch", 48), ("swap-move", 48), ("swap-offset", 56)):
            with self.subTest(mode):
                self.device(mode)
                self.assertEqual(self.boot()["result"], "boots")
                end = (self.flash / "flash.bin").read_bytes()[:SLOT]
                at = SLOT - fields
                self.assertEqual(end[at - 16:at], self.image_key(self.old))
                self.assertEqual(end[at - 32:at - 16], self.image_key(self.new))

    def test_an_image_for_another_key_is_refused_and_removed(self):
        other = self.flash / "other.pem"
        command(IMGTOOL, "keygen", "-k", other, "-t", "ecdsa-p256")
        for mode in MODES:
            with self.subTest(mode):
                self.device(mode)
                line = self.boot(key=other)
                self.assertEqual((line["result"], line["version"]), ("boots", "1.0.0"), line)
                self.assertEqual(self.slot(1, self.new, self.offset), b"\xff" * len(self.new))

    def test_a_changed_payload_is_refused(self):
        image = bytearray(self.new)
        image[HEADER + 5000] ^= 1
        self.device("swap-scratch", secondary=bytes(image))
        line = self.boot()
        self.assertEqual((line["result"], line["version"]), ("boots", "1.0.0"), line)

    def test_a_bootloader_without_the_key_starts_no_encrypted_image(self):
        self.device("swap-scratch")
        line = self.boot(key=None)
        self.assertEqual(line["result"], "refuses", line)
        self.assertEqual(self.slot(0, self.old), self.old)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

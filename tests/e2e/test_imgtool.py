#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-imgtool as its users see it: arguments, files and exit codes.

usage: test_imgtool.py TOOL VECTORS [unittest arguments]
"""
import concurrent.futures
import gzip
import hashlib
import json
import pathlib
import resource
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(sys.argv[1]).resolve()
VECTORS = pathlib.Path(sys.argv[2]).resolve()
IMAGES = json.loads((VECTORS / "images.json").read_text())["images"]
TYPES = {"ec256": "ecdsa-p256", "ed25519": "ed25519", "rsa2048": "rsa-2048", "rsa3072": "rsa-3072"}
PAYLOAD = VECTORS / "payloads" / "rnd-odd.bin"
KEYHASH, PUBKEY, SHA256, BOOT_RECORD, BOARD = 0x01, 0x02, 0x10, 0x60, 0xB0
SIGNATURES = (0x20, 0x22, 0x23, 0x24)

# Valid for the real bootloader, refused here. A shortened key hash is no key hash; and where the
# total of the TLV area does not end with an entry, MCUboot goes by what lies behind the image.
STRICTER = {
    "bad-ec256-keyhash-len0", "bad-ec256-keyhash-len16", "bad-ec256-total-minus1",
    "bad-ec256-total-plus1", "bad-ec256-total-plus4",
}
# The real bootloader's versions differ; 2.4.0, which refuses it, is followed.
DIFFERS = {"bad-ec256-total-ffff"}


def run(*args, text_in="", **kwargs):
    return subprocess.run([TOOL, *map(str, args)], input=text_in, capture_output=True, text=True,
                          timeout=60, check=False, **kwargs)


def vector_bytes(image):
    raw = (VECTORS / "images" / image["file"]).read_bytes()
    return gzip.decompress(raw) if image["file"].endswith(".gz") else raw


class Image:
    """An image taken apart, independently of the tool."""

    def __init__(self, raw, order="<"):
        (self.magic, self.load, header, protected, payload, self.flags, *self.version,
         self.reserved) = struct.unpack_from(order + "IIHHIIBBHII", raw)
        self.hashed = header + payload + protected
        self.signed_part = raw[:self.hashed]
        self.protected = self.area(raw, header + payload, order)[0] if protected else []
        self.tlvs, self.end = self.area(raw, self.hashed, order)
        self.tail = raw[self.end:]

    @staticmethod
    def area(raw, off, order):
        """Types below 0xa0 are a byte and a zero in either order."""
        end = off + struct.unpack_from(order + "HH", raw, off)[1]
        off += 4
        entries = []
        while off < end:
            kind, length = struct.unpack_from(order + "HH", raw, off)
            kind = raw[off] if raw[off + 1] == 0 else kind
            entries.append((kind, raw[off + 4:off + 4 + length]))
            off += 4 + length
        return entries, end

    def value(self, kind):
        return dict(self.tlvs)[kind]


def read_hex(text):
    """The bytes of Intel HEX, by address."""
    memory, upper = {}, 0
    for line in text.split("\n"):
        if not line:
            continue
        raw = bytes.fromhex(line[1:])
        assert line[0] == ":" and sum(raw) % 256 == 0 and raw[0] == len(raw) - 5
        if raw[3] == 4:
            upper = int.from_bytes(raw[4:6], "big") << 16
        elif raw[3] == 0:
            for i, byte in enumerate(raw[4:-1]):
                memory[upper + int.from_bytes(raw[1:3], "big") + i] = byte
    return memory


def hex_record(kind, off, data):
    raw = bytes([len(data), off >> 8, off & 255, kind]) + data
    return ":" + (raw + bytes([-sum(raw) & 255])).hex().upper() + "\n"


KEY_DIR = tempfile.TemporaryDirectory(prefix="imgtool-keys-")
KEYS = {}


def setUpModule():
    for name, kind in TYPES.items():
        KEYS[name] = KEYS["wrong-" + name] = pathlib.Path(KEY_DIR.name) / f"{name}.pem"
        made = run("keygen", "-k", KEYS[name], "-t", kind)
        assert made.returncode == 0, made.stderr


def tearDownModule():
    KEY_DIR.cleanup()


def at_once(function, items):
    """Results of a function, which waits for processes, for each item."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(zip(items, pool.map(function, items)))


class ToolTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="imgtool-")
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.out = self.dir / "out.bin"
        self.keys = dict(KEYS)

    def sign(self, *extra, key="ed25519", source=PAYLOAD, out=None, pad_header=True, **kwargs):
        args = ["sign", "-v", "1.2.3+4", "-H", "0x200", "-S", "0x10000", "--align", "8"]
        args += ["-k", self.keys[key]] if key else []
        args += ["--pad-header"] if pad_header else []
        return run(*args, *extra, source, out or self.out, **kwargs)

    def signed(self, *extra, **kwargs):
        result = self.sign(*extra, **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.out.read_bytes()

    def refused(self, result, text, code=1):
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stderr)
        self.assertTrue(result.stderr.startswith("ota-imgtool"), result.stderr)


class Vectors(ToolTest):
    def write(self, image):
        path = self.dir / (image["name"] + ".bin")
        path.write_bytes(vector_bytes(image))
        return path

    def verify(self, image):
        keys = [VECTORS / "keys" / key.replace(".der", ".pem") for key in image["bootloader_keys"]]
        return run("verify", *[arg for key in keys for arg in ("-k", key)], self.write(image))

    def test_verify_agrees_with_the_real_bootloader(self):
        for image, result in at_once(self.verify, IMAGES):
            name = image["name"]
            valid = image["expected"] == "valid" and name not in STRICTER
            if name in STRICTER:
                self.assertEqual(image["expected"], "valid")
            elif name not in DIFFERS:
                self.assertIn(image["expected"], ("valid", "invalid"))
            with self.subTest(name, reason=image["reason"]):
                self.assertEqual(result.returncode, 0 if valid else 1, result.stderr)
                self.assertEqual(result.stderr == "", valid)
                if valid:
                    self.assertIn(image["image_hash"], result.stdout)
        self.assertEqual(len(IMAGES), 229)

    def sign_again(self, image):
        args = list(image["imgtool"]["args"])
        if "-k" in args:
            key = args.index("-k") + 1
            args[key] = KEYS[pathlib.Path(args[key]).stem]
        args[-1] = self.dir / image["name"]
        return run(*args, cwd=VECTORS)

    def test_signing_again_gives_the_same_bytes(self):
        images = [image for image in IMAGES if "imgtool" in image]
        for image, result in at_once(self.sign_again, images):
            with self.subTest(image["name"]):
                self.assertEqual(result.returncode, 0, result.stderr)
                self.compare(vector_bytes(image), (self.dir / image["name"]).read_bytes(), image)
        self.assertEqual(len(images), 75)

    def compare(self, want_raw, got_raw, image):
        """All bytes but the key's hash, the signature and what follows from them."""
        want, got = Image(want_raw), Image(got_raw)
        has_signer = any(kind == BOOT_RECORD for kind, _ in want.protected)
        if has_signer:
            self.assertEqual(len(want.signed_part), len(got.signed_part))
            want_hash = want.value(KEYHASH)
            self.assertEqual(want.signed_part.replace(want_hash, got.value(KEYHASH)),
                             got.signed_part)
        else:
            self.assertEqual(want.signed_part, got.signed_part)
            if "image_hash" in image:
                self.assertEqual(got.value(SHA256).hex(), image["image_hash"])
        self.assertEqual([kind for kind, _ in want.tlvs], [kind for kind, _ in got.tlvs])
        for (kind, a), (_, b) in zip(want.tlvs, got.tlvs):
            if kind == SHA256:
                self.assertEqual(b, hashlib.sha256(got.signed_part).digest())
            elif kind != 0x22 or "--pad-sig" in image["imgtool"]["args"]:
                self.assertEqual(len(a), len(b))
        if len(want_raw) == 65536:
            erased = bytes([int(image["erased"], 0)])
            self.assertEqual(len(got_raw), 65536)
            self.assertEqual(want.tail[-160:], got.tail[-160:])
            self.assertEqual(got.tail[:-160].strip(erased), b"")
        else:
            self.assertEqual(got.tail, b"")

    def test_a_big_endian_image_is_the_real_tools(self):
        want_raw = (VECTORS / "images" / "bad-ec256-swapped-endian.bin").read_bytes()
        want = Image(want_raw, ">")
        got = Image(self.signed("-e", "big", key="ec256"), ">")
        self.assertEqual(want.signed_part, got.signed_part)
        self.assertEqual(want.value(SHA256), got.value(SHA256))
        self.refused(run("verify", "-k", self.keys["ec256"], self.out), "big-endian")

    def test_dump_shows_what_the_vectors_say(self):
        images = [image for image in IMAGES
                  if image["expected"] == "valid" and image["name"] not in STRICTER]
        for image, result in at_once(lambda i: run("dump", "--json", self.write(i)), images):
            with self.subTest(image["name"]):
                self.assertEqual(result.returncode, 0, result.stderr)
                self.compare_dump(image, json.loads(result.stdout))

    def compare_dump(self, image, shown):
        raw = vector_bytes(image)
        header = shown["header"]
        # The vectors write a build number of zero, too.
        self.assertIn(image["image_version"], (header["version"], header["version"] + "+0"))
        self.assertEqual(header["header_size"], image["header_size"])
        self.assertEqual(header["payload_size"], image["payload_length"])
        self.assertEqual(header["protected_size"], image["protected_size"])
        self.assertEqual(shown["image_size"], image["total_size"])
        want = Image(raw)
        self.assertEqual([(t["type"], t["value"]) for t in shown["tlvs"]],
                         [(kind, v.hex()) for kind, v in want.protected + want.tlvs])
        self.assertEqual(shown["trailer"] is not None, len(raw) == 65536)
        if shown["trailer"] is not None:
            args = image["imgtool"]["args"]
            is_confirmed = "--confirm" in args and "--overwrite-only" not in args
            self.assertEqual(shown["trailer"]["align"], image["bootloader_align"])
            self.assertEqual(shown["trailer"]["image_ok"], "set" if is_confirmed else "unset")


class Keys(ToolTest):
    def test_every_type_signs_and_verifies(self):
        for name in TYPES:
            with self.subTest(name):
                self.signed(key=name)
                for other in TYPES:
                    code = run("verify", "-k", self.keys[other], self.out).returncode
                    self.assertEqual(code, 0 if other == name else 1)

    def test_only_the_owner_can_read_a_key(self):
        self.assertEqual(stat.S_IMODE(self.keys["ec256"].stat().st_mode), 0o600)

    def test_an_existing_file_is_not_replaced(self):
        before = self.keys["ec256"].read_bytes()
        self.refused(run("keygen", "-k", self.keys["ec256"], "-t", "ed25519"), "File exists")
        self.assertEqual(self.keys["ec256"].read_bytes(), before)

    def test_a_password_protects_a_key(self):
        key = self.dir / "key.pem"
        self.assertEqual(run("keygen", "-k", key, "-t", "ed25519", "-p", text_in="s3cret\ns3cret\n")
                         .returncode, 0)
        self.assertIn("ENCRYPTED", key.read_text())
        self.keys["secret"] = key
        self.refused(self.sign(key="secret", text_in="wrong\n"), "wrong password")
        self.refused(self.sign(key="secret"), "wrong password")
        self.assertFalse(self.out.exists())
        self.signed(key="secret", text_in="s3cret\n")
        given = self.dir / "given.pem"
        self.assertEqual(run("keygen", "-k", given, "-t", "ed25519", "-p", "s3cret").returncode, 0)
        self.keys["secret"] = given
        self.signed(key="secret", text_in="s3cret\n")

    def test_passwords_that_differ_make_no_key(self):
        key = self.dir / "key.pem"
        self.refused(run("keygen", "-k", key, "-t", "ed25519", "-p", text_in="a\nb\n"), "differ")
        self.assertFalse(key.exists())

    def test_what_is_no_key_is_refused(self):
        public = VECTORS / "keys" / "ec256.pub.pem"
        self.keys.update(public=public, junk=PAYLOAD, missing=self.dir / "missing.pem")
        self.refused(self.sign(key="public"), "public one")
        self.refused(self.sign(key="junk"), "not a private or public key")
        self.refused(self.sign(key="missing"), "No such file")
        self.refused(run("keygen", "-k", self.dir / "k", "-t", "dsa"), "not one of", 2)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_keys_of_one_bootloader_have_one_type(self):
        self.signed()
        self.refused(run("verify", "-k", self.keys["ed25519"], "-k", self.keys["ec256"], self.out),
                     "another type", 2)


class Signing(ToolTest):
    def test_board_and_custom_tlvs_are_protected(self):
        image = Image(self.signed("--board", "CY8CKIT-062S2-43012", "--custom-tlv", "0x1a0", "0xA1b2",
                                  "--custom-tlv", "0xa3", "text"))
        self.assertEqual(image.protected, [(0x1A0, b"\xa1\xb2"), (0xA3, b"text"),
                                           (BOARD, b"CY8CKIT-062S2-43012")])
        self.assertIn("CY8CKIT-062S2-43012", run("dump", self.out).stdout)

    def test_create_is_sign_and_dumpinfo_is_dump(self):
        want = self.signed()
        result = run("create", "-k", self.keys["ed25519"], "--version", "1.2.3+4", "--header-size",
                     512, "--slot-size", 65536, "--pad-header", PAYLOAD, self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.out.read_bytes(), want)
        self.assertEqual(run("dumpinfo", self.out).stdout, run("dump", self.out).stdout)

    def test_without_pad_header_the_input_begins_with_zeroes(self):
        source = self.dir / "in.bin"
        source.write_bytes(bytes(0x200) + PAYLOAD.read_bytes())
        image = Image(self.signed(source=source, pad_header=False))
        self.assertEqual(image.signed_part[32:], source.read_bytes()[32:])
        self.out.unlink()
        self.refused(self.sign(pad_header=False), "not zero")
        source.write_bytes(bytes(0x1ff) + b"\1" + PAYLOAD.read_bytes())
        self.refused(self.sign(source=source, pad_header=False), "byte 0x1ff")
        source.write_bytes(bytes(0x200))
        self.refused(self.sign(source=source, pad_header=False), "no more than the header")
        self.assertFalse(self.out.exists())

    def test_image_and_trailer_must_fit_the_slot(self):
        size = len(self.signed())
        trailer = 3 * 128 * 8 + 4 * 8 + 16
        self.signed("-S", size + trailer, "--pad")
        self.assertEqual(self.out.stat().st_size, size + trailer)
        before = self.out.read_bytes()
        self.refused(self.sign("-S", size + trailer - 1, "--pad"), "do not fit")
        self.assertEqual(self.out.read_bytes(), before)
        self.signed("-S", size + 32, "--overwrite-only")
        self.refused(self.sign("-S", size + 31, "--overwrite-only"), "do not fit")

    def test_wrong_arguments_are_told_apart(self):
        cases = [
            (("-v", "1.2.x"), "--version"), (("-v", "256.0.0"), "--version"),
            (("-H", "31"), "--header-size"), (("-H", "65536"), "--header-size"),
            (("-S", "-1"), "--slot-size"), (("--align", "3"), "--align"),
            (("--max-align", "4"), "--max-align"), (("--align", "16", "--max-align", "8"), "more"),
            (("-R", "1"), "--erased-val"), (("-s", "many"), "--security-counter"),
            (("-s", "4294967296"), "--security-counter"), (("-d", "1, 1.0"), "--dependencies"),
            (("-d", "(256, 1.0)"), "--dependencies"), (("-d", "(1, 1.0"), "--dependencies"),
            (("--custom-tlv", "0x9f", "x"), "TLV type"), (("--custom-tlv", "0xffff", "x"), "TLV type"),
            (("--custom-tlv", "0xa0", "0x123"), "value"), (("--custom-tlv", "0xa0", "0xzz"), "value"),
            (("--custom-tlv", "0xa0", "a", "--custom-tlv", "160", "b"), "twice"),
            (("--custom-tlv", "0xb0", "a", "--board", "b"), "twice"),
            (("-L", "1", "-F", "2"), "exclude"), (("--test", "--confirm"), "exclude"),
            (("-e", "middle"), "--endian"), (("--public-key-format", "x"), "--public-key-format"),
            (("--boot-record", "x" * 13), "--boot-record"), (("--board", ""), "--board"),
            (("too", "many"), "nothing else"),
        ]
        for args, text in cases:
            with self.subTest(args):
                self.refused(self.sign(*args), text, 2)
        self.refused(run("sign", "-v", "1.0", PAYLOAD, self.out), "are needed", 2)
        self.assertEqual(run("sign", "--no-such-option").returncode, 2)
        self.assertEqual(run("frobnicate").returncode, 2)
        self.assertEqual(run().returncode, 2)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_help_and_version_are_asked_for(self):
        for args in (["--help"], ["sign", "--help"], ["verify", "-h"], ["keygen", "-h"],
                     ["dump", "--help"], ["--version"]):
            result = run(*args)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("ota-imgtool", result.stdout)

    def test_tlvs_longer_than_an_area_are_refused(self):
        extra = []
        for kind in range(0xa0, 0xa3):
            extra += ["--custom-tlv", hex(kind), "x" * 21840]
        self.signed("-S", "0x80000", *extra[:6])
        self.refused(self.sign("-S", "0x80000", *extra), "65535")

    def test_a_failed_write_leaves_the_old_file_and_nothing_else(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        self.out.write_bytes(b"old")
        self.refused(self.sign(preexec_fn=limit), "File too large")
        self.assertEqual(self.out.read_bytes(), b"old")
        self.assertEqual(list(self.dir.iterdir()), [self.out])
        self.refused(self.sign(out=self.dir / "no" / "out.bin"), "No such file")
        self.refused(self.sign(out="/dev/full"), "No space left")
        self.refused(self.sign(source=self.dir / "none.bin"), "No such file")
        self.refused(self.sign(source=self.dir), "cannot read")
        self.assertEqual(self.out.read_bytes(), b"old")

    def test_an_empty_input_is_refused(self):
        source = self.dir / "in.bin"
        source.touch()
        self.refused(self.sign(source=source), "empty")


class Hex(ToolTest):
    def setUp(self):
        super().setUp()
        self.hex = self.dir / "out.hex"

    def test_hex_output_holds_the_same_bytes(self):
        want = self.signed()
        self.signed_hex("-x", "0x1000fff8")
        memory = read_hex(self.hex.read_text())
        self.assertEqual(bytes(memory[0x1000fff8 + i] for i in range(len(want))), want)
        self.assertEqual(len(memory), len(want))
        lines = self.hex.read_text().split("\n")
        self.assertEqual(lines[0], ":020000041000EA")
        self.assertTrue(lines[1].startswith(":08FFF800"))
        self.assertEqual(lines[2], ":020000041001E9")
        self.assertTrue(lines[3].startswith(":10000000"))
        self.assertEqual(lines[-2:], [":00000001FF", ""])
        self.assertEqual(run("verify", "-k", self.keys["ed25519"], self.hex).returncode, 0)

    def signed_hex(self, *extra, **kwargs):
        result = self.sign(*extra, out=self.hex, **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_low_addresses_need_no_upper_part(self):
        self.signed_hex("-x", "0")
        self.assertTrue(self.hex.read_text().startswith(":1000000"))

    def test_padded_hex_has_the_trailer_and_no_filler(self):
        for extra, fields in ((["--pad"], 16), (["--confirm"], 24),
                              (["--confirm", "--max-align", "32"], 48)):
            with self.subTest(extra):
                plain = self.signed()
                padded = self.signed(*extra)
                self.signed_hex("-x", "0x10018000", *extra)
                memory = read_hex(self.hex.read_text())
                self.assertEqual(len(memory), len(plain) + fields)
                for addr, byte in memory.items():
                    self.assertEqual(byte, padded[addr - 0x10018000])
                self.assertEqual(run("verify", "-k", self.keys["ed25519"], self.hex).returncode, 0)

    def test_hex_input_keeps_its_address(self):
        source = self.dir / "in.hex"
        data = PAYLOAD.read_bytes()
        text = hex_record(4, 0, b"\x10\x01") + hex_record(5, 0, b"\x10\x01\x82\x01")
        for off in range(0, len(data), 32):
            text += hex_record(0, 0x8200 + off, data[off:off + 32])
        source.write_text(text + hex_record(1, 0, b""))
        want = self.signed()
        self.assertEqual(self.signed(source=source), want)
        self.signed_hex(source=source)
        memory = read_hex(self.hex.read_text())
        self.assertEqual(min(memory), 0x10018000)
        self.assertEqual(bytes(memory[a] for a in sorted(memory)), want)
        self.signed_hex("-x", "0x40000", source=source)
        self.assertEqual(min(read_hex(self.hex.read_text())), 0x40000)

    def test_hex_output_needs_an_address(self):
        self.refused(self.sign(out=self.hex), "-x ADDRESS", 2)
        self.refused(self.sign("-x", "0xffff0001", out=self.hex), "beyond 32 bits")
        self.assertFalse(self.hex.exists())

    def test_malformed_hex_is_refused_with_its_line(self):
        good = hex_record(0, 0x8000, b"abcd")
        end = hex_record(1, 0, b"")
        cases = [
            (good, "end record is missing"), (end, "no data"), ("", "end record is missing"),
            (good + end + good, "line 3: follows the end"),
            (good + good + end, "line 2: address was given before"),
            (good.replace("61", "62") + end, "line 1: wrong checksum"),
            (good.replace("04", "05", 1) + end, "line 1: length differs"),
            (good + "abc\n" + end, "line 2: does not begin with a colon"),
            (good + ":0g\n" + end, "wrong number of digits"),
            (good + ":00000001FG\n", "hexadecimal digits"),
            (good + hex_record(6, 0, b"") + end, "unknown record type"),
            (good + hex_record(4, 0, b"\1") + end, "wrong length for its record type"),
            (hex_record(0, 0xfffe, b"abc") + end, "64 KiB"),
            (good + hex_record(4, 0, b"\xff\xff") + good + end, "too far apart"),
        ]
        source = self.dir / "in.hex"
        for text, reason in cases:
            with self.subTest(reason):
                source.write_text(text)
                self.refused(self.sign(source=source), reason)
        self.assertFalse(self.out.exists())


class Verifying(ToolTest):
    def check(self, raw, text, key="ed25519"):
        path = self.dir / "image.bin"
        path.write_bytes(raw)
        result = run("verify", "-k", self.keys[key], path)
        if text is None:
            self.assertEqual(result.returncode, 0, result.stderr)
        else:
            self.refused(result, text)

    def test_the_reason_is_told(self):
        good = self.signed()
        self.check(good, None)
        self.check(good, "signed with ed25519, but", key="ec256")
        self.check(b"", "empty")
        self.check(good[:20], "shorter than an image header")
        self.check(good[:700], "cut off")
        self.check(good[:-1], "cut off")
        self.check(PAYLOAD.read_bytes(), "was it signed?")
        self.check(b"\x3c" + good[1:], "before MCUboot 1.0")
        self.check(b"\xff" * 4096, "header is erased")
        self.check(bytes(4096), "header is erased")
        self.check(good[:600] + b"!" + good[601:], "hash does not match")
        self.check(good[:-1] + bytes([good[-1] ^ 1]), "signature is wrong")
        self.check(self.signed("--non-bootable"), "not bootable")
        self.check(self.signed("--public-key-format", "full"), "whole public key")
        self.check(self.signed(key=None), "not signed")
        other = (VECTORS / "images" / "ed25519-h20-plain.bin").read_bytes()
        self.check(other, "another key")
        flags = good[:16] + b"\4" + good[17:]
        self.check(flags, "encrypted")

    def test_padding_may_follow_and_nothing_else(self):
        good = self.signed()
        self.check(good + b"\xff" * 100, None)
        self.check(good + bytes(100), None)
        self.check(good + b"\xff" * 99 + b"\0", "neither padding nor a trailer")
        self.check(good + b"\1", "neither padding nor a trailer")
        for extra in (["--pad"], ["--confirm"], ["--confirm", "-R", "0"],
                      ["--confirm", "--max-align", "16"], ["--pad", "--max-align", "32"]):
            self.check(self.signed(*extra), None)
        padded = self.signed("--confirm")
        self.check(padded[:-24] + b"\2" + padded[-23:], "flag in its trailer")
        self.check(padded[:-1] + b"\0", "neither padding nor a trailer")

    def test_without_a_key_only_the_hash_is_checked(self):
        raw = self.signed()
        result = run("verify", self.out)
        self.assertEqual(result.returncode, 0)
        self.assertIn("no signature was checked", result.stdout)
        self.out.write_bytes(raw[:600] + b"!" + raw[601:])
        self.refused(run("verify", self.out), "hash does not match")

    def test_dump_refuses_what_is_no_image(self):
        self.refused(run("dump", PAYLOAD), "wrong header magic")
        self.refused(run("dump", "--json", self.dir / "none"), "No such file")
        self.assertEqual(run("dump").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-imgtool's keys: printed, in tokens, for encryption, and signatures made elsewhere.

Whatever the tool computes is computed again here, with openssl's command and Python's hashes.

usage: test_imgtool_keys.py TOOL VECTORS [unittest arguments]
"""
import base64
import hashlib
import hmac
import os
import re
import shutil
import struct
import subprocess
import sys
import unittest

import test_imgtool
from test_imgtool import Image, PAYLOAD, ToolTest, VECTORS, run

ENC_EC256 = 0x32
SIG_ECDSA, SIG_ED25519 = 0x22, 0x24
AES128, AES256 = 0x04, 0x08
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
# SubjectPublicKeyInfo of a P-256 point, before the point.
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def setUpModule():
    test_imgtool.setUpModule()


def tearDownModule():
    test_imgtool.tearDownModule()


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=True,
                          timeout=60).stdout


def array(text):
    """Name, bytes and stated length of a C or Rust array."""
    name = re.search(r"(\w+)(?:\[\])?(?:: &\[u8\])? = ", text).group(1)
    length = re.search(name + r"_len = (\d+);", text)
    data = bytes(int(b, 16) for b in re.findall(r"0x([0-9a-f]{2}),", text))
    return name, data, int(length.group(1)) if length else None


class Printed(ToolTest):
    def test_a_public_key_is_what_the_bootloader_embeds(self):
        names = {"ec256": "ecdsa_pub_key", "ed25519": "ed25519_pub_key", "rsa2048": "rsa_pub_key",
                 "rsa3072": "rsa_pub_key"}
        for kind, name in names.items():
            pem = VECTORS / "keys" / f"{kind}.pub.pem"
            der = (VECTORS / "keys" / f"{kind}.pub.der").read_bytes()
            with self.subTest(kind):
                shown = run("getpub", "-k", pem).stdout
                self.assertEqual(array(shown), (name, der, len(der)))
                self.assertEqual(run("getpub", "-k", pem, "--lang", "c").stdout, shown)
                rust = run("getpub", "-k", pem, "-e", "lang-rust").stdout
                self.assertEqual(array(rust), (name.upper(), der, None))
                self.assertEqual(run("getpub", "-k", pem, "-e", "raw", "-o", self.out).returncode, 0)
                self.assertEqual(self.out.read_bytes(), der)

    def test_a_public_key_in_pem_is_openssls(self):
        for kind, key in self.keys.items():
            with self.subTest(kind):
                self.assertEqual(run("getpub", "-k", key, "-e", "pem").stdout.encode(),
                                 openssl("pkey", "-in", key, "-pubout"))

    def private(self, kind, *args):
        result = run("getpriv", "-k", self.keys[kind], *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        name, der, length = array(result.stdout)
        self.assertEqual((name, length), ("enc_priv_key", len(der)))
        return der

    def test_a_private_key_is_openssls(self):
        pem, rsa = self.keys["ec256"], self.keys["rsa2048"]
        pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", "-in", pem, "-outform", "DER")
        self.assertEqual(self.private("ec256"), pkcs8)
        self.assertEqual(self.private("ec256", "-f", "openssl"),
                         openssl("ec", "-in", pem, "-outform", "DER"))
        self.assertEqual(self.private("rsa2048"),
                         openssl("rsa", "-in", rsa, "-traditional", "-outform", "DER"))
        self.assertEqual(len(self.private("rsa2048", "-f", "pkcs8")) > 1200, True)

    def test_a_minimal_private_key_lacks_the_point(self):
        der = self.private("ec256", "--minimal")
        self.assertEqual(len(der), 67)
        self.assertIn(der[-32:], self.private("ec256"))

    def test_a_private_key_in_a_file_is_the_owners(self):
        self.assertEqual(self.private_file().stat().st_mode & 0o777, 0o600)

    def private_file(self):
        path = self.dir / "key.c"
        self.assertEqual(run("getpriv", "-k", self.keys["ec256"], "-o", path).returncode, 0)
        return path

    def test_what_cannot_be_printed_is_told(self):
        public = VECTORS / "keys" / "ec256.pub.pem"
        self.refused(run("getpriv", "-k", public), "no private key")
        self.refused(run("getpriv", "-k", self.keys["ed25519"]), "ed25519")
        self.refused(run("getpub", "-k", self.keys["ed25519"], "-e", "xml"), "xml", 2)
        self.refused(run("getpub", "-k", public, "-l", "c", "-e", "raw"), "raw", 2)
        self.refused(run("getpub"), "-k KEY", 2)


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


class Encryption(ToolTest):
    def setUp(self):
        super().setUp()
        self.private = self.keys["ec256"]
        self.public = self.dir / "enc.pub.pem"
        self.assertEqual(run("getpub", "-k", self.private, "-e", "pem", "-o",
                             self.public).returncode, 0)

    def open_key(self, tlv):
        """The image's key from its TLV, by ECIES."""
        point, tag, sealed = tlv[:65], tlv[65:97], tlv[97:]
        peer = self.dir / "peer.der"
        peer.write_bytes(P256_SPKI + point)
        shared = openssl("pkeyutl", "-derive", "-inkey", self.private, "-peerkey", peer,
                         "-peerform", "DER")
        keys = hkdf(shared, b"MCUBoot_ECIES_v1", len(sealed) + 32)
        self.assertEqual(hmac.digest(keys[len(sealed):], sealed, "sha256"), tag)
        return aes_ctr(keys[:len(sealed)], sealed)

    def test_the_image_is_what_another_implementation_decrypts(self):
        plain = PAYLOAD.read_bytes()
        for bits, flag, length in ((128, AES128, 113), (256, AES256, 129)):
            for size in (0, 1, 15):
                source = self.dir / "payload.bin"
                source.write_bytes(plain[:1328 - size])
                raw = self.signed("-E", self.public, "--encrypt-keylen", bits, source=source)
                image = Image(raw)
                with self.subTest(bits, size=size):
                    self.assertEqual(image.flags, flag)
                    self.assertEqual([kind for kind, _ in image.tlvs],
                                     [0x10, 0x01, SIG_ED25519, ENC_EC256])
                    self.assertEqual(len(image.value(ENC_EC256)), length)
                    payload = raw[0x200:image.hashed]
                    self.assertEqual(len(payload), 1328)
                    opened = aes_ctr(self.open_key(image.value(ENC_EC256)), payload)
                    self.assertEqual(opened, plain[:1328 - size] + bytes(size))
                    self.assertEqual(hashlib.sha256(raw[:0x200] + opened).digest(),
                                     image.value(0x10))

    def test_every_image_has_a_key_of_its_own(self):
        first, second = (Image(self.signed("-E", self.public)) for _ in range(2))
        self.assertEqual(first.value(0x10), second.value(0x10))
        self.assertNotEqual(first.signed_part, second.signed_part)
        self.assertNotEqual(self.open_key(first.value(ENC_EC256)),
                            self.open_key(second.value(ENC_EC256)))

    def test_protected_tlvs_stay_readable(self):
        image = Image(self.signed("-E", self.public, "-s", "7", "--board", "KIT"))
        self.assertEqual(image.protected, [(0x50, struct.pack("<I", 7)), (0xb0, b"KIT")])

    def test_verify_decrypts_with_the_private_key(self):
        self.signed("-E", self.public, "--pad")
        result = run("verify", "-k", self.keys["ed25519"], "-E", self.private, self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("decrypted", result.stdout)

    def test_verify_tells_why_an_encrypted_image_is_refused(self):
        raw = bytearray(self.signed("-E", self.public))
        key = self.keys["ed25519"]
        other = self.dir / "other.pem"
        self.assertEqual(run("keygen", "-k", other, "-t", "ecdsa-p256").returncode, 0)
        self.refused(run("verify", "-k", key, self.out), "-E KEY")
        self.refused(run("verify", "-k", key, "-E", other, self.out), "another key")
        self.refused(run("verify", "-k", key, "-E", self.public, self.out), "not the private half")
        raw[0x210] ^= 1
        self.out.write_bytes(raw)
        self.refused(run("verify", "-k", key, "-E", self.private, self.out), "hash does not match")
        raw[0x210] ^= 1
        raw[-1] ^= 1  # of the encrypted key
        self.out.write_bytes(raw)
        self.refused(run("verify", "-k", key, "-E", self.private, self.out), "another key")
        raw[-1] ^= 1
        raw[16] |= AES256
        self.out.write_bytes(raw)
        self.refused(run("verify", "-k", key, "-E", self.private, self.out), "both")

    def test_an_image_in_the_clear_is_for_the_primary_slot(self):
        image = Image(self.signed("-E", self.public, "--clear"))
        size = PAYLOAD.stat().st_size
        self.assertEqual(image.flags, AES128)
        self.assertEqual(image.signed_part[0x200:0x200 + size], PAYLOAD.read_bytes())
        self.assertEqual(hashlib.sha256(image.signed_part).digest(), image.value(0x10))
        result = run("verify", "-k", self.keys["ed25519"], self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("in the clear", result.stdout)

    def fits(self, slot, *extra):
        args = ["sign", "-v", "1", "-H", "0x200", "-S", str(slot), "--align", "8", "--pad-header",
                "-k", self.keys["ed25519"], "-E", self.public, *extra, PAYLOAD, self.out]
        return run(*args).returncode == 0

    def test_the_trailer_has_room_for_two_keys(self):
        self.signed("-E", self.public)
        image = self.out.stat().st_size
        # Sizes as MCUboot reserves them, behind a trailer of 128 sectors with 8 byte writes.
        for keys, extra, more in ((32, [], 0), (64, ["--encrypt-keylen", "256"], 16),
                                  (2 * 120, ["--save-enctlv"], 0),
                                  (2 * 136, ["--save-enctlv", "--encrypt-keylen", "256"], 16)):
            slot = image + more + 3 * 128 * 8 + 48 + keys
            with self.subTest(extra):
                self.assertTrue(self.fits(slot, *extra))
                self.assertFalse(self.fits(slot - 1, *extra))

    def test_wrong_use_is_told(self):
        self.refused(self.sign("-E", self.keys["ed25519"]), "ecdsa-p256")
        self.refused(self.sign("--clear"), "need -E", 2)
        self.refused(self.sign("-E", self.public, "--encrypt-keylen", "192"), "192", 2)

    def test_dump_shows_how_it_is_encrypted(self):
        self.signed("-E", self.public)
        shown = run("dump", self.out).stdout
        self.assertIn("ENCRYPTED_AES128", shown)
        self.assertIn("key of AES-128", shown)


class SignedElsewhere(ToolTest):
    def vector(self, what, *extra, kind="digest"):
        path = self.dir / what
        result = self.sign("--vector-to-sign", kind, *extra, key=None, out=path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return path

    def finish(self, sig, kind, *extra):
        """Puts a signature in."""
        text = self.dir / "sig.b64"
        text.write_bytes(base64.encodebytes(sig))
        public = self.dir / "signer.pem"
        public.write_bytes(openssl("pkey", "-in", self.keys[kind], "-pubout"))
        return self.sign("--fix-sig", text, "--fix-sig-pubkey", public, *extra, key=None)

    def verified(self, kind):
        result = run("verify", "-k", self.keys[kind], self.out)
        self.assertEqual(result.returncode, 0, result.stderr)

    def sign_digest(self, kind, digest):
        pss = [arg for opt in ("rsa_padding_mode:pss", "rsa_pss_saltlen:32", "rsa_mgf1_md:sha256",
                               "digest:sha256") for arg in ("-pkeyopt", opt)]
        extra = pss if kind.startswith("rsa") else ["-rawin"] if kind == "ed25519" else []
        return openssl("pkeyutl", "-sign", "-inkey", self.keys[kind], *extra, "-in", digest)

    def test_a_digest_signed_by_openssl_makes_a_valid_image(self):
        digest = self.vector("digest")
        for kind in ("ec256", "ed25519", "rsa2048", "rsa3072"):
            with self.subTest(kind):
                result = self.finish(self.sign_digest(kind, digest), kind)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(Image(self.out.read_bytes()).value(0x10), digest.read_bytes())
                self.verified(kind)

    def test_a_payload_hashed_and_signed_elsewhere_makes_a_valid_image(self):
        payload = self.vector("payload", kind="payload")
        sig = openssl("dgst", "-sha256", "-sign", self.keys["ec256"], payload)
        self.assertEqual(self.finish(sig, "ec256").returncode, 0)
        self.assertEqual(Image(self.out.read_bytes()).signed_part, payload.read_bytes())
        self.verified("ec256")

    def test_an_ecdsa_signature_may_be_a_pair_of_numbers(self):
        der = self.sign_digest("ec256", self.vector("digest"))
        r = der[4:4 + der[3]]
        s = der[6 + der[3]:]
        pair = b"".join(n.lstrip(b"\0").rjust(32, b"\0") for n in (r, s))
        self.assertEqual(self.finish(pair, "ec256").returncode, 0)
        self.assertEqual(Image(self.out.read_bytes()).value(SIG_ECDSA), der)
        self.verified("ec256")

    def test_options_are_the_same_in_both_steps(self):
        extra = ["-s", "3", "--board", "KIT", "--pad-sig", "--pad", "-d", "(1, 1.0.0)"]
        digest = self.vector("digest", *extra)
        self.assertEqual(self.finish(self.sign_digest("ec256", digest), "ec256", *extra).returncode,
                         0)
        self.verified("ec256")
        self.refused(self.finish(self.sign_digest("ec256", digest), "ec256", "-s", "4"),
                     "all options must be those")

    def test_an_encrypted_image_is_signed_elsewhere(self):
        enc = self.keys["ec256"]
        digest = self.vector("digest", "-E", enc)
        result = self.finish(self.sign_digest("ed25519", digest), "ed25519", "-E", enc)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = run("verify", "-k", self.keys["ed25519"], "-E", enc, self.out)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_boot_record_names_the_signer_in_both_steps(self):
        public = self.dir / "signer.pem"
        public.write_bytes(openssl("pkey", "-in", self.keys["ec256"], "-pubout"))
        extra = ["--boot-record", "APP"]
        self.refused(self.sign("--vector-to-sign", "digest", *extra, key=None),
                     "--fix-sig-pubkey", 2)
        digest = self.vector("digest", *extra, "--fix-sig-pubkey", public)
        result = self.finish(self.sign_digest("ec256", digest), "ec256", *extra)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.verified("ec256")

    def test_a_wrong_signature_is_refused(self):
        digest = self.vector("digest")
        sig = self.sign_digest("ec256", digest)
        self.refused(self.finish(sig, "ed25519"), "not of this image by that key")
        self.refused(self.finish(sig[:-1], "ec256"), "not of this image by that key")
        self.refused(self.finish(bytes(500), "ec256"), "length")
        text = self.dir / "no.b64"
        text.write_text("*** no base64 ***")
        public = VECTORS / "keys" / "ec256.pub.pem"
        self.refused(self.sign("--fix-sig", text, "--fix-sig-pubkey", public, key=None), "base64")
        self.assertFalse(self.out.exists())

    def test_options_that_exclude_each_other_are_told(self):
        self.refused(self.sign("--fix-sig", "x"), "excludes -k", 2)
        self.refused(self.sign("--fix-sig", "x", key=None), "--fix-sig-pubkey", 2)
        self.refused(self.sign("--fix-sig-pubkey", "x", key=None), "needs --fix-sig", 2)
        self.refused(self.sign("--sig-out", "x", key=None), "--sig-out", 2)
        self.refused(self.sign("--vector-to-sign", "all", key=None), "all", 2)
        self.refused(self.sign("--vector-to-sign", "digest", key=None, out=self.dir / "o.hex"),
                     "Intel HEX", 2)


class Reproducible(ToolTest):
    def test_ed25519_gives_the_same_file_twice(self):
        extra = ["--pad", "-s", "auto", "--board", "KIT"]
        self.assertEqual(self.signed(*extra), self.signed(*extra))

    def test_a_kept_signature_gives_the_same_file_again(self):
        for kind in ("ec256", "rsa2048"):
            sig, public = self.dir / f"{kind}.sig", self.dir / f"{kind}.pem"
            public.write_bytes(openssl("pkey", "-in", self.keys[kind], "-pubout"))
            first = self.signed("--sig-out", sig, key=kind)
            with self.subTest(kind):
                self.assertNotEqual(self.signed(key=kind), first)
                again = self.sign("--fix-sig", sig, "--fix-sig-pubkey", public, key=None)
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(self.out.read_bytes(), first)


class Token(ToolTest):
    """Keys that stay in a PKCS#11 token: SoftHSM."""

    def setUp(self):
        super().setUp()
        tokens = self.dir / "tokens"
        tokens.mkdir()
        conf = self.dir / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        self.env = {**os.environ, "SOFTHSM2_CONF": str(conf), "PKCS11_MODULE_PATH": MODULE}
        self.command("softhsm2-util", "--init-token", "--free", "--label", "release", "--pin",
                     "1234", "--so-pin", "5678")

    def command(self, *args):
        self.assertIsNotNone(shutil.which(args[0]), "scripts/setup.sh test installs it")
        done = subprocess.run([str(arg) for arg in args], env=self.env, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def token(self, *args):
        self.command("pkcs11-tool", "--module", MODULE, "--token-label", "release", "--login",
                     "--pin", "1234", *args)

    @staticmethod
    def uri(label, pin="?pin-value=1234"):
        return f"pkcs11:token=release;object={label};type=private{pin}"

    def make(self, label, kind):
        self.token("--keypairgen", "--key-type", kind, "--label", label, "--id", label.encode().hex())
        public = self.dir / f"{label}.pem"
        result = run("getpub", "-k", self.uri(label), "-e", "pem", "-o", public, env=self.env)
        self.assertEqual(result.returncode, 0, result.stderr)
        return public

    def test_a_key_in_a_token_signs(self):
        for label, kind in (("ec", "EC:prime256v1"), ("rsa", "rsa:2048")):
            public = self.make(label, kind)
            self.keys[label] = self.uri(label)
            with self.subTest(kind):
                self.signed(key=label, env=self.env)
                result = run("verify", "-k", public, self.out)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_the_pin_is_asked_for(self):
        public = self.make("ec", "EC:prime256v1")
        self.keys["ec"] = self.uri("ec", "")
        self.signed(key="ec", env=self.env, text_in="1234\n")
        self.assertEqual(run("verify", "-k", public, self.out).returncode, 0)

    def test_a_signature_of_the_tokens_own_tool_is_taken(self):
        public = self.make("ec", "EC:prime256v1")
        digest, sig = self.dir / "digest", self.dir / "sig"
        self.assertEqual(self.sign("--vector-to-sign", "digest", key=None,
                                   out=digest).returncode, 0)
        self.token("--sign", "--mechanism", "ECDSA", "--label", "ec", "--input-file", digest,
                   "--output-file", sig)
        text = self.dir / "sig.b64"
        text.write_bytes(base64.b64encode(sig.read_bytes()))
        result = self.sign("--fix-sig", text, "--fix-sig-pubkey", public, key=None)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(run("verify", "-k", public, self.out).returncode, 0)

    def test_a_key_in_a_token_decrypts(self):
        public = self.make("ec", "EC:prime256v1")
        self.signed("-E", public)
        result = run("verify", "-k", self.keys["ed25519"], "-E", self.uri("ec"), self.out,
                     env=self.env)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_errors_name_the_key_but_not_the_pin(self):
        self.make("ec", "EC:prime256v1")
        for uri, text in ((self.uri("none"), "object=none"), (self.uri("ec", "?pin-value=9876"),
                                                               "PIN is wrong")):
            self.keys["bad"] = uri
            result = self.sign(key="bad", env=self.env)
            self.refused(result, text)
            self.assertNotRegex(result.stderr, "1234|9876")
        result = run("getpriv", "-k", self.uri("ec"), env=self.env)
        self.refused(result, "no private key")
        self.assertNotIn("1234", result.stderr)

    def test_a_missing_library_is_told(self):
        self.keys["ec"] = self.uri("ec")
        result = self.sign(key="ec", env={**self.env, "PKCS11_MODULE_PATH": "/nonexistent.so"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("PKCS11_MODULE_PATH", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

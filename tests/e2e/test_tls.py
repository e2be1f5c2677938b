#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS on MQTT: devices and tools at real brokers, with certificates good and bad.

usage: test_tls.py BIN_DIR SOURCE_DIR [TEST...]
"""
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto, free_port  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
KIT = "GENERIC"

# What each certificate of the server gives: the device's error and the tools' words.
BAD = {
    "expired": ("OTA_ECERTTIME", "expired or is not valid yet"),
    "selfsigned": ("OTA_ECERTSELF", "self-signed"),
    "wronghost": ("OTA_ECERTHOST", "for another host"),
    "other": ("OTA_ECERTCA", "not from a trusted authority"),
}


def setUpModule():
    global FOLDER, TEMP
    TEMP = tempfile.TemporaryDirectory()
    FOLDER = pathlib.Path(TEMP.name)
    subprocess.run([SOURCE / "scripts/make-ca.sh", "--bad", FOLDER], check=True, timeout=60)
    # For brokers that speak one version of TLS only.
    for version in ("TLSv1.2", "TLSv1.3"):
        (FOLDER / f"{version}.cnf").write_text(
            "openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n"
            f"MinProtocol = {version}\nMaxProtocol = {version}\n")


def tearDownModule():
    TEMP.cleanup()


class Base(unittest.TestCase):
    def broker(self, cert="server", settings="", version=None):
        """A broker with TLS and this certificate; a plain one if there is none."""
        user = "user root\n" if os.geteuid() == 0 else ""
        if cert:
            settings = (f"cafile {FOLDER}/ca.crt\ncertfile {FOLDER}/{cert}.crt\n"
                        f"keyfile {FOLDER}/{cert}.key\n{settings}")
        folder = tempfile.mkdtemp(dir=FOLDER)
        env = {"OPENSSL_CONF": str(FOLDER / f"{version}.cnf")} if version else {}
        broker = Mosquitto(folder, user + settings, env=env).start()
        self.addCleanup(broker.stop)
        return broker

    def probe(self, port, *args, host="localhost", times=1):
        done = subprocess.run([BIN / "mqtt_probe", host, str(port), str(times), *map(str, args)],
                              stdout=subprocess.PIPE, text=True, timeout=90, check=True)
        return done.stdout.split()

    def tls(self, cert=None, ca="ca"):
        return ["--tls", FOLDER / f"{ca}.crt",
                *([FOLDER / f"{cert}.crt", FOLDER / f"{cert}.key"] if cert else [])]

    def options(self, cert=None, ca="ca"):
        """The same for the tools."""
        return ["tls", "--cafile", FOLDER / f"{ca}.crt",
                *(["--cert", FOLDER / f"{cert}.crt", "--key", FOLDER / f"{cert}.key"]
                  if cert else [])]

    def tool(self, name, port, *args, host="localhost"):
        done = subprocess.run([BIN / name, "-b", f"{host}:{port}", *map(str, args)], timeout=60,
                              text=True, cwd=FOLDER, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout


class TestDevice(Base):
    def test_each_bad_certificate_has_its_own_error(self):
        for cert, (error, _) in BAD.items():
            with self.subTest(cert=cert):
                self.assertEqual(self.probe(self.broker(cert).port, *self.tls()), [error])

    def test_a_changed_authority_is_not_trusted(self):
        port = self.broker().port
        self.assertEqual(self.probe(port, *self.tls()), ["connected"])
        self.assertEqual(self.probe(port, *self.tls(ca="other-ca")), ["OTA_ECERTCA"])
        self.assertEqual(self.probe(port, "--tls", ""), ["OTA_ECERTCA"])  # the system's store

    def test_names_and_addresses_of_the_certificate_are_good(self):
        port = self.broker().port
        for host in ("localhost", "127.0.0.1"):
            self.assertEqual(self.probe(port, *self.tls(), host=host), ["connected"])

    def test_both_versions_of_tls_work_and_each_resumes_its_session(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version):
                port = self.broker(version=version).port
                first, *later = self.probe(port, *self.tls(), times=3)
                self.assertEqual(first, "connected")
                self.assertEqual(later, ["resumed"] * 2)

    def test_the_broker_learns_who_the_device_is(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version):
                port = self.broker(settings="require_certificate true", version=version).port
                self.assertEqual(self.probe(port, *self.tls("client")), ["connected"])
                self.assertEqual(self.probe(port, *self.tls()), ["OTA_EAUTH"])
                self.assertEqual(self.probe(port, *self.tls("stranger")), ["OTA_EAUTH"])

    def test_user_and_password_are_checked(self):
        passwords = FOLDER / "passwords"
        subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "device", "right"], check=True,
                       timeout=20)
        port = self.broker(settings=f"password_file {passwords}\nallow_anonymous false").port
        self.assertEqual(self.probe(port, *self.tls(), "--user", "device", "right"), ["connected"])
        self.assertEqual(self.probe(port, *self.tls(), "--user", "device", "wrong"), ["OTA_EAUTH"])
        self.assertEqual(self.probe(port, *self.tls()), ["OTA_EAUTH"])

    def test_tls_never_becomes_plain_and_plain_never_tls(self):
        self.assertEqual(self.probe(self.broker(cert=None).port, *self.tls()), ["OTA_ETLS"])
        self.assertIn(self.probe(self.broker().port)[0], ("OTA_EDROPPED", "OTA_EPROTO"))

    def test_files_that_cannot_be_used_are_told_before_anything_is_sent(self):
        port = free_port()
        self.assertEqual(self.probe(port, "--tls", FOLDER / "ca.key"), ["OTA_EARG"])
        self.assertEqual(self.probe(port, "--tls", "/nonexistent"), ["OTA_EARG"])
        cert, key, ca = FOLDER / "client.crt", FOLDER / "server.key", FOLDER / "ca.crt"
        self.assertEqual(self.probe(port, "--tls", ca, cert, key), ["OTA_EKEY"])
        self.assertEqual(self.probe(port, "--tls", ca, cert), ["OTA_EKEY"])
        locked = FOLDER / "locked.key"
        subprocess.run(["openssl", "pkey", "-in", FOLDER / "client.key", "-aes128", "-passout",
                        "pass:secret", "-out", locked], check=True, timeout=20)
        self.assertEqual(self.probe(port, "--tls", ca, cert, locked), ["OTA_EKEY"])

    def test_a_server_that_speaks_neither_ends_in_an_error(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()

            def hang_up():
                while True:
                    try:
                        peer = s.accept()[0]
                    except OSError:
                        return
                    peer.recv(100)
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    peer.close()
            thread = threading.Thread(target=hang_up)
            thread.start()
            try:
                port = s.getsockname()[1]
                self.assertEqual(self.probe(port, *self.tls(), host="127.0.0.1"), ["OTA_ETLS"])
            finally:
                s.shutdown(socket.SHUT_RDWR)
                thread.join()


class TestTools(Base):
    def both(self, port, *args, text, host="localhost"):
        """Both tools leave at once, with these words."""
        image = FOLDER / "image"
        image.write_bytes(b"image")
        job = FOLDER / "job"
        job.write_text('{"Version": "1.0.0", "Board": "GENERIC"}')
        for tool in (["ota-publisher", port, "-f", image, "-j", job],
                     ["ota-subscriber", port, "--timeout", 5]):
            code, said = self.tool(*tool, *args, host=host)
            self.assertEqual(code, 1, said)
            self.assertIn(text, said)

    def test_each_bad_certificate_is_told_in_words(self):
        for cert, (_, text) in BAD.items():
            with self.subTest(cert=cert):
                self.both(self.broker(cert).port, *self.options(), text=text)

    def test_clients_that_are_refused_say_so(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version):
                port = self.broker(settings="require_certificate true", version=version).port
                self.both(port, *self.options(), text="wants a client certificate")
                self.both(port, *self.options("stranger"), text="refuses the client certificate")

    def test_the_wrong_port_is_told(self):
        self.both(self.broker(cert=None).port, *self.options(), text="is it the server's TLS port?")
        code, said = self.tool("ota-subscriber", self.broker().port, "--timeout", 3)
        self.assertEqual(code, 1)
        self.assertIn("does it want tls?", said)

    def test_a_broker_that_is_not_there_yet_is_waited_for(self):
        code, said = self.tool("ota-subscriber", free_port(), "--timeout", 3, *self.options())
        self.assertEqual(code, 1)
        self.assertIn("Connection refused; next attempt", said)
        self.assertIn("no connection to the broker in time", said)

    def test_files_that_cannot_be_used_are_named(self):
        self.both(1, "tls", "--cafile", FOLDER / "ca.key", text="ca.key")
        self.both(1, "tls", "--cert", FOLDER / "client.crt", "--key", FOLDER / "server.key",
                  text="server.key")

    def test_presets_take_the_files_of_the_original_from_the_working_folder(self):
        folder = FOLDER / "preset"
        folder.mkdir()
        for preset, files in (("amazon", "amazon_ca.crt amazon_client.crt amazon_private_key.pem"),
                              ("eclipse", "eclipse_ca.crt eclipse_client.crt eclipse_client.pem"),
                              ("mosquitto", "mosquitto.org.crt mosquitto_client.crt "
                                            "mosquitto_client.key")):
            for file in files.split():
                with self.subTest(file=file):
                    done = subprocess.run([BIN / "ota-subscriber", "tls", "-b", preset],
                                          cwd=folder, timeout=20, stderr=subprocess.PIPE,
                                          text=True, check=False)
                    self.assertEqual(done.returncode, 2)
                    self.assertIn(f"'{file}'", done.stderr)
                    (folder / file).touch()


class TestUpdate(Base):
    """The example application on a board, by mutual TLS and password."""

    def test_a_device_is_updated_over_tls(self):
        board = self.make_board()
        (FOLDER / "password").write_text("secret\n")
        passwords = FOLDER / "accounts"
        subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "device", "secret"], check=True,
                       timeout=20)
        subprocess.run(["mosquitto_passwd", "-b", passwords, "publisher", "secret"], check=True,
                       timeout=20)
        port = self.broker(settings="require_certificate true\nallow_anonymous false\n"
                           f"password_file {passwords}").port
        account = ["--password-file", FOLDER / "password"]
        publisher = subprocess.Popen(
            [BIN / "ota-publisher", "-b", f"localhost:{port}", "-k", KIT, "-f", FOLDER / "2.0.0",
             *self.options("client"), *account, "--user", "publisher"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(select.select([publisher.stdout], [], [], 20)[0])
            self.assertEqual(publisher.stdout.readline(), b"ready\n")
            done = subprocess.run(
                [BIN / "ota-board", "run", *board, "--max-resets", "5", "--", "-b",
                 f"localhost:{port}", "--tls", *self.options("client")[1:], *account, "--user",
                 "device", "--now", "--once"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                check=False)
        finally:
            publisher.terminate()
            publisher.wait(20)
            publisher.stdout.close()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2.0.0 is confirmed", done.stdout)

    def make_board(self):
        board = json.loads((SOURCE / "boards/generic-swap.json").read_text())
        board["boot"].update(signature="ec256", keys=["key.pub.pem"])
        (FOLDER / "board.json").write_text(json.dumps(board))
        self.tool_ok("ota-imgtool", "keygen", "-k", FOLDER / "key.pem", "-t", "ecdsa-p256")
        subprocess.run(["openssl", "pkey", "-in", FOLDER / "key.pem", "-pubout", "-out",
                        FOLDER / "key.pub.pem"], check=True, timeout=20)
        for version in ("1.0.0", "2.0.0"):
            app = FOLDER / f"app-{version}"
            subprocess.run(["strip", "-o", app, BIN / f"example-app-{version}"], check=True,
                           timeout=20)
            self.tool_ok("ota-imgtool", "sign", "-k", FOLDER / "key.pem", "-v", version,
                         "--pad-header", "--board", KIT, "-H", board["header_size"], "-S",
                         board["areas"]["primary"]["size"], "--align", board["boot"]["align"],
                         "-M", board["boot"]["max_sectors"], app, FOLDER / version)
        args = ["--board", FOLDER / "board.json", "--flash", FOLDER / "flash"]
        self.tool_ok("ota-board", "program", *args, "--slot", "primary", FOLDER / "1.0.0")
        return args

    def tool_ok(self, name, *args):
        subprocess.run([BIN / name, *map(str, args)], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

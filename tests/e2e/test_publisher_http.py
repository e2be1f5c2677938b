#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-publisher's HTTP server: with Python's client, with raw sockets, beside MQTT, and nginx in
its place.

usage: test_publisher_http.py BIN_DIR SOURCE_DIR [TEST...]
"""
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto, free_port  # noqa: E402
from mqtt_client import Client  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
KIT = "CY8CPROTO_062_4343W"
NOTIFY = f"anycloud/{KIT}/publish_notify"
DEVICE = f"anycloud/{KIT}/OTAImage/54321"
JOB, IMAGE = "/ota_update.json", "/anycloud-ota.bin"


class Publisher:
    def __init__(self, *args):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([BIN / "ota-publisher", *map(str, args)],
                                        stdout=subprocess.PIPE, stderr=self.log)
        if not select.select([self.process.stdout], [], [], 20)[0] or \
                self.process.stdout.readline() != b"ready\n":
            raise AssertionError("not ready\n" + self.text())
        self.port = int(re.search(r"serving HTTPS? at port (\d+)", self.text()).group(1))

    def text(self):
        return pathlib.Path(f"/proc/self/fd/{self.log.fileno()}").read_text()

    def wait_for(self, pattern):
        deadline = time.monotonic() + 20
        while not re.search(pattern, self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in\n" + self.text())
            time.sleep(0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.log.close()
        return code


class Base(unittest.TestCase):
    def setUp(self):
        self.temp = tempfile.TemporaryDirectory()
        self.addCleanup(self.temp.cleanup)
        self.folder = pathlib.Path(self.temp.name)
        self.job = self.folder / "job.json"
        self.job.write_text(json.dumps({"Board": KIT, "Version": "2.0.0"}))
        self.image = self.folder / "image.bin"
        self.data = self.replace(50000)

    def replace(self, size):
        data = random.Random(size).randbytes(size)
        new = self.folder / "new.bin"
        new.write_bytes(data)
        new.rename(self.image)
        return data

    def publish(self, *args, mqtt=False):
        """Without a broker, at a free port, unless the arguments say otherwise."""
        args = [*args, *([] if "--http" in args else ["--http", "127.0.0.1:0"])]
        p = Publisher("-f", self.image, "-j", self.job, *args, *([] if mqtt else ["--no-mqtt"]))
        self.publisher = p
        self.addCleanup(lambda: p.log.closed or p.stop())
        return p

    def connect(self, context=None, host="127.0.0.1"):
        kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
        c = kind(host, self.publisher.port, timeout=20, **({"context": context} if context else {}))
        self.addCleanup(c.close)
        return c

    def ask(self, path, method="GET", body=None, connection=None, **headers):
        c = connection or self.connect()
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        c.request(method, path, body=body, headers=headers)
        answer = c.getresponse()
        self.body = answer.read()
        return answer

    def raw(self, data, patience=20):
        """What comes back for these bytes, until the publisher closes or patience ends."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.publisher.port), 20) as s:
            s.settimeout(patience)
            with contextlib.suppress(OSError):
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while piece := s.recv(65536):
                    got += piece
        return got

    def served_still(self):
        self.assertEqual(self.ask(IMAGE).status, 200)
        self.assertEqual(self.body, self.data)
        self.assertIsNone(self.publisher.process.poll())


class TestFiles(Base):
    def test_the_job_says_where_the_image_is(self):
        p = self.publish()
        for prefix in ("", f"/{KIT}"):
            answer = self.ask(prefix + JOB)
            self.assertEqual((answer.status, answer.headers["Content-Type"]),
                             (200, "application/json"))
            self.assertEqual(json.loads(self.body), {
                "Message": "Update Available", "Board": KIT, "Version": "2.0.0",
                "Connection": "HTTP", "Server": "", "Port": str(p.port), "File": prefix + IMAGE})
            self.ask(prefix + IMAGE)
            self.assertEqual(self.body, self.data)
        p.wait_for("job for 127.0.0.1: version 2.0.0")
        p.wait_for("sent the end of the image to 127.0.0.1: 50000 bytes")
        for path in ("/OTHER" + JOB, "/OTHER" + IMAGE, f"/{KIT}", f"/{KIT}/", "/", "/x"):
            self.assertEqual(self.ask(path).status, 404)

    def test_a_device_of_the_original_is_answered_as_it_needs(self):
        """Its job request has a Range; the fields it reads must all be there."""
        self.publish()
        c = self.connect()
        answer = self.ask(JOB, connection=c, Range="bytes=0-", Accept_Ranges="bytes")
        self.assertEqual(answer.status, 206)
        for name in ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges"):
            self.assertIsNotNone(answer.headers[name], name)
        self.assertEqual(json.loads(self.body)["Version"], "2.0.0")
        got = b""
        while len(got) < len(self.data):
            answer = self.ask(IMAGE, connection=c, Range=f"bytes={len(got)}-{len(got) + 4095}")
            last = min(len(got) + 4095, 49999)
            self.assertEqual((answer.status, answer.headers["Content-Range"]),
                             (206, f"bytes {len(got)}-{last}/50000"))
            got += self.body
        self.assertEqual(got, self.data)
        with socket.create_connection(("127.0.0.1", self.publisher.port), 20) as s:
            s.sendall(f"POST {IMAGE} HTTP/1.1\r\nHost: web.local\r\n"
                      "Content-Type: application/json\r\nRange: bytes=0-\r\n\r\n".encode())
            self.assertIn(b" 200 ", s.recv(4096))
        self.publisher.wait_for("result of 127.0.0.1: not told")

    def test_ranges(self):
        self.publish()
        c = self.connect()
        for text, first, length in (("0-0", 0, 1), ("49999-", 49999, 1), ("-500", 49500, 500),
                                    ("-60000", 0, 50000), ("10-99999999999999999999", 10, 49990)):
            answer = self.ask(IMAGE, connection=c, Range="bytes=" + text)
            self.assertEqual((answer.status, answer.headers["Content-Range"]),
                             (206, f"bytes {first}-{first + length - 1}/50000"))
            self.assertEqual(self.body, self.data[first:first + length])
        for text in ("50000-", "-0", "99999999999999999999-"):
            answer = self.ask(IMAGE, connection=c, Range="bytes=" + text)
            self.assertEqual((answer.status, answer.headers["Content-Range"], self.body),
                             (416, "bytes */50000", b""))
        for text in ("bytes=2-1", "bytes=0-1,3-4", "lines=0-1", "bytes=x", ""):
            self.assertEqual(self.ask(IMAGE, connection=c, Range=text).status, 200)
            self.assertEqual(self.body, self.data)

    def test_conditions(self):
        self.publish()
        c = self.connect()
        answer = self.ask(IMAGE, connection=c)
        etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        for condition, status in ((etag, 206), (modified, 206), ('"other"', 200), ("W/" + etag, 200),
                                  ("Thu, 01 Jan 1970 00:00:00 GMT", 200)):
            self.assertEqual(self.ask(IMAGE, connection=c, Range="bytes=0-9",
                                      If_Range=condition).status, status)
        for condition, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), ('"x"', 200)):
            self.assertEqual(self.ask(IMAGE, connection=c, If_None_Match=condition).status, status)
        answer = self.ask(IMAGE, "HEAD", connection=c)
        self.assertEqual((answer.status, answer.headers["Content-Length"], answer.headers["ETag"]),
                         (200, "50000", etag))
        self.assertEqual(self.body, b"")

    def test_a_new_release_is_not_mixed_with_the_old_one(self):
        self.publish()
        walker, resumer = self.connect(), self.connect()
        self.ask(IMAGE, connection=walker, Range="bytes=0-4095")
        etag = self.ask(IMAGE, connection=resumer, Range="bytes=0-4095").headers["ETag"]
        resumer.close()
        new = self.replace(60000)
        self.ask(IMAGE, connection=walker, Range="bytes=4096-8191")
        self.assertEqual(self.body, self.data[4096:8192])
        answer = self.ask(IMAGE, connection=resumer, Range="bytes=4096-", If_Range=etag)
        self.assertEqual((answer.status, self.body), (200, new))
        self.ask(IMAGE, connection=walker)
        self.assertEqual(self.body, new)

    def test_an_image_that_is_written_over_breaks_off(self):
        data = self.replace(30000000)
        self.publish()
        with socket.create_connection(("127.0.0.1", self.publisher.port), 20) as s:
            s.sendall(f"GET {IMAGE} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            s.recv(1000)
            with open(self.image, "r+b") as f:
                f.write(b"other")
            got = 0
            with contextlib.suppress(ConnectionResetError):
                while piece := s.recv(1 << 20):
                    got += len(piece)
            self.assertLess(got, len(data))

    def test_nothing_offered_is_no_update(self):
        self.publish()
        self.image.rename(self.folder / "gone")
        self.assertEqual(self.ask(JOB).status, 200)
        self.assertEqual(json.loads(self.body), {"Message": "No Update Available"})
        self.assertEqual(self.ask(IMAGE).status, 404)

    def test_a_job_file_that_names_its_place_is_left_as_it_is(self):
        job = {"Board": KIT, "Version": "2.0.0", "Connection": "HTTP", "Server": "web.local",
               "Port": "80", "File": "/fw/app.bin"}
        self.job.write_text(json.dumps(job))
        self.publish()
        self.ask(JOB)
        self.assertEqual(json.loads(self.body), {**job, "Message": "Update Available"})
        self.ask("/fw/app.bin")
        self.assertEqual(self.body, self.data)

    def test_files_of_a_folder(self):
        files = self.folder / "files"
        (files / "sub").mkdir(parents=True)
        (files / "sub" / "a b.bin").write_bytes(b"0123456789")
        (files / "empty").touch()
        (files / "x.json").write_text("{}")
        (files / ".hidden").write_text("no")
        (files / "link").symlink_to(self.job)
        (files / "up").symlink_to("..")
        self.publish("--folder", files)
        self.assertEqual(self.ask("/sub/a%20b.bin", Range="bytes=3-").status, 206)
        self.assertEqual(self.body, b"3456789")
        self.assertEqual(self.ask("/empty").status, 200)
        self.assertEqual(self.ask("/empty", Range="bytes=0-").status, 416)
        self.assertEqual(self.ask("/x.json").headers["Content-Type"], "application/json")
        self.assertEqual(self.ask("/x.json", "POST", b"").status, 200)
        for path in ("/../job.json", "/sub/../../job.json", "/%2e%2e/job.json", "/..%2fjob.json",
                     "/%2e%2e%2fjob.json", "/link", "/up/job.json", "/.hidden", "/sub", "/sub/",
                     "//x.json", "/./x.json", "/x.json%00", "/x.json/", "/" + "a/" * 2000):
            answer = self.ask(path)
            self.assertIn(answer.status, (404, 414) if path != "/x.json%00" else (200, 404), path)
            self.assertNotIn(b"Version", self.body, path)
        self.served_still()


class TestResults(Base):
    def test_results_are_logged_as_those_of_mqtt_are(self):
        self.publish()
        for body, text in (
                ({"Message": "Success", "File": IMAGE}, r"Success\n"),
                ({"Message": "Failure", "Reason": "14", "Detail": "hash"},
                 r"Failure, reason 14, hash\n"),
                ({"Message": "Success", "Version": "2.0.0", "Outcome": "confirmed"},
                 r"Success, version 2\.0\.0.* confirmed\n"),
                ({"Message": "Failure", "Reason": "41", "Detail": "back", "Version": "2.0.0",
                  "Outcome": "reverted"}, r"Failure, version 2\.0\.0.* reverted, reason 41, back\n")):
            answer = self.ask(IMAGE, "POST", json.dumps(body))
            self.assertEqual((answer.status, json.loads(self.body)),
                             (200, {"Message": "Result Received"}))
            self.publisher.wait_for("result of 127.0.0.1: " + text)

    def test_what_is_no_result_is_refused(self):
        self.publish()
        for body in ("{", "[]", "x" * 100, '{"Message": "Request Update"}', "\0", "null"):
            self.assertEqual(self.ask(IMAGE, "POST", body).status, 400, body)
        self.assertEqual(self.ask("/other", "POST", "{}").status, 404)
        self.assertEqual(self.ask(IMAGE, "POST", "x" * 9000).status, 413)
        pieces = (b"x" * 5000 for _ in range(3))
        c = self.connect()
        c.request("POST", IMAGE, body=pieces, encode_chunked=True,
                  headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(c.getresponse().status, 413)
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = self.ask(IMAGE, method)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD, POST"))
        self.served_still()


class TestHostile(Base):
    def test_no_request_stops_the_publisher(self):
        self.publish()
        rng = random.Random(1)
        storm = [b"", b"\0" * 1000, b"\xff" * 100000, b"GET", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET " + b"/" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
                 b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                 b"POST /ota_update.json HTTP/1.1\r\nHost: x\r\nContent-Length: "
                 b"99999999999999999999\r\n\r\n",
                 b"POST /ota_update.json HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
                 b"POST /ota_update.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"ffffffffffffffff\r\nx",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x10\x10\0\4MQTT\4\2\0\0\0\4test",
                 b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"%" * 100),
                 b"GET /%n%s%x HTTP/1.1\r\nHost: x\r\n\r\n" * 20]
        storm += [rng.randbytes(rng.randrange(1, 3000)) for _ in range(50)]
        good = f"GET {IMAGE} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n".encode()
        for _ in range(200):
            bad = bytearray(good)
            for _ in range(rng.randrange(1, 5)):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            storm.append(bytes(bad))
        for data in storm:
            self.raw(data, patience=0.2)
        self.served_still()
        self.assertEqual(self.publisher.stop(), 0)

    def test_more_connections_than_are_allowed_wait_and_do_not_block_for_ever(self):
        self.publish()
        silent = []
        try:
            for _ in range(450):  # the publisher takes 400
                silent.append(socket.create_connection(("127.0.0.1", self.publisher.port), 20))
                silent[-1].setblocking(False)
            waiting = socket.create_connection(("127.0.0.1", self.publisher.port), 60)
            silent.append(waiting)
            # It is answered when the silent ones have used up their time.
            waiting.sendall(f"GET {JOB} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            self.assertIn(b" 200 ", waiting.recv(4096))
        finally:
            for s in silent:
                s.close()
        self.served_still()

    def test_a_request_in_drops_is_ended(self):
        self.publish()
        with socket.create_connection(("127.0.0.1", self.publisher.port), 20) as s:
            s.sendall(b"GET / HTTP/1.1\r\n")
            begin = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - begin < 60:
                    s.sendall(b"A: b\r\n")
                    s.settimeout(0.5)
                    with contextlib.suppress(socket.timeout):
                        if not s.recv(1000):
                            break
            self.assertLess(time.monotonic() - begin, 60)

    def test_a_reader_that_reads_nothing_does_not_hold_up_others(self):
        self.data = self.replace(8000000)
        self.publish()
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                s = stack.enter_context(
                    socket.create_connection(("127.0.0.1", self.publisher.port), 20))
                s.sendall(f"GET {IMAGE} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            self.served_still()


class TestTls(Base):
    @classmethod
    def setUpClass(cls):
        cls.ca_folder = tempfile.TemporaryDirectory()
        cls.ca = pathlib.Path(cls.ca_folder.name)
        subprocess.run([SOURCE / "scripts/make-ca.sh", "--bad", cls.ca], check=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.ca_folder.cleanup()

    def context(self, cert=None, ca="ca"):
        context = ssl.create_default_context(cafile=self.ca / f"{ca}.crt")
        if cert:
            context.load_cert_chain(self.ca / f"{cert}.crt", self.ca / f"{cert}.key")
        return context

    def serve(self, *more):
        return self.publish("--http-cert", self.ca / "server.crt", "--http-key",
                            self.ca / "server.key", *more)

    def test_both_versions_of_tls(self):
        p = self.serve()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context()
            context.minimum_version = context.maximum_version = version
            c = self.connect(context, "localhost")
            self.ask(JOB, connection=c)
            job = json.loads(self.body)
            self.assertEqual((job["Connection"], job["Port"]), ("HTTPS", str(p.port)))
            self.ask(IMAGE, connection=c)
            self.assertEqual(self.body, self.data)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ask(JOB, connection=self.connect(self.context(ca="other-ca"), "localhost"))
        self.assertNotIn(b" 200 ", self.raw(f"GET {JOB} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))

    def test_clients_need_a_certificate_if_so_told(self):
        self.serve("--http-client-ca", self.ca / "ca.crt")
        for cert, status in (("client", 200), (None, 403), ("stranger", 403), ("server", 403)):
            with self.subTest(cert=cert):
                c = self.connect(self.context(cert), "localhost")
                try:
                    self.assertEqual(self.ask(IMAGE, connection=c).status, status)
                except (ssl.SSLError, ConnectionError):
                    self.assertNotEqual(status, 200)


class TestBesideMqtt(Base):
    def broker(self):
        broker = Mosquitto(self.temp.name).start()
        self.addCleanup(broker.stop)
        return broker

    def job_of(self, client):
        client.publish(NOTIFY, json.dumps({"Message": "Update Availability", "Version": "1.0.0",
                                           "UniqueTopicName": DEVICE}))
        return json.loads(client.next().payload)

    def test_one_release_by_both_ways(self):
        broker = self.broker()
        self.publish("-b", f"127.0.0.1:{broker.port}", mqtt=True)
        with Client(broker.port, DEVICE) as device:
            self.assertEqual(self.job_of(device)["Version"], "2.0.0")
            self.ask(JOB)
            self.assertEqual(json.loads(self.body)["Version"], "2.0.0")
            self.job.write_text(self.job.read_text().replace("2.0.0", "3.0.0"))
            self.assertEqual(self.job_of(device)["Version"], "3.0.0")
            self.ask(JOB)
            self.assertEqual(json.loads(self.body)["Version"], "3.0.0")

    def test_http_is_served_while_the_broker_is_away(self):
        broker = self.broker()
        self.publish("-b", f"127.0.0.1:{broker.port}", mqtt=True)
        broker.stop()
        self.publisher.wait_for("lost the connection")
        self.served_still()

    def test_jobs_lead_where_they_are_told_and_mqtt_goes_on(self):
        broker = self.broker()
        for url, fields in (
                ("http://web.local:8080/fw/app.bin?sig=1",
                 {"Connection": "HTTP", "Server": "web.local", "Port": "8080",
                  "File": "/fw/app.bin?sig=1"}),
                ("https://web.local", {"Connection": "HTTPS", "Server": "web.local", "Port": "443",
                                       "File": IMAGE}),
                ("http://[::1]/x", {"Connection": "HTTP", "Server": "::1", "Port": "80",
                                    "File": "/x"}),
                ("mqtt://broker.local", {"Connection": "MQTT", "Broker": "broker.local",
                                         "Port": "1883"}),
                ("mqtts://broker.local:1", {"Connection": "MQTT", "Port": "1",
                                            "Broker": "mqtts://broker.local"})):
            with self.subTest(url=url):
                p = self.publish("-b", f"127.0.0.1:{broker.port}", "--data-url", url, mqtt=True)
                with Client(broker.port, DEVICE) as device:
                    job = self.job_of(device)
                    self.assertEqual({k: job.get(k) for k in fields}, fields)
                    device.publish(NOTIFY, json.dumps({"Message": "Request Data Chunk",
                                                       "Offset": 4096, "Size": 4096,
                                                       "UniqueTopicName": DEVICE}))
                    self.assertEqual(device.next().payload[32:], self.data[4096:8192])
                self.ask(JOB)
                self.assertEqual({k: json.loads(self.body).get(k) for k in fields}, fields)
                p.stop()


class TestUsage(Base):
    def test_wrong_usage_and_failures(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = f"127.0.0.1:{taken.getsockname()[1]}"
        ca = self.folder / "ca"
        subprocess.run([SOURCE / "scripts/make-ca.sh", ca], check=True, timeout=60)
        http_at = ["--http", "127.0.0.1:0"]
        for args, code, text in (
                (["--folder", "."], 2, "need --http"), (["--no-mqtt"], 2, "need --http"),
                ([*http_at, "--http-cert", ca / "server.crt"], 2, "belong together"),
                ([*http_at, "--http-client-ca", ca / "ca.crt"], 2, "needs --http-cert"),
                (["--http", port], 1, "already in use"), (["--http", "x"], 1, "port"),
                (["--http", "1.2.3.4.5.6:80"], 1, "1.2.3.4.5.6:80"),
                ([*http_at, "--folder", "/nonexistent"], 1, "/nonexistent"),
                ([*http_at, "--http-cert", "/nonexistent", "--http-key", ca / "ca.key"], 1,
                 "/nonexistent"),
                ([*http_at, "--http-cert", ca / "ca.key", "--http-key", ca / "ca.key"], 1, "PEM"),
                (["--data-url", "ftp://x/y"], 1, "ftp://x/y")):
            with self.subTest(args=args):
                done = subprocess.run([BIN / "ota-publisher", "-f", self.image, "-j", self.job,
                                       *map(str, args)], timeout=20, stderr=subprocess.PIPE,
                                      text=True, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)

    def test_all_addresses_are_served_if_none_is_named(self):
        self.publish("--http", "0")
        for host in ("127.0.0.1", *(["::1"] if self.has_ipv6() else [])):
            self.assertEqual(self.ask(JOB, connection=self.connect(host=host)).status, 200)

    def has_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
            return True
        except OSError:
            return False


class TestNginx(Base):
    """The configuration in docs/publisher.md, with other paths and port."""

    def test_nginx_serves_the_same_files(self):
        text = (SOURCE / "docs/publisher.md").read_text()
        config = re.search(r"```nginx\n(.*?)```", text, re.S).group(1)
        root = self.folder / "ota"
        root.mkdir()
        shutil.copy(self.image, root / "app-2.0.0.img")
        job = {"Message": "Update Available", "Board": KIT, "Version": "2.0.0",
               "File": "/app-2.0.0.img"}
        (root / "ota_update.json").write_text(json.dumps(job))
        self.publish("--folder", root)
        port = free_port()
        ca = self.folder / "ca"
        subprocess.run([SOURCE / "scripts/make-ca.sh", ca], check=True, timeout=60)
        config = config.replace("/srv/ota", str(root)).replace("/etc/nginx/ca", str(ca))
        config = config.replace("127.0.0.1:8080", f"127.0.0.1:{self.publisher.port}")
        config = re.sub(r"listen [^;]*443[^;]*;", f"listen 127.0.0.1:{port} ssl;", config)
        user = "user root;" if os.geteuid() == 0 else ""
        temp = "\n".join(f"{k}_temp_path {self.folder}/{k};" for k in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        path = self.folder / "nginx.conf"
        path.write_text(f"daemon off; {user} pid {self.folder}/nginx.pid; "
                        f"error_log {self.folder}/error.log;\nevents {{}}\n"
                        f"http {{ {temp}\naccess_log {self.folder}/access.log;\n{config}\n}}\n")
        nginx = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", path],
                                 stderr=subprocess.PIPE)
        self.addCleanup(nginx.stderr.close)
        self.addCleanup(nginx.wait, 20)
        self.addCleanup(nginx.terminate)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                self.assertIsNone(nginx.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
        context = ssl.create_default_context(cafile=ca / "ca.crt")
        c = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
        self.addCleanup(c.close)
        self.assertEqual(self.ask("/ota_update.json", connection=c).status, 200)
        self.assertEqual(json.loads(self.body), job)
        answer = self.ask("/app-2.0.0.img", connection=c, Range="bytes=100-")
        self.assertEqual((answer.status, self.body), (206, self.data[100:]))
        result = {"Message": "Success", "Version": "2.0.0", "Outcome": "confirmed"}
        self.assertEqual(self.ask("/app-2.0.0.img", "POST", json.dumps(result),
                                  connection=c).status, 200)
        self.publisher.wait_for("Success, version 2.0.0.* confirmed")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

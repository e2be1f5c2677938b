#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example application on an emulated board, updated over HTTP and HTTPS: from real servers, by
all redirections, and through trouble.

usage: test_http.py BIN_DIR BOARDS_DIR [CLASS[.TEST]...]
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto, free_port  # noqa: E402
from test_update import BOARDS, KIT, Board, Files, Publisher  # noqa: E402
from test_update import Scripted as OldPublisher  # noqa: E402
from web import (FaultProxy, ForwardProxy, Lighttpd, Nginx, PythonServer,  # noqa: E402
                 Scripted)

IMAGE = "/anycloud-ota.bin"
BLOCK = 4096
HEAD = 400  # bytes of an answer's head, at most


def document(version="2.0.0", file=IMAGE, **members):
    return json.dumps({"Message": "Update Available", "Board": KIT, "Version": version,
                       "File": file, **members})


class WebBoard(Board):
    """A board whose sessions begin at a web server."""

    env = {}

    def command(self, port, *args):
        transport = [] if "--transport" in args else ["--transport", "http"]
        return ["env", "-u", "http_proxy", "-u", "HTTP_PROXY", "-u", "https_proxy", "-u",
                "HTTPS_PROXY", *[f"{k}={v}" for k, v in self.env.items()],
                *super().command(port, *transport, "--http", f"localhost:{port}", *args)]

    def download(self, port, *args):
        """Only until the first reset: afterwards the application would look at the image again."""
        command = [str(c) for c in self.command(port, *args)]
        at = command.index("run") + 1
        done = subprocess.run([*command[:at], "--max-resets", "0", *command[at:]], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150,
                              check=False)
        return done.stdout


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temp.name)
        cls.folder.chmod(0o755)
        cls.files = Files(cls.folder)
        cls.image = cls.files.image("2.0.0")
        cls.data = cls.image.read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def root(self, **members):
        """A folder to serve: the image, and a document that leads to it."""
        root = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "root"
        root.mkdir()
        root.parent.chmod(0o755)
        shutil.copy(self.image, root / IMAGE[1:])
        (root / "ota_update.json").write_text(document(**members))
        return root

    def expect_update(self, board, console):
        self.assertIn("self-test passed: 2.0.0 is confirmed", console)
        self.assertEqual(board.version(), "2.0.0")
        self.assertEqual(board.next_boot(), "none")

    def expect_error(self, board, console, name):
        self.assertIn(name, console)
        self.assertEqual(board.version(), "1.0.0")
        self.assertEqual(board.next_boot(), "none")

    def expect_bytes(self, what, fetched, extra):
        """The image once, and no more than `extra` bytes besides."""
        print(f"{what}: {fetched} bytes fetched for {len(self.data)}", file=sys.stderr)
        self.assertGreaterEqual(fetched, len(self.data))
        self.assertLessEqual(fetched, len(self.data) + extra)


class ServerTest(Case):
    """Real servers, both flows, one stream and ranges."""

    def test_nginx(self):
        for flow in ("job", "direct"):
            with self.subTest(flow=flow), Nginx(self.root()) as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, "--flow", flow))
                answers = web.requests(IMAGE)
                if flow == "direct":  # the first block tells whether it is worth it
                    self.assertEqual(answers[0][:3], (206, BLOCK, "bytes=0-4095"))
                    answers[:2] = [(206, BLOCK + answers[1][1], "bytes=0-", *answers[1][3:])]
                self.assertEqual(answers[0][:3], (206, len(self.data), "bytes=0-"))
                if flow == "job":  # by the connection that brought the document
                    self.assertEqual(answers[0][-1], web.requests("/ota_update.json")[0][-1])

    def test_nginx_in_ranges(self):
        with Nginx(self.root()) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port, "--range", BLOCK))
            answers = web.requests(IMAGE)
            self.assertEqual(len(answers), -(-len(self.data) // BLOCK))
            self.assertEqual(sum(a[1] for a in answers), len(self.data))
            self.assertEqual(len({a[-1] for a in answers}), 1)

    def test_last_range_of_one_byte(self):
        """The size that the original leaves incomplete: one byte more than whole blocks."""
        payload = self.folder / "payload"
        for pad in range(BLOCK):
            payload.write_bytes((self.files.folder / "app-2.0.0").read_bytes() + bytes(pad))
            image = self.files.image("2.0.0", payload=payload, name=f"pad{pad}")
            size = image.stat().st_size
            if size % BLOCK == 1:
                break
            image.unlink()
            if pad == 0:  # on to where it fits; the length of a signature varies by a byte or two
                step = (1 - size) % BLOCK
                payload.write_bytes(payload.read_bytes() + bytes(step))
                for _ in range(200):
                    image = self.files.image("2.0.0", payload=payload, name="tail")
                    if image.stat().st_size % BLOCK == 1:
                        break
                    image.unlink()
                break
        self.assertEqual(image.stat().st_size % BLOCK, 1)
        root = self.root()
        shutil.copy(image, root / IMAGE[1:])
        for args in (["--range", BLOCK], []):
            with self.subTest(args=args), Nginx(root) as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, *args))

    def test_lighttpd(self):
        for flow in ("job", "direct"):
            with self.subTest(flow=flow), Lighttpd(self.root()) as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, "--flow", flow))

    def test_lighttpd_in_ranges(self):
        with Lighttpd(self.root()) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port, "--range", "10000"))

    def test_python_without_ranges(self):
        for args in (["--flow", "job"], ["--flow", "direct"], ["--range", BLOCK]):
            with self.subTest(args=args), PythonServer(self.root()) as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, *args))

    def test_ipv6(self):
        with Nginx(self.root()) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port, "--http", f"[::1]:{web.port}"))
            self.assertEqual(len(web.requests(IMAGE)), 1)

    def test_result_is_delivered(self):
        def answer(h):
            if h.command == "POST":
                h.say(204)
            elif h.path == IMAGE:
                h.say_file(self.data)
            else:
                h.say(200, document().encode())

        with Scripted(answer) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port))
            posts = [r for r in web.requests if r[0] == "POST"]
        self.assertEqual(posts[0][1], IMAGE)
        self.assertEqual(posts[0][2]["Content-Type"], "application/json")
        self.assertNotIn("Range", posts[0][2])
        self.assertEqual(posts[0][3], b'{"Message":"Success", "File":"/anycloud-ota.bin" }')
        self.assertEqual(json.loads(posts[1][3])["Outcome"], "confirmed")

    def test_nothing_new(self):
        with Nginx(self.root(version="1.0.0")) as web:
            board = WebBoard(self.files)
            self.assertIn("up to date", board.run(web.port))
            self.assertEqual(web.requests(method="POST"), [])

    def test_no_server(self):
        board = WebBoard(self.files)
        self.expect_error(board, board.run(free_port()), "OTA_ECONNECT")


class JobTest(Case):
    """A job leads elsewhere; the result comes back to where the job came from."""

    def test_mqtt_to_http(self):
        with Nginx(self.root()) as web, Mosquitto(self.temp.name) as broker:
            job = document(Connection="HTTP", Server="localhost", Port=str(web.port))
            with OldPublisher(broker.port, self.image, job=job) as publisher:
                board = Board(self.files)
                self.expect_update(board, board.run(broker.port))
            self.assertEqual(publisher.sent, 0)
            self.assertEqual(publisher.results[0]["Message"], "Success")
            self.assertEqual([a[1] for a in web.requests(IMAGE)], [len(self.data)])

    def test_mqtt_to_https(self):
        ca = make_ca(self.folder)
        with Nginx(self.root(), cert=ca / "server") as web, Mosquitto(self.temp.name) as broker:
            job = document(file=f"https://localhost:{web.port}{IMAGE}?sig={'0' * 2000}")
            with OldPublisher(broker.port, self.image, job=job) as publisher:
                board = Board(self.files)
                self.expect_update(board, board.run(broker.port, "--cafile", ca / "ca.crt"))
            self.assertEqual(publisher.results[0]["Message"], "Success")
            self.assertEqual([a[1] for a in web.requests(IMAGE)], [len(self.data)])

    def test_mqtt_to_mqtt(self):
        with Mosquitto(self.temp.name) as first, Mosquitto(self.temp.name) as second:
            job = document(Connection="MQTT", Broker="127.0.0.1", Port=str(second.port))
            with OldPublisher(first.port, self.image, job=job) as one, \
                    OldPublisher(second.port, self.image) as two:
                board = Board(self.files)
                self.expect_update(board, board.run(first.port))
            self.assertEqual((one.sent, two.sent), (0, len(self.data)))
            self.assertEqual(one.results[0]["Message"], "Success")
            self.assertEqual(two.results, [])

    def test_http_to_mqtt(self):
        with Mosquitto(self.temp.name) as broker, \
                Publisher(broker.port, self.image), \
                Nginx(self.root(Connection="MQTT", Broker="127.0.0.1",
                                Port=str(broker.port))) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port))
            self.assertEqual(len(web.requests(method="POST")), 2)
            self.assertEqual(web.requests(IMAGE), [])

    def test_http_to_other_servers(self):
        ca = make_ca(self.folder)
        for cert, connection in ((None, "HTTP"), (ca / "server", "HTTPS")):
            with self.subTest(connection=connection), Nginx(self.root(), cert=cert) as files, \
                    Nginx(self.root(Connection=connection, Port=str(files.port))) as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, "--cafile", ca / "ca.crt"))
                self.assertEqual(web.requests(IMAGE), [])
                self.assertEqual(len(files.requests(IMAGE)), 1)
                self.assertEqual(len(web.requests(IMAGE, "POST")), 1)


def make_ca(folder):
    ca = pathlib.Path(folder) / "ca"
    if not ca.exists():
        subprocess.run([BOARDS.parent / "scripts/make-ca.sh", "--bad", ca], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
    return ca


class TlsTest(Case):
    def setUp(self):
        self.ca = make_ca(self.folder)

    def trust(self, *identity):
        args = ["--transport", "https", "--cafile", self.ca / "ca.crt"]
        if identity:
            args += ["--cert", self.ca / f"{identity[0]}.crt", "--key",
                     self.ca / f"{identity[0]}.key"]
        return args

    def test_https(self):
        for flow in ("job", "direct"):
            with self.subTest(flow=flow), Nginx(self.root(), cert=self.ca / "server") as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, "--flow", flow, *self.trust()))

    def test_bad_certificates_have_their_own_errors(self):
        for cert, name in (("expired", "OTA_ECERTTIME"), ("selfsigned", "OTA_ECERTSELF"),
                           ("wronghost", "OTA_ECERTHOST"), ("other", "OTA_ECERTCA")):
            with self.subTest(cert=cert), Nginx(self.root(), cert=self.ca / cert) as web:
                board = WebBoard(self.files)
                self.expect_error(board, board.run(web.port, *self.trust()), name)
                self.assertEqual(web.requests(), [])

    def test_system_store_does_not_know_our_authority(self):
        with Nginx(self.root(), cert=self.ca / "server") as web:
            board = WebBoard(self.files)
            console = board.run(web.port, "--transport", "https")
            self.expect_error(board, console, "OTA_ECERTCA")

    def test_no_fall_back_to_plain(self):
        with Nginx(self.root()) as web:
            board = WebBoard(self.files)
            self.expect_error(board, board.run(web.port, *self.trust()), "OTA_ETLS")

    def test_client_certificate(self):
        settings = f"ssl_client_certificate {self.ca}/ca.crt; ssl_verify_client on;"
        with Nginx(self.root(), settings, self.ca / "server") as web:
            board = WebBoard(self.files)
            self.expect_error(board, board.run(web.port, *self.trust()), "OTA_E")
            self.expect_update(board, board.run(web.port, *self.trust("client")))
            self.assertEqual(web.requests(IMAGE)[0][4], "SUCCESS")

    def test_session_is_resumed(self):
        settings = "ssl_session_cache shared:c:1m; keepalive_timeout 0;"
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version), \
                    Nginx(self.root(), settings + f"ssl_protocols {version};",
                          self.ca / "server") as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, *self.trust()))
                self.assertEqual(web.requests()[0][3], ".")
                self.assertEqual(web.requests(IMAGE)[0][3], "r")

    def test_certificate_does_not_go_to_another_server(self):
        verify = f"ssl_client_certificate {self.ca}/ca.crt; ssl_verify_client optional;"
        with Nginx(self.root(), verify, self.ca / "server") as other:
            settings = f"location = {IMAGE} {{ return 302 https://localhost:{other.port}{IMAGE}; }}"
            with Nginx(self.root(), verify + settings, self.ca / "server") as web:
                board = WebBoard(self.files)
                self.expect_update(board, board.run(web.port, *self.trust("client")))
                self.assertEqual(web.requests(IMAGE)[0][4], "SUCCESS")
                self.assertEqual(other.requests(IMAGE)[0][4], "NONE")

    def test_no_redirection_from_https_to_http(self):
        with Nginx(self.root()) as plain:
            settings = f"location = {IMAGE} {{ return 302 http://localhost:{plain.port}{IMAGE}; }}"
            with Nginx(self.root(), settings, self.ca / "server") as web:
                board = WebBoard(self.files)
                self.expect_error(board, board.run(web.port, *self.trust()), "OTA_EREDIRECT")
                self.assertEqual(plain.requests(), [])

    def test_proxy_of_the_environment(self):
        with Nginx(self.root(), cert=self.ca / "server") as web, ForwardProxy() as proxy:
            board = WebBoard(self.files)
            board.env = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
            self.expect_update(board, board.run(web.port, *self.trust()))
            self.assertIn(f"CONNECT localhost:{web.port} HTTP/1.1", proxy.lines)


class TroubleTest(Case):
    """Between device and server, and in the server. The image is fetched once."""

    def check_harm(self, what, plan, *args):
        """The image comes once, whatever the plan does: besides it there are heads of answers."""
        with Nginx(self.root()) as web, FaultProxy(web.port, plan) as proxy:
            board = WebBoard(self.files)
            console = board.download(proxy.port, "--flow", "direct", *args)
            self.assertIn("image is good", console)
            answers = proxy.connections + (len(self.data) // BLOCK if args else 0) + 2
            self.expect_bytes(what, proxy.bytes, HEAD * answers)
            connections = proxy.connections
        self.expect_update(board, board.run(free_port()))
        return connections

    def test_cut_at_any_place(self):
        for cut in (1, 100, 5000, 40000, len(self.data)):
            with self.subTest(cut=cut):
                self.check_harm(f"cut after {cut}", lambda n, c=cut: {"cut": c} if n == 0 else {})

    def test_cut_again_and_again(self):
        n = self.check_harm("cut after every 9000", lambda n: {"cut": 9000})
        self.assertGreater(n, len(self.data) // 9000)

    def test_cut_in_ranges(self):
        self.check_harm("ranges, cut after every 9000", lambda n: {"cut": 9000}, "--range", BLOCK)

    def test_stall(self):
        self.check_harm("stall after 50000", lambda n: {"stall": 50000} if n == 0 else {})

    def test_refused_connections(self):
        self.check_harm("two refused", lambda n: {"refuse": 1} if n < 2 else {})

    def test_slow_line(self):
        self.check_harm("1 KB/s for 5 KB", lambda n: {"rate": 1000, "until": 5000})

    def test_corruption_is_noticed_and_costs_a_download(self):
        with Nginx(self.root()) as web, \
                FaultProxy(web.port, lambda n: {"corrupt": 70000} if n == 0 else {}) as proxy:
            board = WebBoard(self.files)
            console = board.run(proxy.port, "--flow", "direct")
            self.expect_error(board, console, "OTA_EHASH")
            self.expect_update(board, board.run(proxy.port, "--flow", "direct"))

    def test_server_restart(self):
        with Nginx(self.root()) as web:
            def plan(n):
                if n == 0:
                    return {"cut": 60000}
                if n == 1:
                    web.stop()
                if n == 2:
                    web.start()
                return {}

            with FaultProxy(web.port, plan) as proxy:
                board = WebBoard(self.files)
                self.assertIn("image is good", board.download(proxy.port, "--flow", "direct"))
                self.expect_bytes("server restarted", proxy.bytes, HEAD * 3)

    def test_no_ranges_and_a_cut(self):
        with PythonServer(self.root()) as web, \
                FaultProxy(web.port, lambda n: {"cut": 60000} if n == 0 else {}) as proxy:
            board = WebBoard(self.files)
            self.assertIn("image is good", board.download(proxy.port, "--flow", "direct"))
            self.expect_bytes("server without ranges, cut after 60000", proxy.bytes,
                              60000 + HEAD * 3)

    # ---- Answers of servers ---------------------------------------------------------------------

    def check_script(self, answer, *args):
        with Scripted(answer) as web:
            board = WebBoard(self.files)
            self.expect_update(board, board.run(web.port, *args))
            return web.requests

    def test_server_that_is_overloaded(self):
        state = {"n": 0}

        def answer(h):
            state["n"] += 1
            if state["n"] < 4:
                h.say(503 if state["n"] % 2 else 429, b"busy", Retry_After="1")
            else:
                h.say_file(self.data)

        requests = self.check_script(answer, "--flow", "direct")
        self.assertGreaterEqual(len(requests), 4)

    def test_address_that_expires(self):
        state = {"sig": 1}

        def answer(h):
            if h.command == "POST":
                h.say(204)
            elif h.path == "/ota_update.json":
                h.say(200, document(file=f"/image?sig={state['sig']}").encode())
            elif h.path != f"/image?sig={state['sig']}":
                h.say(403, b"expired")
            elif state["sig"] == 1:
                state["sig"] = 2
                h.send_response(206)
                h.send_header("Content-Range", f"bytes 0-{len(self.data) - 1}/{len(self.data)}")
                h.send_header("Content-Length", str(len(self.data)))
                h.end_headers()
                h.wfile.write(self.data[:60000])
                h.close_connection = True
            else:
                h.say_file(self.data)

        requests = self.check_script(answer)
        ranges = [r[2]["Range"] for r in requests if r[1].startswith("/image") and r[0] == "GET"]
        self.assertEqual(ranges[0], "bytes=0-")
        self.assertEqual(ranges[1], ranges[2])
        self.assertEqual(ranges[2], "bytes=60000-")

    def test_image_that_changes_under_way(self):
        payload = self.folder / "payload"
        payload.write_bytes((self.folder / "app-2.0.0").read_bytes() + b"other")
        other = self.files.image("2.0.0", payload=payload, name="changed").read_bytes()
        state = {"cut": True}

        def answer(h):
            if h.path == "/ota_update.json" or h.command == "POST":
                h.say(200, document().encode())
                return
            if not state["cut"]:
                h.say_file(other, etag='"b"')
                return
            state["cut"] = False
            h.send_response(206)
            h.send_header("ETag", '"a"')
            h.send_header("Content-Range", f"bytes 0-{len(self.data) - 1}/{len(self.data)}")
            h.send_header("Content-Length", str(len(self.data)))
            h.end_headers()
            h.wfile.write(self.data[:60000])
            h.close_connection = True

        requests = [r for r in self.check_script(answer) if r[1] == IMAGE]
        self.assertEqual(requests[1][2]["If-Range"], '"a"')

    def test_body_of_unknown_length(self):
        def chunked(h):
            h.send_response(200)
            h.send_header("Transfer-Encoding", "chunked")
            h.end_headers()
            for at in range(0, len(self.data), 5000):
                part = self.data[at:at + 5000]
                h.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            h.wfile.write(b"0\r\n\r\n")

        def until_the_end(h):
            h.send_response(200)
            h.send_header("Connection", "close")
            h.end_headers()
            h.wfile.write(self.data)
            h.close_connection = True

        for answer in (chunked, until_the_end):
            with self.subTest(answer=answer.__name__):
                self.check_script(answer, "--flow", "direct")

    def test_redirections_of_the_server(self):
        def answer(h):
            steps = {IMAGE: (301, "/a"), "/a": (302, "b"), "/b": (307, "/c?d=e"),
                     "/c?d=e": (308, "/f"), "/f": (303, "/image")}
            if h.path in steps:
                status, place = steps[h.path]
                h.say(status, b"elsewhere", Location=place)
            else:
                h.say_file(self.data)

        requests = self.check_script(answer, "--flow", "direct")
        self.assertEqual([r[1] for r in requests][:6],
                         [IMAGE, "/a", "/b", "/c?d=e", "/f", "/image"])
        self.assertEqual(requests[5][2]["Range"], "bytes=0-4095")

    def test_redirections_have_an_end(self):
        with Scripted(lambda h: h.say(302, Location=h.path + "x")) as web:
            board = WebBoard(self.files)
            self.expect_error(board, board.run(web.port, "--flow", "direct"), "OTA_EREDIRECT")
            self.assertEqual(len(web.requests), 3 * 6)  # tries, each with five steps

    def test_answers_that_are_wrong(self):
        n = len(self.data)
        cases = {
            "OTA_EGONE": lambda h: h.say(404),
            "OTA_EAUTH": lambda h: h.say(401, WWW_Authenticate="Basic"),
            "OTA_EDATA": lambda h: h.say(500),
            "OTA_ESIZE": lambda h: h.say(416, Content_Range="bytes */0"),
            "OTA_EPROTO": lambda h: h.say(206, self.data, Content_Range=f"bytes 1-{n}/{n + 1}"),
            "OTA_ELATER": lambda h: h.say(503, Retry_After="100000"),
        }
        for name, answer in cases.items():
            with self.subTest(name=name), Scripted(answer) as web:
                board = WebBoard(self.files)
                self.expect_error(board, board.run(web.port, "--flow", "direct"), name)

    def test_server_that_says_nothing(self):
        with Nginx(self.root()) as web, FaultProxy(web.port, lambda n: {"stall": 0}) as proxy:
            board = WebBoard(self.files)
            self.expect_error(board, board.run(proxy.port), "OTA_ETIMEOUT")


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main()

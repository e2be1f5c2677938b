#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The MQTT and HTTP clients of the lwIP port on a socket of this machine: against mosquitto, nginx
and servers that answer all sorts of things.

usage: test_lwip.py BIN_DIR [CLASS[.TEST]...]
"""
import pathlib
import queue
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mosquitto import Mosquitto  # noqa: E402
from mqtt_client import Client  # noqa: E402
from web import Nginx, Scripted  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
LIMIT_S = 30


def digest(data):
    """FNV-1a with 32 bits."""
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return f"{value:08x}"


class Device:
    """The program; its lines are read by a thread."""

    def __init__(self, port):
        self.process = subprocess.Popen([BIN / "lwip_client", str(port)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def next(self):
        return self.lines.get(timeout=LIMIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)
        self.process.stdout.close()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def expect(self, *lines):
        for line in lines:
            self.assertEqual(self.device.next(), line)


class MqttTest(Case):
    def setUp(self):
        super().setUp()
        self.broker = self.enterContext(Mosquitto(str(self.folder)))
        self.device = self.enterContext(Device(self.broker.port))

    def server(self, *topics, broker=None):
        client = Client((broker or self.broker).port, *topics)
        self.addCleanup(client.socket.close)
        return client

    def connect(self, keep_alive=60, clean=1, device=None):
        (device or self.device).tell("connect", "device", keep_alive, clean)
        self.assertEqual((device or self.device).next(), "connected OK")

    def subscribe(self, topic):
        self.device.tell("subscribe", topic)
        self.expect("subscribed OK")

    def test_messages_of_all_sizes_arrive_whole(self):
        self.connect()
        self.subscribe("down/#")
        server = self.server()
        for size in (0, 1, 127, 128, 4095, 4096, 4160, 16383, 16384, 300_000, 2_100_000):
            for qos in (0, 1):
                data = random.Random(size).randbytes(size)
                server.publish("down/x", data, qos=qos)
                self.expect(f"message down/x {size} {digest(data)}")

    def test_messages_go_up_at_qos_1(self):
        server = self.server("up/#")
        self.connect()
        for size in (0, 1, 100, 1400):
            self.device.tell("publish", "up/x", size)
            self.expect("published OK")
            message = server.next()
            self.assertEqual((message.qos, message.payload),
                             (1, bytes(i * 7 & 255 for i in range(size))))

    def test_many_messages_both_ways_at_once(self):
        server = self.server("up/#")
        self.connect()
        self.subscribe("down/#")
        expected = []
        for i in range(50):
            data = random.Random(i).randbytes(4160)
            self.device.tell("publish", "up/x", 10)
            server.publish("down/x", data, wait=False)
            expected.append(f"message down/x {len(data)} {digest(data)}")
        lines = [self.device.next() for _ in range(100)]
        self.assertEqual([line for line in lines if line[0] == "m"], expected)
        self.assertEqual([line for line in lines if line[0] == "p"], ["published OK"] * 50)
        self.assertEqual([server.next().topic for _ in range(50)], ["up/x"] * 50)

    def test_retained_message_says_so(self):
        self.server().publish("kept", b"old", retain=True)
        self.connect()
        self.device.tell("subscribe", "kept")
        self.expect("subscribed OK", f"message kept 3 {digest(b'old')} retained")

    def test_after_unsubscribe_nothing_comes(self):
        self.connect()
        self.subscribe("a")
        self.subscribe("b")
        self.device.tell("unsubscribe", "a")
        self.device.tell("publish", "b", 0)  # acknowledged behind the unsubscribe
        self.assertEqual({self.device.next(), self.device.next()},
                         {"published OK", f"message b 0 {digest(b'')}"})
        server = self.server()
        server.publish("a", b"not seen")
        server.publish("b", b"seen")
        self.expect(f"message b 4 {digest(b'seen')}")

    def test_broker_that_goes_away_is_noticed_and_found_again(self):
        self.connect()
        self.broker.stop()
        self.expect("lost OTA_EDROPPED")
        self.device.tell("connect", "device", 60, 1)
        self.expect("connected OTA_ECONNECT")
        self.broker.start()
        self.connect()

    def test_session_that_is_kept_gets_what_it_missed(self):
        self.connect(clean=0)
        self.subscribe("down")
        self.device.tell("bye")
        self.server().publish("down", b"missed")
        self.device.tell("connect", "device", 60, 0)
        self.expect("connected OK", f"message down 6 {digest(b'missed')}")

    def test_second_device_of_the_same_name_takes_over(self):
        self.connect()
        with Device(self.broker.port) as other:
            self.connect(device=other)
            self.expect("lost OTA_EDROPPED")

    def test_silent_connection_is_kept_alive(self):
        """A broker cuts a client that is silent for one and a half intervals."""
        broker = self.enterContext(Mosquitto(str(self.folder), "log_type all"))
        self.device = self.enterContext(Device(broker.port))
        self.connect(keep_alive=1)
        self.subscribe("down")
        deadline = time.monotonic() + LIMIT_S
        while pathlib.Path(broker.log).read_text().count("PINGREQ") < 4:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.server(broker=broker).publish("down", b"here")
        self.expect(f"message down 4 {digest(b'here')}")

    def test_refused_client_is_told_why(self):
        broker = self.enterContext(Mosquitto(str(self.folder), "allow_anonymous false"))
        with Device(broker.port) as device:
            device.tell("connect", "device", 60, 1)
            self.assertEqual(device.next(), "connected OTA_EAUTH")
            device.tell("publish", "x", 1)
            self.assertEqual(device.next(), "refused OTA_EDROPPED")


class Raw:
    """Answers connection n with the n-th texts, one for each request, whatever was asked."""

    def __init__(self, *connections):
        self.connections = connections
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        for answers in self.connections:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(LIMIT_S)
                for answer in answers:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        more = connection.recv(4096)
                        if not more:
                            break
                        request += more
                    self.requests.append(request.decode())
                    connection.sendall(answer.encode())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.listener.close()
        self.thread.join(LIMIT_S)


class HttpTest(Case):
    def device_at(self, port):
        self.device = self.enterContext(Device(port))

    def scripted(self, answer):
        server = self.enterContext(Scripted(answer))
        self.device_at(server.port)
        return server

    def raw(self, *connections):
        server = self.enterContext(Raw(*connections))
        self.device_at(server.port)
        return server

    def expect_end(self, data=b"", error="OK"):
        self.expect(f"end {error} {len(data)} {digest(data)}")

    def test_ranges_from_nginx_on_one_connection(self):
        data = random.Random(1).randbytes(300_000)
        root = self.folder / "files"
        root.mkdir()
        (root / "a").write_bytes(data)
        web = self.enterContext(Nginx(root))
        self.device_at(web.port)
        self.device.tell("get", "/a")
        head = self.device.next()
        etag = re.fullmatch('head 200 300000 - ("[^"]*") 0', head).group(1)
        self.expect_end(data)
        for off, length in ((0, 1), (100, 4096), (299_999, 1), (1, 0), (299_999, 500)):
            self.device.tell("range", "/a", off, length, etag)
            part = data[off:off + length] if length else data[off:]
            self.expect(f"head 206 {len(part)} {off}-{off + len(part) - 1}/300000 {etag} 0")
            self.expect_end(part)
        self.device.tell("range", "/a", 5, 5, '"other"')
        self.expect(f"head 200 300000 - {etag} 0")
        self.expect_end(data)
        self.device.tell("range", "/a", 300_000, 1)
        self.assertTrue(self.device.next().startswith("head 416 "))
        self.assertTrue(self.device.next().startswith("end OK "))
        self.device.tell("hangup")
        self.device.tell("get", "/missing")
        self.assertTrue(self.device.next().startswith("head 404 "))
        self.assertTrue(self.device.next().startswith("end OK "))
        *first, last = [request[-1] for request in web.requests()]
        self.assertEqual(len(set(first)), 1)
        self.assertNotIn(last, first)

    def test_pauses_lose_nothing(self):
        data = random.Random(2).randbytes(100_000)
        self.scripted(lambda h: h.say(200, data))
        for every in (1000, 3, 2):
            self.device.tell("pause", every)
            self.device.tell("get", "/a")
            self.assertTrue(self.device.next().startswith("head 200 100000"))
            self.expect_end(data)

    def test_post_and_its_answer(self):
        server = self.scripted(lambda h: h.say(200, b"thanks"))
        self.device.tell("post", "/result", "Success")
        self.expect("head 200 6 - - 0")
        self.expect_end(b"thanks")
        method, path, headers, body = server.requests[0]
        self.assertEqual((method, path, headers["Content-Type"], body),
                         ("POST", "/result", "text/plain", b"Success"))

    def test_redirections_keep_method_range_and_body(self):
        def answer(handler):
            if handler.path == "/end":
                handler.say(200, b"there")
            else:
                handler.say(int(handler.path[1:4]), b"over there", Location="./end")
        server = self.scripted(answer)
        for status in (301, 302, 307, 308, 303):
            self.device.tell("post", f"/{status}", "body")
            self.expect("head 200 5 - - 0")
            self.expect_end(b"there")
            method, _, _, body = server.requests[-1]
            self.assertEqual((method, body),
                             ("GET", b"") if status == 303 else ("POST", b"body"))
            self.device.tell("range", f"/{status}", 1, 2)
            self.expect("head 200 5 - - 0")
            self.expect_end(b"there")
            self.assertEqual(server.requests[-1][2]["Range"], "bytes=1-2")

    def test_five_redirections_are_followed_and_no_more(self):
        def answer(handler):
            left = int(handler.path[1:])
            if left == 0:
                handler.say(200, b"there")
            else:
                handler.say(302, Location=f"/{left - 1}")
        self.scripted(answer)
        self.device.tell("get", "/5")
        self.expect("head 200 5 - - 0")
        self.expect_end(b"there")
        self.device.tell("get", "/6")
        self.expect_end(error="OTA_EREDIRECT")

    def test_redirection_to_another_server(self):
        other = self.enterContext(Scripted(lambda h: h.say(200, b"other")))
        server = self.scripted(lambda h: h.say(
            302, Location=f"http://127.0.0.1:{other.port}/x"))
        for _ in range(2):
            self.device.tell("get", "/a")
            self.expect("head 200 5 - - 0")
            self.expect_end(b"other")
        self.assertEqual((len(server.requests), len(other.requests)), (2, 2))

    def test_bad_redirections_are_refused(self):
        for place in ("", "ftp://127.0.0.1/", "mqtt://127.0.0.1/", "https://127.0.0.1/"):
            with self.subTest(place=place):
                self.scripted(lambda h, place=place: h.say(302, Location=place))
                self.device.tell("get", "/a")
                self.expect_end(error="OTA_ETLS" if "https" in place else "OTA_EREDIRECT")

    def test_kept_connection_that_was_closed_is_replaced(self):
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        server = self.raw([answer], [answer, answer], [answer])
        for _ in range(4):
            self.device.tell("get", "/a")
            self.expect("head 200 2 - - 0")
            self.expect_end(b"ok")
        self.assertEqual(len([r for r in server.requests if r]), 4)

    def test_first_request_that_gets_no_answer_is_not_repeated(self):
        self.raw([""], ["HTTP/1.1 204 x\r\n\r\n"])
        self.device.tell("get", "/a")
        self.expect_end(error="OTA_EDROPPED")
        self.device.tell("get", "/a")
        self.expect("head 204 -1 - - 0")
        self.expect_end()

    def test_answers_that_close_the_connection(self):
        self.raw(["HTTP/1.0 200 OK\r\n\r\nto the end"],
                 ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
                 ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"])
        for data, length in ((b"to the end", -1), (b"ok", 2), (b"ok", -1)):
            self.device.tell("get", "/a")
            self.expect(f"head 200 {length} - - 0")
            self.expect_end(data)

    def test_what_breaks_off_is_dropped(self):
        self.raw(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"],
                 ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
        for length in (5, -1):
            self.device.tell("get", "/a")
            self.expect(f"head 200 {length} - - 0")
            self.expect_end(b"abc", "OTA_EDROPPED")

    def test_what_is_not_http_is_refused(self):
        self.raw(["220 smtp.example\r\n"], ["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
        for _ in range(2):
            self.device.tell("get", "/a")
            self.expect_end(error="OTA_EPROTO")

    def test_bytes_that_nobody_asked_for_end_the_connection(self):
        self.raw(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
                  "Content-Length: 4\r\n\r\nevil"],
                 ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"])
        self.device.tell("get", "/a")
        self.expect("head 200 2 - - 0")
        self.expect_end(b"ok")
        self.device.tell("get", "/a")
        self.expect("head 200 4 - - 0")
        self.expect_end(b"good")

    def test_overloaded_server_says_when_to_come_back(self):
        self.scripted(lambda h: h.say(503, Retry_After="17"))
        self.device.tell("get", "/a")
        self.expect("head 503 0 - - 17")
        self.expect_end()

    def test_request_that_is_given_up_leaves_nothing_behind(self):
        self.scripted(lambda h: h.say(200, bytes(1_000_000) if h.path == "/big" else b"small"))
        self.device.tell("pause", 1)  # it will never be complete
        self.device.tell("get", "/big")
        self.expect("head 200 1000000 - - 0")
        self.device.tell("get", "/small")
        self.expect("refused OTA_EBUSY")
        self.device.tell("cancel")
        self.device.tell("pause", 0)
        self.device.tell("get", "/small")
        self.expect("head 200 5 - - 0")
        self.expect_end(b"small")

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.device_at(port)
        self.device.tell("get", "/a")
        self.expect_end(error="OTA_ECONNECT")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)

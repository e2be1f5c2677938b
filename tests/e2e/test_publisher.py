#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ota-publisher and ota-subscriber at a real broker, with each other and with raw clients.

usage: test_publisher.py BIN_DIR VECTORS_DIR [TEST...]
"""
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import Mosquitto, free_port  # noqa: E402
from mqtt_client import Client  # noqa: E402

BIN = pathlib.Path(sys.argv[1]).resolve()
VECTORS = pathlib.Path(sys.argv[2]).resolve()
KIT = "CY8CPROTO_062_4343W"
ROOT = f"anycloud/{KIT}"
NOTIFY = f"{ROOT}/publish_notify"
DEVICE = f"{ROOT}/OTAImage/54321"
HEADER = struct.Struct("<8s5H2I3H")


def vector(name):
    return (VECTORS / "anycloud" / "messages" / f"{name}.json").read_bytes()


def lines_of_wire():
    """The recorded messages between the original's scripts: topic, payload length, first bytes."""
    with open(VECTORS / "anycloud" / "scripts" / "job-flow-wire.tsv") as f:
        rows = [line.split("\t") for line in f if not line.startswith("#")]
    return [(topic, int(length), bytes.fromhex(head)) for topic, _, _, length, head in rows]


class Publisher:
    def __init__(self, port, *args, ready=True):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([BIN / "ota-publisher", "-b", f"127.0.0.1:{port}",
                                         *map(str, args)], stdout=subprocess.PIPE, stderr=self.log)
        if ready:
            self.wait_ready()

    def wait_ready(self):
        if not select.select([self.process.stdout], [], [], 20)[0]:
            raise AssertionError("not ready in time\n" + self.text())
        line = self.process.stdout.readline()
        if line != b"ready\n":
            raise AssertionError(f"printed {line}\n" + self.text())

    def text(self):
        self.log.flush()
        return pathlib.Path(f"/proc/self/fd/{self.log.fileno()}").read_text()

    def wait_for(self, pattern):
        deadline = time.monotonic() + 20
        while not re.search(pattern, self.text()):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in\n" + self.text())
            time.sleep(0.01)

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(15)
        finally:
            self.process.kill()
            self.process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()
        self.log.close()


class Base(unittest.TestCase):
    broker_settings = ""

    def setUp(self):
        self.temp = tempfile.TemporaryDirectory()
        self.addCleanup(self.temp.cleanup)
        self.folder = pathlib.Path(self.temp.name)
        self.broker = Mosquitto(self.temp.name, self.broker_settings).start()
        self.addCleanup(self.broker.stop)
        self.job = self.folder / "job.json"
        shutil.copy(VECTORS / "anycloud" / "messages" / "job-file-mqtt.json", self.job)

    def image(self, size=10000, name="image.bin"):
        path = self.folder / name
        path.write_bytes(random.Random(size).randbytes(size))
        return path

    def signed(self, version, payload=20000, board=None):
        path = self.folder / f"{version}.img"
        key = self.folder / "key.pem"
        if not key.exists():
            self.imgtool("keygen", "-k", key, "-t", "ecdsa-p256")
        self.imgtool("sign", "-k", key, "-v", version, "-H", 1024, "-S", 0x100000, "--pad-header",
                     *(["--board", board] if board else []), self.image(payload), path)
        return path

    def imgtool(self, *args):
        subprocess.run([BIN / "ota-imgtool", *map(str, args)], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)

    def publisher(self, *args, **options):
        p = Publisher(self.broker.port, *args, **options)
        self.addCleanup(p.log.close)
        self.addCleanup(p.stop)
        return p

    def client(self, *topics):
        c = Client(self.broker.port, *topics)
        self.addCleanup(c.close)
        return c

    def subscribe(self, *args, expect=0, port=None):
        out = self.folder / "out.bin"
        out.unlink(missing_ok=True)
        done = subprocess.run([BIN / "ota-subscriber", "-b", f"127.0.0.1:{port or self.broker.port}",
                               "-f", out, *map(str, args)], timeout=60, text=True,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        self.assertEqual(out.exists(), expect == 0)
        self.assertEqual([f.name for f in self.folder.glob("out.bin.*")], [])
        self.error = done.stderr
        return out

    def ask(self, message, **fields):
        fields = {"UniqueTopicName": DEVICE, "BoardName": KIT, "Version": "1.0.0", **fields}
        self.device.publish(NOTIFY, json.dumps({"Message": message, **fields}))

    def answer(self):
        return json.loads(self.device.next().payload)


class TestWire(Base):
    """Byte for byte what the original's programs send and get."""

    def test_devices_get_the_documents_of_the_original_publisher(self):
        self.publisher("-f", self.image(), "-j", self.job)
        device = self.client(DEVICE)
        device.publish(NOTIFY, vector("device-update-availability"))
        first = device.next()
        self.assertEqual((first.payload, first.qos, first.retain),
                         (vector("publisher-job-mqtt"), 1, 0))
        device.publish(NOTIFY, vector("device-result-success"))
        self.assertEqual(device.next().payload, vector("publisher-result-received"))

    def test_devices_get_the_chunks_of_the_original_publisher(self):
        mqtt = VECTORS / "anycloud" / "mqtt"
        self.publisher("-f", mqtt / "image-10000.bin", "-j", self.job)
        device = self.client(DEVICE)
        for request in ("config-template", "defaults-template"):
            device.publish(NOTIFY, vector(f"device-request-update.{request}"))
            for i in range(3):
                self.assertEqual(device.next().payload, (mqtt / f"chunk-{i}-of-3.bin").read_bytes())
        for i, request in enumerate(("first", "second", "last")):
            device.publish(NOTIFY, vector(f"device-request-chunk-{request}"))
            self.assertEqual(device.next().payload, (mqtt / f"chunk-{i}-of-3.bin").read_bytes())

    def test_the_recorded_job_flow_is_answered_as_recorded(self):
        wire = lines_of_wire()
        topic = wire[1][0]
        chunks = [head[32:] for name, _, head in wire if head.startswith(b"OTAImage")]
        image = self.folder / "image.bin"
        image.write_bytes(b"".join(c.ljust(4096, b"\0") for c in chunks)[:10000])
        self.publisher("-f", image, "-j", self.job)
        device = self.client(topic)
        sent = iter(["subscriber-update-availability", "subscriber-request-update",
                     "subscriber-result-success"])
        for name, length, head in wire:
            if name == NOTIFY:
                payload = vector(next(sent))
                device.publish(NOTIFY, payload)
            else:
                message = device.next()
                self.assertEqual((message.topic, message.qos), (topic, 1))
                payload = message.payload
            self.assertEqual((len(payload), payload[:64]), (length, head))

    def test_the_subscriber_sends_the_documents_of_the_original_subscriber(self):
        self.publisher("-f", self.image(), "-j", self.job)
        ear = self.client(NOTIFY)
        self.subscribe("--running", "1.0.0")
        self.subscribe("--running", "1.0.0", "-c", 4096, "--window", 1)
        sent = [m.payload for m in (ear.next() for _ in range(7))]
        old = rb"anycloud/CY8CPROTO_062_4343W/subscriber/image[0-9]+"
        shape = [re.sub(old, b"TOPIC", p) for p in sent]
        wanted = [re.sub(old, b"TOPIC", vector(n)) for n in
                  ("subscriber-update-availability", "subscriber-request-update",
                   "subscriber-result-success", "subscriber-update-availability",
                   "subscriber-request-chunk")]
        self.assertEqual(shape[:5], wanted)


class TestFlows(Base):
    def test_all_ways_to_ask_give_the_whole_image(self):
        image = self.image(50001)
        self.publisher("-f", image, "-j", self.job)
        for way in ([], ["-c", 4096], ["-c", 1000, "--window", 16], ["-c", 60000], ["-d"]):
            with self.subTest(way=way):
                out = self.subscribe(*way, "--expect", image)
                self.assertEqual(out.read_bytes(), image.read_bytes())

    def test_sizes_around_chunk_limits(self):
        image = self.folder / "image.bin"
        self.image(1)
        self.publisher("-f", image, "-j", self.job)
        for size in (1, 4095, 4096, 4097, 8192, 8193):
            with self.subTest(size=size):
                new = self.image(size, "new.bin")
                new.rename(image)
                self.subscribe("--expect", image)
                self.subscribe("-c", 4096, "--expect", image)

    def test_a_signed_image_needs_no_job_file(self):
        image = self.signed("2.3.4")
        self.publisher("-f", image)
        self.subscribe("--verify-key", self.folder / "key.pem", "--expect", image)
        self.assertIn("version 2.3.4", self.error)
        self.imgtool("keygen", "-k", self.folder / "other.pem", "-t", "ecdsa-p256")
        self.subscribe("--verify-key", self.folder / "other.pem", expect=1)
        self.assertIn("signature", self.error)

    def test_boards_and_versions_that_need_no_update_get_none(self):
        publisher = self.publisher("-f", self.signed("1.6.0"))
        self.device = self.client(DEVICE)
        for fields in ({"Version": "1.6.0"}, {"Version": "2.0.0"}, {"BoardName": "OTHER"}):
            self.ask("Update Availability", **fields)
            self.assertEqual(self.answer(), {"Message": "No Update Available",
                                             "UniqueTopicName": DEVICE})
        for fields in ({"Version": "1.5.9"}, {"Version": "?"}, {"Version": 7}):
            self.ask("Update Availability", **fields)
            self.assertEqual(self.answer()["Message"], "Update Available")
        self.subscribe("--running", "1.6.0", expect=1)
        self.assertIn("no update", self.error)
        publisher.stop()
        self.publisher("-f", self.folder / "1.6.0.img", "--any-board")
        self.ask("Update Availability", BoardName="OTHER")
        self.assertEqual(self.answer()["Message"], "Update Available")

    def test_chunk_requests_of_every_spelling(self):
        image = self.image(10000).read_bytes()
        self.publisher("-f", self.folder / "image.bin", "-j", self.job)
        self.device = self.client(DEVICE)
        for fields, offset, size, count, index in (
                ({"Offset": "0", "Size": "4096"}, 0, 4096, 3, 0),
                ({"Offset": 4096, "Size": 4096}, 4096, 4096, 3, 1),
                ({"Offset": "8192", "Size": "-1"}, 8192, 1808, 3, 2),
                ({"Offset": "8192"}, 8192, 1808, 3, 2),
                ({"Offset": "8192", "Size": "1808"}, 8192, 1808, 3, 2),
                ({"Offset": "8192", "Length": "4096"}, 8192, 1808, 3, 2),
                ({"Offset": "0", "Size": "0"}, 0, 4096, 3, 0),
                ({"Offset": "0", "Size": 1 << 40}, 0, 4096, 3, 0),
                ({"Offset": "3000", "Size": "1000"}, 3000, 1000, 10, 3),
                ({"Offset": "0", "Size": "65535"}, 0, 10000, 1, 0)):
            with self.subTest(fields=fields):
                self.ask("Request Data Chunk", **fields)
                payload = self.device.next().payload
                self.assertEqual(HEADER.unpack(payload[:32]),
                                 (b"OTAImage", 32, 0, 1, 6, 0, 10000, offset, size, count, index))
                self.assertEqual(payload[32:], image[offset:offset + size])

    def test_the_result_is_logged_with_its_reason(self):
        publisher = self.publisher("-f", self.image(), "-j", self.job)
        self.device = self.client(DEVICE)
        self.ask("Failure", Reason=14, Detail="image hash does not match")
        self.assertEqual(self.answer()["Message"], "Result Received")
        publisher.wait_for(rf"result of {DEVICE}: Failure, reason 14, image hash does not match")

    def test_a_job_file_is_read_again_when_it_changes(self):
        self.publisher("-f", self.image(), "-j", self.job)
        self.device = self.client(DEVICE)
        self.ask("Update Availability")
        self.assertEqual(self.answer()["Version"], "1.6.0")
        text = self.job.read_text().replace("1.6.0", "1.7.0")
        (self.folder / "new.json").write_text(text)
        (self.folder / "new.json").rename(self.job)
        self.ask("Update Availability")
        self.assertEqual(self.answer()["Version"], "1.7.0")

    def test_a_download_under_way_keeps_its_image(self):
        old = self.image(10000).read_bytes()
        self.publisher("-f", self.folder / "image.bin", "-j", self.job)
        self.device = self.client(DEVICE)
        self.ask("Update Availability")
        self.answer()
        self.ask("Request Data Chunk", Offset="0", Size="4096")
        self.assertEqual(self.device.next().payload[32:], old[:4096])
        self.image(20000, "new.bin").rename(self.folder / "image.bin")
        with self.client(f"{ROOT}/OTAImage/2") as other:
            other.publish(NOTIFY, json.dumps({"Message": "Request Update",
                                              "UniqueTopicName": f"{ROOT}/OTAImage/2"}))
            self.assertEqual(HEADER.unpack(other.next().payload[:32])[6], 20000)
        self.ask("Request Data Chunk", Offset="4096", Size="4096")
        self.assertEqual(self.device.next().payload[32:], old[4096:8192])
        self.ask("Success")
        self.answer()
        self.ask("Request Data Chunk", Offset="0", Size="4096")
        self.assertEqual(HEADER.unpack(self.device.next().payload[:32])[6], 20000)

    def test_many_devices_are_served_at_once(self):
        image = self.image(200000)
        self.publisher("-f", image, "-j", self.job)
        children = [subprocess.Popen([BIN / "ota-subscriber", "-b", f"127.0.0.1:{self.broker.port}",
                                      "-f", self.folder / f"out{i}", "--expect", image, *way],
                                     stderr=subprocess.DEVNULL)
                    for i, way in enumerate(([], ["-c", "4096"]) * 10)]
        self.assertEqual([c.wait(60) for c in children], [0] * 20)


class TestHostile(Base):
    """Whatever anybody publishes, the next device is served."""

    def storm(self):
        deep = b'{"a":' * 50000
        texts = [b"", b" ", b"{", b"}", b"[]", b"null", b"\xff\xfe\xfd", b"\0" * 100, deep,
                 b"[" * 100000, b'{"Message":"Success"' + b" " * 1000000, b'{"Message":}',
                 b'{"Message":"Update Availability"}', b'{"UniqueTopicName":"x"}',
                 b'{"Message":"Success","Message":"Failure","UniqueTopicName":"%s"}' % DEVICE.encode(),
                 b"OTAImage" + bytes(24), b"{" + b'"a":1,' * 100000 + b'"b":2}']
        values = [None, True, 5, -1, 1.5, [], {}, "", "x", "-5", "99999999999999999999", 1 << 62]
        for message in ("Update Availability", "Request Update", "Request Data Chunk", "Success"):
            for value in values:
                texts.append(json.dumps({"Message": message, "UniqueTopicName": value}))
                texts.append(json.dumps({"Message": message, "UniqueTopicName": DEVICE,
                                         "Version": value, "Board": value}))
        for value in values:
            for other in values:
                texts.append(json.dumps({"Message": "Request Data Chunk", "Offset": value,
                                         "Size": other, "UniqueTopicName": DEVICE}))
        for topic in ("#", "+", f"{ROOT}/#", f"{ROOT}/+/x", "$SYS/x", NOTIFY, f"{ROOT}/", ROOT,
                      "other/topic", f"{ROOT}/\u0001", f"{ROOT}/" + "x" * 300, f"{ROOT}/\ud800",
                      f"{ROOT}/\uffff", "anycloud/OTHER/x", f"{ROOT}/\u0000"):
            for message in ("Update Availability", "Request Update", "Request Data Chunk",
                            "Success", "Failure"):
                texts.append(json.dumps({"Message": message, "Offset": 0,
                                         "UniqueTopicName": topic}))
        return texts

    def test_no_message_stops_or_blocks_the_publisher(self):
        image = self.image(20000)
        publisher = self.publisher("-f", image, "-j", self.job)
        with self.client() as attacker:
            for payload in self.storm():
                attacker.publish(NOTIFY, payload)
            attacker.publish(NOTIFY, vector("device-request-update.defaults-template"), retain=True)
        self.subscribe("-c", 4096, "--expect", image)
        self.assertIsNone(publisher.process.poll())
        self.assertEqual(publisher.stop(), 0)

    def test_nothing_is_sent_outside_of_the_kit_or_to_the_publisher_itself(self):
        publisher = self.publisher("-f", self.image(100), "-j", self.job)
        with self.client("#") as ear, self.client() as attacker:
            texts = self.storm()
            for payload in texts:
                attacker.publish(NOTIFY, payload)
            attacker.publish(NOTIFY, vector("device-result-failure"))
            publisher.wait_for(rf"result of {DEVICE}: Failure")
            attacker.publish(f"{ROOT}/end", b"end")
            topics = []
            while True:
                message = ear.next()
                if message.topic == f"{ROOT}/end":
                    break
                topics.append(message.topic)
        # What the attacker itself published comes back too.
        self.assertEqual(topics.count(NOTIFY), len(texts) + 1)
        self.assertEqual({t for t in topics if t != NOTIFY}, {DEVICE})

    def test_a_flood_of_topics_and_requests_has_bounded_cost(self):
        image = self.image(20000)
        publisher = self.publisher("-f", image, "-j", self.job)
        with self.client() as attacker:
            for i in range(6000):
                attacker.publish(NOTIFY, json.dumps({"Message": "Request Data Chunk", "Offset": 0,
                                                     "UniqueTopicName": f"{ROOT}/OTAImage/x{i}"}),
                                 wait=i % 100 == 99)
            for i in range(3000):
                attacker.publish(NOTIFY, json.dumps({"Message": "Request Data Chunk", "Offset": i,
                                                     "UniqueTopicName": DEVICE}),
                                 wait=i % 100 == 99)
        self.subscribe("-c", 4096, "--expect", image)
        status = pathlib.Path(f"/proc/{publisher.process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1))
        if "SANITIZED" not in os.environ:
            self.assertLess(peak, 64 * 1024, "KiB of memory")

    def test_a_reader_that_stopped_reading_does_not_stop_the_publisher(self):
        image = self.image()
        process = subprocess.Popen([BIN / "ota-publisher", "-l", "-b",
                                    f"127.0.0.1:{self.broker.port}", "-f", image, "-j", self.job],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            self.device = self.client(DEVICE)
            for _ in range(1000):  # some 500 KB of log, more than a pipe takes
                self.ask("Update Availability")
                self.answer()
            self.subscribe("--expect", image)
        finally:
            process.terminate()
            self.assertEqual(process.wait(15), 0)
            process.stdout.close()
            process.stderr.close()


class TestSubscriberDoubts(Base):
    """A false publisher: the subscriber must not believe it."""

    def lie(self, *answers, asked=1):
        """Answers the job request with the first and the image request with the others; it is
        asked for the image so often."""
        with self.client(NOTIFY) as liar:
            out = self.folder / "out.bin"
            out.unlink(missing_ok=True)
            child = subprocess.Popen([BIN / "ota-subscriber", "-b",
                                      f"127.0.0.1:{self.broker.port}", "-f", out, "--timeout", "3"],
                                     stderr=subprocess.PIPE, text=True)
            try:
                topic = json.loads(liar.next().payload)["UniqueTopicName"]
                liar.publish(topic, answers[0] if answers else b"")
                for payload in answers[1:]:
                    self.assertEqual(self.message(liar), "Request Update")
                    liar.publish(topic, payload)
                error = child.communicate(timeout=30)[1]
            finally:
                child.kill()
                child.wait()
                child.stderr.close()
            self.assertEqual(child.returncode, 1, error)
            self.assertFalse(out.exists())
            self.assertEqual(list(self.folder.glob("out.bin.*")), [])
            if len(answers) > 1:
                for _ in range(asked - 1):
                    self.assertEqual(self.message(liar), "Request Update")
                self.assertEqual(self.message(liar), "Failure")
            return error

    def message(self, client):
        return json.loads(client.next().payload)["Message"]

    def chunk(self, **change):
        fields = {"magic": b"OTAImage", "data_off": 32, "type": 0, "major": 1, "minor": 6,
                  "build": 0, "total": 100, "off": 0, "size": 100, "n": 1, "i": 0, **change}
        return HEADER.pack(*fields.values())

    def test_chunk_headers_that_lie(self):
        job = self.job.read_bytes()
        for change, length in (({"data_off": 200}, 100), ({"data_off": 31}, 100),
                               ({"size": 101}, 100), ({"size": 99}, 100), ({"total": 50}, 100),
                               ({"off": 2097152}, 100), ({"i": 1}, 100), ({"n": 2}, 100),
                               ({"n": 0}, 100), ({"total": 0, "size": 0}, 0), ({"major": 2}, 100),
                               ({"minor": 5}, 100), ({}, 99), ({}, 101)):
            with self.subTest(change=change, length=length):
                error = self.lie(job, self.chunk(**change) + b"x" * length)
                self.assertIn("bad chunk", error)

    def test_an_incomplete_image_is_no_image(self):
        error = self.lie(self.job.read_bytes(),
                         self.chunk(total=5000, size=4096, n=2) + b"x" * 4096, asked=3)
        self.assertIn("stopped coming", error)

    def test_an_image_with_a_wrong_hash_is_refused(self):
        image = bytearray(self.signed("1.6.0", 2000).read_bytes())
        image[1500] ^= 1
        size = len(image)
        error = self.lie(self.job.read_bytes(),
                         self.chunk(total=size, size=size) + bytes(image))
        self.assertIn("hash", error)

    def test_jobs_that_are_none(self):
        good = json.loads(self.job.read_bytes())
        for change in ({"Version": "0.0.0"}, {"Version": "x"}, {"Version": 2}, {"Board": "OTHER"},
                       {"Board": None}, {"Connection": "HTTP"},
                       {"Message": "No Update Available"}):
            with self.subTest(change=change):
                error = self.lie(json.dumps({**good, **change}).encode())
                self.assertRegex(error, "job|no update")
        for text in (b"{", b"[]", b"OTAImage", b"\xff", b"[" * 100000, b'{"Version":"1.0.0"'):
            with self.subTest(text=text[:20]):
                self.lie(text)

    def test_what_is_expected_is_compared(self):
        image = self.image(5000)
        self.publisher("-f", image, "-j", self.job)
        self.subscribe("--expect", self.image(5001, "longer"), expect=1)
        self.assertIn("size", self.error)
        other = self.folder / "other"
        other.write_bytes(image.read_bytes()[:-1] + b"?")
        self.subscribe("--expect", other, expect=1)
        self.assertIn("differs", self.error)

    def test_nobody_there_is_an_error_in_time(self):
        self.subscribe("--timeout", 1, expect=1)
        self.assertIn("no publisher answers", self.error)
        self.subscribe("--timeout", 1, port=free_port(), expect=1)
        self.assertIn("refused", self.error)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.subscribe("--timeout", 1, port=silent.getsockname()[1], expect=1)
            self.assertIn("no connection", self.error)

    def test_a_folder_that_cannot_be_written_is_an_error(self):
        done = subprocess.run([BIN / "ota-subscriber", "-f", "/nonexistent/folder/out"], timeout=20,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/folder/out", done.stderr)


class TestLife(Base):
    def test_the_publisher_ends_cleanly_at_both_signals(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(self.publisher("-f", self.image(), "-j", self.job).stop(sig), 0)

    def test_the_publisher_waits_for_a_broker_and_comes_back_to_it(self):
        image = self.image(300000)
        self.broker.stop()
        publisher = self.publisher("-f", image, "-j", self.job, ready=False)
        publisher.wait_for("cannot connect to 127.0.0.1")
        self.broker.start()
        publisher.wait_ready()
        self.subscribe("--expect", image)
        self.broker.stop()
        publisher.wait_for("lost the connection")
        self.broker.start()
        self.subscribe("--expect", image)
        self.assertEqual(publisher.stop(), 0)

    def test_a_download_survives_a_restart_of_the_broker(self):
        image = self.image(4000000)
        self.publisher("-f", image, "-j", self.job)
        ear = self.client(NOTIFY)
        child = subprocess.Popen([BIN / "ota-subscriber", "-b", f"127.0.0.1:{self.broker.port}",
                                  "-f", self.folder / "out", "--expect", image, "-c", "256"],
                                 stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):  # it is in the midst of its 15625 chunks
                ear.next()
            self.broker.stop()
            self.assertIsNone(child.poll())
            self.broker.start()
            self.assertEqual(child.wait(90), 0)
        finally:
            child.kill()
            child.wait()

    def test_a_broker_that_refuses_ends_the_publisher_with_its_reason(self):
        self.broker.stop()
        config = pathlib.Path(self.broker.config)
        config.write_text(config.read_text().replace("anonymous true", "anonymous false"))
        self.broker.start()
        p = self.publisher("-f", self.image(), "-j", self.job, ready=False)
        self.assertEqual(p.process.wait(20), 1)
        self.assertIn("not authorised", p.text())

    def test_a_broker_that_drops_us_for_what_we_send_is_not_bothered_for_ever(self):
        self.broker.stop()
        self.broker = Mosquitto(self.temp.name, "max_packet_size 2000").start()
        self.addCleanup(self.broker.stop)
        publisher = self.publisher("-f", self.image(), "-j", self.job)
        self.device = self.client(DEVICE)
        self.ask("Request Update")
        publisher.wait_for(r"given up what was under way[\s\S]*subscribed to")
        self.ask("Update Availability")
        self.assertEqual(self.answer()["Message"], "Update Available")

    def test_usage_errors_have_status_2_and_failures_1(self):
        image = self.image()
        for args, code, text in (
                ([], 2, "nothing to offer"), (["-x"], 2, "invalid option"),
                (["-f", image, "-b", "host:port"], 2, "no broker"),
                (["-f", image, "plain"], 2, "unexpected argument"),
                (["-f", image, "--window", "0"], 2, "--window"),
                (["-f", image, "--cafile", image], 2, "need tls"),
                (["-f", image, "tls", "-b", "eclipse"], 2, "eclipse_ca.crt"),
                (["-f", image], 1, "no MCUboot image"),
                (["-f", "/nonexistent"], 1, "/nonexistent"),
                (["-f", image, "-j", image], 1, "line 1"),
                (["-f", image, "-j", self.job, "-k", "a/b"], 1, "no valid topic"),
                (["-f", self.signed("1.0.0", board="OTHER")], 1, "made for board OTHER")):
            with self.subTest(args=args):
                done = subprocess.run([BIN / "ota-publisher", *map(str, args)], timeout=20,
                                      stderr=subprocess.PIPE, text=True, check=False,
                                      cwd=self.folder)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(text, done.stderr)

    def test_help_and_version_are_printed(self):
        for tool in ("ota-publisher", "ota-subscriber"):
            for option in ("--help", "--version"):
                out = subprocess.run([BIN / tool, option], stdout=subprocess.PIPE, text=True,
                                     timeout=20, check=True).stdout
                self.assertIn(tool, out)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

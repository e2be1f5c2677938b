# SPDX-License-Identifier: Apache-2.0
"""An MQTT 3.1.1 client with nothing between the test and the wire: publishes any bytes to any
topic and hands over what comes. Blocking, with a time limit on every wait."""
import os
import socket
import struct
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14


def text(data):
    data = data if isinstance(data, bytes) else data.encode()
    return struct.pack(">H", len(data)) + data


def packet(kind, flags, body):
    length, left = b"", len(body)
    while True:
        length += bytes([left % 128 | (0x80 if left > 127 else 0)])
        left //= 128
        if not left:
            return bytes([kind << 4 | flags]) + length + body


class Message:
    def __init__(self, topic, payload, qos, retain):
        self.topic, self.payload, self.qos, self.retain = topic, payload, qos, retain


class Client:
    def __init__(self, port, *topics, timeout=20):
        self.timeout = timeout
        self.messages = []
        self.buffer = b""
        self.next_id = 0
        self.acked = 0
        self.sent = 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = "test" + os.urandom(8).hex()
        self.send(CONNECT, 0, text("MQTT") + b"\x04\x02" + struct.pack(">H", 0) + text(name))
        assert self.wait_for(CONNACK) == b"\0\0"
        for topic in topics:
            self.send(SUBSCRIBE, 2, self.new_id() + text(topic) + b"\x01")
            assert self.wait_for(SUBACK)[2:] == b"\x01"

    def new_id(self):
        self.next_id = self.next_id % 65535 + 1
        return struct.pack(">H", self.next_id)

    def send(self, kind, flags, body):
        self.socket.settimeout(self.timeout)
        self.socket.sendall(packet(kind, flags, body))

    def publish(self, topic, payload, qos=1, retain=False, wait=True):
        payload = payload if isinstance(payload, bytes) else payload.encode()
        self.sent += 1 if qos else 0
        self.send(PUBLISH, qos << 1 | retain, text(topic) + (self.new_id() if qos else b"") + payload)
        while wait and self.acked < self.sent:
            self.take(self.read_packet(self.timeout))

    def read_packet(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            found = self.split()
            if found:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("nothing more comes from the broker")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except socket.timeout:
                continue
            if not data:
                raise ConnectionError("the broker closes the connection")
            self.buffer += data

    def split(self):
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self.buffer):
                return None
            length |= (self.buffer[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if self.buffer[at - 1] < 128:
                break
        if len(self.buffer) < at + length:
            return None
        head, body = self.buffer[0], self.buffer[at:at + length]
        self.buffer = self.buffer[at + length:]
        return head, body

    def take(self, found):
        head, body = found
        if head >> 4 == PUBACK:
            self.acked += 1
        elif head >> 4 == PUBLISH:
            size = struct.unpack(">H", body[:2])[0]
            topic, rest, qos = body[2:2 + size].decode(), body[2 + size:], head >> 1 & 3
            if qos:
                self.send(PUBACK, 0, rest[:2])
                rest = rest[2:]
            self.messages.append(Message(topic, rest, qos, head & 1))

    def wait_for(self, kind):
        while True:
            head, body = self.read_packet(self.timeout)
            if head >> 4 == kind:
                return body
            self.take((head, body))

    def next(self, timeout=None):
        """The next message; TimeoutError if none comes."""
        while not self.messages:
            self.take(self.read_packet(self.timeout if timeout is None else timeout))
        return self.messages.pop(0)

    def close(self):
        try:
            self.send(DISCONNECT, 0, b"")
        except OSError:
            pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

# SPDX-License-Identifier: Apache-2.0
"""A mosquitto of one's own on a free port, for benchmarks and end-to-end tests."""
import os
import shutil
import socket
import subprocess
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mosquitto:
    """Started in `folder`; `settings` are further lines of its configuration, `env` further variables of
    its environment. Use with `with`."""

    def __init__(self, folder, settings="", port=None, env=None):
        self.port = port or free_port()
        self.process = None
        self.env = {**os.environ, **(env or {})}
        self.config = os.path.join(folder, f"mosquitto-{self.port}.conf")
        self.log = os.path.join(folder, f"mosquitto-{self.port}.log")
        with open(self.config, "w") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
                    f"set_tcp_nodelay true\npersistence false\n{settings}\n")

    def start(self):
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with open(self.log, "a") as log:
            self.process = subprocess.Popen([program, "-c", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.env)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"mosquitto does not start, see {self.log}")
                time.sleep(0.02)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    __enter__ = start

    def __exit__(self, *exception):
        self.stop()

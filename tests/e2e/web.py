# SPDX-License-Identifier: Apache-2.0
"""Web servers of one's own on free ports, and a proxy that does harm, for benchmarks and tests."""
import http.server
import os
import pathlib
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

from mosquitto import free_port


class Server:
    """A process that serves `root`. Use with `with`."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.root.parent))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.access = self.folder / "access.log"
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        with open(self.folder / "error.log", "a") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "error.log").read_text()) from None
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


class Nginx(Server):
    """`settings` go into its server block. With `cert` it speaks TLS, on localhost."""

    def __init__(self, root, settings="", cert=None):
        super().__init__(root)
        temp = " ".join(f"{kind}_temp_path {self.folder}/temp;" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        tls = f"ssl_certificate {cert}.crt; ssl_certificate_key {cert}.key;" if cert else ""
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {self.folder}/pid; {user}
error_log {self.folder}/error.log; events {{}}
http {{
    log_format counted '$request_method $uri $status $body_bytes_sent $http_range '
                       '$ssl_session_reused $ssl_client_verify $connection';
    access_log {self.access} counted; {temp}
    server {{
        listen 127.0.0.1:{self.port} {"ssl" if cert else ""};
        listen [::1]:{self.port} {"ssl" if cert else ""};
        {tls}
        root {self.root};
        {settings}
    }}
}}
""")

    def command(self):
        return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.folder, "-c",
                self.folder / "nginx.conf", "-e", self.folder / "error.log"]

    def requests(self, path=None, method="GET"):
        """[(status, bytes of the body, range, session reused, client verified, connection)]"""
        found = []
        for line in self.access.read_text().splitlines():
            m, uri, status, size, *rest = line.split()
            if m == method and path in (None, uri):
                found.append((int(status), int(size), *rest))
        return found


class Lighttpd(Server):
    def command(self):
        conf = self.folder / "lighttpd.conf"
        conf.write_text(f'server.document-root = "{self.root}"\nserver.port = {self.port}\n'
                        'server.bind = "127.0.0.1"\n')
        return [shutil.which("lighttpd") or "/usr/sbin/lighttpd", "-D", "-f", conf]


class PythonServer(Server):
    """It has no ranges."""

    def command(self):
        return [sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", self.root,
                str(self.port)]


class Scripted:
    """A server in this process: `answer(handler)` writes the answer to every request."""

    def __init__(self, answer):
        self.requests = []  # (method, path, headers, body)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append((self.command, self.path, self.headers, body))
                try:
                    answer(self)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST = handle_any

            def say(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def say_file(self, data, etag=None):
                """As a server with ranges does."""
                headers = {"ETag": etag} if etag else {}
                wanted = self.headers.get("Range")
                if self.headers.get("If-Range") not in (None, etag):
                    wanted = None
                if wanted is None:
                    self.say(200, data, **headers)
                    return
                first, last = wanted.split("=")[1].split("-")
                first, last = int(first), min(int(last or len(data) - 1), len(data) - 1)
                self.say(206, data[first:last + 1],
                         Content_Range=f"bytes {first}-{last}/{len(data)}", **headers)

            def log_message(self, *args):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *args):
                pass  # devices that hang up are part of the tests

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


class FaultProxy:
    """
    Forwards connections to a port and does harm to what comes back: `plan(n)` gives what becomes of
    connection n (from 0), a dict of

        refuse          close it at once
        cut: N          close it after N bytes
        stall: N        send nothing more after N bytes
        corrupt: N      change the byte at N
        rate: R, until: N   R bytes a second for the first N bytes
    """

    def __init__(self, port, plan):
        self.target, self.plan = port, plan
        self.connections = 0
        self.bytes = 0  # that were sent to the device
        self.open = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def accept(self):
        while True:
            try:
                device, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                number = self.connections
                self.connections += 1
                self.open.append(device)
            harm = self.plan(number) or {}
            if "refuse" in harm:
                self.shut(device)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 10)
            except OSError:
                self.shut(device)
                continue
            self.open.append(server)
            threading.Thread(target=self.forward, args=(device, server), daemon=True).start()
            threading.Thread(target=self.spoil, args=(server, device, harm), daemon=True).start()

    @staticmethod
    def shut(*sockets):
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def forward(self, source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        self.shut(sink)

    def spoil(self, server, device, harm):
        done = 0
        end = harm.get("cut", harm.get("stall", 1 << 62))
        at = harm.get("corrupt", -1)
        try:
            while done < end:
                slow = done < harm.get("until", 0)
                data = server.recv(min(65536, end - done, harm["rate"] // 8 if slow else 65536))
                if not data:
                    break
                if done <= at < done + len(data):
                    data = bytearray(data)
                    data[at - done] ^= 0x55
                device.sendall(data)
                done += len(data)
                with self.lock:
                    self.bytes += len(data)
                if slow:
                    time.sleep(len(data) / harm["rate"])
        except OSError:
            pass
        if "stall" not in harm or done < end:
            self.shut(device, server)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.shut(self.listener, *self.open)
        self.thread.join(10)


class ForwardProxy:
    """What HTTP_PROXY and HTTPS_PROXY name; leads everything to 127.0.0.1, whatever its name."""

    def __init__(self):
        self.lines = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline().decode()
                outer.lines.append(line.strip())
                method, url, _ = line.split()
                head = b""
                while (more := self.rfile.readline()).strip():
                    head += more
                if method == "CONNECT":
                    port = int(url.rsplit(":", 1)[1])
                    self.wfile.write(b"HTTP/1.1 200 go on\r\n\r\n")
                    first = b""
                else:
                    rest = url.split("//", 1)[1]
                    host, path = rest.split("/", 1)
                    port = int(host.rsplit(":", 1)[1])
                    first = f"{method} /{path} HTTP/1.0\r\n".encode() + head + b"\r\n"
                with socket.create_connection(("127.0.0.1", port), 10) as server:
                    server.sendall(first)
                    back = threading.Thread(target=self.copy, args=(server,), daemon=True)
                    back.start()
                    try:
                        while data := self.request.recv(65536):
                            server.sendall(data)
                    except OSError:
                        pass
                    FaultProxy.shut(server)
                    back.join(10)

            def copy(self, server):
                try:
                    while data := server.recv(65536):
                        self.request.sendall(data)
                    self.request.shutdown(socket.SHUT_WR)
                except OSError:
                    pass

        class Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True

            def handle_error(self, *args):
                pass  # devices that hang up are part of the tests

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates over HTTP and HTTPS: nginx has the files, the publisher takes the results."""
import json
import os
import re

import bench
from mosquitto import free_port
from web import FaultProxy, Nginx


class Case(bench.Case):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "files"
        self.root.mkdir()
        self.port = free_port()  # of the publisher
        image = bench.sign(self.folder, "2.0.0", bench.SIZE)
        image.rename(self.root / "app-2.0.0.img")
        self.publisher = self.enterContext(bench.Publisher(
            self.folder, self.root / "app-2.0.0.img", "--no-mqtt", "--http",
            f"127.0.0.1:{self.port}", "--folder", self.root))

    def nginx(self, settings="", cert=None):
        """As docs/publisher.md has it: nginx answers a POST to a file with 405."""
        (self.root / "ota_update.json").write_text(json.dumps({
            "Message": "Update Available", "Board": bench.KIT, "Version": "2.0.0",
            "File": "/app-2.0.0.img"}))
        return self.enterContext(Nginx(
            self.root, f"location / {{ error_page 405 = @result; }} "
            f"location @result {{ proxy_pass http://127.0.0.1:{self.port}; }} {settings}", cert))

    def expect_result(self):
        self.assertRegex(self.publisher.text(), "Success, version 2.0.0.* confirmed")


class Http(Case):
    def test_update_from_nginx(self):
        web = self.nginx()
        self.new_board(transport="http", web_port=web.port)
        self.update()
        self.expect_result()
        (status, _, asked, *_), *more = web.requests("/app-2.0.0.img")
        self.assertEqual((status, asked, more), (206, "bytes=0-", []))
        # The job, the image and the result of one session came over one connection.
        self.assertEqual(len({r[-1] for r in web.requests()}), 2)

    def test_update_from_the_publisher_itself(self):
        self.new_board(transport="http", web_port=self.port)
        self.update()
        self.expect_result()

    def test_job_by_mqtt_leads_to_a_web_server(self):
        web = self.nginx()
        self.publish(self.root / "app-2.0.0.img", "--data-url",
                     f"http://10.0.2.2:{web.port}/app-2.0.0.img")
        self.update()
        self.assertEqual([r[0] for r in web.requests("/app-2.0.0.img")], [206])

    def test_server_that_goes_away_is_asked_for_the_rest(self):
        web = self.nginx("limit_rate 100k;")
        self.new_board(transport="http", web_port=web.port)
        with self.board:
            self.board.wait_for("^ota: [1-9][0-9]* of ")
            web.stop()
            web.start()
            self.board.wait_for("^confirmed 2.0.0")
        status, size, asked, *_ = web.requests("/app-2.0.0.img")[-1]
        first = int(re.fullmatch("bytes=([0-9]+)-", asked).group(1))
        image = (self.root / "app-2.0.0.img").stat().st_size
        self.assertEqual((status, size), (206, image - first))
        self.assertGreater(first, 0)


class Records(FaultProxy):
    """
    Between a board and a server with TLS: knows the largest record that the server has sent. After
    so many bytes of a connection it sends one of 16 KiB.
    """

    def __init__(self, port, limit=None):
        super().__init__(port, lambda number: {})
        self.limit, self.largest = limit, 0

    def spoil(self, server, device, harm):
        done = 0
        try:
            with server.makefile("rb") as records:
                while len(header := records.read(5)) == 5:
                    body = records.read(int.from_bytes(header[3:], "big"))
                    if self.limit is not None and done > self.limit:
                        header, body = header[:3] + b"\x40\x18", os.urandom(0x4018)
                    device.sendall(header + body)
                    done += len(body)
                    self.largest = max(self.largest, len(body))
        except OSError:
            pass
        self.shut(device, server)


class Https(Case):
    def setUp(self):
        super().setUp()
        self.ca = bench.Authority(self.folder, "authority")
        self.client = self.ca.issue("client", "DNS:client")

    def serve(self, settings="", names="DNS:10.0.2.2"):
        cert, _ = self.ca.issue("server", names)
        return self.nginx("ssl_buffer_size 16k; "
                          f"ssl_client_certificate {self.ca.cert}; ssl_verify_client on; "
                          f"{settings}", cert.with_suffix(""))

    def board_for(self, web, ca=None, with_identity=True):
        cert, key = self.client
        identity = {"cert": cert.read_text(), "key": key.read_text()} if with_identity else {}
        self.new_board(transport="https", web_port=web.port,
                       ca=(ca or self.ca).cert.read_text(), **identity)

    def expect(self, error, state="getting the job document"):
        with self.board:
            self.board.wait_for(f"{state}: {error}")

    def test_update_with_both_sides_known(self):
        web = self.serve()
        self.board_for(web)
        self.board.options = bench.COUNTED
        stack, heap, handshake, check = self.update()
        print(f"longest turns: {handshake} and {check} thousand instructions")
        self.expect_result()
        self.assertEqual({r[4] for r in web.requests("/app-2.0.0.img")}, {"SUCCESS"})
        self.expect_figure("deepest stack of the application, by painting", stack)
        self.expect_figure("most of lwIP's heap in use, TLS included", heap)
        self.expect_figure("longest turn of the main loop in TLS handshakes", handshake)
        self.expect_figure("longest turn of the main loop with the check of a signature", check)

    def test_build_for_large_records_does_not_ask_for_small_ones(self):
        self.old = bench.sign(self.folder, "1.0.0", build="1.0.0-tls16k")
        web = self.serve()
        proxy = self.enterContext(Records(web.port))
        self.board_for(proxy)
        self.update()
        self.expect_result()
        self.assertGreater(proxy.largest, 16384)  # with what encryption adds

    def test_server_that_sends_large_records_unasked_is_told_of(self):
        proxy = self.enterContext(Records(self.serve().port, 50000))
        self.board_for(proxy)
        self.expect("server sends larger TLS records than this device takes",
                    "downloading the image")

    def test_update_from_the_publisher_itself(self):
        cert, key = self.ca.issue("server", "DNS:10.0.2.2")
        port = free_port()
        publisher = self.enterContext(bench.Publisher(
            self.folder, self.root / "app-2.0.0.img", "--no-mqtt", "--http", f"127.0.0.1:{port}",
            "--http-cert", cert, "--http-key", key, "--http-client-ca", self.ca.cert))
        cert, key = self.client
        self.new_board(transport="https", web_port=port, ca=self.ca.cert.read_text(),
                       cert=cert.read_text(), key=key.read_text())
        self.update()
        self.assertRegex(publisher.text(), "Success, version 2.0.0.* confirmed")

    def test_stranger_that_the_server_leads_to_does_not_see_the_certificate(self):
        cert, _ = self.ca.issue("stranger", "DNS:10.0.2.2")
        stranger = self.enterContext(Nginx(
            self.root, f"ssl_client_certificate {self.ca.cert}; ssl_verify_client optional;",
            cert.with_suffix("")))
        web = self.serve("location = /app-2.0.0.img { "
                         f"return 307 https://10.0.2.2:{stranger.port}$request_uri; }}")
        self.board_for(web)
        self.update()
        self.assertEqual({r[4] for r in web.requests("/app-2.0.0.img")}, {"SUCCESS"})
        self.assertEqual([(r[0], r[4]) for r in stranger.requests()], [(206, "NONE")])

    def test_server_of_another_authority_is_not_talked_to(self):
        self.board_for(self.serve(), ca=bench.Authority(self.folder, "other"))
        self.expect("server certificate is not from a trusted authority")

    def test_server_with_a_certificate_for_another_name_is_not_talked_to(self):
        self.board_for(self.serve(names="DNS:elsewhere"))
        self.expect("server certificate is for another host")

    def test_board_without_certificate_is_not_served(self):
        self.board_for(self.serve(), with_identity=False)
        self.expect("image data not obtained")  # nginx answers 400


bench.main()

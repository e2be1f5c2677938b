#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The power goes at random moments of download and swap; the board always gets to 2.0.0.

Updates come by MQTT, by HTTP and by HTTPS in turn, to several boards at once. KILL_SEED repeats the
dice of a run, though not what the network does meanwhile; KILL_COUNT makes a longer one.
"""
import collections
import concurrent.futures
import itertools
import json
import os
import random
import re
import sys
import threading
import time

import bench
from mosquitto import Mosquitto, free_port
from web import Nginx

COUNT = int(os.environ.get("KILL_COUNT", "36"))
SEED = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
BOARDS = 3  # at once
ERASE_US = 1000  # a swap is over at once otherwise

# What goes on, from which line of the console on, and until which.
PHASES = (("boot or resumed swap", "^boot: power-on", "^application"),
          ("download", "downloading the image", "closing the secondary slot"),
          ("check and mark", "verifying the image", "^boot: reset"),
          ("swap", "^boot: reset", "^boot: test"))
TRANSPORTS = ("mqtt", "http", "https")


class Kill(bench.Case):
    def setUp(self):
        super().setUp()
        self.kills = collections.Counter()
        self.resumed = 0
        self.rounds = itertools.count()
        self.lock = threading.Lock()

    def serve(self, image):
        """The same release by MQTT, HTTP and HTTPS; the settings of a board for each."""
        root = self.folder / "files"
        root.mkdir()
        (root / "app.img").write_bytes(image.read_bytes())
        (root / "ota_update.json").write_text(json.dumps({
            "Message": "Update Available", "Board": bench.KIT, "Version": "2.0.0",
            "File": "/app.img"}))
        results = free_port()
        self.enterContext(bench.Publisher(self.folder, image, "--no-mqtt", "--http",
                                          f"127.0.0.1:{results}", "--folder", root))
        ca = bench.Authority(self.folder, "authority")
        server, _ = ca.issue("server", "DNS:10.0.2.2")
        client, key = ca.issue("client", "DNS:client")
        way = (f"location / {{ error_page 405 = @result; }} "
               f"location @result {{ proxy_pass http://127.0.0.1:{results}; }}")
        plain = self.enterContext(Nginx(root, way))
        tls = self.enterContext(Nginx(
            root, f"{way} ssl_client_certificate {ca.cert}; ssl_verify_client on;",
            server.with_suffix("")))
        return {"mqtt": {}, "http": {"transport": "http", "web_port": plain.port},
                "https": {"transport": "https", "web_port": tls.port, "ca": ca.cert.read_text(),
                          "cert": client.read_text(), "key": key.read_text()}}

    def measure(self, image):
        """How long each phase takes here, in seconds: an update that nothing disturbs."""
        self.new_board(erase_us=ERASE_US)
        spans = {}
        with bench.Publisher(self.folder, image, "-b", f"127.0.0.1:{self.broker.port}"), self.board:
            for name, begin, end in PHASES:
                if self.board.seen[-1:] == [] or not re.search(begin, self.board.seen[-1]):
                    self.board.wait_for(begin)
                start = time.monotonic()
                self.board.wait_for(end)
                spans[name] = time.monotonic() - start
        print(", ".join(f"{name} {span:.2f} s" for name, span in spans.items()), flush=True)
        return spans

    def one_update(self, board, dice, transport):
        """Kills one to three times on the way to 2.0.0; then it must come up."""
        for _ in range(dice.randint(1, 3)):
            name, pattern, _ = dice.choice(PHASES)
            moment = dice.uniform(0, 1.2 * self.spans[name])
            board.start()
            # A kill may have come so late that the phase is over: then 2.0.0 comes up.
            if board.wait_for(f"{pattern}|^confirmed 2.0.0").group() == "confirmed 2.0.0":
                board.kill()
                return
            time.sleep(moment)  # the power does not wait for anything
            board.kill()
            with self.lock:
                self.kills[name, transport] += 1
        with board:
            board.wait_for("^confirmed 2.0.0")

    def one_board(self, n, image, ways):
        """Update after update on a board of its own, with a broker of its own."""
        folder = self.folder / str(n)
        folder.mkdir()
        with Mosquitto(str(folder)) as broker, bench.Publisher(
                folder, image, "-b", f"127.0.0.1:{broker.port}"):
            while sum(self.kills.values()) < COUNT:
                turn = next(self.rounds)
                transport = TRANSPORTS[turn % len(TRANSPORTS)]
                board = bench.Board(folder / "flash.bin")
                try:
                    bench.make_board(board.flash, self.old, port=broker.port,
                                     erase_us=ERASE_US, **ways[transport])
                    self.one_update(board, random.Random(f"{SEED} {turn}"), transport)
                    if '"2.0.0' not in board.info():
                        raise AssertionError("not on 2.0.0:\n" + "\n".join(board.seen))
                except AssertionError as error:
                    raise AssertionError(f"KILL_SEED={SEED}, turn {turn}, {transport}: "
                                         f"{error}") from error
                finally:
                    board.kill()
                with self.lock:
                    self.resumed += sum(line.startswith("boot: test, resumed")
                                        for line in board.seen)

    def test_always_ends_on_the_new_version(self):
        print(f"KILL_SEED={SEED}", flush=True)
        image = bench.sign(self.folder, "2.0.0", bench.SIZE)
        self.spans = self.measure(image)
        ways = self.serve(image)
        with concurrent.futures.ThreadPoolExecutor(BOARDS) as pool:
            for done in [pool.submit(self.one_board, n, image, ways) for n in range(BOARDS)]:
                done.result()
        by_phase, by_transport = collections.Counter(), collections.Counter()
        for (phase, transport), count in self.kills.items():
            by_phase[phase] += count
            by_transport[transport] += count
        print(f"{sum(self.kills.values())} kills in {next(self.rounds)} updates ({dict(by_phase)}; "
              f"{dict(by_transport)}), {self.resumed} swaps resumed: all on 2.0.0", file=sys.stderr)
        self.assertGreaterEqual(sum(self.kills.values()), COUNT)


bench.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The power goes at random moments of download and swap; the board always gets to 2.0.0.

KILL_SEED and KILL_COUNT repeat a run, or make a longer one.
"""
import os
import random
import time

import bench

COUNT = int(os.environ.get("KILL_COUNT", "30"))
SEED = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)

# What goes on, from which line of the console on, and how long it takes about, in seconds.
PHASES = (("boot or resumed swap", "^boot: power-on", 0.6), ("download", "downloading the image", 0.5),
          ("check and mark", "verifying the image", 0.6), ("swap", "^boot: reset", 0.6))


class Kill(bench.Case):
    def one_update(self, dice, kills):
        """Kills one to three times on the way to 2.0.0; then it must come up."""
        for _ in range(dice.randint(1, 3)):
            name, pattern, span = dice.choice(PHASES)
            self.board.start()
            # A kill may have come so late that the phase is over: then 2.0.0 comes up.
            if self.board.wait_for(f"{pattern}|^confirmed 2.0.0").group() == "confirmed 2.0.0":
                self.board.kill()
                return
            time.sleep(dice.uniform(0, span))
            self.board.kill()
            kills[name] += 1
        with self.board:
            self.board.wait_for("^confirmed 2.0.0")

    def test_always_ends_on_the_new_version(self):
        dice = random.Random(SEED)
        kills = {name: 0 for name, _, _ in PHASES}
        rounds = resumed = 0
        print(f"KILL_SEED={SEED}", flush=True)
        self.publish(bench.sign(self.folder, "2.0.0", bench.SIZE))
        while sum(kills.values()) < COUNT:
            self.new_board()
            self.one_update(dice, kills)
            self.assertIn('"2.0.0', self.board.info())
            rounds += 1
            resumed += sum(line.startswith("boot: test, resumed") for line in self.board.seen)
            self.board.seen.clear()
        print(f"{sum(kills.values())} kills in {rounds} updates ({kills}), {resumed} swaps resumed: "
              "all on 2.0.0")


bench.main()

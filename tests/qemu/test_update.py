#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates over MQTT, from the real publisher through a real broker."""
import subprocess

import bench


class Update(bench.Case):
    def test_update_to_2_0_0(self):
        self.publish(bench.sign(self.folder, "2.0.0", bench.SIZE))
        self.update()

    def test_confirmed_version_stays_over_power_cycles(self):
        self.publish(bench.sign(self.folder, "2.0.0"))
        with self.board:
            self.board.wait_for("^confirmed 2.0.0")
        for _ in range(2):
            with self.board:
                self.board.wait_for("^boot: power-on")
                self.board.wait_for("^confirmed 2.0.0")
                self.board.wait_for("no update available")

    def test_version_that_hangs_is_reverted_and_not_taken_again(self):
        self.publish(bench.sign(self.folder, "3.0.0"))
        with self.board:
            self.board.wait_for("^application 3.0.0")
            self.board.wait_for("^watchdog: nobody feeds it")
            self.board.wait_for("^boot: watchdog")
            self.board.wait_for("^boot: revert")
            self.board.wait_for("^confirmed 1.0.0")
            self.board.wait_for("tried and not confirmed")
            self.board.wait_for("session complete")
        self.assertIn('"1.0.0', self.board.info())

    def test_image_of_another_key_is_refused(self):
        key = self.folder / "other.pem"
        subprocess.run([bench.BIN / "ota-imgtool", "keygen", "-k", key, "-t", "ecdsa-p256"],
                       check=True)
        self.publish(bench.sign(self.folder, "2.0.0", key=key))
        with self.board:
            self.board.wait_for("verifying the image: image carries no signature by a known key")
            self.board.wait_for("session complete")
        with self.board:
            self.board.wait_for("^confirmed 1.0.0")

    def test_broker_that_is_away_is_waited_for(self):
        self.broker.stop()
        with self.board:
            self.board.wait_for("connecting for the job document: server refuses")
            self.broker.start()
            self.publish(bench.sign(self.folder, "2.0.0"))
            self.board.wait_for("^confirmed 2.0.0")


bench.main()

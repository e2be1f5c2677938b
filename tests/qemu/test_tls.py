#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates over MQTT with TLS: the board knows its broker, and the broker the board."""
import getpass

import bench


class Case(bench.Case):
    server_names = "IP:127.0.0.1,DNS:10.0.2.2"
    server_days = 2

    def setUp(self):
        super().setUp()
        self.ca = bench.Authority(self.folder, "authority")
        self.client = self.ca.issue("client", "DNS:client")
        self.serve(*self.ca.issue("server", self.server_names, self.server_days))

    def serve(self, cert, key):
        self.broker.stop()
        with open(self.broker.config, "a") as f:
            # A broker started by root would become somebody who cannot read the folder.
            f.write(f"user {getpass.getuser()}\ncafile {self.ca.cert}\ncertfile {cert}\n"
                    f"keyfile {key}\nrequire_certificate true\n")
        self.broker.start()

    def settings(self, authority):
        cert, key = self.client
        return {"tls": "yes", "ca": authority.cert.read_text(), "cert": cert.read_text(),
                "key": key.read_text()}

    def expect_refusal(self, error, **settings):
        self.new_board(**settings)
        with self.board:
            self.board.wait_for(f"connecting for the job document: {error}")


class Tls(Case):
    def test_update_with_both_sides_known(self):
        cert, key = self.client
        self.new_board(**self.settings(self.ca))
        self.publish(bench.sign(self.folder, "2.0.0", bench.SIZE), "--tls", "--cafile",
                     self.ca.cert, "--cert", cert, "--key", key)
        self.update()

    def test_broker_of_another_authority_is_not_talked_to(self):
        self.expect_refusal("server certificate is not from a trusted authority",
                            **self.settings(bench.Authority(self.folder, "other")))

    def test_board_without_certificate_is_not_served(self):
        self.new_board(tls="yes", ca=self.settings(self.ca)["ca"])
        with self.board:
            self.board.wait_for("connecting for the job document: (secure|connection lost|server)")

    def test_tls_without_trust_anchors_does_not_connect(self):
        self.expect_refusal("secure connection failed", tls="yes")


class WrongName(Case):
    server_names = "IP:127.0.0.1,DNS:elsewhere"

    def test_broker_with_a_certificate_for_another_name_is_not_talked_to(self):
        self.expect_refusal("server certificate is for another host",
                            **self.settings(self.ca))


class Expired(Case):
    server_days = -1

    def test_broker_whose_certificate_is_over_is_not_talked_to(self):
        self.expect_refusal("server certificate has expired", **self.settings(self.ca))


bench.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates over MQTT with TLS: the board knows its broker, and the broker the board."""
import getpass
import subprocess

import bench


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder, name):
        self.folder, self.key, self.cert = folder, folder / f"{name}.key", folder / f"{name}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-days", 2, "-subj", f"/CN={name}",
                "-out", self.cert)

    def issue(self, name, names, days=2):
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", cert)
        return cert, key


class Case(bench.Case):
    server_names = "IP:127.0.0.1,DNS:10.0.2.2"
    server_days = 2

    def setUp(self):
        super().setUp()
        self.ca = Authority(self.folder, "authority")
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

    def expect_refusal(self, **settings):
        self.new_board(**settings)
        with self.board:
            self.board.wait_for("connecting for the job document: secure connection failed")


class Tls(Case):
    def test_update_with_both_sides_known(self):
        cert, key = self.client
        self.new_board(**self.settings(self.ca))
        self.publish(bench.sign(self.folder, "2.0.0", bench.SIZE), "--tls", "--cafile",
                     self.ca.cert, "--cert", cert, "--key", key)
        with self.board:
            self.board.wait_for("^confirmed 2.0.0")
            print(self.board.wait_for("^memory: .*").group())

    def test_broker_of_another_authority_is_not_talked_to(self):
        self.expect_refusal(**self.settings(Authority(self.folder, "other")))

    def test_board_without_certificate_is_not_served(self):
        self.new_board(tls="yes", ca=self.settings(self.ca)["ca"])
        with self.board:
            self.board.wait_for("connecting for the job document: (secure|connection lost|server)")

    def test_tls_without_trust_anchors_does_not_connect(self):
        self.expect_refusal(tls="yes")


class WrongName(Case):
    server_names = "IP:127.0.0.1,DNS:elsewhere"

    def test_broker_with_a_certificate_for_another_name_is_not_talked_to(self):
        self.expect_refusal(**self.settings(self.ca))


class Expired(Case):
    server_days = -1

    def test_broker_whose_certificate_is_over_is_not_talked_to(self):
        self.expect_refusal(**self.settings(self.ca))


bench.main()

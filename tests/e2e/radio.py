# SPDX-License-Identifier: Apache-2.0
"""A private bus with the virtual radio on it, and a board that takes updates through it."""
import json
import os
import pathlib
import re
import select
import subprocess
import tempfile
import time

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""
SLOT = 0x380000
ADDRESS = "0A:0B:0C:0D:0E:0F"


def run(*command, expect=0, env=None, timeout=120):
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout, check=False, env=env)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Radio:
    def __init__(self, binaries, folder):
        self.folder = pathlib.Path(folder)
        socket = self.folder / "bus.sock"
        config = self.folder / "bus.conf"
        config.write_text(CONFIG.format(socket=socket))
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork",
                                     "--nopidfile", "--print-address=1"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.bus.stdout.readline()
        self.env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}"}
        self.radio = subprocess.Popen([binaries / "radio"], stdout=subprocess.PIPE, env=self.env)
        if self.radio.stdout.readline() != b"ready\n":
            raise AssertionError("the virtual radio does not start")

    def tell(self, member, *args):
        """DropAfter, SetMtu, SetPacketTime with a number; Drop; Stats."""
        return run("dbus-send", "--system", "--print-reply", "--dest=org.bluez", "/radio",
                   f"org.libota.Radio1.{member}", *(f"uint32:{a}" for a in args), env=self.env)

    def stats(self):
        """Since the last call: data packets, their bytes, commands, notifications, microseconds."""
        return [int(n) for n in re.findall(r"uint(?:32|64) (\d+)", self.tell("Stats"))]

    def stop(self):
        for process in (self.radio, self.bus):
            process.kill()
            process.wait()
            process.stdout.close()


class Files:
    """Keys and images: made once."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = binaries, pathlib.Path(folder)
        self.key = self.folder / "key.pem"
        run(binaries / "ota-imgtool", "keygen", "-k", self.key, "-t", "ecdsa-p256")
        for version in ("1.0.0", "2.0.0"):
            run("strip", "-o", self.folder / f"app-{version}", binaries / f"example-app-{version}")

    def image(self, version, *options, name=None, payload=None):
        path = self.folder / f"{name or version}.img"
        if not path.exists():
            run(self.binaries / "ota-imgtool", "sign", "-k", self.key, "-v", version, "-H", 1024,
                "--pad-header", "--align", 8, "-S", SLOT, *options,
                payload or self.folder / f"app-{version}", path)
        return path


class Device:
    """An emulated board that runs the example application, at first 1.0.0."""

    def __init__(self, binaries, boards, radio, files, *options, image=None):
        self.files, self.binaries = files, binaries
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=files.folder))
        self.common = ["--board", boards / "generic-swap.json", "--flash", self.folder / "flash"]
        run(binaries / "ota-board", "program", *self.common, "--slot", "primary",
            image or files.image("1.0.0"))
        command = [binaries / "ota-board", "run", *self.common, "--key", files.key, "--",
                   "--transport", "ble", "--ble", "test board", *options]
        self.log = open(self.folder / "console", "w+b")
        self.process = subprocess.Popen([*map(str, command)], stdout=self.log,
                                        stderr=subprocess.STDOUT, env=radio.env)

    def console(self):
        return (self.folder / "console").read_text(errors="replace")

    def wait_for(self, pattern, count=1, seconds=40):
        end = time.monotonic() + seconds
        while len(re.findall(pattern, self.console())) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"no {pattern!r} on the console:\n{self.console()}")
            select.select([], [], [], 0.02)

    def ready(self, boots=1):
        self.wait_for("ble: waiting for a peer", boots)

    def version(self):
        info = json.loads(run(self.binaries / "ota-board", "info", *self.common, "--key",
                              self.files.key, "--json"))
        return info["primary"]["image"]["version"].split("+")[0]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follows docs/getting-started.md to the letter: writes the program that it shows, and runs every
block of commands as one script, in a folder that looks like that of the sources.

usage: test_getting_started.py SOURCE_DIR BUILD_DIR
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import free_port  # noqa: E402

SOURCE, BUILD = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def main():
    blocks = BLOCK.findall((SOURCE / "docs" / "getting-started.md").read_text())
    script = "set -eo pipefail\n" + "".join(text for kind, text in blocks if kind == "sh")
    program = "".join(text for kind, text in blocks if kind == "c")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in ("include", "ports", "boards"):
            (folder / name).symlink_to(SOURCE / name)
        (folder / "build").symlink_to(BUILD)
        (folder / "first.c").write_text(program)
        process = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PORT": str(free_port()), "PATH": os.environ["PATH"] + ":/usr/sbin"})
        try:
            # What it starts in the background keeps the pipe open: the script itself is waited for.
            status = process.wait(100)
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shown = process.stdout.read()
    print(shown)
    if status != 0 or shown.count("hello, this is 2.0.0") < 2:
        sys.exit(f"the commands of docs/getting-started.md end with {status}")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of README.md and docs/*.md: all ```sh blocks of a page, in order, as one script
in a folder of its own that looks like that of the sources. A block of another kind (```text) is
shown and not run. HTML comments, which readers do not see, say what else there is to know:

  <!-- file: NAME -->      the next block becomes the file NAME
  <!-- serves: TEXT -->    the next block stays in the background from when it has printed TEXT
  <!-- run by: PATH -->    the next block is run by that file of the sources, not here
  <!-- setup: COMMANDS --> run here: makes what the page takes for granted, or looks at what came out

Names and ports that a test cannot have are exchanged (EXCHANGED, PORTS).

usage: test_docs.py SOURCE_DIR BUILD_DIR [PAGE...]
"""
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mosquitto import free_port  # noqa: E402

PIECE = re.compile(
    r"<!-- (?P<mark>[a-z ]+): *(?P<value>.*?)\s*-->|^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
MARKS = ("file", "serves", "run by", "setup")
EXCHANGED = {"broker.example": "localhost", "ota.example": "localhost",
             "/srv/": "$PWD/srv/", "/etc/": "$PWD/etc/", "/var/": "$PWD/var/"}
PORTS = ("1883", "8883", "8080", "8443", "443")
LIMIT_S = 100
HEAD = """set -eo pipefail
n=0
serve() { # TEXT SCRIPT: begins it, waits until it has said so, and lets it go on
    n=$((n + 1))
    local log=served/$n pid
    bash -ec "$2" >$log 2>&1 &
    pid=$!
    for ((i = 0; i < 200; i++)); do
        if grep -qF -e "$1" $log; then cat $log; return 0; fi
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
    cat $log
    echo "it never said '$1'"
    return 1
}
"""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


class Page:
    def __init__(self, source, path):
        self.source, self.path = source, path
        self.name = str(path.relative_to(source))
        self.blocks = 0
        self.ports = {port: str(free_port()) for port in PORTS}

    def exchanged(self, text, folder):
        for name, other in EXCHANGED.items():
            text = re.sub(r"(?<![\w$])" + re.escape(name), other.replace("$PWD", folder), text)
        return re.sub(r"(?<![\w.-])(" + "|".join(PORTS) + r")\b", lambda m: self.ports[m[1]], text)

    def script(self, folder):
        """The page as a script; files are written on the way."""
        out, waiting = [HEAD], {}
        text = self.path.read_text()
        for piece in PIECE.finditer(text):
            where = f"{self.name}:{text.count(chr(10), 0, piece.start()) + 1}"
            mark, value, kind = piece["mark"], piece["value"], piece["kind"]
            if mark == "setup":
                out.append(f"echo '== {where} (setup)'\n{self.exchanged(value, folder)}\n")
            elif mark in MARKS:
                waiting[mark] = value
            elif mark:
                raise SystemExit(f"{where}: '{mark}' is none of {', '.join(MARKS)}")
            else:
                out += self.block(kind, self.exchanged(piece["text"], folder), waiting, where)
                waiting = {}
        return "".join(out)

    def block(self, kind, text, waiting, where):
        if "run by" in waiting:
            if not (self.source / waiting["run by"]).is_file():
                raise SystemExit(f"{where}: there is no {waiting['run by']} that could run it")
        elif "file" in waiting:
            yield f"mkdir -p \"$(dirname {waiting['file']})\"\n"
            yield f"printf %s {quoted(text)} >{waiting['file']}\n"
        elif kind == "sh":
            self.blocks += 1
            yield f"echo '== {where}'\n"
            yield f"serve {quoted(waiting['serves'])} {quoted(text)}\n" if "serves" in waiting else text

    def run(self, build):
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as temp, tempfile.TemporaryFile() as log:
            folder = pathlib.Path(temp)
            folder.chmod(0o755)  # a broker that was started by root reads as another user
            for path in self.source.iterdir():
                if path.name not in ("build", ".git"):
                    (folder / path.name).symlink_to(path)
            (folder / "build").symlink_to(build)
            (folder / "served").mkdir()
            script = self.script(temp)
            process = subprocess.Popen(
                ["bash", "-c", script], cwd=folder, start_new_session=True, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env={
                    **os.environ, "PATH": f"{build}/bin:{os.environ['PATH']}:/usr/sbin",
                    "HOME": temp})
            try:
                status = process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                status = f"no end within {LIMIT_S} s"
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            log.seek(0)
            shown = log.read().decode(errors="replace")
        return status, shown, time.monotonic() - begin


def main():
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        sys.exit(0 if len(sys.argv) > 1 else 2)
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    paths = [source / p for p in sys.argv[3:]] or [
        source / "README.md", *sorted((source / "docs").glob("*.md"))]
    pages = [Page(source, path) for path in paths]
    failed = []
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for page, (status, shown, seconds) in zip(pages, pool.map(lambda p: p.run(build), pages)):
            if page.blocks or status:
                print(f"{page.name}: {page.blocks} blocks, {seconds:.1f} s")
            if status or sys.argv[3:]:
                print(shown)
            if status:
                failed.append(f"{page.name}: its commands end with {status}; the last lines are above")
    print(f"{sum(page.blocks for page in pages)} blocks of {len(pages)} pages")
    if failed:
        sys.exit("\n".join(failed))


main()

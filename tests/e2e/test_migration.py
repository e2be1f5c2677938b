#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds an application of the original as docs/migration.md says, beside the sources.

usage: test_migration.py SOURCE_DIR
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1]).resolve()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def main():
    page = (SOURCE / "docs" / "migration.md").read_text()
    blocks = BLOCK.findall(page[:page.index("\n## From 3.x")])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "libota").symlink_to(SOURCE)
        (folder / "CMakeLists.txt").write_text(
            "".join(text for kind, text in blocks if kind == "cmake"))
        for name, source in (("main.c", "main.c"), ("ota_task.c", "update_task.c"),
                             ("update_task.h", "update_task.h"),
                             ("cy_ota_config.h", "cy_ota_config.h")):
            shutil.copy(SOURCE / "examples" / "compat" / source, folder / name)
        script = "set -e\n" + "".join(text for kind, text in blocks if kind == "sh")
        subprocess.run(["bash", "-c", script], cwd=folder, check=True, timeout=200)
        if not (folder / "build" / "my_app").is_file():
            sys.exit("docs/migration.md builds no my_app")


main()

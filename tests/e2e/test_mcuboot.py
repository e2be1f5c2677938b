#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Swaps that MCUboot begins are finished by ours and the reverse, at cuts that nobody recorded.

The other side is mcuboot_model.py. It is held to the recorded boots of the real bootloader first:
flash to the byte at every recorded cut, and what it makes of every recorded flash.

usage: test_mcuboot.py TOOL VECTORS STRIDE [unittest arguments]
STRIDE: every how many operations the power is cut; 1 is all of them and takes minutes.
"""
import concurrent.futures
import gzip
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mcuboot_model as mcuboot  # noqa: E402

TOOL = pathlib.Path(sys.argv[1]).resolve()
BOOTS = pathlib.Path(sys.argv[2]).resolve() / "boots"
STRIDE = int(sys.argv[3])
MODES = ("scratch-", "move-", "offset-")
SCENARIOS = ("cut-upgrade", "cut-revert", "cut-permanent")


class Swap:
    """A recorded swap of a configuration."""

    def __init__(self, folder):
        self.folder, self.name = folder, f"{folder.parent.name}/{folder.name}"
        self.result = json.loads((folder / "result.json").read_text())
        self.layout = json.loads((folder / "layout.json").read_text())
        self.begin = self.load(self.result["before"])
        self.end = next(c for c in self.result["cuts"] if c["recovered"])["next_boot"]["state"]

    def load(self, files):
        return {device: bytearray(gzip.decompress((self.folder / name).read_bytes()))
                for device, name in files.items()}

    def copy(self):
        return {device: bytearray(data) for device, data in self.begin.items()}

    def by_mcuboot(self, flash, cut_at=None, is_torn=False):
        """Boots; how many operations it took, or None if the power was cut."""
        power = mcuboot.Power(cut_at, is_torn)
        try:
            mcuboot.Boot(flash, self.layout, power).run()
        except mcuboot.Cut:
            return None
        return power.ops

    def by_ours(self, flash, cut_at=None, is_torn=False):
        cut = [] if cut_at is None else ["--cut-after", f"{cut_at}{':torn' if is_torn else ''}"]
        with tempfile.TemporaryDirectory() as directory:
            for device, data in flash.items():
                pathlib.Path(directory, f"{device}.bin").write_bytes(data)
            done = subprocess.run([TOOL, "--board", self.folder / "layout.json", "--flash", directory,
                                   "--json", *cut], capture_output=True, text=True, check=False,
                                  timeout=60)
            line = json.loads(done.stdout)
            for device in flash:
                flash[device][:] = pathlib.Path(directory, f"{device}.bin").read_bytes()
        if line["result"] == "refuses":
            raise mcuboot.Inconsistent(line["error"])
        return None if line["result"] == "cut" else line["operations"]["total"]

    def wrong(self, flash):
        """What is otherwise in flash than after the real bootloader's swap; empty: nothing."""
        boot, found = mcuboot.Boot(flash, self.layout, mcuboot.Power()), []
        for name in ("primary", "secondary"):
            area, want = getattr(boot, name), self.end[name]
            got = {"magic": boot.magic_state(area), "image_ok": boot.flag(area, mcuboot.IMAGE_OK),
                   "copy_done": boot.flag(area, mcuboot.COPY_DONE)}
            found += [f"{name} {field} is {value}" for field, value in got.items()
                      if want["trailer"][field] != value]
            image = want["image"]
            if image and hashlib.sha256(area.read(want["image_offset"], image["total_size"])
                                        ).hexdigest() != image["sha256"]:
                found.append(f"{name} has another image")
        return ", ".join(found)

    def handed_over(self, first, second, cut_at, is_torn):
        """One cut in the first boot, the second by the other. None if the first was not cut, else
        what is wrong afterwards."""
        flash = self.copy()
        if first(flash, cut_at, is_torn) is not None:
            return None
        try:
            second(flash)
        except (mcuboot.Inconsistent, AssertionError) as e:
            return f"cannot go on: {e}"
        return self.wrong(flash)


def swaps():
    return [Swap(folder / name) for folder in sorted(BOOTS.iterdir())
            if folder.name.startswith(MODES) for name in SCENARIOS if (folder / name).exists()]


class Interchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.swaps = swaps()

    def test_the_model_writes_what_the_real_one_wrote(self):
        compared = 0
        for swap in self.swaps:
            ops = swap.by_mcuboot(swap.copy())
            self.assertEqual(ops, swap.result["uncut_total_ops"], swap.name)
            for cut in swap.result["cuts"]:
                flash = swap.copy()
                self.assertIsNone(swap.by_mcuboot(flash, cut["k"], cut["torn"]))
                self.assertEqual(flash, swap.load(cut["files"]),
                                 f"{swap.name} at {cut['k']}{' torn' if cut['torn'] else ''}")
                compared += 1
        print(f"{compared} recorded cuts: flash is the same to the byte", file=sys.stderr)

    def test_the_model_finishes_what_the_real_one_finished(self):
        for swap in self.swaps:
            for cut in swap.result["cuts"]:
                if cut["recovered"]:
                    flash = swap.load(cut["files"])
                    swap.by_mcuboot(flash)
                    self.assertEqual(swap.wrong(flash), "", f"{swap.name} at {cut['k']}")

    def hand_over(self, by):
        """Cuts every swap at every STRIDE-th operation, clean and torn."""
        def cut(job):
            swap, at, is_torn = job
            first, second = by(swap)
            why = swap.handed_over(first, second, at, is_torn)
            return why, f"{swap.name} at {at}{' torn' if is_torn else ''}: {why}"

        jobs = [(swap, at, is_torn) for i, swap in enumerate(self.swaps)
                for at in range(i % STRIDE, swap.result["uncut_total_ops"], STRIDE)
                for is_torn in (False, True)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(cut, jobs))
        wrong = [text for why, text in results if why]
        print(f"{sum(why is not None for why, _ in results)} cuts, {len(wrong)} not finished",
              file=sys.stderr)
        self.assertEqual(wrong, [])

    def test_ours_finishes_what_mcuboot_begins(self):
        self.hand_over(lambda swap: (swap.by_mcuboot, swap.by_ours))

    def test_mcuboot_finishes_what_ours_begins(self):
        self.hand_over(lambda swap: (swap.by_ours, swap.by_mcuboot))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that the power cut harness finds what it should.

Plants one defect at a time in a copy of one source file, links the harness with it in place of the
library's own, and expects the harness to complain. The sources themselves stay as they are.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

# What, in which file, the line's text before and after, and the mode that must show it.
BUGS = (
    ("a torn copy_done is no end of a trial", "boot/select.c",
     "p.copy_done = OTA_FIELD_SET;", "p.copy_done = OTA_FIELD_BAD;", "swap-move"),
    ("a revert is not made final", "boot/boot.c",
     "b->type != OTA_SWAP_TEST && (", "b->type == OTA_SWAP_PERM && (", "swap-scratch"),
    ("a chunk over the trailer is recorded in the slot that it replaces", "boot/swap_scratch.c",
     "b->is_big && b->state < STATES ? OTA_BOOT_SCRATCH : OTA_BOOT_PRIMARY", "OTA_BOOT_PRIMARY",
     "swap-scratch"),
    ("no copy of the announcement of a revert", "boot/status_trailer.c",
     "b->info_in == OTA_BOOT_NOWHERE && b->type == OTA_SWAP_REVERT", "false", "swap-scratch"),
    ("a status entry is read once", "boot/status_trailer.c",
     "rc == 0 && value == area->flash->erased", "rc != 0", "swap-move"),
    ("a revert is not announced in the secondary slot", "boot/swap_units.c",
     "b->type == OTA_SWAP_REVERT ? is_announced(b) : 1", "1", "swap-move"),
    ("the newest copy of a row is the one that is written", "boot/status_partition.c",
     "r->next = off[0];", "r->next = off[1];", "swap-status-scratch"),
    ("a revert using offset is announced as an upgrade", "boot/swap_units.c",
     "is_offset(b) ? OTA_TRAILER_COPY_DONE : OTA_TRAILER_IMAGE_OK",
     "is_offset(b) ? OTA_TRAILER_SWAP_INFO : OTA_TRAILER_IMAGE_OK",
     "swap-offset"),
    ("what an image needs is not looked at", "boot/set.c",
     "rc = is_whole(s, true, false);", "rc = 1;", "set"),
    ("the first image's trial ends while the second is installed", "boot/set.c",
     "return rc == 1 ? let_all_be(s, false, NULL) : rc;", "return rc == 1 ? 0 : rc;", "set"),
    ("an announced revert is taken for an upgrade", "boot/select.c",
     "b->type = OTA_SWAP_REVERT;", "b->type = OTA_SWAP_PERM;", "set"),
    ("half a confirmation ends the other half's trial", "boot/set.c",
     "return rc == 0 ? let_all_be(s, false, keep) : rc < 0 ? rc : 0;", "return rc < 0 ? rc : 0;",
     "set"),
    ("a trial that is over is not noticed", "boot/direct_xip.c",
     "? RANK_OVER : RANK_GOOD", "? RANK_GOOD : RANK_GOOD", "direct-xip"),
)
MULTI = ("set", "direct-xip")  # modes of the other harness

# The same in the agent: found by the lives of whole updates.
AGENT_BUGS = (
    ("an image is marked before the record log knows of it", "src/agent/verify.c",
     "rc = rc == 0 ? ota_agent_note(a, OTA_NOTE_MARKING) : rc;", "", "swap-scratch"),
    ("a torn mark stays in the slot", "src/agent/data.c",
     "clean_end(a, &off) != 0 || off == 0 ||", "", "swap-scratch"),
    ("the record log counts bytes that are not programmed yet", "src/agent/memory.c",
     "a->env.xfer.next - a->env.xfer.next % OTA_CHUNK_LEN", "a->env.xfer.next", "swap-move"),
    ("a rejected image is tried again", "src/agent/memory.c",
     "r.returns = RETURNS_MAX;", "r.returns = 1;", "swap-scratch"),
)

# And with archives of two images.
ARCHIVE_BUGS = (
    ("the second image is forgotten between the marks", "src/agent/memory.c",
     "rc = rc == 0 ? ota_slot_set_pending(c->secondary2, c->is_permanent) : rc;", "",
     "archive-scratch"),
    ("a torn mark of the second image stays", "src/agent/memory.c",
     "rc = ota_agent_unmark_second(a);", "rc = 0;", "archive-overwrite"),
    ("an archive goes on behind an image that is not there", "src/engine/archive.c",
     "a->done = part->is_other_done ? (uint8_t)(1u << (1 - part->image)) : 0;", "a->done = 3;",
     "archive-move"),
)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, required=True, help="of the sources")
    parser.add_argument("--cc", required=True, help="C compiler")
    parser.add_argument("--update", required=True, help="objects of powercut_update, with ; between")
    parser.add_argument("--archive", required=True, help="objects of powercut_archive, likewise")
    parser.add_argument("--flag", action="append", default=[], help="for the compiler")
    parser.add_argument("--multi", required=True, help="harness of several images and slots")
    parser.add_argument("libs", nargs="+", help="harness and libraries, in link order")
    return parser.parse_args()


def plant(args, work, bug, objects):
    """A harness with the bug in it."""
    what, name, before, after, mode = bug
    libs = [args.multi, *args.libs[1:]] if mode in MULTI else args.libs
    text = (args.root / name).read_text()
    if text.count(before) != 1:
        sys.exit(f"seeded: '{what}': {name} has its line {text.count(before)} times, not once")
    source = work / pathlib.Path(name).name
    source.write_text(text.replace(before, after))
    program = work / "powercut"
    subprocess.run([args.cc, "-std=c99", "-O2", *args.flag, f"-I{args.root}/include",
                    f"-I{args.root}/src", f"-I{args.root}/boot", "-o", program, source, *objects,
                    "-Wl,--start-group", *libs, "-Wl,--end-group"], check=True)
    return program


def main():
    args = arguments()
    missed = 0
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        for bug in BUGS + AGENT_BUGS + ARCHIVE_BUGS:
            objects = ([] if bug in BUGS else
                       (args.update if bug in AGENT_BUGS else args.archive).split(";"))
            program = plant(args, work, bug, objects)
            stride = [] if bug[4] in MULTI else ["--stride", "29"]
            run = subprocess.run([program, "--mode", bug[4], *stride, "--first"],
                                 capture_output=True, text=True, check=False, timeout=120)
            told = [line for line in run.stdout.splitlines() if "cut at " in line]
            found = run.returncode == 1 and len(told) > 0
            missed += not found
            print(f"{'found' if found else 'MISSED'}: {bug[0]}")
            if found:
                print(f"       {told[0]}")
            (work / pathlib.Path(bug[1]).name).unlink()
    if missed:
        sys.exit(f"seeded: {missed} defects were not found")
    print(f"seeded: all {len(BUGS) + len(AGENT_BUGS) + len(ARCHIVE_BUGS)} found")


main()

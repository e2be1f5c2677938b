#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies the model of the update protocol, and that the code does what the model says.

For each mode: the whole state space is searched for violated assertions, and for lives that violate
a claim; every statement of the model must have been reached; then replay runs the code along all
transitions. After that, planted defects must be found.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

MODES = {"swap-scratch": [], "overwrite": ["-DOVERWRITE"]}
CLAIMS = ("recovers", "updates")

# The model's files of each mode, and the operations in them that it has no use for: no trials.
FILES = {"swap-scratch": ("update.pml", "boot_swap_scratch.pml"),
         "overwrite": ("update.pml", "boot_overwrite.pml")}
UNUSED = {"swap-scratch": set(), "overwrite": {51, 53, 61, 62}}

# What is done wrong, the mode, and a part of the assertion that shows it.
DEFECTS = (
    ("NO_COPY", "swap-scratch", "tried"),
    ("TORN_END", "swap-scratch", "tried"),
    ("EARLY_COUNTER", "swap-scratch", "counter"),
    ("EARLY_RECORD", "swap-scratch", "P[0]==P[1]"),
    ("ANNOUNCEMENT_STAYS", "swap-scratch", "S[0]==offered"),
    ("STALE_LOG", "swap-scratch", "S[0]==offered"),
    ("LATE_LOG", "swap-scratch", "j_version==P[0]"),
    ("REQUEST_FIRST", "overwrite", "P[0]==P[1]"),
)
# Not a defect, but the assumption about erases that docs/proof.md names: without it, this.
ASSUMPTION = ("-DFIELDS_GO_FIRST", "swap-scratch", "P[0]==P[1]")


class Failed(Exception):
    """Something that the search found, or did not."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spin", required=True, help="the model checker")
    parser.add_argument("--cc", required=True, help="C compiler")
    parser.add_argument("--replay", required=True, help="program that runs the code")
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    return parser.parse_args()


def build(args, work, defines, flags):
    """A verifier in a directory of its own."""
    # -o2: variables that are only written are part of the state, since they are printed.
    subprocess.run([args.spin, "-a", "-o2", *defines, args.model.resolve() / "update.pml"],
                   cwd=work, check=True, stdout=subprocess.DEVNULL, timeout=60)
    subprocess.run([args.cc, "-w", "-DNOREDUCE", "-DMEMLIM=3000", *flags, "-o", "pan",
                    "pan.c"], cwd=work, check=True, timeout=200)
    return work / "pan"


def search(pan, *options, table=24):
    """Runs a verifier whose table has 2^table places. Its output, which may be all transitions, is
    in a file."""
    name = pan.with_name("out")
    with name.open("wb") as out:
        subprocess.run([pan, "-m100000", f"-w{table}", *options], cwd=pan.parent, stdout=out,
                       stderr=subprocess.STDOUT, check=False, timeout=300)
    size = name.stat().st_size
    with name.open("rb") as out:
        head = out.read(4096).decode()
        out.seek(max(0, size - 65536))
        tail = out.read().decode()
    return name, head + tail


def expect_clean(what, report):
    """No error, nothing left out, no statement that was never reached."""
    if re.search(r"errors: (\d+)", report) is None or "errors: 0\n" not in report:
        raise Failed(f"{what}: {report[-3000:]}")
    for word in ("not completed", "truncated", "too small", "out of memory", "aborting"):
        if word in report:
            raise Failed(f"{what}: the search is not complete ({word})")
    unreached = re.search(r"unreached in init\n(.*?)(?=unreached in|\Z)", report, re.S)
    lines = [line.strip() for line in unreached.group(1).splitlines() if "state " in line]
    if [line for line in lines if not line.endswith('"-end-"')]:
        raise Failed(f"{what}: never reached:\n" + "\n".join(lines))
    stored = re.search(r"(\d+) states, stored", report).group(1)
    return f"{what}: {int(stored):,} states"


def expect_all_operations(args, mode, told):
    """The code has done every operation that is in the model."""
    calls = re.compile(
        r"\b(?:DO|RAISE|COPY_TRAILER|renew|(?:WRITE|ERASE|CLEAR)_\w+|erase_s_trailer)\((\d+)")
    texts = [(args.model / name).read_text() for name in FILES[mode]]
    wanted = {int(n) for text in texts for n in calls.findall(text)}
    done = next(line for line in told if line.startswith("operations:")).split()[1:]
    if wanted - UNUSED[mode] != {int(n) for n in done}:
        raise Failed(f"{mode}: the model has operations {sorted(wanted)}, the code did {done}")


def check_safety(args, mode):
    with tempfile.TemporaryDirectory() as work:
        pan = build(args, pathlib.Path(work), [*MODES[mode], "-DTRACE"],
                    ["-O1", "-DSAFETY", "-DNOCLAIM", "-DPRINTF"])
        out, report = search(pan)
        told = [expect_clean(f"{mode}, assertions", report)]
        with out.open("rb") as transitions:
            run = subprocess.run([args.replay, mode], stdin=transitions, text=True,
                                 stdout=subprocess.PIPE, check=False, timeout=300)
        told += [f"{mode}, code: {line}" for line in run.stdout.splitlines()]
        if run.returncode != 0:
            raise Failed("\n".join(told))
        expect_all_operations(args, mode, run.stdout.splitlines())
        return "\n".join(told)


def check_claims(args, mode):
    with tempfile.TemporaryDirectory() as work:
        pan = build(args, pathlib.Path(work), MODES[mode], ["-O1"])
        told = []
        for claim in CLAIMS:
            _, report = search(pan, "-a", "-N", claim)
            if f"+ ({claim})" not in report or "acceptance   cycles \t+" not in report:
                raise Failed(f"{mode}: the claim {claim} was not checked: {report[:2000]}")
            told.append(expect_clean(f"{mode}, claim {claim}", report))
        return "\n".join(told)


def check_defect(args, what, mode, shows):
    with tempfile.TemporaryDirectory() as work:
        pan = build(args, pathlib.Path(work), [*MODES[mode], what],
                    ["-O0", "-DSAFETY", "-DNOCLAIM"])
        _, report = search(pan, table=20)
    found = re.search(r"^pan:1: (.*) \(at depth", report, re.M)
    if found is None or "assertion violated" not in found.group(1) or shows not in found.group(1):
        raise Failed(f"MISSED: {what} ({mode}): {found.group(1) if found else 'no error'}")
    return f"found: {what} ({mode}): {found.group(1)}"


def check_tie(args):
    """The code does not do what a wrong model says."""
    with tempfile.TemporaryDirectory() as work:
        pan = build(args, pathlib.Path(work), ["-DOVERWRITE", "-DDEFECT_LATE_LOG", "-DTRACE"],
                    ["-O1", "-DSAFETY", "-DNOCLAIM", "-DPRINTF"])
        out, _ = search(pan, "-c0", table=20)
        with out.open("rb") as transitions:
            run = subprocess.run([args.replay, "overwrite"], stdin=transitions, text=True,
                                 stdout=subprocess.PIPE, check=False, timeout=300)
    told = [line for line in run.stdout.splitlines() if "no such" in line]
    if run.returncode != 1 or not told:
        raise Failed("MISSED: the code follows a model that is wrong")
    return f"found: the code does not follow a wrong model: {told[0]}"


def main():
    args = arguments()
    jobs = [(check_safety, "swap-scratch"), (check_claims, "swap-scratch"),
            (check_safety, "overwrite"), (check_claims, "overwrite"), (check_tie,),
            (check_defect, *ASSUMPTION)]
    jobs += [(check_defect, f"-DDEFECT_{what}", mode, shows) for what, mode, shows in DEFECTS]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(job[0], args, *job[1:]) for job in jobs]:
            try:
                print(done.result(), flush=True)
            except (Failed, subprocess.SubprocessError) as why:
                failures += 1
                print(why, flush=True)
    if failures:
        sys.exit(f"model: {failures} checks failed")


main()

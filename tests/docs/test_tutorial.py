#!/usr/bin/python3
"""Follows docs/tutorial.md word for word, in one empty folder, with an installed program, and compares every output.

    test_tutorial.py --prefix /usr            a program that is installed there, as the Debian package does
    test_tutorial.py --build build/release    installs that build under a temporary folder first
    test_tutorial.py ... --update             writes the outputs that differ into the page
    test_tutorial.py ... --page FILE          another copy of the page

page_session.py says how the page is read. What differs from machine to machine and from run to run is in RULES;
everything else must be equal to the character, every loss and every count among it. Needs no Python package; the page
itself needs those that it names. Exit status: 0 as shown, 1 not.
"""
import re
import sys

import page_session

SIZE = r"[\d.]+ (?:bytes|[KMGT]iB)"

RULES = [
    *page_session.RUN_RULES,
    ("how far an interrupted run came", r"interrupted; (?:no network was finished, .*|\d+ of 540 networks are kept in "
                                        r".*)",
     "interrupted; ...", "long.h5"),
    ("what gather found of it", r"\b\d+ of 540 networks", "N of 540 networks", "long.h5"),
    ("what it continued from, if anything", r"^initsweep: continuing: \d+ networks are already finished\n", "",
     "long.h5"),
    ("a line of progress, now and then", r"^initsweep: +\d+ %, .*\n", "", "long.h5"),
    ("what was left of it", r"trained \d+ ", "trained N ", "long.h5"),
    ("work that was left of it", r"[\d.]+ [kMG] network-steps", "N network-steps", "long.h5"),
    ("predicted time", r"about [\d.e+-]+ (?:ms|s|min|h) on (.*) \(estimate: .*\)", r"about TIME on \1",
     "initsweep plan"),
    ("memory and checkpoints follow the threads", rf"{SIZE} (per rank of|for checkpoints)", r"SIZE \1",
     "initsweep plan"),
    ("memory of the machine, or of a container", rf"this (?:machine has|job or container may use) {SIZE}",
     "this machine has SIZE", "initsweep plan"),
    ("free space", rf"free space +{SIZE}", "free space SIZE", "initsweep plan"),
    ("version", r"^initsweep [\d.]+ \(.*\)$", "initsweep VERSION", "--version"),
    ("where and when",
     r"^  (program_version|git_description|kernels|mpi|hdf5|threads|hosts|start_time|end_time|seconds) +.*$",
     r"  \1", "initsweep show"),
]


def rules_keep_numbers() -> None:
    """A loss, a count or a hash that differs is seen."""
    run = "first.h5: 540 networks; trained 540 (0 diverged) in 0.2 s: 540 k network-steps, 3 M/s"
    for command, line in (("initsweep run first.yaml", run),
                          ("initsweep show first.h5", "zeros  90  0  0.6931  0.6931"),
                          ("initsweep plan first.yaml", "packs        36 of 16 networks"),
                          ("results_hash.py", "32e171d704a8d5ef  first.h5")):
        for digit in re.finditer(r"(?<![\d.])[1-9](?=\d|$)", line.split(" in ")[0]):
            other = line[: digit.start()] + str(10 - int(digit[0]) if digit[0] != "5" else 4) + line[digit.end() :]
            assert page_session.plain(line, command, RULES) != page_session.plain(other, command, RULES), (line, other)


if __name__ == "__main__":
    rules_keep_numbers()
    sys.exit(page_session.main(page_session.SOURCE / "docs/tutorial.md", RULES, 15, __doc__))

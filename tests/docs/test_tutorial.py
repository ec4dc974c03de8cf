#!/usr/bin/python3
"""Follows docs/tutorial.md word for word, in one empty folder, with an installed program, and compares every output.

    test_tutorial.py --prefix /usr            a program that is installed there, as the Debian package does
    test_tutorial.py --build build/release    installs that build under a temporary folder first
    test_tutorial.py ... --update             writes the outputs that differ into the page
    test_tutorial.py ... --page FILE          another copy of the page

How the page is read: `sh` blocks go to one bash, in their order; a `text` block right after one is what it prints, on both
streams; a `sh` block without one prints nothing. A `yaml` or `python` block after "Save this as `NAME`:" is that file.
Both sides are compared after RULES, which take out what differs from machine to machine and from run to run; everything
else must be equal to the character, every loss and every count among it. Needs no Python package; the page itself needs those
that it names. Exit status: 0 as shown, 1 not.
"""
import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pages

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = SOURCE / "docs/tutorial.md"
SIZE = r"[\d.]+ (?:bytes|[KMGT]iB)"

# What may differ: what it is, its pattern, what both sides get in its place, and the commands whose output it is for.
RULES = [
    ("how long it took", r"\bin [\d.e+-]+ (?:s|min|h)\b", "in TIME", "initsweep run"),
    ("how fast it was", r"[\d.]+ (?:[kMG]/s|/s)", "RATE", "initsweep run"),
    ("threads of this machine, and its instruction set",
     r"(ranks?) of \d+ threads?, (?:avx512|avx2|advsimd|portable)\b", r"\1 of THREADS",
     "initsweep run"),
    ("how far an interrupted run came", r"interrupted; (?:no network was finished, .*|\d+ of 540 networks are safe in .*)",
     "interrupted; ...", "long.h5"),
    ("what gather found of it", r"\b\d+ of 540 networks", "N of 540 networks", "long.h5"),
    ("what it went on from, if anything", r"^initsweep: going on: \d+ networks are done already\n", "", "long.h5"),
    ("a line of progress, now and then", r"^initsweep: +\d+ %, .*\n", "", "long.h5"),
    ("what was left of it", r"trained \d+ ", "trained N ", "long.h5"),
    ("work that was left of it", r"[\d.]+ [kMG] network-steps", "N network-steps", "long.h5"),
    ("predicted time", r"about [\d.e+-]+ (?:ms|s|min|h) on (.*) \(estimate: .*\)", r"about TIME on \1", "initsweep plan"),
    ("memory and checkpoints follow the threads", rf"{SIZE} (a rank of|for checkpoints)", r"SIZE \1", "initsweep plan"),
    ("free space", rf"free space +{SIZE}", "free space SIZE", "initsweep plan"),
    ("version", r"^initsweep [\d.]+ \(.*\)$", "initsweep VERSION", "--version"),
    ("where and when", r"^  (program_version|git_description|kernels|mpi|hdf5|threads|hosts|start_time|end_time|seconds) +.*$",
     r"  \1", "initsweep show"),
]


def plain(text: str, command: str) -> list[str]:
    """Lines of an output, after the rules for that command. The classes of `plan` stand in the order of their measured cost:
    they are sorted."""
    for _, pattern, instead, where in RULES:
        if where in command:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    head, title, classes = text.partition("classes of packs")
    return (head + title).splitlines() + sorted(classes.splitlines())


class Shell:
    """One bash for all blocks of a page, in a folder of its own."""

    def __init__(self, prefix: pathlib.Path, folder: pathlib.Path):
        environment = {**os.environ, "PATH": f"{prefix}/bin:/usr/bin:/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                       "PYTHONDONTWRITEBYTECODE": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1"}
        for name in ("PYTHONPATH", "INITSWEEP_DATA", "OMP_NUM_THREADS"):
            environment.pop(name, None)
        if os.geteuid() == 0:  # in a container there is nobody else
            environment.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        self.folder = folder
        self.here = folder / "home"
        self.here.mkdir()
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.here,
                                     env=environment)

    def say(self, text: str) -> tuple[str, int]:
        """What a block prints on both streams, and its last exit status."""
        block, output = self.folder / "block.sh", self.folder / "output"
        block.write_text(text, encoding="utf-8")
        self.bash.stdin.write(f"source {block} </dev/null >{output} 2>&1; echo $?; pwd\n")
        self.bash.stdin.flush()
        status = int(self.bash.stdout.readline())
        self.here = pathlib.Path(self.bash.stdout.readline().rstrip("\n"))
        return output.read_text(encoding="utf-8"), status

    def close(self) -> None:
        self.bash.stdin.close()
        self.bash.wait(timeout=60)


def follow(page: pathlib.Path, shell: Shell) -> tuple[int, list[str], dict[int, str]]:
    """Goes through a page. Returns the number of its `sh` blocks, what went wrong, and outputs to put right by the line of
    their block."""
    blocks = pages.blocks(page)
    steps, wrong, seen = 0, [], {}
    for number, block in enumerate(blocks):
        if block.saved_as:
            (shell.here / block.saved_as).write_text(block.text, encoding="utf-8")
        if block.language != "sh":
            continue
        steps += 1
        after = blocks[number + 1] if number + 1 < len(blocks) else None
        shown = after.text if after and after.language == "text" and after.line == block.line + block.text.count("\n") + 2 else ""
        output, status = shell.say(block.text)
        if status != 0:
            wrong.append(f"{page.name}:{block.line}: exit status {status}\n{block.text}{output}")
        expected, got = plain(shown, block.text), plain(output, block.text)
        if expected != got:
            difference = "\n".join(difflib.unified_diff(expected, got, "as shown", "as seen", lineterm="", n=1))
            wrong.append(f"{page.name}:{block.line}: another output\n{block.text}{difference}")
            seen[block.line] = output
    return steps, wrong, seen


def update(page: pathlib.Path, seen: dict[int, str]) -> None:
    """Writes outputs behind their blocks. seen: text by the line of the `sh` block's fence."""
    lines = page.read_text(encoding="utf-8").split("\n")
    for start, output in sorted(seen.items(), reverse=True):
        end = lines.index("```", start)  # of the commands; lines count from 0 here, so start is the line after the fence
        behind = end + 1
        if lines[behind] == "```text":
            behind = lines.index("```", behind) + 1
        lines[end + 1 : behind] = ["```text", *output.rstrip("\n").split("\n"), "```"] if output else []
    page.write_text("\n".join(lines), encoding="utf-8")


def rules_keep_numbers() -> None:
    """A loss, a count or a hash that differs is seen."""
    run = "first.h5: 540 networks; trained 540 (0 diverged) in 0.2 s: 540 k network-steps, 3 M/s"
    for command, line in (("initsweep run first.yaml", run), ("initsweep show first.h5", "zeros  90  0  0.6931  0.6931"),
                          ("initsweep plan first.yaml", "packs        36 of 16 networks"),
                          ("results_hash.py", "32e171d704a8d5ef  first.h5")):
        for digit in re.finditer(r"(?<![\d.])[1-9](?=\d|$)", line.split(" in ")[0]):
            other = line[: digit.start()] + str(10 - int(digit[0]) if digit[0] != "5" else 4) + line[digit.end() :]
            assert plain(line, command) != plain(other, command), (line, other)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tree = parser.add_mutually_exclusive_group(required=True)
    tree.add_argument("--prefix", type=pathlib.Path, help="where the program is installed")
    tree.add_argument("--build", type=pathlib.Path, help="a build folder, to be installed first")
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--update", action="store_true", help="write the outputs that differ into the page")
    arguments = parser.parse_args()
    rules_keep_numbers()
    with tempfile.TemporaryDirectory(prefix="initsweep-tutorial-") as scratch:
        folder = pathlib.Path(scratch)
        prefix = arguments.prefix
        if arguments.build:
            prefix = folder / "installed"
            subprocess.run([os.environ.get("CMAKE", "cmake"), "--install", arguments.build, "--prefix", prefix], check=True,
                           stdout=subprocess.DEVNULL)
        shell = Shell(prefix.resolve(), folder)
        steps, wrong, seen = follow(arguments.page, shell)
        shell.close()
    if arguments.update:
        update(arguments.page, seen)
    for text in wrong:
        print(text, end="\n\n")
    print(f"{arguments.page.name}: {steps} blocks of commands, {len(wrong)} not as shown")
    return 1 if wrong or steps < 15 else 0


if __name__ == "__main__":
    sys.exit(main())

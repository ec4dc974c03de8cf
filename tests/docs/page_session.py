"""Follows a page of the documents word for word, in one empty folder, with an installed program, and compares every
output.

How a page is read: `sh` blocks go to one bash, in their order; a `text` block right after one is what it prints, on
both streams; a `sh` block without one prints nothing. A `yaml` or `python` block after "Save this as `NAME`:" is that
file. Both sides are compared after rules, which take out what differs from machine to machine and from run to run;
everything else must be equal to the character. Without ctest, mpirun needs its settings:
export $(scripts/mpi_settings.sh root crowded one-host).
"""
import argparse
import difflib
import os
import pathlib
import re
import subprocess
import tempfile
from collections.abc import Callable

import page_blocks

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# A rule: what may differ, its pattern, what both sides get in its place, and a word of the commands whose output it is
# for.
Rule = tuple[str, str, str, str]
RUN_RULES: list[Rule] = [
    ("how long it took", r"\bin [\d.e+-]+ (?:s|min|h)\b", "in TIME", "initsweep run"),
    ("how fast it was", r"[\d.]+ (?:[kMG]/s|/s)", "RATE", "initsweep run"),
    ("threads of this machine, and its instruction set",
     r"(ranks?) of \d+ threads?, (?:avx512|avx2|advsimd|portable)\b", r"\1 of THREADS",
     "initsweep run"),
]


def plain(text: str, command: str, rules: list[Rule]) -> list[str]:
    """Lines of an output, after the rules for that command. The classes of `plan` stand in the order of their measured
    cost: they are sorted."""
    for _, pattern, instead, where in rules:
        if where in command:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    head, title, classes = text.partition("classes of packs")
    return (head + title).splitlines() + sorted(classes.splitlines())


INSTALLS = re.compile(r"cmake --install build/release --prefix ~/\.local\b")  # a page that begins after the quick start


class Shell:
    """One bash for all blocks of a page, in a folder of its own."""

    def __init__(self, prefix: pathlib.Path, folder: pathlib.Path, build: pathlib.Path | None):
        """build: of a page that installs the program itself, into its home folder."""
        environment = {**os.environ, "PATH": f"{prefix}/bin:/usr/bin:/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                       "PYTHONDONTWRITEBYTECODE": "1", "INITSWEEP_LAYOUT": "networks"}  # not what is faster here
        for name in ("PYTHONPATH", "INITSWEEP_DATA", "OMP_NUM_THREADS"):
            environment.pop(name, None)
        self.folder, self.is_installed = folder, build is None
        self.here = folder / "home"
        self.here.mkdir()
        if build:
            environment["HOME"] = str(folder / "of-user")
            (self.here / "build").mkdir()
            (self.here / "build/release").symlink_to(build.resolve())
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                     cwd=self.here, env=environment)

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


def follow(page: pathlib.Path, shell: Shell, rules: list[Rule]) -> tuple[int, list[str], dict[int, str]]:
    """Goes through a page. Returns the number of its `sh` blocks, what went wrong, and outputs to put right by the line
    of their block."""
    blocks = page_blocks.blocks(page)
    steps, wrong, seen = 0, [], {}
    for number, block in enumerate(blocks):
        if block.saved_as:
            (shell.here / block.saved_as).write_text(block.text, encoding="utf-8")
        if block.language != "sh":
            continue
        steps += 1
        if INSTALLS.match(block.text) and shell.is_installed:
            continue
        after = blocks[number + 1] if number + 1 < len(blocks) else None
        follows = after and after.language == "text" and after.line == block.line + block.text.count("\n") + 2
        shown = after.text if follows else ""
        output, status = shell.say(block.text)
        if status != 0:
            wrong.append(f"{page.name}:{block.line}: exit status {status}\n{block.text}{output}")
        expected, got = plain(shown, block.text, rules), plain(output, block.text, rules)
        if expected != got:
            difference = "\n".join(difflib.unified_diff(expected, got, "as shown", "as seen", lineterm="", n=1))
            wrong.append(f"{page.name}:{block.line}: another output\n{block.text}{difference}")
            seen[block.line] = output
    return steps, wrong, seen


def update(page: pathlib.Path, seen: dict[int, str]) -> None:
    """Writes outputs behind their blocks. seen: text by the line of the `sh` block's fence."""
    lines = page.read_text(encoding="utf-8").split("\n")
    for start, output in sorted(seen.items(), reverse=True):
        # of the commands; lines count from 0 here, so start is the line after the fence
        end = lines.index("```", start)
        behind = end + 1
        if lines[behind] == "```text":
            behind = lines.index("```", behind) + 1
        lines[end + 1 : behind] = ["```text", *output.rstrip("\n").split("\n"), "```"] if output else []
    page.write_text("\n".join(lines), encoding="utf-8")


def main(page: pathlib.Path, rules: list[Rule], least: int, description: str,
         afterwards: Callable[[Shell], list[str]] = lambda shell: []) -> int:
    """The whole test of a page. least: it has at least so many blocks of commands; afterwards: what else is wrong,
    asked in the shell and the folder that the page leaves. Returns the exit status: 0 as shown, 1 not."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    tree = parser.add_mutually_exclusive_group(required=True)
    tree.add_argument("--prefix", type=pathlib.Path, help="where the program is installed")
    tree.add_argument("--build", type=pathlib.Path, help="a build folder, to be installed first")
    parser.add_argument("--page", type=pathlib.Path, default=page)
    parser.add_argument("--update", action="store_true", help="write the outputs that differ into the page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"initsweep-{page.stem}-") as scratch:
        folder = pathlib.Path(scratch)
        prefix = arguments.prefix
        installs_itself = arguments.build and INSTALLS.search(arguments.page.read_text(encoding="utf-8"))
        if arguments.build:
            prefix = folder / "installed"
        if arguments.build and not installs_itself:
            subprocess.run([os.environ.get("CMAKE", "cmake"), "--install", arguments.build, "--prefix", prefix],
                           check=True, stdout=subprocess.DEVNULL)
        shell = Shell(prefix.resolve(), folder, arguments.build if installs_itself else None)
        steps, wrong, seen = follow(arguments.page, shell, rules)
        wrong += afterwards(shell)
        shell.close()
    if arguments.update:
        update(arguments.page, seen)
    for text in wrong:
        print(text, end="\n\n")
    print(f"{arguments.page.name}: {steps} blocks of commands, {len(wrong)} not as shown")
    return 1 if wrong or steps < least else 0

#!/usr/bin/python3
"""Makes the pictures of docs/plots.md: runs the page's commands and keeps each figure as docs/images/plots-KIND.png.

    gallery.py [--out FOLDER] [--images FOLDER]

The sweeps' results go into FOLDER of --out (out/gallery). A picture of a kind is what the page's command draws, in at
most 100 colours, so that it is small.
"""
import argparse
import pathlib
import re
import shlex
import subprocess
import sys

from initsweep.commands import plot
from initsweep.running import find_program
from initsweep.style import shrink

SOURCE = pathlib.Path(__file__).resolve().parents[1]
PAGE = SOURCE / "docs/plots.md"


def commands(page):
    """Commands of the page's sh blocks in their order, each a list of words. page: its text."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.strip() and not line.startswith("#")]


def sweeps(page):
    """The sweep files that the page says to save: their texts by their names. page: its text."""
    return dict(re.findall(r"^Save this as `([\w.]+)`:\n\n```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


def picture_of(kind):
    """Name of a kind's picture."""
    return f"plots-{kind}.png"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=SOURCE / "out/gallery", metavar="FOLDER")
    parser.add_argument("--images", type=pathlib.Path, default=SOURCE / "docs/images", metavar="FOLDER")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    program, done = find_program(), set()
    page = PAGE.read_text(encoding="utf-8")
    for name, text in sweeps(page).items():
        (arguments.out / name).write_text(text, encoding="utf-8")
    for words in commands(page):
        if words[0] == "initsweep":
            subprocess.run([program, *(str(SOURCE / word) if word.startswith("data/") else word for word in words[1:]),
                            "--quiet"],
                           cwd=arguments.out, check=True)
            continue
        kind, results, *options = words[1:]
        if kind in done:  # the first command of a kind is its picture
            continue
        done.add(kind)
        picture = arguments.images / picture_of(kind)
        sys.argv = ["plot.py", kind, str(arguments.out / results), *options, "-o", str(picture)]
        if plot.main() != 0:
            return 1
        shrink(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())

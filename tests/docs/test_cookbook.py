#!/usr/bin/python3
"""Follows docs/cookbook.md word for word with an installed program, compares every output, and compares the files that
the page shows with those of data/cookbook.

    test_cookbook.py --prefix /usr            a program that is installed there
    test_cookbook.py --build build/release    installs that build under a temporary folder first
    test_cookbook.py ... --update             writes outputs that differ, and files, into the page
    test_cookbook.py ... --page FILE          another copy of the page

page_session.py says how the page is read. Nothing is masked: results are exact to the bit. Needs h5py, as table.py
does. Exit status: 0 as shown, 1 not.
"""
import pathlib
import re
import sys

import page_session
import page_blocks

PAGE = page_session.SOURCE / "docs/cookbook.md"
FILES = page_session.SOURCE / "data/cookbook"
RECIPES = len(re.findall(r"^### ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def shown(page: pathlib.Path) -> list[str]:
    """What is wrong with the files in a page: every sweep of data/cookbook stands in it once, to the letter, and
    nothing else."""
    blocks = [block for block in page_blocks.blocks(page) if block.language in ("yaml", "python")]
    names = sorted(str(block.shows) for block in blocks)
    expected = sorted(file.name for file in FILES.iterdir() if file.suffix in (".yaml", ".py"))
    wrong = [] if names == expected else [f"{page.name}: files shown and files there:\n{names}\n{expected}"]
    for block in blocks:
        file = FILES / str(block.shows)
        if file.exists() and file.read_text(encoding="utf-8") != block.text:
            wrong.append(f"{page.name}:{block.line}: {file.name} is another in data/cookbook")
    return wrong


def numbered(page: pathlib.Path) -> list[str]:
    """What is wrong with the headings: recipes are numbered 1 to RECIPES, each with its question mark and a way
    further."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^### (\d+)\. .*\?$", text, re.MULTILINE)
    further = re.findall(r"^\*Further:\*", text, re.MULTILINE)
    good = [int(number) for number in headings] == list(range(1, RECIPES + 1)) and len(further) == RECIPES
    return [] if good else [f"{page.name}: recipes {headings}, {len(further)} ways further"]


def put_files(page: pathlib.Path) -> None:
    """Writes the files of data/cookbook into their blocks."""
    lines = page.read_text(encoding="utf-8").split("\n")
    for block in reversed(page_blocks.blocks(page)):
        if block.language in ("yaml", "python") and block.shows and (FILES / block.shows).exists():
            text = (FILES / block.shows).read_text(encoding="utf-8").rstrip("\n").split("\n")
            lines[block.line : lines.index("```", block.line)] = text
    page.write_text("\n".join(lines), encoding="utf-8")


def good_files(shell: page_session.Shell) -> list[str]:
    """What is wrong where the page has left its files: every sweep passes the check, and the table is what its script
    makes."""
    wrong = []
    for file in sorted(FILES.glob("*.yaml")):
        output, status = shell.say(f"initsweep check {file.name}\n")
        if status != 0:
            wrong.append(output)
    if shell.say(f"cmp pendulum.csv {FILES}/pendulum.csv\n")[1] != 0:
        wrong.append("pendulum.csv is another in data/cookbook")
    return wrong


def main() -> int:
    if "--update" in sys.argv:
        put_files(PAGE)
    wrong = shown(PAGE) + numbered(PAGE)
    for text in wrong:
        print(text)
    return 1 if page_session.main(PAGE, [], RECIPES, __doc__, good_files) or wrong else 0


if __name__ == "__main__":
    sys.exit(main())

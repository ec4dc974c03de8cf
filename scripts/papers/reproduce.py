"""The numbers and figures of papers from the results files of their sweeps.

    PYTHONPATH=scripts /usr/bin/python3 -m papers.reproduce --results out/papers [--only NAME]...

Results files are FOLDER/NAME.h5 of data/papers/NAME.yaml; scripts/reproduce_papers.sh trains them and calls this.
Writes NAME.json and figures/papers-NAME.png and .svg for each paper, and papers.md of all papers whose numbers are
there. Exit status: 0 every number is within its tolerance, 1 one is not or results are missing, 2 bad usage.
"""
from __future__ import annotations

import argparse
import difflib
import pathlib
import shutil
import sys

from initsweep.files import write_text
from initsweep.style import save, shrink
from papers.page import cells, page, read_rows, write_rows
from papers.paper import Module, Results, Row, find_papers

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NUMBERS = SOURCE / "data/papers"
DOCS = SOURCE / "docs"


def reproduce(module: Module, results: pathlib.Path, out: pathlib.Path) -> list[Row]:
    """Writes the numbers and the figure of one paper. Raises OSError, KeyError or ValueError."""
    paper = module.PAPER
    opened = Results(paper, results)
    rows = module.rows(opened)
    write_rows(out / f"{paper.name}.json", rows)
    figure = module.draw(opened)
    (out / "figures").mkdir(exist_ok=True)
    for suffix in ("png", "svg"):
        save(figure, out / f"figures/papers-{paper.name}.{suffix}", exact=True)
    return rows


def print_rows(paper: str, rows: list[Row]) -> None:
    """Prints a paper's table in columns."""
    lines = [("what", "theirs", "theory", "measured", "within"), *(tuple(cells(row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    print(paper)
    for line in lines:
        print("  " + "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths)).rstrip())


def kept_numbers(folder: pathlib.Path, papers: dict[str, Module]) -> dict[str, list[Row]]:
    """The rows of all papers whose numbers are in a folder."""
    return {name: read_rows(folder / f"{name}.json") for name in papers if (folder / f"{name}.json").exists()}


def update(names: list[str], out: pathlib.Path) -> None:
    """Keeps the numbers and pictures of these papers in the repository."""
    for name in names:
        shutil.copyfile(out / f"{name}.json", NUMBERS / f"{name}.json")
        picture = DOCS / f"images/papers-{name}.png"
        shutil.copyfile(out / f"figures/papers-{name}.png", picture)
        shrink(picture)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("out/papers"),
                        help="folder of the results files (out/papers)")
    parser.add_argument("--out", type=pathlib.Path, help="where numbers, figures and papers.md go (the same folder)")
    parser.add_argument("--only", action="append", metavar="NAME", help="this paper alone; may be given several times")
    parser.add_argument("--list", action="store_true", help="print the papers, and do nothing else")
    parser.add_argument("--sweeps", action="store_true", help="print the sweeps of the papers, and do nothing else")
    parser.add_argument("--update", action="store_true",
                        help="keep numbers in data/papers and pictures in docs/images, and write docs/papers.md")
    parser.add_argument("--page", action="store_true",
                        help="write docs/papers.md from data/papers, and do nothing else")
    options = parser.parse_args(arguments)
    papers = find_papers()
    names = options.only or list(papers)
    wrong = [name for name in names if name not in papers]
    if wrong:
        close = difflib.get_close_matches(wrong[0], papers, 1)
        meant = f"; did you mean {close[0]}?" if close else ""
        print(f"error: no paper {wrong[0]}{meant} There are {', '.join(papers)}", file=sys.stderr)
        return 2
    if options.list:
        for name in names:
            paper = papers[name].PAPER
            print(f"{name:22} {paper.authors} {paper.year}: {paper.title}")
        return 0
    if options.sweeps:
        print("\n".join(sweep for name in names for sweep in papers[name].PAPER.sweeps))
        return 0
    if options.page:
        write_text(DOCS / "papers.md", page(papers, kept_numbers(NUMBERS, papers)))
        return 0
    out = options.out or options.results
    out.mkdir(parents=True, exist_ok=True)
    done, bad = [], []
    for name in names:
        try:
            rows = reproduce(papers[name], options.results, out)
        except (OSError, KeyError, ValueError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            bad.append(name)
            continue
        print_rows(name, rows)
        done.append(name)
        if not all(row.within for row in rows):
            bad.append(name)
    write_text(out / "papers.md", page(papers, kept_numbers(out, papers), "figures", SOURCE.as_posix()))
    if options.update:
        update(done, out)
        write_text(DOCS / "papers.md", page(papers, kept_numbers(NUMBERS, papers)))
    if bad:
        print(f"error: not within tolerance, or without results: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

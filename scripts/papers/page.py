"""docs/papers.md: the section of each paper, from its description and its numbers."""
from __future__ import annotations

import json
import math
import pathlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from initsweep.files import json_value, write_text
from papers.paper import Module, Paper, Row

DIGITS = 6  # of the numbers that are kept; the last digits of an analysis depend on the version of NumPy
SHOWN = 4
WIDTH = 118

HEAD = """# Papers

Results that the literature knows, reproduced by initsweep, with the paper's number beside ours. One command makes all
of them, in less than ten minutes on two cores:

```sh
scripts/reproduce_papers.sh
```

It can be interrupted and goes on where it was; `--only NAME` makes one. It writes the numbers, the figures and this
page into `out/papers/`. In the tables, *theirs* is what the paper prints (empty where it prints no such number, or
where it could not be looked up), *theory* is the value of a formula, *measured* is ours, with a 95 % interval where
there is one, and *within* tells whether it lies within the tolerance, which the module of the paper states. A test
fails where a number leaves its tolerance.
"""


def number_text(value: float) -> str:
    """A number in four digits, as the tables show it."""
    if not math.isfinite(value):
        return {math.inf: "infinite", -math.inf: "-infinite"}.get(value, "not a number")
    return f"{value:.{SHOWN}g}"


def tolerance_text(row: Row) -> str:
    """Where the number of a row has to be."""
    if not math.isfinite(row.high):
        return f"at least {number_text(row.low)}"
    if not math.isfinite(row.low):
        return f"at most {number_text(row.high)}"
    return f"{number_text(row.low)} to {number_text(row.high)}"


def cells(row: Row) -> list[str]:
    """The cells of a row: what, theirs, theory, measured, within."""
    measured = number_text(row.measured)
    if row.interval is not None:
        measured += f" [{number_text(row.interval[0])}, {number_text(row.interval[1])}]"
    quantity = row.quantity + (f" ({row.unit})" if row.unit else "")
    theory = "" if row.theory is None else number_text(row.theory)
    return [quantity, row.theirs, theory, measured, f"{'yes' if row.within else 'no'} ({tolerance_text(row)})"]


def table(rows: Sequence[Row]) -> list[str]:
    """The lines of a paper's table. Raises ValueError if a cell has a character that would end it."""
    lines = ["| what | theirs | theory | measured | within |", "|---|---|---|---|---|"]
    for row in rows:
        shown = cells(row)
        if any("|" in cell or "\n" in cell for cell in shown):
            raise ValueError(f"'{row.quantity}': no | and no line break may be in a table")
        if not row.within:
            shown[-1] = f"**{shown[-1]}**"
        lines.append(f"| {' | '.join(shown)} |")
    return lines


def paragraph(text: str, before: str = "") -> str:
    """Text in lines of the page's width."""
    return textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=before, subsequent_indent=before,
                         break_long_words=False, break_on_hyphens=False)


def section(paper: Paper, rows: Sequence[Row], images: str, root: str) -> str:
    """The section of a paper. images, root: folder of the pictures and the repository, as seen from the page."""
    sweeps = ", ".join(f"[{name}.yaml]({root}/data/papers/{name}.yaml)" for name in paper.sweeps)
    mark = '"' if paper.quoted else ""
    return "\n".join([
        f"## {paper.authors} {paper.year}", "",
        paragraph(f"{paper.title}. {paper.source}."), "",
        paragraph(mark + paper.sentence + mark, "> "), "",
        f"![{' '.join(paper.caption.split())}]({images}/papers-{paper.name}.png)", "",
        paragraph(paper.caption), "",
        *table(rows), "",
        paragraph(f"Scaled: {paper.scaled}"), "",
        paragraph(f"Again: `scripts/reproduce_papers.sh --only {paper.name}` (sweeps: {sweeps}; analysis: "
                  f"[{paper.name}.py]({root}/scripts/papers/{paper.name}.py))."), ""])


def anchor(paper: Paper) -> str:
    """The link to a paper's section, as web pages make it of the heading."""
    return re.sub(r"[^\w -]", "", f"{paper.authors} {paper.year}".lower()).replace(" ", "-")


def summary(papers: Mapping[str, Paper], numbers: Mapping[str, Sequence[Row]]) -> list[str]:
    """The lines of the table of all papers."""
    lines = ["| paper | title | numbers within |", "|---|---|---|"]
    for name, paper in papers.items():
        within = sum(row.within for row in numbers[name])
        lines.append(f"| [{paper.authors} {paper.year}](#{anchor(paper)}) | {paper.title} | "
                     f"{within} of {len(numbers[name])} |")
    return lines


def page(papers: Mapping[str, Module], numbers: Mapping[str, Sequence[Row]], images: str = "images",
         root: str = "..") -> str:
    """The page, as docs/papers.md or with other paths. numbers: rows by the name of the paper; papers without are left
    out."""
    shown = [name for name in papers if name in numbers]
    every = summary({name: papers[name].PAPER for name in shown}, numbers)
    return "\n".join([HEAD, *every, "", *(section(papers[name].PAPER, numbers[name], images, root) for name in shown)])


def write_rows(path: pathlib.Path, rows: Sequence[Row]) -> None:
    """Keeps the numbers of a paper as a JSON file; an infinite end of a tolerance is null."""
    content = [{name: value for name, value in json_value(vars(row), DIGITS).items() if value not in ("", None)}
               for row in rows]
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_rows(path: pathlib.Path) -> list[Row]:
    """The numbers that write_rows kept."""
    rows = []
    for one in json.loads(path.read_text(encoding="utf-8")):
        if "interval" in one:
            one["interval"] = tuple(math.nan if end is None else end for end in one["interval"])
        given: dict[str, Any] = {"measured": math.nan, "low": -math.inf, "high": math.inf, **one}
        rows.append(Row(**given))
    return rows

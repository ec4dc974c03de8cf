"""The report's tables as HTML: overview, evidence, discussion, and the data of each figure."""
from __future__ import annotations

from typing import Any, Sequence

from initsweep.report import figures
from initsweep.report.reading import Report
from initsweep.report.text import escape, inline, interval, number, with_unit

MOST_CELLS = 20000  # of a figure's data tables; beyond, every k-th row

SLUG = {"TRUE": "true", "FALSE": "false", "CONDITIONAL": "conditional", "NOT DECIDED": "undecided"}

NOTHING = ' class="nothing"'  # a cell that a card leaves out
OUTCOME = {True: '<span class="holds yes">holds</span>', False: '<span class="holds no">does not hold</span>',
           None: '<span class="holds open">not decided</span>'}


def badge(verdict: str) -> str:
    return f'<span class="badge {SLUG[verdict]}">{escape(verdict)}</span>'


def stacked(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """A table whose rows become cards on a narrow screen. rows: HTML [row][column]; the first column names the row.

    The roles are what the elements are anyway: a browser forgets them when the style turns rows into blocks."""
    lines = [f'<table class="stack {kind}" role="table"><caption>{caption}</caption>',
             '<thead role="rowgroup"><tr role="row">'
             + "".join(f'<th scope="col" role="columnheader">{head}</th>' for head in heads) + "</tr></thead>",
             '<tbody role="rowgroup">']
    for row in rows:
        cells = [f'<th scope="row" role="rowheader" data-label="{escape(heads[0])}">{row[0]}</th>']
        cells += [f'<td role="cell" data-label="{escape(head)}"{NOTHING if one == "–" else ""}>{one}</td>'
                  for head, one in zip(heads[1:], row[1:])]
        lines.append(f'<tr role="row">{"".join(cells)}</tr>')
    return "\n".join([*lines, "</tbody></table>"])


def quantity(value: Any, unit: Any) -> str:
    shown = escape(number(value))
    return f'{shown} <span class="unit">{escape(unit)}</span>' if unit and unit != "1" else shown


def overview(report: Report) -> str:
    rows = []
    for claim in report.verdicts["claims"]:
        name = claim["id"]
        verdict = badge(claim["verdict"])
        if not claim["agrees"]:
            verdict += ' <span class="against">against the prediction</span>'
        if claim.get("condition"):
            verdict += f'<span class="condition">{inline(claim["condition"])}</span>'
        rows.append([f'<a href="#{name}">{name}</a>', f'<a class="quiet" href="#{name}">{inline(claim["claim"])}</a>', verdict,
                     f'<span class="figure-number">{quantity(claim["number"]["value"], claim["number"].get("unit"))}</span> '
                     f'<span class="what">{inline(claim["number"]["name"])}</span>',
                     inline(claim["margin"]["text"]) or "–"])
    return stacked("Every claim, its verdict, and the number that decides it", ["Claim", "As people state it", "Verdict",
                                                                              "Number", "Margin"], rows, "overview")


def evidence(claim: dict[str, Any]) -> str:
    rows = []
    for one in claim["evidence"]:
        between = "–" if one.get("interval") is None else escape(interval(*one["interval"]))
        threshold = one.get("threshold")
        threshold = "–" if threshold is None else escape(interval(*threshold) if isinstance(threshold, list) else number(threshold))
        rows.append([inline(one["statement"]), escape(one.get("side") or "–"), f'<code>{escape(one["rule"]).replace("_", "_<wbr>")}</code>',
                     f'<span class="figure-number">{escape(number(one["value"]))}</span>', between, threshold, OUTCOME[one["holds"]]])
    return stacked(f'<span class="hidden">Evidence for {escape(claim["id"])}</span>', ["Statement", "Side", "Rule", "Value", "95 % interval",
                                                           "Threshold", "Outcome"], rows, "evidence")


def discussion(report: Report) -> str:
    verdicts = {claim["id"]: claim["verdict"] for claim in report.verdicts["claims"]}
    rows = []
    for row in report.verdicts.get("discussion") or []:
        # a report of some claims alone has no part for the others
        links = " ".join(f'<span class="ruling"><a href="#{name}">{name}</a> {badge(verdicts[name])}</span>' if name in verdicts
                         else f'<span class="ruling">{escape(name)}, not in this report</span>' for name in row["claims"])
        rows.append([escape(number(row["number"])), inline(row["place"]), inline(row["paraphrase"]), links or "–"])
    return stacked("Every answer and comment of the discussion in a clause of our own, and the claims that decide it",
                   ["No.", "Place", "What is said", "Decided by"], rows, "discussion")


def cell(series: figures.Series, at: int) -> str:
    """A value of a series, with its interval."""
    value = escape(number(series["y"][at]))
    if series.get("low") is None:
        return value
    return f'{value} <span class="interval">{escape(interval(series["low"][at], series["high"][at]))}</span>'


def wide(figure: figures.Figure, series: list[figures.Series]) -> tuple[list[str], list[list[str]]] | None:
    """Heads and rows with a column for each series, or None where one has an x twice."""
    columns, xs = [], {}
    for one in series:
        if len(set(map(repr, one["x"]))) < len(one["x"]):
            return None
        columns.append({repr(x): i for i, x in enumerate(one["x"])})
        xs.update({repr(x): x for x in one["x"]})
    known = [x for x in xs.values() if x is not None]
    order = sorted(known) + [None] * (len(xs) - len(known))
    rows = [[escape(figures.category(figure["x"], x))]
            + [cell(one, column[repr(x)]) if repr(x) in column else "" for one, column in zip(series, columns)] for x in order]
    y = with_unit(figure["y"]["label"], figure["y"].get("unit"))
    names = [escape(one["label"] or y) for one in series]
    return [escape(with_unit(figure["x"]["label"], figure["x"].get("unit"))), *names], rows


def long(figure: figures.Figure, series: list[figures.Series]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows with a row for each point."""
    rows = [[escape(one["label"] or "–"), escape(figures.category(figure["x"], x)),
             escape(figures.category(figure["y"], one["y"][i])) if figure["y"].get("categories") else cell(one, i)]
            for one in series for i, x in enumerate(one["x"])]
    return ["series", *(escape(with_unit(figure[axis]["label"], figure[axis].get("unit"))) for axis in ("x", "y"))], rows


def of_cells(figure: figures.Figure, cells: list[list[Any]]) -> tuple[list[str], list[list[str]]]:
    corner = f'{with_unit(figure["y"]["label"], figure["y"].get("unit"))} \\ {with_unit(figure["x"]["label"], figure["x"].get("unit"))}'
    heads = [escape(corner), *(escape(number(value)) for value in figure["x"]["categories"])]
    rows = [[escape(number(value)), *(escape(number(one)) for one in row)]
            for value, row in zip(figure["y"]["categories"], cells)]
    return heads, rows


def plain(caption: str, heads: list[str], rows: list[list[str]], most: int, choice: str) -> str:
    """A table of a figure's data; `most` cells at most, then every k-th row and the last."""
    every = max(1, -(-len(rows) * len(heads) // max(most, 1)))
    note = ""
    if every > 1:
        count = len(rows)
        rows = [row for i, row in enumerate(rows) if i % every == 0 or i == count - 1]
        note = f" (1 row in {every} of {count:,}; all stand in the figure's JSON file)"
    lines = [f'<table class="data" data-choice="{escape(choice)}"><caption>{caption}{note}</caption><thead><tr>'
             + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"]
    lines += [f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{one}</td>" for one in row[1:]) + "</tr>" for row in rows]
    return "\n".join([*lines, "</tbody></table>"])


def data(figure: figures.Figure) -> str:
    """Data of a figure: a table for each combination of its select, in the order of figures.choices."""
    parts = []
    every = figures.choices(figure)
    for i, choice in enumerate(every):
        series, cells = figures.series_of(figure, choice), figures.cells_of(figure, choice)
        where = f" for {figures.choice_text(choice)}" if choice else ""
        most = MOST_CELLS // len(every)
        if figure["kind"] == "heatmap":
            caption = escape(figures.value_label(figure) + where)
            parts.append(plain(caption, *of_cells(figure, cells), most, str(i)) if cells
                         else f'<p data-choice="{i}">No cells{escape(where)}.</p>')
        if series or figure["kind"] != "heatmap":
            caption = escape(with_unit(figure["y"]["label"], figure["y"].get("unit")) + where)
            content = (wide(figure, series) if figure["kind"] == "curves" else None) or long(figure, series)
            parts.append(plain(caption, *content, most, str(i)) if series
                         else f'<p data-choice="{i}">No series{escape(where)}.</p>')
    return "\n".join(parts)

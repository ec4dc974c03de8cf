"""HTML tables: cards for readers, and the data of a chart."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from initsweep.report import charts
from initsweep.report.charts import Chart, Series
from initsweep.report.text import escape, format_interval, format_number, with_unit

MAX_CELLS = 20000  # of the data tables of a chart; beyond, every k-th row is shown
EMPTY = "–"  # a cell that a card leaves out
HIDDEN_IN_CARDS = ' class="nothing"'


def card_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], css_class: str = "") -> str:
    """A table whose rows become cards on a narrow screen.

    heads: names of the columns, as text. caption and rows [row][column]: HTML; the first column names the row. The
    roles repeat what the elements are: a browser forgets it when the style turns rows into blocks.
    """
    lines = [f'<table class="stack {css_class}" role="table"><caption>{caption}</caption>',
             '<thead role="rowgroup"><tr role="row">'
             + "".join(f'<th scope="col" role="columnheader">{head}</th>' for head in heads) + "</tr></thead>",
             '<tbody role="rowgroup">']
    for row in rows:
        cells = [f'<th scope="row" role="rowheader" data-label="{escape(heads[0])}">{row[0]}</th>']
        cells += [f'<td role="cell" data-label="{escape(head)}"{HIDDEN_IN_CARDS if cell == EMPTY else ""}>{cell}</td>'
                  for head, cell in zip(heads[1:], row[1:])]
        lines.append(f'<tr role="row">{"".join(cells)}</tr>')
    return "\n".join([*lines, "</tbody></table>"])


def value_html(value: Any, unit: Any) -> str:
    """A value with its unit."""
    shown = escape(format_number(value))
    return f'{shown} <span class="unit">{escape(unit)}</span>' if unit and unit != "1" else shown


def point_html(series: Series, index: int) -> str:
    """A value of a series with its interval."""
    value = escape(format_number(series["y"][index]))
    if series.get("low") is None:
        return value
    interval = escape(format_interval(series["low"][index], series["high"][index]))
    return f'{value} <span class="interval">{interval}</span>'


def axis_html(axis: dict[str, Any]) -> str:
    """The label of an axis with its unit."""
    return escape(with_unit(axis["label"], axis.get("unit")))


def wide_rows(chart: Chart, shown: list[Series]) -> tuple[list[str], list[list[str]]] | None:
    """Heads and rows with a column for each series; None if a series has an x twice."""
    columns, xs = [], {}
    for one in shown:
        if len(set(map(repr, one["x"]))) < len(one["x"]):
            return None
        columns.append({repr(x): i for i, x in enumerate(one["x"])})
        xs.update({repr(x): x for x in one["x"]})
    known = [x for x in xs.values() if x is not None]
    ordered = sorted(known) + [None] * (len(xs) - len(known))
    rows = [[escape(charts.coordinate_text(chart["x"], x))]
            + [point_html(one, column[repr(x)]) if repr(x) in column else "" for one, column in zip(shown, columns)]
            for x in ordered]
    names = [escape(one["label"]) or axis_html(chart["y"]) for one in shown]
    return [axis_html(chart["x"]), *names], rows


def long_rows(chart: Chart, shown: list[Series]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows with a row for each point."""
    has_categories = bool(chart["y"].get("categories"))
    rows = [[escape(one["label"] or EMPTY), escape(charts.coordinate_text(chart["x"], x)),
             escape(charts.coordinate_text(chart["y"], one["y"][i])) if has_categories else point_html(one, i)]
            for one in shown for i, x in enumerate(one["x"])]
    return ["series", axis_html(chart["x"]), axis_html(chart["y"])], rows


def cell_rows(chart: Chart, cells: list[list[Any]]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of a heat map."""
    corner = f'{axis_html(chart["y"])} \\ {axis_html(chart["x"])}'
    heads = [corner, *(escape(format_number(value)) for value in chart["x"]["categories"])]
    rows = [[escape(format_number(value)), *(escape(format_number(cell)) for cell in row)]
            for value, row in zip(chart["y"]["categories"], cells)]
    return heads, rows


def data_table(caption: str, heads: list[str], rows: list[list[str]], max_cells: int, choice: int) -> str:
    """A table of data; of more than max_cells cells every k-th row and the last. choice: number of the combination it
    belongs to."""
    stride = max(1, -(-len(rows) * len(heads) // max(max_cells, 1)))
    note = ""
    if stride > 1:
        count = len(rows)
        rows = [row for i, row in enumerate(rows) if i % stride == 0 or i == count - 1]
        note = f" (1 row in {stride} of {count:,}; the JSON file of the figure has all)"
    lines = [f'<table class="data" data-choice="{choice}"><caption>{caption}{note}</caption><thead><tr>'
             + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"]
    lines += [f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>"
              for row in rows]
    return "\n".join([*lines, "</tbody></table>"])


def data_tables(chart: Chart) -> str:
    """The data of a chart as HTML: a table for each combination of its `select`, in the order of charts.choices."""
    parts = []
    combinations = charts.choices(chart)
    max_cells = MAX_CELLS // len(combinations)
    for i, choice in enumerate(combinations):
        shown, cells = charts.series_for(chart, choice), charts.cells_for(chart, choice)
        where = f" for {charts.choice_text(choice)}" if choice else ""
        if chart["kind"] == "heatmap":
            caption = escape(charts.value_label(chart) + where)
            parts.append(data_table(caption, *cell_rows(chart, cells), max_cells, i) if cells
                         else f'<p data-choice="{i}">No cells{escape(where)}.</p>')
        if shown or chart["kind"] != "heatmap":
            caption = axis_html(chart["y"]) + escape(where)
            rows = (wide_rows(chart, shown) if chart["kind"] == "curves" else None) or long_rows(chart, shown)
            parts.append(data_table(caption, *rows, max_cells, i) if shown
                         else f'<p data-choice="{i}">No series{escape(where)}.</p>')
    return "\n".join(parts)

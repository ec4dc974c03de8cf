"""The frame of all figures: title and subtitle, legend, grid of panels, and their sizes in inches."""
from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import matplotlib.lines
import matplotlib.patches
import numpy as np
import xarray

from initsweep.arrays import MISSING, Array
from initsweep.design import Axis, shorten, titled
from initsweep.style import Figure, in_style, line_style, line_width, literal_text

WIDTH = 8.0  # inches that figures do not exceed where they can: text of 8 points has 11 pixels at 800 pixels
LEAST_WIDTH = 5.5
LEAST_PANEL = 1.15  # inches of a panel with lines
ORDERED = 4  # numeric axes of more values have colours from dark to light
DIVERGED_COLOUR = "#b0b0b0"
MISSING_HATCH = "...."
MAX_BANDS = 12  # bands of more colours would cover everything


def title_text(dataset: xarray.Dataset, width: float) -> str:
    """The sweep's name and description, in lines that fit `width` inches."""
    characters = max(30, int(width * 12))
    lines = textwrap.wrap(str(dataset.attrs.get("title", "")), characters)
    about = textwrap.wrap(" ".join(str(dataset.attrs.get("about", "")).split()), characters)
    if len(about) > 3:
        about = about[:3]
        about[2] = shorten(about[2] + " …", characters)
    return literal_text("\n".join(lines + about))


def subtitle_text(dataset: xarray.Dataset, note: str, width: float) -> str:
    """The subtitle in lines that fit `width` inches: the note, and how many networks are missing."""
    missing = int(np.count_nonzero(dataset["status"].values == MISSING))
    lines = textwrap.wrap(note, int(width * 15))
    return "\n".join([*lines, *([f"{missing} of {dataset.sizes['network']} networks are missing"] if missing else [])])


def titled_figure(dataset: xarray.Dataset, width: float, height: float, note: str,
                  legend: Callable[[Any], None] | None = None, legend_inches: float = 0.0) -> tuple[Figure, Any]:
    """A figure with a title, a subtitle and a legend at the bottom, and the part of it to draw in.

    width, height (of the part), legend_inches: inches. note: the subtitle: which networks are shown, and what is
    pooled. legend: draws the legend in the SubFigure that it gets.
    """
    title, subtitle = title_text(dataset, width), subtitle_text(dataset, note, width)
    upper = height + 0.17 * (subtitle.count("\n") + 1) + 0.2 * (title.count("\n") + 1)
    figure = Figure(figsize=(width, upper + legend_inches))
    if legend is None:
        part = figure.subfigures(1, 1)
    else:
        part, lower = figure.subfigures(2, 1, height_ratios=[upper, legend_inches])
        legend(lower)
    figure.suptitle(title)
    part.suptitle(subtitle, fontsize=8.5, color="0.25")
    return figure, part


def grid_shape(panels: int, most: int = 4) -> tuple[int, int]:
    """Rows and columns of a grid of panels, at most `most` side by side, with few empty places."""
    if panels <= most:
        return 1, max(1, panels)
    across = min(range(max(2, most - 1), most + 1), key=lambda count: (-panels % count, -count))
    return -(-panels // across), across


def panel_width(columns: int, natural: float = 2.2) -> float:
    """Width of a figure with panels side by side."""
    return max(LEAST_WIDTH, min(WIDTH, 1.0 + natural * columns), 1.0 + LEAST_PANEL * columns)


def axis_style(axis: Axis, code: int) -> dict[str, Any]:
    """Colour, line style and width of a value of an axis: distinct colours, or from dark to light for many numbers."""
    count = len(axis.texts)
    if axis.numbers is not None and count > ORDERED:
        return {"color": matplotlib.colormaps["viridis"](0.92 * code / (count - 1)), "linestyle": "-",
                "linewidth": line_width(code, count)}
    return line_style(code, count)


def annotate_row(panel: Any, text: str) -> None:
    """Writes what a row of panels has in common to the right of its last panel."""
    if text:
        panel.annotate(textwrap.fill(text, 26), (1.02, 0.5), xycoords="axes fraction", rotation=270, va="center",
                       fontsize=9)


def title_grid(panels: Array, rows: Axis, columns: Axis) -> None:
    """Writes the values of two axes above and beside a grid of panels."""
    figure = panels[0, 0].get_figure()
    characters = int(13 * figure.bbox.width / figure.dpi / panels.shape[1])
    for c, panel in enumerate(panels[0]):
        panel.set_title(textwrap.fill(titled(columns, c, c == 0), max(12, characters)))
    for r, panel in enumerate(panels[:, -1]):
        annotate_row(panel, titled(rows, r, r == 0))


def wrap_label(text: str, inches: float) -> str:
    """A label of an axis, in lines that fit `inches`."""
    return textwrap.fill(text, max(20, int(inches * 16)))


def band_description(colours: int) -> str:
    """What lines and bands are, for a legend of this many colours."""
    return "line: median of the networks" + ("; band: 10 % to 90 % quantile" if colours <= MAX_BANDS else "")


def legend_columns(names: Sequence[str]) -> int:
    """How many entries a line of the legend has: fewer if they are long."""
    most = max(1, min(6, int(95 / (max((len(name) for name in names), default=1) + 6))))
    lines = max(1, -(-len(names) // most))
    return max(1, -(-len(names) // lines))


def legend_height(names: Sequence[str], has_title: bool = True) -> float:
    """Height in inches of a legend with these entries."""
    return 0.2 + 0.2 * has_title + 0.19 * -(-len(names) // legend_columns(names))


@in_style
def draw_legend(figure: Any, axis: Axis, note: str, more: Sequence[Any] = ()) -> None:
    """Draws the legend: which colour and line style is which value of an axis, and what the lines are.

    figure: a Figure or SubFigure of its own. note: what lines and bands are. more: handles of other marks.
    """
    handles = [matplotlib.lines.Line2D([], [], label=text, **axis_style(axis, code))
               for code, text in enumerate(axis.texts) if text]
    draw_handles(figure, [*handles, *more], f"{axis.label} ({note})" if axis.name else note)


def draw_handles(figure: Any, handles: Sequence[Any], title: str | None = None) -> None:
    """Draws a legend. figure: a Figure or SubFigure of its own."""
    names = [handle.get_label() for handle in handles]
    figure.legend(handles=list(handles), title=title, loc="center", frameon=False, ncol=legend_columns(names))


def absence_handles(outside: bool, missing: bool, diverged: bool, half: bool) -> list[Any]:
    """The legend entries of places without a value: outside of the sweep, missing, diverged.

    half: a place counts as diverged if more than half of its networks are.
    """
    handles = []
    if diverged:
        label = "diverged (more than half of the networks)" if half else "all networks diverged"
        handles.append(matplotlib.patches.Patch(facecolor=DIVERGED_COLOUR, label=label))
    if missing:
        handles.append(matplotlib.patches.Patch(facecolor="white", edgecolor="0.5", hatch=MISSING_HATCH,
                                                label="not trained yet"))
    if outside:
        handles.append(matplotlib.patches.Patch(facecolor="white", edgecolor="0.6", label="not in the sweep"))
    return handles

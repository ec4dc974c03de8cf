"""The look of all figures: colours, lines, sizes of text; and how a figure is saved.

matplotlib's own settings (rcParams) stay as the caller has them: they are replaced only while a figure is made or
drawn.
"""
from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib
import matplotlib.figure

from initsweep.files import replacing

# Okabe and Ito 2008: eight colours that people with any kind of colour vision can distinguish. Line styles vary after
# them.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F")
LINE_STYLES = ("-", "--", ":", "-.")

SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "initsweep",  # the same bytes for the same figure
    "font.size": 9, "axes.titlesize": 9, "axes.labelsize": 9, "figure.titlesize": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "figure.dpi": 150, "savefig.dpi": 150, "figure.constrained_layout.use": True,
}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_style(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorator: the function runs with SETTINGS as matplotlib's settings, which it leaves as they were."""
    @functools.wraps(function)
    def call(*args: Arguments.args, **keywords: Arguments.kwargs) -> Result:
        with matplotlib.rc_context(SETTINGS):
            return function(*args, **keywords)
    return call


class Figure(matplotlib.figure.Figure):  # type: ignore[misc]  # matplotlib has no types here
    """A matplotlib figure that is always drawn in this style, also by a notebook: tick labels get their size only
    then."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        with matplotlib.rc_context(SETTINGS):
            super().__init__(*args, **keywords)

    def draw(self, renderer: Any) -> None:
        """Draws the figure and all that is in it."""
        with matplotlib.rc_context(SETTINGS):
            super().draw(renderer)


def save(figure: Figure, path: str | os.PathLike[str], exact: bool = False) -> None:
    """Writes a figure as a whole file without the time of day in it; the suffix of the path decides the format.

    exact: keeps the size of the figure in inches; otherwise its empty margins are removed.
    """
    date = {".svg": "Date", ".pdf": "CreationDate"}.get(os.path.splitext(path)[1])
    margins: dict[str, Any] = {} if exact else {"bbox_inches": "tight", "pad_inches": 0.08}
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=figure.dpi, metadata={date: None} if date else None, **margins)


def shrink(path: str | os.PathLike[str], colours: int = 100) -> None:
    """Makes the file of a PNG picture smaller: fewer colours."""
    import PIL.Image  # matplotlib brings it
    with PIL.Image.open(path) as image:
        # the means keep the colours of thin lines
        small = image.convert("RGB").quantize(colours, kmeans=1, dither=PIL.Image.Dither.NONE)
    with replacing(path) as temporary:
        small.save(temporary, optimize=True)


def series_style(index: int) -> dict[str, Any]:
    """Colour and line style of the series `index`, counted from 0."""
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": LINE_STYLES[index // len(COLOURS) % len(LINE_STYLES)]}


def line_style(index: int, count: int) -> dict[str, Any]:
    """Colour, line style and width of the series `index` of `count`. Earlier ones are wider, so that a line exactly
    under another can be seen."""
    return {**series_style(index), "linewidth": line_width(index, count)}


def line_width(index: int, count: int) -> float:
    """Width in points of the line `index` of `count`."""
    return 1.3 + 1.6 * (count - 1 - index) / max(1, count - 1) if count > 1 else 1.5


def text_colour(background: tuple[float, ...]) -> str:
    """Black or white, whichever can be read on a background. background: red, green and blue from 0 to 1; more is
    ignored."""
    red, green, blue = background[:3]
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def literal_text(text: Any) -> str:
    """Text that matplotlib shows as it is: a dollar sign does not start a formula."""
    return str(text).replace("$", r"\$")

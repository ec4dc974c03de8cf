"""Heat maps: the final values of a quantity in cells of swept settings, with their spread and number of networks."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.patches
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, Array, final_values
from initsweep.design import Role, View, cell_codes, titled, view
from initsweep.layout import (DIVERGED_COLOUR, LEAST_WIDTH, MISSING_HATCH, WIDTH, absence_handles, draw_handles,
                              titled_figure, wrap_label)
from initsweep.scales import colour_bar, colour_map, colour_norm, quantity_label, require_quantity
from initsweep.style import Figure, in_style, text_colour
from initsweep.tables import share_text

__all__ = ["heatmap", "draw_heatmap", "heatmap_view", "heatmap_size"]

ROLES = (Role("columns", "activation", 16), Role("rows", "init", 40), Role("panels", "depth", 8))
LEAST_CELL, DETAILED_CELL, WIDEST_CELL = 0.42, 0.95, 1.4  # inches of a cell with one number, with its spread, at most
ROW, DETAILED_ROW = 0.36, 0.58  # inches
MARGIN = 1.2  # inches of colour bar and label


class Cells(NamedTuple):
    """What is in the cells of a heat map, each array [cells].

    median of the final values, NaN if there is none; diverged: share of the trained networks; trained, networks: how
    many; low, high: 10 % and 90 % quantiles.
    """
    median: Array
    diverged: Array
    trained: Array
    networks: Array
    low: Array
    high: Array


def cell_statistics(cell: Array, count: int, dataset: xarray.Dataset, quantity: str) -> Cells:
    """The statistics of cells. cell: [network], the number of its cell, -1 for none; count: number of cells."""
    status = dataset["status"].values
    inside = cell >= 0
    networks = np.bincount(cell[inside], minlength=count)
    is_trained = np.isin(status, (COMPLETED, STOPPED, DIVERGED)) & inside
    flat, final = cell[is_trained], final_values(dataset, quantity)[is_trained]
    trained, finite = np.bincount(flat, minlength=count), np.bincount(flat[np.isfinite(final)], minlength=count)
    diverged = np.bincount(flat[status[is_trained] == DIVERGED], minlength=count)
    ascending = final[np.lexsort((final, flat))]  # cell after cell, NaN last in each
    start, some = np.cumsum(trained) - trained, finite > 0

    def quantile(share: float) -> Array:
        result = np.full(count, np.nan)
        place = share * (finite[some] - 1)
        below = np.floor(place).astype(int)
        above = np.minimum(below + 1, finite[some] - 1)
        left, right = ascending[start[some] + below], ascending[start[some] + above]
        result[some] = left + (place - below) * (right - left)
        return result

    share = np.where(trained > 0, diverged / np.maximum(trained, 1), np.nan)
    return Cells(quantile(0.5), share, trained, networks, quantile(0.1), quantile(0.9))


def heatmap_view(dataset: xarray.Dataset, quantity: str, rows: str | None = None, columns: str | None = None,
                 panels: str | None = None, best_over: Sequence[str] = ()) -> View:
    """What a heat map shows. Raises ValueError as design.view does, and if the file lacks the quantity."""
    require_quantity(dataset, quantity)
    return view(dataset, ROLES, {"rows": rows, "columns": columns, "panels": panels}, quantity, "cell", best_over,
                "median final value")


class Size(NamedTuple):
    """Sizes of a heat map in inches, and its grid of panels."""
    width: float
    height: float
    across: int
    down: int
    cell: float

    @property
    def detailed(self) -> bool:
        """Whether a cell has room for its spread."""
        return self.cell >= DETAILED_CELL


def heatmap_size(shown: View) -> Size:
    """The size of draw_heatmap: panels stand below each other where they are too many for the width."""
    rows, columns, panels = (shown.axes[name].texts for name in ("rows", "columns", "panels"))
    left = 0.35 + 0.068 * max(len(text) for text in rows)
    room = WIDTH - left - MARGIN
    across = int(max(1, min(len(panels), room // (LEAST_CELL * len(columns)))))
    down = -(-len(panels) // across)
    across = -(-len(panels) // down)
    cell = max(LEAST_CELL, min(WIDEST_CELL, room / (across * len(columns))))
    height = down * (len(rows) * (DETAILED_ROW if cell >= DETAILED_CELL else ROW) + 0.3)
    return Size(max(LEAST_WIDTH, left + MARGIN + cell * across * len(columns)),
                height + 0.35 + 0.06 * max(len(text) for text in columns), across, down, cell)


@in_style
def draw_heatmap(figure: Any, shown: View, quantity: str) -> None:
    """Draws the final values of a quantity: a panel for each value of `panels`, a cell for each rows x columns.

    figure: a Figure or SubFigure. Colour and upper number are the median over the networks of the cell that ended
    without divergence; where there is room, the 10 % to 90 % quantiles and the number of networks stand below it, and
    the share that diverged. absence_handles describes cells without a value.
    """
    rows, columns, panels = (shown.axes[name] for name in ("rows", "columns", "panels"))
    shape, size = (len(panels.texts), len(rows.texts), len(columns.texts)), heatmap_size(shown)
    cells = view_cells(shown, quantity)
    norm, colours = colour_norm(shown.dataset, quantity, cells.median), colour_map(quantity)
    grid = figure.subplots(size.down, size.across, sharex=True, sharey=True, squeeze=False)
    for p, panel in enumerate(grid.ravel()):
        if p >= shape[0]:
            panel.set_visible(False)
            continue
        own = Cells(*(array.reshape(shape)[p] for array in cells))
        image = panel.imshow(np.clip(own.median, norm.vmin, None), cmap=colours, norm=norm, aspect="auto")
        panel.set_title(titled(panels, p, p == 0))
        panel.grid(False)
        panel.set_xticks(range(shape[2]), columns.texts)
        if any(0.08 * len(text) > size.cell for text in columns.texts):
            panel.set_xticks(range(shape[2]), columns.texts, rotation=35, ha="right", rotation_mode="anchor")
        panel.set_yticks(range(shape[1]), rows.texts)
        panel.tick_params(length=0, labelbottom=p + size.across >= shape[0])
        same_count = len(np.unique(cells.trained[cells.networks > 0])) == 1
        for r, c in np.ndindex(own.median.shape):
            lines = cell_lines(Cells(*(array[r, c] for array in own)), size.detailed, same_count)
            annotate_cell(panel, r, c, lines, own.median[r, c], own.networks[r, c], own.trained[r, c], colours, norm)
    figure.supxlabel(columns.label, fontsize=9)
    figure.supylabel(rows.label, fontsize=9)
    label = wrap_label(f"final {quantity_label(shown.dataset, quantity)}", 0.8 * size.height - 0.4)
    colour_bar(figure, image, list(grid.ravel()), label, cells.median)


def view_cells(shown: View, quantity: str) -> Cells:
    """The cells of a heat map: panels x rows x columns, row-major."""
    axes = [shown.axes[name] for name in ("panels", "rows", "columns")]
    count = int(np.prod([len(axis.texts) for axis in axes]))
    return cell_statistics(cell_codes(axes, shown.dataset.sizes["network"]), count, shown.dataset, quantity)


def cell_lines(cell: Cells, detailed: bool, same_count: bool) -> list[str]:
    """The lines of text of a cell, the median first. cell: of one number each; same_count: the subtitle says n."""
    diverged = f"{share_text(float(cell.diverged))}% div." if cell.trained and cell.diverged > 0 else ""
    if not cell.networks:
        return []
    if not cell.trained:
        return ["missing"]
    if not np.isfinite(cell.median):
        return [diverged or "no value"]
    lines = [f"{cell.median:.3g}"]
    if not detailed:
        return [*lines, *([diverged] if diverged else [] if same_count else [f"n {cell.trained}"])]
    if cell.low < cell.high:
        lines.append(f"{cell.low:.2g} … {cell.high:.2g}")
    return [*lines, ", ".join([f"n = {cell.trained}", *([diverged] if diverged else [])])]


def annotate_cell(panel: Any, row: int, column: int, lines: Sequence[str], value: float, networks: int, trained: int,
                  colours: Any, norm: Any) -> None:
    """Writes the lines of a cell, and marks a cell without a value as what it is."""
    box = {"xy": (column - 0.5, row - 0.5), "width": 1, "height": 1, "linewidth": 0}
    if not networks:
        panel.add_patch(matplotlib.patches.Rectangle(facecolor="white", **box))
        return
    if not np.isfinite(value):
        face, hatch = (DIVERGED_COLOUR, None) if trained else ("white", MISSING_HATCH)
        panel.add_patch(matplotlib.patches.Rectangle(facecolor=face, edgecolor="0.6", hatch=hatch, **box))
        panel.text(column, row, lines[0], ha="center", va="center", fontsize=7, color="0.1",
                   bbox={"facecolor": face, "edgecolor": "none", "pad": 1})
        return
    colour = text_colour(colours(norm(max(value, norm.vmin))))
    for i, line in enumerate(lines):
        shift = (i - (len(lines) - 1) / 2) * (0.29 if len(lines) > 2 else 0.4)
        panel.text(column, row + shift, line, ha="center", va="center", fontsize=6.5 if i else 8, color=colour)


def absent_cells(cells: Cells) -> list[Any]:
    """The legend entries of the cells without a value."""
    trained = cells.trained > 0
    return absence_handles(bool((cells.networks == 0).any()), bool(((cells.networks > 0) & ~trained).any()),
                           bool((trained & (cells.diverged == 1)).any()), half=False)


@in_style
def heatmap(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None, columns: str | None = None,
            panels: str | None = None, best_over: Sequence[str] = ()) -> Figure:
    """A heat map with title, subtitle and legend.

    rows, columns, panels: settings; those that are None are taken from the swept axes. best_over: settings of which
    each cell shows the best value only. Other swept axes are pooled, as the subtitle says. Raises ValueError for
    settings that were not swept or have too many values.
    """
    shown = heatmap_view(dataset, quantity, rows, columns, panels, best_over)
    size, handles = heatmap_size(shown), absent_cells(view_cells(shown, quantity))
    figure, part = titled_figure(shown.dataset, size.width, size.height, cell_note(shown, quantity, size.detailed),
                                 (lambda lower: draw_handles(lower, handles)) if handles else None, 0.3)
    draw_heatmap(part, shown, quantity)
    return figure


def cell_note(shown: View, quantity: str, detailed: bool) -> str:
    """The subtitle of a heat map, which explains the lines of its cells."""
    cells, parts = view_cells(shown, quantity), []
    if detailed and (cells.low < cells.high).any():
        parts.append("below: 10 % … 90 % quantile")
    if (cells.diverged > 0).any():
        parts.append("div.: share that diverged")
    return "; ".join([shown.note, *parts])

"""Overview figures of results files: quantities over the steps, and their final values over the grid."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray

from initsweep.arrays import Array
from initsweep.design import Role, View, shorten_axis, view
from initsweep.heatmaps import absent_cells, cell_note, draw_heatmap, heatmap, heatmap_size, view_cells
from initsweep.intervals import quantile_band
from initsweep.layout import (MAX_BANDS, axis_style, band_description, draw_handles, draw_legend, legend_height,
                              panel_width, title_grid, titled_figure, wrap_label)
from initsweep.scales import quantity_label, require_quantity, scale_ceiling, scale_steps, scale_values
from initsweep.style import Figure, in_style, save

__all__ = ["trajectories", "heatmap", "overview", "save"]

ROLES = (Role("colour", "init", 24), Role("columns", "activation", 8), Role("rows", "depth", 8))
ROW = 1.55  # inches of a row of panels
MAX_PANELS = 64


def steps_of(dataset: xarray.Dataset) -> Array:
    """Optimiser steps before each record, for each network: [network, record]."""
    step = dataset["step"]
    if "network" in step.dims:
        return np.asarray(step.transpose("network", "record").values, dtype=np.float64)
    return np.broadcast_to(step.values.astype(np.float64), (dataset.sizes["network"], dataset.sizes["record"]))


def schedule_bands(steps: Array, values: Array) -> list[tuple[Array, ...]]:
    """Quantile bands of networks, one band for each distinct recording schedule.

    steps, values: [network, record]. Each band is (steps, low, median, high), all [record].
    """
    bands: list[tuple[Array, ...]] = []
    _, schedule = np.unique(np.nan_to_num(steps, nan=-1), axis=0, return_inverse=True)
    for number in range(schedule.max() + 1 if len(schedule) else 0):
        own = schedule.ravel() == number
        bands.append((steps[own][0], *quantile_band(values[own])))
    return bands


def single_point_marker(values: Array) -> str | None:
    """The marker of a line: a dot if it has one finite value, since a line of one point is invisible."""
    return "o" if np.isfinite(values).sum() == 1 else None


def quantity_records(dataset: xarray.Dataset, quantity: str) -> Array:
    """The values of a quantity as float64 [network, record, ...]."""
    return np.asarray(dataset[quantity].transpose("network", "record", ...).values, dtype=np.float64)


def trajectories_view(dataset: xarray.Dataset, quantity: str, rows: str | None = None, columns: str | None = None,
                      colour: str | None = None, best_over: Sequence[str] = ()) -> View:
    """What a figure of trajectories shows. Raises ValueError as design.view does, or for an unknown quantity."""
    require_quantity(dataset, quantity)
    shown = view(dataset, ROLES, {"rows": rows, "columns": columns, "colour": colour}, quantity, "line", best_over)
    row, column = shown.axes["rows"], shown.axes["columns"]
    if len(row.texts) * len(column.texts) > MAX_PANELS:
        raise ValueError(f"{row.name} x {column.name} are {len(row.texts)} x {len(column.texts)} panels; at most "
                         f"{MAX_PANELS} can be read")
    return shown


@in_style
def draw_trajectories(figure: Any, shown: View, quantity: str) -> None:
    """Draws a quantity over the steps: a panel for each rows x columns, a colour for each value of `colour`.

    figure: a Figure or SubFigure. The line is the median and the band the 10 % to 90 % quantiles of the networks of a
    colour. A network counts as long as it is recorded: not after it diverged.
    """
    rows, columns, colour = (shown.axes[name] for name in ("rows", "columns", "colour"))
    values, steps = quantity_records(shown.dataset, quantity), steps_of(shown.dataset)
    panels = figure.subplots(len(rows.texts), len(columns.texts), sharex=True, sharey=True, squeeze=False)
    medians = [np.zeros(0)]
    for r, c in np.ndindex(panels.shape):
        panel, in_panel = panels[r, c], (rows.codes == r) & (columns.codes == c)
        for code in range(len(colour.texts)):
            own, style = in_panel & (colour.codes == code), axis_style(colour, code)
            for step, low, median, high in schedule_bands(steps[own], values[own]):
                if len(colour.texts) <= MAX_BANDS:
                    panel.fill_between(step, low, high, color=style["color"], alpha=0.15, linewidth=0)
                panel.plot(step, median, marker=single_point_marker(median), **style)
                medians.append(median)
        if not in_panel.any():
            panel.text(0.5, 0.5, "not in the sweep", transform=panel.transAxes, ha="center", va="center", color="0.4",
                       fontsize=8)
        scale_steps(panel, steps)
    title_grid(panels, rows, columns)
    notes = scale_values(panels, np.concatenate(medians), quantity, scale_ceiling(shown.dataset, quantity))
    figure.supxlabel("optimiser steps" + (f"   ({'; '.join(notes)})" if notes else ""), fontsize=9)
    figure.supylabel(wrap_label(quantity_label(shown.dataset, quantity), ROW * len(rows.texts)), fontsize=9)


@in_style
def trajectories(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None, columns: str | None = None,
                 colour: str | None = None, best_over: Sequence[str] = ()) -> Figure:
    """A quantity over the steps, with title, subtitle and legend.

    rows, columns, colour: settings; those that are None are taken from the swept axes. best_over: settings of which
    each line shows the best value only. Other swept axes are pooled, as the subtitle says. Raises ValueError for
    settings that were not swept or have too many values.
    """
    shown = trajectories_view(dataset, quantity, rows, columns, colour, best_over)
    axis = shown.axes["colour"]
    figure, part = titled_figure(
        shown.dataset, panel_width(len(shown.axes["columns"].texts)), 0.5 + ROW * len(shown.axes["rows"].texts),
        shown.note, lambda lower: draw_legend(lower, axis, band_description(len(axis.texts))),
        legend_height(axis.texts))
    draw_trajectories(part, shown, quantity)
    return figure


@in_style
def overview(dataset: xarray.Dataset, quantity: str = "loss", final_quantity: str = "loss",
             rows: str | None = None, columns: str | None = None, colour: str | None = None,
             best_over: Sequence[str] = ()) -> Figure:
    """The final values of `final_quantity` over the grid, and below them trajectories of `quantity` in at most four
    panels: those of the first and the last value of rows and of columns. Arguments and errors as of trajectories."""
    lines = trajectories_view(dataset, quantity, rows, columns, colour, best_over)
    require_quantity(dataset, final_quantity)
    cells = lines._replace(axes={"rows": lines.axes["colour"], "columns": lines.axes["columns"],
                                 "panels": lines.axes["rows"]})
    row, column = lines.axes["rows"], lines.axes["columns"]
    shape = (len(row.texts), len(column.texts))
    most = 2 if min(shape) > 1 else 4
    part_of = shorten_axis(shorten_axis(lines, "rows", most), "columns", most)
    drawn = len(part_of.axes["rows"].texts) * len(part_of.axes["columns"].texts)
    size, marks = heatmap_size(cells), absent_cells(view_cells(cells, final_quantity))
    note = cell_note(cells, final_quantity, size.detailed)
    if drawn < shape[0] * shape[1]:
        note += f"; lines: {drawn} of {shape[0] * shape[1]} panels (initsweep plot trajectories draws all)"
    axis = lines.axes["colour"]
    width = max(size.width, panel_width(len(part_of.axes["columns"].texts)))
    lower_height, marks_height = 0.5 + ROW * len(part_of.axes["rows"].texts), 0.3 if marks else 0.02
    legend = legend_height(axis.texts)
    figure, part = titled_figure(lines.dataset, width, size.height + marks_height + lower_height, note,
                                 lambda lower: draw_legend(lower, axis, band_description(len(axis.texts))), legend)
    upper, middle, lower = part.subfigures(3, 1, height_ratios=[size.height, marks_height, lower_height])
    draw_heatmap(upper, cells, final_quantity)
    draw_handles(middle, marks)
    draw_trajectories(lower, part_of, quantity)
    return figure

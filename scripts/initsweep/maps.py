"""Maps of trainability: final values of a quantity over two numeric axes, also of a refined grid and of a sample."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.collections
import matplotlib.colors
import matplotlib.lines
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, Array, final_values, swept_columns
from initsweep.design import INDICES, REPEATS, Axis, Role, View, cell_codes, number_axes, titled, view
from initsweep.heatmaps import cell_statistics
from initsweep.layout import (DIVERGED_COLOUR, MISSING_HATCH, absence_handles, draw_handles, grid_shape,
                              legend_height, titled_figure, wrap_label)
from initsweep.mean_field import edge_of_chaos
from initsweep.predictions import (PREDICTED, TRAINABLE, NoPrediction, bias_std, edge_at, explain_absence,
                                   panel_networks, prediction_handle, require_prediction, trainable_depths,
                                   weight_scale, wide_activation)
from initsweep.scales import (colour_bar, colour_map, colour_norm, is_log_spaced, logarithmic_ticks, number_label,
                              quantity_label, require_quantity)
from initsweep.style import Figure, in_style

__all__ = ["trainability"]

MAX_MAPS = 6  # panels
POINTS = 60  # of a line of theory
EDGE = r"edge of chaos, $\chi_1 = 1$, infinite width"
DEPTH_SCALE = rf"depth = {TRAINABLE} $\xi_c$ (Schoenholz et al. 2017)"
ROLES = (Role("columns", wants="sampled"), Role("rows", wants="sampled"), Role("panels", "activation", MAX_MAPS))


class Plane(NamedTuple):
    """One map, each [rows, columns]: value is the median of the final values, NaN for none; diverged: more than half of
    the networks; trained, present: whether a network was trained there, or is at least in the sweep."""
    value: Array
    diverged: Array
    trained: Array
    present: Array


class MapCells(NamedTuple):
    """The maps of all panels, each array [panels, rows, columns] as in Plane."""
    value: Array
    diverged: Array
    trained: Array
    present: Array

    def panel(self, number: int) -> Plane:
        """One of the maps."""
        return Plane(*(array[number] for array in self))


def map_cells(shown: View, quantity: str) -> MapCells:
    """The points of maps over two numeric axes. The points that a refinement skipped have the value of the nearest
    trained one."""
    axes = [shown.axes[name] for name in ("panels", "rows", "columns")]
    shape = tuple(len(axis.texts) for axis in axes)
    cells = cell_statistics(cell_codes(axes, shown.dataset.sizes["network"]), int(np.prod(shape)), shown.dataset,
                            quantity)
    value, diverged = cells.median.reshape(shape), (cells.diverged > 0.5).reshape(shape)
    trained, present = (cells.trained > 0).reshape(shape), (cells.networks > 0).reshape(shape)
    if "level" in shown.dataset.coords:
        for p in range(shape[0]):
            source = nearest_trained(trained[p])
            value[p], diverged[p], trained[p] = value[p][source], diverged[p][source], trained[p][source]
    return MapCells(np.where(diverged, np.nan, value), diverged, trained, present)


def nearest_trained(trained: Array) -> tuple[Array, Array]:
    """For each point the nearest trained one of the finest level that has one there: (row, column), each [n, m]."""
    row, column = np.indices(trained.shape)
    found, step = trained.copy(), 1
    source = [row.copy(), column.copy()]
    while not found.all() and step < 2 * max(trained.shape):
        step *= 2
        near = [np.minimum(np.rint(index / step).astype(int) * step, size - 1)
                for index, size in zip((row, column), trained.shape)]
        fits = ~found & trained[near[0], near[1]]
        for target, index in zip(source, near):
            target[fits] = index[fits]
        found |= fits
    return source[0], source[1]


def cell_edges(values: Array, inside: bool = False) -> tuple[Array, bool]:
    """The edges of the cells around values, and whether the values are spaced logarithmically.

    The outermost cells are as wide on both sides of their values, but do not extend to negative numbers if no value is
    negative; inside: they end at their values. A single value has a cell of its own width.
    """
    logarithmic = is_log_spaced(values) and bool(values[0] > 0)
    centres = np.log(values) if logarithmic else values
    if len(centres) == 1:
        return values[0] + np.array([-0.5, 0.5]) * (abs(values[0]) or 1.0), False
    middle = (centres[1:] + centres[:-1]) / 2
    ends = (centres[0], centres[-1]) if inside else (2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1])
    edges = np.concatenate([[ends[0]], middle, [ends[1]]])
    if logarithmic:
        return np.exp(edges), True
    return (np.maximum(edges, 0.0) if values[0] >= 0 else edges), False


def draw_plane(panel: Any, x: Array, y: Array, plane: Plane, norm: matplotlib.colors.Normalize, quantity: str,
               inside: bool = False) -> Any:
    """Draws a map: values by colour, diverged points grey, missing ones hatched, those outside of the sweep white.

    Returns the image for a colour bar. x: [columns], y: [rows] values; inside: as cell_edges takes it.
    """
    (x_edges, x_log), (y_edges, y_log) = cell_edges(x, inside), cell_edges(y, inside)
    panel.grid(False)
    panel.pcolormesh(x_edges, y_edges, np.where(plane.diverged, 1.0, np.nan), rasterized=True,
                     cmap=matplotlib.colors.ListedColormap([DIVERGED_COLOUR]))
    image = panel.pcolormesh(x_edges, y_edges, np.maximum(plane.value, norm.vmin), norm=norm,
                             cmap=colour_map(quantity), rasterized=True)
    missing = plane.present & ~plane.trained
    if missing.any():
        corners = [[(x_edges[c + i], y_edges[r + j]) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
                   for r, c in np.argwhere(missing)]
        panel.add_collection(matplotlib.collections.PolyCollection(corners, hatch=MISSING_HATCH, facecolor="white",
                                                                   edgecolor="0.6", linewidth=0))
    panel.set_xscale("log" if x_log else "linear")
    panel.set_yscale("log" if y_log else "linear")
    panel.set_xlim(x_edges[0], x_edges[-1])
    panel.set_ylim(y_edges[0], y_edges[-1])
    for axis, logarithmic, edges in ((panel.xaxis, x_log, x_edges), (panel.yaxis, y_log, y_edges)):
        if logarithmic:
            logarithmic_ticks(axis, edges[0], edges[-1])
    return image


def draw_points(panel: Any, shown: View, number: int, norm: matplotlib.colors.Normalize, quantity: str) -> Any:
    """Draws the points of a sample: values by colour, diverged ones as grey crosses. Returns the image for a colour
    bar. number: that of the panel."""
    x, y, panels = (shown.axes[name] for name in ("columns", "rows", "panels"))
    assert x.numbers is not None and y.numbers is not None
    points, cell = np.unique(np.where(panels.codes == number, cell_codes((y, x), len(x.codes)), -1),
                             return_inverse=True)
    cells = cell_statistics(cell - int(points[0] == -1), int(np.count_nonzero(points >= 0)), shown.dataset, quantity)
    row, column = np.divmod(points[points >= 0], len(x.texts))
    lost = cells.diverged > 0.5
    panel.plot(x.numbers[column[lost]], y.numbers[row[lost]], "x", color="0.5", markersize=5)
    image = panel.scatter(x.numbers[column[~lost]], y.numbers[row[~lost]], c=cells.median[~lost], norm=norm,
                          cmap=colour_map(quantity), s=28, edgecolors="0.3", linewidths=0.4)
    for axis, setter, numbers in ((panel.xaxis, panel.set_xscale, x.numbers), (panel.yaxis, panel.set_yscale,
                                                                               y.numbers)):
        if numbers[0] > 0 and numbers[-1] > 30 * numbers[0]:
            setter("log")
            logarithmic_ticks(axis, numbers[0], numbers[-1])
    return image


def point_handles(shown: View) -> list[Any]:
    """The legend entry of the crosses of a sample."""
    if not (shown.dataset["status"].values == DIVERGED).any():
        return []
    return [matplotlib.lines.Line2D([], [], color="0.5", marker="x", linestyle="none",
                                    label="diverged (more than half of the networks)")]


def map_handles(cells: MapCells) -> list[Any]:
    """The legend entries of points without a value."""
    return absence_handles(bool((~cells.present).any()), bool((cells.present & ~cells.trained).any()),
                           bool(cells.diverged.any()), half=True)


def panel_grid(shown: View, handles: Sequence[Any], note: str = "",
               projection: str | None = None) -> tuple[Figure, Any, list[Any]]:
    """A figure of maps side by side: (figure, part, panels in use). handles: of the legend; projection: matplotlib's
    name of the panels' one."""
    count = len(shown.axes["panels"].texts)
    down, across = (2, 2) if count == 4 else grid_shape(count, 3)
    size = (7.2, 4.6) if count == 1 else (8.0, 0.5 + (3.2 if across == 2 else 2.7) * down)
    names = [handle.get_label() for handle in handles]
    figure, part = titled_figure(shown.dataset, *size, "; ".join(text for text in (shown.note, note) if text),
                                 (lambda lower: draw_handles(lower, handles)) if handles else None,
                                 max(0.3, legend_height(names, has_title=False) - 0.09))
    axes = part.subplots(down, across, sharex=True, sharey=True, squeeze=False,
                         subplot_kw={"projection": projection}).ravel()
    for p, panel in enumerate(axes):
        panel.set_visible(p < count)
        panel.tick_params(labelbottom=p + across >= count)
    return figure, part, list(axes[:count])


def theory_handles(with_depth: bool) -> list[Any]:
    """The legend entries of the edge of chaos and, if an axis is depth, of the depth scale."""
    handles = [prediction_handle(EDGE)]
    return [*handles, prediction_handle(DEPTH_SCALE, linestyle="--")] if with_depth else handles


def draw_line(panel: Any, x: Array, y: Array, **style: Any) -> None:
    """Draws a predicted line over a map, within the panel's limits."""
    limits = panel.get_xlim(), panel.get_ylim()
    panel.plot(x, y, color="white", linewidth=3.6)
    panel.plot(x, y, **{"color": PREDICTED, "linewidth": 2, **style})
    panel.set_xlim(limits[0])
    panel.set_ylim(limits[1])


def draw_trainable(panel: Any, networks: xarray.Dataset, x: Axis, y: Axis) -> None:
    """Draws the edge of chaos over a map of sigma_w and another number and, if that is depth, 6 xi_c.

    Raises NoPrediction with what is missing.
    """
    activation = wide_activation(networks)
    scale = weight_scale(networks, {"columns": x, "rows": y})
    own, other = (x, y) if scale.role == "columns" else (y, x)
    assert own.numbers is not None and other.numbers is not None

    def draw(sigma_w: Array, along: Array, **style: Any) -> None:
        values = sigma_w / scale.factor
        draw_line(panel, *((values, along) if scale.role == "columns" else (along, values)), **style)

    if other.name == "bias_init_std":
        draw(*edge_of_chaos(activation))
        return
    sigma_b = bias_std(networks)
    limits = np.array(panel.get_ylim() if scale.role == "columns" else panel.get_xlim())
    edge = edge_at(activation, sigma_b)
    draw(np.repeat(edge, 2), limits)
    if other.name == "depth":
        first, last = own.numbers[0] * scale.factor, own.numbers[-1] * scale.factor
        values = np.geomspace(first, last, POINTS) if first > 0 else np.linspace(first, last, POINTS)
        sigma_w = np.sort(np.append(values, edge))
        # beyond the panel the line goes to infinity
        draw(sigma_w, np.minimum(trainable_depths(activation, sigma_w, sigma_b), 10 * limits[1]), linestyle="--")


@in_style
def trainability(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None, columns: str | None = None,
                 panels: str | None = None, best_over: Sequence[str] = (), theory: bool = False) -> Figure:
    """A map of the final values of a quantity over two numeric axes; networks that diverged are grey.

    rows, columns, panels: settings; without them the two numeric ones with the most values, and one more. A sample is
    drawn as points. theory: the edge of chaos of wide networks where an axis is sigma_w, and where the other one is
    depth the depth of 6 xi_c to which they can be trained; a panel without says what is missing. Raises ValueError if
    fewer than two numbers were swept, or if no panel has such a line.
    """
    require_quantity(dataset, quantity)
    numbers = number_axes(dataset)
    if len(numbers) + (rows is not None) + (columns is not None) < 2:
        together = f"; {numbers[0].label} vary together: initsweep plot curve draws them" \
            if numbers and numbers[0].along else ""
        names = {*REPEATS, *INDICES, *(name for axis in numbers for name in (axis.name, *axis.along))}
        inner = [name for name in swept_columns(dataset) if dataset[name].dtype.kind in "iuf" and name not in names]
        hint = f"; --rows and --columns also accept parameters of a choice: {', '.join(inner)}" if inner else ""
        raise ValueError("a map needs two swept settings that are numbers; the file has "
                         f"{numbers[0].label if numbers else 'none'}{together}{hint}")
    shown = view(dataset, ROLES, {"columns": columns, "rows": rows, "panels": panels}, quantity, "point", best_over)
    x, y, parts = (shown.axes[name] for name in ("columns", "rows", "panels"))
    if x.numbers is None or y.numbers is None:
        raise ValueError("a map needs two swept settings that are numbers and not pooled by --best-over")
    is_sample = x.sampled or y.sampled
    cells = None if is_sample else map_cells(shown, quantity)
    values = final_values(shown.dataset, quantity) if cells is None else cells.value
    norm = colour_norm(shown.dataset, quantity, values)
    note = ""
    if "level" in shown.dataset.coords:
        trained = np.count_nonzero(np.isin(shown.dataset["status"].values, (COMPLETED, STOPPED, DIVERGED)))
        note = f"{trained:,} of {shown.dataset.sizes['network']:,} networks trained, others like the nearest"
    lines = theory_handles("depth" in (x.name, y.name)) if theory else []
    marks = point_handles(shown) if cells is None else map_handles(cells)
    figure, upper, axes = panel_grid(shown, [*lines, *marks], note)
    absent: dict[int, NoPrediction] = {}
    for p, panel in enumerate(axes):
        image = draw_points(panel, shown, p, norm, quantity) if cells is None else \
            draw_plane(panel, x.numbers, y.numbers, cells.panel(p), norm, quantity)
        panel.set_title(titled(parts, p, p == 0))
        try:
            if theory:
                draw_trainable(panel, panel_networks(shown.dataset, (parts, p)), x, y)
        except NoPrediction as reason:
            absent[p] = reason
            explain_absence(panel, str(reason))
    require_prediction(absent, len(axes))
    upper.supxlabel(number_label(x), fontsize=9)
    upper.supylabel(number_label(y), fontsize=9)
    colour_bar(upper, image, axes, wrap_label(f"final {quantity_label(dataset, quantity)}", 2.4), values)
    return figure

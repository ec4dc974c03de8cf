"""Figures for one question each: networks, layers, symmetry, escape times, spectra, curvature, phase diagrams."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import matplotlib.lines
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, Array, last_values, split_weights
from initsweep.design import Axis, Role, View, number_axes, single, titled, view
from initsweep.figures import ROW, quantity_records, schedule_bands, single_point_marker, steps_of
from initsweep.intervals import fit_line, quantile_band, with_error
from initsweep.layout import (MAX_BANDS, axis_style, band_description, draw_handles, draw_legend, grid_shape,
                              legend_height, panel_width, title_grid, titled_figure, wrap_label)
from initsweep.maps import (DEPTH_SCALE, EDGE, MAX_MAPS, draw_line, draw_plane, map_cells, map_handles, panel_grid)
from initsweep.mean_field import MEAN_FIELD, chaotic_depth_scale_line, edge_of_chaos, ordered_depth_scale_line
from initsweep.predictions import (BY_LAYER, PREDICTED, TRAINABLE, NoPrediction, explain_absence, panel_networks,
                                   predicted_layers, prediction_handle, require_prediction, shared_name,
                                   shared_value, threshold_of, wide_activation)
from initsweep.scales import (DIVERGENCE_FACTOR, colour_bar, colour_norm, logarithmic_ticks, quantity_label,
                              require_quantity, scale_ceiling, scale_steps, scale_values, spans_decades, symmetric_log)
from initsweep.style import Figure, in_style, line_width

__all__ = ["small_multiples", "by_layer", "symmetry", "escape_time", "spectra", "hessian", "phase"]

SCALE_POINTS = 31  # of a line of the chaotic phase
MAX_LINES = 60  # networks drawn one by one in a panel
ROUNDING = 1e-6  # singular values below this share of the largest of a panel row are rounding errors
SPECTRA = {"singular_value_max": "largest singular value", "singular_value_min": "smallest singular value",
           "effective_rank": "effective rank"}
EIGENVALUES = {"hessian_max": "largest eigenvalue", "hessian_min": "smallest eigenvalue"}
THRESHOLD = (r"dashed: the optimiser is unstable above, $2/\eta$; momentum $2(1+\mu)/\eta$, Nesterov "
             r"$2(1+\mu)/((1+2\mu)\eta)$")
OF_UNITS = ("distinct_units", "mean_cosine")  # quantities that compare the units of a hidden layer
# Settings of a start near a plateau, the first of which that is swept is the axis of escape times
NEAR_PLATEAU = ("init_noise", "init_std", "init_value", "init_gain", "init_sigma_w")

COLOUR, COLUMNS, ROWS = Role("colour", "init", 24), Role("columns", "activation", 8), Role("rows", "init", 12)


def deepest_networks(dataset: xarray.Dataset, *shown: str | None) -> tuple[xarray.Dataset, str]:
    """The deepest networks and a note that says so: layer k of networks of different depth is not the same thing.

    All networks if depth is not swept, or is one of the settings that the figure shows (shown).
    """
    depths = np.unique(dataset["depth"].values)
    if len(depths) == 1 or "depth" in shown:
        return dataset, ""
    return (dataset.isel(network=np.flatnonzero(dataset["depth"].values == depths[-1])),
            f"networks of depth {depths[-1]} (there are {', '.join(str(depth) for depth in depths)})")


def require_probes(dataset: xarray.Dataset, figure: str, *names: str) -> None:
    """Raises ValueError if the file lacks one of these probes. figure: what needs them."""
    for name in names:
        if name not in dataset:
            raise ValueError(f"{figure} needs the probe {name}, which the file does not have: add it to record.probes")


def require_layers(dataset: xarray.Dataset, quantity: str) -> None:
    """Raises ValueError if the file lacks a quantity, or if it has no layers."""
    require_probes(dataset, "this figure", quantity)
    if set(dataset[quantity].dims) != {"network", "record", "layer"}:
        raise ValueError(f"{quantity} has no layers; initsweep plot trajectories draws it")


@in_style
def small_multiples(dataset: xarray.Dataset, quantity: str = "loss", panels: str | None = None,
                    colour: str | None = None, best_over: Sequence[str] = ()) -> Figure:
    """A panel for each value of a setting: a thin line for each network, a thick one for the median of a colour.

    If a colour has more than MAX_LINES networks in a panel, that many are drawn, evenly spread over them.
    """
    require_quantity(dataset, quantity)
    shown = view(dataset, (Role("panels", "init", 36), Role("colour", "activation", 24)),
                 {"panels": panels, "colour": colour}, quantity, "thick line", best_over)
    parts, colours = shown.axes["panels"], shown.axes["colour"]
    down, across = grid_shape(len(parts.texts))
    figure, part = titled_figure(
        shown.dataset, panel_width(across), 0.5 + 1.8 * down, shown.note,
        lambda lower: draw_legend(lower, colours, "thin: networks; thick: median"), legend_height(colours.texts))
    axes = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    values, steps, drawn = quantity_records(shown.dataset, quantity), steps_of(shown.dataset), [np.zeros(0)]
    for p, panel in enumerate(axes.ravel()):
        if p >= len(parts.texts):
            panel.set_visible(False)
            continue
        panel.tick_params(labelbottom=p + across >= len(parts.texts))
        panel.set_title(titled(parts, p, p == 0))
        for code in range(len(colours.texts)):
            own = np.flatnonzero((parts.codes == p) & (colours.codes == code))
            some = own[np.linspace(0, len(own) - 1, min(len(own), MAX_LINES)).astype(int)] if len(own) else own
            style = axis_style(colours, code)
            panel.plot(steps[some].T, values[some].T, alpha=0.3, **{**style, "linewidth": 0.5})
            drawn.append(values[some].ravel())
            for step, _, median, _ in schedule_bands(steps[own], values[own]):
                panel.plot(step, median, marker=single_point_marker(median), **style)
        scale_steps(panel, steps)
    notes = scale_values(axes, np.concatenate(drawn), quantity, scale_ceiling(shown.dataset, quantity))
    label_steps(part, shown.dataset, quantity, notes, 1.8 * down)
    return figure


def label_steps(part: Any, dataset: xarray.Dataset, quantity: str, notes: Sequence[str], height: float) -> None:
    """Labels the axes of panels of a quantity over the steps. height: inches of the panels."""
    part.supxlabel("optimiser steps" + (f"   ({'; '.join(notes)})" if notes else ""), fontsize=9)
    part.supylabel(wrap_label(quantity_label(dataset, quantity), height), fontsize=9)


def layer_style(number: int, layers: int) -> dict[str, Any]:
    """Colour and width of a layer: from dark and wide at the inputs to light and thin at the outputs."""
    return {"color": matplotlib.colormaps["viridis"](0.92 * number / max(1, layers - 1)),
            "linewidth": line_width(number, layers)}


@in_style
def by_layer(dataset: xarray.Dataset, quantity: str = "gradient_norm", rows: str | None = None,
             columns: str | None = None, best_over: Sequence[str] = (), theory: bool = False) -> Figure:
    """A quantity of each layer over the steps: a panel for each rows x columns, a colour for each layer.

    Lines are medians, bands the 10 % to 90 % quantiles of the networks of a panel. Of networks of different depth the
    deepest are shown, unless depth is rows or columns. Quantities that compare units are shown for hidden layers only.
    theory: diamonds at step 0 show what the theory of wide networks predicts of a quantity of predictions.BY_LAYER;
    a panel without says what is missing. Raises ValueError if the quantity has no layers, or if no panel has a
    prediction.
    """
    require_layers(dataset, quantity)
    if theory and quantity not in BY_LAYER:
        raise ValueError(f"no theory of {quantity} by layer is known here; it is of {', '.join(BY_LAYER)}")
    dataset, note = deepest_networks(dataset, rows, columns)
    shown = view(dataset, (ROWS, COLUMNS), {"rows": rows, "columns": columns}, quantity, "panel", best_over, note)
    row, column, of_units = shown.axes["rows"], shown.axes["columns"], quantity in OF_UNITS
    layers = max(1, int(shown.dataset["depth"].values.max()) + (not of_units))

    def legend(lower: Any) -> None:
        some = range(layers) if layers <= 10 else sorted({round(k) for k in np.linspace(0, layers - 1, 8)})
        handles = [matplotlib.lines.Line2D([], [], label=str(k + 1), **layer_style(k, layers)) for k in some]
        which = "hidden layer" if of_units else "weight layer"
        predicted = f"\ndiamonds: wide networks at their start, {BY_LAYER[quantity].formula}" if theory else ""
        draw_handles(lower, handles, f"{which}, 1 at the inputs ({band_description(1)}){predicted}")

    figure, part = titled_figure(shown.dataset, panel_width(len(column.texts)), 0.5 + ROW * len(row.texts), shown.note,
                                 legend, 0.8 if theory else 0.6)
    axes = part.subplots(len(row.texts), len(column.texts), sharex=True, sharey=True, squeeze=False)
    values, steps, medians = quantity_records(shown.dataset, quantity), steps_of(shown.dataset), [np.zeros(0)]
    absent: dict[tuple[int, ...], NoPrediction] = {}
    for r, c in np.ndindex(axes.shape):
        own = (row.codes == r) & (column.codes == c)
        for k in range(layers):
            style = layer_style(k, layers)
            for step, low, median, high in schedule_bands(steps[own], values[own, :, k]):
                axes[r, c].fill_between(step, low, high, alpha=0.15, color=style["color"], linewidth=0)
                axes[r, c].plot(step, median, marker=single_point_marker(median), **style)
                medians.append(median)
        scale_steps(axes[r, c], steps)
        try:
            predicted = predicted_layers(panel_networks(shown.dataset, (row, r), (column, c)), quantity) \
                if theory else {}
        except NoPrediction as reason:
            absent[r, c] = reason
            explain_absence(axes[r, c], str(reason))
            continue
        for k, value in predicted.items():
            axes[r, c].plot([0], [value], "D", markerfacecolor="white", markeredgecolor=layer_style(k, layers)["color"],
                            markersize=4.5, zorder=3, clip_on=False)
            medians.append(np.array([value]))
    require_prediction(absent, axes.size)
    title_grid(axes, row, column)
    notes = scale_values(axes, np.concatenate(medians), quantity, scale_ceiling(shown.dataset, quantity))
    label_steps(part, shown.dataset, quantity, notes, ROW * len(row.texts))
    return figure


def is_flat(lines: Sequence[tuple[Array, ...]]) -> bool:
    """Whether the medians of bands do not change over the steps. lines: (steps, low, median, high) each."""
    return all(np.ptp(median[np.isfinite(median)]) == 0 for _, _, median, _ in lines if np.isfinite(median).any())


@in_style
def symmetry(dataset: xarray.Dataset, quantity: str | None = None, colour: str | None = None,
             columns: str | None = None, best_over: Sequence[str] = ()) -> Figure:
    """Whether the units of a hidden layer act as one: distinct_units or mean_cosine over the steps, a panel for each
    hidden layer and value of columns, a colour for each value of a setting.

    Panels in which nothing changes over the steps and which are equal are drawn once; the title names all of them. Of
    networks of different depth the deepest are shown, unless depth is colour or columns.
    """
    quantity = quantity or ("distinct_units" if "distinct_units" in dataset else "mean_cosine")
    require_layers(dataset, quantity)
    dataset, note = deepest_networks(dataset, colour, columns)
    shown = view(dataset, (COLOUR, COLUMNS), {"colour": colour, "columns": columns}, quantity, "line", best_over, note)
    colours, column = shown.axes["colour"], shown.axes["columns"]
    values, steps = quantity_records(shown.dataset, quantity), steps_of(shown.dataset)
    parts: list[tuple[list[str], list[list[tuple[Array, ...]]]]] = []
    for k, c in np.ndindex(max(1, int(shown.dataset["depth"].values.max())), len(column.texts)):
        lines = [schedule_bands(steps[own], values[own, :, k]) for own in
                 ((column.codes == c) & (colours.codes == code) for code in range(len(colours.texts)))]
        value = f"{column.label} = {column.texts[c]}" if column.numbers is not None else column.texts[c]
        name = f"layer {k + 1}" + (f", {value}" if column.name else "")
        same = next((names for names, others in parts if all(is_flat(line) for line in (*lines, *others))
                     and all(np.array_equal(one, other, equal_nan=True) for line, other_line in zip(lines, others)
                             for band, other_band in zip(line, other_line) for one, other in zip(band, other_band))),
                    None)
        if same is None:
            parts.append(([name], lines))
        else:
            same.append(name)
    complete = all(len(names) == 1 for names, _ in parts) and 1 < len(column.texts) <= 4
    across = len(column.texts) if complete else grid_shape(len(parts), 3)[1]
    down = -(-len(parts) // across)
    figure, part = titled_figure(
        shown.dataset, panel_width(across, 2.6), 0.5 + 1.8 * down, shown.note,
        lambda lower: draw_legend(lower, colours, band_description(len(colours.texts))), legend_height(colours.texts))
    axes = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    drawn = [np.zeros(0)]
    for p, panel in enumerate(axes.ravel()):
        if p >= len(parts):
            panel.set_visible(False)
            continue
        names, lines = parts[p]
        everywhere = len(parts) == 1 and len(names) > 1
        panel.set_title(f"all hidden layers{f', all {column.label}' if column.name else ''}" if everywhere
                        else wrap_label("; ".join(names), 2.2))
        panel.tick_params(labelbottom=p + across >= len(parts))
        for code, line in enumerate(lines):
            style = axis_style(colours, code)
            for step, low, median, high in line:
                if len(colours.texts) <= MAX_BANDS:
                    panel.fill_between(step, low, high, alpha=0.15, color=style["color"], linewidth=0)
                panel.plot(step, median, marker=single_point_marker(median), **style)
                drawn.append(median)
        scale_steps(panel, steps)
    top = np.nanmax([1.0, *np.concatenate(drawn)])
    axes[0, 0].set_ylim(-0.04 * top, 1.06 * top)
    if quantity == "distinct_units":
        axes[0, 0].yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, integer=True))
    empty = [colours.texts[code] for code in range(len(colours.texts))
             if not any(np.isfinite(median).any() for _, lines in parts for _, _, median, _ in lines[code])]
    label_steps(part, shown.dataset, quantity, [f"undefined, no line: {', '.join(empty)}"] if empty else [], 1.8 * down)
    return figure


def power_law(x: Array, y: Array) -> tuple[float, float, float]:
    """Exponent b, its standard error, and factor a of y = a x^b, by least squares of the logarithms.

    x, y: [points], positive.
    """
    line = fit_line(np.log(x), np.log(y))
    return line.slope, line.slope_error, math.exp(line.intercept)


def escape_points(dataset: xarray.Dataset, axis: str) -> tuple[Array, Array, Array, Array]:
    """The networks of an escape figure: (x, step, censored, network), each [points]; a censored step is steps_done.

    Networks that are missing, diverged before they escaped, or have x <= 0 are left out.
    """
    x = dataset[axis].values.astype(np.float64)
    step = dataset["escape_step"].values.astype(np.float64)
    censored = ~(step >= 0)
    ended = np.isin(dataset["status"].values, (COMPLETED, STOPPED))
    shown = (x > 0) & (~censored | ended)
    step = np.where(censored, dataset["steps_done"].values.astype(np.float64), step)
    return x[shown], np.maximum(step[shown], 1), censored[shown], np.flatnonzero(shown)


def escape_axis(dataset: xarray.Dataset, colour: str | None) -> str:
    """The numeric setting that an escape figure has on its axis. Raises ValueError if none is swept."""
    numeric = [axis.name for axis in number_axes(dataset) if axis.name not in ("depth", colour)]
    for name in (*NEAR_PLATEAU, *numeric):
        if name in numeric:
            return name
    raise ValueError("escape needs a swept setting that is a number, such as network.init_noise")


@in_style
def escape_time(dataset: xarray.Dataset, x: str | None = None, colour: str | None = None,
                best_over: Sequence[str] = ()) -> Figure:
    """Steps until a network leaves the plateau, over a numeric setting, both logarithmic; a colour for each value of a
    setting.

    Points are networks; triangles did not escape (they are censored at the steps they had). Lines are power laws
    through the medians at those values of the axis where fewer than half are censored: a median does not depend on how
    late the late ones are.
    """
    require_probes(dataset, "escape", "escape_step")
    shown = view(dataset, (Role("x", wants="sampled"), Role("colour", "depth", 24)),
                 {"x": x or escape_axis(dataset, colour), "colour": colour}, "loss", "point", best_over)
    axis, colours = shown.axes["x"].name, shown.axes["colour"]
    x_values, step, censored, network = escape_points(shown.dataset, axis)
    if not len(x_values):
        raise ValueError(f"no network has a positive {axis} and ended without divergence")
    codes = colours.codes[network]
    handles, fits = [], []
    for number, name in enumerate(colours.texts):
        own, style = codes == number, axis_style(colours, number)
        label, fitted = f"{colours.label} = {name}" if name else "networks", np.zeros(0)
        at = np.array([value for value in np.unique(x_values[own]) if censored[own & (x_values == value)].mean() < 0.5])
        median = np.array([np.median(step[own & (x_values == value)]) for value in at])
        if len(at) >= 3:
            b, error, a = power_law(at, median)
            label += f": steps ~ {axis}^({with_error(b, error)})"
            fitted = a * at ** b
        fits.append((own, at, median, fitted, style["color"]))
        handles.append(matplotlib.lines.Line2D([], [], color=style["color"], linewidth=1.2, label=label))
    has_median = any(len(at) for _, at, *_ in fits)
    for drawn, marker, size, face, label in (
            (not censored.all(), "o", 3, "0.3", "network"), (has_median, "D", 4.5, "0.3", "median"),
            (censored.any(), "^", None, "none", f"not escaped when it ended: {censored.sum()} of {len(censored)}")):
        if drawn:
            handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker=marker, linestyle="none",
                                                   markersize=size, markerfacecolor=face, label=label))
    across = 1 + (len(handles) > 8)
    has_line = any(len(fitted) for *_, fitted, _ in fits)
    title = "line: power law through the medians ± standard error" if has_line else None

    def legend(lower: Any) -> None:
        lower.legend(handles=handles, title=title, loc="center", frameon=False, ncol=across)

    figure, part = titled_figure(shown.dataset, 6.4, 4.2, shown.note, legend, 0.4 + 0.19 * -(-len(handles) // across))
    panel = part.subplots()
    spread = np.exp(0.02 * np.log(max(x_values.max() / x_values.min(), 10)))  # colours are drawn side by side
    for number, (own, at, median, fitted, colour_of_line) in enumerate(fits):
        shift = spread ** ((number - (len(fits) - 1) / 2) / max(1, len(fits) - 1))
        panel.plot(x_values[own & ~censored] * shift, step[own & ~censored], "o", markersize=3, alpha=0.35,
                   markeredgewidth=0, color=colour_of_line)
        panel.plot(x_values[own & censored] * shift, step[own & censored], "^", markersize=5, alpha=0.6,
                   markerfacecolor="none", color=colour_of_line)
        if len(fitted):
            panel.plot(at, fitted, color=colour_of_line, linewidth=1.2)
        panel.plot(at * shift, median, "D", markersize=4.5, color=colour_of_line, markeredgecolor="white",
                   markeredgewidth=0.5)
    panel.set_xscale("log")
    panel.set_yscale("log")
    logarithmic_ticks(panel.xaxis, *panel.get_xlim())
    logarithmic_ticks(panel.yaxis, *panel.get_ylim())
    panel.set_xlabel(axis)
    panel.set_ylabel("optimiser steps until the loss escapes")
    return figure


def record_ends(dataset: xarray.Dataset, quantity: str) -> tuple[Array, Array]:
    """First and last recorded values of a quantity with layers, each [network, layer]; no last ones if diverged."""
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    first = np.isfinite(values).any(axis=2).argmax(axis=1)
    diverged = dataset["status"].values == DIVERGED
    return values[np.arange(len(values)), first], np.where(diverged[:, None], np.nan, last_values(values))


def singular_values(dataset: xarray.Dataset, networks: Array, layer: int, which: str) -> Array:
    """Singular values of the weights of a layer, descending: [network, n], NaN for those that do not exist.

    networks: positions; layer: from 0; which: "initial" or "final".
    """
    rows = []
    for number in dataset["network"].values[networks]:
        layers = split_weights(dataset, int(number), which)
        weight = layers[layer][0] if layer < len(layers) else np.zeros((0, 0))
        known = np.isfinite(weight).all() and weight.size
        rows.append(np.linalg.svd(weight.astype(np.float64), compute_uv=False) if known else np.zeros(0))
    result = np.full((len(rows), max((len(row) for row in rows), default=0)), np.nan)
    for i, row in enumerate(rows):
        result[i, :len(row)] = row
    return result


@in_style
def spectra(dataset: xarray.Dataset, columns: str | None = None, colour: str | None = None,
            best_over: Sequence[str] = ()) -> Figure:
    """Extreme singular values and effective rank of each layer, before (dotted) and after training (solid).

    Lines are medians over the networks of a colour; those that diverged have no end. A panel column for each value of
    `columns`. The rows are those of singular_value_max, singular_value_min and effective_rank that the file has. If it
    has final weights, the whole spectrum of the first hidden-to-hidden layer (or the first layer) is added below. Of
    networks of different depth the deepest are shown.
    """
    probes = [name for name in SPECTRA if name in dataset]
    has_weights = "weights_final" in dataset
    if not probes and not has_weights:
        raise ValueError(f"spectra needs one of the probes {', '.join(SPECTRA)}, or record.weights: final; the file "
                         "has none of them")
    dataset, note = deepest_networks(dataset, columns, colour)
    shown = view(dataset, (COLOUR, COLUMNS), {"columns": columns, "colour": colour}, "loss", "line", best_over, note)
    colours, column = shown.axes["colour"], shown.axes["columns"]
    rows = len(probes) + has_weights
    figure, part = titled_figure(
        shown.dataset, panel_width(len(column.texts), 2.6), 0.4 + 1.75 * rows, shown.note,
        lambda lower: draw_legend(lower, colours, "medians; dotted: before training, solid: after"),
        legend_height(colours.texts))
    axes = part.subplots(rows, len(column.texts), sharey="row", squeeze=False)
    drawn: list[list[Array]] = [[] for _ in range(rows)]
    layer = 1 if dataset.sizes["layer"] > 2 else 0
    for r, c in np.ndindex(axes.shape):
        for number in range(len(colours.texts)):
            own = (column.codes == c) & (colours.codes == number)
            if r < len(probes):
                ends = [quantile_band(values[own])[1] for values in record_ends(shown.dataset, probes[r])]
            else:
                ends = [quantile_band(singular_values(shown.dataset, np.flatnonzero(own), layer, which))[1]
                        if f"weights_{which}" in dataset or (which == "initial" and "weights" in dataset)
                        else np.zeros(0) for which in ("initial", "final")]
            style = axis_style(colours, number)
            for values, dashes in zip(ends, (":", "-")):
                axes[r, c].plot(1 + np.arange(len(values)), values, marker="o", markersize=style["linewidth"] + 1,
                                **{**style, "linestyle": dashes})
                drawn[r].append(values)
        axes[r, c].xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        axes[r, c].margins(x=0.08)
        if c == 0:
            axes[r, c].set_ylabel(SPECTRA[probes[r]] if r < len(probes) else f"singular values,\nlayer {layer + 1}")
    title_grid(axes[:1], view_row(shown), column)
    for r in range(rows):
        row_values = np.concatenate(drawn[r])
        if probes[r:r + 1] != ["effective_rank"]:
            starts = np.concatenate(drawn[r][::2])  # initial, final, initial, ...
            starts = starts[np.isfinite(starts)]
            ceiling = DIVERGENCE_FACTOR * starts.max() if len(starts) and starts.max() > 0 else math.inf
            scale_singular_values(axes[r], row_values[np.isfinite(row_values)], ceiling)
        for panel in axes[r]:
            panel.set_xlabel("weight layer" if r < len(probes) else "number, the largest first")
    return figure


def scale_singular_values(panels: Any, drawn: Array, ceiling: float) -> None:
    """Gives a row of panels a logarithmic scale if it needs one, with a place for 0, where values that are 0 up to
    rounding are.

    drawn: of any shape; ceiling: the scale does not go beyond it.
    """
    if not len(drawn):
        return
    top = min(drawn.max(), ceiling)
    floor = top * ROUNDING
    positive = drawn[drawn >= floor]
    if not len(positive) or not (spans_decades(positive) or len(positive) == len(drawn) and spans_decades(drawn)):
        for panel in panels:
            panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
        return
    has_zeros = bool((drawn < floor).any())
    low = positive.min() / 1.6
    zero = positive.min() / (positive.max() / positive.min()) ** 0.25 / 2
    for panel in panels:
        panel.set_yscale("log")
        panel.set_ylim(zero / 1.6 if has_zeros else low, top * 1.6)
        for line in panel.lines:
            values = np.asarray(line.get_ydata(), dtype=np.float64)
            line.set_ydata(np.where(values < floor, zero, values))
    logarithmic_ticks(panels[0].yaxis, low, top * 1.6)
    if has_zeros:
        powers = 10.0 ** np.arange(math.ceil(math.log10(low)), math.floor(math.log10(top * 1.6)) + 1)
        powers = powers[::1 + len(powers) // 5] if len(powers) > 1 else np.array([positive.min(), positive.max()])
        panels[0].set_yticks([zero, *powers], ["0", *(f"{power:.2g}" for power in powers)])
        panels[0].yaxis.set_minor_locator(matplotlib.ticker.NullLocator())


@in_style
def hessian(dataset: xarray.Dataset, columns: str | None = None, colour: str | None = None,
            best_over: Sequence[str] = (), theory: bool = False) -> Figure:
    """Largest and smallest eigenvalue of the training loss's Hessian over the steps, or that of them which the file
    has.

    Lines are medians, bands 10 % to 90 % quantiles. If the file has hessian_eigenvalues, the whole spectrum at the end
    is added below. theory: dashed lines where the networks' optimiser becomes unstable (theory.stability_threshold), in
    the colour of the networks if these differ; a panel without says what is missing. Raises ValueError if no panel has
    such a line.
    """
    probes = [name for name in EIGENVALUES if name in dataset]
    if not probes or theory:
        require_probes(dataset, "hessian", "hessian_max")
    has_spectrum = "hessian_eigenvalues" in dataset
    dataset, note = deepest_networks(dataset, columns, colour)
    shown = view(dataset, (COLOUR, COLUMNS), {"columns": columns, "colour": colour}, "loss", "line", best_over, note)
    colours, column = shown.axes["colour"], shown.axes["columns"]
    thresholds = stability_thresholds(shown) if theory else {}
    figure, part = titled_figure(
        shown.dataset, panel_width(len(column.texts), 2.6), 0.4 + 1.75 * (len(probes) + has_spectrum),
        "; ".join([shown.note, *([THRESHOLD] if theory else [])]),
        lambda lower: draw_legend(lower, colours, band_description(len(colours.texts))), legend_height(colours.texts))
    axes = part.subplots(len(probes) + has_spectrum, len(column.texts), sharex=False, sharey="row", squeeze=False)
    for r, quantity in enumerate(probes):
        draw_extreme_eigenvalues(axes[r], shown, quantity, thresholds if quantity == "hessian_max" else {})
        axes[r, 0].set_ylabel(EIGENVALUES[quantity])
    title_grid(axes[:1], view_row(shown), column)
    for panel in axes[len(probes) - 1]:
        panel.set_xlabel("optimiser steps")
    if has_spectrum:
        draw_eigenvalues(axes[-1], shown)
    return figure


def view_row(shown: View) -> Axis:
    """The axis of rows of panels that are quantities, not settings."""
    return single(shown.dataset)


def stability_thresholds(shown: View) -> dict[tuple[int, int], float | NoPrediction]:
    """The curvature at which training becomes unstable, by the numbers of panel and colour, or why it is not known.

    Raises NoPrediction if it is known of none.
    """
    colours, column = shown.axes["colour"], shown.axes["columns"]
    found: dict[tuple[int, int], float | NoPrediction] = {}
    for c, code in np.ndindex(len(column.texts), len(colours.texts)):
        networks = panel_networks(shown.dataset, (column, c), (colours, code))
        if not networks.sizes["network"]:
            continue
        try:
            found[c, code] = threshold_of(networks)
        except NoPrediction as reason:
            found[c, code] = reason
    require_prediction({key: one for key, one in found.items() if isinstance(one, NoPrediction)}, len(found))
    return found


def draw_thresholds(panel: Any, colours: Axis, found: dict[int, float | NoPrediction]) -> list[Array]:
    """Draws the thresholds of a panel by the code of their colour, in one colour if they are equal. Returns them."""
    known = {code: one for code, one in found.items() if not isinstance(one, NoPrediction)}
    reasons = [str(one) for one in found.values() if isinstance(one, NoPrediction)]
    if reasons and not known:
        explain_absence(panel, reasons[0])
    if not reasons and len(set(known.values())) == 1:
        panel.axhline(next(iter(known.values())), color=PREDICTED, linewidth=1.5, linestyle="--")
    else:
        for code, value in known.items():
            panel.axhline(value, color=axis_style(colours, code)["color"], linewidth=1.2, linestyle="--")
    return [np.array([value]) for value in known.values()]


def draw_extreme_eigenvalues(panels: Any, shown: View, quantity: str,
                             thresholds: dict[tuple[int, int], float | NoPrediction]) -> None:
    """Draws hessian_max or hessian_min over the steps into a row of panels, one for each value of columns.

    thresholds: of stability_thresholds, to be drawn too.
    """
    colours, column = shown.axes["colour"], shown.axes["columns"]
    values, steps, medians = quantity_records(shown.dataset, quantity), steps_of(shown.dataset), [np.zeros(0)]
    for c, panel in enumerate(panels):
        medians += draw_thresholds(panel, colours, {code: one for (number, code), one in thresholds.items()
                                                    if number == c})
    for c, code in np.ndindex(len(panels), len(colours.texts)):
        own, style = (column.codes == c) & (colours.codes == code), axis_style(colours, code)
        for step, low, median, high in schedule_bands(steps[own], values[own]):
            known = np.isfinite(median)
            if len(colours.texts) <= MAX_BANDS:
                panels[c].fill_between(step[known], low[known], high[known], color=style["color"], alpha=0.15,
                                       linewidth=0)
            panels[c].plot(step[known], median[known], marker=single_point_marker(median), **style)
            medians.append(median)
        scale_steps(panels[c], steps)
    ceiling, drawn = scale_ceiling(shown.dataset, quantity), np.concatenate(medians)
    scale_values(panels, drawn, quantity, ceiling)
    if panels[0].get_yscale() != "log":
        scale_signed(panels, drawn, ceiling)
        for panel in panels:
            panel.axhline(0, color="0.4", linewidth=0.8)


def scale_signed(panels: Any, drawn: Array, ceiling: float) -> None:
    """Scales panels of values of both signs by their medians: linear, or logarithmic on both sides of 0 if they span
    decades.

    drawn: medians of any shape; ceiling: the scale does not go beyond it.
    """
    finite = np.clip(drawn[np.isfinite(drawn)], -ceiling, ceiling)
    if not len(finite):
        return
    low, high = min(0.0, finite.min()), max(0.0, finite.max())
    sizes = np.abs(finite[finite != 0])
    if len(sizes) and sizes.max() > 100 * np.median(sizes):
        for panel in panels:
            symmetric_log(panel, finite)
        panels[0].set_ylim(1.6 * low - (0.02 * high if low == 0 else 0), 1.6 * high)
        if high == 0:
            panels[0].set_ylim(top=sizes.max() * 1e-3)
        return
    margin = 0.15 * (high - low) or 0.1
    panels[0].set_ylim(low - margin * (low < 0), high + margin * (high > 0))


def draw_eigenvalues(axes: Any, shown: View) -> None:
    """Draws the eigenvalues of the Hessian at the last record, descending, as medians over networks.

    axes: a panel for each value of columns.
    """
    colours, column = shown.axes["colour"], shown.axes["columns"]
    final = -np.sort(-last_values(quantity_records(shown.dataset, "hessian_eigenvalues")), axis=1)  # NaN last
    medians = [np.zeros(0)]
    for c, panel in enumerate(axes):
        for code in range(len(colours.texts)):
            median = quantile_band(final[(column.codes == c) & (colours.codes == code)])[1]
            panel.plot(1 + np.arange(len(median)), median, **axis_style(colours, code))
            medians.append(median)
        panel.axhline(0, color="0.4", linewidth=0.8)
        panel.set_xlabel("number, the largest first")
        panel.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
    drawn = np.concatenate(medians)
    ceiling = scale_ceiling(shown.dataset, "hessian_eigenvalues")
    for panel in axes:
        symmetric_log(panel, np.clip(drawn, -ceiling, ceiling))
    finite = np.clip(drawn[np.isfinite(drawn)], -ceiling, ceiling)
    if len(finite):
        least = np.abs(finite).max() * 1e-3
        axes[0].set_ylim(min(1.6 * finite.min(), -least), max(1.6 * finite.max(), least))
    axes[0].set_ylabel("eigenvalues at the end")


def phase_axes(dataset: xarray.Dataset, rows: str | None, columns: str | None) -> tuple[str, str, float]:
    """The settings for sigma_b and sigma_w, and the factor that makes the second sigma_w.

    Raises ValueError if one is not swept.
    """
    rows = rows or "bias_init_std"
    columns = columns or ("init_sigma_w" if "init_sigma_w" in dataset.coords else "init_std")
    if rows == "depth":
        raise ValueError("the rows of phase are sigma_b; initsweep plot trainability draws depth over sigma_w, with "
                         "--theory also the edge of chaos and the depth scale")
    for name, setting in ((columns, "network.init: {name: mean_field, sigma_w: [...]}"),
                          (rows, "network.bias_init: {name: normal, std: [...]}")):
        if name not in dataset.coords or len(np.unique(dataset[name].values)) < 2:
            raise ValueError(f"phase needs a swept {name}, as by {setting} under grid")
    if columns != "init_std":
        return rows, columns, 1.0
    widths = np.unique(dataset["width"].values)
    if len(widths) > 1:
        raise ValueError("phase needs a single width if init_std is swept: sigma_w is std sqrt(width)")
    return rows, columns, math.sqrt(float(widths[0]))


@in_style
def phase(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None, columns: str | None = None,
          panels: str | None = None, best_over: Sequence[str] = (), theory: bool = False) -> Figure:
    """Final values of a quantity over (sigma_w, sigma_b), with the edge of chaos of wide networks; a panel for each
    activation.

    Left of the edge the deep layers of a network make all inputs alike (ordered), right of it they separate them
    (chaotic). Points are medians of their networks; cells end at the outermost points. theory: dashed lines where the
    networks' depth is 6 xi_c, between which they can be trained (mean_field.ordered_depth_scale_line and
    chaotic_depth_scale_line); a panel without says what is missing. Raises ValueError if no panel has such lines.
    """
    require_quantity(dataset, quantity)
    rows, columns, factor = phase_axes(dataset, rows, columns)
    shown = view(dataset, (Role("columns", wants="number"), Role("rows", wants="number"),
                           Role("panels", "activation", MAX_MAPS)),
                 {"columns": columns, "rows": rows, "panels": panels}, quantity, "point", best_over)
    x, y, parts = (shown.axes[name] for name in ("columns", "rows", "panels"))
    assert x.numbers is not None and y.numbers is not None
    cells = map_cells(shown, quantity)
    norm = colour_norm(shown.dataset, quantity, cells.value)
    names = [set(shown.dataset["activation"].values[parts.codes == p]) for p in range(len(parts.texts))]
    known = [next(iter(name)) if len(name) == 1 and name <= set(MEAN_FIELD) else "" for name in names]
    handles: list[Any] = []
    if any(known):
        handles.append(prediction_handle(EDGE))
    if theory:
        handles.append(prediction_handle(DEPTH_SCALE, linestyle="--"))
    absent: dict[int, NoPrediction] = {}
    figure, upper, axes = panel_grid(shown, [*handles, *map_handles(cells)])
    for p, panel in enumerate(axes):
        image = draw_plane(panel, x.numbers * factor, y.numbers, cells.panel(p), norm, quantity, inside=True)
        panel.set_xscale("linear")
        panel.set_yscale("linear")
        panel.set_title(titled(parts, p, p == 0) + ("" if known[p] else "\nno edge of chaos is known here"))
        if known[p]:
            draw_edge(panel, known[p])
        if theory:
            try:
                draw_depth_scale(panel, panel_networks(shown.dataset, (parts, p)))
            except NoPrediction as reason:
                absent[p] = reason
                explain_absence(panel, str(reason))
    require_prediction(absent, len(axes))
    upper.supxlabel("$\\sigma_w$ (weights' std times the root of fan_in)", fontsize=9)
    upper.supylabel("$\\sigma_b$ (biases' std)", fontsize=9)
    colour_bar(upper, image, axes, wrap_label(f"final {quantity_label(dataset, quantity)}", 2.4), cells.value)
    return figure


def draw_edge(panel: Any, activation: str) -> None:
    """Draws the edge of chaos over a map of (sigma_w, sigma_b), within the panel's limits."""
    sigma_w, sigma_b = edge_of_chaos(activation)
    if np.ptp(sigma_w) < 1e-3:
        sigma_w, sigma_b = np.repeat(sigma_w[:1], 2), np.array(panel.get_ylim())
    draw_line(panel, sigma_w, sigma_b)


def draw_depth_scale(panel: Any, networks: xarray.Dataset) -> None:
    """Draws where the depth of some networks is TRAINABLE depth scales over a map of (sigma_w, sigma_b), within the
    panel's limits. Raises NoPrediction for networks of different depth, or that the theory does not hold for."""
    activation, bias = wide_activation(networks), shared_name(networks, "network.bias_init")
    if bias != "normal":
        raise NoPrediction(f"bias_init is {bias}, not normal")
    xi = float(shared_value(networks, "depth")) / TRAINABLE
    draw_line(panel, *ordered_depth_scale_line(activation, xi), linestyle="--", linewidth=1.5)
    low, high = panel.get_ylim()
    sigma_b = np.linspace(float(low), float(high), SCALE_POINTS)
    draw_line(panel, chaotic_depth_scale_line(activation, xi, sigma_b, panel.get_xlim()[1]), sigma_b, linestyle="--",
              linewidth=1.5)

"""Figures of one question each: layers and symmetry over time, escape times, spectra, curvature, phase diagrams."""
from __future__ import annotations

import math
from typing import Any

import matplotlib.colors
import matplotlib.lines
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, Array, factorize, last_values, split_weights, swept_columns
from initsweep.figures import (DIVERGENCE_FACTOR, MAX_BANDS, annotate_row, apply_scales, axis_values, band_description, colour_bar,
                               colour_norm, draw_legend, legend_height, panel_axes, quantity_label, require_quantity, scale_ceiling,
                               schedule_bands, spans_decades, steps_of, titled_figure, wrap_label)
from initsweep.intervals import fit_line, quantile_band, with_error
from initsweep.maps import check_numbers, cut, diverged_handles, draw_plane, legend_of, plane
from initsweep.mean_field import MEAN_FIELD, edge_of_chaos
from initsweep.style import Figure, in_style, line_style, line_width

MOST_LINES = 60  # networks drawn one by one in a panel


def deepest(dataset: xarray.Dataset, *used: str) -> tuple[xarray.Dataset, str]:
    """The deepest networks, and words for it: layer k of networks of different depth is not one thing.

    All networks where depth is not swept, or is a setting that the figure shows (used).
    """
    depths = np.unique(dataset["depth"].values)
    if len(depths) == 1 or "depth" in used:
        return dataset, ""
    return (dataset.isel(network=np.flatnonzero(dataset["depth"].values == depths[-1])),
            f"networks of depth {depths[-1]} (there are {', '.join(str(depth) for depth in depths)})")


def needs(dataset: xarray.Dataset, kind: str, *names: str) -> None:
    """Raises ValueError where the file lacks one of these probes."""
    for name in names:
        if name not in dataset:
            raise ValueError(f"{kind} wants the probe {name}, which the file has not: name it in record.probes")


@in_style
def small_multiples(dataset: xarray.Dataset, quantity: str = "loss", panels: str = "init",
                    colour: str = "activation") -> Figure:
    """A panel for each value of a setting, with a thin line for each network and a thick one for the median of a colour.

    Of more than MOST_LINES networks of a colour in a panel, that many are drawn, spread evenly over them.
    """
    require_quantity(dataset, quantity)
    names, codes = axis_values(dataset, panels)
    colours, colour_codes = axis_values(dataset, colour)
    if len(names) > 36:
        raise ValueError(f"{panels} has {len(names)} values; at most 36 panels can be read")
    across = min((4, 3), key=lambda many: -len(names) % many) if len(names) > 4 else len(names)  # few places stay empty
    down = -(-len(names) // across)
    figure, part = titled_figure(dataset, max(5.5, 1.0 + 2.2 * across), 1.3 + 1.8 * down,
                          lambda lower: draw_legend(lower, dataset, colour, "thin: networks; thick: median"),
                          legend_height(dataset, colour))
    axes = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    steps, drawn = steps_of(dataset), [np.zeros(0)]
    for p, panel in enumerate(axes.ravel()):
        if p >= len(names):
            panel.set_visible(False)
            continue
        panel.tick_params(labelbottom=p + across >= len(names))
        panel.set_title(f"{panels} = {names[p]}" if p == 0 else names[p])
        for number in range(len(colours)):
            mine = np.flatnonzero((codes == p) & (colour_codes == number))
            some = mine[np.linspace(0, len(mine) - 1, min(len(mine), MOST_LINES)).astype(int)] if len(mine) else mine
            look = line_style(number, len(colours))
            panel.plot(steps[some].T, values[some].T, alpha=0.3, **{**look, "linewidth": 0.5})
            drawn.append(values[some].ravel())
            for step, _, median, _ in schedule_bands(steps[mine], values[mine]):
                panel.plot(step, median, marker="o" if np.isfinite(median).sum() == 1 else None, **look)
    note = apply_scales(axes, np.concatenate(drawn), steps, quantity, scale_ceiling(dataset, quantity))
    part.supxlabel("optimiser steps" + note, fontsize=9)
    part.supylabel(wrap_label(quantity_label(dataset, quantity), 1.8 * down), fontsize=9)
    return figure


def layer_look(number: int, layers: int) -> dict[str, Any]:
    """Colour and width of a layer: from dark and wide at the inputs to light and thin at the outputs."""
    return {"color": matplotlib.colormaps["viridis"](0.92 * number / max(1, layers - 1)), "linewidth": line_width(number, layers)}


@in_style
def by_layer(dataset: xarray.Dataset, quantity: str = "gradient_norm", rows: str = "init",
             columns: str = "activation") -> Figure:
    """A quantity of each layer over the steps: a panel for each rows x columns, a colour for each layer.

    Lines are medians, bands 10 % to 90 % of a panel's networks; of networks of different depth those of the largest, where depth
    is neither rows nor columns. Of what compares a layer's units the hidden layers. Raises ValueError where the quantity has no
    layers.
    """
    needs(dataset, "this figure", quantity)
    if set(dataset[quantity].dims) != {"network", "record", "layer"}:
        raise ValueError(f"{quantity} has no layers; plot.py trajectories draws it")
    dataset, chosen = deepest(dataset, rows, columns)
    (row_names, row_codes), (column_names, column_codes) = panel_axes(dataset, rows, columns)
    of_units = quantity in ("distinct_units", "mean_cosine")
    layers = max(1, int(dataset["depth"].values.max()) + (not of_units))

    def legend(lower: Any) -> None:
        shown = range(layers) if layers <= 10 else sorted({round(k) for k in np.linspace(0, layers - 1, 8)})
        handles = [matplotlib.lines.Line2D([], [], label=str(k + 1), **layer_look(k, layers)) for k in shown]
        which = "hidden layer" if of_units else "weight layer"
        lower.legend(handles=handles, title=f"{which}, 1 at the inputs ({band_description(1)})", loc="center", frameon=False, ncol=len(handles))

    figure, part = titled_figure(dataset, max(5.5, 1.0 + 2.2 * len(column_names)), 1.3 + 1.7 * len(row_names), legend, 0.6,
                          chosen)
    axes = part.subplots(len(row_names), len(column_names), sharex=True, sharey=True, squeeze=False)
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    steps, medians = steps_of(dataset), [np.zeros(0)]
    for r, c in np.ndindex(axes.shape):
        mine = (row_codes == r) & (column_codes == c)
        for k in range(layers):
            look = layer_look(k, layers)
            for step, low, median, high in schedule_bands(steps[mine], values[mine, :, k]):
                axes[r, c].fill_between(step, low, high, alpha=0.15, color=look["color"], linewidth=0)
                axes[r, c].plot(step, median, marker="o" if np.isfinite(median).sum() == 1 else None, **look)
                medians.append(median)
        if r == 0:
            axes[r, c].set_title(f"{columns} = {column_names[c]}" if c == 0 else column_names[c])
        if c == len(column_names) - 1:
            annotate_row(axes[r, c], f"{rows} = {row_names[r]}" if r == 0 else row_names[r])
    every = np.concatenate(medians)
    note = apply_scales(axes, every, steps, quantity, scale_ceiling(dataset, quantity))
    if quantity == "distinct_units":
        axes[0, 0].yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, integer=True))
        axes[0, 0].set_ylim(0, 1.08 * np.nanmax(every) if np.isfinite(every).any() else 1)
    part.supxlabel("optimiser steps" + note, fontsize=9)
    part.supylabel(wrap_label(quantity_label(dataset, quantity), 1.7 * len(row_names)), fontsize=9)
    return figure


def power_law(x: Array, y: Array) -> tuple[float, float, float]:
    """Exponent b, its standard error, and factor a of y = a x^b by least squares of the logarithms. x, y: [points], positive."""
    line = fit_line(np.log(x), np.log(y))
    return line.slope, line.slope_error, math.exp(line.intercept)


def escape_points(dataset: xarray.Dataset, axis: str) -> tuple[Array, Array, Array, Array]:
    """Networks of an escape figure: (x, step, censored, network), each [points]; step is steps_done where it is censored.

    Networks that are missing, or diverged before they escaped, and those with x <= 0 are left out.
    """
    x = dataset[axis].values.astype(np.float64)
    step = dataset["escape_step"].values.astype(np.float64)
    censored = ~(step >= 0)
    ended = np.isin(dataset["status"].values, (COMPLETED, STOPPED))
    good = (x > 0) & (~censored | ended)
    step = np.where(censored, dataset["steps_done"].values.astype(np.float64), step)
    return x[good], np.maximum(step[good], 1), censored[good], np.flatnonzero(good)


@in_style
def escape_time(dataset: xarray.Dataset, axis: str | None = None, colour: str = "depth") -> Figure:
    """Steps until a network leaves the plateau, over a numeric setting, both logarithmic; a colour for each value of a setting.

    Points are networks; triangles never escaped (censored at the steps they had). Lines are power laws through the medians of
    those values of the axis where fewer than half are censored; a median is not moved by how late the late ones are.
    """
    needs(dataset, "escape", "escape_step")
    numeric = [name for name in swept_columns(dataset)
               if dataset[name].dtype.kind in "iuf" and name not in ("replicate", "level", colour)]
    axis = axis or next((name for name in ("init_noise", "init_std", "init_value", "init_gain", "init_sigma_w", *numeric)
                         if name in numeric), None)
    if axis is None:
        raise ValueError("escape wants a swept setting that is a number, such as network.init_noise")
    check_numbers(dataset, axis)
    names, codes = axis_values(dataset, colour)
    x, step, censored, network = escape_points(dataset, axis)
    if not len(x):
        raise ValueError(f"no network has a positive {axis} and ended in order")
    handles, fits = [], []
    for number, name in enumerate(names):
        mine, look = codes[network] == number, line_style(number, len(names))
        label = f"{colour} = {name}"
        at = np.array([value for value in np.unique(x[mine]) if censored[mine & (x == value)].mean() < 0.5])
        median = np.array([np.median(step[mine & (x == value)]) for value in at])
        if len(at) >= 3:
            b, error, a = power_law(at, median)
            label += f": steps ~ {axis}^({with_error(b, error)})"
        fits.append((mine, at, median, a * at ** b if len(at) >= 3 else np.zeros(0), look["color"]))
        handles.append(matplotlib.lines.Line2D([], [], color=look["color"], linewidth=1.2, label=label))
    if not censored.all():
        handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker="o", linestyle="none", markersize=3, label="network"))
    if any(len(at) for _, at, *_ in fits):
        handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker="D", linestyle="none", markersize=4.5, label="median"))
    if censored.any():
        handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker="^", linestyle="none", markerfacecolor="none",
                                               label=f"not escaped when it ended: {censored.sum()} of {len(censored)}"))
    across = 1 + (len(handles) > 8)
    title = "line: power law through the medians ± standard error" if any(len(line) for *_, line, _ in fits) else None

    def legend(lower: Any) -> None:
        lower.legend(handles=handles, title=title, loc="center", frameon=False, ncol=across)

    figure, part = titled_figure(dataset, 6.4, 4.6, legend, 0.4 + 0.19 * -(-len(handles) // across))
    panel = part.subplots()
    apart = np.exp(0.02 * np.log(max(x.max() / x.min(), 10)))  # colours stand side by side
    for number, (mine, at, median, line, colour_of) in enumerate(fits):
        aside = apart ** ((number - (len(fits) - 1) / 2) / max(1, len(fits) - 1))
        panel.plot(x[mine & ~censored] * aside, step[mine & ~censored], "o", markersize=3, alpha=0.35, markeredgewidth=0, color=colour_of)
        panel.plot(x[mine & censored] * aside, step[mine & censored], "^", markersize=5, alpha=0.6, markerfacecolor="none", color=colour_of)
        if len(line):
            panel.plot(at, line, color=colour_of, linewidth=1.2)
        panel.plot(at * aside, median, "D", markersize=4.5, color=colour_of, markeredgecolor="white", markeredgewidth=0.5)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(axis)
    panel.set_ylabel("optimiser steps until the loss escapes")
    return figure


def record_ends(dataset: xarray.Dataset, quantity: str) -> tuple[Array, Array]:
    """First and last recorded value of a quantity with layers: each [network, layer]; NaN at the end of networks that diverged."""
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    first = np.isfinite(values).any(axis=2).argmax(axis=1)
    diverged = dataset["status"].values == DIVERGED
    return values[np.arange(len(values)), first], np.where(diverged[:, None], np.nan, last_values(values))


def singular_values(dataset: xarray.Dataset, networks: Array, layer: int, which: str) -> Array:
    """Singular values of a layer's weights, descending: [network, n], NaN where a network has no such layer or fewer of them."""
    rows = []
    for number in dataset["network"].values[networks]:
        layers = split_weights(dataset, int(number), which)
        weight = layers[layer][0] if layer < len(layers) else np.zeros((0, 0))
        rows.append(np.linalg.svd(weight.astype(np.float64), compute_uv=False) if np.isfinite(weight).all() and weight.size
                    else np.zeros(0))
    result = np.full((len(rows), max((len(row) for row in rows), default=0)), np.nan)
    for at, row in enumerate(rows):
        result[at, :len(row)] = row
    return result


SPECTRA = {"singular_value_max": "largest singular value", "singular_value_min": "smallest singular value",
           "effective_rank": "effective rank"}
ROUNDING = 1e-6  # singular values below this share of a panel row's largest are rounding alone


@in_style
def spectra(dataset: xarray.Dataset, columns: str = "activation", colour: str = "init") -> Figure:
    """Largest and smallest singular value and effective rank over the layers, before (dotted) and after training (solid).

    Medians over the networks of a colour; those that diverged have no end. A panel column for each value of `columns`. Draws what
    the file has of singular_value_max, singular_value_min, effective_rank. Where it keeps final weights, the whole spectrum of the
    first hidden-to-hidden layer (or the first layer) comes below. Of networks of different depth those of the largest.
    """
    probes = [name for name in SPECTRA if name in dataset]
    kept = "weights_final" in dataset
    if not probes and not kept:
        raise ValueError("spectra wants a probe of singular_value_max, singular_value_min, effective_rank, or record.weights: "
                         "final; the file has none")
    dataset, chosen = deepest(dataset, columns, colour)
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    if len(names) > 12:
        raise ValueError(f"{columns} has {len(names)} values; at most 12 panels can be read")
    rows = len(probes) + kept
    figure, part = titled_figure(dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.9 * rows,
                          lambda lower: draw_legend(lower, dataset, colour, "medians; dotted: before training, solid: after"),
                          legend_height(dataset, colour), chosen)
    axes = part.subplots(rows, len(names), sharey="row", squeeze=False)
    drawn: list[list[Array]] = [[] for _ in range(rows)]
    layer = 1 if dataset.sizes["layer"] > 2 else 0
    for r, c in np.ndindex(axes.shape):
        for number in range(len(colours)):
            mine = (codes == c) & (colour_codes == number)
            if r < len(probes):
                ends = [quantile_band(values[mine])[1] for values in record_ends(dataset, probes[r])]
            else:
                whole = ["weights_initial" in dataset, True]
                ends = [quantile_band(singular_values(dataset, np.flatnonzero(mine), layer, which))[1] if there else np.zeros(0)
                        for which, there in zip(("initial", "final"), whole)]
            look = line_style(number, len(colours))
            for values, style in zip(ends, (":", "-")):
                axes[r, c].plot(1 + np.arange(len(values)), values, marker="o", markersize=look["linewidth"] + 1,
                                **{**look, "linestyle": style})
                drawn[r].append(values)
        axes[r, c].xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        if r == 0:
            axes[r, c].set_title(f"{columns} = {names[c]}" if c == 0 else names[c])
        if c == 0:
            axes[r, c].set_ylabel(SPECTRA[probes[r]] if r < len(probes) else f"singular values,\nlayer {layer + 1}")
    hidden = False
    for r in range(rows):
        every = np.concatenate(drawn[r])
        if probes[r:r + 1] != ["effective_rank"]:
            starts = np.concatenate(drawn[r][::2])  # initial, final, initial, ...
            starts = starts[np.isfinite(starts)]
            ceiling = DIVERGENCE_FACTOR * starts.max() if len(starts) and starts.max() > 0 else math.inf
            hidden |= finish_singular_values(axes[r], every[np.isfinite(every)], ceiling)
        for panel in axes[r]:
            panel.set_xlabel("weight layer" if r < len(probes) else "number, the largest first")
    if hidden:
        part.supxlabel("Singular values of 0, or of 0 up to rounding, are not drawn.", fontsize=8)
    return figure


def finish_singular_values(panels: Any, drawn: Array, ceiling: float) -> bool:
    """A logarithmic scale for a row of panels where it is needed; what is 0 up to rounding is then not drawn.

    drawn: of any shape; ceiling: what the scale does not reach beyond. Returns whether something is not drawn.
    """
    if not spans_decades(drawn[drawn > 0]):
        for panel in panels:
            panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
        return False
    top = min(drawn.max(), ceiling)
    floor = top * ROUNDING
    for panel in panels:
        panel.set_yscale("log")
        panel.set_ylim(drawn[drawn >= floor].min() / 2, top * 2)
        for line in panel.lines:
            values = np.asarray(line.get_ydata(), dtype=np.float64)
            line.set_ydata(np.where(values >= floor, values, np.nan))
    return bool((drawn < floor).any())


@in_style
def hessian(dataset: xarray.Dataset, columns: str = "activation", colour: str = "init") -> Figure:
    """Largest and smallest eigenvalue of the training loss's Hessian over the steps, and, where the file has
    hessian_eigenvalues, the whole spectrum at the end. Lines are medians, bands 10 % to 90 %."""
    needs(dataset, "hessian", "hessian_max", "hessian_min")
    whole = "hessian_eigenvalues" in dataset
    dataset, chosen = deepest(dataset, columns, colour)
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    if len(names) > 12:
        raise ValueError(f"{columns} has {len(names)} values; at most 12 panels can be read")
    figure, part = titled_figure(dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.9 * (2 + whole),
                          lambda lower: draw_legend(lower, dataset, colour), legend_height(dataset, colour), chosen)
    axes = part.subplots(2 + whole, len(names), sharex=False, sharey="row", squeeze=False)
    steps = steps_of(dataset)
    for r, quantity in enumerate(("hessian_max", "hessian_min")):
        values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
        medians = [np.zeros(0)]
        for c, number in np.ndindex(len(names), len(colours)):
            mine = (codes == c) & (colour_codes == number)
            look = line_style(number, len(colours))
            for step, low, median, high in schedule_bands(steps[mine], values[mine]):
                there = np.isfinite(median)
                if len(colours) <= MAX_BANDS:
                    axes[r, c].fill_between(step[there], low[there], high[there], color=look["color"], alpha=0.15, linewidth=0)
                axes[r, c].plot(step[there], median[there], marker="o" if there.sum() == 1 else None, **look)
                medians.append(median)
        ceiling = scale_ceiling(dataset, quantity)
        apply_scales(axes[r:r + 1], np.concatenate(medians), steps, quantity, ceiling)
        bottom, top = axes[r, 0].get_ylim()
        axes[r, 0].set_ylim(max(bottom, -ceiling), min(top, ceiling))
        if axes[r, 0].get_yscale() != "log" and max(-bottom, top) > ceiling:
            for panel in axes[r]:
                symmetric_log(panel, np.array([max(bottom, -ceiling), min(top, ceiling)]))
        reach = [panel.get_xlim() for panel in axes[r]]
        for panel in axes[r]:
            panel.set_xlim(min(left for left, _ in reach), max(right for _, right in reach))
        axes[r, 0].set_ylabel(("largest" if r == 0 else "smallest") + " eigenvalue")
        for c in range(len(names)):
            if r == 1:
                axes[r, c].set_xlabel("optimiser steps")
                axes[r, c].axhline(0, color="0.4", linewidth=0.8)
            else:
                axes[r, c].set_title(f"{columns} = {names[c]}" if c == 0 else names[c])
    if whole:
        draw_eigenvalues(axes[2], dataset, codes, colour_codes)
    return figure


def draw_eigenvalues(axes: Any, dataset: xarray.Dataset, codes: Array, colour_codes: Array) -> None:
    """The Hessian's eigenvalues at the last record, descending, medians over networks. axes: [value of codes]."""
    values = dataset["hessian_eigenvalues"].transpose("network", "record", ...).values.astype(np.float64)
    end = -np.sort(-last_values(values), axis=1)  # descending, NaN last
    ceiling = scale_ceiling(dataset, "hessian_eigenvalues")
    for c, panel in enumerate(axes):
        for number in range(int(colour_codes.max()) + 1):
            median = quantile_band(end[(codes == c) & (colour_codes == number)])[1]
            panel.plot(1 + np.arange(len(median)), median, **line_style(number, int(colour_codes.max()) + 1))
        panel.axhline(0, color="0.4", linewidth=0.8)
        panel.set_xlabel("number, the largest first")
    bottom, top = axes[0].get_ylim()
    for panel in axes:
        symmetric_log(panel, np.clip(end, -ceiling, ceiling))
    axes[0].set_ylim(max(bottom, -ceiling), min(top, ceiling))
    axes[0].set_ylabel("eigenvalues at the end")


def symmetric_log(panel: Any, values: Array) -> None:
    """A vertical scale that is logarithmic on both sides of 0, over four decades, with ticks that stay apart.

    values: of any shape, NaN where nothing is.
    """
    finite = values[np.isfinite(values)]
    power = int(np.floor(np.log10(max(np.abs(finite).max() if len(finite) else 1.0, 1e-30))))
    powers = 10.0 ** np.array([power - 4, power - 2, power])
    panel.set_yscale("symlog", linthresh=powers[0], linscale=0.5)
    panel.yaxis.set_major_locator(matplotlib.ticker.FixedLocator([0.0, *powers[1:], *-powers[1:]]))
    panel.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())


def phase_axes(dataset: xarray.Dataset, rows: str | None, columns: str | None) -> tuple[str, str, float]:
    """Columns for sigma_b and sigma_w, and what the second is multiplied by to be sigma_w. Raises ValueError where there are none."""
    rows = rows or "bias_init_std"
    columns = columns or ("init_sigma_w" if "init_sigma_w" in dataset.coords else "init_std")
    for name, setting in ((columns, "network.init: {name: mean_field, sigma_w: [...]}"),
                          (rows, "network.bias_init: {name: normal, std: [...]}")):
        if name not in dataset.coords or len(factorize(dataset[name].values)[0]) < 2:
            raise ValueError(f"phase wants a swept {name}, as by {setting} under grid")
    if columns != "init_std":
        return rows, columns, 1.0
    widths = np.unique(dataset["width"].values)
    if len(widths) > 1:
        raise ValueError("phase wants one width where init_std is swept: sigma_w is std sqrt(width)")
    return rows, columns, math.sqrt(float(widths[0]))


@in_style
def phase(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
          columns: str | None = None) -> Figure:
    """Where a quantity ends over (sigma_w, sigma_b), with the edge of chaos of wide networks: a panel for each activation.

    Left of it a network's deep layers make all inputs alike (ordered), right of it they tear them apart (chaotic). Replicates
    are their median; of other settings the first value is shown, and the title says so.
    """
    require_quantity(dataset, quantity)
    rows, columns, factor = phase_axes(dataset, rows, columns)
    names, codes = axis_values(dataset, "activation")
    if len(names) > 6:
        raise ValueError(f"activation has {len(names)} values; at most 6 panels can be read: --select activation=...")
    parts = [cut(dataset.isel(network=np.flatnonzero(codes == number)), rows, columns) for number in range(len(names))]
    planes = [plane(part, rows, columns, quantity) for part, _ in parts]
    values = np.concatenate([value.ravel() for *_, value in planes])
    norm, chosen = colour_norm(dataset, quantity, values), parts[0][1]
    handles: list[Any] = []
    known = [name for name in dataset["activation"].values if name in MEAN_FIELD]
    if known:
        handles.append(matplotlib.lines.Line2D([], [], color=EDGE, linewidth=2, label="edge of chaos, infinite width"))
    handles += diverged_handles(np.concatenate([diverged.ravel() for *_, diverged, _ in planes]), chosen)
    across = 2 if len(names) == 4 else min(len(names), 3)
    down = -(-len(names) // across)
    figure, upper = titled_figure(dataset, max(6.6, 1.2 + 3.0 * across), 4.6 if len(names) == 1 else 0.8 + 2.9 * down,
                           lambda lower: legend_of(lower, handles), 0.3, chosen)
    axes = upper.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for panel, name, (part, _), (y, x, _, diverged, value) in zip(axes.ravel(), names, parts, planes):
        image = draw_plane(panel, x * factor, y, np.maximum(value, norm.vmin), diverged, norm, quantity)
        panel.set_xscale("linear")
        panel.set_yscale("linear")
        activation = str(part["activation"].values[0])
        panel.set_title(name if activation in MEAN_FIELD else f"{name}: no edge of chaos is known here")
        if activation in MEAN_FIELD:
            draw_edge(panel, activation)
    for p, panel in enumerate(axes.ravel()):
        panel.set_visible(p < len(names))
        panel.tick_params(labelbottom=p + across >= len(names))
    upper.supxlabel("$\\sigma_w$ (weights' std times the root of fan_in)", fontsize=9)
    upper.supylabel("$\\sigma_b$ (biases' std)", fontsize=9)
    colour_bar(upper, image, list(axes.ravel()), f"final {quantity_label(dataset, quantity)}", values)
    return figure


EDGE = "#D55E00"


def draw_edge(panel: Any, activation: str) -> None:
    """The edge of chaos over a map of (sigma_w, sigma_b), within the panel's limits."""
    limits = panel.get_xlim(), panel.get_ylim()
    sigma_w, sigma_b = edge_of_chaos(activation)
    if np.ptp(sigma_w) < 1e-3:
        sigma_w, sigma_b = np.repeat(sigma_w[:1], 2), np.array(limits[1])
    panel.plot(sigma_w, sigma_b, color="white", linewidth=3.6)
    panel.plot(sigma_w, sigma_b, color=EDGE, linewidth=2)
    panel.set_xlim(limits[0])
    panel.set_ylim(limits[1])

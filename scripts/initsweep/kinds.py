"""Figures of one question each: layers and symmetry over time, escape times, spectra, curvature, phase diagrams."""
from __future__ import annotations

import functools
import math
from typing import Any, Callable

import matplotlib.cm
import matplotlib.colors
import matplotlib.figure
import matplotlib.lines
import matplotlib.patches
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, codes_of, final_values, split_weights, swept_columns
from initsweep.figures import (COLOURS, STYLES, axis_values, check_quantity, curves, draw_legend, finish_trajectories, grid_of,
                               legend_height, missing_note, quantity_label, spans_decades, steps_of, title_of)
from initsweep.maps import OUTSIDE, edges, plane

MOST_LINES = 60  # networks drawn one by one in a panel


def look_of(number: int) -> dict[str, Any]:
    """Colour and line style of the value `number` of a setting, as draw_legend shows them."""
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": STYLES[number // len(COLOURS) % len(STYLES)]}


def needs(dataset: xarray.Dataset, kind: str, *names: str) -> None:
    """Raises ValueError where the file lacks one of these probes."""
    for name in names:
        if name not in dataset:
            raise ValueError(f"{kind} wants the probe {name}, which the file has not: name it in record.probes")


def titled(dataset: xarray.Dataset, width: float, height: float, legend: Callable[[Any], None],
           legend_inches: float) -> tuple[matplotlib.figure.Figure, Any]:
    """A figure with title and legend, and the part of it to draw in. width, height, legend_inches: inches."""
    figure = matplotlib.figure.Figure(figsize=(width, height + legend_inches))
    upper, lower = figure.subfigures(2, 1, height_ratios=[height, legend_inches])
    legend(lower)
    figure.suptitle(title_of(dataset, width) + missing_note(dataset))
    return figure, upper


def small_multiples(dataset: xarray.Dataset, quantity: str = "loss", panels: str = "init",
                    colour: str = "activation") -> matplotlib.figure.Figure:
    """A panel for each value of a setting, with a thin line for each network and a thick one for the median of a colour.

    Of more than MOST_LINES networks of a colour in a panel, that many are drawn, spread evenly over them.
    """
    check_quantity(dataset, quantity)
    names, codes = axis_values(dataset, panels)
    colours, colour_codes = axis_values(dataset, colour)
    if len(names) > 36:
        raise ValueError(f"{panels} has {len(names)} values; at most 36 panels can be read")
    across = min(len(names), 4 if len(names) != 3 else 3)
    down = -(-len(names) // across)
    figure, part = titled(dataset, max(5.5, 1.0 + 2.2 * across), 1.3 + 1.8 * down,
                          lambda lower: draw_legend(lower, dataset, colour, "thin: networks; thick: median"),
                          legend_height(dataset, colour))
    axes = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    steps, medians = steps_of(dataset), [np.zeros(0)]
    for p, panel in enumerate(axes.ravel()):
        if p >= len(names):
            panel.set_visible(False)
            continue
        panel.set_title(f"{panels} = {names[p]}" if p == 0 else names[p])
        for number in range(len(colours)):
            mine = np.flatnonzero((codes == p) & (colour_codes == number))
            some = mine[np.linspace(0, len(mine) - 1, min(len(mine), MOST_LINES)).astype(int)] if len(mine) else mine
            panel.plot(steps[some].T, values[some].T, linewidth=0.5, alpha=0.25, **look_of(number))
            for step, _, median, _ in curves(steps[mine], values[mine]):
                panel.plot(step, median, linewidth=1.8, **look_of(number))
                medians.append(median)
    finish_trajectories(axes, np.concatenate(medians), steps)
    part.supxlabel("optimiser steps", fontsize=9)
    part.supylabel(quantity_label(dataset, quantity), fontsize=9)
    return figure


def layer_look(number: int, layers: int) -> dict[str, Any]:
    """Colour of a layer: from dark at the inputs to light at the outputs."""
    return {"color": matplotlib.colormaps["viridis"](0.92 * number / max(1, layers - 1))}


def by_layer(dataset: xarray.Dataset, quantity: str = "gradient_norm", rows: str = "init",
             columns: str = "activation") -> matplotlib.figure.Figure:
    """A quantity of each layer over the steps: a panel for each rows x columns, a colour for each layer.

    Lines are medians, bands 10 % to 90 % of a panel's networks. Raises ValueError where the quantity has no layers.
    """
    needs(dataset, "this figure", quantity)
    if set(dataset[quantity].dims) != {"network", "record", "layer"}:
        raise ValueError(f"{quantity} has no layers; plot.py trajectories draws it")
    (row_names, row_codes), (column_names, column_codes) = grid_of(dataset, rows, columns)
    layers = dataset.sizes["layer"]

    def legend(lower: Any) -> None:
        shown = range(layers) if layers <= 10 else sorted({round(k) for k in np.linspace(0, layers - 1, 8)})
        handles = [matplotlib.lines.Line2D([], [], label=str(k + 1), **layer_look(k, layers)) for k in shown]
        lower.legend(handles=handles, title="weight layer, 1 at the inputs (line: median; band: 10 % to 90 %)", loc="center",
                     frameon=False, ncol=len(handles))

    figure, part = titled(dataset, max(5.5, 1.0 + 2.2 * len(column_names)), 1.3 + 1.7 * len(row_names), legend, 0.6)
    axes = part.subplots(len(row_names), len(column_names), sharex=True, sharey=True, squeeze=False)
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    steps, medians = steps_of(dataset), [np.zeros(0)]
    for r, c in np.ndindex(axes.shape):
        mine = (row_codes == r) & (column_codes == c)
        for k in range(layers):
            for step, low, median, high in curves(steps[mine], values[mine, :, k]):
                axes[r, c].fill_between(step, low, high, alpha=0.15, linewidth=0, **layer_look(k, layers))
                axes[r, c].plot(step, median, linewidth=1.4, **layer_look(k, layers))
                medians.append(median)
        if r == 0:
            axes[r, c].set_title(f"{columns} = {column_names[c]}" if c == 0 else column_names[c])
        if c == len(column_names) - 1:
            axes[r, c].annotate(row_names[r], (1.02, 0.5), xycoords="axes fraction", rotation=270, va="center", fontsize=9)
    every = np.concatenate(medians)
    finish_trajectories(axes, every[every > 0], steps)  # a gradient of exactly 0 has no place on a logarithmic scale
    if axes[0, 0].get_yscale() == "log":
        axes[0, 0].set_ylim(max(every[every > 0].min(), np.nanmax(every) * 1e-8) / 2, np.nanmax(every) * 2)
    if quantity == "distinct_units":
        axes[0, 0].yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    note = "   (no line: exactly 0)" if axes[0, 0].get_yscale() == "log" and (every == 0).any() else ""
    part.supxlabel("optimiser steps" + note, fontsize=9)
    part.supylabel(quantity_label(dataset, quantity), fontsize=9)
    return figure


def power_law(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Exponent b and factor a of y = a x^b by least squares of the logarithms. x, y: [points], positive."""
    b, log_a = np.polyfit(np.log(x), np.log(y), 1)
    return float(b), float(math.exp(log_a))


def escape_points(dataset: xarray.Dataset, axis: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
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


def escape_time(dataset: xarray.Dataset, axis: str | None = None, colour: str = "depth") -> matplotlib.figure.Figure:
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
    if axis not in dataset.coords or dataset[axis].dtype.kind not in "iuf":
        raise ValueError(f"the file has no setting '{axis}' that is a number")
    names, codes = axis_values(dataset, colour)
    x, step, censored, network = escape_points(dataset, axis)
    if not len(x):
        raise ValueError(f"no network has a positive {axis} and ended in order")
    figure = matplotlib.figure.Figure(figsize=(6.4, 4.8))
    panel = figure.subplots()
    handles = []
    for number, name in enumerate(names):
        mine = codes[network] == number
        colour_of = COLOURS[number % len(COLOURS)]
        panel.plot(x[mine & ~censored], step[mine & ~censored], "o", markersize=3, alpha=0.35, markeredgewidth=0, color=colour_of)
        panel.plot(x[mine & censored], step[mine & censored], "^", markersize=5, alpha=0.6, markerfacecolor="none", color=colour_of)
        at = np.array([value for value in np.unique(x[mine]) if censored[mine & (x == value)].mean() < 0.5])
        median = np.array([np.median(step[mine & (x == value)]) for value in at])
        label = f"{colour} = {name}"
        if len(at) >= 3:
            b, a = power_law(at, median)
            panel.plot(at, a * at ** b, color=colour_of, linewidth=1.2)
            label += f": steps ~ {axis}^{b:.2f}"
        panel.plot(at, median, "D", markersize=4.5, color=colour_of, markeredgecolor="white", markeredgewidth=0.5)
        handles.append(matplotlib.lines.Line2D([], [], color=colour_of, label=label))
    handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker="D", linestyle="none", markersize=4.5, label="median"))
    if censored.any():
        handles.append(matplotlib.lines.Line2D([], [], color="0.3", marker="^", linestyle="none", markerfacecolor="none",
                                               label=f"never escaped: {censored.sum()} of {len(censored)}"))
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(axis)
    panel.set_ylabel("optimiser steps until the loss escapes")
    panel.legend(handles=handles, fontsize=8, loc="best")
    figure.suptitle(title_of(dataset, 6.4) + missing_note(dataset))
    return figure


def record_ends(dataset: xarray.Dataset, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    """First and last recorded value of a quantity with layers: each [network, layer]; NaN in networks that diverged."""
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    recorded = np.isfinite(values).any(axis=2)
    first, last = recorded.argmax(axis=1), values.shape[1] - 1 - recorded[:, ::-1].argmax(axis=1)
    networks = np.arange(values.shape[0])
    end = np.where((dataset["status"].values != DIVERGED)[:, None], values[networks, last], np.nan)
    return values[networks, first], end


def median_of(values: np.ndarray) -> np.ndarray:
    """Median over networks. values: [network, n]; [n], NaN where nothing is."""
    result = np.full(values.shape[1], np.nan)
    some = np.isfinite(values).any(axis=0)
    if some.any():
        result[some] = np.nanmedian(np.where(np.isfinite(values), values, np.nan)[:, some], axis=0)
    return result


def singular_values(dataset: xarray.Dataset, networks: np.ndarray, layer: int, which: str) -> np.ndarray:
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


def spectra(dataset: xarray.Dataset, columns: str = "activation", colour: str = "init") -> matplotlib.figure.Figure:
    """Largest and smallest singular value and effective rank over the layers, before (dotted) and after training (solid).

    Medians over the networks of a colour; those that diverged have no end. A panel column for each value of `columns`. Draws what the file
    has of singular_value_max, singular_value_min, effective_rank. Where it keeps final weights, the whole spectrum of the
    first hidden-to-hidden layer (or the first layer) comes below.
    """
    probes = [name for name in ("singular_value_max", "singular_value_min", "effective_rank") if name in dataset]
    kept = "weights_final" in dataset
    if not probes and not kept:
        raise ValueError("spectra wants a probe of singular_value_max, singular_value_min, effective_rank, or record.weights: "
                         "final; the file has none")
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    if len(names) > 12:
        raise ValueError(f"{columns} has {len(names)} values; at most 12 panels can be read")
    rows = len(probes) + kept
    figure, part = titled(dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.8 * rows,
                          lambda lower: draw_legend(lower, dataset, colour, "medians; dotted: before training, solid: after"),
                          legend_height(dataset, colour))
    axes = part.subplots(rows, len(names), sharey="row", squeeze=False)
    drawn: list[list[np.ndarray]] = [[] for _ in range(rows)]
    layer = 1 if dataset.sizes["layer"] > 2 else 0
    for r, c in np.ndindex(axes.shape):
        for number in range(len(colours)):
            mine = (codes == c) & (colour_codes == number)
            if r < len(probes):
                ends = [median_of(values[mine]) for values in record_ends(dataset, probes[r])]
            else:
                whole = ["weights_initial" in dataset, True]
                ends = [median_of(singular_values(dataset, np.flatnonzero(mine), layer, which)) if there else np.zeros(0)
                        for which, there in zip(("initial", "final"), whole)]
            for values, style in zip(ends, (":", "-")):
                axes[r, c].plot(1 + np.arange(len(values)), values, color=look_of(number)["color"], linestyle=style,
                                marker="o", markersize=2.5, linewidth=1.3)
                drawn[r].append(values)
        axes[r, c].xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        axes[r, c].set_xlabel("weight layer" if r < len(probes) else f"singular value of layer {layer + 1}")
        if r == 0:
            axes[r, c].set_title(f"{columns} = {names[c]}" if c == 0 else names[c])
        if c == 0:
            axes[r, c].set_ylabel(probes[r].replace("_", " ") if r < len(probes) else "singular value")
    for r in range(rows):
        every = np.concatenate(drawn[r])
        if r != (probes.index("effective_rank") if "effective_rank" in probes else -1) and spans_decades(every[every > 0]):
            low = every[every > 0].min()
            for panel in axes[r]:
                panel.set_yscale("log")
                panel.set_ylim(bottom=max(low, np.nanmax(every) * 1e-6) / 2)  # singular values of rounding alone are below
    return figure


def hessian(dataset: xarray.Dataset, columns: str = "activation", colour: str = "init") -> matplotlib.figure.Figure:
    """Largest and smallest eigenvalue of the training loss's Hessian over the steps, and, where the file has
    hessian_eigenvalues, the whole spectrum at the end. Lines are medians, bands 10 % to 90 %."""
    needs(dataset, "hessian", "hessian_max", "hessian_min")
    whole = "hessian_eigenvalues" in dataset
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    if len(names) > 12:
        raise ValueError(f"{columns} has {len(names)} values; at most 12 panels can be read")
    figure, part = titled(dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.8 * (2 + whole),
                          lambda lower: draw_legend(lower, dataset, colour), legend_height(dataset, colour))
    axes = part.subplots(2 + whole, len(names), sharex=False, sharey="row", squeeze=False)
    steps = steps_of(dataset)
    for r, quantity in enumerate(("hessian_max", "hessian_min")):
        values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
        medians = [np.zeros(0)]
        for c, number in np.ndindex(len(names), len(colours)):
            mine = (codes == c) & (colour_codes == number)
            for step, low, median, high in curves(steps[mine], values[mine]):
                there = np.isfinite(median)
                axes[r, c].fill_between(step[there], low[there], high[there], color=look_of(number)["color"], alpha=0.15, linewidth=0)
                axes[r, c].plot(step[there], median[there], linewidth=1.4, **look_of(number))
                medians.append(median)
        finish_trajectories(axes[r:r + 1], np.concatenate(medians), steps)
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


def draw_eigenvalues(axes: Any, dataset: xarray.Dataset, codes: np.ndarray, colour_codes: np.ndarray) -> None:
    """The Hessian's eigenvalues at the last record, descending, medians over networks. axes: [value of codes]."""
    values = dataset["hessian_eigenvalues"].transpose("network", "record", ...).values.astype(np.float64)
    recorded = np.isfinite(values).any(axis=2)
    last = values.shape[1] - 1 - recorded[:, ::-1].argmax(axis=1)
    end = -np.sort(-values[np.arange(len(values)), last], axis=1)  # NaN comes last
    for c, panel in enumerate(axes):
        for number in range(int(colour_codes.max()) + 1):
            median = median_of(end[(codes == c) & (colour_codes == number)])
            panel.plot(1 + np.arange(len(median)), median, linewidth=1.3, **look_of(number))
        panel.axhline(0, color="0.4", linewidth=0.8)
        largest = np.nanmax(np.abs(end)) if np.isfinite(end).any() else 1.0
        panel.set_yscale("symlog", linthresh=max(largest * 1e-4, 1e-12))
        panel.set_xlabel("eigenvalue, at the end")
    axes[0].set_ylabel("eigenvalue")


# phi and its derivative, for mean-field theory; erf is Poole et al.'s smooth stand-in for tanh and no row of the program.
MEAN_FIELD: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "linear": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: (1 + np.tanh(z / 2)) / 2, lambda z: (1 - np.tanh(z / 2) ** 2) / 4),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "erf": (np.vectorize(math.erf), lambda z: 2 / math.sqrt(math.pi) * np.exp(-z * z)),
    "hard_tanh": (lambda z: np.clip(z, -1, 1), lambda z: (np.abs(z) < 1).astype(float)),
    "sin": (np.sin, np.cos),
}


hermite = functools.lru_cache(np.polynomial.hermite_e.hermegauss)


def gauss(function: Callable[[np.ndarray], np.ndarray], q: np.ndarray, nodes: int = 200) -> np.ndarray:
    """int Dz f(sqrt(q) z)^2 over the standard normal, by Gauss-Hermite. q: [n] >= 0; returns [n]."""
    z, weight = hermite(nodes)
    return function(np.sqrt(q)[:, None] * z) ** 2 @ (weight / weight.sum())


def mean_field_slope(activation: str, sigma_w: float, sigma_b: float = 0.0, steps: int = 10000) -> float:
    """chi_1 = sigma_w^2 int Dz phi'(sqrt(q*) z)^2 of wide networks: what a layer multiplies the squared gradient by, far from the inputs.

    sigma_w: weights' std times the root of fan_in; sigma_b: biases' std. q*, the length of pre-activations that layers no longer
    change, is found by iterating q = sigma_w^2 int Dz phi(sqrt(q) z)^2 + sigma_b^2 from 1 (Poole et al. 2016, eq. 3 to 6). Raises
    ValueError for an activation without a row of MEAN_FIELD.
    """
    if activation not in MEAN_FIELD:
        raise ValueError(f"mean-field theory is known here for {', '.join(MEAN_FIELD)}, not for {activation}")
    phi, slope = MEAN_FIELD[activation]
    q = np.ones(1)
    for _ in range(steps):
        after = sigma_w ** 2 * gauss(phi, q) + sigma_b ** 2
        if abs(after - q) <= 1e-14 * q or not 1e-100 < after < 1e100:  # a slope at 0 of relu would be no limit
            break
        q = after
    return float(sigma_w ** 2 * gauss(slope, q)[0])


def edge_of_chaos(activation: str, q: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(sigma_w, sigma_b) where chi_1 = sigma_w^2 int Dz phi'(sqrt(q*) z)^2 = 1, each [n] (Poole et al. 2016, eq. 6 to 8).

    q: lengths q* to follow the edge by. At each, chi_1 = 1 gives sigma_w, and the fixed point
    q* = sigma_w^2 int Dz phi(sqrt(q*) z)^2 + sigma_b^2 gives sigma_b; where that is not real there is no edge. For relu and linear
    sigma_w is the same at all q* and sigma_b is 0: beyond it lengths grow without bound, at any sigma_b. Raises ValueError for an
    activation without a row of MEAN_FIELD.
    """
    if activation not in MEAN_FIELD:
        raise ValueError(f"the edge of chaos is known here for {', '.join(MEAN_FIELD)}, not for {activation}")
    phi, slope = MEAN_FIELD[activation]
    q = np.geomspace(1e-8, 1e3, 1200) if q is None else q
    sigma_w2 = 1 / gauss(slope, q)
    sigma_b2 = q - sigma_w2 * gauss(phi, q)
    real = sigma_b2 >= -1e-9 * q
    return np.sqrt(sigma_w2[real]), np.sqrt(np.maximum(sigma_b2[real], 0))


def phase_axes(dataset: xarray.Dataset, rows: str | None, columns: str | None) -> tuple[str, str, float]:
    """Columns for sigma_b and sigma_w, and what the second is multiplied by to be sigma_w. Raises ValueError where there are none."""
    rows = rows or "bias_init_std"
    columns = columns or ("init_sigma_w" if "init_sigma_w" in dataset.coords else "init_std")
    for name, setting in ((columns, "network.init: {name: mean_field, sigma_w: [...]}"),
                          (rows, "network.bias_init: {name: normal, std: [...]}")):
        if name not in dataset.coords or len(codes_of(dataset[name].values)[0]) < 2:
            raise ValueError(f"phase wants a swept {name}, as by {setting} under grid")
    if columns != "init_std":
        return rows, columns, 1.0
    widths = np.unique(dataset["width"].values)
    if len(widths) > 1:
        raise ValueError("phase wants one width where init_std is swept: sigma_w is std sqrt(width)")
    return rows, columns, math.sqrt(float(widths[0]))


def phase(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
          columns: str | None = None) -> matplotlib.figure.Figure:
    """Where a quantity ends over (sigma_w, sigma_b), with the edge of chaos of wide networks.

    Left of it a network's deep layers make all inputs alike (ordered), right of it they tear them apart (chaotic). Of other
    settings the first value is shown.
    """
    check_quantity(dataset, quantity)
    rows, columns, factor = phase_axes(dataset, rows, columns)
    y, x, trained, diverged, value = plane(dataset, rows, columns, quantity)
    x = x * factor
    activation = str(dataset["activation"].values[0])
    figure = matplotlib.figure.Figure(figsize=(6.6, 4.8))
    panel = figure.subplots()
    finite = value[np.isfinite(value)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    norm: matplotlib.colors.Normalize = matplotlib.colors.LogNorm(low, high) if spans_decades(finite) else \
        matplotlib.colors.Normalize(low, high if high > low else low + 1)
    panel.set_facecolor(OUTSIDE)
    panel.grid(False)
    (x_edges, _), (y_edges, _) = edges(x), edges(y)
    image = panel.pcolormesh(x_edges, y_edges, np.ma.masked_where(~trained | diverged | ~np.isfinite(value), value), norm=norm,
                             cmap="cividis" if "accuracy" in quantity else "cividis_r", rasterized=True)
    handles = []
    if activation in MEAN_FIELD:
        sigma_w, sigma_b = edge_of_chaos(activation)
        if np.ptp(sigma_w) < 1e-3:
            sigma_w, sigma_b = np.repeat(sigma_w[:1], 2), np.array([y_edges[0], y_edges[-1]])
        panel.plot(sigma_w, sigma_b, color="white", linewidth=3.6)
        handles += panel.plot(sigma_w, sigma_b, color="#D55E00", linewidth=2, label=f"edge of chaos, {activation}, infinite width")
    if diverged.any():
        handles.append(matplotlib.patches.Patch(color=OUTSIDE, label="diverged"))
    panel.set_xlim(x_edges[0], x_edges[-1])
    panel.set_ylim(y_edges[0], y_edges[-1])
    panel.set_xlabel("$\\sigma_w$ (weights' std times the root of fan_in)")
    panel.set_ylabel("$\\sigma_b$ (biases' std)")
    figure.colorbar(image, ax=panel, label=f"final {quantity_label(dataset, quantity)}", pad=0.01)
    if handles:
        panel.legend(handles=handles, loc="upper left", fontsize=8)
    note = "" if activation in MEAN_FIELD else f"\nno edge of chaos is drawn for {activation}"
    figure.suptitle(title_of(dataset, 6.6) + missing_note(dataset) + note)
    return figure

"""Figures for one question each: networks, layers, symmetry, escape times, spectra, curvature, phase diagrams."""
from __future__ import annotations

import math
from typing import Any

import matplotlib
import matplotlib.lines
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import COMPLETED, DIVERGED, STOPPED, Array, factorize, last_values, split_weights, swept_columns
from initsweep.figures import (DIVERGENCE_FACTOR, MAX_BANDS, annotate_row, apply_scales, axis_values, band_description,
                               colour_bar, colour_norm, draw_legend, legend_height, panel_axes, quantity_label,
                               require_quantity, scale_ceiling, schedule_bands, single_point_marker, spans_decades,
                               steps_of, titled_figure, wrap_label)
from initsweep.intervals import fit_line, quantile_band, with_error
from initsweep.maps import (diverged_handles, draw_handles, draw_plane, plane_values, require_numeric, select_plane)
from initsweep.mean_field import MEAN_FIELD, edge_of_chaos
from initsweep.style import Figure, in_style, line_style, line_width

__all__ = ["small_multiples", "by_layer", "escape_time", "spectra", "hessian", "phase"]

MAX_LINES = 60  # networks drawn one by one in a panel
MAX_MULTIPLES = 36  # panels of small_multiples
MAX_COLUMNS = 12  # panels side by side
MAX_PHASES = 6  # panels of phase
ROUNDING = 1e-6  # singular values below this share of the largest of a panel row are rounding errors
EDGE_COLOUR = "#D55E00"  # of the edge of chaos
SPECTRA = {"singular_value_max": "largest singular value", "singular_value_min": "smallest singular value",
           "effective_rank": "effective rank"}


def deepest_networks(dataset: xarray.Dataset, *shown: str) -> tuple[xarray.Dataset, str]:
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


def require_panels(setting: str, count: int, most: int, hint: str = "") -> None:
    """Raises ValueError if a setting has more values than a figure has room for."""
    if count > most:
        raise ValueError(f"{setting} has {count} values; at most {most} panels can be read{hint}")


@in_style
def small_multiples(dataset: xarray.Dataset, quantity: str = "loss", panels: str = "init",
                    colour: str = "activation") -> Figure:
    """A panel for each value of a setting: a thin line for each network, a thick one for the median of a colour.

    If a colour has more than MAX_LINES networks in a panel, that many are drawn, evenly spread over them.
    """
    require_quantity(dataset, quantity)
    names, codes = axis_values(dataset, panels)
    colours, colour_codes = axis_values(dataset, colour)
    require_panels(panels, len(names), MAX_MULTIPLES)
    # of 4 and 3 panels in a row, the number that leaves fewer places empty
    across = min((4, 3), key=lambda count: -len(names) % count) if len(names) > 4 else len(names)
    down = -(-len(names) // across)
    figure, part = titled_figure(
        dataset, max(5.5, 1.0 + 2.2 * across), 1.3 + 1.8 * down,
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
            own = np.flatnonzero((codes == p) & (colour_codes == number))
            some = own[np.linspace(0, len(own) - 1, min(len(own), MAX_LINES)).astype(int)] if len(own) else own
            style = line_style(number, len(colours))
            panel.plot(steps[some].T, values[some].T, alpha=0.3, **{**style, "linewidth": 0.5})
            drawn.append(values[some].ravel())
            for step, _, median, _ in schedule_bands(steps[own], values[own]):
                panel.plot(step, median, marker=single_point_marker(median), **style)
    note = apply_scales(axes, np.concatenate(drawn), steps, quantity, scale_ceiling(dataset, quantity))
    part.supxlabel("optimiser steps" + note, fontsize=9)
    part.supylabel(wrap_label(quantity_label(dataset, quantity), 1.8 * down), fontsize=9)
    return figure


def layer_style(number: int, layers: int) -> dict[str, Any]:
    """Colour and width of a layer: from dark and wide at the inputs to light and thin at the outputs."""
    return {"color": matplotlib.colormaps["viridis"](0.92 * number / max(1, layers - 1)),
            "linewidth": line_width(number, layers)}


@in_style
def by_layer(dataset: xarray.Dataset, quantity: str = "gradient_norm", rows: str = "init",
             columns: str = "activation") -> Figure:
    """A quantity of each layer over the steps: a panel for each rows x columns, a colour for each layer.

    Lines are medians, bands the 10 % to 90 % quantiles of the networks of a panel. Of networks of different depth the
    deepest are shown, unless depth is rows or columns. Quantities that compare units are shown for hidden layers only.
    Raises ValueError if the quantity has no layers.
    """
    require_probes(dataset, "this figure", quantity)
    if set(dataset[quantity].dims) != {"network", "record", "layer"}:
        raise ValueError(f"{quantity} has no layers; plot.py trajectories draws it")
    dataset, note_of_networks = deepest_networks(dataset, rows, columns)
    (row_names, row_codes), (column_names, column_codes) = panel_axes(dataset, rows, columns)
    of_units = quantity in ("distinct_units", "mean_cosine")
    layers = max(1, int(dataset["depth"].values.max()) + (not of_units))

    def legend(lower: Any) -> None:
        shown = range(layers) if layers <= 10 else sorted({round(k) for k in np.linspace(0, layers - 1, 8)})
        handles = [matplotlib.lines.Line2D([], [], label=str(k + 1), **layer_style(k, layers)) for k in shown]
        which = "hidden layer" if of_units else "weight layer"
        lower.legend(handles=handles, title=f"{which}, 1 at the inputs ({band_description(1)})", loc="center",
                     frameon=False, ncol=len(handles))

    figure, part = titled_figure(dataset, max(5.5, 1.0 + 2.2 * len(column_names)), 1.3 + 1.7 * len(row_names), legend,
                                 0.6, note_of_networks)
    axes = part.subplots(len(row_names), len(column_names), sharex=True, sharey=True, squeeze=False)
    values = dataset[quantity].transpose("network", "record", "layer").values.astype(np.float64)
    steps, medians = steps_of(dataset), [np.zeros(0)]
    for r, c in np.ndindex(axes.shape):
        own = (row_codes == r) & (column_codes == c)
        for k in range(layers):
            style = layer_style(k, layers)
            for step, low, median, high in schedule_bands(steps[own], values[own, :, k]):
                axes[r, c].fill_between(step, low, high, alpha=0.15, color=style["color"], linewidth=0)
                axes[r, c].plot(step, median, marker=single_point_marker(median), **style)
                medians.append(median)
        if r == 0:
            axes[r, c].set_title(f"{columns} = {column_names[c]}" if c == 0 else column_names[c])
        if c == len(column_names) - 1:
            annotate_row(axes[r, c], f"{rows} = {row_names[r]}" if r == 0 else row_names[r])
    drawn = np.concatenate(medians)
    note = apply_scales(axes, drawn, steps, quantity, scale_ceiling(dataset, quantity))
    if quantity == "distinct_units":
        axes[0, 0].yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, integer=True))
        axes[0, 0].set_ylim(0, 1.08 * np.nanmax(drawn) if np.isfinite(drawn).any() else 1)
    part.supxlabel("optimiser steps" + note, fontsize=9)
    part.supylabel(wrap_label(quantity_label(dataset, quantity), 1.7 * len(row_names)), fontsize=9)
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


def escape_axis(dataset: xarray.Dataset, colour: str) -> str:
    """The numeric setting that an escape figure has on its axis. Raises ValueError if none is swept."""
    numeric = [name for name in swept_columns(dataset)
               if dataset[name].dtype.kind in "iuf" and name not in ("replicate", "level", colour)]
    usual = ("init_noise", "init_std", "init_value", "init_gain", "init_sigma_w")
    for name in (*usual, *numeric):
        if name in numeric:
            return name
    raise ValueError("escape needs a swept setting that is a number, such as network.init_noise")


@in_style
def escape_time(dataset: xarray.Dataset, axis: str | None = None, colour: str = "depth") -> Figure:
    """Steps until a network leaves the plateau, over a numeric setting, both logarithmic; a colour for each value of a
    setting.

    Points are networks; triangles did not escape (they are censored at the steps they had). Lines are power laws
    through the medians at those values of the axis where fewer than half are censored: a median does not depend on how
    late the late ones are.
    """
    require_probes(dataset, "escape", "escape_step")
    axis = axis or escape_axis(dataset, colour)
    require_numeric(dataset, axis)
    names, codes = axis_values(dataset, colour)
    x, step, censored, network = escape_points(dataset, axis)
    if not len(x):
        raise ValueError(f"no network has a positive {axis} and ended without divergence")
    handles, fits = [], []
    for number, name in enumerate(names):
        own, style = codes[network] == number, line_style(number, len(names))
        label, fitted = f"{colour} = {name}", np.zeros(0)
        at = np.array([value for value in np.unique(x[own]) if censored[own & (x == value)].mean() < 0.5])
        median = np.array([np.median(step[own & (x == value)]) for value in at])
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

    figure, part = titled_figure(dataset, 6.4, 4.6, legend, 0.4 + 0.19 * -(-len(handles) // across))
    panel = part.subplots()
    spread = np.exp(0.02 * np.log(max(x.max() / x.min(), 10)))  # colours are drawn side by side
    for number, (own, at, median, fitted, colour_of_line) in enumerate(fits):
        shift = spread ** ((number - (len(fits) - 1) / 2) / max(1, len(fits) - 1))
        panel.plot(x[own & ~censored] * shift, step[own & ~censored], "o", markersize=3, alpha=0.35, markeredgewidth=0,
                   color=colour_of_line)
        panel.plot(x[own & censored] * shift, step[own & censored], "^", markersize=5, alpha=0.6,
                   markerfacecolor="none", color=colour_of_line)
        if len(fitted):
            panel.plot(at, fitted, color=colour_of_line, linewidth=1.2)
        panel.plot(at * shift, median, "D", markersize=4.5, color=colour_of_line, markeredgecolor="white",
                   markeredgewidth=0.5)
    panel.set_xscale("log")
    panel.set_yscale("log")
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
def spectra(dataset: xarray.Dataset, columns: str = "activation", colour: str = "init") -> Figure:
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
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    require_panels(columns, len(names), MAX_COLUMNS)
    rows = len(probes) + has_weights
    figure, part = titled_figure(
        dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.9 * rows,
        lambda lower: draw_legend(lower, dataset, colour, "medians; dotted: before training, solid: after"),
        legend_height(dataset, colour), note)
    axes = part.subplots(rows, len(names), sharey="row", squeeze=False)
    drawn: list[list[Array]] = [[] for _ in range(rows)]
    layer = 1 if dataset.sizes["layer"] > 2 else 0
    for r, c in np.ndindex(axes.shape):
        for number in range(len(colours)):
            own = (codes == c) & (colour_codes == number)
            if r < len(probes):
                ends = [quantile_band(values[own])[1] for values in record_ends(dataset, probes[r])]
            else:
                ends = [quantile_band(singular_values(dataset, np.flatnonzero(own), layer, which))[1]
                        if f"weights_{which}" in dataset else np.zeros(0) for which in ("initial", "final")]
            style = line_style(number, len(colours))
            for values, dashes in zip(ends, (":", "-")):
                axes[r, c].plot(1 + np.arange(len(values)), values, marker="o", markersize=style["linewidth"] + 1,
                                **{**style, "linestyle": dashes})
                drawn[r].append(values)
        axes[r, c].xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        if r == 0:
            axes[r, c].set_title(f"{columns} = {names[c]}" if c == 0 else names[c])
        if c == 0:
            axes[r, c].set_ylabel(SPECTRA[probes[r]] if r < len(probes) else f"singular values,\nlayer {layer + 1}")
    hides_values = False
    for r in range(rows):
        row_values = np.concatenate(drawn[r])
        if probes[r:r + 1] != ["effective_rank"]:
            starts = np.concatenate(drawn[r][::2])  # initial, final, initial, ...
            starts = starts[np.isfinite(starts)]
            ceiling = DIVERGENCE_FACTOR * starts.max() if len(starts) and starts.max() > 0 else math.inf
            hides_values |= scale_singular_values(axes[r], row_values[np.isfinite(row_values)], ceiling)
        for panel in axes[r]:
            panel.set_xlabel("weight layer" if r < len(probes) else "number, the largest first")
    if hides_values:
        part.supxlabel("Singular values of 0, or of 0 up to rounding, are not drawn.", fontsize=8)
    return figure


def scale_singular_values(panels: Any, drawn: Array, ceiling: float) -> bool:
    """Gives a row of panels a logarithmic scale if it needs one; values that are 0 up to rounding are then not drawn.

    drawn: of any shape; ceiling: the scale does not go beyond it. Returns whether some values are not drawn.
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
    """Largest and smallest eigenvalue of the training loss's Hessian over the steps.

    Lines are medians, bands 10 % to 90 % quantiles. If the file has hessian_eigenvalues, the whole spectrum at the end
    is added below.
    """
    require_probes(dataset, "hessian", "hessian_max", "hessian_min")
    has_spectrum = "hessian_eigenvalues" in dataset
    dataset, note = deepest_networks(dataset, columns, colour)
    (names, codes), (colours, colour_codes) = axis_values(dataset, columns), axis_values(dataset, colour)
    require_panels(columns, len(names), MAX_COLUMNS)
    figure, part = titled_figure(dataset, max(5.5, 1.2 + 2.3 * len(names)), 1.2 + 1.9 * (2 + has_spectrum),
                                 lambda lower: draw_legend(lower, dataset, colour), legend_height(dataset, colour),
                                 note)
    axes = part.subplots(2 + has_spectrum, len(names), sharex=False, sharey="row", squeeze=False)
    for r, (quantity, label) in enumerate((("hessian_max", "largest"), ("hessian_min", "smallest"))):
        draw_extreme_eigenvalues(axes[r], dataset, quantity, codes, colour_codes, len(colours))
        axes[r, 0].set_ylabel(f"{label} eigenvalue")
    for c, name in enumerate(names):
        axes[0, c].set_title(f"{columns} = {name}" if c == 0 else name)
        axes[1, c].set_xlabel("optimiser steps")
        axes[1, c].axhline(0, color="0.4", linewidth=0.8)
    if has_spectrum:
        draw_eigenvalues(axes[2], dataset, codes, colour_codes)
    return figure


def draw_extreme_eigenvalues(panels: Any, dataset: xarray.Dataset, quantity: str, codes: Array, colour_codes: Array,
                             colours: int) -> None:
    """Draws hessian_max or hessian_min over the steps into a row of panels.

    panels: [value of codes]; codes, colour_codes: [network]; colours: how many.
    """
    values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    steps, medians = steps_of(dataset), [np.zeros(0)]
    for c, number in np.ndindex(len(panels), colours):
        own = (codes == c) & (colour_codes == number)
        style = line_style(number, colours)
        for step, low, median, high in schedule_bands(steps[own], values[own]):
            known = np.isfinite(median)
            if colours <= MAX_BANDS:
                panels[c].fill_between(step[known], low[known], high[known], color=style["color"], alpha=0.15,
                                       linewidth=0)
            panels[c].plot(step[known], median[known], marker=single_point_marker(median), **style)
            medians.append(median)
    ceiling = scale_ceiling(dataset, quantity)
    apply_scales(panels[None, :], np.concatenate(medians), steps, quantity, ceiling)
    bottom, top = panels[0].get_ylim()
    panels[0].set_ylim(max(bottom, -ceiling), min(top, ceiling))
    if panels[0].get_yscale() != "log" and max(-bottom, top) > ceiling:
        for panel in panels:
            symmetric_log(panel, np.array([max(bottom, -ceiling), min(top, ceiling)]))
    limits = [panel.get_xlim() for panel in panels]
    for panel in panels:
        panel.set_xlim(min(left for left, _ in limits), max(right for _, right in limits))


def draw_eigenvalues(axes: Any, dataset: xarray.Dataset, codes: Array, colour_codes: Array) -> None:
    """Draws the eigenvalues of the Hessian at the last record, descending, as medians over networks.

    axes: [value of codes]; codes, colour_codes: [network].
    """
    values = dataset["hessian_eigenvalues"].transpose("network", "record", ...).values.astype(np.float64)
    final = -np.sort(-last_values(values), axis=1)  # descending, NaN last
    ceiling = scale_ceiling(dataset, "hessian_eigenvalues")
    colours = int(colour_codes.max()) + 1
    for c, panel in enumerate(axes):
        for number in range(colours):
            median = quantile_band(final[(codes == c) & (colour_codes == number)])[1]
            panel.plot(1 + np.arange(len(median)), median, **line_style(number, colours))
        panel.axhline(0, color="0.4", linewidth=0.8)
        panel.set_xlabel("number, the largest first")
    bottom, top = axes[0].get_ylim()
    for panel in axes:
        symmetric_log(panel, np.clip(final, -ceiling, ceiling))
    axes[0].set_ylim(max(bottom, -ceiling), min(top, ceiling))
    axes[0].set_ylabel("eigenvalues at the end")


def symmetric_log(panel: Any, values: Array) -> None:
    """Gives a panel a vertical scale that is logarithmic on both sides of 0 over four decades, with separate ticks.

    values: of any shape, NaN for none.
    """
    finite = values[np.isfinite(values)]
    power = int(np.floor(np.log10(max(np.abs(finite).max() if len(finite) else 1.0, 1e-30))))
    powers = 10.0 ** np.array([power - 4, power - 2, power])
    panel.set_yscale("symlog", linthresh=powers[0], linscale=0.5)
    panel.yaxis.set_major_locator(matplotlib.ticker.FixedLocator([0.0, *powers[1:], *-powers[1:]]))
    panel.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())


def phase_axes(dataset: xarray.Dataset, rows: str | None, columns: str | None) -> tuple[str, str, float]:
    """The settings for sigma_b and sigma_w, and the factor that makes the second sigma_w.

    Raises ValueError if one is not swept.
    """
    rows = rows or "bias_init_std"
    columns = columns or ("init_sigma_w" if "init_sigma_w" in dataset.coords else "init_std")
    for name, setting in ((columns, "network.init: {name: mean_field, sigma_w: [...]}"),
                          (rows, "network.bias_init: {name: normal, std: [...]}")):
        if name not in dataset.coords or len(factorize(dataset[name].values)[0]) < 2:
            raise ValueError(f"phase needs a swept {name}, as by {setting} under grid")
    if columns != "init_std":
        return rows, columns, 1.0
    widths = np.unique(dataset["width"].values)
    if len(widths) > 1:
        raise ValueError("phase needs a single width if init_std is swept: sigma_w is std sqrt(width)")
    return rows, columns, math.sqrt(float(widths[0]))


@in_style
def phase(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
          columns: str | None = None) -> Figure:
    """Final values of a quantity over (sigma_w, sigma_b), with the edge of chaos of wide networks; a panel for each
    activation.

    Left of the edge the deep layers of a network make all inputs alike (ordered), right of it they separate them
    (chaotic). Points are medians over replicates. Of other settings the first value is shown, and the title says which.
    """
    require_quantity(dataset, quantity)
    rows, columns, factor = phase_axes(dataset, rows, columns)
    names, codes = axis_values(dataset, "activation")
    require_panels("activation", len(names), MAX_PHASES, ": --select activation=...")
    parts = [select_plane(dataset.isel(network=np.flatnonzero(codes == number)), rows, columns)
             for number in range(len(names))]
    planes = [plane_values(part, rows, columns, quantity) for part, _ in parts]
    values = np.concatenate([value.ravel() for *_, value in planes])
    norm, note = colour_norm(dataset, quantity, values), parts[0][1]
    handles: list[Any] = []
    if any(name in MEAN_FIELD for name in dataset["activation"].values):
        handles.append(matplotlib.lines.Line2D([], [], color=EDGE_COLOUR, linewidth=2,
                                               label="edge of chaos, infinite width"))
    handles += diverged_handles(np.concatenate([diverged.ravel() for *_, diverged, _ in planes]), note)
    across = 2 if len(names) == 4 else min(len(names), 3)
    down = -(-len(names) // across)
    figure, upper = titled_figure(dataset, max(6.6, 1.2 + 3.0 * across), 4.6 if len(names) == 1 else 0.8 + 2.9 * down,
                                  lambda lower: draw_handles(lower, handles), 0.3, note)
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


def draw_edge(panel: Any, activation: str) -> None:
    """Draws the edge of chaos over a map of (sigma_w, sigma_b), within the panel's limits."""
    limits = panel.get_xlim(), panel.get_ylim()
    sigma_w, sigma_b = edge_of_chaos(activation)
    if np.ptp(sigma_w) < 1e-3:
        sigma_w, sigma_b = np.repeat(sigma_w[:1], 2), np.array(limits[1])
    panel.plot(sigma_w, sigma_b, color="white", linewidth=3.6)
    panel.plot(sigma_w, sigma_b, color=EDGE_COLOUR, linewidth=2)
    panel.set_xlim(limits[0])
    panel.set_ylim(limits[1])

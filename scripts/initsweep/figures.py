"""Overview figures of results files: quantities over the steps, and their final values over the grid."""
from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import matplotlib.colors
import matplotlib.lines
import matplotlib.patches
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import (COMPLETED, DIVERGED, MISSING, STOPPED, Array, choice_parameters, columns, factorize,
                              final_values, format_value, labels)
from initsweep.intervals import quantile_band
from initsweep.style import Figure, in_style, line_style, literal_text, save, text_colour
from initsweep.tables import share_text

__all__ = ["trajectories", "heatmap", "overview", "draw_trajectories", "draw_heatmap", "draw_legend", "save"]

MAX_LABEL = 36  # characters
MAX_PANELS = 64
MAX_BANDS = 12  # bands of more colours would cover everything
MAX_DECADES = 12  # that a logarithmic scale shows, from the largest value down
LINEAR_DECADES = 1.5  # values that span less are drawn on a linear scale
DIVERGENCE_FACTOR = 1e4  # no scale goes beyond this multiple of the values at the start
MANY_CELLS = 400  # of more cells of a map the outermost values do not decide the colour scale
# Words in the names of quantities that are always drawn on a linear scale
BOUNDED = ("accuracy", "cosine", "correlation", "fraction", "rank", "distinct")
# Parameters without which the name of a choice says little
ESSENTIAL_PARAMETERS = ("value", "std", "low", "high", "sigma_w")


def shorten(text: str, longest: int = MAX_LABEL) -> str:
    """The text without its middle if it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def axis_values(dataset: xarray.Dataset, name: str) -> tuple[list[str], Array]:
    """The distinct values of a setting as short texts, and the index of each network's value in them [network].

    Numbers ascend, texts keep the order of the grid. Raises ValueError if there is no such setting.
    """
    if name not in dataset.coords or dataset[name].dims != ("network",):
        raise ValueError(f"the file has no setting '{name}'")
    values, codes = factorize(labels(dataset, name))
    if values.dtype.kind in "iuf":
        order = np.argsort(values, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        values, codes = values[order], rank[codes]
    texts = [shorten(label_with_parameters(dataset, name, format_value(value), codes == code))
             for code, value in enumerate(values)]
    # a number distinguishes texts that shortening made equal
    texts = [f"{text} ({i + 1})" if texts.count(text) > 1 else text for i, text in enumerate(texts)]
    return [literal_text(text) for text in texts], codes


def label_with_parameters(dataset: xarray.Dataset, name: str, text: str, chosen: Array) -> str:
    """The label of a named choice with its essential parameters, as "constant(value=0.1)".

    text: the label of the choice; one with parameters stays as it is. chosen: [network], which networks have it.
    """
    parts = []
    for parameter in choice_parameters(dataset, name, columns(dataset)) if "(" not in text else []:
        values, short = dataset[parameter].values[chosen], parameter[len(name) + 1:]
        if short in ESSENTIAL_PARAMETERS and values.dtype.kind in "iuf" and np.isfinite(values[0]):
            parts.append(f"{short}={format_value(values[0])}")
    return f"{text}({', '.join(parts)})" if parts else text


def quantity_label(dataset: xarray.Dataset, quantity: str) -> str:
    """long_name of a quantity, with its units if it has any."""
    attributes = dataset[quantity].attrs
    units = str(attributes.get("units", "1"))
    text = literal_text(attributes.get("long_name", quantity))
    return text if units in ("", "1") else f"{text} [{units}]"


def require_quantity(dataset: xarray.Dataset, quantity: str) -> None:
    """Raises ValueError if the file has no such quantity over [network, record]."""
    known = [str(name) for name, variable in dataset.data_vars.items() if set(variable.dims) == {"network", "record"}]
    if quantity not in known:
        raise ValueError(f"the file has no quantity '{quantity}' per record; it has: {', '.join(known) or 'none'}")


def title_text(dataset: xarray.Dataset, width: float) -> str:
    """The sweep's name and description, in lines that fit `width` inches."""
    characters = max(30, int(width * 12))
    lines = textwrap.wrap(str(dataset.attrs.get("title", "")), characters)
    about = textwrap.wrap(" ".join(str(dataset.attrs.get("about", "")).split()), characters)
    if len(about) > 3:
        about = about[:3]
        about[2] = shorten(about[2] + " …", characters)
    return literal_text("\n".join(lines + about))


def spans_decades(values: Array) -> bool:
    """Whether values are all positive and span enough for a logarithmic scale."""
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and bool((finite > 0).all()) and np.log10(finite.max() / finite.min()) > LINEAR_DECADES


def is_logarithmic(quantity: str, values: Array) -> bool:
    """Whether a quantity is drawn on a logarithmic scale.

    values: of any shape. Exact zeros do not decide it; one negative value rules it out.
    """
    bounded = any(word in quantity for word in BOUNDED)
    return not bounded and not (values < 0).any() and spans_decades(values[values > 0])


def scale_ceiling(dataset: xarray.Dataset, quantity: str) -> float:
    """The value that no scale goes beyond, so that diverging networks do not compress all others.

    DIVERGENCE_FACTOR times the 90 % quantile of the nonzero magnitudes at the first record, in the quantity's units;
    infinite if there are none.
    """
    if not dataset.sizes["record"]:
        return float("inf")
    first = np.abs(dataset[quantity].isel(record=0).values.astype(np.float64))
    first = first[np.isfinite(first) & (first > 0)]
    return DIVERGENCE_FACTOR * float(np.quantile(first, 0.9)) if len(first) else float("inf")


def band_description(colours: int) -> str:
    """What lines and bands are, for a legend of this many colours."""
    return "line: median of the networks" + ("; band: 10 % to 90 % quantile" if colours <= MAX_BANDS else "")


def wrap_label(text: str, inches: float) -> str:
    """A label of an axis, in lines that fit `inches`."""
    return textwrap.fill(text, max(20, int(inches * 16)))


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


def panel_axes(dataset: xarray.Dataset, rows: str, columns: str) -> tuple[Any, Any]:
    """axis_values of the settings for rows and columns. Raises ValueError if there would be too many panels."""
    row, column = axis_values(dataset, rows), axis_values(dataset, columns)
    count = f"{len(row[0])} x {len(column[0])}"
    if len(row[0]) * len(column[0]) > MAX_PANELS:
        raise ValueError(f"{rows} x {columns} are {count} panels; at most {MAX_PANELS} can be read")
    return row, column


def trajectories_size(dataset: xarray.Dataset, rows: str, columns: str) -> tuple[float, float]:
    """Size of draw_trajectories in inches: (width, height)."""
    row, column = panel_axes(dataset, rows, columns)
    return max(5.5, 1.0 + 2.2 * len(column[0])), 1.3 + 1.7 * len(row[0])


@in_style
def draw_trajectories(figure: Any, dataset: xarray.Dataset, quantity: str = "loss", colour: str = "init",
                      rows: str = "depth", columns: str = "activation") -> None:
    """Draws a quantity over the steps: a panel for each rows x columns, a colour for each value of `colour`.

    figure: a Figure or SubFigure. The line is the median and the band the 10 % to 90 % quantiles of the networks of a
    colour (replicates, and everything else that is swept). A network counts as long as it is recorded: not after it
    diverged.
    """
    require_quantity(dataset, quantity)
    (row_names, row_codes), (column_names, column_codes) = panel_axes(dataset, rows, columns)
    colour_names, colour_codes = axis_values(dataset, colour)
    values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    steps = steps_of(dataset)
    panels = figure.subplots(len(row_names), len(column_names), sharex=True, sharey=True, squeeze=False)
    medians = [np.zeros(0)]
    for r, c in np.ndindex(panels.shape):
        panel, in_panel = panels[r, c], (row_codes == r) & (column_codes == c)
        for number, _ in enumerate(colour_names):
            own = in_panel & (colour_codes == number)
            style = line_style(number, len(colour_names))
            for step, low, median, high in schedule_bands(steps[own], values[own]):
                if len(colour_names) <= MAX_BANDS:
                    panel.fill_between(step, low, high, color=style["color"], alpha=0.18, linewidth=0)
                panel.plot(step, median, marker=single_point_marker(median), **style)
                medians.append(median)
        if not in_panel.any():
            panel.text(0.5, 0.5, "no network", transform=panel.transAxes, ha="center", va="center", color="0.5")
        if r == 0:
            panel.set_title(f"{columns} = {column_names[c]}" if c == 0 else column_names[c])
        if c == len(column_names) - 1:
            annotate_row(panel, f"{rows} = {row_names[r]}")
    note = apply_scales(panels, np.concatenate(medians), steps, quantity, scale_ceiling(dataset, quantity))
    figure.supxlabel("optimiser steps" + note, fontsize=9)
    figure.supylabel(wrap_label(quantity_label(dataset, quantity), 1.7 * len(row_names)), fontsize=9)


def annotate_row(panel: Any, text: str) -> None:
    """Writes what a row of panels has in common to the right of its last panel."""
    panel.annotate(textwrap.fill(text, 26), (1.02, 0.5), xycoords="axes fraction", rotation=270, va="center",
                   fontsize=9)


@in_style
def draw_legend(figure: Any, dataset: xarray.Dataset, colour: str, note: str | None = None) -> None:
    """Draws the legend: which colour and line style is which value, and what the lines are.

    figure: a Figure or SubFigure of its own. note: what lines and bands are, if not medians and quantiles.
    """
    names = axis_values(dataset, colour)[0]
    handles = [matplotlib.lines.Line2D([], [], label=name, **line_style(i, len(names))) for i, name in enumerate(names)]
    figure.legend(handles=handles, title=f"{colour} ({note or band_description(len(names))})", loc="center",
                  frameon=False, ncol=legend_columns(names))


def legend_columns(names: Sequence[str]) -> int:
    """How many entries a line of the legend has: fewer if they are long."""
    most = max(1, min(5, int(90 / (max((len(name) for name in names), default=1) + 6))))
    lines = max(1, -(-len(names) // most))
    return max(1, -(-len(names) // lines))


def legend_height(dataset: xarray.Dataset, colour: str) -> float:
    """Height of draw_legend in inches."""
    names = axis_values(dataset, colour)[0]
    return 0.4 + 0.19 * -(-len(names) // legend_columns(names))


def apply_scales(panels: Array, drawn: Array, steps: Array, quantity: str, ceiling: float) -> str:
    """Sets scales and ticks: logarithmic if the values span decades. Returns a note for readers, or an empty text.

    drawn: values of the lines, of any shape. steps: [network, record]. ceiling: as scale_ceiling returns it.
    """
    positive, notes = steps[np.isfinite(steps) & (steps > 0)], []
    drawn = drawn[np.isfinite(drawn)]
    logarithmic = is_logarithmic(quantity, drawn)
    if (drawn > ceiling).any():
        notes.append("beyond the top: on the way to divergence")
    if logarithmic and (drawn == 0).any():
        notes.append("no line: exactly 0")
    for panel in panels.ravel():
        if not len(positive):
            panel.set_xticks([0])
        elif positive.max() > 100:
            panel.set_xscale("symlog", linthresh=1, linscale=0.4)
            powers = np.arange(int(np.log10(positive.max())) + 1)
            ticks = [0, *10.0 ** powers[::1 + len(powers) // 6]]
            panel.xaxis.set_major_locator(matplotlib.ticker.FixedLocator(ticks))
            panel.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
        if logarithmic:
            panel.set_yscale("log")
            top = min(drawn.max(), ceiling)
            panel.set_ylim(max(drawn[drawn > 0].min(), top * 10.0 ** -MAX_DECADES) / 1.6, top * 1.6)
            for line in panel.lines:
                values = np.asarray(line.get_ydata(), dtype=np.float64)
                line.set_ydata(np.where(values > 0, values, np.nan))
    return f"   ({'; '.join(notes)})" if notes else ""


def cell_statistics(codes: Sequence[Array], shape: Sequence[int], dataset: xarray.Dataset,
                    quantity: str) -> tuple[Array, Array, Array]:
    """Median of the final values, share that diverged, and number of trained networks of each cell; each of `shape`.

    codes: for each axis of `shape` the index of each network [network].
    """
    status, count = dataset["status"].values, int(np.prod(shape))
    is_trained = np.isin(status, (COMPLETED, STOPPED, DIVERGED))
    flat = np.ravel_multi_index(tuple(codes), tuple(shape))[is_trained]
    final = final_values(dataset, quantity)[is_trained]
    trained, finite = np.bincount(flat, minlength=count), np.bincount(flat[np.isfinite(final)], minlength=count)
    diverged = np.bincount(flat[status[is_trained] == DIVERGED], minlength=count)
    ascending = final[np.lexsort((final, flat))]  # cell after cell, NaN last in each
    start, some = np.cumsum(trained) - trained, finite > 0
    median, share = np.full(count, np.nan), np.full(count, np.nan)
    lower, upper = (start + (finite - 1) // 2)[some], (start + finite // 2)[some]
    median[some] = (ascending[lower] + ascending[upper]) / 2
    share[trained > 0] = diverged[trained > 0] / trained[trained > 0]
    return median.reshape(shape), share.reshape(shape), trained.reshape(shape)


def colour_norm(dataset: xarray.Dataset, quantity: str, values: Array) -> matplotlib.colors.Normalize:
    """The mapping of final values to colours: logarithmic if they span decades, and not beyond scale_ceiling.

    values: of any shape, NaN for none. A logarithmic scale of many values ends at their 1 % and 98 % quantiles.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return matplotlib.colors.Normalize(0, 1)
    high = min(finite.max(), max(scale_ceiling(dataset, quantity), finite.min()))
    if is_logarithmic(quantity, finite):
        positive = finite[finite > 0]
        low = positive.min()
        if len(positive) > MANY_CELLS:
            low, most = np.quantile(positive, [0.01, 0.98])
            high = min(high, most)
        low = max(low, high * 10.0 ** -MAX_DECADES)
        if low < high:
            return matplotlib.colors.LogNorm(low, high)
    low = finite.min()
    half = 0.0 if high > low else abs(low) / 2 or 0.5  # a single value gets the middle colour
    return matplotlib.colors.Normalize(low - half, high + half)


def colour_bar(figure: Any, image: Any, panels: Any, label: str, values: Array) -> None:
    """Adds a colour bar, with an arrow at each end that values exceed. values: of any shape, NaN for none."""
    finite, norm = values[np.isfinite(values)], image.norm
    below, above = bool((finite < norm.vmin).any()), bool((finite > norm.vmax).any())
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    figure.colorbar(image, ax=panels, label=label, pad=0.01, aspect=18, extend=ends[below, above])


def colour_map_name(quantity: str) -> str:
    """Name of the colour map in which yellow is good: large values of accuracies, small values of all else."""
    return "cividis" if "accuracy" in quantity else "cividis_r"


def heatmap_size(dataset: xarray.Dataset, rows: str, columns: str, panels: str) -> tuple[float, float]:
    """Size of draw_heatmap in inches: (width, height)."""
    row, column, panel = (axis_values(dataset, name)[0] for name in (rows, columns, panels))
    longest = max(len(name) for name in row) if row else 0
    width = 1.7 + 0.065 * max(longest, 14) + len(panel) * 0.85 * max(len(column), 2)
    return max(5.5, width), 1.9 + 0.42 * max(len(row), 2)


@in_style
def draw_heatmap(figure: Any, dataset: xarray.Dataset, quantity: str = "loss", rows: str = "init",
                 columns: str = "activation", panels: str = "depth") -> None:
    """Draws the final values of a quantity: a panel for each value of `panels`, a cell for each rows x columns.

    figure: a Figure or SubFigure. Colour and upper number are the median over the networks of the cell that ended
    without divergence; the lower number is the share that diverged. A hatched cell has no value: all its networks
    diverged, or none was trained.
    """
    require_quantity(dataset, quantity)
    axes = [axis_values(dataset, name) for name in (panels, rows, columns)]
    codes = [code for _, code in axes]
    panel_names, row_names, column_names = names = [values for values, _ in axes]
    shape = [len(values) for values in names]
    if shape[0] > 8 or shape[1] > 40 or shape[2] > 16:
        raise ValueError(f"{panels} x {rows} x {columns} are {' x '.join(map(str, shape))} cells; "
                         "at most 8 x 40 x 16 can be read")
    median, share, trained = cell_statistics(codes, shape, dataset, quantity)
    norm = colour_norm(dataset, quantity, median)
    colours = matplotlib.colormaps[colour_map_name(quantity)]
    panel_row = figure.subplots(1, len(panel_names), sharey=True, squeeze=False)[0]
    for p, panel in enumerate(panel_row):
        image = panel.imshow(np.maximum(median[p], norm.vmin), cmap=colours, norm=norm, aspect="auto")
        panel.set_title(f"{panels} = {panel_names[p]}")
        panel.grid(False)
        panel.set_xticks(range(len(column_names)), column_names, rotation=35, ha="right", rotation_mode="anchor")
        panel.set_yticks(range(len(row_names)), row_names)
        panel.tick_params(length=0)
        for r, c in np.ndindex(median[p].shape):
            annotate_cell(panel, r, c, median[p, r, c], share[p, r, c], trained[p, r, c], colours, norm)
    note = "   (div.: share of networks that diverged)" if (share > 0).any() else ""
    figure.supxlabel(columns + note, fontsize=9)
    figure.supylabel(rows, fontsize=9)
    colour_bar(figure, image, list(panel_row), f"final {quantity}, median", median)


def annotate_cell(panel: Any, row: int, column: int, value: float, share: float, trained: int, colours: Any,
                  norm: Any) -> None:
    """Writes the number of a cell and the share that diverged; hatches a cell without a number."""
    lower = f"{share_text(share)}% div." if trained and share > 0 else ""
    if not np.isfinite(value):
        panel.add_patch(matplotlib.patches.Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="0.92", edgecolor="0.7",
                                                     hatch="///", linewidth=0))
        panel.text(column, row, lower or "none", ha="center", va="center", fontsize=7, color="0.1",
                   bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        return
    colour = text_colour(colours(norm(max(value, norm.vmin))))
    panel.text(column, row - (0.16 if lower else 0), f"{value:.3g}", ha="center", va="center", fontsize=8, color=colour)
    if lower:
        panel.text(column, row + 0.24, lower, ha="center", va="center", fontsize=6.5, color=colour)


def missing_note(dataset: xarray.Dataset) -> str:
    """A line that says how many networks are missing, or an empty text."""
    missing = int(np.count_nonzero(dataset["status"].values == MISSING))
    return f"\n{missing} of {dataset.sizes['network']} networks are missing" if missing else ""


def titled_figure(dataset: xarray.Dataset, width: float, height: float, legend: Callable[[Any], None],
                  legend_inches: float, note: str = "") -> tuple[Figure, Any]:
    """A figure with a title and a legend at the bottom, and the part of it to draw in.

    width, height, legend_inches: inches. legend: draws the legend in the SubFigure that it gets. note: a line below the
    title that says which networks are shown.
    """
    figure = Figure(figsize=(width, height + legend_inches))
    upper, lower = figure.subfigures(2, 1, height_ratios=[height, legend_inches])
    legend(lower)
    note = f"\n{textwrap.fill(note, int(width * 12))}" if note else ""
    figure.suptitle(title_text(dataset, width) + missing_note(dataset) + note)
    return figure, upper


@in_style
def trajectories(dataset: xarray.Dataset, quantity: str, rows: str, columns: str, colour: str) -> Figure:
    """A figure of draw_trajectories with title and legend."""
    (width, height), legend = trajectories_size(dataset, rows, columns), legend_height(dataset, colour)
    figure, part = titled_figure(dataset, width, height, lambda lower: draw_legend(lower, dataset, colour), legend)
    draw_trajectories(part, dataset, quantity, colour, rows, columns)
    return figure


@in_style
def heatmap(dataset: xarray.Dataset, quantity: str, rows: str, columns: str, panels: str) -> Figure:
    """A figure of draw_heatmap with a title."""
    size = heatmap_size(dataset, rows, columns, panels)
    figure = Figure(figsize=size)
    draw_heatmap(figure, dataset, quantity, rows, columns, panels)
    figure.suptitle(title_text(dataset, size[0]) + missing_note(dataset))
    return figure


@in_style
def overview(dataset: xarray.Dataset, quantity: str, final_quantity: str) -> Figure:
    """Both over init x activation x depth: trajectories of `quantity`, and below them the end of `final_quantity`."""
    upper = trajectories_size(dataset, "depth", "activation")
    lower = heatmap_size(dataset, "init", "activation", "depth")
    width, legend = max(upper[0], lower[0]), legend_height(dataset, "init")
    figure = Figure(figsize=(width, upper[1] + legend + lower[1]))
    parts = figure.subfigures(3, 1, height_ratios=[upper[1], legend, lower[1]])
    draw_trajectories(parts[0], dataset, quantity)
    draw_legend(parts[1], dataset, "init")
    draw_heatmap(parts[2], dataset, final_quantity, "init", "activation", "depth")
    figure.suptitle(title_text(dataset, width) + missing_note(dataset))
    return figure

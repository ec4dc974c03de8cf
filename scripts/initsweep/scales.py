"""Scales of figures: when they are logarithmic, where they end, their ticks, and the colours of values."""
from __future__ import annotations

from typing import Any

import matplotlib
import matplotlib.colors
import matplotlib.ticker
import numpy as np
import xarray

from initsweep.arrays import Array
from initsweep.design import Axis, is_larger_better, nearest_names
from initsweep.style import literal_text

MAX_DECADES = 12  # that a logarithmic scale shows, from the largest value down
LINEAR_DECADES = 1.5  # values that span less are drawn on a linear scale
DIVERGENCE_FACTOR = 1e4  # no scale goes beyond this multiple of the values at the start
MANY_CELLS = 400  # of more cells of a map the outermost values do not decide the colour scale
# Words in the names of quantities that are always drawn on a linear scale
BOUNDED = ("accuracy", "cosine", "correlation", "fraction", "rank", "distinct")
SHARES = ("accuracy", "fraction")  # of those, the ones from 0 to 1


def require_quantity(dataset: xarray.Dataset, quantity: str) -> None:
    """Raises ValueError if the file has no such quantity over [network, record]."""
    known = [str(name) for name, variable in dataset.data_vars.items() if set(variable.dims) == {"network", "record"}]
    if quantity not in known:
        raise ValueError(f"the file has no quantity '{quantity}' per record{nearest_names(quantity, known)} "
                         f"(it has: {', '.join(known) or 'none'})")


def quantity_label(dataset: xarray.Dataset, quantity: str) -> str:
    """long_name of a quantity, with its units if it has any."""
    attributes = dataset[quantity].attrs
    units = str(attributes.get("units", "1"))
    text = literal_text(attributes.get("long_name", quantity))
    return text if units in ("", "1") else f"{text} [{units}]"


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


def is_log_spaced(values: Array) -> bool:
    """Whether the values of an axis are spaced logarithmically, but for a 0 at its start.

    values: [length], ascending. Gaps between logarithms must be more even than gaps between values, relative to their
    mean; two values must differ by a factor of 3.
    """
    values = values[1:] if len(values) > 2 and values[0] == 0 else values
    if len(values) < 2 or not (values > 0).all() or values[-1] < 3 * values[0]:
        return False
    gaps, ratios = np.diff(values), np.diff(np.log(values))
    return len(values) == 2 or bool(ratios.std() / ratios.mean() < gaps.std() / gaps.mean())


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


def initial_value(dataset: xarray.Dataset, quantity: str) -> float:
    """The median of a quantity at the first record, NaN if there is none."""
    first = dataset[quantity].isel(record=slice(0, 1)).values.astype(np.float64)
    first = first[np.isfinite(first)]
    return float(np.median(first)) if len(first) else float("nan")


def scale_steps(panel: Any, steps: Array) -> None:
    """Gives a panel the axis of optimiser steps: logarithmic with room for 0 if there are many, with separate ticks.

    steps: of any shape, NaN for none.
    """
    positive = steps[np.isfinite(steps) & (steps > 0)]
    if not len(positive):
        panel.set_xticks([0])
    elif positive.max() > 100:
        panel.set_xscale("symlog", linthresh=1, linscale=0.4)
        powers = np.arange(int(positive.max() >= 1000), int(np.log10(positive.max())) + 1)
        panel.xaxis.set_major_locator(matplotlib.ticker.FixedLocator([0, *10.0 ** powers[::1 + len(powers) // 5]]))
        panel.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
        panel.set_xlim(-0.15, positive.max() * 1.15)


def scale_values(panels: Array, drawn: Array, quantity: str, ceiling: float) -> list[str]:
    """Sets the vertical scales of panels: logarithmic if the values span decades. Returns notes for readers.

    drawn: values of the lines, of any shape. ceiling: as scale_ceiling returns it.
    """
    notes = []
    drawn = drawn[np.isfinite(drawn)]
    logarithmic = is_logarithmic(quantity, drawn)
    if (drawn > ceiling).any():
        notes.append("beyond the top: on the way to divergence")
    if logarithmic and (drawn == 0).any():
        notes.append("no line: exactly 0")
    top = min(drawn.max(), ceiling) if len(drawn) else 1.0
    for panel in panels.ravel():
        if not logarithmic:
            break
        panel.set_yscale("log")
        panel.set_ylim(max(drawn[drawn > 0].min(), top * 10.0 ** -MAX_DECADES) / 1.6, top * 1.6)
        for line in panel.lines:
            values = np.asarray(line.get_ydata(), dtype=np.float64)
            line.set_ydata(np.where(values > 0, values, np.nan))
        logarithmic_ticks(panel.yaxis, *panel.get_ylim())
    if any(word in quantity for word in SHARES) and len(drawn):
        panels.ravel()[0].set_ylim(min(0.0, drawn.min()) - 0.03, max(1.0, drawn.max()) + 0.03)
    return notes


def logarithmic_ticks(axis: Any, low: float, high: float) -> None:
    """Ticks of a logarithmic axis from low to high: powers of ten, and 2 and 5 times them where there are few."""
    few = np.log10(high / low) < 2
    if few:
        axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    else:
        axis.set_major_locator(matplotlib.ticker.LogLocator(numticks=6))
        axis.set_minor_locator(matplotlib.ticker.NullLocator())


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


def scale_numbers(panel: Any, axis: Axis) -> bool:
    """Gives a panel the horizontal scale of a numeric axis, which is logarithmic if its values are spaced so.

    Returns whether it is logarithmic. A few values are the ticks themselves.
    """
    assert axis.numbers is not None
    numbers = axis.numbers
    logarithmic = is_log_spaced(numbers)
    positive = numbers[numbers > 0]
    if logarithmic and numbers[0] == 0:
        panel.set_xscale("symlog", linthresh=positive[0], linscale=0.6)
        panel.set_xlim(-0.15 * positive[0], numbers[-1] * 1.3)
        panel.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    elif logarithmic:
        panel.set_xscale("log")
        margin = (numbers[-1] / numbers[0]) ** 0.04
        panel.set_xlim(numbers[0] / margin, numbers[-1] * margin)
        logarithmic_ticks(panel.xaxis, numbers[0] / margin, numbers[-1] * margin)
    else:
        panel.set_xlim(numbers[0] - 0.06 * np.ptp(numbers), numbers[-1] + 0.06 * np.ptp(numbers))
    if len(numbers) <= 6 and not axis.sampled:
        panel.set_xticks(numbers, axis.texts if not axis.along else [text.split(",")[0] for text in axis.texts])
        panel.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    return logarithmic


def number_label(axis: Axis) -> str:
    """The label of a numeric axis."""
    return f"{axis.name} (varies with {', '.join(axis.along)})" if axis.along else axis.name


def colour_map(quantity: str) -> Any:
    """The colour map in which yellow is good: large values of accuracies, small values of all else."""
    return matplotlib.colormaps["viridis" if is_larger_better(quantity) else "viridis_r"]


def colour_norm(dataset: xarray.Dataset, quantity: str, values: Array) -> matplotlib.colors.Normalize:
    """The mapping of final values to colours, which does not paint small differences in the extreme colours.

    values: of any shape, NaN for none. Shares are mapped from 0 to 1, other values from 0 to the largest one, of a loss
    at least to that at the start. If they span decades the mapping is logarithmic, of at least one decade. It does not
    go beyond scale_ceiling, nor, of more than MANY_CELLS values, beyond their 1 % and 98 % quantiles.
    """
    finite = values[np.isfinite(values)]
    if any(word in quantity for word in SHARES) or not len(finite):
        return matplotlib.colors.Normalize(0, 1)
    start = initial_value(dataset, quantity) if "loss" in quantity else np.nan
    high = min(finite.max(), max(scale_ceiling(dataset, quantity), finite.min()))
    high = max(high, start) if np.isfinite(start) else high
    if is_logarithmic(quantity, finite):
        positive = finite[finite > 0]
        low = positive.min()
        if len(positive) > MANY_CELLS:
            low, most = np.quantile(positive, [0.01, 0.98])
            high = min(high, most)
        low = min(max(low, high * 10.0 ** -MAX_DECADES), high / 10)
        return matplotlib.colors.LogNorm(low, high)
    low = min(0.0, finite.min())
    return matplotlib.colors.Normalize(low, high if high > low else low + 1.0)


def exceeded_ends(norm: matplotlib.colors.Normalize, values: Array) -> str:
    """The ends of the colours that values exceed, as matplotlib names them. values: of any shape, NaN for none."""
    finite = values[np.isfinite(values)]
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    return ends[bool((finite < norm.vmin).any()), bool((finite > norm.vmax).any())]


def colour_bar(figure: Any, image: Any, panels: Any, label: str, values: Array) -> None:
    """Adds a colour bar, with an arrow at each end that values exceed. values: of any shape, NaN for none."""
    norm = image.norm
    bar = figure.colorbar(image, ax=panels, label=label, pad=0.01, aspect=18, extend=exceeded_ends(norm, values))
    if isinstance(norm, matplotlib.colors.LogNorm):
        logarithmic_ticks(bar.ax.yaxis, norm.vmin, norm.vmax)

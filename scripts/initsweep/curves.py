"""The final or best value of a quantity over a numeric axis, or sorted over names, with intervals."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.lines
import matplotlib.transforms
import numpy as np
import xarray

from initsweep.arrays import Array
from initsweep.design import (Axis, Role, View, final_scores, find_axis, is_larger_better, number_axes, read_axes,
                              titled, view)
from initsweep.intervals import LEAST_FOR_INTERVAL, median_interval
from initsweep.layout import axis_style, draw_legend, grid_shape, legend_height, titled_figure, wrap_label
from initsweep.scales import (SHARES, is_logarithmic, logarithmic_ticks, number_label, quantity_label,
                              require_quantity, scale_ceiling, scale_numbers)
from initsweep.style import Figure, in_style

__all__ = ["curve"]

OF_NUMBERS = (Role("x", wants="sampled"), Role("colour", "init", 24), Role("panels", "activation", 12))
OF_NAMES = (Role("x", "init", 40, needed=True), Role("colour", "activation", 8), Role("panels", "depth", 12))
VALUES = ("final", "best")
BINS = 10  # of a sampled number, at most
LEAST_IN_BIN = 6  # networks
MOST_BARS = 6  # points of a line that have bars; more have a band
BAND_FACTOR = 100  # no scale goes beyond this multiple of the upper quartile of the medians


class Summary(NamedTuple):
    """Medians over networks and their intervals, each [length]: infinite where more than half diverged, NaN for none.

    place: [length], where they are on the axis.
    """
    place: Array
    median: Array
    low: Array
    high: Array


def network_values(dataset: xarray.Dataset, quantity: str, value: str) -> Array:
    """The value of each network [network]: the last recorded one, or the best recorded one. NaN for missing networks.

    Networks that diverged have the worst value, an infinity.
    """
    if value not in VALUES:
        raise ValueError(f"the value of a curve is final or best, not '{value}'")
    final = final_scores(dataset, quantity)
    if value == "final":
        return final
    recorded = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    extreme = np.max if is_larger_better(quantity) else np.min
    worst = -np.inf if is_larger_better(quantity) else np.inf
    best = extreme(np.where(np.isfinite(recorded), recorded, worst), axis=1, initial=worst)
    return np.where(np.isfinite(final), best, final)


def summarise(values: Array, codes: Array, place: Array) -> Summary:
    """Median and 95 % interval of the values of each code; their range if they are too few for an interval.

    values: [network], NaN for none; codes: [network], -1 for none; place: [length].
    """
    result = np.full((3, len(place)), np.nan)
    for code in range(len(place)):
        own = np.sort(values[(codes == code) & ~np.isnan(values)])
        if len(own):
            middle = own[[(len(own) - 1) // 2, len(own) // 2]]
            median = middle.mean() if np.isfinite(middle).all() else middle[~np.isfinite(middle)][0]
            ends = median_interval(own) if len(own) >= LEAST_FOR_INTERVAL else (own[0], own[-1])
            result[:, code] = median, *ends
    return Summary(place, *result)


def bins(numbers: Array, codes: Array) -> tuple[Array, Array]:
    """Bins of a sampled number with about as many networks each: (median of each bin [bins], bin of each network).

    numbers: [length]; codes: [network], -1 for none.
    """
    inside = codes >= 0
    count = max(1, min(BINS, np.count_nonzero(inside) // LEAST_IN_BIN))
    x = np.where(inside, numbers[codes], np.nan)
    edges = np.quantile(x[inside], np.linspace(0, 1, count + 1)[1:-1])
    number = np.where(inside, np.searchsorted(edges, x, side="right"), -1)
    return np.array([np.median(x[number == one]) for one in range(count)]), number


def interval_text(shown: View, what: str) -> str:
    """What bands or bars of a figure are."""
    axes = [shown.axes[name] for name in ("x", "colour", "panels")]
    sampled = axes[0].sampled
    counts = np.unique(np.stack([axis.codes for axis in (axes[1:] if sampled else axes)]), axis=1,
                       return_counts=True)[1]
    if sampled or counts.min() >= LEAST_FOR_INTERVAL:
        return f"{what}: 95 % interval of the median"
    if counts.max() < LEAST_FOR_INTERVAL:
        return f"{what}: from the smallest to the largest network" if counts.max() > 1 else "each of one network"
    return f"{what}: 95 % interval of the median; from the smallest to the largest network if n < {LEAST_FOR_INTERVAL}"


def value_limits(dataset: xarray.Dataset, quantity: str, summaries: Sequence[Summary]) -> tuple[bool, float, float]:
    """The scale of the values: (whether it is logarithmic, low end, high end)."""
    medians = np.concatenate([summary.median for summary in summaries] or [np.zeros(0)])
    ends = np.concatenate([np.concatenate([summary.low, summary.high]) for summary in summaries] or [np.zeros(0)])
    medians, ends = medians[np.isfinite(medians)], ends[np.isfinite(ends)]
    if any(word in quantity for word in SHARES):
        return False, -0.03, 1.03
    if not len(medians):
        return False, 0.0, 1.0
    ceiling = max(scale_ceiling(dataset, quantity), medians.min())
    low, high = min(medians.min(), ends.min()), max(medians.max(), ends.max())
    if not (medians < 0).any():
        high = min(high, ceiling, max(BAND_FACTOR * float(np.quantile(medians, 0.75)), low))
    if is_logarithmic(quantity, medians) and (low > 0 or medians.min() > 0):
        low = low if low > 0 else medians[medians > 0].min() / 10
        return True, low / 1.5, high * 1.5
    margin = 0.05 * (high - min(low, 0)) or 0.05
    return False, min(low - margin, 0.0) if low < 0 else 0.0, high + margin


@in_style
def curve(dataset: xarray.Dataset, quantity: str = "loss", x: str | None = None, colour: str | None = None,
          panels: str | None = None, best_over: Sequence[str] = (), value: str = "final") -> Figure:
    """The final or best value of a quantity over a numeric setting: a line for each colour, with intervals; or sorted
    bars, if the setting has names.

    x, colour, panels: settings; those that are None are taken from the swept axes, x from the numeric ones if there are
    any. value: "final" or "best" of the recorded ones. Lines are medians, bands exact 95 % intervals of the median from
    order statistics, in which networks that diverged have the worst value. A sampled setting is drawn as a point for
    each network and medians of bins. Other swept axes are pooled, or only the best values of `best_over` shown. Raises
    ValueError for settings that were not swept.
    """
    require_quantity(dataset, quantity)
    numeric = [axis for axis in number_axes(dataset) if axis.name not in (colour, panels, *best_over)]
    of_numbers = find_axis(dataset, read_axes(dataset), x).numbers is not None if x else bool(numeric)
    shown = view(dataset, OF_NUMBERS if of_numbers else OF_NAMES, {"x": x, "colour": colour, "panels": panels},
                 quantity, "point" if of_numbers else "bar", best_over)
    if not shown.axes["x"].name:
        raise ValueError("a curve needs a swept setting; the file has none")
    values = network_values(shown.dataset, quantity, value)
    return draw_curves(shown, quantity, value, values) if of_numbers else draw_bars(shown, quantity, value, values)


def panel_summaries(shown: View, values: Array, place: Array, codes: Array) -> list[list[Summary]]:
    """The summaries of each panel and colour: [panel][colour]."""
    colours, panels = shown.axes["colour"], shown.axes["panels"]
    return [[summarise(np.where((panels.codes == p) & (colours.codes == code), values, np.nan), codes, place)
             for code in range(len(colours.texts))] for p in range(len(panels.texts))]


def value_label(dataset: xarray.Dataset, quantity: str, value: str) -> str:
    """The label of the axis of values."""
    return f"{value} {quantity_label(dataset, quantity)}"


def cross_handle(summaries: Sequence[Summary], limits: tuple[float, float]) -> list[Any]:
    """The legend entry of the crosses, if there are any."""
    if not any(beyond(summary, limits).any() for summary in summaries):
        return []
    return [matplotlib.lines.Line2D([], [], color="0.3", marker="x", linestyle="none",
                                    label="more than half diverged, or beyond the scale")]


def beyond(summary: Summary, limits: tuple[float, float]) -> Array:
    """Where a median is infinite, because more than half of the networks diverged, or outside of limits: [length]."""
    return ~np.isnan(summary.median) & ((summary.median < limits[0]) | (summary.median > limits[1]))


def draw_curves(shown: View, quantity: str, value: str, values: Array) -> Figure:
    """The figure of a numeric axis. values: [network], as network_values returns them."""
    x, colour, panels = (shown.axes[name] for name in ("x", "colour", "panels"))
    assert x.numbers is not None
    place, codes = bins(x.numbers, x.codes) if x.sampled else (x.numbers, x.codes)
    summaries = panel_summaries(shown, values, place, codes)
    flat = [summary for row in summaries for summary in row]
    logarithmic, low, high = value_limits(shown.dataset, quantity, flat)
    down, across = grid_shape(len(panels.texts), 3)
    handles = cross_handle(flat, (low, high))
    interval = interval_text(shown, "bar" if len(place) <= MOST_BARS else "band")
    note = f"line: median{' of bins' if x.sampled else ''}; {interval}"
    figure, part = titled_figure(
        shown.dataset, 6.6 if across == 1 else 8.0, 3.4 if down == 1 else 0.5 + 2.0 * down, shown.note,
        lambda lower: draw_legend(lower, colour, note, handles),
        legend_height([*colour.texts, *(handle.get_label() for handle in handles)]))
    grid = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for p, panel in enumerate(grid.ravel()):
        if p >= len(panels.texts):
            panel.set_visible(False)
            continue
        panel.set_title(titled(panels, p, p == 0))
        if x.sampled:
            draw_points(panel, shown, values, p, x, (low, high))
        for code, summary in enumerate(summaries[p]):
            draw_summary(panel, summary, axis_style(colour, code), (low, high), is_larger_better(quantity),
                         shift=3.0 * (code - (len(colour.texts) - 1) / 2))
        panel.tick_params(labelbottom=p + across >= len(panels.texts))
        scale_numbers(panel, x)
    scale_panel_values(grid[0, 0].yaxis, logarithmic, low, high)
    part.supxlabel(number_label(x), fontsize=9)
    part.supylabel(wrap_label(value_label(shown.dataset, quantity, value), 2.6), fontsize=9)
    return figure


def scale_panel_values(axis: Any, logarithmic: bool, low: float, high: float) -> None:
    """Sets the scale of an axis of values, horizontal or vertical."""
    name = axis.axis_name
    getattr(axis.axes, f"set_{name}scale")("log" if logarithmic else "linear")
    getattr(axis.axes, f"set_{name}lim")(low, high)
    if logarithmic:
        logarithmic_ticks(axis, low, high)


def draw_summary(panel: Any, summary: Summary, style: dict[str, Any], limits: tuple[float, float],
                 larger_is_better: bool, shift: float) -> None:
    """Draws a line with its band, and a cross at the bad edge where more than half of the networks diverged.

    Few points have bars instead of a band; bars of different lines stand side by side, shift points apart.
    """
    few = len(summary.place) <= MOST_BARS
    low, high = np.clip(summary.low, *limits), np.clip(summary.high, *limits)
    aside = matplotlib.transforms.ScaledTranslation(shift * few / 72, 0, panel.figure.dpi_scale_trans)
    place = panel.transData + aside
    if few:
        known = ~np.isnan(summary.median)
        panel.vlines(summary.place[known], low[known], high[known], color=style["color"], linewidth=1, alpha=0.7,
                     transform=place)
    else:
        panel.fill_between(summary.place, low, high, color=style["color"], alpha=0.18, linewidth=0)
    lost = beyond(summary, limits)
    panel.plot(summary.place, np.where(lost, np.nan, summary.median), marker="o", markersize=style["linewidth"] + 1.5,
               transform=place, **style)
    draw_crosses(panel, summary.place[lost], limits[0 if larger_is_better else 1], style["color"])


def draw_crosses(panel: Any, place: Array, edge: float, colour: str, upright: bool = False) -> None:
    """Draws crosses at the bad edge of a panel, where more than half of the networks diverged.

    place: [crosses], on the axis of the setting, which is the vertical one if `upright`. A line without points would
    disturb the layout.
    """
    if len(place):
        edges = np.full(len(place), edge)
        panel.plot(*((edges, place) if upright else (place, edges)), "x", color=colour, clip_on=False, markersize=6)


def draw_points(panel: Any, shown: View, values: Array, number: int, x: Axis, limits: tuple[float, float]) -> None:
    """Draws the networks of a panel over a sampled setting as points; those that diverged are crosses at the edge."""
    assert x.numbers is not None
    colour = shown.axes["colour"]
    for code in range(len(colour.texts)):
        own = (shown.axes["panels"].codes == number) & (colour.codes == code) & (x.codes >= 0)
        for group, marker in ((own & np.isfinite(values), "o"), (own & np.isinf(values), "x")):
            if not group.any():
                continue
            panel.plot(x.numbers[x.codes[group]], np.clip(values[group], *limits), marker, markersize=3, alpha=0.4,
                       markeredgewidth=0 if marker == "o" else 0.8, color=axis_style(colour, code)["color"])


def draw_bars(shown: View, quantity: str, value: str, values: Array) -> Figure:
    """The figure of names: bars, the best at the top; points if the scale is logarithmic, which has no 0."""
    x, colour, panels = (shown.axes[name] for name in ("x", "colour", "panels"))
    count = len(colour.texts)
    summaries = panel_summaries(shown, values, np.arange(len(x.texts)), x.codes)
    flat = [summary for row in summaries for summary in row]
    logarithmic, low, high = value_limits(shown.dataset, quantity, flat)
    best_first = np.argsort((-1 if is_larger_better(quantity) else 1)
                            * summarise(values, x.codes, np.arange(len(x.texts))).median, kind="stable")
    rank = np.argsort(best_first)
    down, across = grid_shape(len(panels.texts), 3)
    handles = cross_handle(flat, (low, high))
    note = f"{'point' if logarithmic else 'bar'}: median; {interval_text(shown, 'line')}"
    height = 0.12 + len(x.texts) * (0.12 + 0.16 * count)
    figure, part = titled_figure(
        shown.dataset, 6.6 if across == 1 else 8.0, 0.6 + down * (height + 0.3), shown.note,
        lambda lower: draw_legend(lower, colour, note, handles),
        legend_height([*colour.texts, *(handle.get_label() for handle in handles)]))
    grid = part.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    thickness = 0.84 / count
    for p, panel in enumerate(grid.ravel()):
        if p >= len(panels.texts):
            panel.set_visible(False)
            continue
        panel.set_title(titled(panels, p, p == 0))
        panel.grid(False, axis="y")
        for code, summary in enumerate(summaries[p]):
            at, own = rank + (code - (count - 1) / 2) * thickness, axis_style(colour, code)["color"]
            draw_bar_row(panel, at, summary, thickness, own, (low, high), logarithmic, is_larger_better(quantity))
        panel.set_yticks(range(len(x.texts)), [x.texts[code] for code in best_first])
        panel.tick_params(labelbottom=p + across >= len(panels.texts))
    grid[0, 0].set_ylim(len(x.texts) - 0.5, -0.5)
    scale_panel_values(grid[0, 0].xaxis, logarithmic, low, high)
    part.supxlabel(value_label(shown.dataset, quantity, value), fontsize=9)
    part.supylabel(x.label, fontsize=9)
    return figure


def draw_bar_row(panel: Any, at: Array, summary: Summary, thickness: float, colour: str, limits: tuple[float, float],
                 logarithmic: bool, larger_is_better: bool) -> None:
    """Draws the bars, or points, of one colour. at: [length], where they are; limits: ends of the axis."""
    lost = beyond(summary, limits)
    finite = ~lost & ~np.isnan(summary.median)
    if logarithmic:
        panel.plot(summary.median[finite], at[finite], "o", color=colour, markersize=5)
    else:
        panel.barh(at[finite], summary.median[finite], height=0.9 * thickness, color=colour, alpha=0.75)
    panel.hlines(at[finite], np.clip(summary.low[finite], *limits), np.clip(summary.high[finite], *limits),
                 color=colour if logarithmic else "0.15", linewidth=1.3)
    draw_crosses(panel, at[lost], limits[0 if larger_is_better else 1], colour, upright=True)

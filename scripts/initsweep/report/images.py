"""Charts as PNG and SVG images, drawn by matplotlib: for papers, and in the page for readers without JavaScript."""
from __future__ import annotations

import pathlib
import textwrap
from typing import Any

import matplotlib
import matplotlib.colors
import matplotlib.lines
import numpy as np

from initsweep.arrays import Array
from initsweep.report import charts
from initsweep.report.charts import Chart, Series
from initsweep.report.scales import Scale, make_scale
from initsweep.report.text import format_number, with_unit
from initsweep.style import LINE_STYLES, Figure, in_style, literal_text, save, series_style, text_colour

MARKERS = "osD^vP*X"
MAX_PANELS = 36
MAX_NUMBERS = 120  # a panel with more cells does not show their values as text
MAX_LEGEND = 24  # a chart with more labels has no legend
ZERO = "#b9b9b9"  # cells of a logarithmic heat map that are exactly 0
FORMATS = ("png", "svg")


def apply_scale(panel: Any, which: str, scale: Scale) -> None:
    """Sets limits and ticks of a panel's axis. which: "x" or "y"."""
    getattr(panel, f"set_{which}lim")(scale.low, scale.high)
    positions, texts = [position for position, _ in scale.ticks], [literal_text(text) for _, text in scale.ticks]
    if which == "x" and scale.kind == "categories" and sum(map(len, texts)) > 28:
        panel.set_xticks(positions, texts, rotation=30, ha="right", rotation_mode="anchor")
    else:
        getattr(panel, f"set_{which}ticks")(positions, texts)


def draw_series(panel: Any, chart: Chart, shown: list[Series], x_scale: Scale, y_scale: Scale) -> None:
    """Draws lines with their bands, or points with their error bars."""
    order = charts.series_labels(chart)
    for one, covering, covered_points in zip(shown, charts.covering_lines(shown), charts.covering_points(shown)):
        index = order.index(one["label"])
        style, x, y = series_style(index), x_scale.positions(one["x"]), y_scale.positions(one["y"])
        interval = None if one.get("low") is None else (y_scale.positions(one["low"]), y_scale.positions(one["high"]))
        if chart["kind"] == "points":
            if interval is not None:
                panel.vlines(x, *interval, color=style["color"], linewidth=1)
            if one.get("line"):
                panel.plot(x, y, linewidth=1, **style)
            panel.scatter(x, y, s=(4.5 + 2.5 * np.array(covered_points)) ** 2, marker=MARKERS[index % len(MARKERS)],
                          color=style["color"], linewidths=0, zorder=3, clip_on=False)
        else:
            if interval is not None:
                panel.fill_between(x, *interval, color=style["color"], alpha=0.18, linewidth=0)
            marker = "o" if np.isfinite(y).sum() == 1 else None  # a line of one point would not be seen
            panel.plot(x, y, linewidth=1.4 + 1.4 * covering, marker=marker, markersize=3, **style)


def float_array(values: Any) -> Array:
    """Numbers as float64, NaN for null. values: a list, or a list of rows."""
    return np.array([float_array(value) if isinstance(value, list) else np.nan if value is None else value
                     for value in values],
                    dtype=np.float64)


def colour_norm(chart: Chart) -> matplotlib.colors.Normalize:
    """The mapping of a heat map's values to colours, over all its combinations."""
    values = float_array(list(charts.all_cells(chart)))
    values = values[np.isfinite(values)]
    if charts.is_logarithmic(chart) and (values > 0).any():
        return matplotlib.colors.LogNorm(values[values > 0].min(), values.max())
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    return matplotlib.colors.Normalize(low, high if high > low else low + 1)


def category_positions(axis: dict[str, Any], values: list[Any]) -> Array:
    """Positions of numbers among categories that are numbers themselves, interpolated between two of them; NaN outside.

    If the categories are names, the values are positions already.
    """
    names = axis["categories"]
    if not all(isinstance(name, (int, float)) and not isinstance(name, bool) for name in names):
        return float_array(values)
    scale = make_scale(names, {"scale": axis.get("scale", "linear")})
    known, order = scale.positions(names), np.argsort(scale.positions(names))
    return np.interp(scale.positions(values), known[order], np.arange(len(names), dtype=float)[order], left=np.nan,
                     right=np.nan)


def draw_cells(panel: Any, chart: Chart, cells: list[list[Any]] | None, norm: matplotlib.colors.Normalize) -> Any:
    """Draws a heat map and returns its image; a cell without a value is hatched."""
    x_scale, y_scale = make_scale([], chart["x"]), make_scale([], chart["y"])
    values = float_array(cells) if cells else np.full((len(chart["y"]["categories"]), len(chart["x"]["categories"])),
                                                      np.nan)
    values[~np.isfinite(values)] = np.nan
    # an exact 0 has no logarithm, and is often what a map is about: grey
    exact = (values == 0) & isinstance(norm, matplotlib.colors.LogNorm)
    colours = matplotlib.colormaps["cividis"]
    options = {"aspect": "auto", "origin": "upper" if charts.first_row_on_top(chart) else "lower",
               "interpolation": "nearest"}
    panel.patch.set(hatch="///", facecolor="0.95", edgecolor="0.75")
    image = panel.imshow(np.where(exact, np.nan, values), cmap=colours, norm=norm, **options)
    panel.imshow(np.where(exact, values, np.nan), cmap=matplotlib.colors.ListedColormap([ZERO]), **options)
    panel.grid(False)
    for which, scale in (("x", x_scale), ("y", y_scale)):
        scale.ticks = scale.ticks[::max(1, len(scale.ticks) // 16)]
        apply_scale(panel, which, scale)
    if charts.first_row_on_top(chart):
        panel.set_ylim(y_scale.high, y_scale.low)
    panel.tick_params(length=0)
    if values.size <= MAX_NUMBERS:
        for row, column in zip(*np.nonzero(np.isfinite(values))):
            value = float(values[row, column])
            colour = text_colour(matplotlib.colors.to_rgb(ZERO) if exact[row, column] else colours(norm(value)))
            panel.text(column, row, format_number(value, 3), ha="center", va="center", fontsize=7, color=colour)
    return image


def choose_panels(chart: Chart) -> tuple[list[dict[str, str]], int]:
    """Combinations that get a panel, and how many panels a row has. Of more than MAX_PANELS the last keys keep their
    first option."""
    shown = charts.choices(chart)
    select = chart.get("select") or []
    for free in range(len(select) - 1, -1, -1):
        if len(shown) <= MAX_PANELS:
            break
        shown = [choice for choice in charts.choices(chart)
                 if all(choice[key["name"]] == str(key["options"][0]) for key in select[free:])]
    if len(select) > 1 and len(select[-1]["options"]) <= 5 and len(shown) % len(select[-1]["options"]) == 0:
        return shown, len(select[-1]["options"])
    return shown, min(len(shown), 3)


@in_style
def draw(chart: Chart) -> Figure:
    """Draws a chart, with a panel for each combination of its `select`."""
    shown, across = choose_panels(chart)
    down = -(-len(shown) // across)
    is_heatmap = chart["kind"] == "heatmap"
    width, height = 6.4 if across == 1 else min(11.0, 1.2 + 3.0 * across), 4.0 if down == 1 else 0.9 + 2.3 * down
    if is_heatmap and across == 1:
        width = min(11.0, max(width, 2.0 + 0.5 * len(chart["x"]["categories"])))
        height = min(height, 1.8 + 0.5 * len(chart["y"]["categories"]))
    figure = Figure(figsize=(width, height))
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    x_scale, y_scale = charts.axis_scales(chart)
    norm = colour_norm(chart) if is_heatmap else None
    for panel, choice in zip(panels.flat, shown):
        if is_heatmap:
            image = draw_cells(panel, chart, charts.cells_for(chart, choice), norm)
            for index, one in enumerate(charts.series_for(chart, choice)):
                panel.plot(category_positions(chart["x"], one["x"]), category_positions(chart["y"], one["y"]),
                           color="white",
                           linestyle=LINE_STYLES[(index + 1) % len(LINE_STYLES)], linewidth=1.6,
                           label=literal_text(one["label"]))
        else:
            draw_series(panel, chart, charts.series_for(chart, choice), x_scale, y_scale)
            apply_scale(panel, "x", x_scale)
            apply_scale(panel, "y", y_scale)
        if choice:
            panel.set_title(literal_text(charts.choice_text(choice)), fontsize=8)
    for panel in panels.flat[len(shown):]:
        panel.set_visible(False)
    if is_heatmap:
        has_zero = isinstance(norm, matplotlib.colors.LogNorm) and 0 in list(charts.all_cells(chart))
        note = "\n(grey: exactly 0)" if has_zero else ""
        figure.colorbar(image, ax=list(panels.flat), label=literal_text(charts.value_label(chart)) + note, aspect=24,
                        pad=0.01)
    add_labels(figure, chart, width)
    return figure


def add_labels(figure: Figure, chart: Chart, width: float) -> None:
    """Adds the title, the labels of the axes and the legend. width: of the figure, in inches."""
    figure.suptitle(literal_text("\n".join(textwrap.wrap(chart["title"], max(30, int(width * 12))))))
    for axis, set_label in (("x", figure.supxlabel), ("y", figure.supylabel)):
        set_label(literal_text(with_unit(chart[axis]["label"], chart[axis].get("unit"))), fontsize=9)
    labels = charts.series_labels(chart)
    names = [name for name in labels if name]
    if not names or len(names) > MAX_LEGEND:
        return
    handles = []
    for name in names:
        index = labels.index(name)
        style, marker = series_style(index), None
        if chart["kind"] == "heatmap":
            style = {"color": "0.4", "linestyle": LINE_STYLES[(index + 1) % len(LINE_STYLES)]}
        elif chart["kind"] == "points":
            style["linestyle"], marker = "none", MARKERS[index % len(MARKERS)]
        handles.append(matplotlib.lines.Line2D([], [], marker=marker, markersize=4.5, label=literal_text(name),
                                               **style))
    columns = min(4, max(1, int(width * 11 / (max(map(len, names)) + 6))))
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=columns, frameon=False,
                  fontsize=8)


def write_images(chart: Chart, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Draws a chart into folder/ID.png and folder/ID.svg. Returns their paths by format."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = draw(chart)
    paths = {name: folder / f"{chart['id']}.{name}" for name in FORMATS}
    for path in paths.values():
        save(figure, path)
    return paths

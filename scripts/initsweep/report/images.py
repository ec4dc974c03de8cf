"""Every figure as PNG and SVG, by matplotlib: for papers, and in the page for readers without JavaScript."""
from __future__ import annotations

import pathlib
import textwrap
from typing import Any

import matplotlib
import matplotlib.colors
import matplotlib.figure
import numpy as np

from initsweep.arrays import Array
from initsweep.figures import COLOURS, STYLES, save
from initsweep.report import figures
from initsweep.report.scales import Scale, scale_of
from initsweep.report.text import number, with_unit

MARKERS = "osD^vP*X"
MOST_PANELS = 36
MOST_NUMBERS = 120  # cells of a panel that still have their value written in
ZERO = "#b9b9b9"  # cells of a logarithmic map that are exactly 0
FORMATS = ("png", "svg")


def literal(text: Any) -> str:
    """Text that matplotlib shows as it is: a dollar sign starts no formula."""
    return str(text).replace("$", r"\$")


def look(number_of: int) -> dict[str, Any]:
    return {"color": COLOURS[number_of % len(COLOURS)], "linestyle": STYLES[number_of // len(COLOURS) % len(STYLES)]}


def set_axis(panel: Any, which: str, scale: Scale) -> None:
    getattr(panel, f"set_{which}lim")(scale.low, scale.high)
    places, texts = [place for place, _ in scale.ticks], [literal(text) for _, text in scale.ticks]
    if which == "x" and scale.kind == "categories" and sum(map(len, texts)) > 28:
        panel.set_xticks(places, texts, rotation=30, ha="right", rotation_mode="anchor")
    else:
        getattr(panel, f"set_{which}ticks")(places, texts)


def draw_series(panel: Any, figure: figures.Figure, series: list[figures.Series], x_scale: Scale, y_scale: Scale) -> None:
    """Lines with their bands, or points with their bars."""
    order = figures.labels(figure)
    for one, hidden, over in zip(series, figures.under(series), figures.covered(series)):
        index = order.index(one["label"])
        style, x, y = look(index), x_scale.place(one["x"]), y_scale.place(one["y"])
        low, high = (None, None) if one.get("low") is None else (y_scale.place(one["low"]), y_scale.place(one["high"]))
        if figure["kind"] == "points":
            if low is not None:
                panel.vlines(x, low, high, color=style["color"], linewidth=1)
            if one.get("line"):
                panel.plot(x, y, linewidth=1, **style)
            panel.scatter(x, y, s=(4.5 + 2.5 * np.array(over)) ** 2, marker=MARKERS[index % len(MARKERS)], color=style["color"],
                          linewidths=0, zorder=3, clip_on=False)
        else:
            if low is not None:
                panel.fill_between(x, low, high, color=style["color"], alpha=0.18, linewidth=0)
            panel.plot(x, y, linewidth=1.4 + 1.4 * hidden, marker="o" if np.isfinite(y).sum() == 1 else None, markersize=3, **style)


def norm_of(figure: figures.Figure) -> matplotlib.colors.Normalize:
    values = np.array([np.nan if value is None else value for value in figures.all_cells(figure)], dtype=np.float64)
    values = values[np.isfinite(values)]
    if figures.value_is_log(figure) and (values > 0).any():
        return matplotlib.colors.LogNorm(values[values > 0].min(), values.max())
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    return matplotlib.colors.Normalize(low, high if high > low else low + 1)


def category_places(axis: dict[str, Any], values: list[Any]) -> Array:
    """Where numbers lie among an axis' categories, themselves numbers: between two of them, outside NaN."""
    names = axis["categories"]
    if not all(isinstance(name, (int, float)) and not isinstance(name, bool) for name in names):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    scale = scale_of(names, {"scale": axis.get("scale", "linear")})
    at, order = scale.place(names), np.argsort(scale.place(names))
    return np.interp(scale.place(values), at[order], np.arange(len(names), dtype=float)[order], left=np.nan, right=np.nan)


def draw_cells(panel: Any, figure: figures.Figure, cells: list[list[Any]] | None, norm: matplotlib.colors.Normalize) -> Any:
    """A heat map; a cell without a value is hatched."""
    x_scale, y_scale = scale_of([], figure["x"]), scale_of([], figure["y"])
    rows, columns = len(figure["y"]["categories"]), len(figure["x"]["categories"])
    values = np.array([[np.nan if value is None else value for value in row] for row in cells], dtype=np.float64) \
        if cells else np.full((rows, columns), np.nan)
    values[~np.isfinite(values)] = np.nan
    # an exact 0 has no logarithm, and is often what a map is about: grey
    exact = (values == 0) & isinstance(norm, matplotlib.colors.LogNorm)
    colours = matplotlib.colormaps["cividis"]
    look = {"aspect": "auto", "origin": "upper" if figures.from_the_top(figure) else "lower", "interpolation": "nearest"}
    panel.patch.set(hatch="///", facecolor="0.95", edgecolor="0.75")
    image = panel.imshow(np.where(exact, np.nan, values), cmap=colours, norm=norm, **look)
    panel.imshow(np.where(exact, values, np.nan), cmap=matplotlib.colors.ListedColormap([ZERO]), **look)
    panel.grid(False)
    for which, scale in (("x", x_scale), ("y", y_scale)):
        every = max(1, len(scale.ticks) // 16)
        scale.ticks = scale.ticks[::every]
        set_axis(panel, which, scale)
    if figures.from_the_top(figure):
        panel.set_ylim(y_scale.high, y_scale.low)
    panel.tick_params(length=0)
    if values.size <= MOST_NUMBERS:
        for row, column in np.ndindex(values.shape):
            if np.isfinite(values[row, column]):
                red, green, blue = matplotlib.colors.to_rgb(ZERO) if exact[row, column] else colours(norm(values[row, column]))[:3]
                ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
                panel.text(column, row, number(float(values[row, column]), 3), ha="center", va="center", fontsize=7, color=ink)
    return image


def panels_of(figure: figures.Figure) -> tuple[list[dict[str, str]], int]:
    """Combinations that get a panel, and how many of them stand in a row."""
    every = figures.choices(figure)
    if len(every) > MOST_PANELS:
        # the last keys stay at their first option, until the panels can be read
        select = figure["select"]
        kept = [str(key["options"][0]) for key in select]
        for free in range(len(select) - 1, -1, -1):
            some = [one for one in every
                    if all(one[key["name"]] == kept[i] for i, key in enumerate(select) if i >= free)]
            if len(some) <= MOST_PANELS:
                every = some
                break
    select = figure.get("select") or []
    if len(select) > 1 and len(select[-1]["options"]) <= 5 and len(every) % len(select[-1]["options"]) == 0:
        return every, len(select[-1]["options"])
    return every, min(len(every), 3)


def draw(figure: figures.Figure) -> matplotlib.figure.Figure:
    """A figure of CNN.json, a panel for each combination of its select."""
    every, across = panels_of(figure)
    down = -(-len(every) // across)
    heatmap = figure["kind"] == "heatmap"
    width, height = 6.4 if across == 1 else min(11.0, 1.2 + 3.0 * across), 4.0 if down == 1 else 0.9 + 2.3 * down
    if heatmap and across == 1:
        width = min(11.0, max(width, 2.0 + 0.5 * len(figure["x"]["categories"])))
        height = min(height, 1.8 + 0.5 * len(figure["y"]["categories"]))
    picture = matplotlib.figure.Figure(figsize=(width, height))
    axes = picture.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    (x_scale, y_scale), norm, image = figures.scales(figure), None, None
    if heatmap:
        norm = norm_of(figure)
    for i, panel in enumerate(axes.flat):
        if i >= len(every):
            panel.set_visible(False)
            continue
        series = figures.series_of(figure, every[i])
        if heatmap:
            image = draw_cells(panel, figure, figures.cells_of(figure, every[i]), norm)
            for number_of, one in enumerate(series):
                panel.plot(category_places(figure["x"], one["x"]), category_places(figure["y"], one["y"]), color="white",
                           linestyle=STYLES[(number_of + 1) % len(STYLES)], linewidth=1.6, label=literal(one["label"]))
        else:
            draw_series(panel, figure, series, x_scale, y_scale)
            set_axis(panel, "x", x_scale)
            set_axis(panel, "y", y_scale)
        if every[i]:
            panel.set_title(literal(figures.choice_text(every[i])), fontsize=8)
    if image is not None:
        zero = isinstance(norm, matplotlib.colors.LogNorm) and 0 in list(figures.all_cells(figure))
        note = "\n(grey: exactly 0)" if zero else ""
        picture.colorbar(image, ax=list(axes.flat), label=literal(figures.value_label(figure)) + note, aspect=24, pad=0.01)
    finish(picture, figure, width)
    return picture


def finish(picture: matplotlib.figure.Figure, figure: figures.Figure, width: float) -> None:
    """Title, labels of the axes, legend."""
    picture.suptitle(literal("\n".join(textwrap.wrap(figure["title"], max(30, int(width * 12))))))
    for axis, put in (("x", picture.supxlabel), ("y", picture.supylabel)):
        put(literal(with_unit(figure[axis]["label"], figure[axis].get("unit"))), fontsize=9)
    names = [name for name in figures.labels(figure) if name]
    if not names or len(names) > 24:
        return
    handles = []
    for name in names:
        index = figures.labels(figure).index(name)
        style = {"color": "0.4", "linestyle": STYLES[(index + 1) % len(STYLES)]} if figure["kind"] == "heatmap" else look(index)
        marker = MARKERS[index % len(MARKERS)] if figure["kind"] == "points" else None
        if marker:
            style["linestyle"] = "none"
        handles.append(matplotlib.lines.Line2D([], [], marker=marker, markersize=4.5, label=literal(name), **style))
    picture.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(4, max(1, int(width * 11 / (max(map(len, names)) + 6)))),
                   frameon=False, fontsize=8)


def write(figure: figures.Figure, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Draws a figure into folder/ID.png and folder/ID.svg; their paths by format."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = draw(figure)
    result = {}
    for kind in FORMATS:
        result[kind] = folder / f"{figure['id']}.{kind}"
        part = result[kind].with_name(f".{result[kind].name}.part.{kind}")
        save(picture, str(part))
        part.replace(result[kind])
    return result

"""The description of a chart, and what the page, its tables and its images derive from it.

A chart is a dictionary, as JSON files hold it:

    {"id": "C01-loss", "kind": "curves" | "points" | "heatmap", "title": str,
     "description": str,                  says in words what the chart shows
     "x": axis, "y": axis,
     "series": [...],                     curves and points; lines over a heat map
     "cells": [[number | null]],          heat maps: [y category][x category]
     "value_label": str,                  heat maps
     "value_scale": "linear" | "log",     heat maps; chosen from the values without it
     "select": [{"name": str, "options": [str]}]}

An axis is {"label": str, "unit": str, "scale": "linear" | "log"} and may have "categories": [str | number]; those of a
heat map must. A series is {"label": str, "x": [number], "y": [number | null]} and may have "low" and "high" (an
interval, or a range of quantiles), "line": true (points that a line joins), and "keys": {name: option} beside "select":
the reader picks one option of each name, and the series with these keys are drawn. A heat map with "select" has its
cells in series: {"keys": ..., "cells": ...}.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from initsweep.files import json_value
from initsweep.report.scales import Scale, make_scale
from initsweep.report.text import format_number

KINDS = ("curves", "heatmap", "points")
SCALES = ("linear", "log")
MAX_COVER = 4  # covering series that make a line or a point wider; more make no difference

Chart = dict[str, Any]
Series = dict[str, Any]


def axis(label: str, unit: str = "", scale: str = "linear", categories: Sequence[str] | None = None) -> dict[str, Any]:
    """An axis of a chart. scale: "linear" or "log"; categories: what the positions 0, 1, 2, ... are called."""
    result: dict[str, Any] = {"label": label, "unit": unit, "scale": scale}
    if categories is not None:
        result["categories"] = list(categories)
    return result


def series(label: str, x: Any, y: Any, low: Any = None, high: Any = None, **keys: str) -> Series:
    """A series of a chart. x, y, low, high: [points]. keys: the option of each `select` that shows it."""
    result: Series = {"label": label, "x": json_value(np.asarray(x)), "y": json_value(np.asarray(y, dtype=np.float64))}
    if low is not None:
        result["low"], result["high"] = (json_value(np.asarray(end, dtype=np.float64)) for end in (low, high))
    if keys:
        result["keys"] = keys
    return result


def curves(name: str, title: str, description: str, x: dict[str, Any], y: dict[str, Any], content: Sequence[Series],
           select: dict[str, Sequence[str]] | None = None) -> Chart:
    """A chart of lines. name: its id; content: the series; select: options that the reader picks from, by name."""
    chart = {"id": name, "kind": "curves", "title": title, "description": description, "x": x, "y": y,
             "series": list(content)}
    if select:
        chart["select"] = [{"name": key, "options": list(options)} for key, options in select.items()]
    return chart


def points(name: str, title: str, description: str, x: dict[str, Any], y: dict[str, Any], content: Sequence[Series],
           select: dict[str, Sequence[str]] | None = None) -> Chart:
    """A chart of points. Arguments as in curves."""
    return {**curves(name, title, description, x, y, content, select), "kind": "points"}


def heatmap(name: str, title: str, description: str, x: dict[str, Any], y: dict[str, Any], cells: Any,
            value_label: str) -> Chart:
    """A heat map. cells: [y category, x category], NaN where there is no value."""
    return {"id": name, "kind": "heatmap", "title": title, "description": description, "x": x, "y": y,
            "cells": json_value(np.asarray(cells, dtype=np.float64)), "value_label": value_label}


def choices(chart: Chart) -> list[dict[str, str]]:
    """Every combination of the options of `select`, in order: {name: option}; one empty combination without
    `select`."""
    select = chart.get("select") or []
    options = [[str(option) for option in key["options"]] for key in select]
    return [dict(zip([key["name"] for key in select], combination)) for combination in itertools.product(*options)]


def is_chosen(one: Series, choice: dict[str, str]) -> bool:
    """Whether a combination shows a series; a series without a key is shown by all options of it."""
    return all(choice.get(name) == str(option) for name, option in (one.get("keys") or {}).items())


def series_for(chart: Chart, choice: dict[str, str]) -> list[Series]:
    """Lines or points that a combination shows, without the cells of a heat map."""
    return [one for one in chart.get("series") or [] if "cells" not in one and is_chosen(one, choice)]


def cells_for(chart: Chart, choice: dict[str, str]) -> list[list[Any]] | None:
    """Cells [y][x] of a heat map that a combination shows; None if it has none."""
    for one in chart.get("series") or []:
        if "cells" in one and is_chosen(one, choice):
            return list(one["cells"])
    return chart.get("cells")


def all_cells(chart: Chart) -> Iterator[Any]:
    """Values of the cells of a heat map, over all combinations."""
    for holder in [chart, *(chart.get("series") or [])]:
        for row in holder.get("cells") or []:
            yield from row


def series_labels(chart: Chart) -> list[str]:
    """The distinct labels of the series, in order: a label keeps its colour in every combination."""
    return list(dict.fromkeys(one["label"] for one in chart.get("series") or [] if "cells" not in one))


def axis_scales(chart: Chart) -> tuple[Scale, Scale]:
    """Scales of x and y over all series: combinations share them, so that they can be compared."""
    lines = [one for one in chart.get("series") or [] if "cells" not in one]
    x = [value for one in lines for value in one["x"]]
    y = [value for one in lines for name in ("y", "low", "high") for value in one.get(name) or []]
    return make_scale(x, chart["x"]), make_scale(y, chart["y"])


def covering_lines(lines: list[Series]) -> list[int]:
    """For each line the number of later lines that hide most of it, at most MAX_COVER. It is drawn wider by that, so
    that all show."""
    points_of = [set(zip(one["x"], one["y"])) for one in lines]
    return [min(MAX_COVER, sum(2 * len(own & other) > len(own) > 1 for other in points_of[i + 1:]))
            for i, own in enumerate(points_of)]


def covering_points(clouds: list[Series]) -> list[list[int]]:
    """For each point of each series the number of later series with a point at the same place, at most MAX_COVER."""
    points_of = [list(zip(one["x"], one["y"])) for one in clouds]
    return [[min(MAX_COVER, sum(point in set(other) for other in points_of[i + 1:])) for point in own]
            for i, own in enumerate(points_of)]


def is_logarithmic(chart: Chart) -> bool:
    """Whether the colours of a heat map are logarithmic: as value_scale says. Without it, if no value is negative and
    the positive ones span more than two decades, or more than four if there are zeros."""
    if chart.get("value_scale"):
        return bool(chart["value_scale"] == "log")
    values = [value for value in all_cells(chart) if value is not None and math.isfinite(value)]
    positive = [value for value in values if value > 0]
    return bool(positive) and min(values) >= 0 and max(positive) / min(positive) > (100 if min(values) > 0 else 10000)


def choice_text(choice: dict[str, str]) -> str:
    """A combination as text: "depth = 2, activation = tanh"."""
    return ", ".join(f"{name} = {option}" for name, option in choice.items())


def value_label(chart: Chart) -> str:
    """What the colours of a heat map mean."""
    return chart.get("value_label") or "value"


def coordinate_text(axis_of_value: dict[str, Any], value: Any) -> str:
    """A coordinate as text: the name of its category if the axis has categories, else the number."""
    values = axis_of_value.get("categories")
    if values and isinstance(value, (int, float)) and value == int(value) and 0 <= value < len(values):
        return format_number(values[int(value)])
    return format_number(value)


def first_row_on_top(chart: Chart) -> bool:
    """Whether the first row of a heat map is the top one: names are read downwards, numbers grow upwards."""
    return any(isinstance(value, str) for value in chart["y"]["categories"])

"""What the page, its tables and its images all need to know of a figure of CNN.json."""
from __future__ import annotations

import itertools
import math
from typing import Any, Iterator

from initsweep.report.scales import Scale, scale_of
from initsweep.report.text import number

Figure = dict[str, Any]
Series = dict[str, Any]


def choices(figure: Figure) -> list[dict[str, str]]:
    """Every combination of the figure's select, in order: {name: option}; one empty combination without select."""
    select = figure.get("select") or []
    options = [[str(option) for option in key["options"]] for key in select]
    return [dict(zip([key["name"] for key in select], one)) for one in itertools.product(*options)]


def chosen(series: Series, choice: dict[str, str]) -> bool:
    """Whether a series belongs to a combination; one without a key belongs to all its options."""
    return all(choice.get(name) == str(option) for name, option in (series.get("keys") or {}).items())


def series_of(figure: Figure, choice: dict[str, str]) -> list[Series]:
    """Lines or points of a combination, not a heat map's cells."""
    return [one for one in figure.get("series") or [] if "cells" not in one and chosen(one, choice)]


def cells_of(figure: Figure, choice: dict[str, str]) -> list[list[Any]] | None:
    """A heat map's cells [y][x] of a combination, None where it has none."""
    for one in figure.get("series") or []:
        if "cells" in one and chosen(one, choice):
            return list(one["cells"])
    return figure.get("cells")


def all_cells(figure: Figure) -> Iterator[Any]:
    """Values of all a heat map's combinations."""
    for holder in [figure, *(figure.get("series") or [])]:
        for row in holder.get("cells") or []:
            yield from row


def labels(figure: Figure) -> list[str]:
    """Different labels of the series, in order: a label keeps its colour in every combination."""
    return list(dict.fromkeys(one["label"] for one in figure.get("series") or [] if "cells" not in one))


def scales(figure: Figure) -> tuple[Scale, Scale]:
    """Scales of x and y over all series: the same in every combination, so that they compare."""
    series = [one for one in figure.get("series") or [] if "cells" not in one]
    x = [value for one in series for value in one["x"]]
    y = [value for one in series for name in ("y", "low", "high") for value in one.get(name) or []]
    return scale_of(x, figure["x"]), scale_of(y, figure["y"])


def under(series: list[Series]) -> list[int]:
    """How many later lines hide each line, 4 at most: it is drawn wider by that, so that all of them show."""
    points = [set(zip(one["x"], one["y"])) for one in series]
    return [min(4, sum(2 * len(mine & other) > len(mine) > 1 for other in points[i + 1:])) for i, mine in enumerate(points)]


def covered(series: list[Series]) -> list[list[int]]:
    """How many later series have a point at the place of each point, 4 at most."""
    points = [list(zip(one["x"], one["y"])) for one in series]
    return [[min(4, sum(point in set(other) for other in points[i + 1:])) for point in mine] for i, mine in enumerate(points)]


def value_is_log(figure: Figure) -> bool:
    """Whether a heat map's colours go by the logarithm: as it says, or where the positive values span more than two decades,
    beside zeros more than four, and none is negative."""
    if figure.get("value_scale"):
        return bool(figure["value_scale"] == "log")
    values = [value for value in all_cells(figure) if value is not None and math.isfinite(value)]
    positive = [value for value in values if value > 0]
    return bool(positive) and min(values) >= 0 and max(positive) / min(positive) > (100 if min(values) > 0 else 10000)


def choice_text(choice: dict[str, str]) -> str:
    return ", ".join(f"{name} = {option}" for name, option in choice.items())


def value_label(figure: Figure) -> str:
    return figure.get("value_label") or "value"


def category(axis: dict[str, Any], value: Any) -> str:
    """A coordinate as text: the name of its category where the axis has some."""
    values = axis.get("categories")
    if values and isinstance(value, (int, float)) and value == int(value) and 0 <= value < len(values):
        return number(values[int(value)])
    return number(value)


def from_the_top(figure: Figure) -> bool:
    """Whether a heat map's first row is its highest: names are read downwards, numbers grow upwards."""
    return any(isinstance(value, str) for value in figure["y"]["categories"])

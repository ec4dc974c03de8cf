"""Tables of a results file: a statistic of a quantity in each cell of one or two axes."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from initsweep.arrays import (COMPLETED, DIVERGED, STOPPED, Array, format_value, factorize, columns, get_dims, final_values, labels,
                              get_values)
from initsweep.intervals import mean_and_error, median_interval, wilson

RECORD_AXES = ("step", "layer")  # axes beside the settings, of quantities that have them
CENSORED = ("escape_step", "first_moved")  # without a value where it never happened


class Cell(NamedTuple):
    """One cell: values [networks] float64, NaN where there is none; how many of the networks without one diverged."""
    values: Array
    diverged: int


class Grid(NamedTuple):
    """Cells of a table by (row, column); without a second axis there is one column and `columns` is empty."""
    rows: list[Any]
    columns: list[Any]
    cells: dict[tuple[int, int], Cell]


def layers_of(results: Any, quantity: str, layer: int | None, by: Sequence[str]) -> list[int | None]:
    """The layers to look at, from 1; [None] for a quantity without. Raises ValueError where one must be named, or is not there."""
    if "layer" not in get_dims(results, quantity):
        if "layer" in by or layer is not None:
            raise ValueError(f"{quantity} has no layers")
        return [None]
    count = len(get_values(results, "layer"))
    if "layer" in by and layer is None:
        return list(range(1, count + 1))
    if layer is None:
        raise ValueError(f"{quantity} has a value for each of {count} layers: name a layer, or take layer as an axis")
    if not 1 <= layer <= count:
        raise ValueError(f"there is no layer {layer}: layers are 1 to {count}")
    return [layer]


def at_steps(results: Any, quantity: str, layer: int | None, wanted: Sequence[int] | None) -> list[tuple[int, Array]]:
    """Values at recorded steps: (step, [network] float64), NaN where a network has none there. Raises ValueError for a step
    that was not recorded, or a quantity without records."""
    if "record" not in get_dims(results, quantity):
        raise ValueError(f"{quantity} is one number a network: it has no steps")
    values = get_values(results, quantity).astype(np.float64)
    values = values if layer is None else values[:, :, layer - 1]
    steps = np.broadcast_to(get_values(results, "step"), values.shape)
    there = np.unique(steps[np.isfinite(steps)]).astype(int)
    found = []
    for step in there if wanted is None else wanted:
        if step not in there:
            raise ValueError(f"step {step} was not recorded; the nearest that was is {there[np.argmin(np.abs(there - step))]}")
        mine = steps == step
        found.append((int(step), np.where(mine.any(axis=1), values[np.arange(len(values)), np.argmax(mine, axis=1)], np.nan)))
    return found


def points(results: Any, quantity: str, by: Sequence[str], layer: int | None,
           steps: Sequence[int] | None) -> list[tuple[dict[str, Any], Array]]:
    """What the cells are made of: (the axes step and layer as far as they are named, values [network] float64)."""
    found: list[tuple[dict[str, Any], Array]] = []
    for one in layers_of(results, quantity, layer, by):
        if "step" in by or steps is not None:
            if "step" not in by and len(steps or ()) != 1:
                raise ValueError("one step, or step as an axis")
            found += [({"step": step, "layer": one}, values) for step, values in at_steps(results, quantity, one, steps)]
        elif "record" in get_dims(results, quantity):
            found.append(({"layer": one}, final_values(results, quantity, one)))
        else:
            values = get_values(results, quantity).astype(np.float64)
            values = values if one is None else values[:, one - 1]
            never = np.isin(get_values(results, "status"), (COMPLETED, STOPPED)) & np.isnan(values)
            found.append(({"layer": one}, np.where(never, np.inf, values) if quantity in CENSORED else values))
    return found


def group(results: Any, quantity: str, by: Sequence[str], layer: int | None = None, steps: Sequence[int] | None = None) -> Grid:
    """Groups a quantity by one or two axes.

    results: Dataset or Arrays. quantity: a variable with numbers along network, and perhaps record or layer. by: one or two
    of the settings, `step` or `layer`. Without `step` among them the value is the last recorded (NaN where diverged), or
    that at the one step of `steps`. layer: from 1. Steps that never came (escape_step, first_moved) are infinite.
    Raises ValueError for names that are not there.
    """
    good = [*columns(results), *RECORD_AXES]
    for name in by:
        if name not in good:
            raise ValueError(f"the file has no axis '{name}'; it has: {', '.join(good)}")
    if quantity not in results or get_dims(results, quantity)[:1] != ("network",) or get_values(results, quantity).dtype.kind not in "iuf":
        raise ValueError(f"the file has no quantity '{quantity}'")
    failed = get_values(results, "status") == DIVERGED
    codes = {name: factorize(labels(results, name)) for name in by if name not in RECORD_AXES}
    axes: list[list[Any]] = [list(codes[name][0]) if name in codes else [] for name in by]
    gathered: dict[tuple[int, int], list[tuple[Array, int]]] = {}
    for where, values in points(results, quantity, by, layer, steps):
        own = []
        for axis, name in zip(axes, by):
            if name in codes:
                own.append(codes[name][1])
                continue
            if where[name] not in axis:
                axis.append(where[name])
            own.append(np.full(len(values), axis.index(where[name])))
        places = np.stack(own, axis=1)
        for place in np.unique(places, axis=0):
            mine = (places == place).all(axis=1)
            key = (int(place[0]), int(place[1]) if len(by) > 1 else 0)
            gathered.setdefault(key, []).append((values[mine], int((failed & np.isnan(values))[mine].sum())))
    cells = {key: Cell(np.concatenate([values for values, _ in parts]), sum(count for _, count in parts))
             for key, parts in gathered.items()}
    return Grid(axes[0], axes[1] if len(by) > 1 else [], cells)


def number(value: float) -> str:
    """A number with four digits; a step that never came says so."""
    return "never" if math.isinf(value) else f"{value:.4g}"


def share_text(share: float) -> str:
    """A share in whole per cent, and in tenths where that would read 0 or 100 and is not."""
    whole = f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if whole in ("0", "100") and share not in (0.0, 1.0) else whole


def statistic_text(cell: Cell, statistic: str, has: Callable[[Array], Array] | None, interval: bool) -> str:
    """A cell's statistic as text. statistic: one of STATISTICS. has: for `share`, which values have the property; networks that
    diverged have not. interval: with the 95 % interval of a share or a median; a mean always has its standard error."""
    there = cell.values[~np.isnan(cell.values)]
    if statistic == "share":
        assert has is not None
        trials = len(there) + cell.diverged
        hits = int(has(there).sum())
        if not trials:
            return ""
        low, high = wilson(hits, trials)
        return f"{share_text(hits / trials)} %" + (f" ({share_text(low)} to {share_text(high)})" if interval else "")
    if not len(there):
        return "diverged" if cell.diverged else ""
    if statistic == "mean":
        mean, error = mean_and_error(there)
        text = number(mean) + (f" ± {error:.2g}" if math.isfinite(error) else "")
    else:
        text = number({"median": float(np.median(there)), "lowest": float(there.min()), "highest": float(there.max())}[statistic])
        if interval and statistic == "median" and len(there) > 5:
            text += " ({} to {})".format(*(number(end) for end in median_interval(there)))
    return text + (f", {cell.diverged} of {len(there) + cell.diverged} diverged" if cell.diverged else "")


STATISTICS = ("median", "mean", "lowest", "highest", "share")


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also stand under each other: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = [header, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) if i == 0 else text.rjust(width)
                                       for i, (text, width) in enumerate(zip(line, widths))) + " |" for line in lines)


def axis_text(name: str, value: Any) -> str:
    """A value of an axis as the head of a row or a column."""
    if isinstance(value, str):
        return value or "(none)"
    return f"{name} {format_value(value)}"

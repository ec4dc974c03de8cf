"""Tables of results files: a statistic of a quantity in each cell of one or two axes."""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from initsweep.arrays import (COMPLETED, DIVERGED, STOPPED, Array, columns, factorize, final_values, format_value,
                              get_dims, get_values, labels)
from initsweep.intervals import mean_and_error, median_interval, wilson

RECORD_AXES = ("step", "layer")  # axes other than settings, of quantities that have them
CENSORED = ("escape_step", "first_moved")  # steps of events: no value if the event never happened


class Cell(NamedTuple):
    """One cell: values [networks] float64, NaN for none; how many of the networks without a value diverged."""
    values: Array
    diverged: int


class Grid(NamedTuple):
    """Cells of a table by (row, column); without a second axis there is one column and `columns` is empty."""
    rows: list[Any]
    columns: list[Any]
    cells: dict[tuple[int, int], Cell]


def selected_layers(results: Any, quantity: str, layer: int | None, by: Sequence[str]) -> list[int | None]:
    """The layers to show, from 1; [None] for a quantity without layers.

    Raises ValueError if a layer must be given, or the given one does not exist.
    """
    if "layer" not in get_dims(results, quantity):
        if "layer" in by or layer is not None:
            raise ValueError(f"{quantity} has no layers")
        return [None]
    count = len(get_values(results, "layer"))
    if "layer" in by and layer is None:
        return list(range(1, count + 1))
    if layer is None:
        raise ValueError(f"{quantity} has a value for each of {count} layers: name a layer, or use layer as an axis")
    if not 1 <= layer <= count:
        raise ValueError(f"there is no layer {layer}: layers are 1 to {count}")
    return [layer]


def values_at_steps(results: Any, quantity: str, layer: int | None,
                    steps: Sequence[int] | None) -> list[tuple[int, Array]]:
    """Values at recorded steps: (step, [network] float64), NaN for networks that have none at that step.

    steps: None for all. Raises ValueError for a step that was not recorded, or a quantity without records.
    """
    if "record" not in get_dims(results, quantity):
        raise ValueError(f"{quantity} has one value per network, not one per step")
    values = get_values(results, quantity).astype(np.float64)
    values = values if layer is None else values[:, :, layer - 1]
    step_of = np.broadcast_to(get_values(results, "step"), values.shape)
    recorded = np.unique(step_of[np.isfinite(step_of)]).astype(int)
    found = []
    for step in recorded if steps is None else steps:
        if step not in recorded:
            nearest = recorded[np.argmin(np.abs(recorded - step))]
            raise ValueError(f"step {step} was not recorded; the nearest recorded step is {nearest}")
        match = step_of == step
        at_step = values[np.arange(len(values)), np.argmax(match, axis=1)]
        found.append((int(step), np.where(match.any(axis=1), at_step, np.nan)))
    return found


def cell_values(results: Any, quantity: str, by: Sequence[str], layer: int | None,
                steps: Sequence[int] | None) -> list[tuple[dict[str, Any], Array]]:
    """The values that cells are made of: ({"step": ..., "layer": ...}, values [network] float64)."""
    found: list[tuple[dict[str, Any], Array]] = []
    for one in selected_layers(results, quantity, layer, by):
        if "step" in by or steps is not None:
            if "step" not in by and len(steps or ()) != 1:
                raise ValueError("give one step, or use step as an axis")
            found += [({"step": step, "layer": one}, values)
                      for step, values in values_at_steps(results, quantity, one, steps)]
        elif "record" in get_dims(results, quantity):
            found.append(({"layer": one}, final_values(results, quantity, one)))
        else:
            values = get_values(results, quantity).astype(np.float64)
            values = values if one is None else values[:, one - 1]
            never = np.isin(get_values(results, "status"), (COMPLETED, STOPPED)) & np.isnan(values)
            found.append(({"layer": one}, np.where(never, np.inf, values) if quantity in CENSORED else values))
    return found


def group(results: Any, quantity: str, by: Sequence[str], layer: int | None = None,
          steps: Sequence[int] | None = None) -> Grid:
    """Groups the values of a quantity by one or two axes.

    results: Dataset or Arrays. quantity: a numeric variable along network, and perhaps record or layer. by: one or two
    of the settings, `step` or `layer`. Without `step` the value is the last recorded one (NaN after divergence), or
    that at the one step of `steps`. layer: from 1. Steps of events that never happened (escape_step, first_moved) are
    infinite. Raises ValueError for unknown names.
    """
    known = [*columns(results), *RECORD_AXES]
    for name in by:
        if name not in known:
            raise ValueError(f"the file has no axis '{name}'; it has: {', '.join(known)}")
    if quantity not in results or get_dims(results, quantity)[:1] != ("network",) \
            or get_values(results, quantity).dtype.kind not in "iuf":
        raise ValueError(f"the file has no quantity '{quantity}'")
    failed = get_values(results, "status") == DIVERGED
    codes = {name: factorize(labels(results, name)) for name in by if name not in RECORD_AXES}
    axes: list[list[Any]] = [list(codes[name][0]) if name in codes else [] for name in by]
    gathered: dict[tuple[int, int], list[tuple[Array, int]]] = {}
    for coordinates, values in cell_values(results, quantity, by, layer, steps):
        index = []
        for axis, name in zip(axes, by):
            if name in codes:
                index.append(codes[name][1])
                continue
            if coordinates[name] not in axis:
                axis.append(coordinates[name])
            index.append(np.full(len(values), axis.index(coordinates[name])))
        cell_of = np.stack(index, axis=1)
        for cell in np.unique(cell_of, axis=0):
            own = (cell_of == cell).all(axis=1)
            key = (int(cell[0]), int(cell[1]) if len(by) > 1 else 0)
            gathered.setdefault(key, []).append((values[own], int((failed & np.isnan(values))[own].sum())))
    cells = {key: Cell(np.concatenate([values for values, _ in parts]), sum(count for _, count in parts))
             for key, parts in gathered.items()}
    return Grid(axes[0], axes[1] if len(by) > 1 else [], cells)


def number_text(value: float) -> str:
    """A number with four digits; "never" for the step of an event that did not happen."""
    return "never" if math.isinf(value) else f"{value:.4g}"


def share_text(share: float) -> str:
    """A share in whole per cent; in tenths if it would otherwise read 0 or 100 and is not."""
    whole = f"{100 * share:.0f}"
    return f"{100 * share:.1f}" if whole in ("0", "100") and share not in (0.0, 1.0) else whole


def statistic_text(cell: Cell, statistic: str, has: Callable[[Array], Array] | None, interval: bool) -> str:
    """A cell's statistic as text.

    statistic: one of STATISTICS. has: for `share`, which values have the property; networks that diverged do not have
    it. interval: adds the 95 % interval of a share or a median; a mean always has its standard error.
    """
    values = cell.values[~np.isnan(cell.values)]
    if statistic == "share":
        assert has is not None
        trials = len(values) + cell.diverged
        hits = int(has(values).sum())
        if not trials:
            return ""
        low, high = wilson(hits, trials)
        return f"{share_text(hits / trials)} %" + (f" ({share_text(low)} to {share_text(high)})" if interval else "")
    if not len(values):
        return "diverged" if cell.diverged else ""
    if statistic == "mean":
        mean, error = mean_and_error(values)
        text = number_text(mean) + (f" ± {error:.2g}" if math.isfinite(error) else "")
    else:
        of_values = {"median": float(np.median(values)), "lowest": float(values.min()), "highest": float(values.max())}
        text = number_text(of_values[statistic])
        if interval and statistic == "median" and len(values) > 5:
            text += " ({} to {})".format(*(number_text(end) for end in median_interval(values)))
    return text + (f", {cell.diverged} of {len(values) + cell.diverged} diverged" if cell.diverged else "")


STATISTICS = ("median", "mean", "lowest", "highest", "share")


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for line in (header, rule, *rows):
        cells = [text.rjust(width) if i else text.ljust(width) for i, (text, width) in enumerate(zip(line, widths))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def head_text(name: str, value: Any) -> str:
    """The head of a row or column: a value of the axis `name`."""
    if isinstance(value, str):
        return value or "(none)"
    return f"{name} {format_value(value)}"

"""Axes of charts: the position of each value, and which values get a tick. parts/scales.js applies the same rules in
the page.

A logarithmic axis also shows an exact 0, below its smallest positive value: in this project 0 is often the result.
"""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from initsweep.arrays import Array
from initsweep.report.text import format_number

ZERO_GAP = 0.09  # distance from 0 to the smallest positive value, as a share of the length of a logarithmic axis


@dataclasses.dataclass
class Scale:
    """How values become positions along an axis.

    kind: "linear", "log" or "categories". low, high: positions of the ends. zero: position of 0 on a logarithmic axis,
    None if no value is 0. ticks: (position, text).
    """
    kind: str
    low: float
    high: float
    zero: float | None
    ticks: list[tuple[float, str]]

    def positions(self, values: Iterable[Any]) -> Array:
        """Positions of values: [n], NaN for null, non-finite and, on a logarithmic axis, negative values."""
        given = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
        given[~np.isfinite(given)] = math.nan
        if self.kind != "log":
            return given
        result = np.full(given.shape, math.nan)
        positive = given > 0
        result[positive] = np.log10(given[positive])
        if self.zero is not None:
            result[given == 0] = self.zero
        return result


def tick_step(span: float, count: int) -> float:
    """1, 2 or 5 times a power of ten that divides a span into about `count` parts."""
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def linear_ticks(low: float, high: float, count: int = 6, min_step: float = 0.0) -> list[tuple[float, str]]:
    """Ticks (position, text) of a linear axis. min_step: 1 if all values are whole numbers."""
    step = max(tick_step(high - low, count), min_step)
    first = math.ceil(low / step - 1e-9)
    values = [i * step for i in range(first, int(math.floor(high / step + 1e-9)) + 1)]
    return [(value, format_number(float(f"{value:.10g}"))) for value in values]


def log_ticks(low: float, high: float, count: int = 6) -> list[tuple[float, str]]:
    """Ticks (position, text) of a logarithmic axis. low, high: its ends as powers of ten."""
    if high - low < 1.2:
        values = linear_ticks(10**low, 10**high, count)
        return [(math.log10(value), text) for value, text in values if value > 0]
    every = max(1, math.ceil((high - low) / count))
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    return [(float(power), format_number(10.0**power)) for power in powers if power % every == 0]


def make_scale(values: Iterable[Any], axis: dict[str, Any]) -> Scale:
    """The scale of an axis for all its values. axis: as charts.py describes it."""
    categories = axis.get("categories")
    if categories:
        ticks = [(float(i), format_number(value)) for i, value in enumerate(categories)]
        return Scale("categories", -0.5, len(categories) - 0.5, None, ticks)
    given = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    given = given[np.isfinite(given)]
    positive = given[given > 0]
    if axis.get("scale") == "log" and len(positive):
        low, high = math.log10(positive.min()), math.log10(positive.max())
        if high - low < 1e-9:
            low, high = low - 0.5, high + 0.5
        zero, ticks = None, log_ticks(low, high)
        if (given == 0).any():
            zero = low - ZERO_GAP * (high - low)
            ticks = [(zero, "0")] + [tick for tick in ticks if tick[0] >= low]
        margin = 0.03 * (high - low)
        return Scale("log", (low if zero is None else zero) - margin, high + margin, zero, ticks)
    low, high = (float(given.min()), float(given.max())) if len(given) else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = abs(low) * 0.1 or 0.5
        low, high = low - half, high + half
    margin = 0.04 * (high - low)
    min_step = 1.0 if len(given) and (given == np.floor(given)).all() else 0.0
    return Scale("linear", low - margin, high + margin, None,
                 linear_ticks(low - margin, high + margin, min_step=min_step))

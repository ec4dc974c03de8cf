"""Axes of the report's figures: where a value lies, and which values get a tick. parts/scales.js is the same for the page.

A logarithmic axis shows an exact 0 too, below its smallest positive value: in this project 0 is often the answer."""
from __future__ import annotations

import dataclasses
import math
from typing import Any, Iterable

import numpy as np

from initsweep.arrays import Array
from initsweep.report.text import number

ZERO_GAP = 0.09  # of a logarithmic axis' length, from 0 to the smallest positive value


@dataclasses.dataclass
class Scale:
    """kind: linear, log or categories; [low, high] in places; zero: the place of 0 on a logarithmic axis, or None."""
    kind: str
    low: float
    high: float
    zero: float | None
    ticks: list[tuple[float, str]]

    def place(self, values: Iterable[Any]) -> Array:
        """Places of values [n]; NaN where there is none."""
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


def step_for(span: float, count: int) -> float:
    """1, 2 or 5 times a power of ten, so that a span has about `count` ticks."""
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def linear_ticks(low: float, high: float, count: int = 6, least: float = 0.0) -> list[tuple[float, str]]:
    """least: the smallest step, 1 where all values are whole."""
    step = max(step_for(high - low, count), least)
    first = math.ceil(low / step - 1e-9)
    values = [i * step for i in range(first, int(math.floor(high / step + 1e-9)) + 1)]
    return [(value, number(float(f"{value:.10g}"))) for value in values]


def log_ticks(low: float, high: float, count: int = 6) -> list[tuple[float, str]]:
    """low, high: powers of ten."""
    if high - low < 1.2:
        values = linear_ticks(10**low, 10**high, count)
        return [(math.log10(value), text) for value, text in values if value > 0]
    every = max(1, math.ceil((high - low) / count))
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    return [(float(power), number(10.0**power)) for power in powers if power % every == 0]


def scale_of(values: Iterable[Any], axis: dict[str, Any]) -> Scale:
    """The scale for all values of an axis. axis: label, unit, scale, categories as in CNN.json."""
    categories = axis.get("categories")
    if categories:
        ticks = [(float(i), number(value)) for i, value in enumerate(categories)]
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
    least = 1.0 if len(given) and (given == np.floor(given)).all() else 0.0
    return Scale("linear", low - margin, high + margin, None, linear_ticks(low - margin, high + margin, least=least))

"""Estimates and their uncertainty: rates, means, medians, straight lines."""
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from initsweep.arrays import Array

CONFIDENCE_Z = 1.959963984540054  # 95 %, two-sided
LEAST_FOR_INTERVAL = 6  # values of which a median has a 95 % interval


class Line(NamedTuple):
    """A straight line y = intercept + slope x; slope_error is the standard error of the slope, NaN for two points."""
    slope: float
    slope_error: float
    intercept: float


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate. Wilson 1927.

    successes, trials: whole numbers. Returns (low, high), shares from 0 to 1; (0, 1) without trials.
    """
    if trials == 0:
        return 0.0, 1.0
    z, p = CONFIDENCE_Z, successes / trials
    centre = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    # a rate of 0 or 1 is an end of its interval exactly
    return (0.0 if successes == 0 else centre - half), (1.0 if successes == trials else centre + half)


def median_interval(values: Array) -> tuple[float, float]:
    """95 % interval of a median from the order statistics, whatever the distribution (Conover 1999, section 3.2).

    values: [n] without NaN. Returns (low, high) in their units; infinite ends if n < LEAST_FOR_INTERVAL.
    """
    n = len(values)
    below, tail = 0, 0.5**n  # tail: the probability that at most `below` values are less than the median
    while tail <= 0.025:
        below += 1
        tail += math.comb(n, below) * 0.5**n
    if below == 0:
        return -math.inf, math.inf
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[below - 1]), float(ordered[n - below])


def quantile_band(values: Array) -> tuple[Array, Array, Array]:
    """10 %, 50 % and 90 % quantiles over networks, without those that are not finite.

    values: [network, ...]. Returns three arrays [...], NaN where no network has a finite value.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    result = np.full((3, *values.shape[1:]), np.nan)
    present = np.isfinite(values).any(axis=0)
    if present.any():
        result[:, present] = np.nanquantile(values[:, present], [0.1, 0.5, 0.9], axis=0)
    return result[0], result[1], result[2]


def mean_and_error(values: Array) -> tuple[float, float]:
    """Mean and its standard error, in the values' units.

    values: [n]; those that are not finite are left out. The error is NaN if fewer than 2 are left.
    """
    good = np.asarray(values, dtype=np.float64)
    good = good[np.isfinite(good)]
    if not len(good):
        return math.nan, math.nan
    return float(good.mean()), float(good.std(ddof=1) / math.sqrt(len(good))) if len(good) > 1 else math.nan


def fit_line(x: Array, y: Array) -> Line:
    """The line through points by least squares.

    x, y: [points]. Returns (slope, slope_error, intercept); the slope in y's units over x's. Its standard error is from
    the residuals, which it assumes to be independent. Raises ValueError if all x are the same.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    spread = x - x.mean() if len(x) else x
    if len(x) < 2 or not np.any(spread):
        raise ValueError("a line needs two points with different x")
    slope = float(spread @ y / (spread @ spread))
    intercept = float(y.mean() - slope * x.mean())
    residual = y - intercept - slope * x
    error = math.sqrt(residual @ residual / (len(x) - 2) / (spread @ spread)) if len(x) > 2 else math.nan
    return Line(slope, error, intercept)


def with_error(value: float, error: float) -> str:
    """A number and its standard error as text, rounded to the first digit of the error: "-1.010 ± 0.005"."""
    if not math.isfinite(error):
        return f"{value:.3g}"
    decimals = max(0, min(9, -math.floor(math.log10(error)))) if error > 0 else 9
    if error > 0 and round(error, decimals) < 2 * 10.0 ** -decimals:  # a single digit of 1 is too coarse
        decimals += 1
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"

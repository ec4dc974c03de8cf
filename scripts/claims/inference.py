"""Intervals that hold for any number of replicates, and what each would detect: shares, medians, means and differences.

Everything is exact (Clopper-Pearson, order statistics) except the mean's, which is Student's. `error` is always the
probability, over both ends, with which an interval may miss; rules.py divides it among the criteria of the study.
"""
from __future__ import annotations

import math

import numpy as np

from initsweep.arrays import Array

Interval = tuple[float, float]
POWER = 0.9  # probability with which an effect that an interval "detects" is seen


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b): the share of a beta distribution below x.

    By its continued fraction, evaluated as modified Lentz (Abramowitz & Stegun 1964, 26.5.8).
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # there the fraction of the complement converges faster
        return 1 - beta_share(1 - x, b, a)
    tiny = 1e-300
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 10000):
        for numerator in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                          -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + numerator * d or tiny)
            c = 1 + numerator / c or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * fraction / a


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x with beta_share(x, a, b) = share, by bisection."""
    low, high = 0.0, 1.0
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return high


def binomial_share(most: int, trials: int, rate: float) -> float:
    """Probability of at most `most` successes."""
    return 1.0 if most >= trials else 0.0 if most < 0 else beta_share(1 - rate, trials - most, most + 1)


def clopper_pearson(successes: int, trials: int, error: float) -> Interval:
    """Exact interval of a rate (Clopper & Pearson 1934); (0, 1) without trials."""
    low = 0.0 if successes == 0 else beta_quantile(error / 2, successes, trials - successes + 1)
    high = 1.0 if successes == trials else beta_quantile(1 - error / 2, successes + 1, trials - successes)
    return low, high


def student_quantile(share: float, freedom: int) -> float:
    """Quantile above the median of Student's t distribution. share: from 0.5 to below 1."""
    x = beta_quantile(2 * (1 - share), freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - x) / x)


def mean_interval(values: Array, error: float) -> Interval:
    """Student's interval of a mean. values: at least 2."""
    half = student_quantile(1 - error / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def median_rank(count: int, error: float) -> int:
    """Rank r, from 1, of the order statistics r and count + 1 - r between which a median lies; 0: too few values."""
    rank = 0
    while 2 * rank + 1 < count and 2 * binomial_share(rank, count, 0.5) <= error:
        rank += 1
    return rank


def median_interval(values: Array, error: float) -> Interval:
    """Exact interval of a median, whatever the distribution. Infinite if there are too few values."""
    rank = median_rank(len(values), error)
    if rank == 0:
        return -math.inf, math.inf
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[len(values) - rank])


def paired_difference(first: Array, second: Array, error: float) -> Interval:
    """Interval of a rate less another in the same replicates: from Clopper-Pearson intervals, each with half of the
    error, of the shares of the replicates where only the first, and only the second, succeeds."""
    only_first = clopper_pearson(int((first & ~second).sum()), len(first), error / 2)
    only_second = clopper_pearson(int((second & ~first).sum()), len(first), error / 2)
    return only_first[0] - only_second[1], only_first[1] - only_second[0]


def rate_ratio(first: Array, second: Array, error: float) -> Interval:
    """Interval of a rate over another, of independent replicates: from the Clopper-Pearson intervals of both."""
    above = clopper_pearson(int(first.sum()), len(first), error / 2)
    below = clopper_pearson(int(second.sum()), len(second), error / 2)
    return above[0] / below[1], above[1] / below[0] if below[0] else math.inf


def most_for_below(trials: int, threshold: float, error: float) -> int:
    """The largest number of successes whose Clopper-Pearson interval lies below the threshold; -1 if there is none: the
    largest that is so improbable, with as many or fewer, at the threshold."""
    low, high = -1, trials
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if binomial_share(middle, trials, threshold) < error / 2 else (low, middle)
    return low


def rate_seen_below(trials: int, threshold: float, error: float) -> float:
    """The largest rate that is seen to be below the threshold with probability POWER; NaN if none is."""
    most = most_for_below(trials, threshold, error)
    return math.nan if most < 0 else 1 - beta_quantile(POWER, trials - most, most + 1)


def share_seen_beyond(count: int, error: float) -> float:
    """The share of values beyond a threshold from which the median is seen to be beyond it with probability POWER."""
    rank = median_rank(count, error)
    return math.nan if rank == 0 else beta_quantile(POWER, count - rank + 1, rank)


def difference_seen(trials: int, threshold: float, error: float) -> float:
    """The smallest paired difference that is seen to be above the threshold with probability POWER, if all replicates
    that change do so in one direction; NaN if none is."""
    none = clopper_pearson(0, trials, error / 2)[1]
    if threshold + none >= 1:
        return math.nan
    changed = trials - most_for_below(trials, 1 - threshold - none, error / 2)  # the fewest whose interval lies above
    return beta_quantile(POWER, changed, trials - changed + 1) if changed <= trials else math.nan

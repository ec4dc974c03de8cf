"""The decision rules: what must hold for each claim. They were fixed before the shipped seeds were run (table.py).

A claim has criteria. Each is one rule applied to one number of the results, with its threshold, a statement that theory
predicts to hold, and a side:

    for      if the statement holds, the claim is right in this case; if it fails, wrong
    against  if the statement holds, the claim is wrong in this case; if it fails, right
    control  says nothing about the claim; if it fails, the experiment is void

All cases right: TRUE. All wrong: FALSE. Both: CONDITIONAL. A case that the data do not decide, or a failed control: NOT
DECIDED. The verdict agrees with theory if it is the predicted one and every statement holds.

Exact rules compare bits. Statistical rules use 95 % intervals, and hold or fail only if the whole interval lies on one
side of the threshold; otherwise the case is undecided. Intervals: Wilson's for rates, bootstrap over replicates for
medians and slopes (2,000 resamples, seeded by the criterion's name). Times are censored, never dropped: a network that
does not reach the event counts as infinite, and a quantile among such networks is infinite.
"""
from __future__ import annotations

import dataclasses
import math
import zlib
from typing import Any, Callable

import numpy as np

from initsweep.arrays import Array
from claims import schema
from initsweep.intervals import CONFIDENCE_Z, wilson

RESAMPLES = 2000
SIDES = ("for", "against", "control")


@dataclasses.dataclass(frozen=True)
class Criterion:
    """One row of the table: a rule, its threshold, what it says."""
    name: str
    rule: str
    side: str
    statement: str
    threshold: Any = None


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim: what people say, what theory predicts about it, and the criteria that decide it.

    deciding: the criterion whose number is the verdict's; unit: its unit.
    """
    id: str
    claim: str
    prediction: str
    condition: str | None
    overturned_by: str
    sweeps: tuple[str, ...]
    deciding: str
    unit: str
    criteria: tuple[Criterion, ...]

    def criterion(self, name: str) -> Criterion:
        """The criterion with this name. Raises KeyError if there is none."""
        for one in self.criteria:
            if one.name == name:
                return one
        raise KeyError(f"{self.id} has no criterion '{name}'")


def trials_for(half_width: float, rate: float = 0.5) -> int:
    """Replicates for which the normal 95 % interval of a rate has this half width: the power of a sweep."""
    return math.ceil(CONFIDENCE_Z ** 2 * rate * (1 - rate) / half_width ** 2)


def trials_for_none(bound: float) -> int:
    """Replicates for which 0 failures put Wilson's upper end below a bound."""
    trials = 1
    while wilson(0, trials)[1] >= bound:
        trials += 1
    return trials


def quantile(values: Array, q: float) -> float:
    """The lower empirical quantile; values may be infinite (censored)."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[min(len(ordered) - 1, max(0, math.ceil(q * len(ordered)) - 1))])


def bootstrap(statistic: Callable[..., float], columns: tuple[Array, ...], seed: int) -> tuple[float, float]:
    """95 % interval of a statistic by resampling replicates, the same ones from every column so that pairs stay paired.

    columns: each [replicate] or [replicate, ...].
    """
    random = np.random.default_rng(seed)
    count = len(columns[0])
    values = np.array([statistic(*(column[pick] for column in columns))
                       for pick in random.integers(0, count, (RESAMPLES, count))])
    return quantile(values, 0.025), quantile(values, 0.975)


def seed_of(name: str) -> int:
    """A bootstrap's seed, from the criterion's name."""
    return zlib.crc32(name.encode())


def side_of(low: float, high: float, below: float, above: float) -> bool | None:
    """Whether an interval lies inside [below, above] (true), outside it (false) or across an end (undecided)."""
    if not (math.isfinite(below) or math.isfinite(above)) or math.isnan(low) or math.isnan(high):
        return None
    if low >= below and high <= above:
        return True
    if high < below or low > above:
        return False
    return None


# What a rule returns: (value, interval or None, holds). holds is None if the data do not decide.
Outcome = tuple[float, "tuple[float, float] | None", "bool | None"]


def rule_zero(values: Any, _threshold: Any, _seed: int) -> Outcome:
    """Every value is exactly 0 (-0 is 0). Not finite: undecided. The value is the largest magnitude."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        return math.nan, None, None
    return float(np.abs(values).max()), None, bool((values == 0.0).all())


def rule_nonzero(values: Any, _threshold: Any, _seed: int) -> Outcome:
    """No value is 0. The value is the smallest magnitude."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        return math.nan, None, None
    return float(np.abs(values).min()), None, bool((values != 0.0).all())


def rule_equal(values: Any, threshold: Any, _seed: int) -> Outcome:
    """Every value equals the threshold. The value is the one farthest from it."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        return math.nan, None, None
    distance = np.abs(values - float(threshold))
    return float(values.ravel()[distance.argmax()]), None, bool((distance == 0).all())


def rule_same(values: Any, _threshold: Any, _seed: int) -> Outcome:
    """Two arrays are equal, entry by entry (values: the pair). The value is the number of entries that differ."""
    left, right = (np.asarray(one, dtype=np.float64) for one in values)
    if left.shape != right.shape or left.size == 0 or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return math.nan, None, None
    return float((left != right).sum()), None, bool((left == right).all())


def rule_one_unit(values: Any, _threshold: Any, _seed: int) -> Outcome:
    """distinct_units is 1 everywhere. -1 or NaN (not finite): undecided."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all() or (values < 1).any():
        return math.nan, None, None
    return float(values.max()), None, bool((values == 1).all())


def rule_first_step(values: Any, _threshold: Any, _seed: int) -> Outcome:
    """The steps at which something first moves are those expected. values: (seen, expected); -1: never.

    The value is the number of entries that differ.
    """
    return rule_same(values, None, 0)


def rule_below(values: Any, threshold: Any, _seed: int) -> Outcome:
    """Every value is below the threshold. The value is the largest. Infinite ones (never) are not below."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or np.isnan(values).any():
        return math.nan, None, None
    return float(values.max()), None, bool((values < threshold).all())


def rule_above(values: Any, threshold: Any, _seed: int) -> Outcome:
    """Every value is above the threshold. The value is the smallest."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or np.isnan(values).any():
        return math.nan, None, None
    return float(values.min()), None, bool((values > threshold).all())


def rule_within(values: Any, threshold: Any, _seed: int) -> Outcome:
    """Every value lies in [low, high]. The value is the one nearest to an end, or farthest out."""
    values = np.asarray(values, dtype=np.float64).ravel()
    if values.size == 0 or np.isnan(values).any():
        return math.nan, None, None
    room = np.minimum(values - threshold[0], threshold[1] - values)
    return float(values[room.argmin()]), None, bool((room >= 0).all())


def rule_rate_above(values: Any, threshold: Any, _seed: int) -> Outcome:
    """Wilson's interval of the share of true values lies above the threshold. values: [replicate] of booleans."""
    values = np.asarray(values, dtype=bool)
    low, high = wilson(int(values.sum()), values.size)
    if not values.size:
        return math.nan, (low, high), None
    return float(values.mean()), (low, high), True if low > threshold else False if high < threshold else None


def rule_rate_below(values: Any, threshold: Any, seed: int) -> Outcome:
    """Wilson's interval of the share of true values lies below the threshold."""
    value, interval, holds = rule_rate_above(values, threshold, seed)
    return value, interval, None if holds is None else not holds


def rule_rates_differ(values: Any, threshold: Any, seed: int) -> Outcome:
    """The paired difference of two rates, first minus second, is above the threshold.

    values: two arrays of booleans.
    """
    pairs = tuple(np.asarray(one, dtype=np.float64) for one in values)
    return differ(pairs, threshold, seed, lambda a, b: float(a.mean() - b.mean()))


def rule_medians_differ(values: Any, threshold: Any, seed: int) -> Outcome:
    """The difference of two medians, first minus second, is above the threshold.

    values: two arrays, paired by replicate.
    """
    return differ(tuple(np.asarray(one, dtype=np.float64) for one in values), threshold, seed,
                  lambda a, b: quantile(a, 0.5) - quantile(b, 0.5))


def differ(pairs: tuple[Array, ...], threshold: float, seed: int, statistic: Callable[..., float]) -> Outcome:
    """A paired difference against a threshold, by bootstrap over replicates."""
    if len(pairs[0]) == 0 or len(pairs[0]) != len(pairs[1]) or any(np.isnan(one).any() for one in pairs):
        return math.nan, None, None
    with np.errstate(invalid="ignore"):
        value = statistic(*pairs)
        low, high = bootstrap(statistic, pairs, seed)
    if math.isnan(value) or math.isnan(low) or math.isnan(high):  # both censored
        return math.nan, None, None
    return value, (low, high), True if low > threshold else False if high < threshold else None


def rule_median_within(values: Any, threshold: Any, seed: int) -> Outcome:
    """The bootstrap interval of the median lies in [low, high]. Censored values are infinite."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or np.isnan(values).any():
        return math.nan, None, None
    low, high = bootstrap(lambda v: quantile(v, 0.5), (values,), seed)
    return quantile(values, 0.5), (low, high), side_of(low, high, threshold[0], threshold[1])


def rule_median_above(values: Any, threshold: Any, seed: int) -> Outcome:
    """The bootstrap interval of the median lies above the threshold."""
    return rule_median_within(values, (threshold, math.inf), seed)


def rule_median_below(values: Any, threshold: Any, seed: int) -> Outcome:
    """The bootstrap interval of the median lies below the threshold."""
    return rule_median_within(values, (-math.inf, threshold), seed)


def rule_mean_within(values: Any, threshold: Any, seed: int) -> Outcome:
    """The bootstrap interval of the mean lies in [low, high]: of paired differences of rates, for one."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        return math.nan, None, None
    low, high = bootstrap(lambda v: float(v.mean()), (values,), seed)
    return float(values.mean()), (low, high), side_of(low, high, threshold[0], threshold[1])


def slope_of_medians(x: Array, columns: Array) -> float:
    """Least-squares slope over x of the medians of columns [replicate, x]; NaN where a median is censored."""
    medians = np.array([quantile(column, 0.5) for column in columns.T])
    if not np.isfinite(medians).all():
        return math.nan
    centred = x - x.mean()
    return float((centred * (medians - medians.mean())).sum() / (centred * centred).sum())


def rule_slope_within(values: Any, threshold: Any, seed: int) -> Outcome:
    """The slope of the medians over x lies in [low, high]. values: (x [points], y [replicate, points])."""
    x, y = (np.asarray(one, dtype=np.float64) for one in values)
    if y.ndim != 2 or y.size == 0 or len(x) < 2 or y.shape[1] != len(x) or np.isnan(y).any():
        return math.nan, None, None
    slope = slope_of_medians(x, y)
    low, high = bootstrap(lambda sample: slope_of_medians(x, sample), (y,), seed)
    if math.isnan(slope) or math.isnan(low) or math.isnan(high):
        return math.nan, None, None
    return slope, (low, high), side_of(low, high, threshold[0], threshold[1])


RULES: dict[str, Callable[[Any, Any, int], Outcome]] = {
    "zero": rule_zero, "nonzero": rule_nonzero, "equal": rule_equal, "same": rule_same, "one_unit": rule_one_unit,
    "first_step": rule_first_step, "below": rule_below, "above": rule_above, "within": rule_within,
    "rate_above": rule_rate_above, "rate_below": rule_rate_below, "rates_differ": rule_rates_differ,
    "medians_differ": rule_medians_differ, "mean_within": rule_mean_within, "median_within": rule_median_within,
    "median_above": rule_median_above, "median_below": rule_median_below, "slope_within": rule_slope_within,
}


def apply(claim: Claim, name: str, values: Any) -> schema.Evidence:
    """Applies a criterion's rule to the data. values: as its rule takes them. Returns the evidence."""
    criterion = claim.criterion(name)
    value, interval, holds = RULES[criterion.rule](values, criterion.threshold, seed_of(f"{claim.id} {name}"))
    return schema.Evidence(criterion.rule, criterion.statement, criterion.side, value, interval, criterion.threshold,
                           holds)


def conclude(claim: Claim, evidence: list[schema.Evidence]) -> tuple[str, str | None, bool]:
    """The verdict that the evidence gives: (verdict, condition or reason, whether it agrees with the prediction)."""
    void = [one for one in evidence if one.side == "control" and one.holds is not True]
    if void:
        return schema.NOT_DECIDED, f"the experiment is void: not seen: {void[0].statement}", False
    undecided = [one for one in evidence if one.holds is None]
    if undecided:
        return schema.NOT_DECIDED, f"the data do not decide whether: {undecided[0].statement}", False
    cases = [one for one in evidence if one.side != "control"]
    right = [one.holds == (one.side == "for") for one in cases]
    expected = all(one.holds for one in evidence)
    if all(right):
        verdict, condition = schema.TRUE, None
    elif not any(right):
        verdict, condition = schema.FALSE, None
    else:
        verdict = schema.CONDITIONAL
        unexpected = "; ".join(one.statement for one in cases if not one.holds)
        condition = claim.condition if expected else f"not as predicted: not seen: {unexpected}"
    return verdict, condition, verdict == claim.prediction and expected
